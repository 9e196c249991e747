// Goal: DUIS documents that are no alerts say what the schema has a place for, and values that the
// schema does not allow make a dead letter.
// Method: documents put together of their parts, which are then changed one by one.
#include "connectors/formats/duis_records.h"

#include <memory>
#include <string>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gtest/gtest.h"

#include "connectors/formats/duis.h"
#include "tests/support/duis_documents.h"
#include "tests/support/event_text.h"

namespace weir {
namespace {

constexpr RequestId kId{.party = kDuisParty, .device = kDuisDevice, .counter = 7};

class DuisRecordsTest : public testing::Test {
 protected:
  // In a block of its own, gone when this returns.
  Event Decode(absl::string_view text) {
    const std::unique_ptr<char[]> memory(new char[text.size()]);
    text.copy(memory.get(), text.size());
    return DecodeDuis({memory.get(), text.size()}, arena_, std::nullopt);
  }

  template <typename Said>
  const Said& Read(absl::string_view text) {
    static const Said kNone;
    const Event event = Decode(text);
    const auto* other = std::get_if<OtherEvent>(&event);
    EXPECT_NE(other, nullptr) << TextOf(event) << text;
    device_ = other == nullptr ? std::nullopt : other->device;
    const auto* said = other == nullptr ? nullptr : std::get_if<const Said*>(&other->what);
    EXPECT_NE(said, nullptr) << TextOf(event) << text;
    return said == nullptr ? kNone : **said;
  }

  // The kind of record, or the reason.
  std::string Result(absl::string_view text) {
    const std::string said = TextOf(Decode(text));
    return said.substr(0, said.find(' ', 5));
  }

