// The door for submissions: how many may be under way, and the threads that verify them. What does not fit is
// refused here, before a signature is paid for. gRPC's own threads take submissions in and answer; one that
// is alone they verify themselves, since it keeps nobody waiting.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <string>

#include "ledger/base/mutex.h"
#include "ledger/engine/engine.h"
#include "services/api/rate.h"
#include "services/rpc/executor.h"

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"

namespace fundledger::api {

struct DoorLimits {
  // Submissions under way of calls, one a call; one more is refused. And of streams: above it a stream that
  // has one under way waits with the next, and one that has none takes one.
  size_t submissions = 64;
  // Submissions of one stream that are not answered; at it the stream waits with the next.
  size_t stream_window = 64;
  // Open streams.
  size_t streams = 64;
  // A stream that sent nothing for so long, twice at most, and waits for no answer ends.
  int64_t stream_idle_s = 60;
  // Submissions of one officer a second: of calls one more is refused, and a stream waits with the next.
  int64_t officer_per_second = 2000;

  // How many may be under way altogether.
  size_t total() const { return 2 * submissions + streams; }
};

// Thread-safe.
class Door {
 public:
  // `engine` outlives it.
  Door(engine::Engine* engine, const DoorLimits& limits);

  const DoorLimits& limits() const { return limits_; }
  RateLimit& rate() { return rate_; }

  // Submits what came in a call of its own. `done` as of Engine::Submit; RESOURCE_EXHAUSTED, reason
  // QUEUE_FULL, from within; UNAVAILABLE, reason SERVER_STOPPING, from within too. May take as long as
  // verifying a signature.
  void Submit(std::string envelope, engine::Done done);

  // For streams, which order what they prepared by themselves. `then` is called exactly once, on a thread of
  // the door's or, once it is stopped, from within: UNAVAILABLE, reason SERVER_STOPPING.
  void Prepare(std::string envelope, std::function<void(absl::StatusOr<engine::Prepared>)> then);
  // A submission of a stream was taken; it was answered for good.
  void StreamTook() { ++of_streams_; }
  void StreamAnswered(size_t submissions) { of_streams_ -= submissions; }
  bool HasRoomForStreams() const { return of_streams_ < limits_.submissions; }

  // Submissions taken and not answered, of calls and streams together.
  size_t under_way() const { return of_calls_ + of_streams_; }

  // Takes no more; returns when all that it took is in the engine's hands, or refused. Not from within
  // `done`.
  void Stop();

 private:
  // Whether a submission may be verified by who brings it; if so, LeaveAlone is to be called. Not once it
  // stops.
  bool EnterAlone();
  void LeaveAlone();

  engine::Engine* const engine_;
  const DoorLimits limits_;
  RateLimit rate_;
  std::atomic<size_t> of_calls_ = 0;
  std::atomic<size_t> of_streams_ = 0;
  Mutex mutex_;
  CondVar left_;
  size_t alone_ ABSL_GUARDED_BY(mutex_) = 0;  // entered and not left
  bool is_stopping_ ABSL_GUARDED_BY(mutex_) = false;
  rpc::Executor verifiers_;
};

}  // namespace fundledger::api
