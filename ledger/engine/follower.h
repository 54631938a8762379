// A mirror's engine: it appends what another machine's log holds, after checking all that the log's own
// machine checked – form, link, time, signatures, binding, rules, books – and the root that the log signed.
// Readers see it as any engine; it takes no submissions.
//
//   auto follower = Follower::Create(options, {record_0}, note_of_size_1);   // or Follower::Open(options)
//   AppendOutcome outcome = (*follower)->Append(records, note);
//
// Memory: the books' entities that are in use, one batch, and what a view takes; not the records.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "ledger/audit/audit.h"
#include "ledger/audit/log_keys.h"
#include "ledger/base/mutex.h"
#include "ledger/engine/attestations.h"
#include "ledger/engine/engine.h"
#include "ledger/engine/entity_cache.h"
#include "ledger/engine/group.h"
#include "ledger/engine/open.h"
#include "ledger/engine/sheet_writer.h"

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace fundledger::engine {

struct FollowOptions {
  std::string directory;
  // Of the ledger that is followed, for those who try to submit here.
  std::string origin_address;
  // Which ledger it must be: the leaf hash of record 0 and the verifier key of the genesis, got by another
  // way than from its server.
  Hash256 ledger;
  std::string verifier_key;
  // Threads that verify signatures; 0: as many as the machine has cores.
  size_t threads = 0;
};

struct AppendOutcome {
  // OK: verified, and on disk with the checkpoint. Otherwise nothing of the batch was kept.
  absl::Status status;
  // The record that does not verify; nothing if it is the checkpoint, or if the store failed.
  std::optional<Sequence> record;
  // Whether what was sent is at fault, and not this machine.
  bool is_refuted = false;
};

class Follower final : public Engine {
 public:
  // A new mirror in a directory that is missing or empty. `records` begin with record 0 and lead to `note`.
  // An interruption leaves nothing that Open would take for a mirror, or that is in the way of another
  // Create. FAILED_PRECONDITION, reason WRONG_LEDGER, if it is another ledger; errors of Append and of
  // MakeMirror.
  static absl::StatusOr<std::unique_ptr<Follower>> Create(FollowOptions options,
                                                          const std::vector<std::string>& records,
                                                          const std::string& note);
  // Goes on with a mirror. NOT_FOUND, reason MIRROR_MISSING, where there is nothing; FAILED_PRECONDITION,
  // reasons NOT_A_MIRROR, WRONG_LEDGER; otherwise as Engine::Open.
  static absl::StatusOr<std::unique_ptr<Follower>> Open(FollowOptions options);

  Follower(FollowOptions options, OpenedLedger opened, audit::LogKeys log_keys);
  ~Follower() override;

  // Verifies and keeps the records that follow the last one here, with the checkpoint that they lead to. From
  // one thread at a time. Errors of audit; CHECKPOINT_INVALID, ROOT_MISMATCH for the note; LEDGER_READ_ONLY,
  // STORE_REFUSED for the store.
  AppendOutcome Append(const std::vector<std::string>& records, const std::string& note);
  // A note of the log's, of at most the size here. DATA_LOSS, reason ROOT_MISMATCH: it has another root;
  // UNAUTHENTICATED, reason NOTE_UNVERIFIED: the log did not sign it.
  absl::StatusOr<log::Checkpoint> Compare(const std::string& note) const;
  // The log's keys, as far as its records are here.
  audit::LogKeys log_keys() const;
  // The largest checkpoint of the log's that was shown, signed by the key known here. Returns at once; soon
  // after it is on disk, at the latest when Stop returns. Where the store refuses, it is tried again with the
  // next one that is shown, and with the next batch.
  void NoteSeen(const std::string& note);
  // It, or nothing. Once the records here reach its size it is to be compared with them before the next
  // Append, which may forget it.
  std::string seen() const;

  // Keeps a checkpoint of at most the size here, which Compare found to be the log's, as the log signed it
  // and with what others said of it. On disk on return. Errors as of Keep.
  absl::Status KeepAttested(uint64_t size, const std::string& log_note, Attestation attestation);

  // What GetLedger says of the mirror. Thread-safe.
  void SetState(MirrorState state);

  // FAILED_PRECONDITION, reason MIRROR_READ_ONLY.
  void Submit(std::string envelope, Done done) override;
  absl::StatusOr<Prepared> Prepare(std::string envelope) const override;
  void Enqueue(Prepared prepared, Done done) override;
  std::vector<CheckOutcome> Check(const std::vector<std::string>& submissions) const override;
  absl::Status write_status() const override;

  void Keep(Attestation attestation, Kept kept) override;
  std::shared_ptr<const View> view() const override;
  std::optional<MirrorState> mirror_state() const override;
  void Stop() override;

 private:
  absl::Status CommitGroup(Group* group, const log::Checkpoint& checkpoint, const std::string& note);
  void Publish(const log::TreeEdge& edge, const log::Checkpoint& checkpoint, std::string note,
               size_t new_postings);
  void RunAsides();
  void CommitAsides();
  absl::Status CommitAside(const store::Batch& batch) ABSL_EXCLUSIVE_LOCKS_REQUIRED(commit_mutex_);
  // What the mark on disk is to say was seen; nothing if it says so already.
  std::optional<std::string> TakeSeen();
  void SeenIsKept(const std::string& seen);
  bool HasAsides() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Why nothing more is kept.
  absl::Status keep_status() const;
  absl::Status store_status() const;
  absl::Status Fail(const absl::Status& status);

  const FollowOptions options_;
  const LedgerFacts facts_;
  const LogSigners no_signers_;
  const std::unique_ptr<store::Store> store_;
  const std::unique_ptr<store::Anchor> anchor_;
  audit::VerifierCache keys_;  // thread-safe

  Mutex commit_mutex_;  // one commit at a time
  LogEnd end_ ABSL_GUARDED_BY(commit_mutex_);
  EntityCache entities_ ABSL_GUARDED_BY(commit_mutex_);
  RootCache roots_ ABSL_GUARDED_BY(commit_mutex_);

  mutable Mutex mutex_;
  CondVar work_came_;
  bool is_stopping_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status store_status_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<const View> view_ ABSL_GUARDED_BY(mutex_);  // never null
  audit::LogKeys log_keys_ ABSL_GUARDED_BY(mutex_);
  // Of more records than were here before the last batch; may be empty.
  std::string seen_ ABSL_GUARDED_BY(mutex_);
  std::string seen_on_disk_ ABSL_GUARDED_BY(mutex_);
  bool is_seen_due_ ABSL_GUARDED_BY(mutex_) = false;  // seen_ is to be written, without waiting for records
  MirrorState state_ ABSL_GUARDED_BY(mutex_);

  SheetWriter sheets_;
  Keeping keeping_;

  Mutex stop_mutex_;
  std::thread asides_ ABSL_GUARDED_BY(stop_mutex_);
};

}  // namespace fundledger::engine
