#include "services/api/door.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "ledger/base/status.h"
#include "ledger/base/thread_priority.h"

#include "absl/strings/str_cat.h"

namespace fundledger::api {
namespace {

size_t VerifierThreads() {
  return std::max<size_t>(std::thread::hardware_concurrency(), 2);
}

}  // namespace

Door::Door(engine::Engine* engine, const DoorLimits& limits)
    : engine_(engine),
      limits_(limits),
      rate_(limits.officer_per_second, engine::MonotonicClockMicros),
      verifiers_(VerifierThreads(), limits.total(), BeWorker) {}

void Door::Submit(std::string envelope, engine::Done done) {
  const size_t before = of_calls_.fetch_add(1);
  if (before >= limits_.submissions) {
    --of_calls_;
    return done(Refuse(absl::StatusCode::kResourceExhausted, "QUEUE_FULL",
                       absl::StrCat(before,
                                    " submissions are under way, as many as fit: repeat it in a "
                                    "while, with the same request id")));
  }
  engine::Done leave = [this, done = std::move(done)](absl::StatusOr<::fundledger::v1::Receipt> receipt) {
    --of_calls_;
    done(std::move(receipt));
  };
  // One that is alone keeps nobody waiting, and another thread would only have to be woken for it.
  if (before == 0 && EnterAlone()) {
    engine_->Submit(std::move(envelope), std::move(leave));
    return LeaveAlone();
  }
  verifiers_.Run(
      [this, envelope = std::move(envelope), leave = std::move(leave)](const absl::Status& admitted) mutable {
        if (!admitted.ok()) return leave(admitted);
        engine_->Submit(std::move(envelope), std::move(leave));
      });
}

void Door::Prepare(std::string envelope, std::function<void(absl::StatusOr<engine::Prepared>)> then) {
  verifiers_.Run(
      [this, envelope = std::move(envelope), then = std::move(then)](const absl::Status& admitted) mutable {
        if (!admitted.ok()) return then(admitted);
        then(engine_->Prepare(std::move(envelope)));
      });
}

bool Door::EnterAlone() {
  const MutexLock lock(&mutex_);
  if (is_stopping_) return false;
  ++alone_;
  return true;
}

void Door::LeaveAlone() {
  const MutexLock lock(&mutex_);
  if (--alone_ == 0) left_.NotifyAll();
}

void Door::Stop() {
  {
    const MutexLock lock(&mutex_);
    is_stopping_ = true;
    while (alone_ > 0) left_.Wait(&mutex_);
  }
  verifiers_.Stop(absl::InfiniteFuture());
}

}  // namespace fundledger::api
