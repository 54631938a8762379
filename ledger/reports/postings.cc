#include "ledger/reports/postings.h"

#include <memory>

#include "ledger/base/status.h"

#include "absl/strings/str_cat.h"

namespace fundledger::reports {
namespace {

using Sums = std::map<books::Account, books::Balance>;

books::Balances BalancesOf(Sums sums) {
  auto storage = std::make_shared<const Sums>(std::move(sums));
  books::Balances balances;
  balances.rows.reserve(storage->size());
  for (const auto& [account, balance] : *storage) balances.rows.push_back({&account, &balance});
  balances.storage = std::move(storage);
  return balances;
}

}  // namespace

void DayBalances::Add(Sequence sequence, const ::fundledger::storage::v1::Posting& posting) {
  if (sequence <= last_) books::AddPosting(posting, &accounts_[books::AccountOf(posting)][posting.day()]);
}

absl::StatusOr<books::Balances> DayBalances::SumPostings(Sequence last,
                                                         std::optional<int32_t> last_day) const {
  if (last != last_) {
    return Refuse(absl::StatusCode::kOutOfRange, "SEQUENCE_NOT_RECORDED",
                  absl::StrCat("balances were kept as of record ", last_, ", not as of ", last));
  }
  Sums sums;
  for (const auto& [account, days] : accounts_) {
    for (const auto& [day, moved] : days) {
      if (last_day.has_value() && day > *last_day) break;
      books::Balance& balance = sums[account];
      for (size_t i = 0; i < books::kColumns; ++i) balance[i] += moved[i];
    }
  }
  return BalancesOf(std::move(sums));
}

absl::Status PostingList::ForEach(Sequence last, const Visit& visit) const {
  for (const auto& [sequence, posting] : postings_) {
    if (sequence > last) break;
    RETURN_IF_ERROR(visit(sequence, posting));
  }
  return absl::OkStatus();
}

absl::StatusOr<books::Balances> PostingList::SumPostings(Sequence last,
                                                         std::optional<int32_t> last_day) const {
  Sums sums;
  RETURN_IF_ERROR(ForEach(last, [&](Sequence, const ::fundledger::storage::v1::Posting& posting) {
    if (!last_day.has_value() || posting.day() <= *last_day)
      books::AddPosting(posting, &sums[books::AccountOf(posting)]);
    return absl::OkStatus();
  }));
  return BalancesOf(std::move(sums));
}

}  // namespace fundledger::reports
