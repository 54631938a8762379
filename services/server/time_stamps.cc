#include "services/server/time_stamps.h"

#include <algorithm>
#include <future>
#include <limits>
#include <thread>
#include <utility>

#include "ledger/base/status.h"
#include "ledger/engine/attestations.h"
#include "ledger/log/log_signed.h"
#include "ledger/log/record.h"
#include "services/server/files.h"
#include "services/server/http_client.h"
#include "services/server/log.h"
#include "services/server/ticks.h"

#include "absl/strings/str_cat.h"

namespace fundledger::server {
namespace {

constexpr int64_t kSecondUs = 1'000'000;
constexpr int64_t kFirstRetrySeconds = 15;

absl::StatusOr<int64_t> RecordedAt(const engine::View& view, Sequence sequence) {
  ASSIGN_OR_RETURN(const std::string bytes, view.Record(sequence));
  ASSIGN_OR_RETURN(const log::Record record, log::DecodeRecord(bytes));
  return record.header.recorded_at_us;
}

std::string Seconds(int64_t us) {
  return absl::StrCat(us / kSecondUs, " s");
}

class ThreadStamping final : public Stamping {
 public:
  ThreadStamping(StampingOptions options, std::unique_ptr<HttpClient> client, engine::Engine* engine)
      : options_(std::move(options)), client_(std::move(client)), engine_(engine) {
    thread_ = std::thread([this] { Run(); });
  }
  ~ThreadStamping() override { Stop(); }

  void Tick() override { ticks_.Tick(); }

  void Stop() override {
    ticks_.Stop();
    client_->Stop();
    if (thread_.joinable()) thread_.join();
  }

 private:
  void Run() {
    FindLast();
    while (ticks_.Wait()) {
      const int64_t now_us = options_.monotonic_clock();
      if (now_us < next_us_ || engine_->view()->size() <= stamped_size_) continue;
      // What cannot be kept is not asked for.
      if (!engine_->write_status().ok()) continue;
      const absl::Status status = Ask();
      if (ticks_.is_stopping()) return;
      Settle(status, now_us);
    }
  }

  // What was kept before this start.
  void FindLast() {
    const std::shared_ptr<const engine::View> view = engine_->view();
    std::string response;
    std::string note;
    uint64_t last = 0;
    const absl::Status scanned = engine::ScanAttested(
        *view, 0, std::numeric_limits<uint64_t>::max() - 1, [&](uint64_t size, const auto& attested) {
          for (const v1::TimeStamp& stamp : attested.time_stamps()) {
            if (stamp.authority() != options_.name) continue;
            last = size;
            response = stamp.response();
            note = attested.checkpoint();
          }
          return !ticks_.is_stopping();
        });
    if (!scanned.ok()) LogStatus(LogLevel::kError, "time_stamps_unreadable", scanned);
    if (last == 0) return;
    // Where another authority has taken over the name, the checkpoint is stamped once more.
    const auto stamped = crypto::VerifyTimeStamp(response, log::LogSigned(note), options_.authorities_pem);
    if (stamped.ok()) Hold(last, *stamped);
  }

  void Hold(uint64_t size, const crypto::StampedTime& stamped) {
    stamped_size_ = size;
    options_.on_stamped(size, stamped);
  }

  absl::Status Ask() {
    const std::shared_ptr<const engine::View> view = engine_->view();
    const int64_t asked_us = options_.clock();
    const std::string& note = view->signed_checkpoint();
    ASSIGN_OR_RETURN(const crypto::TimeStampRequest request, crypto::MakeTimeStampRequest(note));
    ASSIGN_OR_RETURN(const HttpAnswer answer,
                     client_->Post("application/timestamp-query", request.der, crypto::kTimeStampBytesMax));
    if (answer.status != 200) {
      return Refuse(absl::StatusCode::kUnavailable, "TIME_STAMP_NOT_ANSWERED",
                    absl::StrCat("the authority answers with HTTP status ", answer.status));
    }
    ASSIGN_OR_RETURN(const crypto::StampedTime stamped,
                     crypto::VerifyTimeStamp(answer.body, note, options_.authorities_pem, request.nonce));
    RETURN_IF_ERROR(CheckStampFits(stamped, view->size(), *engine_->view(), asked_us, options_.clock()));
    RETURN_IF_ERROR(Keep(view->size(), answer.body));
    Hold(view->size(), stamped);
    Log(LogLevel::kInfo, "time_stamped",
        {{"authority", options_.name},
         {"size", absl::StrCat(view->size())},
         {"time_us", absl::StrCat(stamped.time_us)},
         {"serial", stamped.serial}});
    return absl::OkStatus();
  }

