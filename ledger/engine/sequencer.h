// The engine as it runs: callers' threads admit and verify, one thread puts submissions in order and judges
// them, another commits, a third answers. While a group is committed the one before is answered and the next
// one is judged on top of it. What is judged on a group that then fails is judged again, on what holds;
// nobody hears of a verdict before all that it rests on is durable.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "ledger/audit/audit.h"
#include "ledger/base/mutex.h"
#include "ledger/engine/attestations.h"
#include "ledger/engine/engine.h"
#include "ledger/engine/entity_cache.h"
#include "ledger/engine/group.h"
#include "ledger/engine/officer_cache.h"
#include "ledger/engine/open.h"
#include "ledger/engine/sheet_writer.h"

#include "absl/base/thread_annotations.h"

namespace fundledger::engine {

class Sequencer final : public Engine {
 public:
  Sequencer(OpenedLedger opened, Options options);
  ~Sequencer() override;

  void Submit(std::string envelope, Done done) override;
  absl::StatusOr<Prepared> Prepare(std::string envelope) const override;
  void Enqueue(Prepared prepared, Done done) override;
  std::vector<CheckOutcome> Check(const std::vector<std::string>& submissions) const override;
  void Keep(Attestation attestation, Kept kept) override;
  absl::StatusOr<std::string> SignAnswer(const View& view, std::string_view answer) const override;
  std::shared_ptr<const View> view() const override;
  absl::Status write_status() const override;
  void Stop() override;

 private:
  // A submission that waits.
  struct Pending {
    Prepared prepared;
    Done done;
  };
  // Submissions that are judged, committed and answered together.
  struct Round {
    std::vector<Pending> pending;
    size_t bytes = 0;  // of their envelopes
    std::vector<Verdict> verdicts;
    std::shared_ptr<Group> group;
    absl::Status outcome;  // of its commit, once that is over
    // What the judging thread has done with. To destroy it takes about as long as a tenth of the judging.
    std::vector<books::EntityPtr> dropped_entities;
    std::shared_ptr<const Round> dropped_round;
  };
  using Answers = std::vector<absl::StatusOr<::fundledger::v1::Receipt>>;

  // Takes `pending` only if it is OK.
  absl::Status Queue(Pending* pending);

  // The judging thread.
  void Run();
  bool AwaitWork(std::vector<Pending>* taken);
  bool CanTake() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Judge(std::vector<Pending> taken);
  void Foresee(const std::vector<Pending>& taken);
  void JudgeOne(const Prepared& prepared);
  std::shared_ptr<Group> NewGroup();
  void SettleInFlight();
  void JudgeAgain();
  void SendOff();
  void CommitAsides();
  absl::Status CheckClocks(int64_t recorded_at_us) const;

  // The committing thread; where nobody waits, the judging thread itself.
  void RunCommits();
  void CommitRound(Round* round);
  absl::Status CommitGroup(Group* group);
  std::vector<Kept> TakeKept(store::Batch* batch);
  absl::Status StatusOfKept(const absl::Status& status) const;
  absl::Status CommitSealed(const log::Checkpoint& checkpoint, const std::string& note, const Group& group);
  void Publish(const log::TreeEdge& edge, const log::Checkpoint& checkpoint, std::string note,
               const books::EntityMap& changes, size_t new_postings);
  absl::StatusOr<books::EntityPtr> FindOfficer(const std::string& id) const;

  // The answering thread; where nobody waits, likewise.
  void RunAnswers();
  void AnswerRound(Round* round);
  Answers MakeAnswers(const std::vector<Verdict>& verdicts, const Group& group) const;

  // Ends writing for good; `status` says why. Whoever is waiting gets `answer`. Only the first call counts.
  void StopWriting(const absl::Status& status, const absl::Status& answer);
  // That answer; OK while it writes.
  absl::Status stop_answer() const;
  // Why no attestation is kept; OK while they are.
  absl::Status keep_status() const;

  const Options options_;
  const LedgerFacts facts_;
  const LogSigners signers_;
  const std::unique_ptr<store::Store> store_;
  const std::unique_ptr<store::Anchor> anchor_;  // written by who commits alone
  const int64_t started_at_us_;                  // wall clock
  const int64_t started_at_monotonic_us_;
  mutable audit::VerifierCache keys_;  // thread-safe
  mutable OfficerCache officers_;      // never older than view_

  // Of the judging thread.
  LogEnd end_;                    // of what is durable, as far as this thread has heard
  const crypto::Signer* signer_;  // the log's key at `end_`; null if it is lost
  EntityCache entities_;          // at `end_`
  RootCache roots_;
  std::shared_ptr<const Round> settled_;  // the last; goes with the next
  std::unique_ptr<Round> open_;           // being filled; null: there is none
  std::shared_ptr<Round> in_flight_;      // being committed, or not settled yet; null: there is none

  mutable Mutex mutex_;
  CondVar work_came_;    // for the judging thread: a submission, the end of a commit, or it is to stop
  CondVar commit_came_;  // for the committing thread: a round, or there will be none
  CondVar answer_came_;  // for the answering thread, likewise
  std::shared_ptr<Round> committing_ ABSL_GUARDED_BY(mutex_);  // null: it has nothing to do
  bool is_all_judged_ ABSL_GUARDED_BY(mutex_) = false;
  std::deque<std::shared_ptr<Round>> answering_ ABSL_GUARDED_BY(mutex_);  // committed, oldest first
  bool is_all_committed_ ABSL_GUARDED_BY(mutex_) = false;
  std::deque<Pending> queue_ ABSL_GUARDED_BY(mutex_);
  bool is_stopping_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status write_status_ ABSL_GUARDED_BY(mutex_);
  absl::Status stop_answer_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<const View> view_ ABSL_GUARDED_BY(mutex_);  // never null

  SheetWriter sheets_;  // uses the store and wakes the judging thread
  Keeping keeping_;     // likewise wakes it

  Mutex stop_mutex_;  // for the joining of the threads
  std::thread judging_ ABSL_GUARDED_BY(stop_mutex_);
  std::thread committing_thread_ ABSL_GUARDED_BY(stop_mutex_);
  std::thread answering_thread_ ABSL_GUARDED_BY(stop_mutex_);
};

}  // namespace fundledger::engine
