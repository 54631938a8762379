// C2SP tlog-policy: which logs are believed, and which witnesses must have cosigned a checkpoint before it
// is.
//
//   log county.example/funds+1f5b7d2c+AT4…
//   witness discipline inspection.example/witness+9c01…+BM8… https://witness.inspection.example
//   witness audit audit.example/witness+03aa…+BFf… https://witness.audit.example
//   group inspectors any discipline audit
//   quorum inspectors
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/log/cosignature.h"
#include "ledger/log/note.h"

#include "absl/status/statusor.h"

namespace fundledger::log {

struct PolicyLog {
  NoteVerifier key;
  std::string url;  // may be empty
};

struct PolicyWitness {
  std::string name;  // in the policy only; the key has its own
  WitnessVerifier key;
  std::string url;  // prefix of the witness protocol; may be empty
};

class Policy {
 public:
  // INVALID_ARGUMENT, reason POLICY_MALFORMED, with the line's number.
  static absl::StatusOr<Policy> Parse(std::string_view text);

  const std::vector<PolicyLog>& logs() const { return logs_; }
  const std::vector<PolicyWitness>& witnesses() const { return witnesses_; }
  // False for `quorum none`, which every checkpoint satisfies.
  bool AsksWitnesses() const { return quorum_.has_value(); }
  // Of verified cosignatures of one checkpoint.
  bool IsSatisfied(const std::vector<Cosignature>& cosignatures) const;
  // The earliest of their times at which those up to then satisfied the quorum; nothing where all do not, or
  // where it asks for none.
  std::optional<uint64_t> SatisfiedSince(const std::vector<Cosignature>& cosignatures) const;
  // The smallest number of witnesses whose cosignatures can satisfy it; 0 for `quorum none`.
  size_t CosignaturesMin() const;
  std::vector<WitnessVerifier> WitnessKeys() const;

 private:
  friend class PolicyParser;
  // A witness or a group, in the file's order; so members stand before it.
  struct Unit {
    std::string name;
    std::optional<size_t> witness;  // into witnesses_
    size_t threshold = 0;           // of a group
    std::vector<size_t> members;    // into units_
  };

  std::vector<PolicyLog> logs_;
  std::vector<PolicyWitness> witnesses_;
  std::vector<Unit> units_;
  std::optional<size_t> quorum_;  // into units_
};

struct WitnessedCheckpoint {
  Checkpoint checkpoint;
  // Of the policy's witnesses, verified; of several by one key the earliest, since a quorum counts them once.
  std::vector<Cosignature> cosignatures;
  bool witnessed = false;  // the policy's quorum is there
  uint64_t since_s = 0;    // SatisfiedSince, if the policy asks for witnesses and has them
};

// The one function that believes a checkpoint under a policy: signed by a log of the policy with the
// checkpoint's origin, and every cosignature of a witness it knows is good. Whether they suffice is
// `witnessed`. UNAUTHENTICATED, reason NOTE_UNVERIFIED; INVALID_ARGUMENT, reason NOTE_MALFORMED or
// CHECKPOINT_MALFORMED.
absl::StatusOr<WitnessedCheckpoint> OpenWitnessed(std::string_view note, const Policy& policy);
// The same where the log's key is known from elsewhere, such as the log itself after a rotation.
absl::StatusOr<WitnessedCheckpoint> OpenWitnessed(std::string_view note, const NoteVerifier& log,
                                                  const Policy& policy);

}  // namespace fundledger::log
