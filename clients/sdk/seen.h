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

  const log::Checkpoint& checkpoint() const { return checkpoint_; }

  // Verifies `note` and its consistency with what was seen, and moves forward to it where it is newer;
  // durable on return. The note's checkpoint. Evidence, reasons CHECKPOINT_UNVERIFIED (not signed by the
  // log), LOG_FORKED; or the fetcher's error.
  absl::StatusOr<log::Checkpoint> Believe(const std::string& note, const ProofFetcher& fetch);
  // The same for a note that the server calls its latest: a smaller one is evidence too, reason LOG_SHRANK.
  absl::StatusOr<log::Checkpoint> BelieveLatest(const std::string& note, const ProofFetcher& fetch);

 private:
  Seen(std::filesystem::path file, std::filesystem::path evidence, std::shared_ptr<LogKeyring> log)
      : file_(std::move(file)), evidence_(std::move(evidence)), log_(std::move(log)) {}
  absl::Status Save(const std::string& note, const log::Checkpoint& checkpoint);
  // Reports that `note`, of `shown`, contradicts what was seen, with a proof if `fetch` has one.
  absl::Status Forked(const log::Checkpoint& shown, const std::string& note,
                      const std::vector<Hash256>& proof, std::string_view why,
                      const ProofFetcher& fetch) const;
  absl::Status Complaint(std::string_view reason, std::string_view what, const std::string& note) const;

  std::filesystem::path file_;
  std::filesystem::path evidence_;
  std::shared_ptr<LogKeyring> log_;
  std::string note_;  // empty while nothing but the ledger's id is known
  log::Checkpoint checkpoint_;
  std::string believed_;  // the last note that Believe accepted
  log::Checkpoint believed_checkpoint_;
};

}  // namespace fundledger::sdk
