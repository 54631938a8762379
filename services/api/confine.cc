#include "services/api/confine.h"

#include <optional>
#include <string>
#include <vector>

#include "fundledger/v1/actions.pb.h"
#include "ledger/base/status.h"
#include "ledger/base/utf8.h"
#include "ledger/books/authority.h"
#include "ledger/books/books.h"
#include "ledger/crypto/dsse.h"
#include "ledger/log/record.h"
#include "ledger/reports/reports.h"
#include "ledger/reports/standing.h"

#include "absl/strings/str_cat.h"

namespace fundledger::api {
namespace {

namespace v1 = ::fundledger::v1;
namespace sv1 = ::fundledger::storage::v1;

absl::Status NotYours(const Caller& caller, std::string_view what) {
  return Refuse(absl::StatusCode::kPermissionDenied, "NOT_YOURS",
                absl::StrCat("officer ", caller.officer, " of ", caller.organization, ", role ",
                             ToAbsl(books::RoleName(caller.role)), ", does not see ", ToAbsl(what)));
}

bool IsAdmin(const Caller& caller) {
  return caller.role == v1::ROLE_ADMIN;
}

absl::StatusOr<bool> IsOwnOrganization(const Caller& caller, const books::Reader& reader,
                                       std::string_view organization) {
  if (IsAdmin(caller) || organization.empty()) return false;
  return books::IsWithin(reader, organization, caller.organization);
}

absl::Status NeedOrganization(const Caller& caller, const books::Reader& reader,
                              const std::string& organization) {
  ASSIGN_OR_RETURN(const bool own, IsOwnOrganization(caller, reader, organization));
  if (own) return absl::OkStatus();
  return NotYours(
      caller, absl::StrCat("organization ", Quote(organization), ", which is neither its own nor below it"));
}

absl::StatusOr<bool> IsOwnProject(const Caller& caller, const books::Reader& reader, const std::string& id) {
  ASSIGN_OR_RETURN(const books::EntityPtr entity, reader.Get({books::EntityKind::kProject, id}));
  if (entity == nullptr || IsAdmin(caller)) return false;
  // To approve it takes a department.
  if (caller.role == v1::ROLE_DEPARTMENT && reports::WaitsForApproval(entity->project())) return true;
  return IsOwnOrganization(caller, reader, entity->project().declaration().organization());
}

// A project that there is not is another's too: its id tells nothing.
absl::Status NeedProject(const Caller& caller, const books::Reader& reader, const std::string& id) {
  ASSIGN_OR_RETURN(const bool own, IsOwnProject(caller, reader, id));
  if (own) return absl::OkStatus();
  return NotYours(caller, absl::StrCat("project ", Quote(id), ", which is none of its organization's"));
}

absl::StatusOr<bool> IsOwnPayment(const Caller& caller, const books::Reader& reader,
                                  const v1::PaymentView& payment) {
  ASSIGN_OR_RETURN(bool own, IsOwnOrganization(caller, reader, payment.organization()));
  for (int i = 0; !own && i < payment.lines_size(); ++i) {
    ASSIGN_OR_RETURN(own, IsOwnProject(caller, reader, payment.lines(i).project()));
  }
  return own;
}

absl::StatusOr<bool> HasRole(const books::Reader& reader, const std::string& officer, v1::Role role) {
  ASSIGN_OR_RETURN(const books::EntityPtr entity, reader.Get({books::EntityKind::kOfficer, officer}));
  return entity != nullptr && entity->officer().registration().role() == role;
}

// An officer whose whole trail is the caller's to see: one of its own who never acted for another.
absl::StatusOr<bool> IsOwnOfficer(const Caller& caller, const books::Reader& reader,
                                  const std::string& officer) {
  if (officer == caller.officer) return true;
  if (IsAdmin(caller)) return HasRole(reader, officer, v1::ROLE_ADMIN);
  ASSIGN_OR_RETURN(const books::EntityPtr entity, reader.Get({books::EntityKind::kOfficer, officer}));
  if (entity == nullptr) return false;
  for (const sv1::OfficerPost& post : entity->officer().posts()) {
    ASSIGN_OR_RETURN(const bool own, IsOwnOrganization(caller, reader, post.organization()));
    if (!own) return false;
  }
  return entity->officer().posts_size() > 0;
}

// Of the registry, which is administrators' work and holds no money: organizations, officers and their keys,
// words.
bool IsRegistryKind(const books::ActionRule& rule) {
  return rule.roles == books::Bit(v1::ROLE_ADMIN) || rule.kind == v1::Action::kRotateKey;
}

bool IsRegistryAction(const v1::Action& action) {
  const books::ActionRule* rule = books::FindActionRule(action.kind_case());
  return rule != nullptr && IsRegistryKind(*rule);
}

bool IsRegistryKindName(std::string_view name) {
  for (const books::ActionRule& rule : books::ActionRules()) {
    if (rule.name == name) return IsRegistryKind(rule);
  }
  return false;
}

// Whether the record stands in the trail of an organization that is the caller's.
absl::StatusOr<bool> TouchesOwnOrganization(const Caller& caller, const engine::View& view,
                                            Sequence sequence) {
  std::vector<std::string> own;
  absl::Status failed;
  RETURN_IF_ERROR(
      view.Scan(books::EntityKind::kOrganization, "", "", [&](std::string_view id, const books::EntityPtr&) {
        const auto within = IsOwnOrganization(caller, view, id);
        failed = within.status();
        if (within.ok() && *within) own.emplace_back(id);
        return failed.ok();
      }));
  RETURN_IF_ERROR(failed);
  for (const std::string& id : own) {
    engine::TrailFilter filter;
    filter.key = {books::TrailDimension::kOrganization, id};
    ASSIGN_OR_RETURN(const std::vector<Sequence> found, view.Trail(filter, sequence, 1));
    if (!found.empty() && found[0] == sequence) return true;
  }
  return false;
}

// Whether one of its actions is a proposal that is shown to the caller.
absl::StatusOr<bool> HoldsShownProposal(const Caller& caller, const engine::View& view, Sequence sequence,
                                        const v1::Submission& submission) {
  for (int i = 0; i < submission.actions_size(); ++i) {
    const books::ActionRule* rule = books::FindActionRule(submission.actions(i).kind_case());
    if (rule == nullptr || rule->approval == books::ApprovalRule::kNone) continue;
    const std::string id = books::ActionId(sequence, static_cast<uint32_t>(i));
    ASSIGN_OR_RETURN(const books::EntityPtr entity, view.Get({books::EntityKind::kProposal, id}));
    if (entity == nullptr) continue;
    ASSIGN_OR_RETURN(const bool shown, MayShow(caller, view, entity->proposal()));
    if (shown) return true;
  }
  return false;
}

absl::StatusOr<bool> IsOwnRecord(const Caller& caller, const engine::View& view, Sequence sequence) {
  if (sequence == 0) return true;  // the ledger's own facts
  ASSIGN_OR_RETURN(const std::string bytes, view.Record(sequence));
  ASSIGN_OR_RETURN(const log::Record record, log::DecodeRecord(bytes));
  ASSIGN_OR_RETURN(const crypto::OpenedEnvelope envelope, crypto::OpenEnvelope(record.envelope));
  v1::Submission submission;
  if (!submission.ParseFromString(envelope.payload)) return false;
  bool is_registry = true;
  for (const v1::Action& action : submission.actions()) is_registry = is_registry && IsRegistryAction(action);
  if (is_registry) return true;
  ASSIGN_OR_RETURN(const bool own, IsOwnOfficer(caller, view, submission.officer()));
  if (own) return true;
  if (!IsAdmin(caller)) {
    ASSIGN_OR_RETURN(const bool touches, TouchesOwnOrganization(caller, view, sequence));
    if (touches) return true;
  }
  return HoldsShownProposal(caller, view, sequence, submission);
}

}  // namespace

absl::StatusOr<bool> MayShow(const Caller& caller, const books::Reader& reader,
                             const sv1::Proposal& proposal) {
  if (proposal.officer() == caller.officer) return true;
  if (IsAdmin(caller)) {
    if (IsRegistryAction(proposal.action())) return true;
  } else {
    ASSIGN_OR_RETURN(const bool own, IsOwnOrganization(caller, reader, proposal.organization()));
    if (own) return true;
  }
  for (const sv1::ApprovalSlot& slot : proposal.slots()) {
    if (slot.officer() == caller.officer) return true;
  }
  if (proposal.state() != sv1::PROPOSAL_STATE_OPEN) return false;
  const absl::Status status = books::CanApprove(reader, proposal, caller.officer);
  if (absl::IsPermissionDenied(status) || absl::IsFailedPrecondition(status)) return false;
  RETURN_IF_ERROR(status);
  return true;
}

absl::Status Confine(const Caller& caller, const engine::View&, v1::CheckRequest* request) {
  for (const std::string& bytes : request->submissions()) {
    v1::Submission submission;
    // What does not parse is refused by the check itself.
    if (!submission.ParseFromString(bytes) || submission.officer() == caller.officer) continue;
    return NotYours(caller, absl::StrCat("what would become of a submission by officer ",
                                         Quote(submission.officer()), ": it checks its own only"));
  }
  return absl::OkStatus();
}

absl::Status Confine(const Caller& caller, const engine::View& view, v1::GetStatementRequest* request) {
  if (!request->project().empty()) return NeedProject(caller, view, request->project());
  if (!request->organization().empty()) return NeedOrganization(caller, view, request->organization());
  request->set_organization(caller.organization);
  return absl::OkStatus();
}

absl::Status Confine(const Caller& caller, const engine::View& view, v1::ListPaymentsRequest* request) {
  if (!request->project().empty()) return NeedProject(caller, view, request->project());
  if (!request->organization().empty()) return NeedOrganization(caller, view, request->organization());
  request->set_organization(caller.organization);
  return absl::OkStatus();
}

absl::Status Confine(const Caller& caller, const engine::View& view, v1::GetPaymentRequest* request) {
  ASSIGN_OR_RETURN(const v1::GetPaymentResponse found,
                   reports::Payment({view, view, view.last_sequence()}, *request));
  ASSIGN_OR_RETURN(const bool own, IsOwnPayment(caller, view, found.payment()));
  if (own) return absl::OkStatus();
  return NotYours(caller, absl::StrCat("payment ", found.payment().request().sequence(), ".",
                                       found.payment().request().action(),
                                       ", which neither its organization asked for nor its projects get"));
}

absl::Status Confine(const Caller& caller, const engine::View& view, v1::ListProjectsRequest* request) {
  const bool names_one = !request->organization().empty();
  absl::Status own;
  if (names_one) own = NeedOrganization(caller, view, request->organization());
  if (names_one && !absl::IsPermissionDenied(own)) return own;
  // What nobody began waits as well, and departments ask for it so.
  const bool waiting =
      request->awaiting_approval() || (request->status() == "declared" && !request->has_as_of());
  if (waiting && caller.role == v1::ROLE_DEPARTMENT) {
    request->set_awaiting_approval(true);
    return absl::OkStatus();
  }
  if (names_one) return own;
  request->set_organization(caller.organization);
  return absl::OkStatus();
}

absl::Status Confine(const Caller& caller, const engine::View& view, v1::GetProjectRequest* request) {
  return NeedProject(caller, view, request->project());
}

absl::Status Confine(const Caller& caller, const engine::View& view, v1::ListTrailRequest* request) {
  const std::string& id = request->id();
  bool own = false;
  switch (request->dimension()) {
    case v1::TRAIL_DIMENSION_ORGANIZATION: {
      ASSIGN_OR_RETURN(own, IsOwnOrganization(caller, view, id));
      break;
    }
    case v1::TRAIL_DIMENSION_PROJECT: {
      ASSIGN_OR_RETURN(own, IsOwnProject(caller, view, id));
      break;
    }
    case v1::TRAIL_DIMENSION_OFFICER: {
      ASSIGN_OR_RETURN(own, IsOwnOfficer(caller, view, id));
      break;
    }
    case v1::TRAIL_DIMENSION_ACTION:
      own = IsRegistryKindName(id);
      break;
    default:
      break;
  }
  if (own) return absl::OkStatus();
  return NotYours(caller, request->dimension() == v1::TRAIL_DIMENSION_UNSPECIFIED
                              ? "the trail of everything; ask for an organization, a project or an officer"
                              : absl::StrCat("the trail of ", Quote(id)));
}

absl::Status Confine(const Caller& caller, const engine::View& view, v1::GetRecordRequest* request) {
  ASSIGN_OR_RETURN(const bool own, IsOwnRecord(caller, view, request->sequence()));
  if (own) return absl::OkStatus();
  return NotYours(caller,
                  absl::StrCat("record ", request->sequence(), ", which is not about its organization"));
}

absl::Status Confine(const Caller&, const engine::View&, v1::ListProposalsRequest*) {
  return absl::OkStatus();
}

absl::Status Confine(const Caller& caller, const engine::View&, const google::protobuf::Message* request) {
  return NotYours(caller, absl::StrCat("any of ", request->GetDescriptor()->name()));
}

}  // namespace fundledger::api
