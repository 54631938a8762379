#include "services/api/submit_stream.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <utility>

#include <grpcpp/alarm.h>

#include "ledger/base/status.h"
#include "services/api/claims.h"
#include "services/rpc/status.h"

#include "absl/strings/str_cat.h"

namespace fundledger::api {
namespace {

namespace v1 = ::fundledger::v1;

using Answer = absl::StatusOr<v1::Receipt>;
using Preparation = absl::StatusOr<engine::Prepared>;

// However long a stream has to wait, it looks again after this: a stop and a caller who went away do not wait
// longer.
constexpr int64_t kPauseUsMax = 1'000'000;

std::string_view Method() {
  return RuleFor<v1::SubmitStreamRequest>().method;
}

void Fill(uint64_t index, Answer answer, v1::SubmitStreamResponse* response) {
  response->Clear();
  response->set_index(index);
  if (answer.ok()) {
    *response->mutable_receipt() = *std::move(answer);
    return;
  }
  const absl::Status& status = answer.status();
  v1::SubmitError& error = *response->mutable_error();
  error.set_code(static_cast<int>(status.code()));
  error.set_reason(ReasonOf(status));
  error.set_message(rpc::WireMessage(status));
  error.set_retry_delay_ms(rpc::RetryDelayMs(status));
}

absl::Status Stopping() {
  return Refuse(absl::StatusCode::kUnavailable, "SERVER_STOPPING",
                "the server is stopping; repeat what was not answered, the same bytes, when it is back");
}

absl::Status Idle() {
  return Refuse(absl::StatusCode::kUnavailable, "STREAM_IDLE",
                "nothing came on the stream for a while, so that its place is another's: open one again when "
                "there is something to submit");
}

// Ends at once.
class RefusedStream final : public SubmitStreams::Reactor {
 public:
  explicit RefusedStream(const absl::Status& why) { Finish(rpc::ToGrpcStatus(why)); }
  void OnDone() override { delete this; }
};

}  // namespace

// Lives until OnDone, and that comes only after Finish, which waits until nothing of the stream's is under
// way anywhere: no submission, no write, nobody who hands over.
class SubmitStream final : public SubmitStreams::Reactor {
 public:
  SubmitStream(const Context& context, Door* door, SubmitStreams* streams, grpc::CallbackServerContext* call,
               std::string officer)
      : context_(context), door_(door), streams_(streams), call_(call), officer_(std::move(officer)) {}

  void Start() {
    Turn turn(this);
    AwaitIdleness();
  }

  void Stop() {
    Turn turn(this);
    is_stopping_ = true;
  }

  void OnReadDone(bool ok) override {
    // The officer may have gone while the stream was open, which may be long.
    const absl::Status known =
        ok ? context_.access->IdentifyQuickly(*call_->auth_context()).status() : absl::OkStatus();
    const std::optional<uint64_t> index = ok && known.ok() ? Take() : std::nullopt;
    if (!known.ok()) context_.watch->OnRefused({Method(), call_->peer(), officer_, {}, known});
    if (index.has_value()) {
      door_->Prepare(
          std::move(*request_.mutable_envelope()),
          [this, index = *index](Preparation preparation) { OnPrepared(index, std::move(preparation)); });
    }
    Turn turn(this);
    is_reading_ = false;
    if (!ok) is_read_out_ = true;
    unknown_.Update(known);
  }

  void OnWriteDone(bool ok) override {
    door_->StreamAnswered(1);
    Turn turn(this);
    is_writing_ = false;
    ++written_;
    if (!ok) is_broken_ = true;
  }

  void OnCancel() override {
    Turn turn(this);
    is_broken_ = true;
  }

  void OnDone() override {
    streams_->Remove(this, officer_);
    delete this;
  }

 private:
  // Takes note, under the lock, of something of the stream's that came or is over, and before the lock is
  // given back sees to what comes next: after that another may end the stream at once. It may be gone when
  // this is.
  class ABSL_SCOPED_LOCKABLE Turn {
   public:
    explicit Turn(SubmitStream* stream) ABSL_EXCLUSIVE_LOCK_FUNCTION(stream->mutex_) : stream_(stream) {
      stream_->mutex_.Lock();
    }
    ~Turn() ABSL_UNLOCK_FUNCTION() ABSL_NO_THREAD_SAFETY_ANALYSIS {
      const std::optional<absl::Status> end = stream_->Proceed();
      stream_->mutex_.Unlock();
      if (end.has_value()) stream_->Finish(rpc::ToGrpcStatus(*end));
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

   private:
    SubmitStream* const stream_;
  };

