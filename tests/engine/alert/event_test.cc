// Goal: an alert that is kept says all that it said in flight.
// Method: worked examples.

#include "engine/alert/event.h"

#include <string>

#include "gtest/gtest.h"

namespace weir {
namespace {

// Fields and payload live as long as `payload`.
Alert Whole(const std::string& payload) {
  Alert alert;
  alert.device = Eui64{1};
  alert.code = *ParseAlertCode("8F3F");
  alert.recipient = Eui64{2};
  alert.counter = 3;
  alert.received = TimeMs{4};
  alert.device_time = TimeMs{5};
  alert.payload = payload;
  return alert;
}

TEST(Event, AKeptAlertSaysWhatItSaidInFlight) {
  std::string payload = "payload";
  const Alert alert = Whole(payload);
  KeptAlert kept;
  Keep(alert, kept);
  payload = "another";
  const Alert view = View(kept);
  EXPECT_EQ(view.device, alert.device);
  EXPECT_EQ(view.code, alert.code);
  EXPECT_EQ(view.recipient, alert.recipient);
  EXPECT_EQ(view.counter, alert.counter);
  EXPECT_EQ(view.received, alert.received);
  EXPECT_EQ(view.device_time, alert.device_time);
  EXPECT_EQ(view.payload, "payload");
  EXPECT_EQ(view.original, "");
}

TEST(Event, TheOriginalIsKeptInThePlaceOfThePayload) {
  const std::string payload = "payload";
  Alert alert = Whole(payload);
  alert.original = "key, headers and payload";
  KeptAlert kept;
  Keep(alert, kept);
  EXPECT_EQ(View(kept).original, "key, headers and payload");
  EXPECT_EQ(View(kept).payload, "");
  EXPECT_EQ(View(kept).counter, alert.counter);
}

}  // namespace
}  // namespace weir
