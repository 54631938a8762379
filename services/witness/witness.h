// A witness: cosigns checkpoints of the logs it is told of, each an extension of the one before, and never
// two that contradict each other (C2SP tlog-witness). What it says is decided here; http_server.h carries it.
// It knows the log's format and nothing of what is recorded.
//
//   auto witness = Witness::Open({.name = "inspection.example/witness", .key = key, .logs = {log}, …});
//   Answer answer = (*witness)->AddCheckpoint(body);
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/base/clock.h"
#include "ledger/base/mutex.h"
#include "ledger/crypto/signature.h"
#include "ledger/log/cosignature.h"
#include "ledger/log/note.h"
#include "ledger/log/witness_request.h"
#include "services/witness/state.h"

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"

namespace fundledger::witness {

struct Options {
  std::string name;  // of its key
  std::shared_ptr<const crypto::Signer> key;
  // The keys of the logs it cosigns; several of one origin, where a log has replaced its key.
  std::vector<log::NoteVerifier> logs;
  std::string state;  // directory that State::Create made
  Clock clock = SystemClockMicros;
  // Called when a checkpoint is stored and its cosignature not given out yet; for tests.
  std::function<void()> stored;
};

// What is answered over HTTP.
struct Answer {
  int status = 0;
  std::string content_type;
  std::string body;
};

class Witness {
 public:
  // Errors of State::Open; DATA_LOSS, reason WITNESS_STATE_DAMAGED, where what is kept is not its own.
  static absl::StatusOr<std::unique_ptr<Witness>> Open(Options options);

  // POST /add-checkpoint. 200: what is said is on disk. Requests about one log come one after another.
  // Thread-safe.
  Answer AddCheckpoint(std::string_view body);
  // GET /<origin hash>/checkpoint: the note of the latest checkpoint it cosigned, or 404. Thread-safe.
  Answer Latest(std::string_view origin_hash);

  const std::string& verifier_key() const { return verifier_key_; }

 private:
  // One log that it is told of.
  struct Watched {
    std::string origin;
    std::vector<log::NoteVerifier> keys;
    Mutex mutex;
    // Of the last checkpoint that it cosigned; size 0 and no note if there is none.
    log::Checkpoint last ABSL_GUARDED_BY(mutex);
    std::string note ABSL_GUARDED_BY(mutex);
    uint64_t time_s ABSL_GUARDED_BY(mutex) = 0;
    // Checkpoints that the log signed and nobody proved to extend what was cosigned: notes by the names of
    // their files. kFilesMax at most.
    std::map<std::string, std::string> unreconciled ABSL_GUARDED_BY(mutex);
  };

  Witness(Options options, std::unique_ptr<State> state, std::string verifier_key);
  absl::Status Restore(Watched* watched);
  Answer Judge(const log::WitnessRequest& request, const log::Checkpoint& checkpoint, const log::Note& note,
               Watched* watched);
  absl::Status RestoreUnreconciled(Watched* watched) ABSL_EXCLUSIVE_LOCKS_REQUIRED(watched->mutex);
  // The step from what was cosigned to `note`, which the log signed, is not proved: both are kept. The file's
  // path, or why there is none.
  std::string KeepUnreconciled(const log::Checkpoint& checkpoint, const log::Note& note, Watched* watched)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(watched->mutex);
  // Holds a note that the log signed against those unreconciled of its size: another root convicts, the same
  // root under a cosignature settles.
  void Reconcile(const log::Checkpoint& checkpoint, const std::string& note, bool is_cosigned,
                 Watched* watched) ABSL_EXCLUSIVE_LOCKS_REQUIRED(watched->mutex);
  // The file's path, or why there is none.
  std::string KeepTwoRoots(const Watched& watched, const std::string& one, const std::string& other,
                           const log::Checkpoint& checkpoint) ABSL_EXCLUSIVE_LOCKS_REQUIRED(watched.mutex);
  Answer Cosign(const log::Checkpoint& checkpoint, const log::Note& note, Watched* watched)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(watched->mutex);

  const Options options_;
  const std::unique_ptr<State> state_;
  const std::string verifier_key_;
  std::map<std::string, Watched, std::less<>> logs_;  // by origin hash; the map itself never changes
};

}  // namespace fundledger::witness
