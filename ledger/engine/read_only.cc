#include "ledger/engine/read_only.h"

#include <filesystem>
#include <optional>
#include <utility>

#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "ledger/engine/layout.h"
#include "ledger/engine/stored_log.h"
#include "ledger/store/rocksdb.h"

#include "absl/strings/str_cat.h"

namespace fundledger::engine {
namespace {

using store::Table;

absl::Status Lost(std::string_view reason, std::string_view message) {
  return Refuse(absl::StatusCode::kDataLoss, reason, absl::StrCat(ToAbsl(message), ": verify the ledger"));
}

// The note of exactly the records that are there: every commit keeps one.
absl::StatusOr<std::string> LatestNote(const store::Snapshot& snapshot) {
  const uint64_t head = snapshot.head();
  if (head == 0) return Lost("STORE_DAMAGED", "the store is empty");
  ASSIGN_OR_RETURN(std::optional<std::string> note, snapshot.Get(Table::kCheckpoints, SequenceKey(head)));
  if (note.has_value()) return *std::move(note);
  return Lost("CHECKPOINT_INVALID", absl::StrCat("the checkpoint of ", head, " records is gone"));
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
