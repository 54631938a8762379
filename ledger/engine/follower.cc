#include "ledger/engine/follower.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "ledger/base/bytes.h"
#include "ledger/base/ordered_work.h"
#include "ledger/base/status.h"
#include "ledger/books/officers.h"
#include "ledger/engine/create.h"
#include "ledger/engine/layout.h"
#include "ledger/engine/mirror_directory.h"
#include "ledger/engine/mirror_mark.h"
#include "ledger/store/rocksdb.h"

#include "absl/strings/str_cat.h"

namespace fundledger::engine {
namespace {

using store::Table;

// A checkpoint with one signature has a few hundred bytes; the anchor holds 8,000.
constexpr size_t kNoteBytesMax = 4096;
// So few records are verified sooner than threads are started.
constexpr size_t kAloneMax = 8;

struct Piece {
  const std::string* record;
  audit::PreparedRecord prepared;
};

absl::Status Lost(std::string_view reason, std::string_view message) {
  return Refuse(absl::StatusCode::kDataLoss, reason, message);
}

// Whether it is this copy's own files that could not be read. Of these no word is said against the ledger.
bool IsOwnDamage(const absl::Status& status) {
  constexpr std::string_view kReasons[] = {"STORE_DAMAGED",    "ENTITY_DAMAGED", "REQUEST_DAMAGED",
                                           "TILE_DAMAGED",     "TILE_MISSING",   "RECORD_MISSING",
                                           "RECORD_UNREADABLE"};
  return std::find(std::begin(kReasons), std::end(kReasons), ReasonOf(status)) != std::end(kReasons);
}

AppendOutcome Refuted(const absl::Status& status, std::optional<Sequence> record = std::nullopt) {
  return {record.has_value() ? Annotate(status, absl::StrCat("record ", *record)) : status, record, true};
}

// Why `sequence` was not taken: for what was sent, unless this copy is at fault.
AppendOutcome FailedAt(Sequence sequence, const absl::Status& status) {
  // Another time it may be read.
  if (ReasonOf(status) == "STORE_UNREADABLE") return {status, {}, false};
  if (!IsOwnDamage(status)) return Refuted(status, sequence);
  return {Annotate(status, "the mirror's own copy is damaged; make it anew"), {}, false};
}

// The key by which the officer's next signature is expected; the record's turn has the last word.
std::shared_ptr<const crypto::Verifier> KeyOf(const View* view, const std::string& officer,
                                              audit::VerifierCache* keys) {
  if (view == nullptr) return nullptr;
  const absl::StatusOr<books::EntityPtr> entity = view->Get({books::EntityKind::kOfficer, officer});
  if (!entity.ok() || *entity == nullptr) return nullptr;
  const storage::v1::OfficerKey* valid = books::ValidKey((*entity)->officer());
  return valid == nullptr ? nullptr : keys->Find(valid->key()).value_or(nullptr);
}

// Takes the records into `group`, which ends at the end of `view` (null before record 0), and the log's keys
// past those that replaced them.
AppendOutcome FollowAll(const std::vector<std::string>& records, const View* view, size_t threads,
                        audit::VerifierCache* keys, Group* group, audit::LogKeys* log_keys) {
  AppendOutcome outcome;
  const auto prepare = [view, keys](Piece* piece) {
    const auto key_of = [view, keys](const std::string& officer) { return KeyOf(view, officer, keys); };
    piece->prepared = audit::PrepareRecord(*piece->record, key_of, keys);
  };
  const auto take = [&](Piece* piece) {
    if (!outcome.status.ok()) return;
    const Sequence sequence = group->end().next_sequence();
    absl::Status status = group->Follow(*piece->record, piece->prepared);
    if (status.ok() && audit::IsLogKeyRotation(piece->prepared.admitted->submission())) {
      status = log_keys->Follow(*piece->record);
    }
    if (!status.ok()) outcome = FailedAt(sequence, status);
  };
  if (threads == 0) threads = std::max<size_t>(1, std::thread::hardware_concurrency());
  if (records.size() <= kAloneMax) threads = 1;
  OrderedWork<Piece> work(threads, threads == 1 ? 1 : threads * 64, prepare, take);
  for (const std::string& record : records) {
    if (outcome.status.ok()) work.Push(std::make_unique<Piece>(Piece{&record, {}}));
  }
  work.Finish();
  return outcome;
}

// The checkpoint that the log signed over exactly what `edge` holds.
absl::StatusOr<log::Checkpoint> OpenEnd(const std::string& note, const audit::LogKeys& log_keys,
                                        const log::TreeEdge& edge) {
  const absl::StatusOr<log::Checkpoint> checkpoint = log_keys.Open(note);
  if (!checkpoint.ok() || note.size() > kNoteBytesMax || checkpoint->size != edge.size()) {
    return Lost("CHECKPOINT_INVALID",
                absl::StrCat("what was sent as the checkpoint of ", edge.size(), " records is none of them: ",
                             checkpoint.ok()
                                 ? absl::StrCat("it is of ", checkpoint->size, ", in ", note.size(), " bytes")
                                 : std::string(checkpoint.status().message())));
  }
  if (checkpoint->root == edge.Root()) return *checkpoint;
  return Lost(
      "ROOT_MISMATCH",
      absl::StrCat("the log signed the root ", HexEncode(checkpoint->root.view()), " over ", checkpoint->size,
                   " records; those that were sent lead to ", HexEncode(edge.Root().view())));
}

absl::Status CheckWhose(const FollowOptions& options, const LedgerFacts& facts) {
  const std::string verifier_key = log::VerifierKey(facts.origin, facts.log_key);
  if (facts.ledger == options.ledger && verifier_key == options.verifier_key) return absl::OkStatus();
  return Refuse(absl::StatusCode::kFailedPrecondition, "WRONG_LEDGER",
                absl::StrCat("the mirror is configured for the ledger ", HexEncode(options.ledger.view()),
                             " with the key ", options.verifier_key, ", this is ",
                             HexEncode(facts.ledger.view()), " with ", verifier_key));
}

absl::Status NotWritten(const absl::Status& why) {
  return Refuse(absl::StatusCode::kUnavailable, "LEDGER_READ_ONLY",
                absl::StrCat("the mirror stopped writing: ", why.message(), "; restart it"));
}

// All of a new mirror, in an empty directory that nobody looks into yet.
absl::Status MakeStore(const std::filesystem::path& directory, const LedgerFacts& facts, Group* group,
                       const std::string& note) {
  WriteMeta(facts.origin, group->mutable_batch());
  WriteMirrorMark({MirrorStanding::kFollowing, ""}, group->mutable_batch());
  ASSIGN_OR_RETURN(const std::unique_ptr<store::Store> store,
                   store::CreateRocksdb((directory / "db").string()));
  RETURN_IF_ERROR(store->Commit(group->batch(), 0, group->end().next_sequence()));
  return store::Anchor::Create((directory / "anchor").string(), note).status();
}

}  // namespace

std::string_view PhaseName(MirrorState::Phase phase) {
  switch (phase) {
    case MirrorState::Phase::kFollowing:
      return "following";
    case MirrorState::Phase::kDisconnected:
      return "disconnected";
    case MirrorState::Phase::kAlarmed:
      return "alarmed";
  }
  return "";
}

absl::StatusOr<std::unique_ptr<Follower>> Follower::Create(FollowOptions options,
                                                           const std::vector<std::string>& records,
                                                           const std::string& note) {
  if (records.empty()) return Lost("GENESIS_MISPLACED", "no record 0 was sent");
  ASSIGN_OR_RETURN(const LedgerFacts facts, FactsOfRecord(records.front()));
  RETURN_IF_ERROR(CheckWhose(options, facts));
  ASSIGN_OR_RETURN(audit::LogKeys log_keys, audit::LogKeys::OfGenesis(records.front()));
  const EmptyBooks nothing;
  audit::VerifierCache keys;
  const LogSigners none({});
  Group group(facts, none, /*signer=*/nullptr, LogEnd(), nothing, /*below=*/nullptr, &keys,
              /*roots=*/nullptr);
  RETURN_IF_ERROR(FollowAll(records, nullptr, options.threads, &keys, &group, &log_keys).status);
  RETURN_IF_ERROR(OpenEnd(note, log_keys, group.end().edge).status());
  group.SealFollowed(note);

  RETURN_IF_ERROR(MakeMirror(options.directory, [&](const std::filesystem::path& made) {
    return MakeStore(made, facts, &group, note);
  }));
  return Open(std::move(options));
}

absl::StatusOr<std::unique_ptr<Follower>> Follower::Open(FollowOptions options) {
  const std::filesystem::path directory = options.directory;
  if (HoldsNoMirror(directory)) {
    return Refuse(absl::StatusCode::kNotFound, "MIRROR_MISSING",
                  absl::StrCat(options.directory, " holds no mirror yet"));
  }
  TidyMirror(directory);
  ASSIGN_OR_RETURN(std::unique_ptr<store::Store> store, store::OpenRocksdb((directory / "db").string()));
  ASSIGN_OR_RETURN(std::unique_ptr<store::Anchor> anchor,
                   store::Anchor::Open((directory / "anchor").string()));
  ASSIGN_OR_RETURN(OpenedMirror opened, OpenMirror(std::move(store), std::move(anchor)));
  RETURN_IF_ERROR(CheckWhose(options, opened.ledger.facts));
  return std::make_unique<Follower>(std::move(options), std::move(opened.ledger), std::move(opened.log_keys));
}

Follower::Follower(FollowOptions options, OpenedLedger opened, audit::LogKeys log_keys)
    : options_(std::move(options)),
      facts_(std::move(opened.facts)),
      no_signers_({}),
      store_(std::move(opened.store)),
      anchor_(std::move(opened.anchor)),
      end_(std::move(opened.end)),
      entities_(opened.view),
      view_(opened.view),
      log_keys_(std::move(log_keys)),
      sheets_(opened.view->sheets()->options,
              [this] {
                MutexLock lock(&mutex_);
                work_came_.NotifyOne();
              }),
      keeping_([this] {
        MutexLock lock(&mutex_);
        work_came_.NotifyOne();
      }) {
  state_.origin_address = options_.origin_address;
  // Readable, or OpenMirror would have said so.
  if (absl::StatusOr<MirrorMark> mark = ReadMirrorMark(*store_->GetSnapshot()); mark.ok()) {
    seen_ = seen_on_disk_ = std::move(mark->seen);
  }
  sheets_.Offer(store_->GetSnapshot(), 0);
  MutexLock lock(&stop_mutex_);
  asides_ = std::thread([this] { RunAsides(); });
}

Follower::~Follower() {
  Stop();
}

AppendOutcome Follower::Append(const std::vector<std::string>& records, const std::string& note) {
  AppendOutcome outcome;
  outcome.status = store_status();
  if (!outcome.status.ok()) return outcome;
  MutexLock lock(&commit_mutex_);
  audit::LogKeys log_keys = this->log_keys();
  const std::shared_ptr<const View> latest = view();
  Group group(facts_, no_signers_, /*signer=*/nullptr, end_, entities_, /*below=*/nullptr, &keys_, &roots_);
  group.SetView(latest);
  outcome = FollowAll(records, latest.get(), options_.threads, &keys_, &group, &log_keys);
  if (!outcome.status.ok()) return outcome;
  const absl::StatusOr<log::Checkpoint> checkpoint = OpenEnd(note, log_keys, group.end().edge);
  if (!checkpoint.ok()) return Refuted(checkpoint.status());
  if (records.empty()) return outcome;
  group.SealFollowed(note);
  outcome.status = CommitGroup(&group, *checkpoint, note);
  if (!outcome.status.ok()) return outcome;
  end_ = group.end();
  entities_.Advance(view(), group.changes());
  MutexLock state_lock(&mutex_);
  log_keys_ = std::move(log_keys);
  return outcome;
}

// Commit, anchor, publication, in this order.
absl::Status Follower::CommitGroup(Group* group, const log::Checkpoint& checkpoint, const std::string& note) {
  sheets_.TakeWrites(group->mutable_batch());
  std::vector<Kept> told;
  if (keeping_.has_writes()) told = keeping_.TakeWrites(*store_->GetSnapshot(), group->mutable_batch());
  const uint64_t size_before = checkpoint.size - group->records().size();
  std::string seen;
  {
    // Kept until after the batch that reaches it: whoever follows compares it then, after a crash too.
    MutexLock lock(&mutex_);
    const auto opened = log_keys_.Open(seen_);
    if (!opened.ok() || opened->size <= size_before) seen_.clear();
    seen = seen_;
    is_seen_due_ = false;
  }
  WriteMirrorMark({MirrorStanding::kFollowing, seen}, group->mutable_batch());
  absl::Status status = store_->Commit(group->batch(), size_before, checkpoint.size);
  if (status.ok()) SeenIsKept(seen);
  if (status.ok()) status = anchor_->Write(note);
  if (!status.ok()) status = Fail(status);
  if (status.ok()) Publish(group->end().edge, checkpoint, note, group->postings());
  for (const Kept& kept : told) kept(status);
  return status;
}

// Where nothing was written it may be tried again; after anything else this process writes no more.
absl::Status Follower::Fail(const absl::Status& status) {
  const bool nothing_written = absl::IsUnavailable(status) && ReasonOf(status) == "STORE_REFUSED";
  if (nothing_written) return status;
  absl::Status stopped;
  {
    MutexLock lock(&mutex_);
    if (store_status_.ok()) store_status_ = NotWritten(status);
    stopped = store_status_;
  }
  keeping_.Refuse(stopped);  // nobody commits what waits any more
  return stopped;
}

void Follower::Publish(const log::TreeEdge& edge, const log::Checkpoint& checkpoint, std::string note,
                       size_t new_postings) {
  const std::shared_ptr<const store::Snapshot> snapshot = store_->GetSnapshot();
  auto published =
      std::make_shared<const View>(snapshot, edge, checkpoint, std::move(note), view()->sheets());
  sheets_.Offer(snapshot, new_postings);
  MutexLock lock(&mutex_);
  view_ = std::move(published);
}

absl::StatusOr<log::Checkpoint> Follower::Compare(const std::string& note) const {
  ASSIGN_OR_RETURN(log::Checkpoint checkpoint, log_keys().Open(note));
  ASSIGN_OR_RETURN(const Hash256 root, view()->RootAt(checkpoint.size));
  if (root == checkpoint.root) return checkpoint;
  return Lost("ROOT_MISMATCH",
              absl::StrCat("over ", checkpoint.size, " records the log signed the root ",
                           HexEncode(checkpoint.root.view()),
                           "; the mirror's records, which it signed too, lead to ", HexEncode(root.view())));
}

audit::LogKeys Follower::log_keys() const {
  MutexLock lock(&mutex_);
  return log_keys_;
}

void Follower::NoteSeen(const std::string& note) {
  MutexLock lock(&mutex_);
  const absl::StatusOr<log::Checkpoint> checkpoint = log_keys_.Open(note);
  if (!checkpoint.ok() || note.size() > kNoteBytesMax || checkpoint->size <= view_->size()) return;
  const absl::StatusOr<log::Checkpoint> before = log_keys_.Open(seen_);
  if (!before.ok() || before->size < checkpoint->size) seen_ = note;
  if (seen_ == seen_on_disk_) return;
  is_seen_due_ = true;
  work_came_.NotifyOne();
}

std::optional<std::string> Follower::TakeSeen() {
  MutexLock lock(&mutex_);
  if (!std::exchange(is_seen_due_, false) || seen_ == seen_on_disk_) return std::nullopt;
  return seen_;
}

void Follower::SeenIsKept(const std::string& seen) {
  MutexLock lock(&mutex_);
  seen_on_disk_ = seen;
}

std::string Follower::seen() const {
  MutexLock lock(&mutex_);
  return seen_;
}

void Follower::SetState(MirrorState state) {
  MutexLock lock(&mutex_);
  state_ = std::move(state);
}

std::optional<MirrorState> Follower::mirror_state() const {
  MutexLock lock(&mutex_);
  return state_;
}

absl::Status Follower::write_status() const {
  return Refuse(absl::StatusCode::kFailedPrecondition, "MIRROR_READ_ONLY",
                absl::StrCat("this is a mirror, which only follows: submit to the ledger itself, at ",
                             options_.origin_address));
}

void Follower::Submit(std::string, Done done) {
  done(write_status());
}

absl::StatusOr<Prepared> Follower::Prepare(std::string) const {
  return write_status();
}

void Follower::Enqueue(Prepared, Done done) {
  done(write_status());
}

std::vector<CheckOutcome> Follower::Check(const std::vector<std::string>& submissions) const {
  return std::vector<CheckOutcome>(submissions.size(), {write_status(), false});
}

void Follower::Keep(Attestation attestation, Kept kept) {
  if (const absl::Status status = keep_status(); !status.ok()) return kept(status);
  keeping_.Add(std::move(attestation), std::move(kept));
  // Who refuses what waits may have done so just before it was added.
  if (const absl::Status status = keep_status(); !status.ok()) keeping_.Refuse(status);
}

absl::Status Follower::keep_status() const {
  MutexLock lock(&mutex_);
  if (!store_status_.ok()) return store_status_;
  return is_stopping_ ? NotWritten(absl::UnavailableError("it is being stopped")) : absl::OkStatus();
}

std::shared_ptr<const View> Follower::view() const {
  MutexLock lock(&mutex_);
  return view_;
}

absl::Status Follower::store_status() const {
  MutexLock lock(&mutex_);
  return store_status_;
}

void Follower::Stop() {
  {
    MutexLock lock(&mutex_);
    is_stopping_ = true;
    work_came_.NotifyOne();
  }
  MutexLock lock(&stop_mutex_);
  if (asides_.joinable()) asides_.join();
  keeping_.Refuse(keep_status());
}

bool Follower::HasAsides() const {
  return store_status_.ok() && (is_seen_due_ || keeping_.has_writes() || sheets_.has_writes());
}

void Follower::RunAsides() {
  while (true) {
    {
      MutexLock lock(&mutex_);
      while (!is_stopping_ && !HasAsides()) work_came_.Wait(&mutex_);
      // What was shown is still written: no restart must forget it.
      if (is_stopping_ && !(is_seen_due_ && store_status_.ok())) return;
    }
    CommitAsides();
  }
}

// Sheets, attestations and what was shown, that no records came along to take.
void Follower::CommitAsides() {
  MutexLock lock(&commit_mutex_);
  store::Batch batch;
  sheets_.TakeWrites(&batch);
  std::vector<Kept> told;
  if (keeping_.has_writes()) told = keeping_.TakeWrites(*store_->GetSnapshot(), &batch);
  const std::optional<std::string> seen = TakeSeen();
  if (seen.has_value()) WriteMirrorMark({MirrorStanding::kFollowing, *seen}, &batch);
  if (batch.writes().empty()) return;
  const absl::Status status = CommitAside(batch);
  if (status.ok() && seen.has_value()) SeenIsKept(*seen);
  for (const Kept& kept : told) kept(status);
}

absl::Status Follower::CommitAside(const store::Batch& batch) {
  const absl::Status status = store_->Commit(batch, end_.next_sequence(), end_.next_sequence());
  if (!status.ok()) return Fail(status);
  const std::shared_ptr<const View> before = view();
  Publish(end_.edge, before->checkpoint(), before->signed_checkpoint(), 0);
  entities_.Advance(view(), {});
  return status;
}

absl::Status Follower::KeepAttested(uint64_t size, const std::string& log_note, Attestation attestation) {
  RETURN_IF_ERROR(store_status());
  MutexLock lock(&commit_mutex_);
  absl::Status status;
  Keeping one([] {});
  one.Add(std::move(attestation), [&status](const absl::Status& kept) { status = kept; });
  store::Batch batch;
  const std::vector<Kept> told = one.TakeWrites(*store_->GetSnapshot(), &batch);
  if (told.empty()) return status;
  batch.Put(Table::kCheckpoints, SequenceKey(size), log_note);
  status = CommitAside(batch);
  for (const Kept& kept : told) kept(status);
  return status;
}

}  // namespace fundledger::engine
