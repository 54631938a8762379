#include "services/server/witnesses.h"

#include <algorithm>
#include <deque>
#include <functional>
#include <future>
#include <limits>
#include <map>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "ledger/base/bytes.h"
#include "ledger/base/mutex.h"
#include "ledger/base/status.h"
#include "ledger/base/utf8.h"
#include "ledger/crypto/certificate.h"
#include "ledger/crypto/digest.h"
#include "ledger/engine/attestations.h"
#include "ledger/log/cosignature.h"
#include "ledger/log/lines.h"
#include "ledger/log/note.h"
#include "ledger/log/witness_request.h"
#include "services/server/files.h"
#include "services/server/http_client.h"
#include "services/server/log.h"
#include "services/server/ticks.h"

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"

namespace fundledger::server {
namespace {

namespace v1 = ::fundledger::v1;

constexpr int64_t kSecondUs = 1'000'000;
constexpr int64_t kFirstRetrySeconds = 15;
// Cosignature lines of a few keys, or an error's text.
constexpr size_t kAnswerBytesMax = 64 << 10;
// A checkpoint with its signatures, kept in a log line.
constexpr size_t kNoteBytesMax = 16 << 10;
// The witness may be moved on by another request in between, but not for ever.
constexpr int kAttemptsMax = 3;
// Of views: one that was taken a moment ago may be behind the latest.
constexpr size_t kNotesKept = 8;
constexpr uint64_t kScanStep = 1024;
// Of attested checkpoints: so many are looked at again for what came to them since. At one a minute those of
// three days.
constexpr size_t kNotesKnown = 4096;

// What witnesses answer that cannot be if this log and they are in order.
absl::Status Contradicts(std::string_view message) {
  return Refuse(absl::StatusCode::kDataLoss, "WITNESS_CONTRADICTS", message);
}

absl::Status NotAnswered(std::string_view message) {
  return Refuse(absl::StatusCode::kUnavailable, "WITNESS_NOT_ANSWERED", message);
}

// The lines of `known` in a note: what else a witness sent is not kept.
std::vector<std::string> LinesOf(const log::Note& note, const log::WitnessVerifier& known) {
  std::vector<std::string> lines;
  for (const log::NoteSignature& line : note.signatures) {
    if (line.name != known.name || line.key_id != known.key_id) continue;
    lines = {log::SignatureLine(line.name, line.key_id, line.signature)};  // of several the last
  }
  return lines;
}

// Up to where the quorum stands, and how each witness is; what answers say.
class Standing final {
 public:
  explicit Standing(const log::Policy& policy) : policy_(policy), keys_(policy.WitnessKeys()) {
    for (const log::PolicyWitness& witness : policy.witnesses())
      state_.add_witnesses()->set_name(witness.key.name);
    state_.set_quorum(static_cast<int32_t>(policy.CosignaturesMin()));
  }

  // `note` with all cosignatures that are kept of it. True if the quorum stands under it.
  bool Add(uint64_t size, const std::string& note) {
    const auto parsed = log::ParseNote(note);
    if (!parsed.ok()) return false;
    const auto cosignatures = log::OpenCosignatures(*parsed, keys_);
    if (!cosignatures.ok()) return false;
    const MutexLock lock(&mutex_);
    for (const log::Cosignature& cosignature : *cosignatures) Note(size, cosignature);
    const auto since_s = policy_.SatisfiedSince(*cosignatures);
    if (!since_s.has_value()) return false;
    if (size < state_.size()) return true;
    if (size > state_.size() || notes_.empty()) notes_.emplace_back();
    notes_.back() = {size, note};
    if (notes_.size() > kNotesKept) notes_.pop_front();
    state_.set_size(size);
    state_.set_since_us(static_cast<int64_t>(*since_s) * kSecondUs);
    return true;
  }

  void SetError(size_t witness, const absl::Status& status) {
    const MutexLock lock(&mutex_);
    state_.mutable_witnesses(static_cast<int>(witness))
        ->set_error(status.ok() ? "" : absl::StrCat(ReasonOf(status), ": ", status.message()));
  }

