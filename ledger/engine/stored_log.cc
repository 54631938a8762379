#include "ledger/engine/stored_log.h"

#include <optional>
#include <utility>

#include "ledger/base/status.h"
#include "ledger/engine/layout.h"
#include "ledger/log/record.h"

#include "absl/strings/str_cat.h"

namespace fundledger::engine {
namespace {

using store::Table;

absl::Status Lost(std::string_view reason, std::string_view message) {
  return Refuse(absl::StatusCode::kDataLoss, reason, message);
}

}  // namespace

absl::StatusOr<std::string> ReadRecord(const store::Snapshot& snapshot, Sequence sequence) {
  ASSIGN_OR_RETURN(std::optional<std::string> record, snapshot.Get(Table::kRecords, SequenceKey(sequence)));
  if (!record) {
    return Lost("RECORD_MISSING", absl::StrCat("record ", sequence,
                                               " is gone: restore the ledger from a backup or a "
                                               "mirror that has it"));
  }
  return *std::move(record);
}

absl::StatusOr<log::TreeEdge> LoadEdge(const store::Snapshot& snapshot, uint64_t size) {
  const auto read_tile = [&snapshot](int level, uint64_t index) -> absl::StatusOr<std::string> {
    ASSIGN_OR_RETURN(std::optional<std::string> tile, snapshot.Get(Table::kTiles, TileKey(level, index)));
    if (!tile) return Lost("TILE_MISSING", absl::StrCat("tile ", index, " of level ", level, " is gone"));
    return *std::move(tile);
  };
  const auto read_leaf = [&snapshot](uint64_t sequence) -> absl::StatusOr<Hash256> {
    ASSIGN_OR_RETURN(const std::string record, ReadRecord(snapshot, sequence));
    return log::LeafHash(record);
  };
  return log::TreeEdge::Load(size, read_tile, read_leaf);
}

}  // namespace fundledger::engine
