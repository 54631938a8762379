#include "services/mirror/mirror.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <system_error>
#include <utility>

#include "ledger/audit/contradiction.h"
#include "ledger/base/bytes.h"
#include "ledger/base/clock.h"
#include "ledger/base/date.h"
#include "ledger/base/files.h"
#include "ledger/base/status.h"
#include "ledger/crypto/digest.h"
#include "ledger/engine/attestations.h"
#include "ledger/engine/checkpoints.h"
#include "ledger/log/merkle.h"
#include "ledger/log/proof_file.h"
#include "ledger/log/record.h"
#include "services/mirror/figures.h"
#include "services/process/files.h"
#include "services/process/log.h"

#include "absl/strings/str_cat.h"

namespace fundledger::mirror {
namespace {

namespace v1 = ::fundledger::v1;

using process::Log;
using process::LogLevel;

constexpr int64_t kBackoffMsMin = 100;
constexpr int64_t kBackoffMsMax = 10'000;
// How often progress is told while there is much to fetch.
constexpr int64_t kProgressUs = 5'000'000;
constexpr std::string_view kAlarmFile = "ALARM";
// Base64 of records that go into a file of evidence.
constexpr size_t kRecordsInEvidenceMax = 32 << 20;

absl::Status Found(std::string_view reason, std::string_view message) {
  return Refuse(absl::StatusCode::kDataLoss, reason, message);
}

uint64_t SizeOf(const std::string& note) {
  const auto parsed = log::ParseNote(note);
  if (!parsed.ok()) return 0;
  const auto checkpoint = log::ParseCheckpointText(parsed->text);
  return checkpoint.ok() ? checkpoint->size : 0;
}

}  // namespace

Mirror::Mirror(Settings settings, engine::Follower* follower)
    : settings_(std::move(settings)), follower_(follower) {
  {
    const MutexLock lock(&mutex_);
    state_.origin_address = settings_.origin.address;
    state_.origin_size = follower_->view()->size();
  }
  const std::filesystem::path alarm = std::filesystem::path(settings_.evidence) / kAlarmFile;
  std::error_code error;
  if (std::filesystem::exists(alarm, error)) {
    SetPhase(Phase::kAlarmed, Found("MIRROR_ALARMED",
                                    absl::StrCat("the ledger was found at fault before; see ", alarm.string(),
                                                 ", and take that file away to follow again")));
    return;
  }
  following_ = std::thread([this] { Run(); });
  comparing_ = std::thread([this] { RunComparisons(); });
}

Mirror::~Mirror() {
  Stop();
}

void Mirror::Stop() {
  {
    const MutexLock lock(&mutex_);
    stopping_ = true;
    stop_came_.NotifyAll();
  }
  calls_.Cancel();
  if (following_.joinable()) following_.join();
  if (comparing_.joinable()) comparing_.join();
}

bool Mirror::Wait(int64_t milliseconds) {
  const MutexLock lock(&mutex_);
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(milliseconds);
  while (!stopping_ && stop_came_.WaitUntil(&mutex_, until)) continue;
  return !stopping_;
}

bool Mirror::is_alarmed() {
  const MutexLock lock(&mutex_);
  return state_.phase == Phase::kAlarmed;
}

// An alarm is for good: nothing that comes after it takes it back.
void Mirror::SetPhase(Phase phase, const absl::Status& why) {
  const std::string error = why.ok() ? "" : absl::StrCat(ReasonOf(why), ": ", why.message());
  const MutexLock lock(&mutex_);
  if (state_.phase == Phase::kAlarmed) return;
  const bool is_news = state_.phase != phase || state_.error != error;
  state_.phase = phase;
  state_.error = error;
  follower_->SetState(state_);
  if (!is_news) return;
  if (phase == Phase::kFollowing) {
    Log(LogLevel::kInfo, "mirror_following",
        {{"origin", state_.origin_address}, {"size", absl::StrCat(follower_->view()->size())}});
  } else {
    process::LogStatus(phase == Phase::kAlarmed ? LogLevel::kError : LogLevel::kWarn,
                       phase == Phase::kAlarmed ? "mirror_alarm" : "mirror_disconnected", why);
  }
}

void Mirror::SeeOrigin(uint64_t size) {
  const MutexLock lock(&mutex_);
  state_.origin_size = std::max(state_.origin_size, size);
  follower_->SetState(state_);
}

void Mirror::Run() {
  backoff_ms_ = kBackoffMsMin;
  while (true) {
    const absl::Status ended = FollowOnce();
    if (is_alarmed() || !Wait(0)) return;
    SetPhase(Phase::kDisconnected, ended);
    if (!Wait(backoff_ms_)) return;
    backoff_ms_ = std::min(2 * backoff_ms_, kBackoffMsMax);
  }
}

// Never OK: a watch has no end of its own.
absl::Status Mirror::FollowOnce() {
  ASSIGN_OR_RETURN(const std::unique_ptr<Origin> origin, Origin::Dial(settings_.origin, &calls_));
  RETURN_IF_ERROR(Greet(origin.get()));
  grpc::ClientContext context;
  const Calls::UnderWay call(&calls_, &context);
  return Watch(origin.get(), &context);
}

// Before records are asked for: is it the ledger, and is what it shows what it signed before?
absl::Status Mirror::Greet(Origin* origin) {
  RETURN_IF_ERROR(CheckSeen());
  // What comes in while it is asked, its answer may not hold.
  const uint64_t had = std::max(follower_->view()->size(), SizeOf(follower_->seen()));
  ASSIGN_OR_RETURN(
      const v1::GetLedgerResponse facts,
      origin->Call(origin->ledger(), &v1::LedgerService::Stub::GetLedger, v1::GetLedgerRequest()));
  ASSIGN_OR_RETURN(const std::string genesis, follower_->view()->Record(0));
  if (facts.ledger() != log::LeafHash(genesis).view()) {
    return Refuse(absl::StatusCode::kFailedPrecondition, "WRONG_LEDGER",
                  absl::StrCat(settings_.origin.address, " serves the ledger ", HexEncode(facts.ledger()),
                               ", the mirror is of ", HexEncode(log::LeafHash(genesis).view())));
  }
  return CheckShown(facts.checkpoint(), had);
}

absl::Status Mirror::CheckShown(const std::string& note, uint64_t had) {
  const std::shared_ptr<const engine::View> view = follower_->view();
  const uint64_t size = SizeOf(note);
  SeeOrigin(size);
  const std::string seen = follower_->seen();
  if (size > view->size()) {
    follower_->NoteSeen(note);
  } else {
    RETURN_IF_ERROR(CheckRoot(note));
  }
  if (size >= had) return absl::OkStatus();
  const std::string& larger = SizeOf(seen) > view->size() ? seen : view->signed_checkpoint();
  return Complain(Found("ORIGIN_WENT_BACK",
                        absl::StrCat("the ledger shows ", size, " records, and had signed ", SizeOf(larger),
                                     ": it was restored from an old copy, or hides records")),
                  {{log::PartLabel::kCheckpoint, larger}, {log::PartLabel::kCheckpoint, note}});
}

// What was shown before its records were here must be what they lead to.
absl::Status Mirror::CheckSeen() {
  const std::string seen = follower_->seen();
  if (seen.empty() || SizeOf(seen) > follower_->view()->size()) return absl::OkStatus();
  return CheckRoot(seen);
}

absl::Status Mirror::Watch(Origin* origin, grpc::ClientContext* context) {
  v1::WatchRecordsRequest request;
  request.set_from(follower_->view()->size());
  const auto reader = origin->audit().WatchRecords(context, request);
  v1::WatchRecordsResponse message;
  RecordBatch batch;
  absl::Status status;
  while (status.ok() && !is_alarmed() && reader->Read(&message)) {
    status = AddMessage(&message, &batch);
    if (!status.ok() || batch.note.empty()) continue;
    status = Keep(origin, std::exchange(batch, {}));
    backoff_ms_ = kBackoffMsMin;
  }
  context->TryCancel();
  const grpc::Status ended = reader->Finish();
  return status.ok() ? rpc::FromGrpcStatus(ended) : status;
}

absl::Status Mirror::Keep(Origin* origin, const RecordBatch& batch) {
  if (batch.records.empty()) {
    SetPhase(Phase::kFollowing, absl::OkStatus());
    return CheckShown(batch.note, follower_->view()->size());
  }
  const engine::AppendOutcome outcome = follower_->Append(batch.records, batch.note);
  if (outcome.is_refuted) return AccuseOfRecord(origin, outcome, batch);
  RETURN_IF_ERROR(outcome.status);
  RETURN_IF_ERROR(CheckSeen());
  SeeOrigin(follower_->view()->size());
  SetPhase(Phase::kFollowing, absl::OkStatus());
  Progress(batch.records.size());
  return absl::OkStatus();
}

void Mirror::Progress(size_t records) {
  const int64_t now_us = SystemClockMicros();
  if (progress_records_ == 0) progress_since_us_ = now_us;
  progress_records_ += records;
  const int64_t passed_us = now_us - progress_since_us_;
  if (passed_us < kProgressUs) return;
  const uint64_t size = follower_->view()->size();
  const uint64_t origin_size = follower_->mirror_state()->origin_size;
  Log(LogLevel::kInfo, "mirror_progress",
      {{"size", absl::StrCat(size)},
       {"remaining", absl::StrCat(origin_size - std::min(origin_size, size))},
       {"records_per_second",
        absl::StrCat(progress_records_ * 1'000'000 / static_cast<uint64_t>(passed_us))}});
  progress_records_ = 0;
}

// Records that do not verify convict nobody by themselves: nothing says that the log's key ever signed them.
// So the ledger is asked, at once, to prove the record before them. If that is another than the mirror has
// under a checkpoint, two records stand at one place.
absl::Status Mirror::AccuseOfRecord(Origin* origin, const engine::AppendOutcome& outcome,
                                    const RecordBatch& batch) {
  const std::shared_ptr<const engine::View> view = follower_->view();
  if (ReasonOf(outcome.status) == "SEMANTICS_UNKNOWN") return outcome.status;  // upgrade the mirror
  v1::GetRecordRequest request;
  request.set_sequence(view->last_sequence());
  const auto shown = origin->Call(origin->audit(), &v1::AuditService::Stub::GetRecord, request);
  ASSIGN_OR_RETURN(const std::string own_record, view->Record(view->last_sequence()));
  if (shown.ok() && shown->record().record() != own_record) {
    const auto proof_of = [&](std::string record, std::vector<Hash256> inclusion, std::string note) {
      return log::FormatProofFile(
          {std::move(record), view->last_sequence(), std::move(inclusion), std::move(note)});
    };
    std::vector<Hash256> inclusion;
    for (const std::string& hash : shown->inclusion()) {
      inclusion.push_back(Hash256::FromBytes(hash).value_or(Hash256()));
    }
    ASSIGN_OR_RETURN(std::vector<Hash256> own, view->InclusionProof(view->last_sequence(), view->size()));
    const log::EvidenceFile file =
        log::TwoLeaves(proof_of(own_record, std::move(own), view->signed_checkpoint()),
                       proof_of(shown->record().record(), std::move(inclusion), shown->basis().checkpoint()));
    if (audit::CheckContradiction(file, follower_->log_keys()).ok()) {
      return Alarm(outcome.status, file);
    }
  }
  std::string statement = absl::StrCat(ReasonOf(outcome.status), "\n", outcome.status.message(), "\n");
  if (outcome.record.has_value()) {
    const std::string& record = batch.records[*outcome.record - view->size()];
    absl::StrAppend(&statement, "record ", *outcome.record, " as it was sent, in base64:\n",
                    Base64Encode(record), "\n");
  }
  return Complain(outcome.status, {{log::PartLabel::kStatement, std::move(statement)},
                                   {log::PartLabel::kCheckpoint, batch.note},
                                   {log::PartLabel::kCheckpoint, view->signed_checkpoint()}});
}

log::EvidencePart Mirror::LogKeysPart() const {
  log::EvidencePart part{log::PartLabel::kLogKeys, ""};
  const std::shared_ptr<const engine::View> view = follower_->view();
  std::vector<Sequence> sequences = {0};
  const auto ledger = view->Get({books::EntityKind::kLedger, ""});
  if (ledger.ok() && *ledger != nullptr) {
    for (int i = 1; i < (*ledger)->ledger().log_keys_size(); ++i) {
      sequences.push_back((*ledger)->ledger().log_keys(i).from().sequence());
    }
  }
  for (const Sequence sequence : sequences) {
    if (const auto record = view->Record(sequence); record.ok()) {
      absl::StrAppend(&part.body, Base64Encode(*record), "\n");
    }
  }
  return part;
}

absl::Status Mirror::Complain(const absl::Status& why, std::vector<log::EvidencePart> parts) {
  if (parts.empty() || parts.front().label != log::PartLabel::kStatement) {
    parts.insert(parts.begin(),
                 {log::PartLabel::kStatement, absl::StrCat(ReasonOf(why), "\n", why.message(), "\n")});
  }
  return Alarm(why, {log::EvidenceKind::kComplaint, std::move(parts)});
}

// The evidence first, and then the word.
absl::Status Mirror::Alarm(const absl::Status& why, log::EvidenceFile file) {
  file.parts.push_back(LogKeysPart());
  const auto text = log::FormatEvidence(file);
  const std::string content =
      text.ok() ? *text : absl::StrCat(why.message(), "\n", text.status().message(), "\n");
  const std::filesystem::path directory = settings_.evidence;
  const std::filesystem::path path =
      directory / absl::StrCat(ToAbsl(log::NameOf(file.kind)), "-",
                               HexEncode(crypto::Sha256({content}).view().substr(0, 8)), ".txt");
  const std::error_code made = MakeDirectories(directory);
  absl::Status written = process::ReplaceFileDurably(path.string(), content);
  if (written.ok()) {
    written = process::ReplaceFileDurably(
        (directory / kAlarmFile).string(),
        absl::StrCat(ReasonOf(why), "\n", why.message(), "\n", path.string(), "\n"));
  }
  if (written.ok() && made) {
    written = Refuse(absl::StatusCode::kUnavailable, "FILE_NOT_WRITTEN",
                     absl::StrCat(directory.string(), " may be gone after a crash: ", made.message()));
  }
  if (!written.ok()) process::LogStatus(LogLevel::kError, "mirror_evidence_not_written", written);
  const absl::Status alarm =
      Refuse(why.code(), ReasonOf(why), absl::StrCat(why.message(), "; evidence: ", path.string()));
  SetPhase(Phase::kAlarmed, alarm);
  calls_.Cancel();
  return alarm;
}

void Mirror::RunComparisons() {
  while (Wait(settings_.compare_seconds * 1000) && !is_alarmed()) {
    const absl::Status status = [this]() -> absl::Status {
      ASSIGN_OR_RETURN(const std::unique_ptr<Origin> origin, Origin::Dial(settings_.origin, &calls_));
      RETURN_IF_ERROR(Greet(origin.get()));
      RETURN_IF_ERROR(FetchAttestations(origin.get()));
      return CompareFigures(origin.get());
    }();
    if (is_alarmed() || !Wait(0)) return;
    if (!status.ok()) process::LogStatus(LogLevel::kWarn, "mirror_not_compared", status);
  }
}

// A checkpoint is sent to others only while it is the latest, and their answers are waited for five minutes
// at most. So of each that was followed by another long enough before the last time, all was there then; the
// rest of the margin is for clocks that differ.
absl::StatusOr<uint64_t> Mirror::FirstToAttest() const {
  constexpr int64_t kMarginUs = int64_t{15} * 60 * 1'000'000;
  if (attested_at_us_ == 0) return 0;
  const std::shared_ptr<const engine::View> view = follower_->view();
  engine::TrailFilter since;
  since.recorded_from_us = attested_at_us_ - kMarginUs;
  ASSIGN_OR_RETURN(const std::vector<Sequence> first, view->Trail(since, 0, 1));
  return first.empty() ? view->size() : first.front();
}

// What is signed by others is kept as it came; whose keys count is for readers to say.
absl::Status Mirror::FetchAttestations(Origin* origin) {
  const int64_t asked_at_us = SystemClockMicros();
  v1::ListCheckpointsRequest request;
  ASSIGN_OR_RETURN(const uint64_t first, FirstToAttest());
  request.set_size_min(first);
  request.set_size_max(follower_->view()->size());
  while (Wait(0)) {
    ASSIGN_OR_RETURN(const v1::ListCheckpointsResponse page,
                     origin->Call(origin->audit(), &v1::AuditService::Stub::ListCheckpoints, request));
    for (const v1::AttestedCheckpoint& attested : page.checkpoints()) {
      const uint64_t size = SizeOf(attested.checkpoint());
      if (size == 0 || size > follower_->view()->size()) continue;
      const auto own = engine::ReadAttested(*follower_->view(), size);
      if (own.ok() && own->SerializeAsString() == attested.SerializeAsString()) continue;
      RETURN_IF_ERROR(CheckRoot(attested.checkpoint()));
      SplitNote split = SplitAttested(attested.checkpoint(), follower_->log_keys().At(size));
      engine::Attestation kept{size, std::move(split.others), {}};
      kept.time_stamps.assign(attested.time_stamps().begin(), attested.time_stamps().end());
      RETURN_IF_ERROR(follower_->KeepAttested(size, split.log_note, std::move(kept)));
    }
    if (page.next_page_token().empty()) {
      attested_at_us_ = asked_at_us;
      return absl::OkStatus();
    }
    request.set_page_token(page.next_page_token());
  }
  return absl::CancelledError("the mirror is being stopped");
}

// Any two-faced note alarms, whatever its size. That the copy here cannot be read says nothing of the ledger.
absl::Status Mirror::CheckRoot(const std::string& note) {
  const auto checkpoint = follower_->Compare(note);
  if (ReasonOf(checkpoint.status()) != "ROOT_MISMATCH") return checkpoint.status();
  const std::shared_ptr<const engine::View> view = follower_->view();
  const uint64_t size = SizeOf(note);
  ASSIGN_OR_RETURN(const auto own, engine::LastCheckpoint(*view, size - 1, size));
  if (own.has_value()) return Alarm(checkpoint.status(), log::TwoRoots(own->note, note));
  // The root that the mirror's log had at that size, proven under the checkpoint that it signed later.
  ASSIGN_OR_RETURN(const Hash256 root, view->RootAt(size));
  ASSIGN_OR_RETURN(const std::vector<Hash256> proof, view->ConsistencyProof(size, view->size()));
  return Alarm(checkpoint.status(), log::NotAPrefix(note, view->signed_checkpoint(), root, proof));
}

absl::Status Mirror::CompareFigures(Origin* origin) {
  const std::shared_ptr<const engine::View> view = follower_->view();
  v1::GetStatementRequest statement;
  statement.mutable_as_of()->set_sequence(view->last_sequence());
  RETURN_IF_ERROR(CompareFigure(origin, origin->funds(), &v1::FundService::Stub::GetStatement,
                                "fundledger.v1.FundService/GetStatement", statement));
  v1::ListFundsRequest funds;
  *funds.mutable_as_of() = statement.as_of();
  RETURN_IF_ERROR(CompareFigure(origin, origin->funds(), &v1::FundService::Stub::ListFunds,
                                "fundledger.v1.FundService/ListFunds", funds));
  ASSIGN_OR_RETURN(const v1::GetBriefingRequest briefing, BriefingOf(*view));
  return CompareFigure(origin, origin->reports(), &v1::ReportService::Stub::GetBriefing,
                       "fundledger.v1.ReportService/GetBriefing", briefing);
}

// All pages of it.
template <typename Stub, typename Request, typename Response>
absl::Status Mirror::CompareFigure(Origin* origin, Stub& stub,
                                   grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                                                Response*),
                                   std::string_view name, Request request) {
  constexpr bool kHasPages = requires(Response page) {
    page.next_page_token();
  };
  request.set_sign_answer(true);
  while (Wait(0)) {
    absl::StatusOr<Response> shown = origin->Call(stub, method, request);
    if (!shown.ok() && request.sign_answer() && ReasonOf(shown.status()).starts_with("ANSWER_")) {
      request.set_sign_answer(false);  // it signs none
      // A token belongs to its question: from the beginning, unsigned.
      if constexpr (kHasPages) request.clear_page_token();
      continue;
    }
    if (!shown.ok() && IsNoAnswer(shown.status())) return shown.status();
    std::string signed_answer;
    if (shown.ok()) signed_answer = std::exchange(*shown->mutable_basis()->mutable_signed_answer(), "");
    const google::protobuf::Message* answer = nullptr;
    if (shown.ok()) answer = &*shown;
    ASSIGN_OR_RETURN(const std::string difference,
                     Difference(*follower_->view(), name, request, answer, shown.status()));
    if (!difference.empty()) {
      return AccuseOfFigure(
          Found("FIGURE_DIFFERS",
                absl::StrCat(ToAbsl(name), " as of record ", request.as_of().sequence(), ": ", difference)),
          signed_answer);
    }
    std::string next;
    if constexpr (kHasPages) {
      if (shown.ok()) next = shown->next_page_token();
      request.set_page_token(next);  // the mirror's own too, or the pages would differ
    }
    if (next.empty()) return absl::OkStatus();
  }
  return absl::CancelledError("the mirror is being stopped");
}

