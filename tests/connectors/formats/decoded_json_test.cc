// Goal: what `weir decode` prints of a record is read again as the same record, as far as JSON can
// say it, and shows what a document says of a device or an outcome.
// Method: random records of every kind through both directions; lines written out for documents.
#include "connectors/formats/decoded_json.h"

#include <iterator>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "connectors/formats/decoder.h"
#include "connectors/formats/gas_flow_rate.h"
#include "connectors/formats/json.h"
#include "tests/support/duis_documents.h"
#include "tests/support/event_text.h"
#include "tests/support/random.h"

namespace weir {
namespace {

std::string Printed(const Event& event, absl::string_view bytes = "") {
  Record record;
  record.event = event;
  record.bytes = bytes;
  std::string out;
  AppendDecoded(record, out);
  return out;
}

Decoded Decode(std::string line, Arena& arena) {
  const size_t size = line.size();
  line.append(kJsonPadding, '"');
  Decoder decoder(std::nullopt);
  return decoder.Decode(absl::string_view(line).substr(0, size), arena);
}

class RandomEvents {
 public:
  RandomEvents(Random& random, Arena& arena) : random_(random), arena_(arena) {}

  OtherEvent Next() {
    OtherEvent event = {.device = Id(), .received = Maybe(Time()), .what = {}};
    switch (random_.Below(4)) {
      case 0:
        event.what = Device();
        break;
      case 1:
        event.what = SomeRequest();
        break;
      case 2:
        event.what = SomeResponse(event);
        break;
      default:
        event.what = SomeOutcome(event);
    }
    return event;
  }

 private:
  template <typename T>
  std::optional<T> Maybe(T value) {
    return random_.OneIn(3) ? std::nullopt : std::make_optional(value);
  }

  Eui64 Id() { return {random_.Next()}; }

  TimeMs Time() {
    return {static_cast<int64_t>(random_.Below(static_cast<uint64_t>(kLatestTime.value) + 1))};
  }

  uint32_t Number() { return static_cast<uint32_t>(random_.Next()); }

  RequestId Request() { return {.party = Id(), .device = Id(), .counter = random_.Next()}; }

  // Whole characters, at most `longest` bytes.
  absl::string_view Text(size_t shortest, size_t longest) {
    constexpr absl::string_view kCharacters[] = {"6",  ".",    "A",        "\"",
                                                 "\\", "\x01", "\xC3\xA9", "\xE2\x82\xAC"};
    std::string text;
    for (uint64_t left = random_.Below(longest); left > 0; --left) {
      absl::StrAppend(&text, kCharacters[random_.Below(std::size(kCharacters))]);
    }
    const bool fits = text.size() >= shortest && text.size() <= longest;
    return arena_.Copy(fits ? absl::string_view(text) : "6.14.2");
  }

  const DeviceRecord* Device() {
    auto* const device = arena_.Make<DeviceRecord>();
    device->type = static_cast<DeviceType>(random_.Below(8));
    device->status = static_cast<DeviceStatus>(random_.Below(9));
    device->status_since = Maybe(Time());
    device->added = Maybe(Time());
    device->added_by = Maybe(Id());
    const auto mpxns =
        arena_.MakeSpan<absl::string_view>(random_.Below(DeviceRecord::kMostMpxns + 1));
    for (absl::string_view& mpxn : mpxns) {
      mpxn = Text(1, DeviceRecord::kLongestMpxn);
    }
    device->mpxns = mpxns;
    device->network_operator = Maybe(Id());
    device->supplier = Maybe(Id());
    device->supplier_agent = Maybe(Id());
    device->gbcs_version = Text(0, DeviceRecord::kLongestText);
    device->variant = Text(0, DeviceRecord::kLongestText);
    device->removed = random_.OneIn(4);
    device->is_partial = random_.OneIn(4);
    return device;
  }

  const weir::Request* SomeRequest() {
    auto* const request = arena_.Make<weir::Request>();
    request->id = Request();
    request->srv = Text(1, kLongestSrv);
    request->role = Maybe(static_cast<Role>(random_.Below(kRoles)));
    request->supplier = Maybe(Id());
    request->execute_at = Maybe(Time());
    request->instructions = Maybe(Number());
    if (random_.OneIn(2)) {
      constexpr absl::string_view kRates[] = {"6.16800", "-0", "7", "00.", "+.5"};
      request->gas_flow_rate = random_.OneIn(2)
                                   ? GasFlowRateOf(random_.Next() >> random_.Below(64), arena_)
                                   : ParseGasFlowRate(kRates[random_.Below(std::size(kRates))]);
    }
    return request;
  }

