// Goal: requests, responses and outcomes are written as documents that read back to the same, and
// what DUIS cannot say is not written. Method: one of each kind, written, decoded and compared.

#include "connectors/formats/duis_encode_records.h"

#include <optional>
#include <string>
#include <variant>

#include "gtest/gtest.h"

#include "connectors/formats/arena.h"
#include "connectors/formats/duis.h"
#include "connectors/formats/gbcs_encode.h"
#include "engine/base/units.h"

namespace weir {
namespace {

constexpr Eui64 kParty{0x90B3D51F30010000};
constexpr Eui64 kMeter{0x02DB0000000001A0};
constexpr Eui64 kHub{0x02DB0000000001A2};
constexpr RequestId kId = {.party = kParty, .device = kMeter, .counter = 1658482675800};
constexpr TimeMs kAt{1575244800123};

Request RequestOf(absl::string_view srv) {
  Request request;
  request.id = kId;
  request.srv = srv;
  return request;
}

OtherEvent About(Eui64 device) {
  return {.device = device, .received = kAt, .what = {}};
}

// What is read of one document; the arena keeps it.
Event Read(std::string& text, Arena& arena) {
  EXPECT_EQ(text.find('\n'), text.size() - 1) << "one line";
  text.pop_back();
  return DecodeDuis(text, arena, std::nullopt);
}

template <typename Said>
const Said& SaidBy(const Event& event) {
  return *std::get<const Said*>(std::get<OtherEvent>(event).what);
}

TEST(DuisEncodeRecords, RequestsReadBack) {
  for (const char* srv : {"6.7", "6.13", "6.14.1", "6.14.2", "7.7", "7.9", "8.14.3", "8.14.4"}) {
    Request request = RequestOf(srv);
    const bool is_return = request.srv.substr(0, 4) == "8.14";
    if (request.srv == "6.7") {
      request.gas_flow_rate = GasFlowRate{"1.2500", true, 12500};
    } else if (request.srv == "6.14.2" || request.srv == "7.9") {
      request.execute_at = TimeMs{1575331200000};
    }
    const Eui64 device = is_return ? kHub : kMeter;
    std::string text;
    ASSERT_TRUE(AppendDuisRequest(About(device), request, text)) << srv;
    Arena arena;
    const Event event = Read(text, arena);
    ASSERT_TRUE(std::holds_alternative<OtherEvent>(event)) << srv << ": " << text;
    EXPECT_EQ(std::get<OtherEvent>(event).device, device);
    EXPECT_EQ(std::get<OtherEvent>(event).received, std::nullopt);
    const auto& read = SaidBy<Request>(event);
    EXPECT_EQ(read.id, kId);
    EXPECT_EQ(read.srv, request.srv);
    EXPECT_EQ(read.execute_at, request.execute_at);
    EXPECT_EQ(read.gas_flow_rate.has_value(), request.gas_flow_rate.has_value());
  }
}

TEST(DuisEncodeRecords, BothGasFlowRatesReadBack) {
  for (const GasFlowRate& rate :
       {GasFlowRate{"6.5535", true, 65535}, GasFlowRate{"65535", false, 65535}}) {
    Request request = RequestOf("6.7");
    request.gas_flow_rate = rate;
    std::string text;
    ASSERT_TRUE(AppendDuisRequest(About(kMeter), request, text));
    Arena arena;
    const Event event = Read(text, arena);
    const std::optional<GasFlowRate>& read = SaidBy<Request>(event).gas_flow_rate;
    EXPECT_EQ(read->value, rate.value);
    EXPECT_EQ(read->is_decimal, rate.is_decimal);
    EXPECT_EQ(read->text, rate.text);
  }
}

TEST(DuisEncodeRecords, LeavesWhatDuisCannotSay) {
  const auto refuses = [](const Request& request, Eui64 device = kMeter) {
    std::string text = "kept";
    return !AppendDuisRequest(About(device), request, text) && text == "kept";
  };
  EXPECT_TRUE(refuses(RequestOf("1.1.1")));
  EXPECT_TRUE(refuses(RequestOf("6.13"), kHub));
  EXPECT_TRUE(refuses(RequestOf("6.7"))) << "without a rate";
  Request request = RequestOf("6.13");
  request.role = Role::kEd;
  EXPECT_TRUE(refuses(request));
  request = RequestOf("8.14.3");
  request.supplier = kParty;
  EXPECT_TRUE(refuses(request, kHub));
  request = RequestOf("6.14.2");
  request.instructions = 2;
  EXPECT_TRUE(refuses(request));
  request = RequestOf("6.14.1");
  request.execute_at = kAt;
  EXPECT_TRUE(refuses(request));
  request = RequestOf("6.7");
  request.gas_flow_rate = GasFlowRate{"6.5536", true, std::nullopt};
  EXPECT_TRUE(refuses(request));
}

TEST(DuisEncodeRecords, ResponsesReadBack) {
  for (const std::string& payload : {std::string(), std::string("\0\xFF<&", 4)}) {
    Response response;
    response.id = kId;
    response.srv = "6.14.2";
    response.code = "E20";
    response.payload = payload;
    std::string text;
    AppendDuisAnswer(About(kMeter), response, text);
    Arena arena;
    const Event event = Read(text, arena);
    ASSERT_TRUE(std::holds_alternative<OtherEvent>(event)) << text;
    EXPECT_EQ(std::get<OtherEvent>(event).received, kAt);
    const auto& read = SaidBy<Response>(event);
    EXPECT_EQ(read.id, kId);
    EXPECT_EQ(read.srv, "6.14.2");
    EXPECT_EQ(read.code, "E20");
    EXPECT_EQ(read.payload, payload);
  }
}

TEST(DuisEncodeRecords, OutcomesReadBack) {
  for (const bool succeeded : {true, false}) {
    GbcsFields fields;
    fields.counter = 5;
    fields.originator = kMeter;
    fields.target = kParty;
    fields.code = *AlertCode::FromDevice(succeeded ? 0x8F66 : 0x8F67);
    Outcome outcome;
    outcome.id = kId;
    outcome.succeeded = succeeded;
    outcome.srv = "6.14.2";
    outcome.instruction = 1;
    outcome.instructions = 2;
    std::string text;
    AppendDuisOutcome(About(kMeter), outcome, EncodeGbcs(fields), text);
    Arena arena;
    const Event event = Read(text, arena);
    ASSERT_TRUE(std::holds_alternative<OtherEvent>(event)) << text;
    const auto& read = SaidBy<Outcome>(event);
    EXPECT_EQ(read.id, kId);
    EXPECT_EQ(read.succeeded, succeeded);
    EXPECT_EQ(read.srv, "6.14.2");
    EXPECT_EQ(read.instruction, 1u);
    EXPECT_EQ(read.instructions, 2u);
  }
}

}  // namespace
}  // namespace weir
