// Goal: the JSON records that are no alerts say what stands in their fields, and a field of a wrong
// type or value makes a dead letter of the record.
// Method: a full record of each kind against what it says; tables of values for each field, in a
// record that is otherwise right; fields left out and repeated.
#include "connectors/formats/json_records.h"

#include <algorithm>
#include <memory>
#include <string>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "gtest/gtest.h"

#include "connectors/formats/gbcs_encode.h"
#include "connectors/formats/json.h"
#include "tests/support/duis_documents.h"
#include "tests/support/event_text.h"

namespace weir {
namespace {

constexpr absl::string_view kRequestId = "90-B3-D5-1F-30-02-00-00:00-DB-12-34-56-78-90-A0:7";
constexpr RequestId kId{
    .party = Eui64{0x90B3D51F30020000}, .device = Eui64{0x00DB1234567890A0}, .counter = 7};

class JsonRecordsTest : public testing::Test {
 protected:
  // Of a text in memory that is gone, and a parser that has read another one.
  Event Decode(absl::string_view text) {
    Event event;
    {
      const std::unique_ptr<char[]> memory(new char[text.size() + kJsonPadding]);
      std::fill_n(memory.get() + text.copy(memory.get(), text.size()), kJsonPadding, '}');
      event = DecodeJson({memory.get(), text.size()}, parser_, arena_, std::nullopt);
    }
    const std::string other =
        absl::StrCat(R"({"mpxn":["x","y","z"],"removed":true})", std::string(kJsonPadding, ' '));
    JsonObject object;
    EXPECT_FALSE(
        parser_.Read(absl::string_view(other).substr(0, other.size() - kJsonPadding), object));
    return event;
  }

  // What a record of that kind with these fields says, or the reason.
  std::string Says(absl::string_view head, absl::string_view fields) {
    return TextOf(Decode(absl::StrCat("{", head, fields, "}")));
  }

  template <typename Said>
  const Said& Read(absl::string_view text) {
    static const Said kNone;
    const Event event = Decode(text);
    const auto* other = std::get_if<OtherEvent>(&event);
    EXPECT_NE(other, nullptr) << TextOf(event);
    device_ = other == nullptr ? std::nullopt : other->device;
    const auto* said = other == nullptr ? nullptr : std::get_if<const Said*>(&other->what);
    EXPECT_NE(said, nullptr) << text;
    return said == nullptr ? kNone : **said;
  }

