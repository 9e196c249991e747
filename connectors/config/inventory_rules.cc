#include "connectors/config/inventory_rules.h"

#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

#include "connectors/config/config_fields.h"

namespace weir {

namespace {

constexpr std::array<absl::string_view, 5> kKeys = {"pending", "remove", "notify", "recipient",
                                                    "alert_code"};
constexpr std::array<absl::string_view, 2> kPeriodKeys = {"from", "months"};
constexpr NumberRange kMonths = {1, 1200};
constexpr absl::string_view kPeriodExample = "{from: 2019-11-29T00:00:00Z, months: 36}";

// Ascending dates; others become a problem.
class PeriodReader {
 public:
  explicit PeriodReader(YamlProblems& problems) : problems_(problems) {}

  std::vector<PendingPeriod> ReadList(const YamlNode& list);

 private:
  std::optional<PendingPeriod> ReadPeriod(const YamlNode& node);
  void CheckOrder(const YamlNode& from, TimeMs date);

  YamlProblems& problems_;
  std::optional<TimeMs> last_date_;
  int last_line_ = 0;
};

std::vector<PendingPeriod> PeriodReader::ReadList(const YamlNode& list) {
  std::vector<PendingPeriod> periods;
  if (list.kind != YamlNode::Kind::kList || list.items.empty()) {
    const bool is_list = list.kind == YamlNode::Kind::kList;
    if (list.kind != YamlNode::Kind::kRefused) {
      problems_.Add(list.line,
                    absl::StrCat("`pending` is ", is_list ? "an empty list" : list.Found(),
                                 ", expected a list of periods such as ", kPeriodExample,
                                 ": write `remove: false` so that no device is removed"));
    }
    return periods;
  }
  for (const YamlNode& item : list.items) {
    if (item.kind == YamlNode::Kind::kMap) {
      if (const std::optional<PendingPeriod> period = ReadPeriod(item); period) {
        periods.push_back(*period);
      }
    } else if (item.kind != YamlNode::Kind::kRefused) {
      problems_.Add(item.line, absl::StrCat("a period is ", item.Found(),
                                            ", expected a map such as ", kPeriodExample));
    }
  }
  return periods;
}

std::optional<PendingPeriod> PeriodReader::ReadPeriod(const YamlNode& node) {
  CheckKeys(node, kPeriodKeys, WhereKeyBelongs, problems_);
  std::optional<TimeMs> from;
  if (const YamlNode* given = Require(node, "from",
                                      "give the UTC time from which it holds, such as "
                                      "1970-01-01T00:00:00Z",
                                      problems_);
      given != nullptr) {
    from = ReadTime(*given, problems_);
    if (from) {
      CheckOrder(*given, *from);
    }
  }
  std::optional<uint64_t> months;
  if (const YamlNode* given = Require(
          node, "months", "give how many calendar months a device may stay pending", problems_);
      given != nullptr) {
    months = ReadNumber(*given, kMonths, problems_);
  }
  if (!from || !months) {
    return std::nullopt;
  }
  return PendingPeriod{.from = *from, .months = static_cast<uint32_t>(*months)};
}

void PeriodReader::CheckOrder(const YamlNode& from, TimeMs date) {
  if (last_date_ && date <= *last_date_) {
    problems_.Add(from.line,
                  absl::StrCat("`from` is ", from.Found(),
                               ", expected a time after that of the period before (line ",
                               last_line_, "): list the periods oldest first"));
    return;
  }
  last_date_ = date;
  last_line_ = from.line;
}

void ReadRecipient(const YamlNode& node, const Parties& parties, PendingRules& rules,
                   YamlProblems& problems, YamlProblems& remarks) {
  if (node.kind == YamlNode::Kind::kText && node.text == "added_by") {
    rules.recipient = RemovalRecipient::kAddedBy;
    return;
  }
  if (node.kind == YamlNode::Kind::kText && node.text == "supplier") {
    rules.recipient = RemovalRecipient::kSupplier;
    return;
  }
  const std::optional<Eui64> party =
      node.kind == YamlNode::Kind::kText ? ParseEui64(node.text) : std::nullopt;
  if (!party) {
    AddUnexpected(node, "added_by, supplier, or the EUI-64 of a party", problems);
    return;
  }
  rules.recipient = RemovalRecipient::kParty;
  rules.party = *party;
  if (!parties.RoleOf(*party)) {
    remarks.Add(node.line,
                absl::StrCat("`recipient` is ", node.Found(), ", which is none of `parties`"));
  }
}

void ReadCode(const YamlNode& node, AlertCode& code, YamlProblems& problems) {
  const std::optional<AlertCode> read =
      node.kind == YamlNode::Kind::kText ? ParseAlertCode(node.text) : std::nullopt;
  if (!read || read->is_device()) {
    AddUnexpected(node, "the code of a DCC alert, such as N8", problems);
    return;
  }
  code = *read;
}

}  // namespace

PendingRules ReadInventory(const YamlNode& node, const Parties& parties, YamlProblems& problems,
                           YamlProblems& remarks) {
  PendingRules rules;
  if (!ExpectMap(node, "a map such as {remove: false}", problems)) {
    return rules;
  }
  CheckKeys(node, kKeys, WhereKeyBelongs, problems);
  if (const YamlNode* pending = node.Find("pending"); pending != nullptr) {
    rules.periods = PeriodReader(problems).ReadList(*pending);
  }
  if (const YamlNode* remove = node.Find("remove"); remove != nullptr) {
    Assign(ReadBool(*remove, problems), rules.remove);
  }
  if (const YamlNode* notify = node.Find("notify"); notify != nullptr) {
    Assign(ReadBool(*notify, problems), rules.notify);
  }
  if (const YamlNode* recipient = node.Find("recipient"); recipient != nullptr) {
    ReadRecipient(*recipient, parties, rules, problems, remarks);
  }
  if (const YamlNode* code = node.Find("alert_code"); code != nullptr) {
    ReadCode(*code, rules.code, problems);
  }
  return rules;
}

}  // namespace weir
