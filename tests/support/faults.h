// A store and an anchor that fail when told to: writes before or after they took effect, and reads.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "ledger/base/mutex.h"
#include "ledger/store/anchor.h"
#include "ledger/store/store.h"

#include "absl/base/thread_annotations.h"

namespace fundledger::test_support {

enum class Fault {
  kNone,
  kRefused,        // nothing written, and said so
  kUnknownBefore,  // nothing written, and not known
  kUnknownAfter,   // written, and not known
  kHeadMoved,      // another writer was here
};

// What a test changes while the engine runs. Any thread.
class FaultPlan {
 public:
  void FailNextCommit(Fault fault) {
    MutexLock lock(&mutex_);
    commit_ = fault;
  }
  void FailNextAnchor(Fault fault) {
    MutexLock lock(&mutex_);
    anchor_ = fault;
  }
  // Called at the beginning of every commit, from the thread that commits. It may block.
  void SetBeforeCommit(std::function<void()> hook) {
    MutexLock lock(&mutex_);
    before_commit_ = std::move(hook);
  }
  // Of the reads from now on, counted from 0, the first `after` go well and the next `count` fail, as where
  // the process is out of descriptors. Reads of snapshots taken before too.
  void FailReads(uint64_t after, uint64_t count) {
    MutexLock lock(&mutex_);
    reads_ = 0;
    fail_from_ = after;
    fail_count_ = count;
  }
  // Reads that failed since.
  uint64_t failed_reads() {
    MutexLock lock(&mutex_);
    return reads_ <= fail_from_ ? 0 : std::min(reads_ - fail_from_, fail_count_);
  }
  Fault TakeCommit();
  Fault TakeAnchor();
  absl::Status TakeRead();
  std::function<void()> before_commit() {
    MutexLock lock(&mutex_);
    return before_commit_;
  }

 private:
  Mutex mutex_;
  Fault commit_ ABSL_GUARDED_BY(mutex_) = Fault::kNone;
  Fault anchor_ ABSL_GUARDED_BY(mutex_) = Fault::kNone;
  std::function<void()> before_commit_ ABSL_GUARDED_BY(mutex_);
  uint64_t reads_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t fail_from_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t fail_count_ ABSL_GUARDED_BY(mutex_) = 0;
};

// The store below, which stays when the one that wraps it is gone: as a disk does when its process ends.
std::unique_ptr<store::Store> WrapStore(std::shared_ptr<store::Store> below, std::shared_ptr<FaultPlan> plan);
// An anchor whose content is `*content`, which stays.
std::unique_ptr<store::Anchor> MakeAnchor(std::shared_ptr<std::string> content,
                                          std::shared_ptr<FaultPlan> plan);

}  // namespace fundledger::test_support
