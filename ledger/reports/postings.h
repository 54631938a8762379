// Postings in memory, for whoever recomputes figures from a replayed log.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "fundledger/storage/v1/entities.pb.h"
#include "ledger/base/hash256.h"
#include "ledger/books/accounts.h"

#include "absl/status/statusor.h"

namespace fundledger::reports {

// The postings of records 0…`last`, summed by account and business day: memory of the days on which each
// account moved, not of the log.
class DayBalances : public books::BalanceSource {
 public:
  explicit DayBalances(Sequence last) : last_(last) {}

  // In the order of the log; those of records behind `last` are left out.
  void Add(Sequence sequence, const ::fundledger::storage::v1::Posting& posting);
  // Of exactly the record `last`; OUT_OF_RANGE, reason SEQUENCE_NOT_RECORDED, for another.
  absl::StatusOr<books::Balances> SumPostings(Sequence last, std::optional<int32_t> last_day) const override;

 private:
  const Sequence last_;
  std::map<books::Account, std::map<int32_t, books::Balance>> accounts_;
};

// Every posting with the record that made it, for those who ask which records a figure comes from.
class PostingList : public books::BalanceSource {
 public:
  using Visit = std::function<absl::Status(Sequence, const ::fundledger::storage::v1::Posting&)>;

  void Add(Sequence sequence, const ::fundledger::storage::v1::Posting& posting) {
    postings_.emplace_back(sequence, posting);
  }
  // Of records 0…`last`, in their order; an error of `visit` ends it.
  absl::Status ForEach(Sequence last, const Visit& visit) const;
  absl::StatusOr<books::Balances> SumPostings(Sequence last, std::optional<int32_t> last_day) const override;

 private:
  std::vector<std::pair<Sequence, ::fundledger::storage::v1::Posting>> postings_;
};

}  // namespace fundledger::reports
