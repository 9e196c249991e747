// Where reference data that is no part of the repository lies: below WEIR_SHARED, or in a folder
// `shared` beside the checkout. Tests that need it are skipped, visibly, where it is missing.
//
// Layer: tests/support.
#pragma once

#include <cstdlib>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace weir {

inline std::string SharedData(absl::string_view path) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing here changes the environment
  const char* const shared = std::getenv("WEIR_SHARED");
  return absl::StrCat(shared != nullptr ? shared : WEIR_SOURCE_DIR "/../shared", "/", path);
}

}  // namespace weir
