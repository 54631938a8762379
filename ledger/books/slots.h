// What approvals an action takes, and whom it decides about.
#pragma once

#include <optional>
#include <vector>

#include "fundledger/storage/v1/entities.pb.h"
#include "fundledger/v1/actions.pb.h"
#include "ledger/books/reader.h"

#include "absl/status/statusor.h"

namespace fundledger::books {

// The officer that an action registers, moves, dismisses or gives a key to; nothing for other actions, and
// for officers that are not there. What concerns an officer is decided by others.
absl::StatusOr<std::optional<::fundledger::v1::RegisterOfficer>> SubjectOf(
    const Reader& reader, const ::fundledger::v1::Action& action);

// The slots of the action as things stand, all open: domain terms' column "proposes → approves".
absl::StatusOr<std::vector<::fundledger::storage::v1::ApprovalSlot>> SlotsOf(
    const Reader& reader, const ::fundledger::storage::v1::Ledger& ledger,
    const ::fundledger::v1::Action& action, const ::fundledger::v1::RegisterOfficer& proposer);

// Whether `officer` may fill the open slot of `proposal`: by role and organization alone.
bool Fits(const ::fundledger::storage::v1::Proposal& proposal,
          const ::fundledger::storage::v1::ApprovalSlot& slot,
          const ::fundledger::v1::RegisterOfficer& officer);

// Whether the proposal has every slot of `needed`.
bool HasSlots(const ::fundledger::storage::v1::Proposal& proposal,
              const std::vector<::fundledger::storage::v1::ApprovalSlot>& needed);

}  // namespace fundledger::books
