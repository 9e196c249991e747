#include "deploy/report/report_page.h"

#include <algorithm>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace weir {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(ReportPage, IsOneWholeDocumentInAscii) {
  const absl::string_view page = ReportPage();
  EXPECT_TRUE(absl::StartsWith(page, "<!doctype html>"));
  EXPECT_TRUE(absl::EndsWith(page, "</html>\n"));
  EXPECT_TRUE(std::all_of(page.begin(), page.end(), [](unsigned char c) {
    return absl::ascii_isascii(c) && (absl::ascii_isprint(c) || c == '\n' || c == '\t');
  }));
  EXPECT_THAT(page, Not(HasSubstr("@STYLE@")));
  EXPECT_THAT(page, Not(HasSubstr("@SCRIPT@")));
  EXPECT_THAT(page, Not(HasSubstr("@LICENCES@")));
}

TEST(ReportPage, HasOnePlaceForData) {
  const absl::string_view page = ReportPage();
  const size_t place = page.find(kReportDataPlace);
  ASSERT_NE(place, absl::string_view::npos);
  EXPECT_EQ(page.find(kReportDataPlace, place + 1), absl::string_view::npos);
}

TEST(ReportPage, NamesNoOtherFile) {
  EXPECT_THAT(ReportPage(), Not(HasSubstr("src=\"http")));
  EXPECT_THAT(ReportPage(), Not(HasSubstr("href=\"http")));
}

TEST(ReportPage, TakesData) {
  const std::string page = ReportWith(R"({"kind":"replay"})");
  EXPECT_THAT(page, HasSubstr(R"(id="data">{"kind":"replay"}</script>)"));
  EXPECT_THAT(page, Not(HasSubstr(kReportDataPlace)));
  EXPECT_EQ(page.size(), ReportPage().size() - kReportDataPlace.size() + 17);
}

TEST(ReportPage, KeepsDataFromBeingMarkup) {
  const std::string page = ReportWith(R"({"captures":["</script><!-- $& \\ .jsonl"]})");
  EXPECT_THAT(page, HasSubstr(R"({"captures":["\u003c/script>\u003c!-- $& \\ .jsonl"]}</script>)"));
}

}  // namespace
}  // namespace weir