  JsonParser parser_;
  Arena arena_;
  std::optional<Eui64> device_;  // of the record read last
};

// ---- Devices

constexpr absl::string_view kDevice =
    R"("type":"device","device":"00DB1234567890A0","device_type":"ESME","status":"Pending")";

TEST_F(JsonRecordsTest, Device) {
  const auto& device = Read<DeviceRecord>(
      R"({"type":"device","device":"00DB1234567890A0","device_type":"HCALCS",)"
      R"("status":"InstalledNotCommissioned","status_since":"2019-11-01T00:00:00Z",)"
      R"("added":"2019-10-01T00:00:00.5Z","added_by":"90B3D51F30010000",)"
      R"("mpxn":["1412345678901","\u0031","\u00e9"],"network_operator":"90B3D51F30020000",)"
      R"("supplier":"90B3D51F30010001","supplier_agent":"90B3D51F30010002",)"
      R"("gbcs_version":"3.2","variant":"ADE","removed":false})");
  EXPECT_EQ(device_, kId.device);
  EXPECT_EQ(device.type, DeviceType::kHcalcs);
  EXPECT_EQ(device.status, DeviceStatus::kInstalledNotCommissioned);
  EXPECT_EQ(device.status_since, ParseTime("2019-11-01T00:00:00Z"));
  EXPECT_EQ(device.added, ParseTime("2019-10-01T00:00:00.5Z"));
  EXPECT_EQ(device.added_by, Eui64{0x90B3D51F30010000});
  ASSERT_EQ(device.mpxns.size(), 3);
  EXPECT_EQ(device.mpxns[0], "1412345678901");
  EXPECT_EQ(device.mpxns[1], "1");
  EXPECT_EQ(device.mpxns[2], "\xC3\xA9");
  EXPECT_EQ(device.network_operator, Eui64{0x90B3D51F30020000});
  EXPECT_EQ(device.supplier, Eui64{0x90B3D51F30010001});
  EXPECT_EQ(device.supplier_agent, Eui64{0x90B3D51F30010002});
  EXPECT_EQ(device.gbcs_version, "3.2");
  EXPECT_EQ(device.variant, "ADE");
  EXPECT_FALSE(device.removed);
  EXPECT_FALSE(device.is_partial);
}

TEST_F(JsonRecordsTest, DeviceOfWhichLittleIsKnown) {
  const auto& device = Read<DeviceRecord>(absl::StrCat("{", kDevice, "}"));
  EXPECT_EQ(device.type, DeviceType::kEsme);
  EXPECT_EQ(device.status, DeviceStatus::kPending);
  EXPECT_FALSE(device.status_since || device.added || device.added_by || device.network_operator ||
               device.supplier || device.supplier_agent || device.removed);
  EXPECT_TRUE(device.mpxns.empty() && device.gbcs_version.empty() && device.variant.empty());
}

TEST_F(JsonRecordsTest, DevicesRemoved) {
  constexpr absl::string_view kHead = R"("type":"device","device":"00DB1234567890A0")";
  EXPECT_TRUE(Read<DeviceRecord>(absl::StrCat("{", kHead, R"(,"removed":true})")).removed);
  EXPECT_TRUE(Read<DeviceRecord>(absl::StrCat("{", kDevice, R"(,"removed":true})")).removed);
  EXPECT_EQ(Says(kHead, R"(,"removed":false)"), "dead missing_field");
  EXPECT_EQ(Says(kHead, R"(,"removed":null)"), "dead missing_field");
  EXPECT_EQ(Says(kHead, R"(,"removed":"true")"), "dead bad_field");
  EXPECT_EQ(Says(kHead, R"(,"removed":1)"), "dead bad_field");
  EXPECT_EQ(Says(kHead, R"(,"removed":[])"), "dead bad_field");
  EXPECT_EQ(Says(kHead, R"(,"removed":true,"status":"gone")"), "dead bad_field");
  EXPECT_EQ(Says(R"("type":"device")", R"(,"removed":true)"), "dead missing_field");
}

TEST_F(JsonRecordsTest, FieldsOfDevices) {
  struct Case {
    std::string field;
    absl::string_view reason;  // empty: it is right
  };

  const Case cases[] = {
      {R"("mpxn":[])", ""},
      {R"("mpxn":null)", ""},
      {R"("mpxn":["1","2","3","4","5","6","7","8"])", ""},
      {R"("mpxn":["1","2","3","4","5","6","7","8","9"])", "bad_field"},
      {R"("mpxn":["1","2","3","4","5","6","7","8","9","","","","","","","",""])", "bad_field"},
      {R"("mpxn":["1234567890123"])", ""},
      {R"("mpxn":["12345678901234"])", "bad_field"},
      {R"("mpxn":["1",""])", "bad_field"},
      {R"("mpxn":[1])", "bad_field"},
      {R"("mpxn":[null])", "bad_field"},
      {R"("mpxn":[["1"]])", "bad_field"},
      {R"("mpxn":[true])", "bad_field"},
      {R"("mpxn":"1")", "bad_field"},
      {R"("mpxn":{})", "bad_field"},
      {R"("status_since":"1969-12-31T23:59:59Z")", "bad_time"},
      {R"("status_since":7)", "bad_time"},
      {R"("added":"tomorrow")", "bad_time"},
      {R"("added":true)", "bad_time"},
      {R"("added_by":"90B3")", "bad_field"},
      {R"("network_operator":"")", "bad_field"},
      {R"("supplier":7)", "bad_field"},
      {R"("supplier_agent":[])", "bad_field"},
      {R"("gbcs_version":"")", ""},
      {absl::StrCat(R"("gbcs_version":")", std::string(32, 'x'), "\""), ""},
      {absl::StrCat(R"("gbcs_version":")", std::string(33, 'x'), "\""), "bad_field"},
      {R"("gbcs_version":3.2)", "bad_field"},
      {absl::StrCat(R"("variant":")", std::string(32, 'x'), "\""), ""},
      {absl::StrCat(R"("variant":")", std::string(33, 'x'), "\""), "bad_field"},
      {R"("variant":["A"])", "bad_field"},
      {R"("received":"2019-11-29")", "bad_time"},
      // Nothing to a device.
      {R"("srv":7,"execute_at":[],"role":"x")", ""},
  };
  for (const Case& test : cases) {
    const std::string expected =
        test.reason.empty() ? "device" : absl::StrCat("dead ", test.reason);
    const std::string said = Says(kDevice, absl::StrCat(",", test.field));
    EXPECT_EQ(said.substr(0, expected.size()), expected) << test.field << ": " << said;
    const std::string twice = absl::StrCat(",", test.field, ",", test.field);
    if (test.field.find("srv") == std::string::npos) {
      EXPECT_EQ(Says(kDevice, twice).substr(0, 8), "dead bad") << test.field;
    }
  }
}

