#include "ledger/books/policy.h"

#include <string>

#include "ledger/base/fen.h"
#include "ledger/base/status.h"
#include "ledger/books/authority.h"
#include "ledger/books/balance.h"
#include "ledger/books/rules.h"

#include "absl/strings/str_cat.h"

namespace fundledger::books {
namespace {

namespace v1 = ::fundledger::v1;
namespace sv1 = ::fundledger::storage::v1;

constexpr int kMaxRules = 100;
constexpr int kMaxApprovals = 8;

absl::Status Wrong(const std::string& message) {
  return Refuse(absl::StatusCode::kInvalidArgument, "POLICY_INVALID", message);
}

// What decides who may decide is fixed, so that no policy can lock everybody out.
bool DecidesAboutAuthority(ActionKind kind) {
  switch (kind) {
    case v1::Action::kRegisterOfficer:
    case v1::Action::kRotateKey:
    case v1::Action::kRecoverKey:
    case v1::Action::kMoveOfficer:
    case v1::Action::kDismissOfficer:
    case v1::Action::kChangePolicy:
      return true;
    default:
      return false;
  }
}

bool HasAmount(ActionKind kind) {
  switch (kind) {
    case v1::Action::kRegisterPayee:
    case v1::Action::kRegisterFund:
    case v1::Action::kApproveProject:
    case v1::Action::kTerminateProject:
      return false;
    default:
      return true;
  }
}

absl::Status CheckApproval(const v1::FurtherApproval& approval, std::string_view action) {
  const bool answers = (FindActionRule(v1::Action::kApprove)->roles & Bit(approval.role())) != 0;
  if (!answers || approval.role() == v1::ROLE_ADMIN) {
    return Wrong(absl::StrCat("further approvals of ", ToAbsl(action), ": ",
                              ToAbsl(RoleName(approval.role())), " approves nothing of this kind"));
  }
  if (approval.place() == v1::APPROVER_PLACE_UNSPECIFIED) {
    return Wrong(absl::StrCat("further approvals of ", ToAbsl(action), ": say where the approver is"));
  }
  return absl::OkStatus();
}

absl::Status CheckFurther(const v1::FurtherApprovals& further) {
  const ActionRule* rule = FindActionRule(std::string_view(further.action()));
  if (rule == nullptr || rule->approval != ApprovalRule::kTaken) {
    return Wrong(absl::StrCat("'", further.action(), "' is no kind of action that takes approval"));
  }
  if (DecidesAboutAuthority(rule->kind)) {
    return Wrong(absl::StrCat("what ", further.action(), " takes is fixed, so that nobody is locked out"));
  }
  if (further.from_amount_fen() < 0 || further.from_amount_fen() > kMaxAmountFen) {
    return Wrong(absl::StrCat("further approvals of ", further.action(), " begin at an amount of 0 to ",
                              FormatYuan(kMaxAmountFen), " yuan"));
  }
  if (further.from_amount_fen() > 0 && !HasAmount(rule->kind)) {
    return Wrong(absl::StrCat(further.action(), " has no amount that further approvals could begin at"));
  }
  if (further.approvals().empty() || further.approvals_size() > kMaxApprovals) {
    return Wrong(absl::StrCat("further approvals of ", further.action(), " are 1 to ", kMaxApprovals));
  }
  for (const v1::FurtherApproval& approval : further.approvals()) {
    RETURN_IF_ERROR(CheckApproval(approval, further.action()));
  }
  return absl::OkStatus();
}

__int128 Magnitude(int64_t fen) {
  const __int128 wide = fen;
  return wide < 0 ? -wide : wide;
}

template <typename Lines>
__int128 Sum(const Lines& lines) {
  __int128 sum = 0;
  for (const v1::LineAmount& line : lines) sum += Magnitude(line.amount_fen());
  return sum;
}

absl::StatusOr<__int128> AmountOfReversed(const Reader& reader, const v1::ActionRef& ref) {
  const std::string id = ActionId(ref.sequence(), ref.action());
  ASSIGN_OR_RETURN(const EntityPtr proposal, reader.Get({EntityKind::kProposal, id}));
  // A reversal is not reversed, so this goes no deeper.
  if (proposal != nullptr) return AmountOf(reader, proposal->proposal().action());
  ASSIGN_OR_RETURN(const EntityPtr entity, reader.Get({EntityKind::kConfirmation, id}));
  if (entity == nullptr) return __int128{0};
  const sv1::Confirmation& confirmation = entity->confirmation();
  ASSIGN_OR_RETURN(const EntityPtr request,
                   reader.Get({EntityKind::kProposal,
                               ActionId(confirmation.payment_sequence(), confirmation.payment_action())}));
  return request == nullptr ? __int128{0} : Sum(request->proposal().action().request_payment().lines());
}

sv1::ApprovalSlot SlotOf(const v1::FurtherApproval& approval, const std::string& organization) {
  sv1::ApprovalSlot slot;
  slot.set_role(approval.role());
  if (approval.place() == v1::APPROVER_PLACE_OWN) slot.set_organization(organization);
  if (approval.place() == v1::APPROVER_PLACE_OTHER) slot.set_not_organization(organization);
  return slot;
}

}  // namespace

absl::Status CheckPolicy(const v1::Policy& policy) {
  if (policy.two_reviewer_threshold_fen() <= 0) {
    return Wrong("the policy needs a threshold above zero from which payments take two reviewers");
  }
  if (policy.proposal_valid_days() < 0) return Wrong("the policy's days are not negative");
  if (policy.further_approvals_size() > kMaxRules) {
    return Wrong(absl::StrCat("a policy has at most ", kMaxRules, " kinds of further approvals"));
  }
  for (const v1::FurtherApprovals& further : policy.further_approvals()) {
    RETURN_IF_ERROR(CheckFurther(further));
  }
  return absl::OkStatus();
}

absl::StatusOr<__int128> AmountOf(const Reader& reader, const v1::Action& action) {
  switch (action.kind_case()) {
    case v1::Action::kReceive:
      return Magnitude(action.receive().amount_fen());
    case v1::Action::kReturnUp:
      return Magnitude(action.return_up().amount_fen());
    case v1::Action::kPlan:
      return Sum(action.plan().lines());
    case v1::Action::kChangePlan:
      return Sum(action.change_plan().lines());
    case v1::Action::kAllocate:
      return Sum(action.allocate().lines());
    case v1::Action::kAdjust:
      return Sum(action.adjust().lines());
    case v1::Action::kReclaim:
      return Magnitude(action.reclaim().line().amount_fen());
    case v1::Action::kRecordOutsidePayment:
      return Magnitude(action.record_outside_payment().amount_fen());
    case v1::Action::kRequestPayment:
      return Sum(action.request_payment().lines());
    case v1::Action::kRefund:
      return Sum(action.refund().lines());
    case v1::Action::kReverse:
      return AmountOfReversed(reader, action.reverse().action());
    default:
      return __int128{0};
  }
}

absl::StatusOr<std::vector<sv1::ApprovalSlot>> FurtherSlots(const Reader& reader, const v1::Policy& policy,
                                                            const v1::Action& action,
                                                            const v1::RegisterOfficer& proposer) {
  std::vector<sv1::ApprovalSlot> slots;
  if (policy.further_approvals().empty()) return slots;
  const ActionRule* rule = FindActionRule(action.kind_case());
  ASSIGN_OR_RETURN(const __int128 amount, AmountOf(reader, action));
  for (const v1::FurtherApprovals& further : policy.further_approvals()) {
    if (rule == nullptr || further.action() != rule->name || amount < further.from_amount_fen()) continue;
    for (const v1::FurtherApproval& approval : further.approvals()) {
      slots.push_back(SlotOf(approval, proposer.organization()));
    }
  }
  return slots;
}

bool IsExpired(const v1::Policy& policy, const sv1::Proposal& proposal, int32_t record_day) {
  // In 64 bits: a policy may mean "practically never" by the greatest number there is.
  const int64_t days = policy.proposal_valid_days();
  return days != 0 && record_day > proposal.origin().day() + days;
}

absl::Status ChangePolicy(const ActionContext& context, const v1::ChangePolicy& what) {
  RETURN_IF_ERROR(CheckReason(what.reason()));
  RETURN_IF_ERROR(CheckPolicy(what.policy()));
  ASSIGN_OR_RETURN(sv1::Entity * entity, context.working.Change({EntityKind::kLedger, ""}));
  *entity->mutable_ledger()->mutable_policy() = what.policy();
  *entity->mutable_ledger()->mutable_policy_origin() = context.MakeOrigin();
  return absl::OkStatus();
}

}  // namespace fundledger::books
