// Errors with a stable reason code. A reason, once released, keeps its meaning: programs branch on it, people
// read the message. docs/errors.md lists them.
//
//   return Refuse(absl::StatusCode::kFailedPrecondition, "ACCOUNT_BELOW_ZERO",
//                 absl::StrCat("line ", line, ": asked for ", a, ", there is ", b));
//
// Which code: INVALID_ARGUMENT – wrong whatever the state; FAILED_PRECONDITION – refused by a rule on this
// state; NOT_FOUND – names something that is not there; ALREADY_EXISTS – names something that is;
// PERMISSION_DENIED – not this officer; UNAUTHENTICATED – signature or key; DATA_LOSS – stored bytes are not
// what they were.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace fundledger {

// A status that carries `reason`, an UPPER_SNAKE_CASE code.
absl::Status Refuse(absl::StatusCode code, std::string_view reason, std::string_view message);

// The reason carried by `status`; a name for its code if it carries none; empty if OK.
std::string ReasonOf(const absl::Status& status);

// `status` with `prefix` and ": " before its message; code and reason stay.
absl::Status Annotate(const absl::Status& status, std::string_view prefix);

// absl::string_view of Debian's abseil is a type of its own; this is the one place that converts.
inline absl::string_view ToAbsl(std::string_view text) {
  return {text.data(), text.size()};
}
inline std::string_view ToStd(absl::string_view text) {
  return {text.data(), text.size()};
}

}  // namespace fundledger

#define FL_CONCAT_INNER(a, b) a##b
#define FL_CONCAT(a, b) FL_CONCAT_INNER(a, b)

// Returns from the function with the status of `expr` unless it is OK.
#define RETURN_IF_ERROR(expr)                                                    \
  do {                                                                           \
    if (::absl::Status fl_status_ = (expr); !fl_status_.ok()) return fl_status_; \
  } while (false)

// Declares or assigns `lhs` from a StatusOr, or returns its status.
#define ASSIGN_OR_RETURN(lhs, expr) ASSIGN_OR_RETURN_IMPL(FL_CONCAT(fl_or_, __LINE__), lhs, expr)
#define ASSIGN_OR_RETURN_IMPL(tmp, lhs, expr) \
  auto tmp = (expr);                          \
  if (!tmp.ok()) return tmp.status();         \
  lhs = *std::move(tmp)
