#include "ledger/books/approvals.h"

#include <string>
#include <vector>

#include "ledger/books/books.h"
#include "ledger/books/rules.h"

namespace fundledger::books {
namespace {

namespace v1 = ::fundledger::v1;
namespace sv1 = ::fundledger::storage::v1;

void AddSlot(v1::Role role, std::string_view organization, std::string_view not_organization,
             sv1::Proposal* proposal) {
  sv1::ApprovalSlot* slot = proposal->add_slots();
  slot->set_role(role);
  slot->set_organization(std::string(organization));
  slot->set_not_organization(std::string(not_organization));
}

bool IsUnit(v1::Role role) {
  return role == v1::ROLE_TOWNSHIP || role == v1::ROLE_DEPARTMENT;
}

// What approvals an action takes: domain terms' column "proposes → approves".
void AddSlots(const ActionContext& context, sv1::Proposal* proposal) {
  const v1::Action& action = context.action;
  const v1::RegisterOfficer& proposer = context.officer;
  if (action.kind_case() == v1::Action::kRegisterOfficer) {
    AddSlot(v1::ROLE_ADMIN, "", proposer.organization(), proposal);
    if (IsMoneyRole(action.register_officer().role())) AddSlot(v1::ROLE_INSPECTOR, "", "", proposal);
    return;
  }
  if (action.kind_case() == v1::Action::kRequestPayment) {
    if (IsUnit(proposer.role())) AddSlot(proposer.role(), proposer.organization(), "", proposal);
    __int128 total = 0;
    for (const v1::LineAmount& line : action.request_payment().lines()) total += line.amount_fen();
    if (total >= context.ledger.genesis().policy().two_reviewer_threshold_fen()) {
      AddSlot(v1::ROLE_FINANCE_REVIEWER, "", "", proposal);
    }
  }
  AddSlot(v1::ROLE_FINANCE_REVIEWER, "", "", proposal);
}

absl::StatusOr<EntityPtr> LoadOfficer(const Reader& reader, std::string_view id) {
  return Need(reader, EntityKind::kOfficer, id, "officer", "OFFICER_UNKNOWN");
}

const v1::RegisterOfficer& RegistrationOf(const EntityPtr& officer) {
  return officer->officer().registration();
}

absl::Status CheckAnotherPerson(const v1::RegisterOfficer& approver, const v1::RegisterOfficer& other,
                                std::string_view reason, std::string_view what) {
  const bool same_person = !approver.person_code().empty() && approver.person_code() == other.person_code();
  if (approver.id() != other.id() && !same_person) return absl::OkStatus();
  return Refuse(absl::StatusCode::kPermissionDenied, reason,
                absl::StrCat("officer ", approver.id(), " is the one who ", ToAbsl(what),
                             "; another person must approve"));
}

bool Fits(const sv1::ApprovalSlot& slot, const v1::RegisterOfficer& officer) {
  return slot.officer().empty() && slot.role() == officer.role() &&
         (slot.organization().empty() || slot.organization() == officer.organization()) &&
         (slot.not_organization().empty() || slot.not_organization() != officer.organization());
}

// Index of the slot that the officer may fill.
absl::StatusOr<int> FindSlot(const Reader& reader, const sv1::Proposal& proposal,
                             std::string_view officer_id) {
  if (proposal.state() != sv1::PROPOSAL_STATE_OPEN) {
    return Refuse(absl::StatusCode::kFailedPrecondition, "PROPOSAL_NOT_OPEN",
                  absl::StrCat("proposal ", proposal.origin().sequence(), ".", proposal.origin().action(),
                               " is not open any more"));
  }
  ASSIGN_OR_RETURN(const EntityPtr officer_entity, LoadOfficer(reader, officer_id));
  const v1::RegisterOfficer& officer = RegistrationOf(officer_entity);
  ASSIGN_OR_RETURN(const EntityPtr proposer, LoadOfficer(reader, proposal.officer()));
  RETURN_IF_ERROR(CheckAnotherPerson(officer, RegistrationOf(proposer), "SELF_APPROVAL", "proposed it"));
  for (const sv1::ApprovalSlot& slot : proposal.slots()) {
    if (slot.officer().empty()) continue;
    ASSIGN_OR_RETURN(const EntityPtr earlier, LoadOfficer(reader, slot.officer()));
    RETURN_IF_ERROR(
        CheckAnotherPerson(officer, RegistrationOf(earlier), "ALREADY_APPROVED", "approved it already"));
  }
  for (int i = 0; i < proposal.slots_size(); ++i) {
    if (Fits(proposal.slots(i), officer)) return i;
  }
  return Refuse(absl::StatusCode::kPermissionDenied, "APPROVAL_NOT_ALLOWED",
                absl::StrCat("proposal ", proposal.origin().sequence(), ".", proposal.origin().action(),
                             " takes no approval by officer ", officer.id(), " (",
                             ToAbsl(RoleName(officer.role())), " of ", officer.organization(), ")"));
}

absl::Status CheckNotExpired(const ActionContext& context, const sv1::Proposal& proposal) {
  // In 64 bits: a policy may mean "practically never" by the greatest number there is.
  const int64_t days = context.ledger.genesis().policy().proposal_valid_days();
  if (days == 0 || context.record_day.days() <= proposal.origin().day() + days) return absl::OkStatus();
  return Refuse(
      absl::StatusCode::kFailedPrecondition, "PROPOSAL_EXPIRED",
      absl::StrCat("proposed on ", Date(proposal.origin().day()).ToString(), ", it could be approved for ",
                   days, " days; reject or withdraw it and propose anew"));
}

std::string IdOf(const v1::ActionRef& ref) {
  return ActionId(ref.sequence(), ref.action());
}

// A context in which the proposed action takes effect: its own date and proposer, this record.
absl::Status TakeEffect(const ActionContext& approval, const sv1::Proposal& proposal) {
  ASSIGN_OR_RETURN(const EntityPtr proposer, LoadOfficer(approval.working, proposal.officer()));
  Date day = approval.record_day;
  if (proposal.action().has_date()) {
    ASSIGN_OR_RETURN(day, FromWire(proposal.action().date()));
  }
  const ActionContext effect{approval.working,
                             proposal.action(),
                             approval.index,
                             RegistrationOf(proposer),
                             approval.ledger,
                             approval.record_day,
                             day};
  if (proposal.action().kind_case() == v1::Action::kRequestPayment) {
    return PaymentApproved(approval, ActionId(proposal.origin().sequence(), proposal.origin().action()),
                           proposal.action());
  }
  return ApplyEffect(effect);
}

// The trail of an answer leads through what it answers.
absl::Status TrailOf(const ActionContext& answer, const sv1::Proposal& proposal) {
  ASSIGN_OR_RETURN(const EntityPtr proposer, LoadOfficer(answer.working, proposal.officer()));
  const ActionContext about{answer.working, proposal.action(), answer.index, RegistrationOf(proposer),
                            answer.ledger,  answer.record_day, answer.day};
  return AddTrail(about);
}

// Rejecting or withdrawing closes the proposal; a payment's reserve is released.
absl::Status Close(const ActionContext& context, const v1::ActionRef& ref, sv1::ProposalState state,
                   std::string_view reason) {
  ASSIGN_OR_RETURN(sv1::Entity * entity, context.working.Change({EntityKind::kProposal, IdOf(ref)}));
  sv1::Proposal* proposal = entity->mutable_proposal();
  proposal->set_state(state);
  proposal->set_reason(std::string(reason));
  *proposal->mutable_closed() = context.MakeOrigin();
  if (proposal->action().kind_case() != v1::Action::kRequestPayment) return absl::OkStatus();
  return PaymentClosed(
      context, IdOf(ref),
      state == sv1::PROPOSAL_STATE_REJECTED ? sv1::PAYMENT_STATE_REJECTED : sv1::PAYMENT_STATE_WITHDRAWN,
      reason);
}

}  // namespace

absl::StatusOr<EntityPtr> FindProposal(const Reader& reader, const v1::ActionRef& ref) {
  ASSIGN_OR_RETURN(EntityPtr entity, reader.Get({EntityKind::kProposal, IdOf(ref)}));
  if (entity == nullptr) {
    return Refuse(absl::StatusCode::kNotFound, "PROPOSAL_NOT_FOUND",
                  absl::StrCat("there is no proposal ", ref.sequence(), ".", ref.action()));
  }
  if (entity->proposal().leaf_hash() != ref.leaf_hash()) {
    return Refuse(
        absl::StatusCode::kFailedPrecondition, "ACTION_REF_MISMATCH",
        absl::StrCat("record ", ref.sequence(),
                     " is not the one that was signed for: its leaf hash is another; look at it again"));
  }
  return entity;
}

absl::Status Propose(const ActionContext& context) {
  const std::string id = ActionId(context.working.record().sequence, context.index);
  if (context.action.kind_case() == v1::Action::kRequestPayment) {
    RETURN_IF_ERROR(RequestPayment(context, context.action.request_payment()));
  } else {
    // Tried on a state of its own: refused now if it could not take effect now.
    google::protobuf::Arena arena;
    Working trial(context.working, context.working.record(), &arena);
    const ActionContext tried{trial,          context.action,     context.index, context.officer,
                              context.ledger, context.record_day, context.day};
    RETURN_IF_ERROR(ApplyEffect(tried));
  }
  ASSIGN_OR_RETURN(sv1::Entity * entity, context.working.Change({EntityKind::kProposal, id}));
  sv1::Proposal* proposal = entity->mutable_proposal();
  *proposal->mutable_origin() = context.MakeOrigin();
  proposal->mutable_origin()->set_day(context.record_day.days());
  proposal->set_leaf_hash(context.working.record().leaf_hash.str());
  proposal->set_officer(context.officer.id());
  proposal->set_organization(context.officer.organization());
  *proposal->mutable_action() = context.action;
  proposal->set_state(sv1::PROPOSAL_STATE_OPEN);
  AddSlots(context, proposal);
  return absl::OkStatus();
}

absl::Status ApplyApprove(const ActionContext& context) {
  const v1::ActionRef& ref = context.action.approve().proposal();
  ASSIGN_OR_RETURN(EntityPtr found, FindProposal(context.working, ref));
  ASSIGN_OR_RETURN(int slot, FindSlot(context.working, found->proposal(), context.officer.id()));
  RETURN_IF_ERROR(CheckNotExpired(context, found->proposal()));
  RETURN_IF_ERROR(TrailOf(context, found->proposal()));
  ASSIGN_OR_RETURN(sv1::Entity * entity, context.working.Change({EntityKind::kProposal, IdOf(ref)}));
  sv1::Proposal* proposal = entity->mutable_proposal();
  proposal->mutable_slots(slot)->set_officer(context.officer.id());
  *proposal->mutable_slots(slot)->mutable_origin() = context.MakeOrigin();
  for (const sv1::ApprovalSlot& each : proposal->slots()) {
    if (each.officer().empty()) return absl::OkStatus();
  }
  proposal->set_state(sv1::PROPOSAL_STATE_APPROVED);
  *proposal->mutable_closed() = context.MakeOrigin();
  // An effect changes no proposal but one that it reverses, and of that neither action nor officer: what is
  // read here stays as it is.
  return TakeEffect(context, *proposal);
}

absl::Status ApplyReject(const ActionContext& context) {
  const v1::Reject& reject = context.action.reject();
  RETURN_IF_ERROR(CheckReason(reject.reason()));
  ASSIGN_OR_RETURN(EntityPtr found, FindProposal(context.working, reject.proposal()));
  RETURN_IF_ERROR(FindSlot(context.working, found->proposal(), context.officer.id()).status());
  RETURN_IF_ERROR(TrailOf(context, found->proposal()));
  return Close(context, reject.proposal(), sv1::PROPOSAL_STATE_REJECTED, reject.reason());
}

absl::Status ApplyWithdraw(const ActionContext& context) {
  const v1::Withdraw& withdraw = context.action.withdraw();
  RETURN_IF_ERROR(CheckReason(withdraw.reason()));
  ASSIGN_OR_RETURN(EntityPtr found, FindProposal(context.working, withdraw.proposal()));
  const sv1::Proposal& proposal = found->proposal();
  ASSIGN_OR_RETURN(const EntityPtr proposer_entity, LoadOfficer(context.working, proposal.officer()));
  const v1::RegisterOfficer& proposer = RegistrationOf(proposer_entity);
  if (proposer.organization() != context.officer.organization() ||
      proposer.role() != context.officer.role()) {
    return Refuse(absl::StatusCode::kPermissionDenied, "NOT_THE_REQUESTER",
                  absl::StrCat("withdrawing belongs to those who proposed it: ",
                               ToAbsl(RoleName(proposer.role())), " of ", proposer.organization()));
  }
  // An approved payment may still be withdrawn until it is instructed; PaymentClosed sees to that.
  const bool payment = proposal.action().kind_case() == v1::Action::kRequestPayment;
  if (proposal.state() != sv1::PROPOSAL_STATE_OPEN &&
      !(payment && proposal.state() == sv1::PROPOSAL_STATE_APPROVED)) {
    return Refuse(absl::StatusCode::kFailedPrecondition, "PROPOSAL_NOT_OPEN",
                  absl::StrCat("proposal ", proposal.origin().sequence(), ".", proposal.origin().action(),
                               " is not open any more"));
  }
  RETURN_IF_ERROR(TrailOf(context, proposal));
  return Close(context, withdraw.proposal(), sv1::PROPOSAL_STATE_WITHDRAWN, withdraw.reason());
}

absl::Status CanApprove(const Reader& reader, const sv1::Proposal& proposal, std::string_view officer) {
  ASSIGN_OR_RETURN(const EntityPtr approver, LoadOfficer(reader, officer));
  RETURN_IF_ERROR(CheckRole(*FindActionRule(v1::Action::kApprove), RegistrationOf(approver)));
  return FindSlot(reader, proposal, officer).status();
}

}  // namespace fundledger::books