  uint64_t SizeOf(size_t witness) const {
    const MutexLock lock(&mutex_);
    return state_.witnesses(static_cast<int>(witness)).size();
  }

  std::string NoteUpTo(uint64_t size) const {
    const MutexLock lock(&mutex_);
    for (auto note = notes_.rbegin(); note != notes_.rend(); ++note) {
      if (note->first <= size) return note->second;
    }
    return "";
  }

  v1::Witnessing State() const {
    const MutexLock lock(&mutex_);
    return state_;
  }

 private:
  void Note(uint64_t size, const log::Cosignature& cosignature) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    for (size_t i = 0; i < keys_.size(); ++i) {
      v1::WitnessState* state = state_.mutable_witnesses(static_cast<int>(i));
      if (keys_[i].name != cosignature.name || keys_[i].key_id != cosignature.key_id ||
          size < state->size()) {
        continue;
      }
      state->set_size(size);
      state->set_cosigned_at_us(static_cast<int64_t>(cosignature.time_s) * kSecondUs);
    }
  }

  const log::Policy policy_;
  const std::vector<log::WitnessVerifier> keys_;
  mutable Mutex mutex_;
  v1::Witnessing state_ ABSL_GUARDED_BY(mutex_);
  std::deque<std::pair<uint64_t, std::string>> notes_ ABSL_GUARDED_BY(mutex_);  // smallest first
};

// One witness, on a thread of its own.
class Asking {
 public:
  // `prefix`: the path of the witness's URL, without a slash at its end.
  Asking(size_t index, const WitnessingOptions& options, std::unique_ptr<HttpClient> client,
         std::string prefix, engine::Engine* engine, Standing* standing)
      : index_(index),
        options_(options),
        key_(options.policy.witnesses()[index].key),
        client_(std::move(client)),
        prefix_(std::move(prefix)),
        engine_(engine),
        standing_(standing),
        has_(standing->SizeOf(index)),
        cosigned_(has_) {
    thread_ = std::thread([this] { Run(); });
  }
  ~Asking() { Stop(); }

  void Tick() { ticks_.Tick(); }

  void Stop() {
    ticks_.Stop();
    client_->Stop();
    if (thread_.joinable()) thread_.join();
  }

 private:
  void Run() {
    while (ticks_.Wait()) {
      const int64_t now_us = options_.monotonic_clock();
      if (now_us < next_us_ || engine_->view()->size() == cosigned_) continue;
      // What cannot be kept is not asked for.
      if (!engine_->write_status().ok()) continue;
      const absl::Status status = Ask();
      if (ticks_.is_stopping()) return;
      Settle(status, now_us);
    }
  }

  // The latest checkpoint, as an extension of what the witness has.
  absl::Status Ask() {
    const std::shared_ptr<const engine::View> view = engine_->view();
    for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
      if (has_ > view->size()) return IsAhead(view->size());
      log::WitnessRequest request{has_, {}, view->signed_checkpoint()};
      if (has_ > 0 && has_ < view->size()) {
        ASSIGN_OR_RETURN(request.consistency, view->ConsistencyProof(has_, view->size()));
      }
      ASSIGN_OR_RETURN(const HttpAnswer answer,
                       client_->Post("text/plain", log::FormatWitnessRequest(request), kAnswerBytesMax));
      switch (answer.status) {
        case 200:
          return Take(*view, answer.body);
        case 409:
          RETURN_IF_ERROR(Correct(answer));
          break;
        case 422:
          return Contradicts(absl::StrCat("the witness cosigned a tree of ", has_,
                                          " records that this log's tree of ", view->size(),
                                          " does not extend; it says: ", Quote(answer.body)));
        default:
          return NotAnswered(
              absl::StrCat("the witness answers with HTTP status ", answer.status, ": ", Quote(answer.body)));
      }
    }
    return NotAnswered("what the witness says it has changes with every answer");
  }

  absl::Status Correct(const HttpAnswer& answer) {
    std::string_view line = answer.body;
    if (line.ends_with('\n')) line.remove_suffix(1);
    const auto size = log::ReadNumber(line);
    if (!answer.content_type.starts_with(log::kTreeSizeType) || !size.has_value()) {
      return NotAnswered(
          absl::StrCat("the witness answers with HTTP status 409 and no tree size: ", Quote(answer.body)));
    }
    has_ = *size;
    return absl::OkStatus();
  }

