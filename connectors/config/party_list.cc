#include "connectors/config/party_list.h"

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

#include "connectors/config/config_fields.h"
#include "connectors/config/role_word.h"

namespace weir {

namespace {

constexpr size_t kMaxPartyNameBytes = 200;
constexpr std::array<absl::string_view, 4> kPartyKeys = {"id", "role", "name", "distributors"};

class PartyReader {
 public:
  PartyReader(YamlProblems& problems, YamlProblems& remarks)
      : problems_(problems), remarks_(remarks) {}

  std::vector<Party> ReadList(const YamlNode& list);

 private:
  Party ReadParty(const YamlNode& node);
  void ReadId(const YamlNode& node, Party& party);
  void ReadName(const YamlNode& node, Party& party);
  void ReadDistributors(const YamlNode& node, Party& party);
  void ReadDistributor(const YamlNode& node, Party& party);
  void CheckDistributors(const YamlNode& node, Role role, const Party& party);

  YamlProblems& problems_;
  YamlProblems& remarks_;
  absl::flat_hash_map<Eui64, int> party_lines_;
  absl::flat_hash_map<std::string, int> distributor_lines_;
};

std::vector<Party> PartyReader::ReadList(const YamlNode& list) {
  constexpr absl::string_view kExample =
      "{id: 90-B3-D5-1F-30-02-00-00, role: ED, name: Example Networks, distributors: [\"14\"]}";
  std::vector<Party> parties;
  if (list.kind != YamlNode::Kind::kList) {
    AddUnexpected(list, absl::StrCat("a list of parties such as ", kExample), problems_);
    return parties;
  }
  for (const YamlNode& party : list.items) {
    if (party.kind == YamlNode::Kind::kMap) {
      parties.push_back(ReadParty(party));
    } else if (party.kind != YamlNode::Kind::kRefused) {
      problems_.Add(party.line, absl::StrCat("a party is ", party.Found(),
                                             ", expected a map such as ", kExample));
    }
  }
  return parties;
}

Party PartyReader::ReadParty(const YamlNode& node) {
  CheckKeys(node, kPartyKeys, WhereKeyBelongs, problems_);
  Party party;
  if (const YamlNode* id = Require(
          node, "id", "give the party's EUI-64, such as 90-B3-D5-1F-30-02-00-00", problems_);
      id != nullptr) {
    ReadId(*id, party);
  }
  std::optional<Role> role;
  if (const YamlNode* given = Require(node, "role", "give the party's role, such as ED", problems_);
      given != nullptr) {
    role = ReadRole(*given, problems_);
    Assign(role, party.role);
  }
  if (const YamlNode* name = node.Find("name"); name != nullptr) {
    ReadName(*name, party);
  }
  if (const YamlNode* distributors = node.Find("distributors"); distributors != nullptr) {
    ReadDistributors(*distributors, party);
  }
  if (role) {
    CheckDistributors(node, *role, party);
  }
  return party;
}

void PartyReader::CheckDistributors(const YamlNode& node, Role role, const Party& party) {
  const bool is_operator = role == Role::kEd;
  if (is_operator && party.distributors.empty()) {
    remarks_.Add(node.line,
                 "the party has role ED and no `distributors`: it is the network operator of those "
                 "meters alone whose inventory record names it");
  }
  if (!is_operator && !party.distributors.empty()) {
    problems_.Add(node.Find("distributors")->line,
                  absl::StrCat("`distributors` is given for a party of role ", RoleName(role),
                               ", expected it for role ED alone: they are the network operator's "
                               "part of an MPAN"));
  }
}

void PartyReader::ReadId(const YamlNode& node, Party& party) {
  const std::optional<Eui64> id =
      node.kind == YamlNode::Kind::kText ? ParseEui64(node.text) : std::nullopt;
  if (!id) {
    AddUnexpected(node, "an EUI-64 such as 90-B3-D5-1F-30-02-00-00", problems_);
    return;
  }
  const auto [first, is_new] = party_lines_.try_emplace(*id, node.line);
  if (!is_new) {
    problems_.Add(node.line, absl::StrCat("`id` is ", node.Found(), ", the party of line ",
                                          first->second, ": keep one of them"));
  }
  party.id = *id;
}

void PartyReader::ReadName(const YamlNode& node, Party& party) {
  if (node.kind == YamlNode::Kind::kText && node.text.size() <= kMaxPartyNameBytes) {
    party.name = node.text;
    return;
  }
  AddUnexpected(node, absl::StrCat("text of at most ", kMaxPartyNameBytes, " bytes"), problems_);
}

void PartyReader::ReadDistributors(const YamlNode& node, Party& party) {
  if (node.kind != YamlNode::Kind::kList) {
    AddUnexpected(node, "a list of distributor ids such as [\"14\", \"22\"]", problems_);
    return;
  }
  for (const YamlNode& item : node.items) {
    ReadDistributor(item, party);
  }
}

void PartyReader::ReadDistributor(const YamlNode& node, Party& party) {
  if (node.kind == YamlNode::Kind::kRefused) {
    return;
  }
  const bool two_digits = node.text.size() == 2 &&
                          absl::ascii_isdigit(static_cast<unsigned char>(node.text[0])) &&
                          absl::ascii_isdigit(static_cast<unsigned char>(node.text[1]));
  if (!two_digits) {
    problems_.Add(node.line, absl::StrCat("`distributors` has ", node.Found(),
                                          ", expected the two digits that an MPAN begins with"));
    return;
  }
  const auto [first, is_new] = distributor_lines_.try_emplace(node.text, node.line);
  if (!is_new) {
    problems_.Add(node.line,
                  absl::StrCat("`distributors` has ", node.Found(), ", which line ", first->second,
                               " has already: a meter has one network operator"));
  }
  party.distributors.push_back(node.text);
}

}  // namespace

Parties ReadParties(const YamlNode& list, YamlProblems& problems, YamlProblems& remarks) {
  return Parties(PartyReader(problems, remarks).ReadList(list));
}

}  // namespace weir
