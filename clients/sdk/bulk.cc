#include "clients/sdk/bulk.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <utility>

#include "clients/sdk/files.h"
#include "clients/sdk/rpc_status.h"
#include "ledger/base/status.h"

#include "absl/strings/str_cat.h"

namespace fundledger::sdk {
namespace {

using SteadyClock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using Stream = grpc::ClientReaderWriter<v1::SubmitStreamRequest, v1::SubmitStreamResponse>;

// Signed at a time: enough to keep all cores busy, few enough that the first are soon on their way.
constexpr size_t kSealAtOnce = 64;
// So many checkpoints may wait for their proof of consistency.
constexpr size_t kOwedMax = 64;
// What is in flight is also bounded in bytes; a single larger submission goes alone.
constexpr size_t kWindowBytes = size_t{8} << 20;

absl::Status Mismatch(std::string_view what) {
  return Evidence("ANSWER_MISMATCH", absl::StrCat("on the stream of submissions the server answered ",
                                                  ToAbsl(what), ": do not believe this answer"));
}

// The drafts of one run, sealed where they have been, and what became of them.
class Work {
 public:
  Work(Client* client, const std::vector<Unsealed>& drafts, const BulkSubmitter::Report& report)
      : client_(client),
        drafts_(drafts),
        report_(report),
        checkpoints_(client->log_keys()),
        sealed_(drafts.size()),
        outcomes_(drafts.size()),
        may_be_recorded_(drafts.size()) {}

  size_t reported() const { return reported_; }
  size_t answers() const { return answers_; }
  bool stopped() const { return stopped_; }
  bool done() const { return stopped_ || reported_ == drafts_.size(); }
  // It was sent, and nothing says that the ledger did not take it.
  void MayBeRecorded(size_t index) { may_be_recorded_[index] = true; }
  size_t unanswered() const {
    const auto open = may_be_recorded_.begin() + static_cast<ptrdiff_t>(reported_);
    return static_cast<size_t>(std::count(open, may_be_recorded_.end(), true));
  }
  const crypto::PublicKey& KeyOf(size_t index) const { return drafts_[index].signer->public_key(); }

  // What has no outcome yet, in order.
  std::vector<size_t> Open() const {
    std::vector<size_t> open;
    for (size_t i = reported_; i < drafts_.size(); ++i) {
      if (!outcomes_[i].has_value()) open.push_back(i);
    }
    return open;
  }

  // The sealed bytes, always the same. By one thread at a time; sealed() is for others, for what was sent.
  absl::StatusOr<const Sealed*> SealOne(size_t index) {
    while (index >= sealed_count_) {
      const size_t count = std::min(kSealAtOnce, drafts_.size() - sealed_count_);
      ASSIGN_OR_RETURN(std::vector<Sealed> next,
                       SealAll(absl::MakeConstSpan(drafts_).subspan(sealed_count_, count)));
      std::move(next.begin(), next.end(), sealed_.begin() + static_cast<ptrdiff_t>(sealed_count_));
      sealed_count_ += count;
    }
    return &sealed_[index];
  }
  const Sealed& sealed(size_t index) const { return sealed_[index]; }

  absl::StatusOr<CheckedReceipt> Check(size_t index, const v1::Receipt& receipt) {
    return CheckReceipt(receipt, sealed_[index], KeyOf(index), &checkpoints_,
                        [this](const std::string& officer, Sequence before) {
                          return client_->KeysNamedFor(officer, before);
                        });
  }

  // Takes outcomes: keeps their receipts, then reports what is next in order.
  absl::Status Take(std::vector<std::pair<size_t, absl::StatusOr<CheckedReceipt>>> outcomes) {
    std::vector<const CheckedReceipt*> receipts;
    for (const auto& [index, outcome] : outcomes) {
      if (outcome.ok()) receipts.push_back(&*outcome);
    }
    if (!receipts.empty()) RETURN_IF_ERROR(KeepReceipts(client_->config().receipts_path(), receipts));
    size_t owed = 0;
    for (const CheckedReceipt* receipt : receipts) owed = client_->Owe(*receipt);
    for (auto& [index, outcome] : outcomes) outcomes_[index] = std::move(outcome);
    answers_ += outcomes.size();
    ReportNext();
    return owed < kOwedMax ? absl::OkStatus() : client_->Settle();
  }

