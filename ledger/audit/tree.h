// The RFC 6962 tree of a log in memory, 64 bytes a leaf: for whoever asks for the roots of many earlier
// sizes.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "ledger/base/hash256.h"

namespace fundledger::audit {

class Tree {
 public:
  void Append(const Hash256& leaf);
  uint64_t size() const { return levels_.empty() ? 0 : levels_[0].size(); }
  // Over the first `size` leaves; `size` is at most size().
  Hash256 RootAt(uint64_t size) const;

 private:
  // By level, the hashes of the complete subtrees over 2^level leaves.
  std::vector<std::deque<Hash256>> levels_;
};

}  // namespace fundledger::audit
