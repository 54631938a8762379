// Keeps the table sheets up behind the log, on a thread of its own at low priority, so that no submission
// waits for it. What it made goes into the store with whatever commit comes next; until a snapshot shows it,
// it does not count. Where the store could not be read it looks again when some more postings have come.
//
//   writer.Offer(snapshot, 2);      // after each commit
//   writer.TakeWrites(&batch);      // into the next one
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "ledger/base/mutex.h"
#include "ledger/engine/sheets.h"
#include "ledger/store/store.h"

#include "absl/base/thread_annotations.h"

namespace fundledger::engine {

class SheetWriter {
 public:
  // `on_ready` is called from the writer's thread when there is something to take; it must not block. The
  // store must outlive the writer.
  SheetWriter(const SheetOptions& options, std::function<void()> on_ready);
  ~SheetWriter();
  SheetWriter(const SheetWriter&) = delete;
  SheetWriter& operator=(const SheetWriter&) = delete;

  // The latest state, and how many postings it has more than the one before. Returns at once. Any thread.
  void Offer(std::shared_ptr<const store::Snapshot> snapshot, size_t new_postings);
  // Adds what is ready to `batch`, at most about four megabytes. Returns at once. Any thread.
  void TakeWrites(store::Batch* batch);
  bool has_writes() const;

 private:
  bool IsLookDue() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Work();
  // The next piece of work on a state; nothing in it if none is due.
  absl::StatusOr<store::Batch> Make(const store::Snapshot& snapshot);
  absl::Status Resume(const store::Snapshot& snapshot);
  absl::Status MakeRun(const store::Snapshot& snapshot, uint64_t blocks, store::Batch* batch);
  absl::Status MakeBlocks(const store::Snapshot& snapshot, store::Batch* batch);

  const SheetOptions options_;
  const std::function<void()> on_ready_;

  // Of the writer's thread.
  std::optional<SheetBuilder> builder_;
  std::vector<uint64_t> next_run_;  // by level: the next to make
  std::string awaited_key_;         // the last that was made; empty: a snapshot has shown it
  int missed_ = 0;                  // snapshots since that did not

  mutable Mutex mutex_;
  CondVar changed_;
  std::shared_ptr<const store::Snapshot> offered_ ABSL_GUARDED_BY(mutex_);
  uint64_t new_postings_ ABSL_GUARDED_BY(mutex_) = 0;  // in what was offered since the last look
  bool is_settled_ ABSL_GUARDED_BY(mutex_) = false;    // that found nothing to do or to wait for, or failed
  std::vector<store::Batch::Write> ready_ ABSL_GUARDED_BY(mutex_);
  size_t taken_ ABSL_GUARDED_BY(mutex_) = 0;  // of `ready_`
  bool is_stopping_ ABSL_GUARDED_BY(mutex_) = false;

  std::thread thread_;  // last: it uses all of the above
};

}  // namespace fundledger::engine
