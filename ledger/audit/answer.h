// Signed answers (fundledger.v1.Answer): what the log's key signed of a question and its answer. Whether the
// records give that answer is for reports/answers.h to say.
#pragma once

#include <string_view>
#include <vector>

#include "fundledger/v1/resources.pb.h"
#include "ledger/audit/log_keys.h"
#include "ledger/log/note.h"

#include "absl/status/statusor.h"

namespace fundledger::audit {

struct OpenedAnswer {
  ::fundledger::v1::Answer answer;
  log::Checkpoint checkpoint;
  log::NoteVerifier key;  // signed the answer and its checkpoint
};

// Reads an answer's envelope strictly and believes it if one of `keys` – all that the log has had – signed it
// and the checkpoint it names. INVALID_ARGUMENT, reason ANSWER_MALFORMED; UNAUTHENTICATED, reason
// ANSWER_UNVERIFIED.
absl::StatusOr<OpenedAnswer> OpenAnswer(std::string_view envelope,
                                        const std::vector<log::NoteVerifier>& keys);
// The same by the key for the size of its checkpoint and no other: what the ledger itself answers.
absl::StatusOr<OpenedAnswer> OpenAnswer(std::string_view envelope, const LogKeys& keys);

}  // namespace fundledger::audit
