#include "ledger/engine/tree_compare.h"

#include <bit>
#include <optional>

#include "ledger/engine/layout.h"
#include "ledger/log/merkle.h"
#include "ledger/log/tile.h"

namespace fundledger::engine {
namespace {

constexpr size_t kTileBytes = log::kTileWidth * 32;

}  // namespace

TreeCompare::TreeCompare(const store::Snapshot& snapshot, std::vector<SignedRoot> signed_roots)
    : snapshot_(snapshot), signed_roots_(std::move(signed_roots)) {
  while (next_root_ < signed_roots_.size() && signed_roots_[next_root_].size == 0) ++next_root_;
}

// Every eighth level of the tree is one of tiles.
void TreeCompare::AddNode(size_t level, const Hash256& node) {
  if (level == last_.size()) last_.emplace_back();
  last_[level] = node;
  if (level % log::kLevelsPerTile != 0) return;
  const size_t tile_level = level / log::kLevelsPerTile;
  if (tile_level == tiles_.size()) tiles_.emplace_back();
  std::string& tile = tiles_[tile_level];
  tile.append(node.view());
  if (tile.size() < kTileBytes) return;
  const uint64_t index = (size_ >> (level + log::kLevelsPerTile)) - 1;
  const auto stored = snapshot_.Get(store::Table::kTiles, TileKey(static_cast<int>(tile_level), index));
  is_same_ = is_same_ && stored.ok() && stored->has_value() && **stored == tile;
  tile.clear();
}

void TreeCompare::Append(const Hash256& leaf) {
  ++size_;
  Hash256 node = leaf;
  for (size_t level = 0;; ++level) {
    const bool is_right = (size_ >> level) % 2 == 0;
    const Hash256 left = is_right ? last_[level] : Hash256();
    AddNode(level, node);
    if (!is_right) break;
    node = log::NodeHash(left, node);
  }
  for (; next_root_ < signed_roots_.size() && signed_roots_[next_root_].size == size_; ++next_root_) {
    is_same_ = is_same_ && signed_roots_[next_root_].root == Root();
  }
}

// RFC 6962 §2.1: the complete subtrees of the size's binary digits, joined from the smallest, at the right,
// on.
Hash256 TreeCompare::Root() const {
  std::optional<Hash256> root;
  for (uint64_t left = size_; left > 0; left &= left - 1) {
    const Hash256& node = last_[static_cast<size_t>(std::countr_zero(left))];
    root = root.has_value() ? log::NodeHash(node, *root) : node;
  }
  return root.value_or(log::EmptyRoot());
}

}  // namespace fundledger::engine
