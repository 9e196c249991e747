// Service reference variants (SRVs): what a service request is called, such as 8.14.3.
//
// Layer: connectors/config (engine/base).
#pragma once

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

#include "connectors/config/yaml_reader.h"

namespace weir {

constexpr absl::string_view kExpectedSrv =
    "an SRV in quotes: one to four numbers with dots between them, such as \"8.14.3\"";

// One to four numbers of at most three digits, without zeros before them, with dots between them.
bool IsSrv(absl::string_view text);

// Whether any version of DUIS has it.
bool IsKnownSrv(absl::string_view srv);

// What is to be said of an SRV that no version of DUIS has. `shown` is how the file writes it.
std::string UnknownSrvRemark(absl::string_view shown);

// Whether the text would be a number to other readers of YAML, which take 7.10 for 7.1: it must
// stand in quotes. `quoted` says whether it does.
bool MustBeQuoted(absl::string_view text, bool quoted);

// The SRV that a value is; nothing, and a problem, if it is none.
std::optional<std::string> ReadSrv(const YamlNode& node, YamlProblems& problems);

}  // namespace weir