TEST_F(JsonRecordsTest, TypesAndStatusesAreThoseOfTheSchema) {
  const auto with = [&](absl::string_view type, absl::string_view status) {
    return Says(R"("type":"device","device":"00DB1234567890A0")",
                absl::StrCat(R"(,"device_type":")", type, R"(","status":")", status, "\""));
  };
  for (const absl::string_view type :
       {"ESME", "GSME", "GPF", "CHF", "HCALCS", "PPMID", "IHD", "CAD"}) {
    EXPECT_EQ(with(type, "Commissioned").substr(0, 6), "device") << type;
  }
  for (const absl::string_view status :
       {"Pending", "Whitelisted", "InstalledNotCommissioned", "Commissioned", "Decommissioned",
        "Withdrawn", "Suspended", "Recovery", "Recovered"}) {
    EXPECT_EQ(with("ESME", status).substr(0, 6), "device") << status;
  }
  EXPECT_EQ(with("SAPC", "Pending"), "dead bad_field");
  EXPECT_EQ(with("esme", "Pending"), "dead bad_field");
  EXPECT_EQ(with("", "Pending"), "dead bad_field");
  EXPECT_EQ(with("ESME", "pending"), "dead bad_field");
  EXPECT_EQ(with("ESME", "Not applicable"), "dead bad_field");
}

// ---- Requests

std::string RequestHead() {
  return absl::StrCat(R"("type":"request","request_id":")", kRequestId, R"(","srv":"6.7")");
}

TEST_F(JsonRecordsTest, Request) {
  const auto& request = Read<Request>(absl::StrCat(
      "{", RequestHead(),
      R"(,"role":"RSA","supplier":"90B3D51F30010000","execute_at":"2019-12-02T00:00:00Z",)"
      R"("instructions":4294967295,"gas_flow_rate":"6.16800"})"));
  EXPECT_EQ(request.id, kId);
  EXPECT_EQ(device_, kId.device);
  EXPECT_EQ(request.srv, "6.7");
  EXPECT_EQ(request.role, Role::kRsa);
  EXPECT_EQ(request.supplier, Eui64{0x90B3D51F30010000});
  EXPECT_EQ(request.execute_at, ParseTime("2019-12-02T00:00:00Z"));
  EXPECT_EQ(request.instructions, 4294967295);
  ASSERT_TRUE(request.gas_flow_rate);
  EXPECT_EQ(request.gas_flow_rate->text, "6.16800");
  EXPECT_TRUE(request.gas_flow_rate->is_decimal);
  EXPECT_EQ(request.gas_flow_rate->value, 61680);
}

