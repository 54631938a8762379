// The chain: what each record's header says of the record before it. Pure.
#pragma once

#include <cstdint>
#include <optional>

#include "ledger/base/hash256.h"
#include "ledger/log/record.h"

#include "absl/status/status.h"

namespace fundledger::audit {

class Chain {
 public:
  Chain() = default;
  // Behind `size` records, the last of which is given; `sm3` in ledgers that link by it.
  Chain(uint64_t size, int64_t recorded_at_us, const Hash256& leaf, const std::optional<Hash256>& sm3)
      : size_(size),
        last_recorded_at_us_(recorded_at_us),
        last_leaf_(leaf),
        last_sm3_(sm3.value_or(Hash256())),
        has_sm3_links_(sm3.has_value()) {}

  // That the record stands at its place, was applied by an edition of the rules that this program knows,
  // follows the last leaf, and is not older than the record before. DATA_LOSS, reasons SEQUENCE_WRONG,
  // SEMANTICS_UNKNOWN, LINK_BROKEN, TIME_WENT_BACK.
  absl::Status CheckHeader(const log::RecordHeader& header) const;
  // That it has the SM3 link that its ledger's suite wants. `is_sm_genesis`: whether it is a genesis of the
  // suite SM; of record 0 only. DATA_LOSS, reason SM3_LINK_BROKEN.
  absl::Status CheckSm3(const log::RecordHeader& header, bool is_sm_genesis) const;
  // Moves behind a record that was checked; `sm3` counts in ledgers that link by it.
  void Append(const log::RecordHeader& header, const Hash256& leaf, const Hash256& sm3);

  uint64_t size() const { return size_; }
  const Hash256& last_leaf() const { return last_leaf_; }

 private:
  uint64_t size_ = 0;
  int64_t last_recorded_at_us_ = 0;
  Hash256 last_leaf_;
  Hash256 last_sm3_;
  bool has_sm3_links_ = false;
};

}  // namespace fundledger::audit
