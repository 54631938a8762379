// The log's keys, as whoever holds nothing but record 0 finds them: the key of the genesis, and each that
// replaced it. A checkpoint is believed by the key for its size.
//
//   auto keys = audit::LogKeys::OfGenesis(record_0);            // whose leaf hash is the ledger's id
//   for (...) RETURN_IF_ERROR(keys->Follow(rotation_record));   // in the order of the log
//   auto checkpoint = keys->Open(note);
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "fundledger/v1/actions.pb.h"
#include "ledger/base/hash256.h"
#include "ledger/log/note.h"

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace fundledger::audit {

class LogKeys {
 public:
  // Of record 0. Verifies no signature: the caller knows the ledger's id, or takes the record's word.
  static absl::StatusOr<LogKeys> OfGenesis(std::string_view record);
  // One key for all sizes, given by another way.
  static LogKeys Of(log::NoteVerifier key);

  // The next record that replaced the key: for this ledger, behind those before, and signed by the log's key
  // so far, or by the standby where it says that the key is lost, and by the new keys. Whether two
  // administrators signed it is a replay's to say, whether it is in the log that of a proof under a
  // checkpoint. DATA_LOSS, reason LOG_KEY_ROTATION_INVALID.
  absl::Status Follow(std::string_view record);

  // For checkpoints of `size` records.
  const log::NoteVerifier& At(uint64_t size) const;
  // All of them, oldest first.
  std::vector<log::NoteVerifier> verifiers() const;
  // That signs now.
  const ::fundledger::v1::PublicKey& current() const { return keys_.back().key; }
  // That replaces it when it is lost.
  const ::fundledger::v1::PublicKey& standby() const { return standby_; }
  // By the key for the size that the note states. Errors as of log::OpenCheckpoint.
  absl::StatusOr<log::Checkpoint> Open(std::string_view note) const;

 private:
  struct Key {
    Sequence from = 0;
    ::fundledger::v1::PublicKey key;
    log::NoteVerifier verifier;
  };
  static absl::StatusOr<Key> MakeKey(Sequence from, std::string_view origin,
                                     const ::fundledger::v1::PublicKey& key);

  Hash256 ledger_;
  ::fundledger::v1::PublicKey standby_;
  std::vector<Key> keys_;  // never empty; oldest first
};

}  // namespace fundledger::audit
