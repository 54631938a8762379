// Projects with their milestones and money.
#include <optional>
#include <string>

#include "ledger/base/status.h"
#include "ledger/base/utf8.h"
#include "ledger/reports/as_of.h"
#include "ledger/reports/money.h"
#include "ledger/reports/paging.h"
#include "ledger/reports/reports.h"
#include "ledger/reports/select.h"
#include "ledger/reports/standing.h"

#include "absl/strings/str_cat.h"

namespace fundledger::reports {
namespace {

namespace v1 = ::fundledger::v1;
namespace sv1 = ::fundledger::storage::v1;

const char* EventName(sv1::MilestoneKind kind) {
  switch (kind) {
    case sv1::MILESTONE_KIND_DECLARED:
      return "declared";
    case sv1::MILESTONE_KIND_APPROVED:
      return "approved";
    case sv1::MILESTONE_KIND_STARTED:
      return "started";
    case sv1::MILESTONE_KIND_PROGRESS:
      return "progress";
    case sv1::MILESTONE_KIND_COMPLETED:
      return "completed";
    case sv1::MILESTONE_KIND_SUSPENDED:
      return "suspended";
    case sv1::MILESTONE_KIND_RESUMED:
      return "resumed";
    case sv1::MILESTONE_KIND_TERMINATED:
      return "terminated";
    default:
      return "";
  }
}

absl::Status FillMoney(const Lines& lines, const std::string& id, v1::ProjectState* out) {
  Money total;
  for (const Lines::Line& line : lines.Of(id)) {
    total.Add(line.money);
    RETURN_IF_ERROR(FillLine(line, out->add_lines()));
  }
  return FillAmounts(
      total, [&id] { return absl::StrCat("project ", id); }, out->mutable_amounts());
}

absl::Status FillProject(const sv1::Project& project, const ProjectStanding& standing, const Lines& lines,
                         v1::ProjectState* out) {
  *out->mutable_project() = project.declaration();
  out->set_status(std::string(standing.status));
  out->set_progress_basis_points(standing.progress_basis_points);
  for (const int32_t year : standing.plan_years) out->add_plan_years(year);
  for (const sv1::Milestone* milestone : standing.milestones) {
    v1::ProjectEvent* event = out->add_events();
    event->set_kind(EventName(milestone->kind()));
    FillDate(milestone->origin().day(), event->mutable_date());
    event->set_sequence(milestone->origin().sequence());
    event->set_value(milestone->value());
  }
  return FillMoney(lines, project.declaration().id(), out);
}

absl::Status CheckStatusFilter(const std::string& status) {
  if (status.empty() || IsProjectStatus(status)) return absl::OkStatus();
  return Refuse(absl::StatusCode::kInvalidArgument, "STATUS_INVALID",
                absl::StrCat("status ", Quote(status),
                             " is none of declared, approved, started, completed, suspended, terminated"));
}

}  // namespace

absl::StatusOr<v1::ListProjectsResponse> Projects(const Source& source,
                                                  const v1::ListProjectsRequest& request) {
  ASSIGN_OR_RETURN(Page page, OpenPage(request));
  ASSIGN_OR_RETURN(const State state, ResolveState(source, request.as_of(), page.sequence()));
  RETURN_IF_ERROR(CheckYearFilter("plan_year", request.plan_year()));
  RETURN_IF_ERROR(CheckStatusFilter(request.status()));
  ASSIGN_OR_RETURN(const Selection projects,
                   SelectProjects(source, state, {"", request.organization(), request.programme()}));
  // The latest state has each project's lines at hand; any other takes one sum, for all.
  std::optional<Lines> all;
  if (!state.latest) {
    ASSIGN_OR_RETURN(all, Lines::Load(source, state, ""));
  }
  v1::ListProjectsResponse response;
  for (const auto& [id, entity] : projects) {
    if (page.IsBefore(id)) continue;
    const ProjectStanding standing = StandingIn(state, entity->project());
    // A project to be declared later is not there yet – unless money was planned for it before, which then
    // must show here as it does in the statement.
    if (standing.milestones.empty() && !(all.has_value() && all->Has(id))) continue;
    if (request.plan_year() != 0 && !standing.plan_years.contains(request.plan_year())) continue;
    // Now, not in the state: who sees only these sees nothing of the others as of a time when they waited.
    if (request.awaiting_approval() && !WaitsForApproval(entity->project())) continue;
    if (!request.status().empty() && standing.status != request.status()) continue;
    if (!page.Take(id)) break;
    Lines own;
    if (!all.has_value()) {
      ASSIGN_OR_RETURN(own, Lines::Load(source, state, id));
    }
    RETURN_IF_ERROR(
        FillProject(entity->project(), standing, all.has_value() ? *all : own, response.add_projects()));
  }
  response.set_next_page_token(page.NextToken(state.sequence));
  FillBasis(state, response.mutable_basis());
  return response;
}

absl::StatusOr<v1::GetProjectResponse> Project(const Source& source, const v1::GetProjectRequest& request) {
  ASSIGN_OR_RETURN(const State state, ResolveState(source, request.as_of(), std::nullopt));
  ASSIGN_OR_RETURN(const books::EntityPtr entity,
                   NeedKnown(source, state, books::EntityKind::kProject, request.project()));
  ASSIGN_OR_RETURN(const Lines lines, Lines::Load(source, state, request.project()));
  v1::GetProjectResponse response;
  RETURN_IF_ERROR(FillProject(entity->project(), StandingIn(state, entity->project()), lines,
                              response.mutable_project()));
  FillBasis(state, response.mutable_basis());
  return response;
}

}  // namespace fundledger::reports