  // Takes the next outcome in order, whose receipt the client has kept.
  absl::Status TakeKept(absl::StatusOr<CheckedReceipt> outcome) {
    const size_t owed = outcome.ok() ? client_->Owe(*outcome) : 0;
    outcomes_[reported_] = std::move(outcome);
    ReportNext();
    return owed < kOwedMax ? absl::OkStatus() : client_->Settle();
  }

 private:
  void ReportNext() {
    for (; reported_ < drafts_.size() && outcomes_[reported_].has_value(); ++reported_) {
      const bool go_on = report_(reported_, sealed_[reported_], *outcomes_[reported_]);
      stopped_ = stopped_ || !go_on;
      outcomes_[reported_].reset();  // nobody asks again
    }
  }

  Client* client_;
  const std::vector<Unsealed>& drafts_;
  const BulkSubmitter::Report& report_;
  CheckpointReader checkpoints_;
  std::vector<Sealed> sealed_;
  size_t sealed_count_ = 0;
  std::vector<std::optional<absl::StatusOr<CheckedReceipt>>> outcomes_;
  std::vector<bool> may_be_recorded_;
  size_t reported_ = 0;
  size_t answers_ = 0;
  bool stopped_ = false;
};

// How an attempt ended that left something open.
struct Ending {
  absl::Status status;      // OK: nothing was wrong
  bool again = false;       // the same bytes may be sent again
  bool no_streams = false;  // the server does not know the method
  int64_t delay_ms = 0;     // not before this
};

// One stream, from its opening to its end. A thread writes, a thread reads; the caller's thread checks, keeps
// and reports.
class Attempt {
 public:
  Attempt(Client* client, const BulkOptions& options, Work* work)
      : client_(client), options_(options), work_(work), order_(work->Open()) {}

  Ending Run() {
    stream_ = client_->ledger_service().SubmitStream(&context_);
    std::thread writer([this] { Write(); });
    std::thread reader([this] { Read(); });
    absl::Status local = Serve();
    if (!local.ok()) context_.TryCancel();
    Halt();
    writer.join();
    reader.join();
    const grpc::Status ended = stream_->Finish();
    return End(std::move(local), ended);
  }

 private:
  void Write() {
    for (const size_t index : order_) {
      const auto sealed = work_->SealOne(index);
      if (!sealed.ok()) {
        const std::lock_guard lock(mutex_);
        unsealed_ = sealed.status();
        break;
      }
      const size_t size = (*sealed)->envelope.size();
      if (!Admit(size)) break;
      v1::SubmitStreamRequest request;
      request.set_envelope((*sealed)->envelope);
      if (!stream_->Write(request)) return;  // broken: the reader sees it too
    }
    stream_->WritesDone();
    const std::lock_guard lock(mutex_);
    all_sent_ = true;
    changed_.notify_all();
  }

