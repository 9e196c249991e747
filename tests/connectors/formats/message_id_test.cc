// Goal: ids of messages are read as the DCC writes them, and nothing else is.
// Method: a table of texts; counters at the ends of 64 bits.
#include "connectors/formats/message_id.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace weir {
namespace {

constexpr absl::string_view kParty = "90-B3-D5-1F-30-01-00-00";
constexpr absl::string_view kDevice = "00-db-12-34-56-78-90-a0";

TEST(MessageIdTest, ReadsItsParts) {
  const std::optional<MessageId> id =
      ParseMessageId(absl::StrCat(kParty, ":", kDevice, ":18446744073709551615"));
  ASSERT_TRUE(id);
  EXPECT_EQ(id->originator, Eui64{0x90B3D51F30010000});
  EXPECT_EQ(id->target, Eui64{0x00DB1234567890A0});
  EXPECT_EQ(id->counter, UINT64_MAX);
}

TEST(MessageIdTest, AnythingElseIsNone) {
  const std::string cases[] = {
      "",
      ":",
      "::",
      absl::StrCat(kParty, ":", kDevice),
      absl::StrCat(kParty, ":", kDevice, ":"),
      absl::StrCat(kParty, ":", kDevice, ":1:"),
      absl::StrCat(kParty, ":", kDevice, ":-1"),
      absl::StrCat(kParty, ":", kDevice, ":+1"),
      absl::StrCat(kParty, ":", kDevice, ": 1"),
      absl::StrCat(kParty, ":", kDevice, ":1 "),
      absl::StrCat(kParty, ":", kDevice, ":0x1"),
      absl::StrCat(kParty, ":", kDevice, ":1.0"),
      absl::StrCat(kParty, ":", kDevice, ":18446744073709551616"),
      absl::StrCat(kParty, "::1"),
      absl::StrCat(":", kDevice, ":1"),
      absl::StrCat(kParty, ":", kDevice.substr(1), ":1"),
  };
  for (const std::string& text : cases) {
    EXPECT_FALSE(ParseMessageId(text)) << text;
  }
}

}  // namespace
}  // namespace weir
