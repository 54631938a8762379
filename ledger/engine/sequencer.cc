#include "ledger/engine/sequencer.h"

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include "ledger/base/status.h"
#include "ledger/base/thread_priority.h"
#include "ledger/crypto/dsse.h"
#include "ledger/engine/layout.h"
#include "ledger/engine/receipt.h"
#include "ledger/store/rocksdb.h"

#include "absl/strings/str_cat.h"

namespace fundledger::engine {
namespace {

constexpr int64_t kClockDriftMaxUs = 60'000'000;
// Envelopes of one round, about. A few hundred actions hide the cost of a sync; more would only keep the next
// round, which is judged meanwhile, from having anything to judge.
constexpr size_t kGroupBytesMax = 256 << 10;
// Envelopes of a round whose commit is mostly its sync. A longer one takes as long as the judging of the next
// submission that its answers bring.
constexpr size_t kShortCommitBytes = 16 << 10;

absl::Status Unavailable(std::string_view reason, std::string_view message) {
  return Refuse(absl::StatusCode::kUnavailable, reason, message);
}

absl::Status ReadOnly(const absl::Status& why) {
  return Unavailable("LEDGER_READ_ONLY",
                     absl::StrCat("the ledger does not take submissions: ", why.message(),
                                  ". This one was not taken; repeat it with the same request id when it "
                                  "writes again"));
}

// The officer of one submission, looked up already.
class OneOfficer final : public books::Reader {
 public:
  explicit OneOfficer(books::EntityPtr officer) : officer_(std::move(officer)) {}
  absl::StatusOr<books::EntityPtr> Get(const books::EntityKey& key) const override {
    return key.kind == books::EntityKind::kOfficer ? officer_ : nullptr;
  }

