// Proposals, and what is shown of them.
#pragma once

#include "clients/sdk/client.h"
#include "fundledger/v1/resources.pb.h"

#include "absl/status/status.h"

namespace fundledger::cli {

// That a proposal as the server lists it is what its record says, which was verified: who reads a list
// approves by its numbers. Evidence, reason PROPOSAL_MISNAMED.
absl::Status CheckProposal(const v1::ProposalView& listed, const sdk::VerifiedRecord& record);

}  // namespace fundledger::cli
