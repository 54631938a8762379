#include "ledger/books/authority.h"

#include <string>

#include "ledger/base/status.h"

#include "absl/strings/str_cat.h"

namespace fundledger::books {
namespace {

namespace v1 = ::fundledger::v1;

constexpr uint32_t kClerk = Bit(v1::ROLE_FINANCE_CLERK);
constexpr uint32_t kReviewer = Bit(v1::ROLE_FINANCE_REVIEWER);
constexpr uint32_t kTreasury = Bit(v1::ROLE_TREASURY);
constexpr uint32_t kTownship = Bit(v1::ROLE_TOWNSHIP);
constexpr uint32_t kDepartment = Bit(v1::ROLE_DEPARTMENT);
constexpr uint32_t kInspector = Bit(v1::ROLE_INSPECTOR);
constexpr uint32_t kAuditor = Bit(v1::ROLE_AUDITOR);
constexpr uint32_t kAdmin = Bit(v1::ROLE_ADMIN);
constexpr uint32_t kUnit = kTownship | kDepartment;
constexpr uint32_t kEverybody = kClerk | kReviewer | kTreasury | kUnit | kInspector | kAuditor | kAdmin;
// Roles that propose, and roles that answer proposals; the standing of the single officer is checked besides.
// A reviewer proposes nothing but the own next key.
constexpr uint32_t kProposers = kAdmin | kClerk | kReviewer | kTreasury | kUnit;
constexpr uint32_t kApprovers = kAdmin | kInspector | kReviewer | kUnit;

}  // namespace

const std::vector<ActionRule>& ActionRules() {
  using A = v1::Action;
  static const auto& rules = *new std::vector<ActionRule>{
      {A::kRegisterOrganization, "register_organization", kAdmin, ApprovalRule::kNone, DateRule::kOptional},
      {A::kRegisterOfficer, "register_officer", kAdmin, ApprovalRule::kTaken, DateRule::kOptional},
      {A::kRegisterTaskGroup, "register_task_group", kAdmin, ApprovalRule::kNone, DateRule::kOptional},
      {A::kRegisterProgramme, "register_programme", kAdmin, ApprovalRule::kNone, DateRule::kOptional},
      {A::kRegisterCategory, "register_category", kAdmin, ApprovalRule::kNone, DateRule::kOptional},
      {A::kRegisterPayee, "register_payee", kClerk, ApprovalRule::kTaken, DateRule::kOptional},
      {A::kRegisterIndicator, "register_indicator", kAdmin, ApprovalRule::kNone, DateRule::kOptional},
      {A::kRotateKey, "rotate_key", kEverybody, ApprovalRule::kOfMoneyRoles, DateRule::kNone},
      {A::kRevokeKey, "revoke_key", kAdmin, ApprovalRule::kNone, DateRule::kNone},
      {A::kRecoverKey, "recover_key", kAdmin, ApprovalRule::kTaken, DateRule::kNone},
      {A::kMoveOfficer, "move_officer", kAdmin, ApprovalRule::kTaken, DateRule::kNone},
      {A::kDismissOfficer, "dismiss_officer", kAdmin, ApprovalRule::kTaken, DateRule::kNone},
      {A::kChangePolicy, "change_policy", kAdmin, ApprovalRule::kTaken, DateRule::kNone},
      {A::kRotateLogKey, "rotate_log_key", kAdmin, ApprovalRule::kNone, DateRule::kNone},
      {A::kRegisterFund, "register_fund", kClerk, ApprovalRule::kTaken, DateRule::kOptional},
      {A::kReceive, "receive", kClerk, ApprovalRule::kTaken, DateRule::kRequired},
      {A::kReturnUp, "return_up", kClerk, ApprovalRule::kTaken, DateRule::kRequired},
      {A::kPlan, "plan", kClerk, ApprovalRule::kTaken, DateRule::kRequired},
      {A::kChangePlan, "change_plan", kClerk, ApprovalRule::kTaken, DateRule::kRequired},
      {A::kAllocate, "allocate", kClerk, ApprovalRule::kTaken, DateRule::kRequired},
      {A::kAdjust, "adjust", kClerk, ApprovalRule::kTaken, DateRule::kRequired},
      {A::kReclaim, "reclaim", kClerk, ApprovalRule::kTaken, DateRule::kRequired},
      {A::kRecordOutsidePayment, "record_outside_payment", kDepartment, ApprovalRule::kTaken,
       DateRule::kRequired},
      {A::kApprove, "approve", kApprovers, ApprovalRule::kNone, DateRule::kNone},
      {A::kReject, "reject", kApprovers, ApprovalRule::kNone, DateRule::kOptional},
      {A::kWithdraw, "withdraw", kProposers, ApprovalRule::kNone, DateRule::kOptional},
      {A::kExpireProposal, "expire_proposal", kProposers | kApprovers, ApprovalRule::kNone, DateRule::kNone},
      {A::kReverse, "reverse", kClerk, ApprovalRule::kTaken, DateRule::kRequired},
      {A::kRequestPayment, "request_payment", kClerk | kUnit, ApprovalRule::kTaken, DateRule::kRequired},
      {A::kInstruct, "instruct", kTreasury, ApprovalRule::kNone, DateRule::kRequired},
      {A::kConfirm, "confirm", kTreasury, ApprovalRule::kNone, DateRule::kRequired},
      {A::kFail, "fail", kTreasury, ApprovalRule::kNone, DateRule::kRequired},
      {A::kRefund, "refund", kTreasury, ApprovalRule::kTaken, DateRule::kRequired},
      {A::kDeclareProject, "declare_project", kUnit, ApprovalRule::kNone, DateRule::kRequired},
      {A::kApproveProject, "approve_project", kDepartment, ApprovalRule::kTaken, DateRule::kRequired},
      {A::kStartProject, "start_project", kUnit, ApprovalRule::kNone, DateRule::kRequired},
      {A::kReportProgress, "report_progress", kUnit, ApprovalRule::kNone, DateRule::kRequired},
      {A::kCompleteProject, "complete_project", kUnit, ApprovalRule::kNone, DateRule::kRequired},
      {A::kSuspendProject, "suspend_project", kUnit, ApprovalRule::kNone, DateRule::kRequired},
      {A::kResumeProject, "resume_project", kUnit, ApprovalRule::kNone, DateRule::kRequired},
      {A::kTerminateProject, "terminate_project", kDepartment, ApprovalRule::kTaken, DateRule::kRequired},
      {A::kReportIndicator, "report_indicator", kUnit, ApprovalRule::kNone, DateRule::kRequired},
  };
  return rules;
}

const ActionRule* FindActionRule(ActionKind kind) {
  for (const ActionRule& rule : ActionRules()) {
    if (rule.kind == kind) return &rule;
  }
  return nullptr;
}

const ActionRule* FindActionRule(std::string_view name) {
  for (const ActionRule& rule : ActionRules()) {
    if (rule.name == name) return &rule;
  }
  return nullptr;
}

std::string_view RoleName(v1::Role role) {
  switch (role) {
    case v1::ROLE_FINANCE_CLERK:
      return "finance_clerk";
    case v1::ROLE_FINANCE_REVIEWER:
      return "finance_reviewer";
    case v1::ROLE_TREASURY:
      return "treasury";
    case v1::ROLE_TOWNSHIP:
      return "township";
    case v1::ROLE_DEPARTMENT:
      return "department";
    case v1::ROLE_INSPECTOR:
      return "inspector";
    case v1::ROLE_AUDITOR:
      return "auditor";
    case v1::ROLE_ADMIN:
      return "admin";
    default:
      return "unspecified";
  }
}

bool IsMoneyRole(v1::Role role) {
  return role == v1::ROLE_FINANCE_CLERK || role == v1::ROLE_FINANCE_REVIEWER || role == v1::ROLE_TREASURY;
}

bool TakesApproval(const ActionRule& rule, v1::Role role) {
  return rule.approval == ApprovalRule::kTaken ||
         (rule.approval == ApprovalRule::kOfMoneyRoles && IsMoneyRole(role));
}

absl::Status CheckRole(const ActionRule& rule, const v1::RegisterOfficer& officer) {
  if ((rule.roles & Bit(officer.role())) != 0) return absl::OkStatus();
  std::string allowed;
  for (int role = v1::Role_MIN; role <= v1::Role_MAX; ++role) {
    if ((rule.roles & (1u << role)) == 0) continue;
    absl::StrAppend(&allowed, allowed.empty() ? "" : ", ", ToAbsl(RoleName(static_cast<v1::Role>(role))));
  }
  return Refuse(absl::StatusCode::kPermissionDenied, "ROLE_NOT_ALLOWED",
                absl::StrCat("officer ", officer.id(), " has role ", ToAbsl(RoleName(officer.role())), "; ",
                             ToAbsl(rule.name), " is for ", allowed));
}

absl::StatusOr<bool> IsWithin(const Reader& reader, std::string_view id, std::string_view ancestor) {
  std::string at(id);
  // Parents are registered before children, so the walk ends; the bound only guards against a damaged store.
  for (int depth = 0; depth < 64 && !at.empty(); ++depth) {
    if (at == ancestor) return true;
    ASSIGN_OR_RETURN(EntityPtr entity, reader.Get({EntityKind::kOrganization, at}));
    if (entity == nullptr) return false;
    at = entity->organization().registration().parent();
  }
  return false;
}

}  // namespace fundledger::books