// A hub is returned by a request to the DCC.
TEST_F(JsonRecordsTest, RequestAboutAnotherDevice) {
  const auto& request =
      Read<Request>(absl::StrCat("{", RequestHead(), R"(,"device":"00DB1234567890A2"})"));
  EXPECT_EQ(request.id, kId);
  EXPECT_EQ(device_, Eui64{0x00DB1234567890A2});
}

TEST_F(JsonRecordsTest, GasFlowRates) {
  const auto rate = [&](absl::string_view value) {
    return Read<Request>(absl::StrCat("{", RequestHead(), ",\"gas_flow_rate\":", value, "}"))
        .gas_flow_rate.value_or(GasFlowRate());
  };
  EXPECT_EQ(rate("61680").value, 61680);
  EXPECT_EQ(rate("61680").text, "61680");
  EXPECT_FALSE(rate("61680").is_decimal);
  EXPECT_EQ(rate("65536").value, std::nullopt);
  EXPECT_EQ(rate("18446744073709551615").text, "18446744073709551615");
  EXPECT_EQ(rate("\"6.5536\"").value, std::nullopt);
  EXPECT_TRUE(rate("\"6.5536\"").is_decimal);
}

TEST_F(JsonRecordsTest, FieldsOfRequests) {
  struct Case {
    std::string field;
    absl::string_view reason;  // empty: it is right
  };

  const Case cases[] = {
      {R"("role":"IS")", ""},
      {R"("role":"ED")", ""},
      {R"("role":"is")", "bad_field"},
      {R"("role":"")", "bad_field"},
      {R"("role":7)", "bad_field"},
      {R"("supplier":"x")", "bad_field"},
      {R"("execute_at":"x")", "bad_time"},
      {R"("execute_at":"3000-12-31T00:00:00Z")", ""},
      {R"("instructions":0)", ""},
      {R"("instructions":4294967296)", "bad_field"},
      {R"("instructions":-1)", "bad_field"},
      {R"("instructions":1.0)", "bad_field"},
      {R"("instructions":"1")", "bad_field"},
      {R"("gas_flow_rate":null)", ""},
      {R"("gas_flow_rate":"")", "bad_field"},
      {R"("gas_flow_rate":"1e0")", "bad_field"},
      {R"("gas_flow_rate":6.168)", "bad_field"},
      {R"("gas_flow_rate":-1)", "bad_field"},
      {R"("gas_flow_rate":18446744073709551616)", "bad_field"},
      {R"("gas_flow_rate":true)", "bad_field"},
      {R"("device":"x")", "bad_field"},
      {R"("device":null)", ""},
      {R"("status":7,"mpxn":[])", ""},
  };
  for (const Case& test : cases) {
    const std::string expected =
        test.reason.empty() ? "request" : absl::StrCat("dead ", test.reason);
    const std::string said = Says(RequestHead(), absl::StrCat(",", test.field));
    EXPECT_EQ(said.substr(0, expected.size()), expected) << test.field << ": " << said;
    if (test.field.find("status") == std::string::npos) {
      EXPECT_EQ(Says(RequestHead(), absl::StrCat(",", test.field, ",", test.field)).substr(0, 8),
                "dead bad")
          << test.field;
    }
  }
}

TEST_F(JsonRecordsTest, LengthsOfSrvAndResponseCode) {
  const auto response = [&](size_t srv, size_t code) {
    return Says(absl::StrCat(R"("type":"response","request_id":")", kRequestId, "\""),
                absl::StrCat(R"(,"srv":")", std::string(srv, '6'), R"(","response_code":")",
                             std::string(code, 'I'), "\""));
  };
  EXPECT_EQ(response(16, 16).substr(0, 8), "response");
  EXPECT_EQ(response(1, 1).substr(0, 8), "response");
  EXPECT_EQ(response(17, 2), "dead bad_field");
  EXPECT_EQ(response(0, 2), "dead bad_field");
  EXPECT_EQ(response(3, 17), "dead bad_field");
  EXPECT_EQ(response(3, 0), "dead bad_field");
}

