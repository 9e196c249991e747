#include "deploy/console/console_page.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace weir {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(ConsolePage, IsOneWholeDocumentInAscii) {
  const absl::string_view page = ConsolePage();
  EXPECT_TRUE(absl::StartsWith(page, "<!doctype html>"));
  EXPECT_TRUE(absl::EndsWith(page, "</html>\n"));
  EXPECT_TRUE(std::all_of(page.begin(), page.end(), [](unsigned char c) {
    return absl::ascii_isascii(c) && (absl::ascii_isprint(c) || c == '\n' || c == '\t');
  }));
  for (absl::string_view place : {"@STYLE@", "@SCRIPT@", "@SCRIPT_HASH@", "@LICENCES@"}) {
    EXPECT_THAT(page, Not(HasSubstr(place)));
  }
}

TEST(ConsolePage, LetsOnlyItsOwnScriptRunAndAsksOnlyWhereItComesFrom) {
  const absl::string_view page = ConsolePage();
  EXPECT_THAT(page, HasSubstr("default-src 'none'"));
  EXPECT_THAT(page, HasSubstr("connect-src 'self'"));
  EXPECT_THAT(page, HasSubstr("script-src 'sha256-"));
}

TEST(ConsolePage, NamesNoOtherFile) {
  EXPECT_THAT(ConsolePage(), Not(HasSubstr("src=\"http")));
  EXPECT_THAT(ConsolePage(), Not(HasSubstr("href=\"http")));
}

}  // namespace
}  // namespace weir