 private:
  const books::EntityPtr officer_;
};

LogSigners SignersOf(const Options& options) {
  return LogSigners({options.log_key, options.next_log_key}, options.sm2_key);
}

}  // namespace

int64_t MonotonicClockMicros() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

absl::StatusOr<std::string> Engine::SignAnswer(const View&, std::string_view) const {
  return Refuse(absl::StatusCode::kFailedPrecondition, "ANSWER_NOT_SIGNED",
                "the key that signs the log is not held here: ask without a signature, or ask the ledger "
                "that signs it");
}

Sequencer::Sequencer(OpenedLedger opened, Options options)
    : options_(std::move(options)),
      facts_(std::move(opened.facts)),
      signers_(SignersOf(options_)),
      store_(std::move(opened.store)),
      anchor_(std::move(opened.anchor)),
      started_at_us_(options_.clock()),
      started_at_monotonic_us_(options_.monotonic_clock()),
      end_(std::move(opened.end)),
      signer_(signers_.Find(opened.log_key)),
      entities_(opened.view),
      view_(opened.view),
      sheets_(opened.view->sheets()->options,
              [this] {
                MutexLock lock(&mutex_);
                work_came_.NotifyOne();
              }),
      keeping_([this] {
        MutexLock lock(&mutex_);
        work_came_.NotifyOne();
      }) {
  sheets_.Offer(store_->GetSnapshot(), 0);
  MutexLock lock(&stop_mutex_);
  judging_ = std::thread([this] {
    BeWorker();
    Run();
  });
  committing_thread_ = std::thread([this] {
    BeWorker();
    RunCommits();
  });
  answering_thread_ = std::thread([this] {
    TakeShortTurns();
    RunAnswers();
  });
}

Sequencer::~Sequencer() {
  Stop();
}

void Sequencer::Submit(std::string envelope, Done done) {
  absl::StatusOr<Prepared> prepared = Prepare(std::move(envelope));
  if (!prepared.ok()) return done(prepared.status());
  Enqueue(*std::move(prepared), std::move(done));
}

void Sequencer::Enqueue(Prepared prepared, Done done) {
  Pending pending{std::move(prepared), std::move(done)};
  const absl::Status status = Queue(&pending);
  if (!status.ok()) pending.done(status);
}

// On the caller's thread, so that verification, which costs most, runs in parallel. An officer whom the
// published view does not know may be one that is being recorded just now: the sequencer looks again.
absl::StatusOr<Prepared> Sequencer::Prepare(std::string envelope) const {
  if (const absl::Status status = write_status(); !status.ok()) return ReadOnly(status);
  Prepared prepared;
  ASSIGN_OR_RETURN(prepared.admitted, audit::Admit(envelope));
  prepared.envelope = std::move(envelope);
  const v1::Submission& submission = prepared.admitted.submission();
  // What every later record must be, whatever its place; said before a signature is paid for.
  if (audit::IsGenesis(submission) || submission.ledger() != facts_.ledger.view()) {
    RETURN_IF_ERROR(audit::CheckBinding(prepared.admitted, 1, 0, facts_.ledger,
                                        [](uint64_t) { return absl::OutOfRangeError("not reached"); }));
  }
  ASSIGN_OR_RETURN(const books::EntityPtr officer, FindOfficer(submission.officer()));
  if (officer == nullptr) return prepared;
  // Whether the key counts is for its turn to say: a retry finds its record whatever became of the key.
  const auto find_recorded = [&] {
    return RecordOf(FindRequest(*view(), RequestKey(submission.officer(), submission.request_id())));
  };
  ASSIGN_OR_RETURN(prepared.signer,
                   audit::FindSender(OneOfficer(officer), prepared.admitted, &keys_, find_recorded));
  return prepared;
}

absl::StatusOr<books::EntityPtr> Sequencer::FindOfficer(const std::string& id) const {
  if (books::EntityPtr officer = officers_.Find(id); officer != nullptr) return officer;
  ASSIGN_OR_RETURN(books::EntityPtr officer, view()->Get({books::EntityKind::kOfficer, id}));
  if (officer != nullptr) officers_.Learn(id, officer);
  return officer;
}

absl::Status Sequencer::Queue(Pending* pending) {
  MutexLock lock(&mutex_);
  if (!write_status_.ok()) return ReadOnly(write_status_);
  if (is_stopping_) return ReadOnly(absl::UnavailableError("it is being stopped"));
  if (queue_.size() >= options_.queue_limit) {
    return Refuse(absl::StatusCode::kResourceExhausted, "QUEUE_FULL",
                  absl::StrCat(queue_.size(),
                               " submissions are waiting: repeat it in a while, with the same request id"));
  }
  queue_.push_back(std::move(*pending));
  work_came_.NotifyOne();
  return absl::OkStatus();
}

void Sequencer::Keep(Attestation attestation, Kept kept) {
  if (const absl::Status status = keep_status(); !status.ok()) return kept(ReadOnly(status));
  keeping_.Add(std::move(attestation), std::move(kept));
  // Who refuses what waits at the stop may have done so just before it was added.
  if (const absl::Status status = keep_status(); !status.ok()) keeping_.Refuse(ReadOnly(status));
}

absl::Status Sequencer::keep_status() const {
  MutexLock lock(&mutex_);
  if (!write_status_.ok()) return write_status_;
  return is_stopping_ ? absl::UnavailableError("it is being stopped") : absl::OkStatus();
}

absl::StatusOr<std::string> Sequencer::SignAnswer(const View& view, std::string_view answer) const {
  ASSIGN_OR_RETURN(const books::EntityPtr ledger, view.Get({books::EntityKind::kLedger, ""}));
  if (ledger == nullptr || ledger->ledger().log_keys().empty()) {
    return Refuse(absl::StatusCode::kDataLoss, "GENESIS_MISSING", "the books hold no key of the log");
  }
  // The last of the view's keys is the one for checkpoints of its size.
  const crypto::Signer* signer = signers_.Find(ledger->ledger().log_keys().rbegin()->key());
  if (signer == nullptr) return Engine::SignAnswer(view, answer);
  return crypto::SealEnvelope(crypto::kAnswerType, answer, {signer});
}

std::shared_ptr<const View> Sequencer::view() const {
  MutexLock lock(&mutex_);
  return view_;
}

absl::Status Sequencer::write_status() const {
  MutexLock lock(&mutex_);
  return write_status_;
}

absl::Status Sequencer::stop_answer() const {
  MutexLock lock(&mutex_);
  return stop_answer_;
}

void Sequencer::Stop() {
  {
    MutexLock lock(&mutex_);
    is_stopping_ = true;
    work_came_.NotifyOne();
  }
  MutexLock lock(&stop_mutex_);
  if (judging_.joinable()) judging_.join();
  if (committing_thread_.joinable()) committing_thread_.join();
  if (answering_thread_.joinable()) answering_thread_.join();
  keeping_.Refuse(ReadOnly(keep_status()));
}

void Sequencer::Run() {
  std::vector<Pending> taken;
  while (AwaitWork(&taken)) {
    SettleInFlight();
    Judge(std::exchange(taken, {}));
    SendOff();
    CommitAsides();
  }
  MutexLock lock(&mutex_);
  is_all_judged_ = true;
  commit_came_.NotifyOne();
}

bool Sequencer::CanTake() const {
  if (queue_.empty()) return false;
  return open_ == nullptr || (open_->pending.size() < options_.group_limit && open_->bytes < kGroupBytesMax);
}

// Waits for something to do, and takes what fits into the open round; while a commit goes on, the round stays
// open, so that rounds grow with the load. False: all is done, and no more will come.
bool Sequencer::AwaitWork(std::vector<Pending>* taken) {
  MutexLock lock(&mutex_);
  while (!CanTake()) {
    const bool is_committed = in_flight_ != nullptr && committing_ == nullptr;
    if (is_committed) return true;
    const bool is_idle = queue_.empty() && open_ == nullptr && in_flight_ == nullptr;
    if (is_idle && keeping_.has_writes()) return true;
    if (is_stopping_ && is_idle) return false;
    // Once writing has stopped nobody takes them, and they would be there for ever.
    if (is_idle && write_status_.ok() && sheets_.has_writes()) return true;
    work_came_.Wait(&mutex_);
  }
  if (open_ == nullptr) open_ = std::make_unique<Round>();
  while (CanTake() && open_->pending.size() + taken->size() < options_.group_limit) {
    open_->bytes += queue_.front().prepared.envelope.size();
    taken->push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  return true;
}

std::shared_ptr<Group> Sequencer::NewGroup() {
  std::shared_ptr<const Group> below;
  if (in_flight_ != nullptr) below = in_flight_->group;
  LogEnd end = below != nullptr ? below->end() : end_;
  const crypto::Signer* signer = below != nullptr ? below->signer() : signer_;
  return std::make_shared<Group>(facts_, signers_, signer, std::move(end), entities_, std::move(below),
                                 &keys_, &roots_);
}

// Adds to the open round. The view is taken after the submissions were: whatever they have seen is in it.
void Sequencer::Judge(std::vector<Pending> taken) {
  if (taken.empty()) return;
  if (open_ == nullptr) open_ = std::make_unique<Round>();
  if (open_->group == nullptr) open_->group = NewGroup();
  const absl::Status clocks = CheckClocks(open_->group->end().recorded_at_us);
  if (!clocks.ok()) StopWriting(clocks, ReadOnly(clocks));
  // Whoever was taken just before hears the same as those who still waited: it may repeat one whose outcome
  // is not known.
  if (const absl::Status stopped = stop_answer(); !stopped.ok()) {
    for (Pending& each : taken) each.done(stopped);
    return;
  }
  open_->group->SetView(view());
  Foresee(taken);
  for (Pending& each : taken) {
    JudgeOne(each.prepared);
    open_->pending.push_back(std::move(each));
  }
}

void Sequencer::Foresee(const std::vector<Pending>& taken) {
  std::vector<books::EntityKey> marks;
  for (const Pending& each : taken) {
    const v1::Submission& submission = each.prepared.admitted.submission();
    const auto officer = entities_.Get({books::EntityKind::kOfficer, submission.officer()});
    if (!officer.ok() || *officer == nullptr) continue;
    books::AddMarks(submission, (*officer)->officer().registration().organization(), &marks);
  }
  entities_.Foresee(marks);
}

void Sequencer::JudgeOne(const Prepared& prepared) {
  open_->verdicts.push_back(
      open_->group->Add(prepared.admitted, prepared.envelope, prepared.signer, options_.clock()));
}

// Takes note of a commit that is over.
void Sequencer::SettleInFlight() {
  if (in_flight_ == nullptr) return;
  {
    MutexLock lock(&mutex_);
    if (committing_ != nullptr) return;
  }
  const std::shared_ptr<Round> settled = std::exchange(in_flight_, nullptr);
  if (settled->outcome.ok()) {
    end_ = settled->group->end();
    signer_ = settled->group->signer();
    entities_.Advance(view(), settled->group->changes());
    if (open_ != nullptr && open_->group != nullptr) open_->group->ReleaseBelow();
    settled->group->SetView(nullptr);
    settled_ = settled;
    return;
  }
  if (open_ == nullptr) return;
  if (write_status().ok()) return JudgeAgain();
  const std::unique_ptr<Round> lost = std::exchange(open_, nullptr);
  for (Pending& each : lost->pending) each.done(settled->outcome);
}

// The group below wrote nothing: what was judged on it is forgotten.
void Sequencer::JudgeAgain() {
  open_->group = NewGroup();
  open_->group->SetView(view());
  open_->verdicts.clear();
  for (const Pending& each : open_->pending) JudgeOne(each.prepared);
}

// Lets the open round be committed, unless one is. Where nobody waits and a commit is short there is nothing
// to overlap with, and the other thread would only have to be woken.
void Sequencer::SendOff() {
  if (open_ == nullptr || in_flight_ != nullptr) return;
  if (open_->pending.empty()) return open_.reset();
  if (const absl::Status stopped = stop_answer(); !stopped.ok()) {
    const std::unique_ptr<Round> lost = std::exchange(open_, nullptr);
    for (Pending& each : lost->pending) each.done(stopped);
    return;
  }
  in_flight_ = std::exchange(open_, nullptr);
  in_flight_->dropped_entities = entities_.TakeDropped();
  in_flight_->dropped_round = std::exchange(settled_, nullptr);
  {
    MutexLock lock(&mutex_);
    if (!queue_.empty() || in_flight_->bytes > kShortCommitBytes) {
      committing_ = in_flight_;
      commit_came_.NotifyOne();
      return;
    }
  }
  CommitRound(in_flight_.get());
  AnswerRound(in_flight_.get());
  SettleInFlight();
}

void Sequencer::RunCommits() {
  while (true) {
    std::shared_ptr<Round> round;
    {
      MutexLock lock(&mutex_);
      while (committing_ == nullptr && !is_all_judged_) commit_came_.Wait(&mutex_);
      if (committing_ == nullptr) {
        is_all_committed_ = true;
        answer_came_.NotifyOne();
        return;
      }
      round = committing_;
    }
    CommitRound(round.get());
    MutexLock lock(&mutex_);
    committing_ = nullptr;
    work_came_.NotifyOne();
    answering_.push_back(std::move(round));
    answer_came_.NotifyOne();
  }
}

void Sequencer::CommitRound(Round* round) {
  if (!round->group->records().empty()) round->outcome = CommitGroup(round->group.get());
}

// Commit, anchor, publication, in this order. On error: the answer of all who wait for the group.
absl::Status Sequencer::CommitGroup(Group* group) {
  std::string note;
  const absl::StatusOr<log::Checkpoint> checkpoint = group->Seal(&note);
  if (!checkpoint.ok()) {
    // The key is there and the origin is a name, or it had not opened: nothing that a repetition would mend.
    StopWriting(checkpoint.status(), ReadOnly(checkpoint.status()));
    return ReadOnly(checkpoint.status());
  }
  sheets_.TakeWrites(group->mutable_batch());
  const std::vector<Kept> told = TakeKept(group->mutable_batch());
  const absl::Status status = CommitSealed(*checkpoint, note, *group);
  if (status.ok()) {
    Publish(group->end().edge, *checkpoint, std::move(note), group->changes(), group->postings());
  }
  if (told.empty()) return status;
  const absl::Status of_kept = StatusOfKept(status);
  for (const Kept& kept : told) kept(of_kept);
  return status;
}

// What they hear who keep attestations, where `status` is the answer of those who submitted with them: they
// have no request id to repeat.
absl::Status Sequencer::StatusOfKept(const absl::Status& status) const {
  if (ReasonOf(status) != "OUTCOME_UNKNOWN") return status;
  return Unavailable("LEDGER_READ_ONLY",
                     absl::StrCat("the ledger stopped writing, and this may or may not be kept: ",
                                  write_status().message()));
}

// Whoever commits calls it, and nobody else commits meanwhile.
std::vector<Kept> Sequencer::TakeKept(store::Batch* batch) {
  if (!keeping_.has_writes()) return {};
  return keeping_.TakeWrites(*store_->GetSnapshot(), batch);
}

absl::Status Sequencer::CommitSealed(const log::Checkpoint& checkpoint, const std::string& note,
                                     const Group& group) {
  absl::Status status =
      store_->Commit(group.batch(), checkpoint.size - group.records().size(), checkpoint.size);
  const bool nothing_written = absl::IsUnavailable(status) && ReasonOf(status) == "STORE_REFUSED";
  if (nothing_written) {
    return Unavailable("STORE_REFUSED",
                       absl::StrCat("the store did not take the commit and wrote nothing (", status.message(),
                                    "): repeat it with the same request id"));
  }
  const bool fenced = absl::IsAborted(status) || absl::IsFailedPrecondition(status);
  if (fenced) {
    StopWriting(status, ReadOnly(status));
    return ReadOnly(status);
  }
  if (status.ok()) status = anchor_->Write(note);
  if (status.ok()) return status;
  const absl::Status unknown = Unavailable(
      "OUTCOME_UNKNOWN", absl::StrCat("it may or may not be recorded (", status.message(),
                                      "): repeat it with the same request id once the ledger writes again"));
  StopWriting(status, unknown);
  return unknown;
}

// The store's state, which is safe, becomes what everybody reads.
void Sequencer::Publish(const log::TreeEdge& edge, const log::Checkpoint& checkpoint, std::string note,
                        const books::EntityMap& changes, size_t new_postings) {
  officers_.Publish(changes);  // before the view, so that nobody who has seen that finds an older officer
  const std::shared_ptr<const store::Snapshot> snapshot = store_->GetSnapshot();
  auto published =
      std::make_shared<const View>(snapshot, edge, checkpoint, std::move(note), view()->sheets());
  sheets_.Offer(snapshot, new_postings);
  MutexLock lock(&mutex_);
  view_ = std::move(published);
}

// Sheets and attestations that no submission came along to take. Whatever becomes of sheets, they only save
// time.
void Sequencer::CommitAsides() {
  if (open_ != nullptr || in_flight_ != nullptr) return;  // what comes next takes them
  if (const absl::Status stopped = write_status(); !stopped.ok()) return keeping_.Refuse(ReadOnly(stopped));
  store::Batch batch;
  sheets_.TakeWrites(&batch);
  const std::vector<Kept> told = TakeKept(&batch);
  if (batch.writes().empty()) return;
  absl::Status status = store_->Commit(batch, end_.next_sequence(), end_.next_sequence());
  if (status.ok()) {
    const std::shared_ptr<const View> before = view();
    Publish(end_.edge, before->checkpoint(), before->signed_checkpoint(), {}, 0);
    entities_.Advance(view(), {});
  } else if (!absl::IsUnavailable(status)) {  // otherwise nothing was written
    StopWriting(status, ReadOnly(status));
    status = ReadOnly(status);
  }
  for (const Kept& kept : told) kept(status);
}

// A wall clock that was set, in either direction, would stamp records with times that never were.
absl::Status Sequencer::CheckClocks(int64_t recorded_at_us) const {
  const int64_t behind_us = recorded_at_us - options_.clock();
  if (behind_us > kClockDriftMaxUs) {
    return Unavailable(
        "CLOCK_BEHIND_LOG",
        absl::StrCat("the wall clock is ", behind_us / 1'000'000,
                     " s before the last record's time: set the machine's clock right and restart "
                     "the ledger"));
  }
  const int64_t wall = options_.clock() - started_at_us_;
  const int64_t monotonic = options_.monotonic_clock() - started_at_monotonic_us_;
  if (std::abs(wall - monotonic) <= kClockDriftMaxUs) return absl::OkStatus();
  return Unavailable("CLOCK_JUMPED",
                     absl::StrCat("since the start the wall clock has moved ", wall / 1'000'000,
                                  " s and the monotonic clock ", monotonic / 1'000'000,
                                  " s: set the machine's clock right and restart the ledger"));
}

void Sequencer::RunAnswers() {
  while (true) {
    std::shared_ptr<Round> round;
    {
      MutexLock lock(&mutex_);
      while (answering_.empty() && !is_all_committed_) answer_came_.Wait(&mutex_);
      if (answering_.empty()) return;
      round = std::move(answering_.front());
      answering_.pop_front();
    }
    AnswerRound(round.get());
  }
}

// Every answer waits for the state it was judged on: refusals and repeats too.
void Sequencer::AnswerRound(Round* round) {
  if (!round->outcome.ok()) {
    for (Pending& each : round->pending) each.done(round->outcome);
  } else {
    Answers answers = MakeAnswers(round->verdicts, *round->group);
    for (size_t i = 0; i < round->pending.size(); ++i) round->pending[i].done(std::move(answers[i]));
  }
  round->pending.clear();
  round->dropped_entities.clear();
  round->dropped_round = nullptr;
}

Sequencer::Answers Sequencer::MakeAnswers(const std::vector<Verdict>& verdicts, const Group& group) const {
  const std::shared_ptr<const View> latest = view();
  const Sequence first_of_group = group.end().next_sequence() - group.records().size();
  ReceiptMaker receipts(*latest);
  Answers answers;
  for (const Verdict& verdict : verdicts) {
    if (!verdict.status.ok()) {
      answers.emplace_back(verdict.status);
    } else if (verdict.sequence >= first_of_group) {
      answers.push_back(receipts.Make(verdict.sequence, group.records()[verdict.sequence - first_of_group],
                                      verdict.repeated_request));
    } else {
      const absl::StatusOr<std::string> record = latest->Record(verdict.sequence);
      answers.push_back(record.ok() ? receipts.Make(verdict.sequence, *record, verdict.repeated_request)
                                    : absl::StatusOr<v1::Receipt>(record.status()));
    }
  }
  return answers;
}

void Sequencer::StopWriting(const absl::Status& status, const absl::Status& answer) {
  std::deque<Pending> waiting;
  {
    MutexLock lock(&mutex_);
    if (write_status_.ok()) {
      write_status_ = status;
      stop_answer_ = answer;
    }
    waiting.swap(queue_);
  }
  for (Pending& each : waiting) each.done(answer);
}

absl::StatusOr<std::unique_ptr<Engine>> OpenOn(std::unique_ptr<store::Store> store,
                                               std::unique_ptr<store::Anchor> anchor, Options options) {
  ASSIGN_OR_RETURN(OpenedLedger opened,
                   OpenLedger(std::move(store), std::move(anchor), SignersOf(options), options.clock()));
  return std::unique_ptr<Engine>(std::make_unique<Sequencer>(std::move(opened), std::move(options)));
}

absl::StatusOr<std::unique_ptr<Engine>> Engine::Open(Options options) {
  const std::filesystem::path directory = options.directory;
  ASSIGN_OR_RETURN(std::unique_ptr<store::Store> store, store::OpenRocksdb((directory / "db").string()));
  auto anchor = store::Anchor::Open((directory / "anchor").string());
  if (!anchor.ok()) {
    return Annotate(
        anchor.status(),
        "the ledger is not opened without its anchor, which shows that its store lost nothing; restore the "
        "anchor from a backup taken with the store, or, if the ledger was only being created and nobody has "
        "a receipt, remove the directory and create it anew");
  }
  return OpenOn(std::move(store), *std::move(anchor), std::move(options));
}

}  // namespace fundledger::engine
