// What others said of checkpoints – witnesses' cosignatures, authorities' time stamps – as it is kept and
// read.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "fundledger/v1/resources.pb.h"
#include "ledger/base/mutex.h"
#include "ledger/engine/engine.h"
#include "ledger/engine/view.h"
#include "ledger/store/store.h"

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace fundledger::engine {

// The checkpoint of `size` records with all that is kept of it, for a view that has it. NOT_FOUND, reason
// CHECKPOINT_NOT_FOUND: the log signed none of that size. DATA_LOSS, reason STORE_DAMAGED.
absl::StatusOr<::fundledger::v1::AttestedCheckpoint> ReadAttested(const View& view, uint64_t size);
// Visits the attested checkpoints with size_min <= size <= size_max, smallest first, until `visit` returns
// false. Errors as above.
absl::Status ScanAttested(
    const View& view, uint64_t size_min, uint64_t size_max,
    const std::function<bool(uint64_t size, const ::fundledger::v1::AttestedCheckpoint&)>& visit);

// Attestations on their way into the store: whoever commits takes them along.
class Keeping {
 public:
  // `wake` is called after each Add, from its thread.
  explicit Keeping(std::function<void()> wake) : wake_(std::move(wake)) {}

  // Thread-safe.
  void Add(Attestation attestation, Kept kept);
  bool has_writes() const { return has_writes_; }
  // Adds all that wait to `batch`, merged with what `snapshot`, the latest state, holds; and gives who is to
  // hear of it. One that cannot be merged hears so at once.
  std::vector<Kept> TakeWrites(const store::Snapshot& snapshot, store::Batch* batch);
  // Tells all that wait that they are not kept.
  void Refuse(const absl::Status& status);

 private:
  struct Waiting {
    Attestation attestation;
    Kept kept;
  };
  std::vector<Waiting> Take();

  const std::function<void()> wake_;
  std::atomic<bool> has_writes_ = false;
  Mutex mutex_;
  std::vector<Waiting> waiting_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace fundledger::engine
