// The engine as it runs: callers' threads admit and verify, one thread puts submissions in order, commits and
// answers.
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
#include "ledger/engine/engine.h"
#include "ledger/engine/entity_cache.h"
#include "ledger/engine/group.h"
#include "ledger/engine/open.h"

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
  std::shared_ptr<const View> view() const override;
  absl::Status write_status() const override;
  void Stop() override;

 private:
  // A submission that waits.
  struct Pending {
    Prepared prepared;
    Done done;
  };
  using Answers = std::vector<absl::StatusOr<::fundledger::v1::Receipt>>;

  // Takes `pending` only if it is OK.
  absl::Status Queue(Pending* pending);

  // The sequencer's thread.
  void Run();
  std::vector<Pending> TakeGroup();
  void RunGroup(std::vector<Pending> group);
  absl::Status CommitGroup(Group* group);
  absl::Status CheckClocks();
  Answers MakeAnswers(const std::vector<Verdict>& verdicts, const Group& group) const;
  // Ends writing for good; `status` says why. Those waiting get `answer`.
  void StopWriting(const absl::Status& status, const absl::Status& answer);

  const Options options_;
  const LedgerFacts facts_;
  const std::unique_ptr<store::Store> store_;
  const std::unique_ptr<store::Anchor> anchor_;  // written by the sequencer's thread alone
  const int64_t started_at_us_;                  // wall clock
  const int64_t started_at_monotonic_us_;
  mutable audit::VerifierCache keys_;  // thread-safe

  // Of the sequencer's thread.
  LogEnd end_;
  EntityCache entities_;
  RootCache roots_;

  mutable Mutex mutex_;
  CondVar work_came_;  // or it is to stop
  std::deque<Pending> queue_ ABSL_GUARDED_BY(mutex_);
  bool is_stopping_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status write_status_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<const View> view_ ABSL_GUARDED_BY(mutex_);  // never null

  Mutex stop_mutex_;  // for the joining of `thread_`
  std::thread thread_ ABSL_GUARDED_BY(stop_mutex_);
};

}  // namespace fundledger::engine
