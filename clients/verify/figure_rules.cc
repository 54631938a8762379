#include "clients/verify/figure_rules.h"

#include <array>
#include <utility>

namespace fundledger::verify {
namespace {

namespace v1 = ::fundledger::v1;

using Amounts = std::vector<CountedAmount>;

// Of the briefing itself.
constexpr std::pair<std::string_view, Counting> kOwn[] = {
    {"planned_fen", Counting::kPlannedInitially},
    {"projects_size_fen", Counting::kPlanned},
    {"allocated_fen", Counting::kAllocated},
    {"disbursed_fen", Counting::kDisbursed},
    {"disbursed_by_level.township", Counting::kDisbursed},
    {"disbursed_by_level.city", Counting::kDisbursed},
    {"received_fen", Counting::kReceived},
    {"invested_since_fen", Counting::kReceived},
    {"projects", Counting::kListed},
    {"township_projects", Counting::kListed},
    {"started", Counting::kStarted},
    {"township_started", Counting::kStarted},
    {"completed", Counting::kCompleted},
    {"township_completed", Counting::kCompleted},
};
// Of each programme.
constexpr std::pair<std::string_view, Counting> kOfProgrammes[] = {
    {"planned_fen", Counting::kPlanned},
    {"planned_previous_year_fen", Counting::kPlanned},
    {"disbursed_fen", Counting::kDisbursed},
    {"disbursed_since_fen", Counting::kDisbursed},
    {"outside_paid_since_fen", Counting::kOutsidePaid},
    {"loans_granted_since_fen", Counting::kLoansGranted},
    {"projects", Counting::kListed},
};

// Ids may hold points, names of figures do not.
std::string_view LastOf(std::string_view figure) {
  return figure.substr(figure.rfind('.') + 1);
}

template <typename Lines>
void AddLines(const Lines& lines, int sign, Amounts* amounts) {
  for (const v1::LineAmount& line : lines)
    amounts->push_back({line.project(), line.fund(), "", sign * line.amount_fen()});
}

void AddReceived(const v1::Action& action, Amounts* amounts) {
  if (action.has_receive())
    amounts->push_back({"", action.receive().fund(), "", action.receive().amount_fen()});
  if (action.has_return_up())
    amounts->push_back({"", action.return_up().fund(), "", -action.return_up().amount_fen()});
}

void AddOutside(const v1::Action& action, v1::OutsideKind kind, Amounts* amounts) {
  const v1::RecordOutsidePayment& what = action.record_outside_payment();
  if (action.has_record_outside_payment() && what.kind() == kind)
    amounts->push_back({"", what.fund(), what.programme(), what.amount_fen()});
}

void AddReported(const v1::ReportIndicator& what, std::string_view indicator, Amounts* amounts) {
  if (what.indicator() == indicator) amounts->push_back({what.project(), "", what.programme(), what.value()});
}

}  // namespace

std::optional<Counting> CountingOf(std::string_view figure) {
  for (const auto& [name, counting] : kOwn) {
    if (figure == name) return counting;
  }
  if (figure.starts_with("programmes.")) {
    for (const auto& [name, counting] : kOfProgrammes) {
      if (LastOf(figure) == name) return counting;
    }
  }
  if (figure.starts_with("invested_by_year.") && LastOf(figure) == "received_fen") return Counting::kReceived;
  if (figure.starts_with("indicators.") && LastOf(figure) == "value") return Counting::kReported;
  return std::nullopt;
}

bool IsCount(Counting counting) {
  return counting == Counting::kListed || counting == Counting::kStarted || counting == Counting::kCompleted;
}

std::vector<CountedAmount> AmountsOf(Counting counting, std::string_view indicator,
                                     const v1::Action& action) {
  Amounts amounts;
  switch (counting) {
    case Counting::kPlannedInitially:
      AddLines(action.plan().lines(), 1, &amounts);
      break;
    case Counting::kPlanned:
      AddLines(action.plan().lines(), 1, &amounts);
      AddLines(action.change_plan().lines(), 1, &amounts);
      break;
    case Counting::kAllocated:
      AddLines(action.allocate().lines(), 1, &amounts);
      AddLines(action.adjust().lines(), 1, &amounts);
      if (action.has_reclaim()) AddLines(std::array{action.reclaim().line()}, -1, &amounts);
      break;
    case Counting::kDisbursed:
      AddLines(action.request_payment().lines(), 1, &amounts);
      AddLines(action.refund().lines(), -1, &amounts);
      break;
    case Counting::kReceived:
      AddReceived(action, &amounts);
      break;
    case Counting::kOutsidePaid:
      AddOutside(action, v1::OUTSIDE_KIND_PAID, &amounts);
      break;
    case Counting::kLoansGranted:
      AddOutside(action, v1::OUTSIDE_KIND_LOAN_GRANTED, &amounts);
      break;
    case Counting::kListed:
      if (action.has_approve_project()) amounts.push_back({action.approve_project().project(), "", "", 1});
      break;
    case Counting::kStarted:
      if (action.has_start_project()) amounts.push_back({action.start_project().project(), "", "", 1});
      // What is completed has certainly begun.
      if (action.has_complete_project()) amounts.push_back({action.complete_project().project(), "", "", 1});
      break;
    case Counting::kCompleted:
      if (action.has_complete_project()) amounts.push_back({action.complete_project().project(), "", "", 1});
      break;
    case Counting::kReported:
      if (action.has_report_indicator()) AddReported(action.report_indicator(), indicator, &amounts);
      break;
  }
  return amounts;
}

}  // namespace fundledger::verify
