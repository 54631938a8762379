#include "ledger/log/tile.h"

#include <cstdio>
#include <cstdlib>

#include "ledger/base/status.h"

#include "absl/strings/str_cat.h"

namespace fundledger::log {
namespace {

constexpr size_t kHashBytes = 32;
constexpr size_t kTileBytes = kTileWidth * kHashBytes;

Hash256 HashAt(std::string_view hashes, uint64_t i) {
  return *Hash256::FromBytes(hashes.substr(i * kHashBytes, kHashBytes));
}

// Root over 2^n hashes.
Hash256 Fold(std::string_view hashes) {
  std::vector<Hash256> row;
  for (uint64_t i = 0; i < hashes.size() / kHashBytes; ++i) row.push_back(HashAt(hashes, i));
  for (; row.size() > 1; row.resize(row.size() / 2)) {
    for (size_t i = 0; i < row.size() / 2; ++i) row[i] = NodeHash(row[2 * i], row[2 * i + 1]);
  }
  return row[0];
}

absl::StatusOr<std::string> ReadFull(const TileReader& tiles, int level, uint64_t index) {
  ASSIGN_OR_RETURN(std::string hashes, tiles(level, index));
  if (hashes.size() != kTileBytes) {
    return Refuse(absl::StatusCode::kDataLoss, "TILE_MALFORMED",
                  absl::StrCat("tile ", index, " of level ", level, " has ", hashes.size(), " bytes, not ",
                               kTileBytes));
  }
  return hashes;
}

absl::Status NoSuchNode(int level, uint64_t index, uint64_t size) {
  return Refuse(absl::StatusCode::kOutOfRange, "PROOF_OUT_OF_RANGE",
                absl::StrCat("a tree of size ", size, " has no node ", index, " at level ", level));
}

}  // namespace

absl::StatusOr<TreeEdge> TreeEdge::Load(uint64_t size, const TileReader& tiles, const LeafReader& leaves) {
  TreeEdge edge;
  edge.size_ = size;
  uint64_t count = size;  // hashes of the whole tree at this tile level
  for (int level = 0; count > 0; ++level, count /= kTileWidth) {
    Rows& rows = edge.partial_.emplace_back();
    for (uint64_t i = count - count % kTileWidth; i < count; ++i) {
      if (level == 0) {
        ASSIGN_OR_RETURN(const Hash256 leaf, leaves(i));
        Add(leaf, &rows);
      } else {
        ASSIGN_OR_RETURN(const std::string below, ReadFull(tiles, level - 1, i));
        Add(Fold(below), &rows);
      }
    }
  }
  return edge;
}

// A row gets a node whenever the row below has got its second child.
void TreeEdge::Add(const Hash256& hash, Rows* rows) {
  (*rows)[0].append(hash.view());
  for (size_t k = 1; k < rows->size(); ++k) {
    const std::string& children = (*rows)[k - 1];
    if (children.size() % (2 * kHashBytes) != 0) return;
    const uint64_t last = children.size() / kHashBytes - 1;
    (*rows)[k].append(NodeHash(HashAt(children, last - 1), HashAt(children, last)).view());
  }
}

void TreeEdge::Append(const Hash256& leaf, std::vector<Tile>* full) {
  ++size_;
  Hash256 hash = leaf;
  for (size_t level = 0;; ++level) {
    if (level == partial_.size()) partial_.emplace_back();
    Rows& rows = partial_[level];
    Add(hash, &rows);
    if (rows[0].size() < kTileBytes) return;
    hash = NodeHash(HashAt(rows.back(), 0), HashAt(rows.back(), 1));
    const uint64_t tiles_of_level = size_ >> (kLevelsPerTile * (level + 1));
    full->push_back({static_cast<int>(level), tiles_of_level - 1, std::move(rows[0])});
    for (std::string& row : rows) row.clear();
  }
}

std::string_view TreeEdge::Partial(int level) const {
  if (level < 0 || static_cast<size_t>(level) >= partial_.size()) return {};
  return partial_[static_cast<size_t>(level)][0];
}

std::optional<Hash256> TreeEdge::Node(int level, uint64_t index) const {
  if (level < 0 || level > 63 || index >= size_ >> level) return std::nullopt;
  const int tile_level = level / kLevelsPerTile;
  const int row = level % kLevelsPerTile;
  const uint64_t nodes_per_tile = kTileWidth >> row;
  const uint64_t partial_tile = (size_ >> (tile_level * kLevelsPerTile)) / kTileWidth;
  if (index / nodes_per_tile != partial_tile) return std::nullopt;
  return HashAt(partial_[static_cast<size_t>(tile_level)][static_cast<size_t>(row)], index % nodes_per_tile);
}

Hash256 TreeEdge::Root() const {
  // The complete subtrees a root is made of end where the tree does, so they lie in partial tiles.
  const TileReader none = [](int, uint64_t) -> absl::StatusOr<std::string> { return std::string(); };
  const auto root = TreeRoot(size_, NodesOf(*this, none));
  if (!root.ok()) {
    (void)std::fprintf(stderr, "invariant broken: the edge of a tree holds what its root needs\n");
    std::abort();
  }
  return *root;
}

NodeReader NodesOf(const TreeEdge& edge, TileReader tiles) {
  return [&edge, tiles = std::move(tiles)](int level, uint64_t index) -> absl::StatusOr<Hash256> {
    if (level < 0 || level > 63 || index >= edge.size() >> level)
      return NoSuchNode(level, index, edge.size());
    if (const std::optional<Hash256> node = edge.Node(level, index)) return *node;
    const int tile_level = level / kLevelsPerTile;
    const int levels_above = level % kLevelsPerTile;
    const uint64_t first = index << levels_above;  // the node's first hash, among those of the tile level
    const uint64_t tile_index = first / kTileWidth;
    const size_t offset = first % kTileWidth * kHashBytes;
    const size_t length = (size_t{1} << levels_above) * kHashBytes;
    ASSIGN_OR_RETURN(const std::string hashes, ReadFull(tiles, tile_level, tile_index));
    return Fold(std::string_view(hashes).substr(offset, length));
  };
}

}  // namespace fundledger::log
