// Balances that know their past, so that a back-dated movement is refused where it would have taken the
// account below zero on its own day or on any day after it.
#pragma once

#include <cstdint>
#include <string>

#include "fundledger/storage/v1/entities.pb.h"

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"

namespace fundledger::books {

// No single amount is larger: 10^15 fen, ten trillion yuan. Thousands of them still fit an int64.
inline constexpr int64_t kMaxAmountFen = 1'000'000'000'000'000;

// Balance after everything.
int64_t Total(const ::fundledger::storage::v1::DatedBalance& balance);

// Least balance at the end of `day` or of any day after it.
int64_t LeastFrom(const ::fundledger::storage::v1::DatedBalance& balance, int32_t day);

// Whether `delta_fen` can be added on `day`. FAILED_PRECONDITION, reason ACCOUNT_BELOW_ZERO, naming what
// `account` gives, what was asked and what is there; OUT_OF_RANGE, reason AMOUNT_OUT_OF_RANGE, on overflow.
absl::Status CheckMove(absl::FunctionRef<std::string()> account, int32_t day, int64_t delta_fen,
                       const ::fundledger::storage::v1::DatedBalance& balance);

// Adds what CheckMove took.
void AddOn(int32_t day, int64_t delta_fen, ::fundledger::storage::v1::DatedBalance* balance);

// Both: on error, as of CheckMove, the balance is as it was.
absl::Status Move(absl::FunctionRef<std::string()> account, int32_t day, int64_t delta_fen,
                  ::fundledger::storage::v1::DatedBalance* balance);

}  // namespace fundledger::books
