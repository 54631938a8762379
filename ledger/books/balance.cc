#include "ledger/books/balance.h"

#include <algorithm>
#include <string>

#include "ledger/base/date.h"
#include "ledger/base/fen.h"
#include "ledger/base/status.h"

#include "absl/strings/str_cat.h"

namespace fundledger::books {

using ::fundledger::storage::v1::DatedBalance;

int64_t Total(const DatedBalance& balance) {
  int64_t total = 0;
  for (int64_t delta : balance.deltas_fen()) total += delta;
  return total;
}

int64_t LeastFrom(const DatedBalance& balance, int32_t day) {
  int64_t running = 0;
  int i = 0;
  for (; i < balance.days_size() && balance.days(i) <= day; ++i) running += balance.deltas_fen(i);
  int64_t least = running;
  for (; i < balance.days_size(); ++i) {
    running += balance.deltas_fen(i);
    least = std::min(least, running);
  }
  return least;
}

namespace {

// Greatest balance at the end of `day` or of any day after it.
int64_t GreatestFrom(const DatedBalance& balance, int32_t day) {
  int64_t running = 0;
  int i = 0;
  for (; i < balance.days_size() && balance.days(i) <= day; ++i) running += balance.deltas_fen(i);
  int64_t greatest = running;
  for (; i < balance.days_size(); ++i) {
    running += balance.deltas_fen(i);
    greatest = std::max(greatest, running);
  }
  return greatest;
}

}  // namespace

absl::Status CheckMove(absl::FunctionRef<std::string()> account, int32_t day, int64_t delta_fen,
                       const DatedBalance& balance) {
  // Every day must fit, not only the last: what came in early may have gone again since.
  int64_t sum = 0;
  if (delta_fen > 0 && !AddFen(GreatestFrom(balance, day), delta_fen, &sum)) {
    return Refuse(absl::StatusCode::kOutOfRange, "AMOUNT_OUT_OF_RANGE",
                  absl::StrCat(account(), ": the balance would not fit"));
  }
  if (delta_fen < 0) {
    const int64_t least = LeastFrom(balance, day);
    if (least + delta_fen < 0) {
      return Refuse(absl::StatusCode::kFailedPrecondition, "ACCOUNT_BELOW_ZERO",
                    absl::StrCat(account(), ": asked for ", FormatYuan(-delta_fen), " yuan from ",
                                 Date(day).ToString(), " on, there is ", FormatYuan(least)));
    }
  }
  return absl::OkStatus();
}

void AddOn(int32_t day, int64_t delta_fen, DatedBalance* balance) {
  auto* days = balance->mutable_days();
  auto* deltas = balance->mutable_deltas_fen();
  const auto at = std::lower_bound(days->begin(), days->end(), day);
  const int index = static_cast<int>(at - days->begin());
  if (at != days->end() && *at == day) {
    deltas->Set(index, deltas->Get(index) + delta_fen);
    return;
  }
  days->Add(day);
  deltas->Add(delta_fen);
  std::rotate(days->begin() + index, days->end() - 1, days->end());
  std::rotate(deltas->begin() + index, deltas->end() - 1, deltas->end());
}

absl::Status Move(absl::FunctionRef<std::string()> account, int32_t day, int64_t delta_fen,
                  DatedBalance* balance) {
  RETURN_IF_ERROR(CheckMove(account, day, delta_fen, *balance));
  AddOn(day, delta_fen, balance);
  return absl::OkStatus();
}

}  // namespace fundledger::books
