// The policy: limits and further approvals that are decided, not programmed.
#pragma once

#include <vector>

#include "fundledger/storage/v1/entities.pb.h"
#include "fundledger/v1/actions.pb.h"
#include "ledger/books/reader.h"

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace fundledger::books {

// INVALID_ARGUMENT, reason POLICY_INVALID, unless everything in it can be done.
absl::Status CheckPolicy(const ::fundledger::v1::Policy& policy);

// The slots that the policy adds for an action proposed by `proposer`.
absl::StatusOr<std::vector<::fundledger::storage::v1::ApprovalSlot>> FurtherSlots(
    const Reader& reader, const ::fundledger::v1::Policy& policy, const ::fundledger::v1::Action& action,
    const ::fundledger::v1::RegisterOfficer& proposer);

// What the action is about, fen: the sum of its amounts whatever their signs; of a reversal, that of what it
// reverses. 0 for actions without amounts.
absl::StatusOr<__int128> AmountOf(const Reader& reader, const ::fundledger::v1::Action& action);

// Whether the proposal's days are over on the day of a record.
bool IsExpired(const ::fundledger::v1::Policy& policy, const ::fundledger::storage::v1::Proposal& proposal,
               int32_t record_day);

}  // namespace fundledger::books