  // The place of the message that was read. Nothing if it comes too late: it stays unanswered.
  std::optional<uint64_t> Take() {
    MutexLock lock(&mutex_);
    if (is_stopping_ || is_broken_ || is_idle_) return std::nullopt;
    preparations_.emplace_back();
    answers_.emplace_back();
    claims_.push_back(ClaimsOf(request_.envelope()));
    door_->StreamTook();
    if (!officer_.empty()) door_->rate().TakeAhead(officer_);
    return taken_++;
  }

  // Hands over all that are prepared up to the first that is not; one thread at a time.
  void OnPrepared(uint64_t index, Preparation preparation) {
    {
      MutexLock lock(&mutex_);
      preparations_[index - handed_over_] = std::move(preparation);
      if (is_handing_over_) return;
      is_handing_over_ = true;
    }
    for (;;) {
      std::optional<std::pair<uint64_t, Preparation>> next;
      {
        Turn turn(this);
        next = NextPrepared();
        is_handing_over_ = next.has_value();
      }
      if (!next.has_value()) return;
      HandOver(next->first, std::move(next->second));
    }
  }

  std::optional<std::pair<uint64_t, Preparation>> NextPrepared() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (preparations_.empty() || !preparations_.front().has_value()) return std::nullopt;
    Preparation next = *std::move(preparations_.front());
    preparations_.pop_front();
    return std::make_pair(handed_over_++, std::move(next));
  }

  void HandOver(uint64_t index, Preparation preparation) {
    if (!preparation.ok()) return OnAnswer(index, preparation.status());
    context_.engine->Enqueue(*std::move(preparation),
                             [this, index](Answer answer) { OnAnswer(index, std::move(answer)); });
  }

  void OnAnswer(uint64_t index, Answer answer) {
    rpc::ReportFault(*context_.runtime, answer.status());
    if (answer.ok()) context_.watch->OnRecorded();
    Turn turn(this);
    ++answered_;
    const size_t place = index - (taken_ - answers_.size());
    if (!answer.ok())
      context_.watch->OnRefused({Method(), call_->peer(), officer_, claims_[place], answer.status()});
    answers_[place] = std::move(answer);
  }

  // Starts whatever can be started now. Gives how the stream ends, once, when it is at its end.
  std::optional<absl::Status> Proceed() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (is_finished_) return std::nullopt;
    StartNextWrite();
    StartNextRead();
    if (!IsAtEnd()) return std::nullopt;
    if (is_timing_) {  // its alarm comes at once then, on a thread of its own, and after it the end
      idle_alarm_->Cancel();
      return std::nullopt;
    }
    is_finished_ = true;
    // What was answered by the engine and could not be written.
    door_->StreamAnswered(taken_ - written_);
    return EndStatus();
  }