  absl::Status IsAhead(uint64_t size) const {
    return Contradicts(absl::StrCat("the witness cosigned a tree of ", has_, " records, and this ledger has ",
                                    size,
                                    ": it was restored from an old copy, or another runs under its key"));
  }

  // What the witness cosigned last, asked for where it contradicts: the note, and in words how it stands to
  // this ledger. Believed for the witness's cosignature alone.
  struct Seen {
    std::string note;  // empty: it could not be had
    std::string standing;
  };
  Seen LookAtWitness() {
    const std::shared_ptr<const engine::View> view = engine_->view();
    const std::string& origin = view->checkpoint().origin;
    const auto answer = client_->Get(
        absl::StrCat(prefix_, "/", HexEncode(crypto::Sha256(origin).view()), "/checkpoint"), kNoteBytesMax);
    if (!answer.ok()) return {"", std::string(answer.status().message())};
    if (answer->status != 200) return {"", absl::StrCat("it answers with HTTP status ", answer->status)};
    const auto note = log::ParseNote(answer->body);
    const auto checkpoint = note.ok() ? log::ParseCheckpointText(note->text) : note.status();
    const auto cosigned = note.ok() ? log::OpenCosignatures(*note, {key_})
                                    : absl::StatusOr<std::vector<log::Cosignature>>(note.status());
    if (!checkpoint.ok() || !cosigned.ok() || cosigned->empty() || checkpoint->origin != origin) {
      return {"", "what it shows is no checkpoint of this log under its cosignature"};
    }
    const std::string theirs =
        absl::StrCat(checkpoint->size, " records, root ", HexEncode(checkpoint->root.view()));
    if (checkpoint->size > view->size()) {
      return {answer->body, absl::StrCat("it cosigned ", theirs, "; this ledger has ", view->size())};
    }
    const auto own = view->RootAt(checkpoint->size);
    if (!own.ok()) return {answer->body, std::string(own.status().message())};
    return {answer->body, absl::StrCat("it cosigned ", theirs, "; this ledger's root of that size is ",
                                       *own == checkpoint->root ? "the same" : HexEncode(own->view()))};
  }

  absl::Status Take(const engine::View& view, const std::string& lines) {
    ASSIGN_OR_RETURN(const log::Note note, log::ParseNote(view.signed_checkpoint() + lines));
    ASSIGN_OR_RETURN(const auto cosignatures, log::OpenCosignatures(note, {key_}));
    if (cosignatures.empty()) {
      return Refuse(absl::StatusCode::kUnauthenticated, "NOTE_UNVERIFIED",
                    absl::StrCat("the witness answers without a cosignature of the key ", key_.name));
    }
    has_ = view.size();
    const auto time_s = static_cast<int64_t>(cosignatures.back().time_s);
    const int64_t ahead_s = time_s - options_.clock() / kSecondUs;
    if (ahead_s > kWitnessClockMarginS || ahead_s < -kWitnessClockMarginS) {
      return Refuse(absl::StatusCode::kFailedPrecondition, "WITNESS_CLOCKS_DIFFER",
                    absl::StrCat("the witness's clock is ", ahead_s,
                                 " s ahead of this machine's: one of the two is wrong"));
    }
    RETURN_IF_ERROR(Keep(view.size(), LinesOf(note, key_)));
    cosigned_ = view.size();
    ASSIGN_OR_RETURN(const v1::AttestedCheckpoint attested,
                     engine::ReadAttested(*engine_->view(), view.size()));
    const bool stands = standing_->Add(view.size(), attested.checkpoint());
    Log(LogLevel::kInfo, "cosigned",
        {{"witness", key_.name},
         {"size", absl::StrCat(view.size())},
         {"time_s", absl::StrCat(time_s)},
         {"quorum", stands ? "stands" : "lacks others"}});
    return absl::OkStatus();
  }

