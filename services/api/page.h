// Pages of lists that come straight from a view. A token carries the size of the first page's view, so that
// all pages are of one state, and a fingerprint of the question, so that it is not taken for an answer to
// another.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace fundledger::api {

// 0 becomes `fallback`. INVALID_ARGUMENT, reason PAGE_SIZE_INVALID, below zero or above `maximum`.
absl::StatusOr<size_t> PageSize(int32_t asked, int32_t fallback, int32_t maximum);

struct PageToken {
  uint64_t size = 0;     // records in the state listed
  std::string position;  // where the next page begins
};

// Opaque text. `question` is everything but page size and token that the answer depends on.
std::string EncodePageToken(const PageToken& token, std::string_view question);
// INVALID_ARGUMENT, reason PAGE_TOKEN_INVALID: not made by EncodePageToken for this question, or for a state
// that is not in a view of `view_size` records.
absl::StatusOr<PageToken> DecodePageToken(std::string_view text, std::string_view question,
                                          uint64_t view_size);

}  // namespace fundledger::api
