// Follows a ledger with a verified copy of its own, and holds the ledger to it: every record and checkpoint
// is checked before it is kept, and figures are asked for and compared. At the first that does not hold,
// evidence is written, and it follows no further; what was verified goes on being served.
//
//   mirror::Mirror mirror(settings, follower);   // until Stop
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <grpcpp/client_context.h>

#include "ledger/base/mutex.h"
#include "ledger/engine/follower.h"
#include "ledger/log/evidence.h"
#include "services/mirror/calls.h"
#include "services/mirror/origin.h"

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace fundledger::mirror {

struct Settings {
  OriginAddress origin;
  // Where evidence goes; made when there is some. A file ALARM in it keeps the mirror from following, over
  // restarts, until a person takes it away.
  std::string evidence;
  // How often figures and attestations are fetched and compared.
  int64_t compare_seconds = 300;
};

class Mirror {
 public:
  // The follower outlives it.
  Mirror(Settings settings, engine::Follower* follower);
  ~Mirror();

  // Follows no more. Any thread, once.
  void Stop();

 private:
  using Phase = engine::MirrorState::Phase;

  // The following thread.
  void Run();
  absl::Status FollowOnce();
  absl::Status Greet(Origin* origin);
  absl::Status Watch(Origin* origin, grpc::ClientContext* context);
  absl::Status Keep(Origin* origin, const RecordBatch& batch);
  void Progress(size_t records);

  // The comparing thread.
  void RunComparisons();
  absl::Status FetchAttestations(Origin* origin);
  // The smallest checkpoint of which others may have said something since.
  absl::StatusOr<uint64_t> FirstToAttest() const;
  absl::Status CompareFigures(Origin* origin);
  template <typename Stub, typename Request, typename Response>
  absl::Status CompareFigure(Origin* origin, Stub& stub,
                             grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                             std::string_view name, Request request);

  // What is told to readers, and to the log when it changes.
  void SetPhase(Phase phase, const absl::Status& why);
  void SeeOrigin(uint64_t size);
  // Each ends the following, and gives the status to end with.
  absl::Status CheckSeen();
  // `had`: the size known of when the ledger was asked. A smaller checkpoint than that is complained of.
  absl::Status CheckShown(const std::string& note, uint64_t had);
  absl::Status CheckRoot(const std::string& note);
  absl::Status AccuseOfRecord(Origin* origin, const engine::AppendOutcome& outcome, const RecordBatch& batch);
  absl::Status AccuseOfFigure(const absl::Status& why, const std::string& signed_answer);
  absl::Status Alarm(const absl::Status& why, log::EvidenceFile file);
  absl::Status Complain(const absl::Status& why, std::vector<log::EvidencePart> parts);
  // Record 0 and those that replaced the log's key: what its checkpoints are checked with.
  log::EvidencePart LogKeysPart() const;

  bool is_alarmed();
  // False if it is to stop.
  bool Wait(int64_t milliseconds);

  const Settings settings_;
  engine::Follower* const follower_;

  // Of the following thread.
  int64_t backoff_ms_ = 0;
  int64_t progress_since_us_ = 0;
  uint64_t progress_records_ = 0;
  // Of the comparing thread: when attestations were last asked for and all fetched; 0: not yet.
  int64_t attested_at_us_ = 0;

  Calls calls_;  // cancelled when it stops or alarms: nothing is asked any more
  Mutex mutex_;
  CondVar stop_came_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  engine::MirrorState state_ ABSL_GUARDED_BY(mutex_);

  std::thread following_;
  std::thread comparing_;
};

}  // namespace fundledger::mirror
