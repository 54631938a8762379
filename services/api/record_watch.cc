#include "services/api/record_watch.h"

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <grpcpp/alarm.h>

#include "ledger/base/status.h"
#include "ledger/engine/checkpoints.h"
#include "services/rpc/status.h"

#include "absl/strings/str_cat.h"

namespace fundledger::api {
namespace {

namespace v1 = ::fundledger::v1;

// One message. A record has at most 64 KiB, and what surrounds it little, so that 2 MiB always hold one.
constexpr size_t kMessageBytes = 1 << 20;
constexpr int kMessageRecordsMax = 4096;
// How soon a new record is seen. To look takes as long as reading a pointer.
constexpr std::chrono::milliseconds kPause{100};

std::string_view Method() {
  return RuleFor<v1::WatchRecordsRequest>().method;
}

absl::Status Stopping() {
  return Refuse(absl::StatusCode::kUnavailable, "SERVER_STOPPING",
                "the server is stopping; go on from the last record when it is back");
}

// Ends at once.
class RefusedWatch final : public RecordWatches::Reactor {
 public:
  explicit RefusedWatch(const absl::Status& why) { Finish(rpc::ToGrpcStatus(why)); }
  void OnDone() override { delete this; }
};

// Records from `next` on, as many as fit, up to the last checkpoint among them.
absl::Status FillFrom(const engine::View& view, Sequence next, v1::WatchRecordsResponse* message) {
  size_t bytes = 0;
  RETURN_IF_ERROR(view.ScanRecords(next, [&](Sequence, std::string_view record) {
    const bool full = message->records_size() == kMessageRecordsMax ||
                      (message->records_size() > 0 && bytes + record.size() > kMessageBytes);
    if (full) return false;
    bytes += record.size();
    message->add_records(record.data(), record.size());
    return true;
  }));
  const uint64_t end = next + static_cast<uint64_t>(message->records_size());
  // A watch from the very end begins with the checkpoint of what the watcher has already.
  ASSIGN_OR_RETURN(auto last, engine::LastCheckpoint(view, end == next ? next - 1 : next, end));
  if (!last.has_value()) return absl::OkStatus();  // a group larger than a message: its end is yet to come
  const int cut = static_cast<int>(last->size - next);
  message->mutable_records()->DeleteSubrange(cut, message->records_size() - cut);
  message->set_checkpoint(std::move(last->note));
  return absl::OkStatus();
}

}  // namespace

// One step at a time: it reads, or a write is under way, or it waits for an alarm; each ends in Continue, and
// that in the next or in Finish. So nothing but the flags is shared between threads.
class RecordWatch final : public RecordWatches::Reactor {
 public:
  RecordWatch(const Context& context, RecordWatches* watches, grpc::CallbackServerContext* call,
              std::string officer, const v1::WatchRecordsRequest& request)
      : context_(context),
        watches_(watches),
        call_(call),
        officer_(std::move(officer)),
        until_latest_(request.until_latest()),
        next_(request.from()) {}

  void Continue() {
    if (is_broken_) return Finish(rpc::ToGrpcStatus(absl::CancelledError("the caller went away")));
    if (watches_->is_stopping()) return End(Stopping());
    if (const absl::Status standing = CheckStanding(); !standing.ok()) {
      context_.watch->OnRefused({Method(), call_->peer(), officer_, {}, standing});
      return End(standing);
    }
    const uint64_t size = context_.engine->view()->size();
    const bool all_sent = has_sent_ && next_ == size;
    if (all_sent && until_latest_) return End(absl::OkStatus());
    if (all_sent) return Pause();
    context_.runtime->executor->Run([this](const absl::Status& admitted) { Read(admitted); });
  }

  void OnWriteDone(bool ok) override {
    if (!ok) is_broken_ = true;
    Continue();
  }

  void OnCancel() override { is_broken_ = true; }

  void OnDone() override {
    watches_->Remove(officer_);
    delete this;
  }

 private:
  absl::Status CheckStanding() const {
    ASSIGN_OR_RETURN(const Caller caller, context_.access->IdentifyQuickly(*call_->auth_context()));
    return CheckQuery(caller, RuleFor<v1::WatchRecordsRequest>()).status();
  }

  // Queries come first: where they fill the queue the watch comes back later.
  void Read(const absl::Status& admitted) {
    if (absl::IsResourceExhausted(admitted)) return Pause();
    if (!admitted.ok()) return End(admitted);
    const std::shared_ptr<const engine::View> view = context_.engine->view();
    message_.Clear();
    const absl::Status filled = FillFrom(*view, next_, &message_);
    if (!filled.ok()) return End(filled);
    next_ += static_cast<uint64_t>(message_.records_size());
    has_sent_ = true;
    StartWrite(&message_);
  }

  void Pause() {
    alarm_ = std::make_unique<grpc::Alarm>();  // the one before may be what calls
    alarm_->Set(std::chrono::system_clock::now() + kPause, [this](bool) { Continue(); });
  }

  void End(const absl::Status& status) {
    rpc::ReportFault(*context_.runtime, status);
    Finish(rpc::ToGrpcStatus(status));
  }

  const Context& context_;
  RecordWatches* const watches_;
  grpc::CallbackServerContext* const call_;  // lives until OnDone
  const std::string officer_;                // of the connection; empty in insecure loopback mode
  const bool until_latest_;

  // Of the step under way.
  Sequence next_;
  bool has_sent_ = false;
  v1::WatchRecordsResponse message_;  // of the write under way
  std::unique_ptr<grpc::Alarm> alarm_;

  std::atomic<bool> is_broken_ = false;  // nobody is there to be told
};

RecordWatches::Reactor* RecordWatches::Refused(grpc::CallbackServerContext* call, const std::string& officer,
                                               const absl::Status& why) {
  context_.watch->OnRefused({Method(), call->peer(), officer, {}, why});
  return new RefusedWatch(why);  // deletes itself in OnDone
}

RecordWatches::Reactor* RecordWatches::Open(grpc::CallbackServerContext* call,
                                            const v1::WatchRecordsRequest& request) {
  const absl::StatusOr<Caller> caller = context_.access->IdentifyQuickly(*call->auth_context());
  if (!caller.ok()) return Refused(call, "", caller.status());
  const absl::StatusOr<Reach> reach = CheckQuery(*caller, RuleFor<v1::WatchRecordsRequest>());
  if (!reach.ok()) return Refused(call, caller->officer, reach.status());
  if (const uint64_t size = context_.engine->view()->size(); request.from() > size) {
    return new RefusedWatch(
        Refuse(absl::StatusCode::kOutOfRange, "WATCH_BEYOND_END",
               absl::StrCat("records are wanted from ", request.from(), " on, the ledger has ", size)));
  }
  if (const absl::Status added = Add(caller->officer); !added.ok())
    return Refused(call, caller->officer, added);
  auto* watch = new RecordWatch(context_, this, call, caller->officer, request);  // deletes itself in OnDone
  if (caller->is_known()) context_.watch->OnRecordsWatched(*caller, call->peer(), request.from());
  watch->Continue();
  return watch;
}

absl::Status RecordWatches::Add(const std::string& officer) {
  MutexLock lock(&mutex_);
  if (stopping_) return Stopping();
  return shares_.Take(officer);
}

void RecordWatches::Stop() {
  MutexLock lock(&mutex_);
  stopping_ = true;
}

bool RecordWatches::is_stopping() {
  MutexLock lock(&mutex_);
  return stopping_;
}

void RecordWatches::Remove(const std::string& officer) {
  MutexLock lock(&mutex_);
  shares_.GiveBack(officer);
}

}  // namespace fundledger::api