  // Waits until it is on disk.
  absl::Status Keep(uint64_t size, std::vector<std::string> lines) {
    const auto kept = std::make_shared<std::promise<absl::Status>>();
    std::future<absl::Status> heard = kept->get_future();
    engine_->Keep({.size = size, .cosignatures = std::move(lines), .time_stamps = {}},
                  [kept](absl::Status status) { kept->set_value(std::move(status)); });
    return heard.get();
  }

  void Settle(const absl::Status& status, int64_t asked_us) {
    failures_ = status.ok() ? 0 : failures_ + 1;
    int64_t delay_s = options_.interval_seconds;
    if (!status.ok()) delay_s = std::min(delay_s, kFirstRetrySeconds << std::min(failures_ - 1, 20));
    next_us_ = asked_us + delay_s * kSecondUs;
    standing_->SetError(index_, status);
    const bool contradicts = ReasonOf(status) == "WITNESS_CONTRADICTS";
    if (!status.ok()) {
      LogFields fields = {{"witness", key_.name},
                          {"reason", ReasonOf(status)},
                          {"message", std::string(status.message())},
                          {"retry_seconds", absl::StrCat(delay_s)}};
      if (contradicts) {
        Seen seen = LookAtWitness();
        standing_->SetError(index_, Annotate(status, seen.standing));
        fields.emplace_back("standing", std::move(seen.standing));
        if (!seen.note.empty()) fields.emplace_back("cosigned", std::move(seen.note));
      }
      Log(contradicts ? LogLevel::kError : LogLevel::kWarn,
          contradicts ? "witness_contradicts" : "witness_failed", fields);
    }
    options_.on_asked(key_.name, status, contradicts);
  }

  const size_t index_;  // in the policy
  const WitnessingOptions& options_;
  const log::WitnessVerifier key_;
  const std::unique_ptr<HttpClient> client_;
  const std::string prefix_;
  engine::Engine* const engine_;
  Standing* const standing_;

  // The thread's alone.
  uint64_t has_;       // what the witness has, as far as is known
  uint64_t cosigned_;  // what is kept of it
  int64_t next_us_ = std::numeric_limits<int64_t>::min();
  int failures_ = 0;

  Ticks ticks_;
  std::thread thread_;
};

// What is kept of witnesses, as it is read into a Standing. One thread at a time.
class KeptReader final {
 public:
  explicit KeptReader(Standing* standing) : standing_(standing) {}

  // From the latest checkpoints back until the quorum is found, or where it stood before, so that an old
  // ledger starts as quickly as a new one. A witness that is not met on the way says itself what it has. Read
  // again, it looks at each signature once: only at what is new, and at what came to a checkpoint later,
  // unless kNotesKnown others are attested behind that one. Ends early, and OK, once `is_ending`.
  absl::Status Read(const engine::View& view, const std::function<bool()>& is_ending) {
    const uint64_t before = standing_->State().size();
    const uint64_t oldest = std::max(before, known_.size() < kNotesKnown ? 0 : known_.begin()->first);
    uint64_t step = kScanStep;
    for (uint64_t last = view.size(); last >= oldest; step *= 2) {
      const uint64_t first = std::max(oldest, last > step ? last - step + 1 : 0);
      RETURN_IF_ERROR(engine::ScanAttested(view, first, last, [&](uint64_t size, const auto& attested) {
        Look(size, attested.checkpoint());
        return !is_ending();
      }));
      if (first <= oldest || standing_->State().size() > before || is_ending()) break;
      last = first - 1;
    }
    known_.erase(known_.begin(), known_.lower_bound(standing_->State().size()));
    return absl::OkStatus();
  }

 private:
  void Look(uint64_t size, const std::string& note) {
    const Hash256 digest = crypto::Sha256(note);
    const auto [known, is_new] = known_.try_emplace(size, digest);
    if (!is_new && known->second == digest) return;
    known->second = digest;
    (void)standing_->Add(size, note);
    if (known_.size() > kNotesKnown) known_.erase(known_.begin());
  }

  Standing* const standing_;
  std::map<uint64_t, Hash256> known_;  // digests of the notes looked at last, by size
};

