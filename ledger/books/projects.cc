// Projects: declared, approved, and what their units report of them. Reports are facts; they are refused only
// where they name something that is not there, or say a thing twice.
#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "ledger/base/text.h"
#include "ledger/books/rules.h"
#include "ledger/books/standing.h"

namespace fundledger::books {
namespace {

namespace v1 = ::fundledger::v1;
namespace sv1 = ::fundledger::storage::v1;

constexpr int32_t kLatest = std::numeric_limits<int32_t>::max();

absl::Status NotNow(std::string_view reason, const std::string& message) {
  return Refuse(absl::StatusCode::kFailedPrecondition, reason, message);
}

absl::StatusOr<sv1::Project*> ChangeProject(const ActionContext& context, std::string_view id) {
  RETURN_IF_ERROR(Need(context.working, EntityKind::kProject, id, "project", "PROJECT_NOT_FOUND").status());
  ASSIGN_OR_RETURN(sv1::Entity * entity, context.working.Change({EntityKind::kProject, std::string(id)}));
  return entity->mutable_project();
}

// The project, if the officer's unit may report on it.
absl::StatusOr<sv1::Project*> ChangeOwnProject(const ActionContext& context, std::string_view id) {
  ASSIGN_OR_RETURN(sv1::Project * project, ChangeProject(context, id));
  RETURN_IF_ERROR(CheckUnitScope(context, project->declaration().organization()));
  return project;
}

void AddMilestone(const ActionContext& context, sv1::MilestoneKind kind, int32_t value,
                  sv1::Project* project) {
  sv1::Milestone* milestone = project->add_milestones();
  milestone->set_kind(kind);
  milestone->set_value(value);
  *milestone->mutable_origin() = context.MakeOrigin();
}

// The first progress reported for a day after `day`; null if there is none.
const sv1::Milestone* NextProgress(const sv1::Project& project, int32_t day) {
  const sv1::Milestone* next = nullptr;
  for (const sv1::Milestone& milestone : project.milestones()) {
    if (milestone.kind() != sv1::MILESTONE_KIND_PROGRESS || milestone.origin().day() <= day) continue;
    if (next == nullptr || milestone.origin().day() < next->origin().day()) next = &milestone;
  }
  return next;
}

absl::Status CheckPlannedDates(const v1::DeclareProject& what) {
  if (what.has_planned_start()) RETURN_IF_ERROR(FromWire(what.planned_start()).status());
  if (what.has_planned_finish()) RETURN_IF_ERROR(FromWire(what.planned_finish()).status());
  if (!what.has_planned_start() || !what.has_planned_finish()) return absl::OkStatus();
  ASSIGN_OR_RETURN(Date start, FromWire(what.planned_start()));
  ASSIGN_OR_RETURN(Date finish, FromWire(what.planned_finish()));
  if (start <= finish) return absl::OkStatus();
  return Refuse(absl::StatusCode::kInvalidArgument, "DATES_REVERSED",
                absl::StrCat("project '", what.id(), "' is to finish on ", finish.ToString(),
                             ", before it starts on ", start.ToString()));
}

absl::Status CheckIndicatorValue(const ActionContext& context, std::string_view indicator, int64_t value) {
  RETURN_IF_ERROR(
      Need(context.working, EntityKind::kIndicator, indicator, "indicator", "INDICATOR_NOT_FOUND").status());
  if (value >= 0) return absl::OkStatus();
  return Refuse(absl::StatusCode::kInvalidArgument, "VALUE_NEGATIVE",
                absl::StrCat("indicator '", ToAbsl(indicator), "': ", value, "; it cannot be below zero"));
}

// Of a fund that is there, or of none in particular, for the project itself.
absl::Status CheckWanted(const ActionContext& context, const v1::DeclareProject& what,
                         const v1::LineAmount& wanted) {
  RETURN_IF_ERROR(CheckAmount("wanted funds", wanted.amount_fen()));
  if (!wanted.project().empty() && wanted.project() != what.id()) {
    return Refuse(absl::StatusCode::kNotFound, "PROJECT_NOT_FOUND",
                  absl::StrCat("funds wanted by project '", what.id(), "' name project '", wanted.project(),
                               "'; leave it out"));
  }
  if (wanted.fund().empty()) return absl::OkStatus();
  return Need(context.working, EntityKind::kFund, wanted.fund(), "fund", "FUND_NOT_FOUND").status();
}

}  // namespace

Standing StandingOn(const sv1::Project& project, int32_t day) {
  std::vector<const sv1::Milestone*> events;
  events.reserve(static_cast<size_t>(project.milestones_size()));
  for (const sv1::Milestone& milestone : project.milestones()) {
    if (milestone.origin().day() <= day) events.push_back(&milestone);
  }
  const auto is_earlier = [](const auto* a, const auto* b) { return a->origin().day() < b->origin().day(); };
  // Mostly they were reported in the order of their days; sorting would take memory to find that out.
  if (!std::is_sorted(events.begin(), events.end(), is_earlier)) {
    std::stable_sort(events.begin(), events.end(), is_earlier);
  }
  Standing standing;
  for (const sv1::Milestone* event : events) {
    switch (event->kind()) {
      case sv1::MILESTONE_KIND_APPROVED:
        standing.approved = true;
        standing.plan_years.insert(event->value());
        break;
      case sv1::MILESTONE_KIND_STARTED:
        standing.started = true;
        break;
      case sv1::MILESTONE_KIND_PROGRESS:
        standing.progress_basis_points = event->value();
        break;
      case sv1::MILESTONE_KIND_COMPLETED:
        standing.completed = true;
        break;
      case sv1::MILESTONE_KIND_SUSPENDED:
        standing.suspended = true;
        break;
      case sv1::MILESTONE_KIND_RESUMED:
        standing.suspended = false;
        break;
      case sv1::MILESTONE_KIND_TERMINATED:
        standing.terminated = true;
        break;
      default:
        break;
    }
  }
  return standing;
}

absl::Status CheckUnitScope(const ActionContext& context, std::string_view organization) {
  const v1::Role role = context.officer.role();
  if (role != v1::ROLE_TOWNSHIP && role != v1::ROLE_DEPARTMENT) return absl::OkStatus();
  ASSIGN_OR_RETURN(bool within, IsWithin(context.working, organization, context.officer.organization()));
  if (within) return absl::OkStatus();
  return Refuse(absl::StatusCode::kPermissionDenied, "OUT_OF_SCOPE",
                absl::StrCat("officer ", context.officer.id(), " acts for '", context.officer.organization(),
                             "' and those below it, not for '", ToAbsl(organization), "'"));
}

absl::Status CheckProjectOpenForPayment(const ActionContext& context, std::string_view id) {
  ASSIGN_OR_RETURN(EntityPtr entity,
                   Need(context.working, EntityKind::kProject, id, "project", "PROJECT_NOT_FOUND"));
  const Standing then = StandingOn(entity->project(), context.day.days());
  // An intention dated back must not slip past what has happened since; only a marked historical load looks
  // at its own day alone.
  const Standing now = context.action.historical() ? then : StandingOn(entity->project(), kLatest);
  if (!then.approved) {
    return NotNow("PROJECT_NOT_APPROVED", absl::StrCat("project '", ToAbsl(id), "' is not approved on ",
                                                       context.day.ToString(), "; no money before approval"));
  }
  if (then.terminated || now.terminated) {
    return NotNow("PROJECT_TERMINATED", absl::StrCat("project '", ToAbsl(id), "' is terminated"));
  }
  if (then.suspended || now.suspended) {
    return NotNow("PROJECT_SUSPENDED",
                  absl::StrCat("project '", ToAbsl(id), "' is suspended; resume it first"));
  }
  return absl::OkStatus();
}

absl::Status DeclareProject(const ActionContext& context, const v1::DeclareProject& what) {
  RETURN_IF_ERROR(CheckId("project", what.id()));
  if (Fold(what.name()).empty()) {
    return Refuse(absl::StatusCode::kInvalidArgument, "NAME_MISSING", "a project needs a name");
  }
  if (what.kind() == v1::PROJECT_KIND_UNSPECIFIED) {
    return Refuse(absl::StatusCode::kInvalidArgument, "PROJECT_KIND_MISSING",
                  absl::StrCat("project '", what.id(), "' needs its kind"));
  }
  RETURN_IF_ERROR(Need(context.working, EntityKind::kOrganization, what.organization(), "organization",
                       "ORGANIZATION_NOT_FOUND")
                      .status());
  RETURN_IF_ERROR(CheckUnitScope(context, what.organization()));
  RETURN_IF_ERROR(
      Need(context.working, EntityKind::kProgramme, what.programme(), "programme", "PROGRAMME_NOT_FOUND")
          .status());
  RETURN_IF_ERROR(CheckPlannedDates(what));
  for (const v1::LineAmount& wanted : what.wanted()) {
    RETURN_IF_ERROR(CheckWanted(context, what, wanted));
  }
  for (const v1::IndicatorValue& target : what.targets()) {
    RETURN_IF_ERROR(CheckIndicatorValue(context, target.indicator(), target.value()));
  }
  const EntityKey key{EntityKind::kProject, what.id()};
  ASSIGN_OR_RETURN(bool exists, context.working.Has(key));
  if (exists) {
    return Refuse(absl::StatusCode::kAlreadyExists, "ALREADY_REGISTERED",
                  absl::StrCat("there is a project '", what.id(), "' already; choose another id"));
  }
  ASSIGN_OR_RETURN(sv1::Entity * entity, context.working.Change(key));
  sv1::Project* project = entity->mutable_project();
  *project->mutable_declaration() = what;
  project->set_declared_by(context.officer.organization());
  project->set_declared_by_officer(context.officer.id());
  AddMilestone(context, sv1::MILESTONE_KIND_DECLARED, 0, project);
  return absl::OkStatus();
}

absl::Status ApproveProject(const ActionContext& context, const v1::ApproveProject& what) {
  ASSIGN_OR_RETURN(sv1::Project * project, ChangeProject(context, what.project()));
  const std::string& approver = context.officer.organization();
  if (approver == project->declared_by() || approver == project->declaration().organization()) {
    return Refuse(absl::StatusCode::kPermissionDenied, "SAME_ORGANIZATION",
                  absl::StrCat("project '", what.project(), "' was declared by '", project->declared_by(),
                               "'; another organization approves it"));
  }
  const Date declared(project->milestones(0).origin().day());
  if (context.day < declared) {
    return NotNow("DATE_BEFORE_DECLARATION",
                  absl::StrCat("project '", what.project(), "' was declared on ", declared.ToString(),
                               "; it cannot be approved on ", context.day.ToString()));
  }
  if (what.plan_year() != 0 && (what.plan_year() < 1900 || what.plan_year() > 9999)) {
    return Refuse(absl::StatusCode::kInvalidArgument, "YEAR_INVALID",
                  absl::StrCat("plan year ", what.plan_year(), " is not a year"));
  }
  if (StandingOn(*project, kLatest).plan_years.contains(what.plan_year())) {
    return NotNow("PROJECT_ALREADY_APPROVED",
                  what.plan_year() == 0
                      ? absl::StrCat("project '", what.project(), "' is approved already")
                      : absl::StrCat("project '", what.project(), "' is on the plan list of ",
                                     what.plan_year(), " already"));
  }
  AddMilestone(context, sv1::MILESTONE_KIND_APPROVED, what.plan_year(), project);
  return absl::OkStatus();
}

absl::Status StartProject(const ActionContext& context, const v1::StartProject& what) {
  ASSIGN_OR_RETURN(sv1::Project * project, ChangeOwnProject(context, what.project()));
  if (StandingOn(*project, kLatest).started) {
    return NotNow("PROJECT_ALREADY_STARTED",
                  absl::StrCat("project '", what.project(), "' has started already"));
  }
  AddMilestone(context, sv1::MILESTONE_KIND_STARTED, 0, project);
  return absl::OkStatus();
}

absl::Status ReportProgress(const ActionContext& context, const v1::ReportProgress& what) {
  ASSIGN_OR_RETURN(sv1::Project * project, ChangeOwnProject(context, what.project()));
  if (what.progress_basis_points() < 0 || what.progress_basis_points() > 10000) {
    return Refuse(
        absl::StatusCode::kInvalidArgument, "PROGRESS_INVALID",
        absl::StrCat("progress is 0 to 10000 basis points (0% to 100%), not ", what.progress_basis_points()));
  }
  const int32_t before = StandingOn(*project, context.day.days()).progress_basis_points;
  if (what.progress_basis_points() < before && Fold(what.correction_reason()).empty()) {
    return NotNow("PROGRESS_WENT_DOWN",
                  absl::StrCat("project '", what.project(), "' stood at ", before,
                               " basis points; going down is a correction and needs its reason"));
  }
  const sv1::Milestone* next = NextProgress(*project, context.day.days());
  if (next != nullptr && next->value() < what.progress_basis_points() &&
      Fold(what.correction_reason()).empty()) {
    return NotNow("PROGRESS_WENT_DOWN",
                  absl::StrCat("project '", what.project(), "' is reported at ", next->value(),
                               " basis points on ", Date(next->origin().day()).ToString(),
                               "; more before it means that it went down, which needs its reason"));
  }
  AddMilestone(context, sv1::MILESTONE_KIND_PROGRESS, what.progress_basis_points(), project);
  return absl::OkStatus();
}

absl::Status CompleteProject(const ActionContext& context, const v1::CompleteProject& what) {
  ASSIGN_OR_RETURN(sv1::Project * project, ChangeOwnProject(context, what.project()));
  if (StandingOn(*project, kLatest).completed) {
    return NotNow("PROJECT_ALREADY_COMPLETED",
                  absl::StrCat("project '", what.project(), "' is completed already"));
  }
  AddMilestone(context, sv1::MILESTONE_KIND_COMPLETED, 0, project);
  return absl::OkStatus();
}

absl::Status SuspendProject(const ActionContext& context, const v1::SuspendProject& what) {
  RETURN_IF_ERROR(CheckReason(what.reason()));
  ASSIGN_OR_RETURN(sv1::Project * project, ChangeOwnProject(context, what.project()));
  const Standing standing = StandingOn(*project, context.day.days());
  if (standing.suspended) {
    return NotNow("PROJECT_SUSPENDED", absl::StrCat("project '", what.project(), "' is suspended already"));
  }
  if (standing.terminated) {
    return NotNow("PROJECT_TERMINATED", absl::StrCat("project '", what.project(), "' is terminated"));
  }
  AddMilestone(context, sv1::MILESTONE_KIND_SUSPENDED, 0, project);
  return absl::OkStatus();
}

absl::Status ResumeProject(const ActionContext& context, const v1::ResumeProject& what) {
  ASSIGN_OR_RETURN(sv1::Project * project, ChangeOwnProject(context, what.project()));
  if (!StandingOn(*project, context.day.days()).suspended) {
    return NotNow("PROJECT_NOT_SUSPENDED", absl::StrCat("project '", what.project(), "' is not suspended on ",
                                                        context.day.ToString()));
  }
  AddMilestone(context, sv1::MILESTONE_KIND_RESUMED, 0, project);
  return absl::OkStatus();
}

absl::Status TerminateProject(const ActionContext& context, const v1::TerminateProject& what) {
  RETURN_IF_ERROR(CheckReason(what.reason()));
  ASSIGN_OR_RETURN(sv1::Project * project, ChangeProject(context, what.project()));
  if (StandingOn(*project, kLatest).terminated) {
    return NotNow("PROJECT_TERMINATED", absl::StrCat("project '", what.project(), "' is terminated already"));
  }
  AddMilestone(context, sv1::MILESTONE_KIND_TERMINATED, 0, project);
  return absl::OkStatus();
}

absl::Status ReportIndicator(const ActionContext& context, const v1::ReportIndicator& what) {
  RETURN_IF_ERROR(CheckIndicatorValue(context, what.indicator(), what.value()));
  sv1::IndicatorReport report;
  *report.mutable_origin() = context.MakeOrigin();
  report.set_indicator(what.indicator());
  report.set_value(what.value());
  if (what.subject_case() == v1::ReportIndicator::kProject) {
    ASSIGN_OR_RETURN(sv1::Project * project, ChangeOwnProject(context, what.project()));
    *project->add_reports() = report;
    return absl::OkStatus();
  }
  if (what.subject_case() != v1::ReportIndicator::kProgramme) {
    return Refuse(absl::StatusCode::kInvalidArgument, "SUBJECT_MISSING",
                  "say which project or programme the indicator is reported for");
  }
  if (context.officer.role() != v1::ROLE_DEPARTMENT) {
    return Refuse(absl::StatusCode::kPermissionDenied, "ROLE_NOT_ALLOWED",
                  "indicators of a whole programme are reported by a department officer");
  }
  RETURN_IF_ERROR(
      Need(context.working, EntityKind::kProgramme, what.programme(), "programme", "PROGRAMME_NOT_FOUND")
          .status());
  ASSIGN_OR_RETURN(sv1::Entity * entity, context.working.Change({EntityKind::kProgramme, what.programme()}));
  *entity->mutable_programme()->add_reports() = report;
  return absl::OkStatus();
}

}  // namespace fundledger::books
