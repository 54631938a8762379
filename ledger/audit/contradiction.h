// Evidence files (docs/evidence.md) against the log's keys by the sizes that each speaks for.
//
//   auto shown = audit::CheckContradiction(*log::ParseEvidence(text), keys);
#pragma once

#include "ledger/audit/log_keys.h"
#include "ledger/log/evidence.h"

#include "absl/status/statusor.h"

namespace fundledger::audit {

// What a file of two roots, not a prefix, or two leaves shows of the key that the log had at the sizes of
// both its checkpoints: one that was replaced, and perhaps stolen, speaks for no later tree, and the next for
// none before it. Errors as of log::CheckContradiction; UNAUTHENTICATED, reason EVIDENCE_UNVERIFIED, too
// where the log had two keys at these sizes.
absl::StatusOr<log::Contradiction> CheckContradiction(const log::EvidenceFile& file, const LogKeys& keys);

}  // namespace fundledger::audit
