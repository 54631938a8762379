// The last checkpoint a client verified. It only ever moves forward, and only over a consistency proof, so
// that a server that forks its log or cuts its tail gives itself away to every client that comes back.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "clients/sdk/log_keyring.h"
#include "ledger/base/hash256.h"
#include "ledger/log/note.h"

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace fundledger::sdk {

// Asks the server.
struct ProofFetcher {
  // For the proof that the tree of `new_size` begins with that of `old_size`.
  std::function<absl::StatusOr<std::vector<Hash256>>(uint64_t old_size, uint64_t new_size)> consistency;
  // For the root of its tree of `size`: where it does not prove what it should, what its proof does prove.
  std::function<absl::StatusOr<Hash256>(uint64_t size)> root;
};

// Not thread-safe; several processes may share the file.
class Seen {
 public:
  // What the file holds: the signed note as the server gave it. Without a file, the tree of record 0 alone,
  // whose root is the ledger's id, which came by another way. DATA_LOSS, reason SEEN_DAMAGED, if the file
  // cannot be what was written. `evidence` is the directory for what
  // contradicts it (clients/sdk/evidence.h).
  static absl::StatusOr<Seen> Load(const std::filesystem::path& file, const std::filesystem::path& evidence,
                                   std::shared_ptr<LogKeyring> log, const Hash256& ledger);

  const log::Checkpoint& checkpoint() const { return last_.checkpoint; }

  // Verifies `note` and its consistency with what was seen, and moves forward to it where it is newer;
  // durable on return. The note's checkpoint. Evidence, reasons CHECKPOINT_UNVERIFIED (not signed by the
  // log), LOG_FORKED; or the fetcher's error. What another program stored since Load is held against it too.
  absl::StatusOr<log::Checkpoint> Believe(const std::string& note, const ProofFetcher& fetch);
  // The same for a note that the server calls its latest: a smaller one is evidence too, reason LOG_SHRANK.
  absl::StatusOr<log::Checkpoint> BelieveLatest(const std::string& note, const ProofFetcher& fetch);

 private:
  Seen(std::filesystem::path file, std::filesystem::path evidence, std::shared_ptr<LogKeyring> log)
      : file_(std::move(file)), evidence_(std::move(evidence)), log_(std::move(log)) {}
  struct Noted {
    std::string note;  // empty while nothing but the ledger's id is known
    log::Checkpoint checkpoint;
  };

  // Stores `shown`, unless a larger one is stored that agrees with it. Errors of CheckConsistent,
  // SEEN_DAMAGED and those of the file.
  absl::Status Save(const Noted& shown, const ProofFetcher& fetch);
  // The same where the file holds `held` or nothing; otherwise nothing is written, and it gives what is
  // there.
  absl::StatusOr<std::string> SaveOver(const Noted& held, const Noted& shown) const;
  // That one of the two trees begins with the other.
  absl::Status CheckConsistent(const Noted& seen, const Noted& shown, const ProofFetcher& fetch) const;
  // Reports that `shown` contradicts what was seen, with a proof if `fetch` has one.
  absl::Status Forked(const Noted& seen, const Noted& shown, const std::vector<Hash256>& proof,
                      std::string_view why, const ProofFetcher& fetch) const;
  absl::Status Complaint(const Noted& seen, std::string_view reason, std::string_view what,
                         const std::string& note) const;

  std::filesystem::path file_;
  std::filesystem::path evidence_;
  std::shared_ptr<LogKeyring> log_;
  Noted last_;
  Noted believed_;  // the last that Believe accepted
};

}  // namespace fundledger::sdk
