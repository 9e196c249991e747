// Whether a text is one XML document of the kind that Weir reads.
//
// A parser that makes a tree takes much that is no XML. What passes this check is well-formed, so
// that no two readers can see different documents in it; and it is harmless: in UTF-8, without a
// document type declaration and so without entities of its own, and nested no deeper than
// kMaxXmlDepth. The check works through the text once, without recursion.
//
// Promises: any bytes give an answer.
// Does not promise: that prefixes are declared, that names hold only the letters XML allows beyond
// ASCII, or anything about a schema.
// Errors: kBadUtf8 (also for a declaration that says another encoding), kDoctype, kTooDeep,
// kBadXml.
//
// Source: XML 1.0, fifth edition.
//
// Layer: connectors/formats (engine/alert).
#pragma once

#include <cstddef>
#include <optional>

#include "absl/strings/string_view.h"

#include "engine/alert/event.h"

namespace weir {

// How deep elements may be nested, the outermost included.
constexpr size_t kMaxXmlDepth = 64;

// Nothing if all is well. The length is the caller's matter.
std::optional<DeadReason> CheckXml(absl::string_view text);

}  // namespace weir
