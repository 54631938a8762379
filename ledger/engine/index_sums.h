// Whether the tables beside the records hold what the records give, and nothing else: yes or no, quickly, by
// comparing salted sums of all entries instead of looking up each (ledger/crypto/keyed_sum.h). Where the
// answer is no, IndexCheck says what is wrong. Used by one thread.
//
// A table is compared here by its name in kSummedTables and by what is added for it: in AddRecord, if a
// record writes under keys of its own, or at the end, as entities are.
#pragma once

#include <string>
#include <string_view>

#include "ledger/audit/audit.h"
#include "ledger/crypto/keyed_sum.h"
#include "ledger/store/store.h"

namespace fundledger::engine {

class IndexSums {
 public:
  explicit IndexSums(const store::Snapshot& snapshot);

  // What `replay`'s last record wrote under keys of its own: postings, trail, request id.
  void AddRecord(const audit::Replay& replay);
  // Whether the tables hold what was added and `replay`'s entities, which it takes from it and gives back to
  // the system. `threads` work, the caller's included.
  // False too if a table cannot be read, or was written by a serializer that orders fields another way.
  bool HoldsAll(audit::Replay* replay, size_t threads) const;

 private:
  crypto::Hash128 HashOf(store::Table table, std::string_view key, std::string_view value,
                         std::string* scratch) const;

  const store::Snapshot& snapshot_;
  const crypto::Key128 salt_ = crypto::Key128::Random();
  crypto::KeyedSum expected_;
  std::string scratch_;
};

}  // namespace fundledger::engine
