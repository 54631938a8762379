// C2SP tlog-tiles: a full tile is 256 hashes; the ragged edge stays in memory.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ledger/base/hash256.h"
#include "ledger/log/merkle.h"

#include "absl/status/statusor.h"

namespace fundledger::log {

inline constexpr uint64_t kTileWidth = 256;
// Levels of the tree that a tile spans: its hashes are 2^8.
inline constexpr int kLevelsPerTile = 8;
static_assert(kTileWidth == uint64_t{1} << kLevelsPerTile);

struct Tile {
  int level = 0;       // tile level L: its hashes are nodes of tree level 8·L
  uint64_t index = 0;  // N
  std::string hashes;  // 32 bytes each; 8192 bytes when full
};

// Bytes of a full tile (8192), by tile level and index.
using TileReader = std::function<absl::StatusOr<std::string>(int level, uint64_t index)>;
// Leaf hash of the record at a sequence.
using LeafReader = std::function<absl::StatusOr<Hash256>(uint64_t sequence)>;

// The growing edge of a tree: the partial tile of each level, and the nodes inside it, so that an append, a
// root and the proof of a late leaf hash each node once. Copies share nothing; cheap (a few tiles).
class TreeEdge {
 public:
  TreeEdge() = default;
  // The edge of a tree of `size` leaves, from its full tiles and the leaves after the last full tile.
  static absl::StatusOr<TreeEdge> Load(uint64_t size, const TileReader& tiles, const LeafReader& leaves);

  // Appends a leaf; tiles that became full are added to `full`, lowest level first.
  void Append(const Hash256& leaf, std::vector<Tile>* full);
  uint64_t size() const { return size_; }
  Hash256 Root() const;
  // Hashes of the partial tile of a level, 32 bytes each; empty if there is none.
  std::string_view Partial(int level) const;
  // The complete subtree over the 2^level leaves from index·2^level on, if it lies in a partial tile.
  std::optional<Hash256> Node(int level, uint64_t index) const;

 private:
  // A partial tile. Row k holds its complete subtrees over 2^k of its hashes, 32 bytes each.
  using Rows = std::array<std::string, kLevelsPerTile>;
  static void Add(const Hash256& hash, Rows* rows);

  uint64_t size_ = 0;
  std::vector<Rows> partial_;  // by tile level
};

// Nodes of the tree whose edge is `edge`; full tiles come from `tiles`. `edge` must outlive the reader.
NodeReader NodesOf(const TreeEdge& edge, TileReader tiles);

}  // namespace fundledger::log
