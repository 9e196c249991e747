#include "deploy/weir/tune_table.h"

#include <algorithm>
#include <functional>
#include <numeric>
#include <tuple>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "deploy/weir/text.h"
#include "engine/tune/grid.h"

namespace weir {

namespace {

constexpr size_t kRows = 40;

struct Column {
  std::string head;
  std::function<std::string(size_t setting)> text;
  bool is_left = false;  // aligned
};

// As a column has room for.
std::string ShortForward(const Forward& forward) {
  return forward.kind == Forward::Kind::kFirstPerWindow ? "per window"
         : forward.kind == Forward::Kind::kOneIn        ? absl::StrCat("1 in ", forward.n)
                                                        : "none";
}

// What may be the same for all settings, and is then told once.
std::vector<Column> VaryingColumns(const TuneReport& report) {
  const auto of = [&report](auto&& member) {
    return [&report, member](size_t i) { return member(report.plan.settings[i]); };
  };
  return {{"threshold", of([](const CodePolicy& p) { return absl::StrCat(p.threshold); })},
          {"window", of([](const CodePolicy& p) { return FormatDuration(p.window); })},
          {"forward", of([](const CodePolicy& p) { return ShortForward(p.forward); }), true},
          {"kind", of([](const CodePolicy& p) {
             return p.window_kind == WindowKind::kSliding ? "sliding" : "tumbling";
           }),
           true},
          {"clear", of([](const CodePolicy& p) {
             return p.clear == p.threshold ? "threshold" : absl::StrCat(p.clear);
           }),
           true},
          {"last word", of([](const CodePolicy& p) { return p.last_word ? "yes" : "no"; }), true}};
}

std::vector<Column> FigureColumns(const TuneReport& report) {
  const auto of = [&report](auto&& member) {
    return [&report, member](size_t i) {
      return std::string(member(report.proposal.settings[i].totals));
    };
  };
  return {
      {"passed on", of([](const Tally& t) { return WithThousands(t.passed()); })},
      {"held", of([](const Tally& t) { return Percent(t.consolidated, t.alerts); })},
      {"copies", of([](const Tally& t) { return WithThousands(t.copies); })},
      {"epis.", of([](const Tally& t) { return WithThousands(t.started); })},
      {"devices", of([](const Tally& t) { return WithThousands(t.devices); })},
      {"recip.", of([](const Tally& t) { return WithThousands(t.recipients); })},
      {"peak", of([](const Tally& t) { return WithThousands(t.peak_after); })},
      {"median", of([](const Tally& t) { return ShortWait(WaitsOf(t).median); })},
      {"99 %", of([](const Tally& t) { return ShortWait(WaitsOf(t).p99); })},
      {"worst", of([](const Tally& t) { return ShortWait(WaitsOf(t).worst); })},
  };
}

// Those to show: the recommended one, then those that meet the targets, then the best of all.
std::vector<size_t> ShownOf(const TuneReport& report) {
  const Proposal& proposal = report.proposal;
  std::vector<size_t> shown(proposal.settings.size());
  std::iota(shown.begin(), shown.end(), size_t{0});
  const auto order = [&](size_t i) {
    const SettingResult& result = proposal.settings[i];
    const bool is_recommended = proposal.choice && proposal.choice->setting == i;
    return std::make_tuple(!is_recommended, !result.meets, result.cost);
  };
  std::stable_sort(shown.begin(), shown.end(),
                   [&](size_t a, size_t b) { return order(a) < order(b); });
  shown.resize(std::min(shown.size(), kRows));
  std::sort(shown.begin(), shown.end());
  return shown;
}

std::string MarksOf(const TuneReport& report, size_t i) {
  const Proposal& proposal = report.proposal;
  std::string marks;
  marks.push_back(proposal.choice && proposal.choice->setting == i ? '*' : ' ');
  marks.push_back(proposal.settings[i].front ? '+' : ' ');
  marks.push_back(proposal.settings[i].meets ? ' ' : 'x');
  return marks;
}

void AppendRow(const std::vector<Column>& columns, const std::vector<size_t>& widths,
               const std::vector<std::string>& cells, std::string& out) {
  std::string line;
  for (size_t i = 0; i < columns.size(); ++i) {
    const std::string padding(widths[i] - cells[i].size(), ' ');
    absl::StrAppend(&line, i == 0 ? "" : " ", columns[i].is_left ? "" : padding, cells[i],
                    columns[i].is_left ? padding : "");
  }
  line.erase(line.find_last_not_of(' ') + 1);
  absl::StrAppend(&out, line, "\n");
}

void AppendTable(const std::vector<Column>& columns, const std::vector<size_t>& rows,
                 std::string& out) {
  std::vector<std::vector<std::string>> cells;
  std::vector<size_t> widths;
  std::vector<std::string> heads;
  for (const Column& column : columns) {
    heads.push_back(column.head);
    widths.push_back(column.head.size());
  }
  for (const size_t row : rows) {
    std::vector<std::string>& line = cells.emplace_back();
    for (size_t i = 0; i < columns.size(); ++i) {
      line.push_back(columns[i].text(row));
      widths[i] = std::max(widths[i], line.back().size());
    }
  }
  AppendRow(columns, widths, heads, out);
  for (const std::vector<std::string>& line : cells) {
    AppendRow(columns, widths, line, out);
  }
}

}  // namespace

void AppendSettings(const TuneReport& report, std::string& out) {
  const size_t count = report.plan.settings.size();
  const std::vector<size_t> shown = ShownOf(report);
  std::vector<Column> columns = {{"", [&](size_t i) { return MarksOf(report, i); }, true}};
  std::vector<std::string> common;
  for (Column& column : VaryingColumns(report)) {
    const std::string first = column.text(0);
    bool varies = column.head == "threshold" || column.head == "window";
    for (size_t i = 1; i < count && !varies; ++i) {
      varies = column.text(i) != first;
    }
    if (varies) {
      columns.push_back(std::move(column));
    } else {
      const bool is_forward = column.head == "forward";
      common.push_back(
          absl::StrCat(column.head, " ",
                       is_forward ? ForwardWord(report.plan.settings.front().forward) : first));
    }
  }
  for (Column& column : FigureColumns(report)) {
    columns.push_back(std::move(column));
  }
  out.push_back('\n');
  AppendWrapped(absl::StrCat(count, count == 1 ? " setting" : " settings",
                             shown.size() < count ? absl::StrCat(", the best ", shown.size(),
                                                                 " of them (--csv has all)")
                                                  : "",
                             common.empty() ? "" : absl::StrCat("; ", absl::StrJoin(common, ", "))),
                "", out);
  AppendTable(columns, shown, out);
  absl::StrAppend(&out, "  * recommended   + no other passes on less with as short a wait",
                  report.targets.empty() ? "" : "   x misses a target",
                  "\n  held: back, of all alerts; peak: alerts passed on in the busiest minute;\n"
                  "  median, 99 %, worst: how long alerts held back wait for a copy\n");
}

}  // namespace weir
