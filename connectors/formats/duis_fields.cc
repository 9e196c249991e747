#include "connectors/formats/duis_fields.h"

#include <cstring>

#include "absl/strings/strip.h"

#include "connectors/formats/binary_text.h"
#include "connectors/formats/log_message.h"

namespace weir {

namespace {

constexpr absl::string_view kNamespace = "http://www.dccinterface.co.uk/ServiceUserGateway";

absl::string_view PrefixOf(absl::string_view name) {
  const size_t colon = name.find(':');
  return colon == absl::string_view::npos ? absl::string_view() : name.substr(0, colon);
}

// Whether an attribute declares a prefix, or without one the namespace of names that have none.
bool Declares(absl::string_view attribute, absl::string_view prefix) {
  return absl::ConsumePrefix(&attribute, "xmlns") &&
         (prefix.empty() ? attribute.empty()
                         : absl::ConsumePrefix(&attribute, ":") && attribute == prefix);
}

// The text that a node is; nothing if it is none.
std::optional<absl::string_view> PieceOf(pugi::xml_node node) {
  const pugi::xml_node_type type = node.type();
  return type == pugi::node_pcdata || type == pugi::node_cdata
             ? std::make_optional(absl::string_view(node.value()))
             : std::nullopt;
}

}  // namespace

absl::string_view LocalName(pugi::xml_node element) {
  const absl::string_view name = element.name();
  return name.substr(name.find(':') + 1);
}

bool IsDuisElement(pugi::xml_node element) {
  const absl::string_view prefix = PrefixOf(element.name());
  for (pugi::xml_node scope = element; scope != nullptr; scope = scope.parent()) {
    for (const pugi::xml_attribute attribute : scope.attributes()) {
      if (Declares(attribute.name(), prefix)) {
        return attribute.value() == kNamespace;
      }
    }
  }
  return false;
}

pugi::xml_node DuisFields::Find(pugi::xml_node parent, absl::string_view name) {
  pugi::xml_node found;
  for (pugi::xml_node child = parent.first_child(); child && !fault_;
       child = child.next_sibling()) {
    const std::optional<absl::string_view> text = PieceOf(child);
    if (text && !Trim(*text).empty()) {
      Fail(DeadReason::kBadField);
    }
    if (text || LocalName(child) != name) {
      continue;
    }
    if (found || !IsDuisElement(child)) {
      Fail(DeadReason::kBadField);
    }
    found = child;
  }
  return fault_ ? pugi::xml_node() : found;
}

pugi::xml_node DuisFields::Require(pugi::xml_node parent, absl::string_view name) {
  const pugi::xml_node found = Find(parent, name);
  if (!found) {
    Fail(DeadReason::kMissingField);
  }
  return found;
}

pugi::xml_node DuisFields::RequireOnly(pugi::xml_node parent) {
  pugi::xml_node found;
  for (pugi::xml_node child = parent.first_child(); child && !fault_;
       child = child.next_sibling()) {
    const std::optional<absl::string_view> text = PieceOf(child);
    if (text ? !Trim(*text).empty() : !found.empty()) {
      Fail(DeadReason::kBadField);
    }
    found = text ? found : child;
  }
  if (!found) {
    Fail(DeadReason::kMissingField);
  } else if (!IsDuisElement(found)) {
    Fail(DeadReason::kUnknownType);
  }
  return fault_ ? pugi::xml_node() : found;
}

std::optional<absl::string_view> DuisFields::Text(pugi::xml_node element) {
  size_t pieces = 0;
  size_t size = 0;
  absl::string_view text;
  for (const pugi::xml_node child : element.children()) {
    const std::optional<absl::string_view> piece = PieceOf(child);
    if (!piece) {
      Fail(DeadReason::kBadField);
      return std::nullopt;
    }
    text = *piece;
    size += piece->size();
    ++pieces;
  }
  if (pieces > 1) {
    // A comment or a CDATA section divides a text and does not belong to it.
    char* const whole = arena_.Allocate(size);
    char* end = whole;
    for (const pugi::xml_node child : element.children()) {
      const absl::string_view piece = child.value();
      end += piece.copy(end, piece.size());
    }
    text = {whole, size};
  }
  return element && !fault_ ? std::make_optional(Trim(text)) : std::nullopt;
}

std::optional<absl::string_view> DuisFields::FindText(pugi::xml_node parent,
                                                      absl::string_view name) {
  return Text(Find(parent, name));
}

absl::string_view DuisFields::RequireText(pugi::xml_node parent, absl::string_view name) {
  const std::optional<absl::string_view> text = FindText(parent, name);
  if (!text || text->empty()) {
    Fail(DeadReason::kMissingField);
    return {};
  }
  return *text;
}

std::optional<Eui64> DuisFields::FindEui64(pugi::xml_node parent, absl::string_view name) {
  const std::optional<absl::string_view> text = FindText(parent, name);
  const std::optional<Eui64> id = text ? ParseEui64(*text) : std::nullopt;
  if (text && !id) {
    Fail(DeadReason::kBadField);
  }
  return id;
}

std::optional<MessageId> DuisFields::FindMessageId(pugi::xml_node parent, absl::string_view name) {
  const std::optional<absl::string_view> text = FindText(parent, name);
  const std::optional<MessageId> id = text ? ParseMessageId(*text) : std::nullopt;
  if (text && !id) {
    Fail(DeadReason::kBadField);
  }
  return id;
}

std::optional<uint64_t> DuisFields::FindUnsigned(pugi::xml_node parent, absl::string_view name,
                                                 uint64_t largest) {
  const std::optional<absl::string_view> text = FindText(parent, name);
  const std::optional<uint64_t> number = text ? ParseUnsigned(*text) : std::nullopt;
  if (text && (!number || *number > largest)) {
    Fail(DeadReason::kBadField);
  }
  return number;
}

std::optional<TimeMs> DuisFields::FindTime(pugi::xml_node parent, absl::string_view name) {
  const std::optional<absl::string_view> text = FindText(parent, name);
  const std::optional<TimeMs> time = text ? ParseTime(*text) : std::nullopt;
  if (text && !time) {
    Fail(DeadReason::kBadTime);
  }
  return time;
}

std::optional<TimeMs> DuisFields::RequireTime(pugi::xml_node parent, absl::string_view name) {
  const std::optional<TimeMs> time = FindTime(parent, name);
  if (!time) {
    Fail(DeadReason::kMissingField);
  }
  return time;
}

absl::string_view DuisFields::WithoutBlanks(absl::string_view text) {
  constexpr absl::string_view kBlanks = " \t\r\n";
  if (text.find_first_of(kBlanks) == absl::string_view::npos) {
    return text;
  }
  char* const begin = arena_.Allocate(text.size());
  char* end = begin;
  for (const char c : text) {
    *end = c;
    end += kBlanks.find(c) == absl::string_view::npos ? 1 : 0;
  }
  return {begin, static_cast<size_t>(end - begin)};
}

absl::string_view DuisFields::RequireBytes(pugi::xml_node parent, absl::string_view name) {
  return Bytes(RequireText(parent, name));
}

absl::string_view DuisFields::FindBytes(pugi::xml_node parent, absl::string_view name) {
  return Bytes(FindText(parent, name).value_or(""));
}

absl::string_view DuisFields::Bytes(absl::string_view text) {
  if (fault_) {
    return {};
  }
  const std::optional<absl::string_view> bytes = Base64ToBytes(WithoutBlanks(text), arena_);
  if (!bytes) {
    Fail(DeadReason::kBadPayload);
    return {};
  }
  return *bytes;
}

}  // namespace weir
