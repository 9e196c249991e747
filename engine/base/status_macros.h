// Early return for absl::Status and absl::StatusOr, which abseil 20220623 does not offer.
//
// Layer: engine/base.
#pragma once

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#define WEIR_CONCAT_INNER(a, b) a##b
#define WEIR_CONCAT(a, b) WEIR_CONCAT_INNER(a, b)

// Returns the status of `expression` from the enclosing function unless it is OK.
#define WEIR_RETURN_IF_ERROR(expression)                              \
  do {                                                                \
    if (absl::Status weir_status = (expression); !weir_status.ok()) { \
      return weir_status;                                             \
    }                                                                 \
  } while (false)

// Binds `target` to the value of `expression`, or returns its status.
#define WEIR_ASSIGN_OR_RETURN(target, expression) \
  WEIR_ASSIGN_OR_RETURN_INNER(WEIR_CONCAT(weir_status_or_, __LINE__), target, expression)

// NOLINTBEGIN(bugprone-macro-parentheses): no declaration can stand in parentheses
#define WEIR_ASSIGN_OR_RETURN_INNER(holder, target, expression) \
  auto holder = (expression);                                   \
  if (!holder.ok()) {                                           \
    return holder.status();                                     \
  }                                                             \
  target = std::move(holder).value()
// NOLINTEND(bugprone-macro-parentheses)