  Arena arena_;
  std::optional<Eui64> device_;  // of the record read last
};

std::string RequestWith(absl::string_view srv, absl::string_view body) {
  return Document(
      "Request",
      absl::StrCat(Element("Header", absl::StrCat(Element("RequestID", kDuisRequestId),
                                                  Element("ServiceReferenceVariant", srv))),
                   Element("Body", body)));
}

// ---- Requests

TEST_F(DuisRecordsTest, Request) {
  const auto& request = Read<Request>(RequestWith(
      "6.14.2", Element("UpdateDeviceConfiguration",
                        absl::StrCat(Element("ExecutionDateTime", "2019-12-03T00:00:00Z"),
                                     Element("X", "")))));
  EXPECT_EQ(request.id, kId);
  EXPECT_EQ(device_, kDuisDevice);
  EXPECT_EQ(request.srv, "6.14.2");
  EXPECT_EQ(request.execute_at, ParseTime("2019-12-03T00:00:00Z"));
  EXPECT_FALSE(request.role || request.supplier || request.instructions || request.gas_flow_rate);
}

TEST_F(DuisRecordsTest, TimesOfRequests) {
  const auto with = [](absl::string_view body) { return RequestWith("6.13", Element("X", body)); };
  EXPECT_EQ(Read<Request>(with("")).execute_at, std::nullopt);
  // Of the element itself, not of what lies in it.
  EXPECT_EQ(Read<Request>(with(Element("Y", Element("ExecutionDateTime", "x")))).execute_at,
            std::nullopt);
  EXPECT_EQ(Result(with(Element("ExecutionDateTime", "x"))), "dead bad_time");
  EXPECT_EQ(Result(with(Element("ExecutionDateTime", "1969-12-31T00:00:00Z"))), "dead bad_time");
  const std::string time = Element("ExecutionDateTime", "2019-12-03T00:00:00Z");
  EXPECT_EQ(Result(with(time + time)), "dead bad_field");
  // A command that is signed has a time too.
  EXPECT_EQ(Read<Request>(RequestWith("6.14.2", Element("SignedPreCommand",
                                                        time + Element("GBCSPayload", "3wkC"))))
                .execute_at,
            ParseTime("2019-12-03T00:00:00Z"));
}

TEST_F(DuisRecordsTest, GasFlowRates) {
  const auto with = [](absl::string_view content, absl::string_view srv = "6.7") {
    return RequestWith(srv, Element("UpdateDeviceConfigurationGasFlow", content));
  };
  const auto rate = [&](absl::string_view name, absl::string_view text) {
    return Read<Request>(with(Element(name, text))).gas_flow_rate.value_or(GasFlowRate());
  };
  constexpr absl::string_view kDecimal = "UncontrolledGasFlowRateDecimal";
  constexpr absl::string_view kWhole = "UncontrolledGasFlowRate";
  EXPECT_EQ(rate(kDecimal, "6.1680").value, 61680);
  EXPECT_EQ(rate(kDecimal, "6.1680").text, "6.1680");
  EXPECT_TRUE(rate(kDecimal, " 6.1680\n").is_decimal);
  EXPECT_EQ(rate(kDecimal, " 6.1680\n").value, 61680);
  EXPECT_EQ(rate(kDecimal, "6.5536").value, std::nullopt);
  EXPECT_EQ(rate(kWhole, "61680").value, 61680);
  EXPECT_FALSE(rate(kWhole, "061680").is_decimal);
  EXPECT_EQ(rate(kWhole, "061680").text, "61680");
  EXPECT_EQ(rate(kWhole, "65536").value, std::nullopt);
  EXPECT_EQ(rate(kWhole, "65536").text, "65536");
  EXPECT_EQ(Result(with(Element(kDecimal, "1e0"))), "dead bad_field");
  EXPECT_EQ(Result(with(Element(kDecimal, ""))), "dead bad_field");
  EXPECT_EQ(Result(with(Element(kWhole, "6.1"))), "dead bad_field");
  EXPECT_EQ(Result(with(Element(kWhole, "-1"))), "dead bad_field");
  EXPECT_EQ(Result(with(Element(kWhole, "18446744073709551616"))), "dead bad_field");
  EXPECT_EQ(Result(with(Element(kWhole, "1") + Element(kDecimal, "1"))), "dead bad_field");
  EXPECT_FALSE(Read<Request>(with("")).gas_flow_rate);
  EXPECT_FALSE(Read<Request>(with(Element(kDecimal, "x"), "6.8")).gas_flow_rate);
}

TEST_F(DuisRecordsTest, HubsThatAreReturned) {
  constexpr absl::string_view kHub = "00-DB-12-34-56-78-90-A2";
  for (const auto& [srv, element] :
       {std::pair("8.14.3", "CHFFaultReturn"), std::pair("8.14.4", "CHFNoFaultReturn")}) {
    EXPECT_EQ(Read<Request>(RequestWith(srv, Element(element, Element("DeviceID", kHub)))).id, kId);
    EXPECT_EQ(device_, Eui64{0x00DB1234567890A2}) << srv;
    EXPECT_EQ(Result(RequestWith(srv, Element(element, ""))), "dead missing_field");
    EXPECT_EQ(Result(RequestWith(srv, Element(element, Element("DeviceID", "x")))),
              "dead bad_field");
    Read<Request>(RequestWith("6.13", Element(element, Element("DeviceID", kHub))));
    EXPECT_EQ(device_, kDuisDevice);
    Read<Request>(RequestWith(srv, Element("SignedPreCommand", "")));
    EXPECT_EQ(device_, kDuisDevice);
  }
}

TEST_F(DuisRecordsTest, LongReferences) {
  EXPECT_EQ(Result(RequestWith(std::string(16, '6'), Element("X", ""))).substr(0, 7), "request");
  EXPECT_EQ(Result(RequestWith(std::string(17, '6'), Element("X", ""))), "dead bad_field");
  const std::string long_code = std::string(17, 'I');
  EXPECT_EQ(Result(absl::StrReplaceAll(ServiceResponse(), {{">I0<", ">" + long_code + "<"}})),
            "dead bad_field");
}

// ---- Responses

TEST_F(DuisRecordsTest, Response) {
  const auto& response = Read<Response>(ServiceResponse(Element("GBCSPayload", "3w kC")));
  EXPECT_EQ(response.id, kId);
  EXPECT_EQ(device_, kDuisDevice);
  EXPECT_EQ(response.srv, "7.7");
  EXPECT_EQ(response.code, "I0");
  EXPECT_EQ(response.payload, "\xDF\x09\x02");
  EXPECT_EQ(Read<Response>(ServiceResponse()).payload, "");
  EXPECT_EQ(Read<Response>(ServiceResponse(Element("GBCSPayload", ""))).payload, "");
  EXPECT_EQ(Result(ServiceResponse(Element("GBCSPayload", "3wk!"))), "dead bad_payload");
  // Not the response's own message.
  EXPECT_EQ(
      Read<Response>(ServiceResponse(Element("PreCommand", Element("GBCSPayload", "!")))).payload,
      "");
}

TEST_F(DuisRecordsTest, ResponseWithItsOwnIdOnly) {
  const std::string message =
      Element("ResponseMessage", absl::StrCat(Element("ServiceReferenceVariant", "7.7")));
  EXPECT_EQ(Read<Response>(ResponseDocument(ResponseHeader("", kDuisAlertId), message)).id, kId);
  EXPECT_EQ(Read<Response>(ResponseDocument(ResponseHeader(kDuisRequestId, ""), message)).id, kId);
}

TEST_F(DuisRecordsTest, Outcome) {
  GbcsFields fields = DuisGbcsFields(0x8F67);
  fields.message_code = 0x00CC;
  const std::string body("\x09\x13\x00\x54\0\0\0\0\0\0\0\x08#(\0\0^,\x80\x1A\x06", 21);
  fields.body = body;
  const std::string document = FutureDatedOutcome("8F67", InBase64(EncodeGbcs(fields)));
  const auto& outcome = Read<Outcome>(document);
  EXPECT_EQ(outcome.id, kId);
  EXPECT_EQ(device_, kDuisDevice);
  EXPECT_FALSE(outcome.succeeded);
  EXPECT_EQ(outcome.srv, "7.7");
  EXPECT_EQ(outcome.instruction, 1);
  EXPECT_EQ(outcome.instructions, 2);
  EXPECT_EQ(outcome.report.message_code, 0x0054);
  EXPECT_EQ(outcome.report.counter, 8);
  EXPECT_EQ(outcome.report.instruction, absl::string_view(body).substr(12));
  const auto with = [&](absl::string_view from, absl::string_view to) {
    return Result(absl::StrReplaceAll(document, {{from, to}}));
  };
  EXPECT_EQ(with(">1</sr:Instr", ">65535</sr:Instr").substr(0, 6), "failed");
  EXPECT_EQ(with(">1</sr:Instr", ">65536</sr:Instr"), "dead bad_field");
  EXPECT_EQ(with(">2</sr:Total", ">x</sr:Total"), "dead bad_field");
  fields.message_code = 0x1000;
  const auto& silent = Read<Outcome>(FutureDatedOutcome("8F67", InBase64(EncodeGbcs(fields))));
  EXPECT_EQ(silent.report.message_code, 0);
}

// ---- Devices

std::string DeviceElement(absl::string_view more = "", absl::string_view status = "Commissioned") {
  return Element(
      "Device",
      absl::StrCat(Element("DeviceID", "00-DB-12-34-56-78-90-A5"), Element("DeviceType", "ESME"),
                   status.empty() ? "" : Element("DeviceStatus", status), more));
}

std::string Inventory(absl::string_view devices) {
  return ServiceResponse(Element("DSPInventory", devices));
}

TEST_F(DuisRecordsTest, Inventory) {
  const auto& device = Read<DeviceRecord>(Inventory(DeviceElement(absl::StrCat(
      Element("DeviceModel", "m"), Element("ImportMPxN", "1412345678901"),
      Element("SecondaryImportMPAN", "1412345678902"), Element("ExportMPAN", "1412345678903"),
      Element("ESMEVariant", "ADE"), Element("DeviceGBCSVersion", "4.1 &amp; &lt;")))));
  EXPECT_EQ(device_, Eui64{0x00DB1234567890A5});
  EXPECT_TRUE(device.is_partial);
  EXPECT_EQ(device.type, DeviceType::kEsme);
  EXPECT_EQ(device.status, DeviceStatus::kCommissioned);
  ASSERT_EQ(device.mpxns.size(), 3);
  EXPECT_EQ(device.mpxns[0], "1412345678901");
  EXPECT_EQ(device.mpxns[1], "1412345678902");
  EXPECT_EQ(device.mpxns[2], "1412345678903");
  EXPECT_EQ(device.variant, "ADE");
  EXPECT_EQ(device.gbcs_version, "4.1 & <");
  EXPECT_FALSE(device.added || device.added_by || device.status_since || device.supplier ||
               device.supplier_agent || device.network_operator || device.removed);
}

TEST_F(DuisRecordsTest, InventoryThatSaysLittle) {
  EXPECT_TRUE(Read<DeviceRecord>(Inventory(DeviceElement())).mpxns.empty());
  const auto& device =
      Read<DeviceRecord>(Inventory(DeviceElement(Element("ExportMPAN", "1412345678903"))));
  ASSERT_EQ(device.mpxns.size(), 1);
  EXPECT_EQ(device.mpxns[0], "1412345678903");
}

TEST_F(DuisRecordsTest, InventoriesThatAreResponses) {
  Read<Response>(Inventory(""));
  Read<Response>(Inventory(DeviceElement("", "")));
  Read<Response>(Inventory(DeviceElement() + DeviceElement()));
  Read<Response>(Inventory(DeviceElement("", "x") + DeviceElement("", "y")));
  EXPECT_EQ(device_, kDuisDevice);
}

TEST_F(DuisRecordsTest, DevicesThatTheSchemaDoesNotAllow) {
  const auto with = [&](absl::string_view name, absl::string_view text) {
    return Result(Inventory(DeviceElement(Element(name, text))));
  };
  EXPECT_EQ(Result(Inventory(DeviceElement("", "commissioned"))), "dead bad_field");
  EXPECT_EQ(Result(absl::StrReplaceAll(Inventory(DeviceElement()), {{">ESME<", ">SAPC<"}})),
            "dead bad_field");
  EXPECT_EQ(Result(absl::StrReplaceAll(Inventory(DeviceElement()), {{"DeviceType", "Type"}})),
            "dead missing_field");
  EXPECT_EQ(Result(absl::StrReplaceAll(Inventory(DeviceElement()), {{"DeviceID", "Id"}})),
            "dead missing_field");
  EXPECT_EQ(with("ImportMPxN", "1").substr(0, 6), "device");
  EXPECT_EQ(with("ImportMPxN", ""), "dead bad_field");
  EXPECT_EQ(with("ImportMPxN", "12345678901234"), "dead bad_field");
  EXPECT_EQ(with("ExportMPAN", "123456789012"), "dead bad_field");
  EXPECT_EQ(with("SecondaryImportMPAN", "12345678901234"), "dead bad_field");
  EXPECT_EQ(with("ESMEVariant", "Z"), "dead bad_field");
  EXPECT_EQ(with("DeviceGBCSVersion", std::string(32, '4')).substr(0, 6), "device");
  EXPECT_EQ(with("DeviceGBCSVersion", std::string(33, '4')), "dead bad_field");
  EXPECT_EQ(with("DeviceStatus", "Pending"), "dead bad_field");
}

}  // namespace
}  // namespace weir
