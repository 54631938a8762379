// A view: everything that was recorded up to one sequence, and nothing else. Immutable; any number of threads
// may read it; it stays as it is while the ledger goes on. Release it soon: it keeps the store's old state
// alive.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fundledger/v1/resources.pb.h"
#include "ledger/base/hash256.h"
#include "ledger/books/accounts.h"
#include "ledger/books/reader.h"
#include "ledger/engine/sheets.h"
#include "ledger/log/note.h"
#include "ledger/log/tile.h"
#include "ledger/store/store.h"

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace fundledger::engine {

// The trail of what people call `id`: a document by its hash in hex, all else as it is written.
// INVALID_ARGUMENT, reason TRAIL_ID_INVALID.
absl::StatusOr<books::TrailKey> TrailKeyOf(books::TrailDimension dimension, std::string_view id);

struct TrailFilter {
  std::optional<books::TrailKey> key;  // nothing: all records
  int64_t recorded_from_us = 0;        // inclusive; 0: no limit
  int64_t recorded_until_us = 0;       // exclusive; 0: no limit
};

class View : public books::Scanner, public books::BalanceSource {
 public:
  // Made by the engine. `edge` is the tree's edge at `checkpoint`; `sheets` is that of all views of a ledger.
  View(std::shared_ptr<const store::Snapshot> snapshot, log::TreeEdge edge, log::Checkpoint checkpoint,
       std::string signed_checkpoint, std::shared_ptr<SheetContext> sheets);
  View(const View&) = delete;
  View& operator=(const View&) = delete;

  // Number of records, at least 1.
  uint64_t size() const { return checkpoint_.size; }
  Sequence last_sequence() const { return checkpoint_.size - 1; }
  const log::Checkpoint& checkpoint() const { return checkpoint_; }
  // The signed note of exactly this size.
  const std::string& signed_checkpoint() const { return signed_checkpoint_; }

  // Record bytes. NOT_FOUND, reason RECORD_NOT_FOUND, beyond the view; DATA_LOSS if it cannot be read.
  absl::StatusOr<std::string> Record(Sequence sequence) const;
  // Visits records from `first` on, until `visit` returns false.
  absl::Status ScanRecords(
      Sequence first, const std::function<bool(Sequence sequence, std::string_view record)>& visit) const;
  // Sequences of a trail that are >= `from`, oldest first, at most `limit`.
  absl::StatusOr<std::vector<Sequence>> Trail(const TrailFilter& filter, Sequence from, size_t limit) const;

  // Proofs in the tree of `size`, at most this view's. Errors as of log/merkle.h.
  absl::StatusOr<std::vector<Hash256>> InclusionProof(Sequence sequence, uint64_t tree_size) const;
  absl::StatusOr<std::vector<Hash256>> ConsistencyProof(uint64_t old_size, uint64_t new_size) const;
  absl::StatusOr<Hash256> RootAt(uint64_t tree_size) const;
  // Hashes of a tile of this view's tree, 32 bytes each: 256, or fewer at the edge. NOT_FOUND, reason
  // TILE_NOT_FOUND, beyond it.
  absl::StatusOr<std::string> TileHashes(int level, uint64_t index) const;
  const log::TreeEdge& edge() const { return edge_; }

  absl::StatusOr<books::EntityPtr> Get(const books::EntityKey& key) const override;
  // As store::Snapshot::FindMissing.
  std::vector<bool> FindMissing(const std::vector<books::EntityKey>& keys) const;
  absl::Status Scan(
      books::EntityKind kind, std::string_view prefix, std::string_view from,
      const std::function<bool(std::string_view id, const books::EntityPtr&)>& visit) const override;
  absl::StatusOr<books::Balances> SumPostings(Sequence last, std::optional<int32_t> last_day) const override;

  const store::Snapshot& snapshot() const { return *snapshot_; }
  const std::shared_ptr<SheetContext>& sheets() const { return sheets_; }

 private:
  std::shared_ptr<const store::Snapshot> snapshot_;
  log::TreeEdge edge_;
  log::Checkpoint checkpoint_;
  std::string signed_checkpoint_;
  log::NodeReader nodes_;
  std::shared_ptr<SheetContext> sheets_;
};

}  // namespace fundledger::engine
