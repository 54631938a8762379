// Every posting in memory, for whoever recomputes figures from records: about 150 bytes each.
//
//   audit::Replay replay;
//   books::Posted posted;
//   for (...) { RETURN_IF_ERROR(replay.Next(record)); posted.Add(replay.size() - 1, replay.last_effects()); }
//   reports::Source source{replay, posted, replay.size() - 1};
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <set>
#include <vector>

#include "ledger/books/accounts.h"
#include "ledger/books/books.h"

namespace fundledger::books {

// Sums may be asked for by any thread once nothing more is added.
class Posted : public BalanceSource {
 public:
  // What a record posted; records come in order.
  void Add(Sequence sequence, const Effects& effects);
  // Takes as long as there are postings.
  absl::StatusOr<Balances> SumPostings(Sequence last, std::optional<int32_t> last_day) const override;

 private:
  struct Row {
    Sequence sequence;
    int32_t day;
    const Account* account;  // in accounts_
    std::array<int64_t, kColumns> fen;
  };

  std::set<Account> accounts_;
  std::vector<Row> rows_;
};

}  // namespace fundledger::books
