#include "ledger/engine/receipt.h"

#include <cassert>
#include <optional>

#include "ledger/base/status.h"
#include "ledger/log/merkle.h"
#include "ledger/log/record.h"

namespace fundledger::engine {

absl::StatusOr<Hash256> ReceiptMaker::TileHash(int tile_level, uint64_t index) {
  const std::pair<int, uint64_t> name(tile_level, index / log::kTileWidth);
  auto it = tiles_.find(name);
  if (it == tiles_.end()) {
    ASSIGN_OR_RETURN(std::string hashes, view_.TileHashes(name.first, name.second));
    it = tiles_.emplace(name, std::move(hashes)).first;
  }
  const auto hash = Hash256::FromBytes(std::string_view(it->second).substr(index % log::kTileWidth * 32, 32));
  if (hash.has_value()) return *hash;
  return Refuse(absl::StatusCode::kDataLoss, "TILE_DAMAGED", "a tile is shorter than the tree it belongs to");
}

absl::StatusOr<Hash256> ReceiptMaker::Node(int level, uint64_t index) {
  if (const std::optional<Hash256> node = view_.edge().Node(level, index)) return *node;
  if (level % log::kLevelsPerTile == 0) return TileHash(level / log::kLevelsPerTile, index);
  const std::pair<int, uint64_t> name(level, index);
  if (const auto it = nodes_.find(name); it != nodes_.end()) return it->second;
  ASSIGN_OR_RETURN(const Hash256 left, Node(level - 1, 2 * index));
  ASSIGN_OR_RETURN(const Hash256 right, Node(level - 1, 2 * index + 1));
  return nodes_.emplace(name, log::NodeHash(left, right)).first->second;
}

absl::StatusOr<v1::Receipt> ReceiptMaker::Make(Sequence sequence, std::string_view record,
                                               bool repeated_request) {
  ASSIGN_OR_RETURN(const log::Record decoded, log::DecodeRecord(record));
  ASSIGN_OR_RETURN(const std::vector<Hash256> proof,
                   log::ProveInclusion(sequence, view_.size(),
                                       [this](int level, uint64_t index) { return Node(level, index); }));
  // The client verifies it, and believes nothing before; this finds our own mistakes, in builds with
  // assertions.
  assert(log::VerifyInclusion(sequence, view_.size(), log::LeafHash(record), proof, view_.checkpoint().root)
             .ok());
  v1::Receipt receipt;
  receipt.set_header(std::string(decoded.header_bytes));
  receipt.set_tree_size(view_.size());
  for (const Hash256& hash : proof) receipt.add_inclusion(hash.str());
  receipt.set_checkpoint(view_.signed_checkpoint());
  if (repeated_request) {
    receipt.set_repeated_request(true);
    receipt.set_envelope(std::string(decoded.envelope));
  }
  return receipt;
}

}  // namespace fundledger::engine