// Signed, it convicts with the records; unsigned, it is the mirror's word.
absl::Status Mirror::AccuseOfFigure(const absl::Status& why, const std::string& signed_answer) {
  const std::shared_ptr<const engine::View> view = follower_->view();
  const std::string checkpoint = SignedCheckpoint(signed_answer, follower_->log_keys());
  if (checkpoint.empty()) return Complain(why, {});
  log::EvidenceFile file{log::EvidenceKind::kWrongFigure,
                         {{log::PartLabel::kSignedAnswer, absl::StrCat(Base64Encode(signed_answer), "\n")}}};
  // Records under its checkpoint, where they are few enough for a file; otherwise whoever checks it needs
  // them from the mirror.
  std::string records;
  const uint64_t size = SizeOf(checkpoint);
  if (size <= view->size()) {
    RETURN_IF_ERROR(view->ScanRecords(0, [&](Sequence sequence, std::string_view record) {
      if (sequence >= size || records.size() > kRecordsInEvidenceMax) return false;
      absl::StrAppend(&records, Base64Encode(record), "\n");
      return true;
    }));
  }
  if (!records.empty() && records.size() <= kRecordsInEvidenceMax) {
    file.parts.push_back({log::PartLabel::kRecords, std::move(records)});
  }
  return Alarm(why, std::move(file));
}

}  // namespace fundledger::mirror
