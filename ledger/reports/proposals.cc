// Proposals: what waits for approval, and what became of the rest.
#include <algorithm>
#include <string>

#include "ledger/base/status.h"
#include "ledger/books/books.h"
#include "ledger/reports/as_of.h"
#include "ledger/reports/paging.h"
#include "ledger/reports/reports.h"
#include "ledger/reports/select.h"

namespace fundledger::reports {
namespace {

namespace v1 = ::fundledger::v1;
namespace sv1 = ::fundledger::storage::v1;

const char* NameOf(sv1::ProposalState state) {
  switch (state) {
    case sv1::PROPOSAL_STATE_OPEN:
      return "open";
    case sv1::PROPOSAL_STATE_APPROVED:
      return "approved";
    case sv1::PROPOSAL_STATE_REJECTED:
      return "rejected";
    case sv1::PROPOSAL_STATE_WITHDRAWN:
      return "withdrawn";
    case sv1::PROPOSAL_STATE_EXPIRED:
      return "expired";
    default:
      return "";
  }
}

// The proposal as the state knows it: approvals and answers recorded later are taken off again.
sv1::Proposal InState(const State& state, const sv1::Proposal& proposal) {
  sv1::Proposal then = proposal;
  bool all_filled = true;
  for (sv1::ApprovalSlot& slot : *then.mutable_slots()) {
    if (!slot.officer().empty() && !state.Knows(slot.origin().sequence())) {
      slot.clear_officer();
      slot.clear_officer_organization();
      slot.clear_origin();
    }
    all_filled = all_filled && !slot.officer().empty();
  }
  if (then.state() == sv1::PROPOSAL_STATE_OPEN || state.Knows(then.closed().sequence())) return then;
  // An approved payment request may have been withdrawn later; it was approved before that.
  then.set_state(all_filled ? sv1::PROPOSAL_STATE_APPROVED : sv1::PROPOSAL_STATE_OPEN);
  then.clear_closed();
  then.clear_reason();
  return then;
}

void FillProposal(const sv1::Proposal& proposal, v1::ProposalView* view) {
  view->mutable_ref()->set_sequence(proposal.origin().sequence());
  view->mutable_ref()->set_action(proposal.origin().action());
  view->mutable_ref()->set_leaf_hash(proposal.leaf_hash());
  view->set_officer(proposal.officer());
  view->set_organization(proposal.organization());
  *view->mutable_action() = proposal.action();
  view->set_state(NameOf(proposal.state()));
  for (const sv1::ApprovalSlot& slot : proposal.slots()) {
    v1::ApprovalView* approval = view->add_approvals();
    approval->set_role(slot.role());
    approval->set_organization(slot.organization());
    approval->set_not_organization(slot.not_organization());
    approval->set_apart(slot.apart());
    approval->set_officer(slot.officer());
    if (!slot.officer().empty()) approval->set_sequence(slot.origin().sequence());
  }
  view->set_reason(proposal.reason());
}

// Whether the books would take the officer's approval; errors other than a refusal are errors here too.
absl::StatusOr<bool> IsApprovable(const Source& source, const sv1::Proposal& proposal,
                                  const std::string& officer) {
  if (proposal.state() != sv1::PROPOSAL_STATE_OPEN) return false;
  const absl::Status status = books::CanApprove(source.entities, proposal, officer);
  // UNAUTHENTICATED: of an officer whose key was revoked.
  const bool is_refusal = absl::IsPermissionDenied(status) || absl::IsFailedPrecondition(status) ||
                          absl::IsUnauthenticated(status);
  if (is_refusal) return false;
  RETURN_IF_ERROR(status);
  return true;
}

absl::StatusOr<bool> IsWanted(const Source& source, const sv1::Proposal& proposal,
                              const v1::ListProposalsRequest& request, const ProposalFilter& shown) {
  if (request.open_only() && proposal.state() != sv1::PROPOSAL_STATE_OPEN) return false;
  if (shown) {
    ASSIGN_OR_RETURN(const bool is_shown, shown(proposal));
    if (!is_shown) return false;
  }
  if (request.approvable_by().empty()) return true;
  return IsApprovable(source, proposal, request.approvable_by());
}

}  // namespace

absl::StatusOr<v1::ListProposalsResponse> Proposals(const Source& source,
                                                    const v1::ListProposalsRequest& request,
                                                    const ProposalFilter& shown) {
  ASSIGN_OR_RETURN(Page page, OpenPage(request));
  ASSIGN_OR_RETURN(const State state, ResolveState(source, v1::AsOf::default_instance(), page.sequence()));
  RETURN_IF_ERROR(CheckFilter(source, state, books::EntityKind::kOfficer, request.approvable_by()));
  v1::ListProposalsResponse response;
  absl::Status failed;
  RETURN_IF_ERROR(source.entities.Scan(books::EntityKind::kProposal, "", page.First(),
                                       [&](std::string_view id, const books::EntityPtr& entity) {
                                         // Ids are in the order of the log: nothing behind this one is older.
                                         if (!state.Knows(entity->proposal().origin().sequence()))
                                           return false;
                                         const sv1::Proposal proposal = InState(state, entity->proposal());
                                         const absl::StatusOr<bool> wanted =
                                             IsWanted(source, proposal, request, shown);
                                         failed = wanted.status();
                                         if (!wanted.ok()) return false;
                                         if (!*wanted) return true;
                                         if (!page.Take(id)) return false;
                                         FillProposal(proposal, response.add_proposals());
                                         return true;
                                       }));
  RETURN_IF_ERROR(failed);
  response.set_next_page_token(page.NextToken(state.sequence));
  FillBasis(state, response.mutable_basis());
  return response;
}

}  // namespace fundledger::reports