class AllWitnesses final : public Witnesses {
 public:
  explicit AllWitnesses(WitnessingOptions options)
      : options_(std::move(options)), standing_(options_.policy) {}
  ~AllWitnesses() override { Stop(); }

  absl::Status Begin(engine::Engine* engine) {
    engine_ = engine;
    RETURN_IF_ERROR(kept_.Read(*engine->view(), [] { return false; }));
    // A mirror asks nobody: what it has of witnesses it fetches from the ledger.
    if (engine->mirror_state().has_value()) {
      reading_ = std::thread([this] { ReadFetched(); });
      return absl::OkStatus();
    }
    const auto& witnesses = options_.policy.witnesses();
    for (size_t i = 0; i < witnesses.size(); ++i) {
      if (witnesses[i].url.empty()) continue;
      const std::string slash = witnesses[i].url.ends_with('/') ? "" : "/";
      auto client = HttpClient::Make(absl::StrCat(witnesses[i].url, slash, "add-checkpoint"),
                                     options_.timeout_seconds, options_.ca);
      if (!client.ok()) return Annotate(client.status(), absl::StrCat("witness ", witnesses[i].name));
      std::string prefix = ParseUrl(witnesses[i].url)->path;
      while (prefix.ends_with('/')) prefix.pop_back();
      asking_.push_back(
          std::make_unique<Asking>(i, options_, *std::move(client), std::move(prefix), engine, &standing_));
    }
    return absl::OkStatus();
  }

  void Tick() override {
    for (const auto& each : asking_) each->Tick();
    ticks_.Tick();
  }
  void Stop() override {
    for (const auto& each : asking_) each->Stop();
    ticks_.Stop();
    if (reading_.joinable()) reading_.join();
  }
  std::string NoteUpTo(uint64_t size) const override { return standing_.NoteUpTo(size); }
  v1::Witnessing State() const override { return standing_.State(); }

 private:
  // A mirror's thread.
  void ReadFetched() {
    int64_t next_us = std::numeric_limits<int64_t>::min();
    while (ticks_.Wait()) {
      const int64_t now_us = options_.monotonic_clock();
      if (now_us < next_us) continue;
      next_us = now_us + options_.interval_seconds * kSecondUs;
      const absl::Status read = kept_.Read(*engine_->view(), [this] { return ticks_.is_stopping(); });
      if (!read.ok()) LogStatus(LogLevel::kError, "fault", read);
    }
  }

  const WitnessingOptions options_;
  Standing standing_;
  KeptReader kept_{&standing_};  // of Begin, then of `reading_`
  engine::Engine* engine_ = nullptr;
  std::vector<std::unique_ptr<Asking>> asking_;

  Ticks ticks_;
  std::thread reading_;  // on a mirror
};

}  // namespace

absl::StatusOr<std::unique_ptr<WitnessingOptions>> LoadWitnessing(const Config& config) {
  if (config.witness_policy.empty()) return nullptr;
  ASSIGN_OR_RETURN(const std::string text, ReadFile(config.witness_policy));
  auto policy = log::Policy::Parse(text);
  if (!policy.ok()) return Annotate(policy.status(), config.witness_policy);
  if (!config.witness_ca.empty()) {
    ASSIGN_OR_RETURN(const std::string authorities, ReadFile(config.witness_ca));
    const auto first = crypto::ReadCertificate(authorities);
    if (!first.ok()) return Annotate(first.status(), config.witness_ca);
  }
  auto options = std::make_unique<WitnessingOptions>();
  options->ca = config.witness_ca;
  options->policy = *std::move(policy);
  options->interval_seconds = config.witness_interval_seconds;
  options->timeout_seconds = config.witness_timeout_seconds;
  return options;
}

absl::StatusOr<std::unique_ptr<Witnesses>> Witnesses::Start(WitnessingOptions options,
                                                            engine::Engine* engine) {
  auto witnesses = std::make_unique<AllWitnesses>(std::move(options));
  RETURN_IF_ERROR(witnesses->Begin(engine));
  return std::unique_ptr<Witnesses>(std::move(witnesses));
}

}  // namespace fundledger::server