  // Waits for room in the window. False: nothing more is to be sent.
  bool Admit(size_t size) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] {
      const bool room = sizes_.size() < options_.window && (sizes_.empty() || bytes_ + size <= kWindowBytes);
      return halted_ || ended_ || room;
    });
    if (halted_ || ended_) return false;
    sizes_.push_back(size);
    bytes_ += size;
    ++sent_;
    if (sizes_.size() == 1) changed_.notify_all();  // now there is an answer to wait for
    return true;
  }

  void Read() {
    v1::SubmitStreamResponse response;
    while (stream_->Read(&response)) {
      const std::lock_guard lock(mutex_);
      responses_.push_back(std::move(response));
      changed_.notify_all();
    }
    const std::lock_guard lock(mutex_);
    ended_ = true;
    changed_.notify_all();
  }

  // Nothing more is sent; what was sent is answered still.
  void Halt() {
    const std::lock_guard lock(mutex_);
    halted_ = true;
    changed_.notify_all();
  }

  // Until the stream has ended and every answer was taken, or something is wrong on this side.
  absl::Status Serve() {
    for (;;) {
      std::deque<v1::SubmitStreamResponse> responses;
      size_t sent = 0;
      {
        std::unique_lock lock(mutex_);
        const auto heard = [&] { return ended_ || !responses_.empty() || !unsealed_.ok(); };
        // Only a server that owes something is silent: sealing may take as long as it likes.
        changed_.wait(lock, [&] { return heard() || !sizes_.empty() || all_sent_; });
        const bool woken = changed_.wait_for(lock, milliseconds(client_->options().attempt_ms), heard);
        if (!unsealed_.ok()) return unsealed_;
        if (!woken) {
          timed_out_ = true;
          context_.TryCancel();
          changed_.wait(lock, [&] { return ended_ || !responses_.empty(); });
        }
        if (responses_.empty() && ended_) return absl::OkStatus();
        responses.swap(responses_);
        sent = sent_;
      }
      RETURN_IF_ERROR(TakeAll(responses, sent));
    }
  }

  absl::Status TakeAll(const std::deque<v1::SubmitStreamResponse>& responses, size_t sent) {
    std::vector<std::pair<size_t, absl::StatusOr<CheckedReceipt>>> outcomes;
    absl::Status wrong;
    for (const v1::SubmitStreamResponse& response : responses) {
      wrong = TakeOne(response, sent, &outcomes);
      if (!wrong.ok()) break;
    }
    // What came before a wrong answer stands.
    RETURN_IF_ERROR(work_->Take(std::move(outcomes)));
    RETURN_IF_ERROR(wrong);
    const std::lock_guard lock(mutex_);
    // Before the window opens: behind what stops a run, no more than a window may have been sent.
    halted_ = work_->stopped() || !not_judged_.ok();
    for (size_t i = 0; i < responses.size(); ++i) {
      bytes_ -= sizes_.front();
      sizes_.pop_front();
    }
    changed_.notify_all();
    return absl::OkStatus();
  }

  absl::Status TakeOne(const v1::SubmitStreamResponse& response, size_t sent,
                       std::vector<std::pair<size_t, absl::StatusOr<CheckedReceipt>>>* outcomes) {
    if (response.index() != answered_ || answered_ >= sent) {
      return Mismatch(absl::StrCat("request ", response.index(), " where request ", answered_, " of ", sent,
                                   " was next"));
    }
    const size_t index = order_[answered_];
    if (response.has_receipt()) {
      auto checked = work_->Check(index, response.receipt());
      if (!checked.ok()) return checked.status();
      outcomes->emplace_back(index, *std::move(checked));
    } else if (response.has_error()) {
      absl::Status error = FromSubmitError(response.error());
      if (RecordedNothing(error)) not_taken_.insert(answered_);
      if (!IsRefusal(error)) {
        if (not_judged_.ok()) not_judged_ = std::move(error);
        delay_ms_ = std::max(delay_ms_, response.error().retry_delay_ms());
      } else if (not_judged_.ok()) {
        outcomes->emplace_back(index, std::move(error));
      }
      // Refused behind one that the ledger could not take: judged without it, and so judged again.
    } else {
      return Mismatch(absl::StrCat("request ", answered_, " with neither a receipt nor an error"));
    }
    ++answered_;
    return absl::OkStatus();
  }

  Ending End(absl::Status local, const grpc::Status& ended) {
    Ending ending;
    // A server without streams took nothing of what was sent on one.
    ending.no_streams = ended.error_code() == grpc::StatusCode::UNIMPLEMENTED && answered_ == 0;
    for (size_t i = 0; i < sent_ && !ending.no_streams; ++i) {
      if (not_taken_.count(i) == 0) work_->MayBeRecorded(order_[i]);
    }
    if (!local.ok()) {
      ending.status = std::move(local);
    } else if (!not_judged_.ok()) {
      ending.status = not_judged_;
      ending.again = IsUnanswered(not_judged_);
      ending.delay_ms = delay_ms_;
    } else if (work_->done()) {
      return ending;
    } else {
      const grpc::Status status =
          timed_out_ ? grpc::Status(grpc::StatusCode::DEADLINE_EXCEEDED, "no answer on the stream in time")
          : ended.ok()
              ? grpc::Status(grpc::StatusCode::UNAVAILABLE, "the stream ended before all was answered")
              : ended;
      ending.status = FromGrpc(status);
      ending.again = IsRetryable(status);
      ending.delay_ms = RetryDelayMs(status).value_or(0);
    }
    return ending;
  }

  Client* client_;
  const BulkOptions& options_;
  Work* work_;
  const std::vector<size_t> order_;  // indices of what is sent, in this order
  grpc::ClientContext context_;
  std::unique_ptr<Stream> stream_;

  // The caller's thread only.
  size_t answered_ = 0;
  std::set<size_t> not_taken_;  // places in the order: the ledger says that it did not record them
  absl::Status not_judged_;     // of the first that the ledger neither took nor refused
  int64_t delay_ms_ = 0;
  bool timed_out_ = false;

  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::deque<v1::SubmitStreamResponse> responses_;
  std::deque<size_t> sizes_;  // of what is in flight
  size_t bytes_ = 0;          // their sum
  size_t sent_ = 0;
  bool all_sent_ = false;
  bool halted_ = false;
  bool ended_ = false;
  absl::Status unsealed_;
};

