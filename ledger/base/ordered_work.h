// Work on a sequence of items by several threads, taken in the order in which they came:
//
//   OrderedWork<Page> work(threads, in_flight_max, [](Page* page) { Check(page); },
//                          [](Page* page) { Append(*page); });
//   for (...) work.Push(std::make_unique<Page>(...));
//   work.Finish();
//
// The caller's thread is one of them: it takes finished items, and works on one itself where it would wait.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "ledger/base/mutex.h"

#include "absl/base/thread_annotations.h"

namespace fundledger {

template <typename Item>
class OrderedWork {
 public:
  using Step = std::function<void(Item* item)>;

  // `threads`: how many work, the caller's included; 0 is taken as 1. At most `items_max` (> 0) items are
  // held at a time. `prepare` runs on any thread, for several items at once; `take` on the caller's only, for
  // one after the other in the order of Push.
  OrderedWork(size_t threads, size_t items_max, Step prepare, Step take)
      : items_max_(items_max), prepare_(std::move(prepare)), take_(std::move(take)) {
    for (size_t i = 1; i < threads; ++i) workers_.emplace_back([this] { RunWorker(); });
  }

  // What was pushed and not taken is dropped.
  ~OrderedWork() {
    {
      MutexLock lock(&mutex_);
      is_stopping_ = true;
    }
    work_added_.NotifyAll();
    for (std::thread& worker : workers_) worker.join();
  }
  OrderedWork(const OrderedWork&) = delete;
  OrderedWork& operator=(const OrderedWork&) = delete;

  // Takes earlier items where there would be too many. One thread at a time, the one that makes and ends
  // this.
  void Push(std::unique_ptr<Item> item) {
    auto slot = std::make_shared<Slot>();
    slot->item = std::move(item);
    {
      MutexLock lock(&mutex_);
      unstarted_.push_back(slot);
    }
    slots_.push_back(std::move(slot));
    work_added_.NotifyOne();
    while (slots_.size() >= items_max_) TakeOldest();
  }

  // Takes all that is left.
  void Finish() {
    while (!slots_.empty()) TakeOldest();
  }

 private:
  struct Slot {
    std::unique_ptr<Item> item;
    bool is_done = false;  // guarded by mutex_
  };

  void TakeOldest() {
    const std::shared_ptr<Slot> oldest = slots_.front();
    while (const std::shared_ptr<Slot> other = WaitFor(*oldest)) Prepare(other);
    slots_.pop_front();
    take_(oldest->item.get());
  }

  // Null once `slot` is done; until then something to do meanwhile.
  std::shared_ptr<Slot> WaitFor(const Slot& slot) {
    MutexLock lock(&mutex_);
    while (!slot.is_done && unstarted_.empty()) work_done_.Wait(&mutex_);
    return slot.is_done ? nullptr : PopUnstarted();
  }

  std::shared_ptr<Slot> PopUnstarted() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    std::shared_ptr<Slot> slot = unstarted_.front();
    unstarted_.pop_front();
    return slot;
  }

  void Prepare(const std::shared_ptr<Slot>& slot) {
    prepare_(slot->item.get());
    {
      MutexLock lock(&mutex_);
      slot->is_done = true;
    }
    work_done_.NotifyOne();
  }

  // Null: it is time to end.
  std::shared_ptr<Slot> NextOfWorker() {
    MutexLock lock(&mutex_);
    while (!is_stopping_ && unstarted_.empty()) work_added_.Wait(&mutex_);
    return is_stopping_ ? nullptr : PopUnstarted();
  }

  void RunWorker() {
    while (const std::shared_ptr<Slot> slot = NextOfWorker()) Prepare(slot);
  }

  const size_t items_max_;
  const Step prepare_;
  const Step take_;
  std::deque<std::shared_ptr<Slot>> slots_;  // the caller's: what was not taken yet, the oldest first

  Mutex mutex_;
  CondVar work_added_;
  CondVar work_done_;
  std::deque<std::shared_ptr<Slot>> unstarted_ ABSL_GUARDED_BY(mutex_);
  bool is_stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> workers_;
};

}  // namespace fundledger
