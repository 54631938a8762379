// Proposals: what takes approval, by whom, and what becomes of it.
#pragma once

#include <string_view>

#include "ledger/books/working.h"

#include "absl/status/status.h"

namespace fundledger::books {

// Records the action of `context` as a proposal, after trying its effect.
absl::Status Propose(const ActionContext& context);
absl::Status ApplyApprove(const ActionContext& context);
absl::Status ApplyReject(const ActionContext& context);
absl::Status ApplyWithdraw(const ActionContext& context);
absl::Status ApplyExpireProposal(const ActionContext& context);

// The proposal that `ref` names. NOT_FOUND, reason PROPOSAL_NOT_FOUND; FAILED_PRECONDITION, reason
// ACTION_REF_MISMATCH, if the record there has another leaf hash: what was shown is not what is there.
absl::StatusOr<EntityPtr> FindProposal(const Reader& reader, const ::fundledger::v1::ActionRef& ref);
// That no key which proposed or approved what is approved, and not carried out yet, was revoked since:
// FAILED_PRECONDITION, reasons PROPOSER_NOT_IN_STANDING, APPROVER_NOT_IN_STANDING. Dismissals and moves do
// not matter any more.
absl::Status CheckStillTrusted(const Reader& reader, const ::fundledger::storage::v1::Proposal& proposal);

}  // namespace fundledger::books
