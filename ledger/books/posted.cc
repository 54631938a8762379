#include "ledger/books/posted.h"

#include <map>
#include <memory>

namespace fundledger::books {

void Posted::Add(Sequence sequence, const Effects& effects) {
  for (const auto& posting : effects.postings) {
    Balance wide{};
    AddPosting(posting, &wide);
    Row row{sequence, posting.day(), &*accounts_.insert(AccountOf(posting)).first, {}};
    for (size_t column = 0; column < kColumns; ++column) row.fen[column] = static_cast<int64_t>(wide[column]);
    rows_.push_back(row);
  }
}

absl::StatusOr<Balances> Posted::SumPostings(Sequence last, std::optional<int32_t> last_day) const {
  struct Less {
    bool operator()(const Account* a, const Account* b) const { return *a < *b; }
  };
  const auto sums = std::make_shared<std::map<const Account*, Balance, Less>>();
  for (const Row& row : rows_) {
    if (row.sequence > last) break;
    if (last_day.has_value() && row.day > *last_day) continue;
    Balance& sum = (*sums)[row.account];
    for (size_t column = 0; column < kColumns; ++column) sum[column] += row.fen[column];
  }
  Balances balances;
  for (const auto& [account, balance] : *sums) balances.rows.push_back({account, &balance});
  balances.storage = sums;
  return balances;
}

}  // namespace fundledger::books
