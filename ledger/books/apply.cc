// One submission: each action's common checks, its right to be here, its effect, its trail.
#include <string>

#include "ledger/base/text.h"
#include "ledger/books/approvals.h"
#include "ledger/books/officers.h"
#include "ledger/books/payment.h"
#include "ledger/books/rules.h"

namespace fundledger::books {
namespace {

namespace v1 = ::fundledger::v1;
namespace sv1 = ::fundledger::storage::v1;

absl::Status Malformed(std::string_view reason, const std::string& message) {
  return Refuse(absl::StatusCode::kInvalidArgument, reason, message);
}

absl::Status CheckHistorical(const v1::Action& action, Date day, Date first_day) {
  if (action.historical() == (action.has_date() && day < first_day)) return absl::OkStatus();
  return Refuse(
      absl::StatusCode::kFailedPrecondition, "HISTORICAL_MARK_WRONG",
      absl::StrCat("dated ", day.ToString(), "; exactly what is dated before this ledger's first day, ",
                   first_day.ToString(), ", is marked as a historical load"));
}

// The business date: given or the record's, in its bounds, marked as historical where it lies before the
// ledger.
absl::StatusOr<Date> BusinessDay(const v1::Action& action, const ActionRule& rule, Date record_day,
                                 Date first_day) {
  if (!action.has_date()) {
    if (rule.date == DateRule::kRequired) {
      return Malformed("DATE_MISSING", absl::StrCat(ToAbsl(rule.name), " needs its business date"));
    }
    RETURN_IF_ERROR(CheckHistorical(action, record_day, first_day));
    return record_day;
  }
  if (rule.date == DateRule::kNone) {
    return Malformed("DATE_NOT_ALLOWED",
                     absl::StrCat(ToAbsl(rule.name), " counts on the day it is recorded"));
  }
  ASSIGN_OR_RETURN(Date day, FromWire(action.date()));
  if (day > record_day) {
    return Refuse(
        absl::StatusCode::kFailedPrecondition, "DATE_IN_FUTURE",
        absl::StrCat("dated ", day.ToString(), ", but it is ", record_day.ToString(), " in this ledger"));
  }
  RETURN_IF_ERROR(CheckHistorical(action, day, first_day));
  return day;
}

EntityKey ReferenceKey(std::string_view organization, const v1::Action& action) {
  return {EntityKind::kReference, ReferenceId(organization, action.kind_case(), action.reference())};
}

// Takes the reference for ever. ALREADY_EXISTS, reason REFERENCE_USED.
absl::Status UseReference(const ActionContext& context) {
  const v1::Action& action = context.action;
  if (action.reference().empty()) return absl::OkStatus();
  if (CountCharacters(action.reference()) > 64) {
    return Malformed("REFERENCE_TOO_LONG", "a reference has at most 64 characters");
  }
  const EntityKey key = ReferenceKey(context.officer.organization(), action);
  ASSIGN_OR_RETURN(EntityPtr used, context.working.Get(key));
  if (used != nullptr) {
    return Refuse(
        absl::StatusCode::kAlreadyExists, "REFERENCE_USED",
        absl::StrCat("reference '", action.reference(), "' of organization '", context.officer.organization(),
                     "' was used in record ", used->reference().origin().sequence()));
  }
  ASSIGN_OR_RETURN(sv1::Entity * entity, context.working.Change(key));
  *entity->mutable_reference()->mutable_origin() = context.MakeOrigin();
  return absl::OkStatus();
}

absl::Status TrailOfProject(const ActionContext& context, const std::string& id) {
  context.working.Trail(TrailDimension::kProject, id);
  ASSIGN_OR_RETURN(EntityPtr project, context.working.Get({EntityKind::kProject, id}));
  if (project != nullptr) {
    context.working.Trail(TrailDimension::kOrganization, project->project().declaration().organization());
  }
  return absl::OkStatus();
}

absl::Status TrailOfLine(const ActionContext& context, const v1::LineAmount& line) {
  context.working.Trail(TrailDimension::kFund, line.fund());
  return TrailOfProject(context, line.project());
}

void TrailOfVoucher(const ActionContext& context, const v1::Voucher& voucher) {
  const std::string id =
      absl::StrCat(voucher.issuer(), "/", voucher.type(), "/", voucher.year(), "/", voucher.number());
  context.working.Trail(TrailDimension::kVoucher, VoucherTrailId(id));
}

template <typename Lines>
absl::Status TrailOfLines(const ActionContext& context, const Lines& lines) {
  for (const v1::LineAmount& line : lines) RETURN_IF_ERROR(TrailOfLine(context, line));
  return absl::OkStatus();
}

// A payment's trail: its lines, payee and, once it is confirmed, voucher, whatever happens to it.
absl::Status TrailOfPayment(const ActionContext& context, const v1::ActionRef& ref) {
  ASSIGN_OR_RETURN(EntityPtr entity,
                   context.working.Get({EntityKind::kProposal, ActionId(ref.sequence(), ref.action())}));
  if (entity == nullptr || !IsPayment(entity->proposal())) return absl::OkStatus();
  const v1::RequestPayment& request = entity->proposal().action().request_payment();
  context.working.Trail(TrailDimension::kPayee, request.payee());
  context.working.Trail(TrailDimension::kOrganization, entity->proposal().organization());
  const sv1::Payment& payment = entity->proposal().payment();
  if (payment.has_voucher()) TrailOfVoucher(context, payment.voucher());
  return TrailOfLines(context, request.lines());
}

absl::Status TrailOfReversed(const ActionContext& context, const v1::ActionRef& ref) {
  const std::string id = ActionId(ref.sequence(), ref.action());
  ASSIGN_OR_RETURN(EntityPtr confirmation, context.working.Get({EntityKind::kConfirmation, id}));
  if (confirmation != nullptr) {
    v1::ActionRef payment;
    payment.set_sequence(confirmation->confirmation().payment_sequence());
    payment.set_action(confirmation->confirmation().payment_action());
    return TrailOfPayment(context, payment);
  }
  ASSIGN_OR_RETURN(EntityPtr proposal, context.working.Get({EntityKind::kProposal, id}));
  if (proposal == nullptr || proposal->proposal().action().has_reverse()) return absl::OkStatus();
  const ActionContext reversed{context.working, proposal->proposal().action(),
                               context.index,   context.officer,
                               context.ledger,  context.record_day,
                               context.day};
  return AddTrail(reversed);
}

absl::Status TrailOfOfficer(const ActionContext& context, const std::string& id) {
  context.working.Trail(TrailDimension::kOfficer, id);
  ASSIGN_OR_RETURN(const EntityPtr officer, context.working.Get({EntityKind::kOfficer, id}));
  if (officer != nullptr) {
    context.working.Trail(TrailDimension::kOrganization, officer->officer().registration().organization());
  }
  return absl::OkStatus();
}

// The project that an action of its life is about; null for other actions.
const std::string* ProjectOf(const v1::Action& action) {
  switch (action.kind_case()) {
    case v1::Action::kDeclareProject:
      return &action.declare_project().id();
    case v1::Action::kApproveProject:
      return &action.approve_project().project();
    case v1::Action::kStartProject:
      return &action.start_project().project();
    case v1::Action::kReportProgress:
      return &action.report_progress().project();
    case v1::Action::kCompleteProject:
      return &action.complete_project().project();
    case v1::Action::kSuspendProject:
      return &action.suspend_project().project();
    case v1::Action::kResumeProject:
      return &action.resume_project().project();
    case v1::Action::kTerminateProject:
      return &action.terminate_project().project();
    case v1::Action::kReportIndicator:
      return action.report_indicator().project().empty() ? nullptr : &action.report_indicator().project();
    default:
      return nullptr;
  }
}

absl::Status TrailOfSubject(const ActionContext& context) {
  const v1::Action& action = context.action;
  if (const std::string* project = ProjectOf(action); project != nullptr) {
    return TrailOfProject(context, *project);
  }
  Working& working = context.working;
  switch (action.kind_case()) {
    case v1::Action::kRegisterOrganization:
      working.Trail(TrailDimension::kOrganization, action.register_organization().id());
      return absl::OkStatus();
    case v1::Action::kRegisterOfficer:
      working.Trail(TrailDimension::kOfficer, action.register_officer().id());
      working.Trail(TrailDimension::kOrganization, action.register_officer().organization());
      return absl::OkStatus();
    case v1::Action::kRevokeKey:
      return TrailOfOfficer(context, action.revoke_key().officer());
    case v1::Action::kRecoverKey:
      return TrailOfOfficer(context, action.recover_key().officer());
    case v1::Action::kMoveOfficer:
      working.Trail(TrailDimension::kOrganization, action.move_officer().organization());
      return TrailOfOfficer(context, action.move_officer().officer());
    case v1::Action::kRotateLogKey:
      return TrailOfOfficer(context, action.rotate_log_key().second_officer());
    case v1::Action::kDismissOfficer:
      return TrailOfOfficer(context, action.dismiss_officer().officer());
    case v1::Action::kRegisterPayee:
      working.Trail(TrailDimension::kPayee, action.register_payee().id());
      return absl::OkStatus();
    case v1::Action::kRegisterFund:
      working.Trail(TrailDimension::kFund, action.register_fund().id());
      return absl::OkStatus();
    case v1::Action::kReceive:
      working.Trail(TrailDimension::kFund, action.receive().fund());
      return absl::OkStatus();
    case v1::Action::kReturnUp:
      working.Trail(TrailDimension::kFund, action.return_up().fund());
      return absl::OkStatus();
    case v1::Action::kPlan:
      return TrailOfLines(context, action.plan().lines());
    case v1::Action::kChangePlan:
      return TrailOfLines(context, action.change_plan().lines());
    case v1::Action::kAllocate:
      return TrailOfLines(context, action.allocate().lines());
    case v1::Action::kAdjust:
      return TrailOfLines(context, action.adjust().lines());
    case v1::Action::kReclaim:
      working.Trail(TrailDimension::kFund, action.reclaim().to_fund());
      return TrailOfLine(context, action.reclaim().line());
    case v1::Action::kRecordOutsidePayment:
      working.Trail(TrailDimension::kFund, action.record_outside_payment().fund());
      return absl::OkStatus();
    case v1::Action::kReverse:
      return TrailOfReversed(context, action.reverse().action());
    case v1::Action::kRequestPayment:
      working.Trail(TrailDimension::kPayee, action.request_payment().payee());
      return TrailOfLines(context, action.request_payment().lines());
    case v1::Action::kInstruct:
      return TrailOfPayment(context, action.instruct().payment());
    case v1::Action::kConfirm:
      TrailOfVoucher(context, action.confirm().voucher());
      return TrailOfPayment(context, action.confirm().payment());
    case v1::Action::kFail:
      return TrailOfPayment(context, action.fail().payment());
    case v1::Action::kRefund:
      TrailOfVoucher(context, action.refund().voucher());
      return TrailOfPayment(context, action.refund().payment());
    default:
      // Answers to proposals leave the proposal's trail (approvals.cc); words of the registry have none.
      return absl::OkStatus();
  }
}

absl::Status ApplyAction(const ActionContext& context, const ActionRule& rule, Form form) {
  RETURN_IF_ERROR(CheckRole(rule, context.officer));
  if (form != Form::kGood) RETURN_IF_ERROR(CheckForm(context.action));
  RETURN_IF_ERROR(UseReference(context));
  switch (context.action.kind_case()) {
    case v1::Action::kApprove:
      RETURN_IF_ERROR(ApplyApprove(context));
      break;
    case v1::Action::kReject:
      RETURN_IF_ERROR(ApplyReject(context));
      break;
    case v1::Action::kWithdraw:
      RETURN_IF_ERROR(ApplyWithdraw(context));
      break;
    case v1::Action::kExpireProposal:
      RETURN_IF_ERROR(ApplyExpireProposal(context));
      break;
    default:
      RETURN_IF_ERROR(TakesApproval(rule, context.officer.role()) ? Propose(context) : ApplyEffect(context));
  }
  return AddTrail(context);
}

}  // namespace

absl::Status AddTrail(const ActionContext& context) {
  context.working.Trail(TrailDimension::kOrganization, context.officer.organization());
  context.working.Trail(TrailDimension::kOfficer, context.officer.id());
  if (const ActionRule* rule = FindActionRule(context.action.kind_case()); rule != nullptr) {
    context.working.Trail(TrailDimension::kAction, rule->name);
  }
  for (const v1::Document& document : context.action.documents()) {
    context.working.Trail(TrailDimension::kDocument, document.id());
  }
  return TrailOfSubject(context);
}

absl::Status ApplyEffect(const ActionContext& context) {
  const v1::Action& action = context.action;
  switch (action.kind_case()) {
    case v1::Action::kRegisterOrganization:
      return RegisterOrganization(context, action.register_organization());
    case v1::Action::kRegisterOfficer:
      return RegisterOfficer(context, action.register_officer());
    case v1::Action::kRotateKey:
      return RotateKey(context, action.rotate_key());
    case v1::Action::kRevokeKey:
      return RevokeKey(context, action.revoke_key());
    case v1::Action::kRecoverKey:
      return RecoverKey(context, action.recover_key());
    case v1::Action::kMoveOfficer:
      return MoveOfficer(context, action.move_officer());
    case v1::Action::kDismissOfficer:
      return DismissOfficer(context, action.dismiss_officer());
    case v1::Action::kChangePolicy:
      return ChangePolicy(context, action.change_policy());
    case v1::Action::kRotateLogKey:
      return RotateLogKey(context, action.rotate_log_key());
    case v1::Action::kRegisterTaskGroup:
      return RegisterTaskGroup(context, action.register_task_group());
    case v1::Action::kRegisterProgramme:
      return RegisterProgramme(context, action.register_programme());
    case v1::Action::kRegisterCategory:
      return RegisterCategory(context, action.register_category());
    case v1::Action::kRegisterPayee:
      return RegisterPayee(context, action.register_payee());
    case v1::Action::kRegisterIndicator:
      return RegisterIndicator(context, action.register_indicator());
    case v1::Action::kRegisterFund:
      return RegisterFund(context, action.register_fund());
    case v1::Action::kReceive:
      return Receive(context, action.receive());
    case v1::Action::kReturnUp:
      return ReturnUp(context, action.return_up());
    case v1::Action::kPlan:
      return Plan(context, action.plan());
    case v1::Action::kChangePlan:
      return ChangePlan(context, action.change_plan());
    case v1::Action::kAllocate:
      return Allocate(context, action.allocate());
    case v1::Action::kAdjust:
      return Adjust(context, action.adjust());
    case v1::Action::kReclaim:
      return Reclaim(context, action.reclaim());
    case v1::Action::kRecordOutsidePayment:
      return RecordOutsidePayment(context, action.record_outside_payment());
    case v1::Action::kReverse:
      return Reverse(context, action.reverse());
    case v1::Action::kInstruct:
      return Instruct(context, action.instruct());
    case v1::Action::kConfirm:
      return Confirm(context, action.confirm());
    case v1::Action::kFail:
      return Fail(context, action.fail());
    case v1::Action::kRefund:
      return Refund(context, action.refund());
    case v1::Action::kDeclareProject:
      return DeclareProject(context, action.declare_project());
    case v1::Action::kApproveProject:
      return ApproveProject(context, action.approve_project());
    case v1::Action::kStartProject:
      return StartProject(context, action.start_project());
    case v1::Action::kReportProgress:
      return ReportProgress(context, action.report_progress());
    case v1::Action::kCompleteProject:
      return CompleteProject(context, action.complete_project());
    case v1::Action::kSuspendProject:
      return SuspendProject(context, action.suspend_project());
    case v1::Action::kResumeProject:
      return ResumeProject(context, action.resume_project());
    case v1::Action::kTerminateProject:
      return TerminateProject(context, action.terminate_project());
    case v1::Action::kReportIndicator:
      return ReportIndicator(context, action.report_indicator());
    default:
      return Malformed("ACTION_UNKNOWN", "this action has no effect of its own");
  }
}

namespace {

// Action `index` on what those before it left: they may have changed the officer and the ledger itself.
absl::Status ApplyAt(Working& working, const v1::Submission& submission, int index, const ActionRule& rule,
                     Form form) {
  const v1::Action& action = submission.actions(index);
  ASSIGN_OR_RETURN(const EntityPtr ledger_entity,
                   Need(working, EntityKind::kLedger, "", "genesis", "GENESIS_MISSING"));
  const sv1::Ledger& ledger = ledger_entity->ledger();
  ASSIGN_OR_RETURN(const EntityPtr officer, working.Get({EntityKind::kOfficer, submission.officer()}));
  if (officer == nullptr) {
    return Refuse(absl::StatusCode::kUnauthenticated, "OFFICER_UNKNOWN",
                  absl::StrCat("there is no officer '", submission.officer(), "' in this ledger"));
  }
  RETURN_IF_ERROR(CheckInOffice(officer->officer()));
  const Date record_day =
      Date::FromUnixMicros(working.record().recorded_at_us, ledger.genesis().utc_offset_minutes());
  ASSIGN_OR_RETURN(const Date day, BusinessDay(action, rule, record_day, Date(ledger.first_day())));
  const ActionContext context{
      working,    action, static_cast<uint32_t>(index), officer->officer().registration(), ledger,
      record_day, day};
  return ApplyAction(context, rule, form);
}

}  // namespace

void AddMarks(const v1::Submission& submission, std::string_view organization,
              std::vector<EntityKey>* marks) {
  for (const v1::Action& action : submission.actions()) {
    if (!action.reference().empty()) marks->push_back(ReferenceKey(organization, action));
  }
}

absl::StatusOr<Effects> Apply(const Reader& reader, const RecordContext& record,
                              const v1::Submission& submission, Form form) {
  if (record.sequence == 0) return ApplyGenesis(reader, record, submission);
  Working working(reader, record);
  for (int i = 0; i < submission.actions_size(); ++i) {
    const ActionRule* rule = FindActionRule(submission.actions(i).kind_case());
    const absl::Status status = rule == nullptr
                                    ? Malformed("ACTION_UNKNOWN", "no such action may be submitted here")
                                    : ApplyAt(working, submission, i, *rule, form);
    if (status.ok()) continue;
    return Annotate(status,
                    absl::StrCat("action ", i, " (", rule == nullptr ? "unknown" : ToAbsl(rule->name), ")"));
  }
  return working.TakeEffects();
}

}  // namespace fundledger::books
