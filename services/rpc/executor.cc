#include "services/rpc/executor.h"

#include <utility>

#include "ledger/base/status.h"

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace fundledger::rpc {
namespace {

absl::Status Stopping() {
  return Refuse(absl::StatusCode::kUnavailable, "SERVER_STOPPING",
                "the server is stopping; repeat the call when it is back");
}

}  // namespace

Executor::Executor(size_t threads, size_t queue_limit, void (*begin)()) : queue_limit_(queue_limit) {
  threads_.reserve(threads);
  for (size_t i = 0; i < threads; ++i) threads_.emplace_back([this, begin] { Work(begin); });
}

Executor::~Executor() {
  Stop(absl::InfinitePast());
}

void Executor::Run(Task task) {
  absl::Status refused;
  {
    const MutexLock lock(&mutex_);
    if (stopping_) {
      refused = Stopping();
    } else if (queue_.size() >= queue_limit_) {
      refused = Refuse(absl::StatusCode::kResourceExhausted, "READ_QUEUE_FULL",
                       absl::StrCat(queue_.size(), " queries wait already; repeat the call a little later"));
    } else {
      queue_.push_back(std::move(task));
      work_came_.NotifyOne();
      return;
    }
  }
  task(refused);
}

void Executor::Stop(absl::Time deadline) {
  {
    const MutexLock lock(&mutex_);
    stopping_ = true;
    deadline_ = deadline;
    work_came_.NotifyAll();
  }
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void Executor::Work(void (*begin)()) {
  begin();
  while (true) {
    Task task;
    absl::Status admitted;
    {
      const MutexLock lock(&mutex_);
      while (!stopping_ && queue_.empty()) work_came_.Wait(&mutex_);
      if (queue_.empty()) return;
      task = std::move(queue_.front());
      queue_.pop_front();
      if (stopping_ && absl::Now() >= deadline_) admitted = Stopping();
    }
    task(admitted);
  }
}

}  // namespace fundledger::rpc
