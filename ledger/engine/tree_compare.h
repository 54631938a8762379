// Whether leaves lead to the tiles that are stored and the roots that were signed. Says only yes or no; who
// is to blame is for leaf_votes. Used by one thread.
#pragma once

#include <vector>

#include "ledger/base/hash256.h"
#include "ledger/engine/leaf_votes.h"
#include "ledger/log/tile.h"
#include "ledger/store/store.h"

namespace fundledger::engine {

class TreeCompare {
 public:
  // `signed_roots` are in rising order of size; of one size there may be several.
  TreeCompare(const store::Snapshot& snapshot, std::vector<SignedRoot> signed_roots);

  void Append(const Hash256& leaf);
  // Of all leaves so far.
  bool is_same() const { return is_same_; }
  Hash256 Root() const { return edge_.Root(); }

 private:
  const store::Snapshot& snapshot_;
  const std::vector<SignedRoot> signed_roots_;
  size_t next_root_ = 0;
  log::TreeEdge edge_;
  std::vector<log::Tile> full_;  // of the last leaf
  bool is_same_ = true;
};

}  // namespace fundledger::engine