  // Waits until it is on disk.
  absl::Status Keep(uint64_t size, const std::string& response) {
    engine::Attestation attestation;
    attestation.size = size;
    attestation.time_stamps.emplace_back();
    attestation.time_stamps.back().set_authority(options_.name);
    attestation.time_stamps.back().set_response(response);
    const auto kept = std::make_shared<std::promise<absl::Status>>();
    std::future<absl::Status> heard = kept->get_future();
    engine_->Keep(std::move(attestation),
                  [kept](absl::Status status) { kept->set_value(std::move(status)); });
    return heard.get();
  }

  void Settle(const absl::Status& status, int64_t asked_us) {
    failures_ = status.ok() ? 0 : failures_ + 1;
    int64_t delay_s = options_.interval_seconds;
    if (!status.ok()) delay_s = std::min(delay_s, kFirstRetrySeconds << std::min(failures_ - 1, 20));
    next_us_ = asked_us + delay_s * kSecondUs;
    if (status.ok()) return;
    Log(LogLevel::kWarn, "time_stamp_failed",
        {{"authority", options_.name},
         {"reason", ReasonOf(status)},
         {"message", std::string(status.message())},
         {"retry_seconds", absl::StrCat(delay_s)}});
    options_.on_failed(status);
  }

  const StampingOptions options_;
  const std::unique_ptr<HttpClient> client_;
  engine::Engine* const engine_;

  // The thread's alone.
  uint64_t stamped_size_ = 0;
  int64_t next_us_ = std::numeric_limits<int64_t>::min();
  int failures_ = 0;

  Ticks ticks_;
  std::thread thread_;
};

}  // namespace

absl::Status CheckStampFits(const crypto::StampedTime& stamped, uint64_t size, const engine::View& view,
                            int64_t asked_us, int64_t now_us) {
  const int64_t time_us = stamped.time_us;
  ASSIGN_OR_RETURN(const int64_t before_us, RecordedAt(view, size - 1));
  if (time_us < std::max(asked_us, before_us) - kStampMarginUs || time_us > now_us + kStampMarginUs) {
    return Refuse(absl::StatusCode::kFailedPrecondition, "TIME_STAMP_CLOCKS_DIFFER",
                  absl::StrCat("the authority's time is ", Seconds(time_us - now_us),
                               " ahead of this machine's: one of the two clocks is wrong"));
  }
  if (view.size() == size) return absl::OkStatus();
  ASSIGN_OR_RETURN(const int64_t after_us, RecordedAt(view, size));
  if (after_us >= time_us - kStampMarginUs) return absl::OkStatus();
  return Refuse(absl::StatusCode::kFailedPrecondition, "TIME_STAMP_TOO_LATE",
                absl::StrCat("the stamp came ", Seconds(time_us - after_us),
                             " after the next record: it would speak against that record"));
}

absl::StatusOr<std::vector<StampingOptions>> LoadStamping(const Config& config) {
  std::vector<StampingOptions> loaded;
  for (const StampingAuthority& authority : config.stamping_authorities) {
    ASSIGN_OR_RETURN(std::string pem, ReadFile(authority.certificates));
    const absl::Status checked = crypto::CheckTimeStampAuthorities(pem);
    if (!checked.ok()) return Annotate(checked, authority.certificates);
    loaded.push_back({.name = authority.name,
                      .url = authority.url,
                      .authorities_pem = std::move(pem),
                      .interval_seconds = config.stamping_interval_seconds,
                      .timeout_seconds = config.stamping_timeout_seconds});
  }
  return loaded;
}

absl::StatusOr<std::unique_ptr<Stamping>> Stamping::Start(StampingOptions options, engine::Engine* engine) {
  RETURN_IF_ERROR(crypto::CheckTimeStampAuthorities(options.authorities_pem));
  ASSIGN_OR_RETURN(std::unique_ptr<HttpClient> client,
                   HttpClient::Make(options.url, options.timeout_seconds));
  return std::make_unique<ThreadStamping>(std::move(options), std::move(client), engine);
}

}  // namespace fundledger::server
