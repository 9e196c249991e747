// Goal: a message is laid down and read again as it was, to the last header, and bytes that are no
// message are told from one.
// Method: messages made at random, sent through the made-up cluster; blobs cut short at every byte
// and changed at random; blobs written by hand.
#include "connectors/kafka/original.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "connectors/formats/json.h"
#include "tests/connectors/kafka/mock_cluster.h"
#include "tests/support/random.h"

namespace weir {
namespace {

std::string RandomBytes(Random& random, size_t most) {
  std::string bytes(random.Below(most + 1), '\0');
  std::generate(bytes.begin(), bytes.end(), [&random] { return static_cast<char>(random.Next()); });
  return bytes;
}

OptionalText RandomText(Random& random, size_t most) {
  return random.OneIn(5) ? OptionalText() : OptionalText(RandomBytes(random, most));
}

SentMessage RandomMessage(Random& random) {
  SentMessage message;
  message.key = RandomText(random, 30);
  message.value = RandomText(random, random.OneIn(50) ? 100000 : 300);
  for (uint64_t left = random.OneIn(2) ? 0 : random.Below(6); left > 0; --left) {
    // Few names, so that many repeat. One may be empty.
    message.headers.emplace_back(std::string(random.Below(3), 'h'), RandomText(random, 40));
  }
  return message;
}

std::string Shown(const OptionalText& text) {
  return text ? absl::StrCat("'", *text, "'") : "null";
}

std::string Shown(const SentMessage& message) {
  std::string out = absl::StrCat(Shown(message.key), " ", Shown(message.value));
  for (const auto& [name, value] : message.headers) {
    absl::StrAppend(&out, " ", name, "=", Shown(value));
  }
  return out;
}

SentMessage FromBlob(const OriginalMessage& original) {
  const auto text = [](std::optional<absl::string_view> view) {
    return view ? OptionalText(*view) : OptionalText();
  };
  SentMessage message;
  message.key = text(original.key);
  message.value = text(original.value);
  OriginalHeaders headers = original.headers();
  while (const std::optional<OriginalHeader> header = headers.Next()) {
    message.headers.emplace_back(header->name, text(header->value));
  }
  EXPECT_TRUE(headers.done());
  return message;
}

TEST(Original, IsReadAsItWasLaidDown) {
  Random random = Random::FromEnvironment(20261125);
  SCOPED_TRACE(random.seed_text());
  std::vector<SentMessage> sent(2000);
  std::generate(sent.begin(), sent.end(), [&random] { return RandomMessage(random); });
  MockCluster cluster;
  cluster.CreateTopic("t", 1);
  cluster.Send("t", sent);
  const Consumed consumed = cluster.Read("t", sent.size());
  ASSERT_EQ(consumed.messages.size(), sent.size());
  Arena arena;
  for (size_t i = 0; i < sent.size(); ++i) {
    absl::string_view value;
    const absl::string_view blob = LayDown(*consumed.messages[i], arena, &value);
    EXPECT_EQ(value, sent[i].value.value_or(""));
    EXPECT_EQ(value.data() + value.size(), blob.data() + blob.size());
    EXPECT_EQ(absl::string_view(value.data() + value.size(), kJsonPadding),
              std::string(kJsonPadding, '\0'));
    const std::optional<OriginalMessage> original = ReadOriginal(blob);
    ASSERT_TRUE(original.has_value());
    ASSERT_EQ(Shown(FromBlob(*original)), Shown(sent[i])) << i;
  }
}

constexpr absl::string_view kBlob(
    "\x03"
    "\x02\0\0\0"
    "\x0e\0\0\0"
    "ke"
    "\x02\0\0\0"
    "\x04\0\0\0"
    "hdhvhv"
    "val",
    28);

TEST(Original, WrittenByHand) {
  const std::optional<OriginalMessage> original = ReadOriginal(kBlob);
  ASSERT_TRUE(original.has_value());
  EXPECT_EQ(Shown(FromBlob(*original)), "'ke' 'val' hd='hvhv'");
}

TEST(Original, BytesThatAreNone) {
  const absl::string_view nothing("\x00\0\0\0\0\0\0\0\0", 9);
  EXPECT_TRUE(ReadOriginal(nothing).has_value());
  const absl::string_view none[] = {
      "",
      {"\x04\0\0\0\0\0\0\0\0", 9},                        // an unknown flag
      {"\x00\0\0\0\0\0\0\0\0v", 10},                      // a value, and no flag for it
      {"\x00\x01\0\0\0\0\0\0\0k", 10},                    // a key, and no flag for it
      {"\x03\xff\xff\xff\xff\0\0\0\0", 9},                // a key past the end
      {"\x03\0\0\0\0\x08\0\0\0\x01\0\0\0\0\0\0\0h", 18},  // a name past the headers
      {"\x03\0\0\0\0\x07\0\0\0\0\0\0\0\0\0\0v", 17},      // half a header
  };
  for (const absl::string_view bytes : none) {
    EXPECT_FALSE(ReadOriginal(bytes).has_value());
  }
  // Only the value may be cut without notice: it goes up to the end.
  constexpr size_t kUpToTheValue = 25;
  for (size_t size = 0; size < kUpToTheValue; ++size) {
    EXPECT_FALSE(ReadOriginal(kBlob.substr(0, size)).has_value()) << size;
  }
}

TEST(Original, ChangedBytesNeverCrash) {
  Random random = Random::FromEnvironment(20261126);
  SCOPED_TRACE(random.seed_text());
  for (int i = 0; i < 100000; ++i) {
    std::string blob(kBlob);
    for (uint64_t changes = random.Below(4) + 1; changes > 0; --changes) {
      blob[random.Below(blob.size())] = static_cast<char>(random.Next());
    }
    blob.resize(random.Below(blob.size()) + 1);
    if (const std::optional<OriginalMessage> original = ReadOriginal(blob)) {
      EXPECT_LE(Shown(FromBlob(*original)).size(), 4 * kBlob.size());
    }
  }
}

}  // namespace
}  // namespace weir
