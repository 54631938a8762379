// A few threads for work that may block, so that gRPC's own threads never do. Bounded: what does not fit is
// refused at once instead of waiting without end.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "ledger/base/mutex.h"

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/time/time.h"

namespace fundledger::rpc {

class Executor {
 public:
  // Called exactly once: with OK on one of the threads, to do its work; or with the reason why it will not be
  // done.
  using Task = std::function<void(const absl::Status& admitted)>;

  // `threads` and `queue_limit` are at least 1. Each thread calls `begin` first.
  Executor(
      size_t threads, size_t queue_limit, void (*begin)() = [] {});
  // Stops without grace.
  ~Executor();
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  // Thread-safe. Refusals come from within: RESOURCE_EXHAUSTED, reason READ_QUEUE_FULL; UNAVAILABLE, reason
  // SERVER_STOPPING.
  void Run(Task task);

  // Takes no more tasks, runs what is queued until `deadline` and refuses the rest; returns when every task
  // has been called and returned. May be called again. Not from a task.
  void Stop(absl::Time deadline);

 private:
  void Work(void (*begin)());

  const size_t queue_limit_;
  Mutex mutex_;
  CondVar work_came_;  // a task, or there will be none
  std::deque<Task> queue_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Time deadline_ ABSL_GUARDED_BY(mutex_) = absl::InfiniteFuture();
  std::vector<std::thread> threads_;  // changed by the constructor and the first Stop only
};

}  // namespace fundledger::rpc