// ---- Responses and outcomes

TEST_F(JsonRecordsTest, Response) {
  const std::string head = absl::StrCat(R"("type":"response","request_id":")", kRequestId,
                                        R"(","srv":"6.13","response_code":"I0")");
  const auto& response = Read<Response>(absl::StrCat("{", head, R"(,"payload":"3wkC"})"));
  EXPECT_EQ(response.id, kId);
  EXPECT_EQ(device_, kId.device);
  EXPECT_EQ(response.srv, "6.13");
  EXPECT_EQ(response.code, "I0");
  EXPECT_EQ(response.payload, "\xDF\x09\x02");
  EXPECT_EQ(Read<Response>(absl::StrCat("{", head, "}")).payload, "");
  EXPECT_EQ(Says(head, R"(,"payload":"3wk!")"), "dead bad_payload");
  EXPECT_EQ(Says(head, R"(,"payload":7)"), "dead bad_field");
  EXPECT_EQ(Says(head, R"(,"payload":"","payload":"")"), "dead bad_field");
}

TEST_F(JsonRecordsTest, Outcome) {
  const std::string head =
      absl::StrCat(R"("type":"outcome","request_id":")", kRequestId, R"(","code":"8F66")");
  const auto& outcome = Read<Outcome>(
      absl::StrCat("{", head, R"(,"srv":"6.14.2","instruction":1,"instructions":2})"));
  EXPECT_EQ(outcome.id, kId);
  EXPECT_EQ(device_, kId.device);
  EXPECT_TRUE(outcome.succeeded);
  EXPECT_EQ(outcome.srv, "6.14.2");
  EXPECT_EQ(outcome.instruction, 1);
  EXPECT_EQ(outcome.instructions, 2);
  EXPECT_EQ(outcome.report.message_code, 0);
  const std::string failed =
      absl::StrCat(R"({"type":"outcome","request_id":")", kRequestId, R"(","code":"8F67"})");
  EXPECT_FALSE(Read<Outcome>(failed).succeeded);
  EXPECT_EQ(Read<Outcome>(failed).srv, "");
  EXPECT_EQ(Says(head, R"(,"instruction":"1")"), "dead bad_field");
  EXPECT_EQ(Says(head, R"(,"instructions":4294967296)"), "dead bad_field");
  EXPECT_EQ(Says(head, R"(,"srv":"")"), "dead bad_field");
  EXPECT_EQ(Says(head, R"(,"payload":"!")"), "dead bad_payload");
}

TEST_F(JsonRecordsTest, OutcomeWithTheMessage) {
  GbcsFields fields = DuisGbcsFields(0x8F66);
  fields.message_code = 0x00CC;
  const std::string body("\x09\x13\x00\x54\0\0\0\0\0\0\0\x07#(\0\0^,\x80\x1A\x06", 21);
  fields.body = body;
  const auto with = [&](absl::string_view message) {
    return absl::StrCat(R"({"type":"outcome","request_id":")", kRequestId,
                        R"(","code":"8F66","payload":")", InBase64(message), R"("})");
  };
  const auto& outcome = Read<Outcome>(with(EncodeGbcs(fields)));
  EXPECT_EQ(outcome.report.message_code, 0x0054);
  EXPECT_EQ(outcome.report.counter, 7);
  EXPECT_EQ(outcome.report.instruction, absl::string_view(body).substr(12));
  fields.message_code = 0x1000;
  EXPECT_EQ(Read<Outcome>(with(EncodeGbcs(fields))).report.message_code, 0);
  EXPECT_EQ(Read<Outcome>(with("no message")).report.message_code, 0);
}

}  // namespace
}  // namespace weir
