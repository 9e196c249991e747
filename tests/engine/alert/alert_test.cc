// Goal: identifiers and codes are read in every spelling the field uses, written in one, and the
// catalogue agrees with itself and with the reference table where that is present.
// Method: known values, all codes there and back, and the table under WEIR_SHARED or ../shared.

#include <algorithm>
#include <cctype>
#include <fstream>
#include <optional>
#include <string>

#include "absl/strings/match.h"
#include "gtest/gtest.h"

#include "engine/alert/alert_code.h"
#include "engine/alert/catalogue.h"
#include "engine/alert/eui64.h"
#include "tests/support/shared_data.h"

namespace weir {
namespace {

TEST(Eui64, ReadsEverySpellingAndWritesOne) {
  const Eui64 id{0x90B3D51F30020000};
  EXPECT_EQ(ParseEui64("90-B3-D5-1F-30-02-00-00"), id);
  EXPECT_EQ(ParseEui64("90-b3-d5-1f-30-02-00-00"), id);
  EXPECT_EQ(ParseEui64("90B3D51F30020000"), id);
  EXPECT_EQ(FormatEui64(id), "90-B3-D5-1F-30-02-00-00");
  for (const char* text : {"", "90B3D51F3002000", "90B3D51F300200000", "90:B3:D5:1F:30:02:00:00",
                           "90-B3-D5-1F-30-02-00-0", "90-B3-D5-1F-30-02-00-0G",
                           "90B3-D51F-3002-0000-xxx", "9-0B-3D-51-F3-00-20-000"}) {
    EXPECT_EQ(ParseEui64(text), std::nullopt) << text;
  }
}

TEST(Eui64, EveryCharacterInEveryPlaceIsReadOrRefused) {
  for (const std::string text : {"90-B3-D5-1f-30-Ea-00-0F", "90B3D51f30Ea000F"}) {
    for (size_t place = 0; place < text.size(); ++place) {
      for (int c = 0; c < 256; ++c) {
        std::string changed = text;
        changed[place] = static_cast<char>(c);
        const bool is_dash = text[place] == '-';
        const bool fits = is_dash ? c == '-' : std::isxdigit(c) != 0;
        std::string digits = changed;
        digits.erase(std::remove(digits.begin(), digits.end(), '-'), digits.end());
        const std::optional<Eui64> expected =
            fits ? std::make_optional(Eui64{std::stoull(digits, nullptr, 16)}) : std::nullopt;
        ASSERT_EQ(ParseEui64(changed), expected) << place << " " << c;
      }
    }
  }
}

TEST(AlertCode, EveryCodeComesBack) {
  for (uint16_t i = 0; i < AlertCode::kCount; ++i) {
    const AlertCode code = AlertCode::FromIndex(i);
    EXPECT_EQ(ParseAlertCode(FormatAlertCode(code)), code);
  }
}

TEST(AlertCode, ReadsEverySpelling) {
  EXPECT_EQ(ParseAlertCode("8F36"), AlertCode::FromDevice(0x8F36));
  EXPECT_EQ(ParseAlertCode("8f36"), AlertCode::FromDevice(0x8F36));
  EXPECT_EQ(ParseAlertCode("0x8F36"), AlertCode::FromDevice(0x8F36));
  EXPECT_EQ(FormatAlertCode(*ParseAlertCode("ad1")), "AD1");
  EXPECT_EQ(FormatAlertCode(*ParseAlertCode("n999")), "N999");
  for (const char* text : {"", "8F3", "8F366", "7FFF", "9000", "FFFF", "8G00", "AD2", "AD", "N0",
                           "N01", "N1000", "N", "N-1", "0xAD1", "x8F36"}) {
    EXPECT_EQ(ParseAlertCode(text), std::nullopt) << text;
  }
}

TEST(Catalogue, PairsAreSymmetric) {
  int pairs = 0;
  for (uint16_t i = 0; i < AlertCode::kCount; ++i) {
    const AlertCode code = AlertCode::FromIndex(i);
    if (const std::optional<AlertCode> other = PairedCode(code)) {
      ++pairs;
      EXPECT_EQ(PairedCode(*other), code) << FormatAlertCode(code);
      EXPECT_NE(*other, code);
    }
  }
  EXPECT_GT(pairs, 0);
  EXPECT_EQ(PairedCode(*ParseAlertCode("8020")), ParseAlertCode("808D"));
}

TEST(Catalogue, EveryCodeWithANameHasAPlace) {
  const absl::Span<const AlertCode> codes = CatalogueCodes();
  EXPECT_TRUE(std::is_sorted(codes.begin(), codes.end()));
  size_t named = 0;
  for (uint16_t i = 0; i < AlertCode::kCount; ++i) {
    const AlertCode code = AlertCode::FromIndex(i);
    const size_t place = PlaceInCatalogue(code);
    if (AlertCodeName(code).empty()) {
      EXPECT_EQ(place, codes.size()) << FormatAlertCode(code);
    } else {
      ASSERT_LT(place, codes.size()) << FormatAlertCode(code);
      EXPECT_EQ(codes[place], code);
      ++named;
    }
  }
  EXPECT_EQ(named, codes.size());
  EXPECT_LT(PlaceInCatalogue(*ParseAlertCode("AD1")), codes.size());
  EXPECT_EQ(PlaceInCatalogue(*ParseAlertCode("8FFF")), codes.size());
}

TEST(Catalogue, AgreesWithTheReferenceTable) {
  const std::string path = SharedData("domain/gbcs-alert-codes.csv");
  std::ifstream table(path);
  if (!table) {
    GTEST_SKIP() << path << " is not there: the catalogue is not compared with it";
  }
  std::string line;
  std::getline(table, line);
  int rows = 0;
  while (std::getline(table, line)) {
    if (!absl::StartsWith(line, "0x8")) {
      continue;
    }
    const AlertCode code = *ParseAlertCode(line.substr(0, 6));
    EXPECT_FALSE(AlertCodeName(code).empty()) << FormatAlertCode(code);
    ++rows;
  }
  EXPECT_EQ(rows, 190);
}

}  // namespace
}  // namespace weir
