#include "ledger/books/approvals.h"

#include <algorithm>
#include <string>

#include "ledger/books/books.h"
#include "ledger/books/officers.h"
#include "ledger/books/payment.h"
#include "ledger/books/policy.h"
#include "ledger/books/rules.h"
#include "ledger/books/slots.h"

namespace fundledger::books {
namespace {

namespace v1 = ::fundledger::v1;
namespace sv1 = ::fundledger::storage::v1;

// How long a proposal to recover the only inspector's key waits, so that an inspector whose key is not lost
// can reject it. Days.
constexpr int64_t kNoticeDays = 7;

absl::StatusOr<EntityPtr> LoadOfficer(const Reader& reader, std::string_view id) {
  return Need(reader, EntityKind::kOfficer, id, "officer", "OFFICER_UNKNOWN");
}

const v1::RegisterOfficer& RegistrationOf(const EntityPtr& officer) {
  return officer->officer().registration();
}

bool IsSamePerson(const v1::RegisterOfficer& a, const v1::RegisterOfficer& b) {
  return a.id() == b.id() || (!a.person_code().empty() && a.person_code() == b.person_code());
}

// That they are two people. `what`: what the other did.
absl::Status CheckAnotherPerson(const v1::RegisterOfficer& officer, const v1::RegisterOfficer& other,
                                std::string_view reason, std::string_view what) {
  if (!IsSamePerson(officer, other)) return absl::OkStatus();
  return Refuse(absl::StatusCode::kPermissionDenied, reason,
                absl::StrCat("officer ", officer.id(), " is the one who ", ToAbsl(what),
                             "; another person must decide"));
}

std::string NameOf(const sv1::Proposal& proposal) {
  return absl::StrCat("proposal ", proposal.origin().sequence(), ".", proposal.origin().action());
}

// Nobody decides about themselves.
absl::Status CheckNotOwnCase(const Reader& reader, const v1::Action& action,
                             const v1::RegisterOfficer& officer) {
  ASSIGN_OR_RETURN(const auto subject, SubjectOf(reader, action));
  if (!subject.has_value()) return absl::OkStatus();
  return CheckAnotherPerson(officer, *subject, "OWN_CASE", "it is about");
}

// Nor does whoever declared a project approve it, under whatever id and in whatever organization by now.
absl::Status CheckNotDeclarer(const Reader& reader, const v1::Action& action,
                              const v1::RegisterOfficer& officer) {
  if (!action.has_approve_project()) return absl::OkStatus();
  const std::string& id = action.approve_project().project();
  ASSIGN_OR_RETURN(const EntityPtr project,
                   Need(reader, EntityKind::kProject, id, "project", "PROJECT_NOT_FOUND"));
  ASSIGN_OR_RETURN(const EntityPtr declarer, LoadOfficer(reader, project->project().declared_by_officer()));
  return CheckAnotherPerson(officer, RegistrationOf(declarer), "SELF_APPROVAL",
                            absl::StrCat("declared project '", id, "'"));
}

absl::Status CheckOpen(const sv1::Proposal& proposal) {
  if (proposal.state() == sv1::PROPOSAL_STATE_OPEN) return absl::OkStatus();
  return Refuse(absl::StatusCode::kFailedPrecondition, "PROPOSAL_NOT_OPEN",
                absl::StrCat(NameOf(proposal), " is not open any more"));
}

// How few may fill it, of those with the role.
int Narrowness(const sv1::ApprovalSlot& slot) {
  return (slot.organization().empty() ? 0 : 4) + (slot.not_organization().empty() ? 0 : 2) +
         (slot.apart() ? 1 : 0);
}

// Index of the slot that the officer may fill. Of several it is the narrowest, so that the same people
// suffice in whatever order they come.
absl::StatusOr<int> FindSlot(const Reader& reader, const sv1::Proposal& proposal,
                             std::string_view officer_id) {
  RETURN_IF_ERROR(CheckOpen(proposal));
  ASSIGN_OR_RETURN(const EntityPtr officer_entity, LoadOfficer(reader, officer_id));
  const v1::RegisterOfficer& officer = RegistrationOf(officer_entity);
  ASSIGN_OR_RETURN(const EntityPtr proposer, LoadOfficer(reader, proposal.officer()));
  RETURN_IF_ERROR(CheckAnotherPerson(officer, RegistrationOf(proposer), "SELF_APPROVAL", "proposed it"));
  RETURN_IF_ERROR(CheckNotOwnCase(reader, proposal.action(), officer));
  RETURN_IF_ERROR(CheckNotDeclarer(reader, proposal.action(), officer));
  for (const sv1::ApprovalSlot& slot : proposal.slots()) {
    if (slot.officer().empty()) continue;
    ASSIGN_OR_RETURN(const EntityPtr earlier, LoadOfficer(reader, slot.officer()));
    RETURN_IF_ERROR(
        CheckAnotherPerson(officer, RegistrationOf(earlier), "ALREADY_APPROVED", "approved it already"));
  }
  if (WasMovedSince(officer_entity->officer(), proposal.origin().sequence())) {
    return Refuse(absl::StatusCode::kPermissionDenied, "OFFICER_MOVED",
                  absl::StrCat("officer ", officer.id(), " was moved to organization ",
                               officer.organization(), " after ", NameOf(proposal),
                               " was made; let an officer answer it who was there already"));
  }
  int found = -1;
  for (int i = 0; i < proposal.slots_size(); ++i) {
    if (!Fits(proposal, proposal.slots(i), officer)) continue;
    if (found < 0 || Narrowness(proposal.slots(i)) > Narrowness(proposal.slots(found))) found = i;
  }
  if (found >= 0) return found;
  return Refuse(absl::StatusCode::kPermissionDenied, "APPROVAL_NOT_ALLOWED",
                absl::StrCat(NameOf(proposal), " takes no approval by officer ", officer.id(), " (",
                             ToAbsl(RoleName(officer.role())), " of ", officer.organization(), ")"));
}

// Says why an officer may not stand for a record any more; empty: may.
using Standing = std::string (*)(const sv1::Officer& officer, Sequence since);

absl::Status CheckStandsStill(const Reader& reader, Standing standing, const std::string& officer_id,
                              Sequence since, std::string_view reason, std::string_view what) {
  ASSIGN_OR_RETURN(const EntityPtr officer, LoadOfficer(reader, officer_id));
  const std::string why = standing(officer->officer(), since);
  if (why.empty()) return absl::OkStatus();
  return Refuse(absl::StatusCode::kFailedPrecondition, reason,
                absl::StrCat("officer ", officer_id, ", who ", ToAbsl(what), " it in record ", since, ", ",
                             why, "; reject or withdraw it and propose anew"));
}

// Those who proposed it and approved it so far.
absl::Status CheckStandStill(const Reader& reader, Standing standing, const sv1::Proposal& proposal) {
  RETURN_IF_ERROR(CheckStandsStill(reader, standing, proposal.officer(), proposal.origin().sequence(),
                                   "PROPOSER_NOT_IN_STANDING", "proposed"));
  for (const sv1::ApprovalSlot& slot : proposal.slots()) {
    if (slot.officer().empty()) continue;
    RETURN_IF_ERROR(CheckStandsStill(reader, standing, slot.officer(), slot.origin().sequence(),
                                     "APPROVER_NOT_IN_STANDING", "approved"));
  }
  return absl::OkStatus();
}

// What was in order when it was proposed and approved so far must be in order still: those who did it, and
// what it takes.
absl::Status CheckStillGood(const Reader& reader, const sv1::Proposal& proposal) {
  RETURN_IF_ERROR(CheckStandStill(reader, WhyNotStanding, proposal));
  ASSIGN_OR_RETURN(const EntityPtr ledger,
                   Need(reader, EntityKind::kLedger, "", "genesis", "GENESIS_MISSING"));
  ASSIGN_OR_RETURN(const EntityPtr proposer, LoadOfficer(reader, proposal.officer()));
  ASSIGN_OR_RETURN(const auto needed,
                   SlotsOf(reader, ledger->ledger(), proposal.action(), RegistrationOf(proposer)));
  if (HasSlots(proposal, needed)) return absl::OkStatus();
  return Refuse(absl::StatusCode::kFailedPrecondition, "MORE_APPROVALS_NEEDED",
                absl::StrCat(NameOf(proposal),
                             " takes more approvals now than when it was made; reject or "
                             "withdraw it and propose anew"));
}

// The only inspector's key is recovered by administrators alone; so that they cannot take it from an
// inspector who has it, it waits for an objection.
absl::Status CheckNotice(const ActionContext& context, const sv1::Proposal& proposal) {
  if (!proposal.action().has_recover_key()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const auto subject, SubjectOf(context.working, proposal.action()));
  if (!subject.has_value() || subject->role() != v1::ROLE_INSPECTOR) return absl::OkStatus();
  if (HasOtherInspector(context.ledger, subject->id())) return absl::OkStatus();
  const int64_t valid_days = context.ledger.policy().proposal_valid_days();
  const int64_t days = valid_days == 0 ? kNoticeDays : std::min(kNoticeDays, valid_days);
  const Date first(static_cast<int32_t>(proposal.origin().day() + days));
  if (context.record_day >= first) return absl::OkStatus();
  return Refuse(absl::StatusCode::kFailedPrecondition, "NOTICE_PERIOD",
                absl::StrCat("officer ", subject->id(), " is the only inspector and may reject this until ",
                             first.ToString(), "; approve it from that day on"));
}

absl::Status CheckNotExpired(const ActionContext& context, const sv1::Proposal& proposal) {
  const v1::Policy& policy = context.ledger.policy();
  if (!IsExpired(policy, proposal, context.record_day.days())) return absl::OkStatus();
  return Refuse(
      absl::StatusCode::kFailedPrecondition, "PROPOSAL_EXPIRED",
      absl::StrCat("proposed on ", Date(proposal.origin().day()).ToString(), ", it could be approved for ",
                   policy.proposal_valid_days(), " days; reject or withdraw it and propose anew"));
}

// The whole policy is replaced: what it was when the proposer looked is what it must be still.
absl::Status CheckPolicyUnchanged(const ActionContext& context, const sv1::Proposal& proposal) {
  if (!proposal.action().has_change_policy()) return absl::OkStatus();
  const Sequence changed = context.ledger.policy_origin().sequence();
  if (changed < proposal.origin().sequence()) return absl::OkStatus();
  return Refuse(absl::StatusCode::kFailedPrecondition, "POLICY_CHANGED",
                absl::StrCat("the policy was changed in record ", changed, ", after ", NameOf(proposal),
                             " was made; propose it anew on top of that"));
}

std::string IdOf(const v1::ActionRef& ref) {
  return ActionId(ref.sequence(), ref.action());
}

// A context in which the proposed action takes effect: its own date and proposer, this record.
absl::Status TakeEffect(const ActionContext& approval, sv1::Proposal* changed) {
  if (IsPayment(*changed)) return PaymentApproved(approval, changed);
  const sv1::Proposal& proposal = *changed;
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
  return ApplyEffect(effect);
}

// The trail of an answer leads through what it answers.
absl::Status TrailOf(const ActionContext& answer, const sv1::Proposal& proposal) {
  ASSIGN_OR_RETURN(const EntityPtr proposer, LoadOfficer(answer.working, proposal.officer()));
  const ActionContext about{answer.working, proposal.action(), answer.index, RegistrationOf(proposer),
                            answer.ledger,  answer.record_day, answer.day};
  return AddTrail(about);
}

sv1::PaymentState PaymentStateOf(sv1::ProposalState state) {
  switch (state) {
    case sv1::PROPOSAL_STATE_REJECTED:
      return sv1::PAYMENT_STATE_REJECTED;
    case sv1::PROPOSAL_STATE_EXPIRED:
      return sv1::PAYMENT_STATE_EXPIRED;
    default:
      return sv1::PAYMENT_STATE_WITHDRAWN;
  }
}

// Rejecting, withdrawing or expiring closes the proposal; a payment's reserve is released.
absl::Status Close(const ActionContext& context, const v1::ActionRef& ref, sv1::ProposalState state,
                   std::string_view reason) {
  ASSIGN_OR_RETURN(sv1::Entity * entity, context.working.Change({EntityKind::kProposal, IdOf(ref)}));
  sv1::Proposal* proposal = entity->mutable_proposal();
  proposal->set_state(state);
  proposal->set_reason(std::string(reason));
  *proposal->mutable_closed() = context.MakeOrigin();
  if (!IsPayment(*proposal)) return absl::OkStatus();
  return PaymentClosed(context, PaymentStateOf(state), reason, proposal);
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

absl::Status CheckStillTrusted(const Reader& reader, const sv1::Proposal& proposal) {
  return CheckStandStill(reader, WhyNotTrusted, proposal);
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
  RETURN_IF_ERROR(CheckNotOwnCase(context.working, context.action, context.officer));
  RETURN_IF_ERROR(CheckNotDeclarer(context.working, context.action, context.officer));
  ASSIGN_OR_RETURN(auto slots, SlotsOf(context.working, context.ledger, context.action, context.officer));
  ASSIGN_OR_RETURN(sv1::Entity * entity, context.working.Change({EntityKind::kProposal, id}));
  sv1::Proposal* proposal = entity->mutable_proposal();
  *proposal->mutable_origin() = context.MakeOrigin();
  proposal->mutable_origin()->set_day(context.record_day.days());
  proposal->set_leaf_hash(context.working.record().leaf_hash.str());
  proposal->set_officer(context.officer.id());
  proposal->set_organization(context.officer.organization());
  *proposal->mutable_action() = context.action;
  proposal->set_state(sv1::PROPOSAL_STATE_OPEN);
  for (sv1::ApprovalSlot& slot : slots) *proposal->add_slots() = std::move(slot);
  return absl::OkStatus();
}

absl::Status ApplyApprove(const ActionContext& context) {
  const v1::ActionRef& ref = context.action.approve().proposal();
  ASSIGN_OR_RETURN(EntityPtr found, FindProposal(context.working, ref));
  ASSIGN_OR_RETURN(int slot, FindSlot(context.working, found->proposal(), context.officer.id()));
  RETURN_IF_ERROR(CheckNotExpired(context, found->proposal()));
  RETURN_IF_ERROR(CheckStillGood(context.working, found->proposal()));
  RETURN_IF_ERROR(CheckNotice(context, found->proposal()));
  RETURN_IF_ERROR(CheckPolicyUnchanged(context, found->proposal()));
  RETURN_IF_ERROR(TrailOf(context, found->proposal()));
  ASSIGN_OR_RETURN(sv1::Entity * entity, context.working.Change({EntityKind::kProposal, IdOf(ref)}));
  sv1::Proposal* proposal = entity->mutable_proposal();
  proposal->mutable_slots(slot)->set_officer(context.officer.id());
  proposal->mutable_slots(slot)->set_officer_organization(context.officer.organization());
  *proposal->mutable_slots(slot)->mutable_origin() = context.MakeOrigin();
  for (const sv1::ApprovalSlot& each : proposal->slots()) {
    if (each.officer().empty()) return absl::OkStatus();
  }
  proposal->set_state(sv1::PROPOSAL_STATE_APPROVED);
  *proposal->mutable_closed() = context.MakeOrigin();
  // An effect changes no proposal but its own payment's, and one that it refunds or reverses; of none of them
  // action or officer: what is read here stays as it is.
  return TakeEffect(context, proposal);
}

namespace {

absl::Status CheckMayStop(const ActionContext& context, const sv1::Proposal& payment) {
  if (context.officer.role() != v1::ROLE_FINANCE_REVIEWER) {
    return Refuse(absl::StatusCode::kPermissionDenied, "APPROVAL_NOT_ALLOWED",
                  absl::StrCat(NameOf(payment),
                               " is approved; a finance reviewer rejects it, or those who "
                               "asked for it withdraw it"));
  }
  ASSIGN_OR_RETURN(const EntityPtr proposer, LoadOfficer(context.working, payment.officer()));
  return CheckAnotherPerson(context.officer, RegistrationOf(proposer), "SELF_APPROVAL", "proposed it");
}

// Whoever could approve it; whose key is to be recovered though it is not lost; and of an approved payment,
// until it is instructed, any reviewer but the one who asked for it, those who approved it among them.
absl::Status CheckMayReject(const ActionContext& context, const sv1::Proposal& proposal) {
  if (IsPayment(proposal) && proposal.state() == sv1::PROPOSAL_STATE_APPROVED) {
    return CheckMayStop(context, proposal);
  }
  const bool is_own_key = proposal.action().has_recover_key() &&
                          proposal.action().recover_key().officer() == context.officer.id();
  if (is_own_key) return CheckOpen(proposal);
  return FindSlot(context.working, proposal, context.officer.id()).status();
}

}  // namespace

absl::Status ApplyReject(const ActionContext& context) {
  const v1::Reject& reject = context.action.reject();
  RETURN_IF_ERROR(CheckReason(reject.reason()));
  ASSIGN_OR_RETURN(EntityPtr found, FindProposal(context.working, reject.proposal()));
  RETURN_IF_ERROR(CheckMayReject(context, found->proposal()));
  RETURN_IF_ERROR(TrailOf(context, found->proposal()));
  return Close(context, reject.proposal(), sv1::PROPOSAL_STATE_REJECTED, reject.reason());
}

absl::Status ApplyWithdraw(const ActionContext& context) {
  const v1::Withdraw& withdraw = context.action.withdraw();
  RETURN_IF_ERROR(CheckReason(withdraw.reason()));
  ASSIGN_OR_RETURN(EntityPtr found, FindProposal(context.working, withdraw.proposal()));
  const sv1::Proposal& proposal = found->proposal();
  ASSIGN_OR_RETURN(const EntityPtr proposer, LoadOfficer(context.working, proposal.officer()));
  const v1::Role role = RegistrationOf(proposer).role();
  if (proposal.organization() != context.officer.organization() || role != context.officer.role()) {
    return Refuse(absl::StatusCode::kPermissionDenied, "NOT_THE_REQUESTER",
                  absl::StrCat("withdrawing belongs to those who proposed it: ", ToAbsl(RoleName(role)),
                               " of ", proposal.organization()));
  }
  // An approved payment may still be withdrawn until it is instructed; PaymentClosed sees to that.
  if (!IsPayment(proposal) || proposal.state() != sv1::PROPOSAL_STATE_APPROVED)
    RETURN_IF_ERROR(CheckOpen(proposal));
  RETURN_IF_ERROR(TrailOf(context, proposal));
  return Close(context, withdraw.proposal(), sv1::PROPOSAL_STATE_WITHDRAWN, withdraw.reason());
}

absl::Status ApplyExpireProposal(const ActionContext& context) {
  const v1::ActionRef& ref = context.action.expire_proposal().proposal();
  ASSIGN_OR_RETURN(const EntityPtr found, FindProposal(context.working, ref));
  const sv1::Proposal& proposal = found->proposal();
  RETURN_IF_ERROR(CheckOpen(proposal));
  RETURN_IF_ERROR(CheckUnitScope(context, proposal.organization()));
  if (!IsExpired(context.ledger.policy(), proposal, context.record_day.days())) {
    return Refuse(absl::StatusCode::kFailedPrecondition, "NOT_EXPIRED",
                  absl::StrCat(NameOf(proposal), " of ", Date(proposal.origin().day()).ToString(),
                               " can be approved still; reject or withdraw it"));
  }
  RETURN_IF_ERROR(TrailOf(context, proposal));
  return Close(context, ref, sv1::PROPOSAL_STATE_EXPIRED, "");
}

absl::Status CanApprove(const Reader& reader, const sv1::Proposal& proposal, std::string_view officer) {
  ASSIGN_OR_RETURN(const EntityPtr approver, LoadOfficer(reader, officer));
  RETURN_IF_ERROR(CheckInOffice(approver->officer()));
  RETURN_IF_ERROR(CheckRole(*FindActionRule(v1::Action::kApprove), RegistrationOf(approver)));
  RETURN_IF_ERROR(FindSlot(reader, proposal, officer).status());
  return CheckStillGood(reader, proposal);
}

}  // namespace fundledger::books
