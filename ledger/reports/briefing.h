// How a briefing is computed; shared by the figures themselves (briefing.cc) and by what names the records
// behind them (trace.cc). Internal to the room.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "fundledger/v1/report_service.pb.h"
#include "ledger/reports/as_of.h"
#include "ledger/reports/indicators.h"
#include "ledger/reports/money.h"
#include "ledger/reports/reports.h"
#include "ledger/reports/select.h"
#include "ledger/reports/standing.h"

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace fundledger::reports {

// The request with its defaults filled in, and the two states it compares.
struct Question {
  int32_t year = 0;
  int32_t from_year = 0;
  std::string category;
  std::string invested_category;
  State state;
  // The whole year before, with what the same records say: growth compares whole years.
  State previous;

  bool IsSince(int32_t some_year) const { return some_year >= from_year && some_year <= year; }
};

struct ProjectFacts {
  books::EntityPtr entity;
  ProjectStanding standing;
  bool listed = false;
  // By the later of both states: money counts in one of the two years compared.
  std::set<int32_t> plan_years_compared;
  bool township = false;

  const ::fundledger::v1::DeclareProject& declaration() const { return entity->project().declaration(); }
};

struct FundFacts {
  int32_t fiscal_year = 0;
  bool counted = false;   // in the category counted
  bool invested = false;  // in the category whose receipts are counted
};

struct ProgrammeSums {
  Money year;  // lines of the year's plan list
  WideFen planned_previous_year_fen = 0;
  WideFen disbursed_since_fen = 0;
  WideFen outside_paid_since_fen = 0;
  WideFen loans_granted_since_fen = 0;
  int32_t projects = 0;
  std::map<std::string, IndicatorTotal> indicators;
};

// A figure of the briefing as a sum, by the name that its JSON has.
struct MoneyFigure {
  std::string name;
  WideFen fen = 0;
};

class Computation {
 public:
  Computation(const Source& source, Question question) : source_(source), question_(std::move(question)) {}

  // What is not money, and what money is counted by.
  absl::Status Load();
  absl::Status SumMoney();
  // The figures that one posting on that day gives, each a part of what SumMoney sums up: sums are of rows,
  // and a posting is one. Forgets what was summed before.
  absl::StatusOr<std::vector<MoneyFigure>> FiguresOfPosting(const books::AccountBalance& row, int32_t day);
  // Calls `visit` for the programme and each above it.
  void ForProgrammeIds(const std::string& programme,
                       const std::function<void(const std::string&)>& visit) const;
  const Question& question() const { return question_; }
  const std::map<std::string, ProjectFacts>& projects() const { return projects_; }
  const Source& source() const { return source_; }
  absl::Status Fill(::fundledger::v1::GetBriefingResponse* response);

 private:
  absl::Status LoadProjects();
  absl::Status LoadFunds();
  absl::Status LoadProgrammes();
  // Payments of other bodies are counted from behind the first state's day up to the second's; nothing: none
  // is.
  struct OutsideWindow {
    State before;
    State until;
  };
  absl::StatusOr<std::optional<OutsideWindow>> FindOutsideWindow() const;
  absl::Status SumOutside();
  std::vector<MoneyFigure> Sums() const;
  void AddAccount(const books::AccountBalance& row);
  void AddLine(const ProjectFacts& project, const FundFacts& fund, const Money& money);
  void AddOutside(const books::AccountBalance& row, int sign);
  void AddPreviousYear(const books::AccountBalance& row);
  void AddReports(const std::string& programme, const IndicatorReports& reports);
  // Calls `add` for the programme and each above it: figures of a programme hold all below it.
  template <typename Add>
  void ForProgrammes(const std::string& programme, Add add);
  void FillProjects(::fundledger::v1::GetBriefingResponse* response) const;
  absl::Status FillMoney(::fundledger::v1::GetBriefingResponse* response) const;
  absl::Status FillInvested(::fundledger::v1::GetBriefingResponse* response) const;
  absl::StatusOr<std::string> TaskGroupName(const std::string& id) const;
  absl::Status FillProgramme(const std::string& id, const Tree::Node& node,
                             ::fundledger::v1::ProgrammeFigures* figures) const;
  absl::Status FillIndicators(const std::string& programme, const ProgrammeSums& sums,
                              ::fundledger::v1::ProgrammeFigures* figures) const;

  const Source& source_;
  const Question question_;
  Tree organizations_;
  Tree programmes_;
  Tree categories_;
  std::map<std::string, ProjectFacts> projects_;
  std::map<std::string, FundFacts> funds_;
  std::map<std::string, ProgrammeSums> sums_;
  Money counted_;  // lines of the plan list, funds of the category
  Money counted_township_;
  Money size_;  // lines of the plan list, all funds
  std::map<int32_t, WideFen> received_by_year_;
};

// The request with its defaults. Errors as of Briefing.
absl::StatusOr<Question> AskBriefing(const Source& source,
                                     const ::fundledger::v1::GetBriefingRequest& request);

}  // namespace fundledger::reports
