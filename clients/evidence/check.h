// Evidence files judged, offline, by the log's public key: what they show, and whom they convict. No network,
// no store; the command line and fundledger-verify use this one code.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/audit/answer.h"
#include "ledger/audit/log_keys.h"
#include "ledger/base/hash256.h"
#include "ledger/log/evidence.h"
#include "ledger/log/note.h"

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace fundledger::evidence {

// Gives `take` each record from 0 on, until it fails or there are no more.
using EachRecord =
    std::function<absl::Status(const std::function<absl::Status(std::string_view record)>& take)>;

// Whose checkpoints are believed.
struct Trust {
  log::NoteVerifier log;          // the key of record 0
  std::optional<Hash256> ledger;  // if known
  // Record 0 and each that replaced the log's key, oldest first, as far as they are known; empty: `log` is
  // the only key that is.
  std::vector<std::string> log_key_records = {};
  // No record before this one replaced the log's key but those; 0: that is not known.
  Sequence log_keys_until = 0;
};

// The log's keys from `trust.log` on, as `trust.log_key_records` prove them. DATA_LOSS, reason
// LOG_KEY_ROTATION_INVALID; UNAUTHENTICATED, reason EVIDENCE_UNVERIFIED, where record 0 there is another
// ledger's or its signatures do not hold.
absl::StatusOr<audit::LogKeys> LogKeysOf(const Trust& trust);

// The log's keys, as far as the file's LOG KEYS or what is known besides prove them from `trust.log` on.
// Errors as above; EVIDENCE_UNVERIFIED too where the two do not agree.
absl::StatusOr<audit::LogKeys> KeysOf(const log::EvidenceFile& file, const Trust& trust);

// How a signed answer stands to the records.
struct JudgedAnswer {
  audit::OpenedAnswer opened;
  std::vector<std::string> differences;  // none: the records give it
};
// Replays `records` up to the answer's checkpoint, with every signature and rule, and computes the answer
// anew. FAILED_PRECONDITION, reason EVIDENCE_RECORDS_WRONG: they are not those under its checkpoint.
// UNAUTHENTICATED, reason EVIDENCE_UNVERIFIED: by these records the log had another key then.
// Otherwise errors of audit::OpenAnswer, audit::Replay and reports::CompareAnswer.
absl::StatusOr<JudgedAnswer> JudgeAnswer(std::string_view envelope,
                                         const std::vector<log::NoteVerifier>& keys,
                                         const EachRecord& records);

struct CheckedEvidence {
  bool convicts = false;
  // Name and id of the key whose holder is convicted; empty: nobody is.
  std::string key;
  // Two roots, not a prefix, two leaves.
  std::optional<log::Contradiction> contradiction;
  // A wrong figure.
  std::optional<JudgedAnswer> answer;
  // What a complaint's parts are worth by themselves, a line each.
  std::vector<std::string> parts;
  // What whoever wrote the file says; nobody signed it.
  std::vector<std::string> statements;
};

// What the file shows. `records` is asked for a wrong figure whose records do not stand in the file; empty:
// there are none (FAILED_PRECONDITION, reason EVIDENCE_RECORDS_MISSING). Errors of audit::CheckContradiction
// and of the above; FAILED_PRECONDITION, reason EVIDENCE_SHOWS_NOTHING, for a figure that the records give.
absl::StatusOr<CheckedEvidence> CheckEvidence(const log::EvidenceFile& file, const Trust& trust,
                                              const EachRecord& records = {});

// NAME+ID of a key.
std::string KeyName(const log::NoteVerifier& key);

}  // namespace fundledger::evidence
