#include "ledger/engine/read_only.h"

#include <filesystem>

#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "ledger/engine/layout.h"
#include "ledger/log/record.h"
#include "ledger/store/rocksdb.h"

#include "absl/strings/str_cat.h"

namespace fundledger::engine {
namespace {

using store::Table;

absl::Status Lost(std::string_view reason, std::string_view message) {
  return Refuse(absl::StatusCode::kDataLoss, reason, absl::StrCat(ToAbsl(message), ": verify the ledger"));
}

absl::StatusOr<std::string> Need(const store::Snapshot& snapshot, Table table, const std::string& key,
                                 std::string_view reason, std::string_view what) {
  ASSIGN_OR_RETURN(std::optional<std::string> value, snapshot.Get(table, key));
  if (!value.has_value()) return Lost(reason, absl::StrCat(ToAbsl(what), " is gone"));
  return *std::move(value);
}

// The note of exactly the records that are there: every commit keeps one.
absl::StatusOr<std::string> LatestNote(const store::Snapshot& snapshot) {
  const uint64_t head = snapshot.head();
  if (head == 0) return Lost("STORE_DAMAGED", "the store is empty");
  return Need(snapshot, Table::kCheckpoints, SequenceKey(head), "CHECKPOINT_INVALID",
              absl::StrCat("the checkpoint of ", head, " records"));
}

absl::StatusOr<log::TreeEdge> LoadEdge(const store::Snapshot& snapshot, uint64_t size) {
  const auto read_tile = [&snapshot](int level, uint64_t index) {
    return Need(snapshot, Table::kTiles, TileKey(level, index), "TILE_MISSING",
                absl::StrCat("tile ", index, " of level ", level));
  };
  const auto read_leaf = [&snapshot](uint64_t sequence) -> absl::StatusOr<Hash256> {
    ASSIGN_OR_RETURN(const std::string record, Need(snapshot, Table::kRecords, SequenceKey(sequence),
                                                    "RECORD_MISSING", absl::StrCat("record ", sequence)));
    return log::LeafHash(record);
  };
  return log::TreeEdge::Load(size, read_tile, read_leaf);
}

}  // namespace

absl::StatusOr<ReadOnlyLedger> OpenReadOnly(const std::string& directory) {
  ReadOnlyLedger ledger;
  std::string damage;
  ASSIGN_OR_RETURN(ledger.store,
                   store::OpenRocksdbReadOnly((std::filesystem::path(directory) / "db").string(), &damage));
  if (!damage.empty()) return Lost("STORE_DAMAGED", absl::StrCat("the store's files are damaged: ", damage));
  const std::shared_ptr<const store::Snapshot> snapshot = ledger.store->GetSnapshot();
  ASSIGN_OR_RETURN(std::string note, LatestNote(*snapshot));
  ASSIGN_OR_RETURN(const log::Note parsed, log::ParseNote(note));
  ASSIGN_OR_RETURN(log::Checkpoint checkpoint, log::ParseCheckpointText(parsed.text));
  if (checkpoint.size != snapshot->head())
    return Lost("CHECKPOINT_INVALID", "the latest checkpoint is of another size");
  ASSIGN_OR_RETURN(log::TreeEdge edge, LoadEdge(*snapshot, checkpoint.size));
  if (const Hash256 root = edge.Root(); root != checkpoint.root) {
    return Lost("ROOT_MISMATCH", absl::StrCat("the tree has the root ", HexEncode(root.view()),
                                              ", the latest checkpoint ", HexEncode(checkpoint.root.view())));
  }
  ledger.view = std::make_shared<const View>(snapshot, std::move(edge), std::move(checkpoint),
                                             std::move(note), std::make_shared<SheetContext>());
  return ledger;
}

}  // namespace fundledger::engine
