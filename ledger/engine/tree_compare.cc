#include "ledger/engine/tree_compare.h"

#include "ledger/engine/layout.h"

namespace fundledger::engine {

TreeCompare::TreeCompare(const store::Snapshot& snapshot, std::vector<SignedRoot> signed_roots)
    : snapshot_(snapshot), signed_roots_(std::move(signed_roots)) {
  while (next_root_ < signed_roots_.size() && signed_roots_[next_root_].size == 0) ++next_root_;
}

void TreeCompare::Append(const Hash256& leaf) {
  full_.clear();
  edge_.Append(leaf, &full_);
  for (const log::Tile& tile : full_) {
    const auto stored = snapshot_.Get(store::Table::kTiles, TileKey(tile.level, tile.index));
    is_same_ = is_same_ && stored.ok() && stored->has_value() && **stored == tile.hashes;
  }
  for (; next_root_ < signed_roots_.size() && signed_roots_[next_root_].size == edge_.size(); ++next_root_) {
    is_same_ = is_same_ && signed_roots_[next_root_].root == edge_.Root();
  }
}

}  // namespace fundledger::engine
