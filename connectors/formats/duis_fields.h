// The elements of a DUIS document, by the names and the namespace that the schema gives them.
//
// A reader keeps the first fault; after it, everything gives nothing, so that a decoder checks
// once, before it uses what it read.
//
// Threads: one owner.
//
// Layer: connectors/formats (engine/alert, engine/base).
#pragma once

#include <pugixml.hpp>

#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"

#include "connectors/formats/arena.h"
#include "connectors/formats/message_id.h"
#include "engine/alert/event.h"
#include "engine/base/units.h"

namespace weir {

// The name of an element without its prefix.
absl::string_view LocalName(pugi::xml_node element);

// Whether an element is of the DUIS namespace.
bool IsDuisElement(pugi::xml_node element);

// Null nodes are taken everywhere and hold nothing. Texts come without the blanks around them.
class DuisFields {
 public:
  // What is put together of several pieces lies in the arena.
  explicit DuisFields(Arena& arena) : arena_(arena) {}

  std::optional<DeadReason> fault() const { return fault_; }

  void Fail(DeadReason reason) {
    if (!fault_) {
      fault_ = reason;
    }
  }

  // The child of that name; null if there is none. kBadField if there are several, if it is of
  // another namespace, since then the document is something else, or if there is text between the
  // children.
  pugi::xml_node Find(pugi::xml_node parent, absl::string_view name);

  // kMissingField if there is none.
  pugi::xml_node Require(pugi::xml_node parent, absl::string_view name);

  // The one child of an element that is a choice; kBadField if there are several, kUnknownType if
  // it is of another namespace, kMissingField if there is none.
  pugi::xml_node RequireOnly(pugi::xml_node parent);

  // The text of an element; nothing for a null node. kBadField if there are elements in it.
  std::optional<absl::string_view> Text(pugi::xml_node element);

  // The text of a child; nothing if there is no such child.
  std::optional<absl::string_view> FindText(pugi::xml_node parent, absl::string_view name);

  // kMissingField if there is no such child or no text in it.
  absl::string_view RequireText(pugi::xml_node parent, absl::string_view name);

  // These read a child if it is there, and give kBadField if it is not what they read.

  std::optional<Eui64> FindEui64(pugi::xml_node parent, absl::string_view name);
  std::optional<MessageId> FindMessageId(pugi::xml_node parent, absl::string_view name);
  std::optional<uint64_t> FindUnsigned(pugi::xml_node parent, absl::string_view name,
                                       uint64_t largest);

  // kMissingField if it is not there, kBadTime if it is none.
  std::optional<TimeMs> RequireTime(pugi::xml_node parent, absl::string_view name);
  std::optional<TimeMs> FindTime(pugi::xml_node parent, absl::string_view name);

  // The bytes of a child in base64; blanks in it are skipped. kMissingField if it is not there or
  // is empty, kBadPayload if it is no base64.
  absl::string_view RequireBytes(pugi::xml_node parent, absl::string_view name);

  // The same; empty if the child is not there or is empty.
  absl::string_view FindBytes(pugi::xml_node parent, absl::string_view name);

 private:
  absl::string_view Bytes(absl::string_view text);
  absl::string_view WithoutBlanks(absl::string_view text);

  Arena& arena_;
  std::optional<DeadReason> fault_;
};

}  // namespace weir
