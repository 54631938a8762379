#include "ledger/books/slots.h"

#include <algorithm>
#include <string>

#include "ledger/base/status.h"
#include "ledger/books/authority.h"
#include "ledger/books/officers.h"
#include "ledger/books/policy.h"

namespace fundledger::books {
namespace {

namespace v1 = ::fundledger::v1;
namespace sv1 = ::fundledger::storage::v1;

using Slots = std::vector<sv1::ApprovalSlot>;

sv1::ApprovalSlot Slot(v1::Role role) {
  sv1::ApprovalSlot slot;
  slot.set_role(role);
  return slot;
}

sv1::ApprovalSlot SlotOf(v1::Role role, const std::string& organization) {
  sv1::ApprovalSlot slot = Slot(role);
  slot.set_organization(organization);
  return slot;
}

sv1::ApprovalSlot SlotOutside(v1::Role role, const std::string& organization) {
  sv1::ApprovalSlot slot = Slot(role);
  slot.set_not_organization(organization);
  return slot;
}

sv1::ApprovalSlot SlotApart(v1::Role role) {
  sv1::ApprovalSlot slot = Slot(role);
  slot.set_apart(true);
  return slot;
}

bool IsUnit(v1::Role role) {
  return role == v1::ROLE_TOWNSHIP || role == v1::ROLE_DEPARTMENT;
}

// Two administrators of different organizations – the proposer is one of them, if one is – and an inspector
// where money is touched. Where there is an inspector, there is none without one, or two administrators could
// name their own.
Slots SlotsAboutOfficer(const sv1::Ledger& ledger, const v1::RegisterOfficer& subject,
                        const v1::RegisterOfficer& proposer) {
  Slots slots;
  if (proposer.role() == v1::ROLE_ADMIN) {
    slots.push_back(SlotOutside(v1::ROLE_ADMIN, proposer.organization()));
  } else {
    slots = {SlotApart(v1::ROLE_ADMIN), SlotApart(v1::ROLE_ADMIN)};
  }
  const bool inspectors_decide =
      subject.role() == v1::ROLE_INSPECTOR && HasOtherInspector(ledger, subject.id());
  if (IsMoneyRole(subject.role()) || inspectors_decide) slots.push_back(Slot(v1::ROLE_INSPECTOR));
  return slots;
}

Slots SlotsOfPayment(const sv1::Ledger& ledger, const v1::RequestPayment& request,
                     const v1::RegisterOfficer& proposer) {
  Slots slots;
  if (IsUnit(proposer.role())) slots.push_back(SlotOf(proposer.role(), proposer.organization()));
  __int128 total = 0;
  for (const v1::LineAmount& line : request.lines()) total += line.amount_fen();
  if (total >= ledger.policy().two_reviewer_threshold_fen()) {
    slots.push_back(Slot(v1::ROLE_FINANCE_REVIEWER));
  }
  slots.push_back(Slot(v1::ROLE_FINANCE_REVIEWER));
  return slots;
}

bool IsSameKind(const sv1::ApprovalSlot& a, const sv1::ApprovalSlot& b) {
  return a.role() == b.role() && a.organization() == b.organization() &&
         a.not_organization() == b.not_organization() && a.apart() == b.apart();
}

}  // namespace

absl::StatusOr<std::optional<v1::RegisterOfficer>> SubjectOf(const Reader& reader, const v1::Action& action) {
  std::string id;
  switch (action.kind_case()) {
    case v1::Action::kRegisterOfficer:
      return std::optional(action.register_officer());
    case v1::Action::kRecoverKey:
      id = action.recover_key().officer();
      break;
    case v1::Action::kMoveOfficer:
      id = action.move_officer().officer();
      break;
    case v1::Action::kDismissOfficer:
      id = action.dismiss_officer().officer();
      break;
    default:
      return std::optional<v1::RegisterOfficer>();
  }
  ASSIGN_OR_RETURN(const EntityPtr entity, reader.Get({EntityKind::kOfficer, id}));
  if (entity == nullptr) return std::optional<v1::RegisterOfficer>();
  return std::optional(entity->officer().registration());
}

namespace {

// What the rules demand, which no policy takes away.
absl::StatusOr<Slots> FixedSlots(const Reader& reader, const sv1::Ledger& ledger, const v1::Action& action,
                                 const v1::RegisterOfficer& proposer) {
  if (action.kind_case() == v1::Action::kRequestPayment) {
    return SlotsOfPayment(ledger, action.request_payment(), proposer);
  }
  if (action.kind_case() == v1::Action::kRotateKey) return SlotsAboutOfficer(ledger, proposer, proposer);
  ASSIGN_OR_RETURN(const auto subject, SubjectOf(reader, action));
  if (subject.has_value()) return SlotsAboutOfficer(ledger, *subject, proposer);
  if (action.kind_case() == v1::Action::kChangePolicy) {
    return Slots{SlotOutside(v1::ROLE_ADMIN, proposer.organization()), Slot(v1::ROLE_INSPECTOR)};
  }
  return Slots{Slot(v1::ROLE_FINANCE_REVIEWER)};
}

}  // namespace

absl::StatusOr<Slots> SlotsOf(const Reader& reader, const sv1::Ledger& ledger, const v1::Action& action,
                              const v1::RegisterOfficer& proposer) {
  ASSIGN_OR_RETURN(Slots slots, FixedSlots(reader, ledger, action, proposer));
  ASSIGN_OR_RETURN(const Slots further, FurtherSlots(reader, ledger.policy(), action, proposer));
  slots.insert(slots.end(), further.begin(), further.end());
  return slots;
}

bool Fits(const sv1::Proposal& proposal, const sv1::ApprovalSlot& slot, const v1::RegisterOfficer& officer) {
  const auto is_beside = [&](const sv1::ApprovalSlot& other) {
    return other.apart() && !other.officer().empty() &&
           other.officer_organization() == officer.organization();
  };
  return slot.officer().empty() && slot.role() == officer.role() &&
         (slot.organization().empty() || slot.organization() == officer.organization()) &&
         (slot.not_organization().empty() || slot.not_organization() != officer.organization()) &&
         !(slot.apart() && std::any_of(proposal.slots().begin(), proposal.slots().end(), is_beside));
}

bool HasSlots(const sv1::Proposal& proposal, const Slots& needed) {
  return std::all_of(needed.begin(), needed.end(), [&](const sv1::ApprovalSlot& slot) {
    const auto is_same = [&slot](const sv1::ApprovalSlot& other) { return IsSameKind(slot, other); };
    return std::count_if(proposal.slots().begin(), proposal.slots().end(), is_same) >=
           std::count_if(needed.begin(), needed.end(), is_same);
  });
}

}  // namespace fundledger::books
