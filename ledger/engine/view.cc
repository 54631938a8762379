#include "ledger/engine/view.h"

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "ledger/base/utf8.h"
#include "ledger/engine/layout.h"
#include "ledger/log/merkle.h"
#include "ledger/log/record.h"

#include "absl/strings/str_cat.h"

namespace fundledger::engine {
namespace {

using store::Table;

absl::Status Damaged(std::string_view reason, std::string_view message) {
  return Refuse(
      absl::StatusCode::kDataLoss, reason,
      absl::StrCat(ToAbsl(message), ": verify the ledger and restore it from a backup or a mirror"));
}

// The first sequence in 0…size whose record is not before `time_us`. Times never go back, so halving finds
// it.
absl::StatusOr<Sequence> FirstNotBefore(const View& view, int64_t time_us) {
  Sequence begin = 0;
  Sequence end = view.size();
  while (begin < end) {
    const Sequence middle = begin + (end - begin) / 2;
    ASSIGN_OR_RETURN(const std::string bytes, view.Record(middle));
    ASSIGN_OR_RETURN(const log::Record record, log::DecodeRecord(bytes));
    if (record.header.recorded_at_us < time_us) {
      begin = middle + 1;
    } else {
      end = middle;
    }
  }
  return begin;
}

// The tree's nodes, for one proof: it takes up to eight from a tile, and each tile is read once for them.
log::NodeReader NodesForProof(const View& view) {
  auto read = std::make_shared<std::map<std::pair<int, uint64_t>, std::string>>();
  return log::NodesOf(view.edge(), [&view, read](int level, uint64_t index) -> absl::StatusOr<std::string> {
    const auto it = read->find({level, index});
    if (it != read->end()) return it->second;
    ASSIGN_OR_RETURN(std::string hashes, view.TileHashes(level, index));
    return read->insert({{level, index}, std::move(hashes)}).first->second;
  });
}

}  // namespace

absl::StatusOr<books::TrailKey> TrailKeyOf(books::TrailDimension dimension, std::string_view id) {
  if (dimension == books::TrailDimension::kVoucher)
    return books::TrailKey{dimension, books::VoucherTrailId(id)};
  if (dimension != books::TrailDimension::kDocument) return books::TrailKey{dimension, std::string(id)};
  std::optional<std::string> hash = HexDecode(id);
  if (hash.has_value() && hash->size() == books::kDocumentIdBytes)
    return books::TrailKey{dimension, *std::move(hash)};
  return Refuse(absl::StatusCode::kInvalidArgument, "TRAIL_ID_INVALID",
                absl::StrCat("the document ", Quote(id), " is asked for: it is named by its SHA-256, ",
                             2 * books::kDocumentIdBytes, " hex digits"));
}

View::View(std::shared_ptr<const store::Snapshot> snapshot, log::TreeEdge edge, log::Checkpoint checkpoint,
           std::string signed_checkpoint, std::shared_ptr<SheetContext> sheets)
    : snapshot_(std::move(snapshot)),
      edge_(std::move(edge)),
      checkpoint_(std::move(checkpoint)),
      signed_checkpoint_(std::move(signed_checkpoint)),
      nodes_(log::NodesOf(edge_, [this](int level, uint64_t index) { return TileHashes(level, index); })),
      sheets_(std::move(sheets)) {}

absl::StatusOr<std::string> View::Record(Sequence sequence) const {
  if (sequence >= size()) {
    return Refuse(absl::StatusCode::kNotFound, "RECORD_NOT_FOUND",
                  absl::StrCat("there is no record ", sequence, ": the log has ", size()));
  }
  ASSIGN_OR_RETURN(std::optional<std::string> record, snapshot_->Get(Table::kRecords, SequenceKey(sequence)));
  if (!record) return Damaged("RECORD_MISSING", absl::StrCat("record ", sequence, " is gone"));
  return *std::move(record);
}

absl::Status View::ScanRecords(
    Sequence first, const std::function<bool(Sequence sequence, std::string_view record)>& visit) const {
  if (first >= size()) return absl::OkStatus();
  Sequence expected = first;
  bool goes_on = true;
  RETURN_IF_ERROR(snapshot_->Scan(Table::kRecords, SequenceKey(first), SequenceKey(size()),
                                  [&](std::string_view key, std::string_view value) {
                                    if (ReadSequenceKey(key) != expected) return false;
                                    ++expected;
                                    goes_on = visit(expected - 1, value);
                                    return goes_on;
                                  }));
  if (!goes_on || expected == size()) return absl::OkStatus();
  return Damaged("RECORD_MISSING", absl::StrCat("record ", expected, " is gone"));
}

absl::StatusOr<std::vector<Sequence>> View::Trail(const TrailFilter& filter, Sequence from,
                                                  size_t limit) const {
  Sequence until = size();
  if (filter.recorded_from_us > 0) {
    ASSIGN_OR_RETURN(const Sequence first, FirstNotBefore(*this, filter.recorded_from_us));
    from = std::max(from, first);
  }
  if (filter.recorded_until_us > 0) {
    ASSIGN_OR_RETURN(const Sequence first, FirstNotBefore(*this, filter.recorded_until_us));
    until = std::min(until, first);
  }
  std::vector<Sequence> sequences;
  if (!filter.key.has_value()) {
    for (Sequence sequence = from; sequence < until && sequences.size() < limit; ++sequence) {
      sequences.push_back(sequence);
    }
    return sequences;
  }
  if (from >= until || limit == 0) return sequences;
  bool malformed = false;
  const Table table = TrailTable(*filter.key);
  RETURN_IF_ERROR(snapshot_->Scan(table, TrailStoreKey(*filter.key, from), TrailStoreKey(*filter.key, until),
                                  [&](std::string_view key, std::string_view) {
                                    const auto name = ReadTrailKey(table, key);
                                    malformed = !name.has_value();
                                    if (malformed) return false;
                                    sequences.push_back(name->sequence);
                                    return sequences.size() < limit;
                                  }));
  if (malformed) return Damaged("TRAIL_DAMAGED", "a key of the trail cannot be read");
  return sequences;
}

absl::StatusOr<std::vector<Hash256>> View::InclusionProof(Sequence sequence, uint64_t tree_size) const {
  if (tree_size > size()) {
    return Refuse(
        absl::StatusCode::kOutOfRange, "PROOF_OUT_OF_RANGE",
        absl::StrCat("a proof in a tree of ", tree_size, " records was asked for, the log has ", size()));
  }
  return log::ProveInclusion(sequence, tree_size, NodesForProof(*this));
}

absl::StatusOr<std::vector<Hash256>> View::ConsistencyProof(uint64_t old_size, uint64_t new_size) const {
  if (new_size > size()) {
    return Refuse(
        absl::StatusCode::kOutOfRange, "PROOF_OUT_OF_RANGE",
        absl::StrCat("a proof to a tree of ", new_size, " records was asked for, the log has ", size()));
  }
  return log::ProveConsistency(old_size, new_size, NodesForProof(*this));
}

absl::StatusOr<Hash256> View::RootAt(uint64_t tree_size) const {
  if (tree_size == size()) return checkpoint_.root;
  if (tree_size > size()) {
    return Refuse(absl::StatusCode::kOutOfRange, "PROOF_OUT_OF_RANGE",
                  absl::StrCat("the root over ", tree_size, " records was asked for, the log has ", size()));
  }
  return log::TreeRoot(tree_size, nodes_);
}

absl::StatusOr<std::string> View::TileHashes(int level, uint64_t index) const {
  const bool has_level = level >= 0 && level < 64 / log::kLevelsPerTile;
  const uint64_t hashes = has_level ? size() >> (log::kLevelsPerTile * level) : 0;
  if (index < hashes / log::kTileWidth) {
    ASSIGN_OR_RETURN(std::optional<std::string> tile, snapshot_->Get(Table::kTiles, TileKey(level, index)));
    if (tile && tile->size() == log::kTileWidth * 32) return *std::move(tile);
    return Damaged("TILE_DAMAGED", absl::StrCat("tile ", index, " of level ", level, " is gone or cut"));
  }
  if (index == hashes / log::kTileWidth && hashes % log::kTileWidth != 0)
    return std::string(edge_.Partial(level));
  return Refuse(
      absl::StatusCode::kNotFound, "TILE_NOT_FOUND",
      absl::StrCat("there is no tile ", index, " of level ", level, " in a log of ", size(), " records"));
}

absl::StatusOr<books::EntityPtr> View::Get(const books::EntityKey& key) const {
  ASSIGN_OR_RETURN(const std::optional<std::string> value,
                   snapshot_->Get(Table::kEntities, EntityStoreKey(key)));
  if (!value) return books::EntityPtr();
  return ReadEntity(key, *value);
}

std::vector<bool> View::FindMissing(const std::vector<books::EntityKey>& keys) const {
  std::vector<std::string> store_keys;
  store_keys.reserve(keys.size());
  for (const books::EntityKey& key : keys) store_keys.push_back(EntityStoreKey(key));
  return snapshot_->FindMissing(Table::kEntities, store_keys);
}

absl::Status View::Scan(
    books::EntityKind kind, std::string_view prefix, std::string_view from,
    const std::function<bool(std::string_view id, const books::EntityPtr&)>& visit) const {
  const std::string begin = EntityStoreKey({kind, std::string(std::max(prefix, from))});
  const std::string end = AfterPrefix(EntityStoreKey({kind, std::string(prefix)}));
  if (!end.empty() && begin >= end) return absl::OkStatus();
  absl::Status damage;
  RETURN_IF_ERROR(
      snapshot_->Scan(Table::kEntities, begin, end, [&](std::string_view key, std::string_view value) {
        const books::EntityKey name{kind, std::string(key.substr(1))};
        const absl::StatusOr<books::EntityPtr> entity = ReadEntity(name, value);
        damage = entity.status();
        return damage.ok() && visit(name.id, *entity);
      }));
  return damage;
}

absl::StatusOr<books::Balances> View::SumPostings(Sequence last, std::optional<int32_t> last_day) const {
  return SheetReader(*snapshot_, sheets_->options).Sum(last, last_day, &sheets_->accounts);
}

}  // namespace fundledger::engine