// One call after the other.
absl::Status RunUnary(Client* client, Work* work) {
  for (const size_t index : work->Open()) {
    ASSIGN_OR_RETURN(const Sealed* sealed, work->SealOne(index));
    absl::StatusOr<CheckedReceipt> outcome = client->Submit(*sealed, work->KeyOf(index), false);
    if (!RecordedNothing(outcome.status())) work->MayBeRecorded(index);
    if (!outcome.ok() && !IsRefusal(outcome.status())) return outcome.status();
    RETURN_IF_ERROR(work->TakeKept(std::move(outcome)));
    if (work->done()) break;
  }
  return absl::OkStatus();
}

// Over one stream after the other while the server knows any, then one call after the other.
absl::Status RunAll(Client* client, const BulkOptions& options, bool* streams, Work* work) {
  const milliseconds patience(client->options().patience_ms);
  auto give_up = SteadyClock::now() + patience;
  milliseconds pause{50};
  while (*streams && !work->done()) {
    const size_t answers = work->answers();
    const Ending ending = Attempt(client, options, work).Run();
    if (work->done() && (ending.status.ok() || ending.again)) break;
    if (ending.no_streams) {
      *streams = false;
      break;
    }
    if (!ending.again) return ending.status;
    if (work->answers() != answers) {
      give_up = SteadyClock::now() + patience;
      pause = milliseconds(50);
    }
    const milliseconds wait = std::max(pause, milliseconds(ending.delay_ms));
    if (SteadyClock::now() + wait > give_up) return ending.status;
    client->Wait(wait.count());
    pause = std::min(pause * 2, milliseconds(2000));
  }
  if (!work->done()) RETURN_IF_ERROR(RunUnary(client, work));
  return client->Settle();
}

}  // namespace

absl::Status BulkSubmitter::Run(const std::vector<Unsealed>& drafts, const Report& report) {
  Work work(client_, drafts, report);
  absl::Status status = RunAll(client_, options_, &streams_, &work);
  unanswered_ = work.unanswered();
  return status;
}

}  // namespace fundledger::sdk
