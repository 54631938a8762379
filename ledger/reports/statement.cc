// Budget lines with their money, and their total.
#include <optional>
#include <string>

#include "ledger/base/status.h"
#include "ledger/reports/as_of.h"
#include "ledger/reports/money.h"
#include "ledger/reports/paging.h"
#include "ledger/reports/reports.h"
#include "ledger/reports/select.h"

#include "absl/strings/str_cat.h"

namespace fundledger::reports {
namespace {

namespace v1 = ::fundledger::v1;

constexpr PageLimits kLimits = {.size_default = 1000, .size_max = 20000};

// Nothing where the filter leaves everything in.
struct Choice {
  std::optional<Selection> funds;
  std::optional<Selection> projects;

  bool Has(std::string_view project, std::string_view fund) const {
    return (!projects.has_value() || projects->contains(project)) &&
           (!funds.has_value() || funds->contains(fund));
  }
};

absl::StatusOr<Choice> Choose(const Source& source, const State& state,
                              const v1::GetStatementRequest& request) {
  Choice choice;
  const FundFilter funds = {request.fund(), request.category(), request.fiscal_year()};
  if (!funds.IsOpen()) {
    ASSIGN_OR_RETURN(choice.funds, SelectFunds(source, state, funds));
  }
  const ProjectFilter projects = {request.project(), request.organization(), request.programme()};
  if (!projects.IsOpen()) {
    ASSIGN_OR_RETURN(choice.projects, SelectProjects(source, state, projects));
  }
  return choice;
}

}  // namespace

absl::StatusOr<v1::GetStatementResponse> Statement(const Source& source,
                                                   const v1::GetStatementRequest& request) {
  ASSIGN_OR_RETURN(Page page, OpenPage(request, kLimits));
  ASSIGN_OR_RETURN(const State state, ResolveState(source, request.as_of(), page.sequence()));
  ASSIGN_OR_RETURN(const Choice choice, Choose(source, state, request));
  ASSIGN_OR_RETURN(const Lines lines, Lines::Load(source, state, request.project()));
  v1::GetStatementResponse response;
  Money total;
  bool full = false;
  for (const Lines::Line& each : lines.all()) {
    if (!choice.Has(each.project, each.fund)) continue;
    total.Add(each.money);
    const std::string id = books::LineId(each.project, each.fund);
    if (full || page.IsBefore(id)) continue;
    full = !page.Take(id);
    if (full) continue;
    v1::StatementLine* line = response.add_lines();
    RETURN_IF_ERROR(FillLine(each, line));
  }
  RETURN_IF_ERROR(FillAmounts(
      total, [] { return std::string("the lines asked for"); }, response.mutable_total()));
  response.set_next_page_token(page.NextToken(state.sequence));
  FillBasis(state, response.mutable_basis());
  return response;
}

}  // namespace fundledger::reports
