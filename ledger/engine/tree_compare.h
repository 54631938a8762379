// Whether leaves lead to the tiles that are stored and the roots that were signed. Says only yes or no; who
// is to blame is for leaf_votes. Used by one thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ledger/base/hash256.h"
#include "ledger/engine/leaf_votes.h"
#include "ledger/store/store.h"

namespace fundledger::engine {

class TreeCompare {
 public:
  // `signed_roots` are in rising order of size; of one size there may be several.
  TreeCompare(const store::Snapshot& snapshot, std::vector<SignedRoot> signed_roots);

  void Append(const Hash256& leaf);
  // Of all leaves so far.
  bool is_same() const { return is_same_; }
  Hash256 Root() const;

 private:
  void AddNode(size_t level, const Hash256& node);

  const store::Snapshot& snapshot_;
  const std::vector<SignedRoot> signed_roots_;
  size_t next_root_ = 0;
  uint64_t size_ = 0;
  // The last complete subtree over 2^level leaves, by level. Those of the size's binary digits make the root,
  // so that no node is hashed twice, however many sizes were signed.
  std::vector<Hash256> last_;
  std::vector<std::string> tiles_;  // by tile level, the hashes of the tile that is growing
  bool is_same_ = true;
};

}  // namespace fundledger::engine