  const Response* SomeResponse(OtherEvent& event) {
    auto* const response = arena_.Make<Response>();
    response->id = Request();
    response->srv = Text(1, kLongestSrv);
    response->code = Text(1, kLongestResponseCode);
    response->payload = Text(0, 40);
    event.device = response->id.device;
    return response;
  }

  const Outcome* SomeOutcome(OtherEvent& event) {
    auto* const outcome = arena_.Make<Outcome>();
    outcome->id = Request();
    outcome->succeeded = random_.OneIn(2);
    outcome->srv = random_.OneIn(2) ? "" : Text(1, kLongestSrv);
    outcome->instruction = Maybe(Number());
    outcome->instructions = Maybe(Number());
    if (random_.OneIn(2)) {
      outcome->report = {.message_code = 0x0054, .counter = random_.Next(), .instruction = "abc"};
    }
    event.device = outcome->id.device;
    return outcome;
  }

  Random& random_;
  Arena& arena_;
};

TEST(DecodedJson, RecordsAreReadAgain) {
  Random random = Random::FromEnvironment(4);
  SCOPED_TRACE(random.seed_text());
  Arena arena;
  RandomEvents events(random, arena);
  for (int i = 0; i < 20000; ++i) {
    const OtherEvent event = events.Next();
    const std::string line = Printed(event);
    ASSERT_EQ(TextOf(Decode(line, arena).event), TextOf(SayableInJson(event, arena))) << line;
    arena.Clear();
  }
}

// ---- Documents

// What is printed of a document, and that it reads as the same record but for what JSON leaves out.
std::string PrintedDocument(const std::string& document) {
  Arena arena;
  const Event event = Decode(document, arena).event;
  const std::string line = Printed(event, document);
  const auto* other = std::get_if<OtherEvent>(&event);
  EXPECT_NE(other, nullptr) << line;
  return line;
}

TEST(DecodedJson, InventoryDocument) {
  const std::string document = ServiceResponse(Element(
      "DSPInventory", Element("Device", absl::StrCat(Element("DeviceID", "00-DB-12-34-56-78-90-A5"),
                                                     Element("DeviceType", "ESME"),
                                                     Element("DeviceStatus", "Commissioned"),
                                                     Element("ImportMPxN", "1412345678901")))));
  EXPECT_TRUE(absl::StartsWith(
      PrintedDocument(document),
      R"({"type":"device","device":"00-DB-12-34-56-78-90-A5","device_type":"ESME",)"
      R"("status":"Commissioned","mpxn":["1412345678901"],)"
      R"("received":"2019-12-02T10:00:00.123Z","partial":true,"duis":{)"))
      << PrintedDocument(document);
}

// The message of an outcome is printed, so that its report is read again.
TEST(DecodedJson, OutcomeDocument) {
  GbcsFields fields = DuisGbcsFields(0x8F66);
  fields.message_code = 0x00CC;
  const std::string body("\x09\x13\x00\x54\0\0\0\0\0\0\0\x08#(\0\0^,\x80\x1A\x06", 21);
  fields.body = body;
  const std::string document = FutureDatedOutcome("8F66", InBase64(EncodeGbcs(fields)));
  const std::string line = PrintedDocument(document);
  EXPECT_TRUE(absl::StrContains(line, R"("report":{"message_code":"0054","counter":"8",)"
                                      R"("instruction":"232800005E2C801A06"})"))
      << line;
  Arena arena;
  EXPECT_EQ(TextOf(Decode(line, arena).event), TextOf(Decode(document, arena).event));
}

TEST(DecodedJson, AlertWithAReport) {
  GbcsFields fields = DuisGbcsFields(0x8F66);
  fields.message_code = 0x00CC;
  const std::string body("\x09\x13\x00\x54\0\0\0\0\0\0\0\x08#(\0\0^,\x80\x1A\x06", 21);
  fields.body = body;
  Arena arena;
  const std::string message = InBase64(EncodeGbcs(fields));
  const Event event = Decode(message, arena).event;
  const std::string line = Printed(event, message);
  EXPECT_TRUE(absl::StrContains(line, R"("report":{"message_code":"0054","counter":"8",)")) << line;
  EXPECT_EQ(TextOf(Decode(line, arena).event), TextOf(event));
}

}  // namespace
}  // namespace weir