  void StartNextWrite() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (is_writing_ || is_broken_ || answers_.empty() || !answers_.front().has_value()) return;
    Fill(taken_ - answers_.size(), *std::move(answers_.front()), &response_);
    answers_.pop_front();
    claims_.pop_front();
    is_writing_ = true;
    StartWrite(&response_);
  }

  void StartNextRead() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (is_reading_ || is_pausing_ || TakesNoMore()) return;
    if (const int64_t delay_us = officer_.empty() ? 0 : door_->rate().DelayUs(officer_); delay_us > 0)
      return Pause(std::min(delay_us, kPauseUsMax));
    const uint64_t unanswered = taken_ - written_;
    const bool has_room = unanswered < door_->limits().stream_window && door_->HasRoomForStreams();
    // With none of its own under way nobody would wake it, and it would starve.
    if (unanswered > 0 && !has_room) return;
    is_reading_ = true;
    StartRead(&request_);
  }

  void Pause(int64_t delay_us) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    is_pausing_ = true;
    alarm_ = std::make_unique<grpc::Alarm>();  // the one before may be what calls
    alarm_->Set(std::chrono::system_clock::now() + std::chrono::microseconds(delay_us), [this](bool) {
      Turn turn(this);
      is_pausing_ = false;
    });
  }

  // It is looked at now and then, not after each message: idle is what sent nothing between two looks.
  void AwaitIdleness() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    is_timing_ = true;
    taken_before_ = taken_;
    idle_alarm_ = std::make_unique<grpc::Alarm>();  // the one before may be what calls
    const auto at = std::chrono::system_clock::now() + std::chrono::seconds(door_->limits().stream_idle_s);
    idle_alarm_->Set(at, [this](bool) {
      Turn turn(this);
      is_timing_ = false;
      if (TakesNoMore()) return;
      is_idle_ = taken_ == taken_before_ && written_ == taken_;
      if (!is_idle_) AwaitIdleness();
    });
  }

  bool TakesNoMore() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return is_read_out_ || is_broken_ || is_stopping_ || is_idle_ || !unknown_.ok();
  }

  // A read that is still waiting is no hindrance: the end of the call ends it.
  bool IsAtEnd() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const bool all_written = written_ == taken_ || is_broken_;
    return TakesNoMore() && answered_ == taken_ && all_written && !is_writing_ && !is_handing_over_ &&
           !is_pausing_;
  }

  absl::Status EndStatus() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (is_broken_) return absl::CancelledError("the caller went away");
    if (!unknown_.ok()) return unknown_;
    if (is_read_out_) return absl::OkStatus();
    return is_idle_ ? Idle() : Stopping();
  }

  const Context& context_;
  Door* const door_;
  SubmitStreams* const streams_;
  grpc::CallbackServerContext* const call_;  // lives until OnDone
  const std::string officer_;                // of the connection; empty in insecure loopback mode
  v1::SubmitStreamRequest request_;          // of the read under way
  v1::SubmitStreamResponse response_;        // of the write under way

  Mutex mutex_;
  // Submissions of the stream, counted from its beginning: read; prepared and handed to the engine, or
  // refused; answered by it; the answer written.
  uint64_t taken_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t handed_over_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t answered_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t written_ ABSL_GUARDED_BY(mutex_) = 0;
  std::deque<std::optional<Preparation>> preparations_ ABSL_GUARDED_BY(mutex_);  // from handed_over_ on
  std::deque<std::optional<Answer>> answers_ ABSL_GUARDED_BY(mutex_);            // the last of those taken
  std::deque<Claims> claims_ ABSL_GUARDED_BY(mutex_);                            // of each in answers_
  std::unique_ptr<grpc::Alarm> alarm_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<grpc::Alarm> idle_alarm_ ABSL_GUARDED_BY(mutex_);
  uint64_t taken_before_ ABSL_GUARDED_BY(mutex_) = 0;  // when that was set
  absl::Status unknown_ ABSL_GUARDED_BY(mutex_);       // the officer is registered no more
  bool is_reading_ ABSL_GUARDED_BY(mutex_) = false;
  bool is_writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool is_pausing_ ABSL_GUARDED_BY(mutex_) = false;  // the officer sends too fast; an alarm is set
  bool is_timing_ ABSL_GUARDED_BY(mutex_) = false;   // idle_alarm_ is set
  bool is_handing_over_ ABSL_GUARDED_BY(mutex_) = false;
  bool is_read_out_ ABSL_GUARDED_BY(mutex_) = false;  // the sender sent its last
  bool is_broken_ ABSL_GUARDED_BY(mutex_) = false;    // nobody is there to be answered
  bool is_idle_ ABSL_GUARDED_BY(mutex_) = false;      // nothing came, and nobody waits for an answer
  bool is_stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool is_finished_ ABSL_GUARDED_BY(mutex_) = false;
};

SubmitStreams::Reactor* SubmitStreams::Refused(grpc::CallbackServerContext* call, const std::string& officer,
                                               const absl::Status& why) {
  context_.watch->OnRefused({Method(), call->peer(), officer, {}, why});
  return new RefusedStream(why);  // deletes itself in OnDone
}

SubmitStreams::Reactor* SubmitStreams::Open(grpc::CallbackServerContext* call,
                                            absl::StatusOr<Caller> caller) {
  if (!caller.ok()) return Refused(call, "", caller.status());
  MutexLock lock(&mutex_);
  if (stopping_) return Refused(call, caller->officer, Stopping());
  if (const absl::Status taken = shares_.Take(caller->officer); !taken.ok())
    return Refused(call, caller->officer, taken);
  auto* stream = new SubmitStream(context_, door_, this, call, caller->officer);  // deletes itself in OnDone
  open_.insert(stream);
  stream->Start();
  return stream;
}

// The lock keeps every stream alive: none is deleted before it was removed.
void SubmitStreams::Stop() {
  MutexLock lock(&mutex_);
  stopping_ = true;
  for (SubmitStream* stream : open_) stream->Stop();
}

void SubmitStreams::Remove(SubmitStream* stream, const std::string& officer) {
  MutexLock lock(&mutex_);
  open_.erase(stream);
  shares_.GiveBack(officer);
}

}  // namespace fundledger::api
