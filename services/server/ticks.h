// What a thread beside the main one waits for: that some time has passed again, or that it is to end.
#pragma once

#include "ledger/base/mutex.h"

#include "absl/base/thread_annotations.h"

namespace fundledger::server {

// Thread-safe.
class Ticks {
 public:
  // Wakes the one that waits; several before it comes to wait are one.
  void Tick() {
    const MutexLock lock(&mutex_);
    is_ticked_ = true;
    changed_.NotifyAll();
  }
  void Stop() {
    const MutexLock lock(&mutex_);
    is_stopping_ = true;
    changed_.NotifyAll();
  }
  // For one thread. False: it is to end.
  bool Wait() {
    const MutexLock lock(&mutex_);
    while (!is_ticked_ && !is_stopping_) changed_.Wait(&mutex_);
    is_ticked_ = false;
    return !is_stopping_;
  }
  bool is_stopping() const {
    const MutexLock lock(&mutex_);
    return is_stopping_;
  }

 private:
  mutable Mutex mutex_;
  CondVar changed_;
  bool is_ticked_ ABSL_GUARDED_BY(mutex_) = false;
  bool is_stopping_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace fundledger::server
