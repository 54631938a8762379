// The briefing: money and projects of a plan year, in the terms of the yearly report. A project that is on no
// list of the year counts in no figure "of the year".
#include "ledger/reports/briefing.h"

#include <algorithm>

#include "ledger/base/status.h"

#include "absl/strings/str_cat.h"

namespace fundledger::reports {
namespace {

namespace v1 = ::fundledger::v1;
using books::EntityKind;

constexpr int32_t kFromYearDefault = 2016;
constexpr char kCategoryDefault[] = "integrated-funds";
constexpr char kInvestedCategoryDefault[] = "poverty-relief-funds";

// The one year in which a project's money from a fund of `fiscal_year` counts: the fund's, if the project is
// on that year's list; else the next on whose list it is, else the last. So what is on several years' lists
// counts once. 0, in none: it is on no list, or the money came early (提前下达) and its year, whose list the
// project may still come onto, has not begun by `asked_in`.
int32_t CountedYear(const std::set<int32_t>& plan_years, int32_t fiscal_year, int32_t asked_in) {
  if (plan_years.empty()) return 0;
  const auto year = plan_years.lower_bound(fiscal_year);
  if (year != plan_years.end()) return *year;
  return fiscal_year > asked_in ? 0 : *plan_years.rbegin();
}

}  // namespace

absl::Status Computation::Load() {
  ASSIGN_OR_RETURN(organizations_, Tree::Load(source_, question_.state, EntityKind::kOrganization));
  ASSIGN_OR_RETURN(programmes_, Tree::Load(source_, question_.state, EntityKind::kProgramme));
  ASSIGN_OR_RETURN(categories_, Tree::Load(source_, question_.state, EntityKind::kCategory));
  RETURN_IF_ERROR(LoadProjects());
  RETURN_IF_ERROR(LoadFunds());
  return LoadProgrammes();
}

absl::Status Computation::LoadProjects() {
  ASSIGN_OR_RETURN(const Selection projects, SelectProjects(source_, question_.state, {}));
  for (const auto& [id, entity] : projects) {
    ProjectFacts facts;
    facts.entity = entity;
    facts.standing = StandingIn(question_.state, entity->project());
    facts.listed = facts.standing.plan_years.contains(question_.year);
    facts.plan_years_compared = StandingIn(question_.previous, entity->project()).plan_years;
    facts.plan_years_compared.merge(std::set<int32_t>(facts.standing.plan_years));
    const Tree::Node* organization = organizations_.Find(facts.declaration().organization());
    facts.township = organization != nullptr &&
                     (organization->tier == v1::TIER_TOWNSHIP || organization->tier == v1::TIER_VILLAGE);
    const ProjectFacts& kept = projects_.emplace(id, std::move(facts)).first->second;
    const std::string& programme = kept.declaration().programme();
    if (kept.listed) ForProgrammes(programme, [](ProgrammeSums& sums) { ++sums.projects; });
    AddReports(programme, IndicatorReports(question_.state, entity->project().reports()));
  }
  return absl::OkStatus();
}

absl::Status Computation::LoadFunds() {
  ASSIGN_OR_RETURN(const Selection funds, SelectFunds(source_, question_.state, {}));
  for (const auto& [id, entity] : funds) {
    const v1::RegisterFund& fund = entity->fund().registration();
    funds_[id] = {fund.fiscal_year(), IsInCategory(fund, categories_, question_.category),
                  IsInCategory(fund, categories_, question_.invested_category)};
  }
  return absl::OkStatus();
}

absl::Status Computation::LoadProgrammes() {
  return source_.entities.Scan(
      EntityKind::kProgramme, "", "", [this](std::string_view id, const books::EntityPtr& entity) {
        AddReports(std::string(id), IndicatorReports(question_.state, entity->programme().reports()));
        return true;
      });
}

void Computation::AddReports(const std::string& programme, const IndicatorReports& reports) {
  for (const auto& [indicator, values] : reports.by_indicator()) {
    ForProgrammes(programme, [&indicator = indicator, &values = values](ProgrammeSums& sums) {
      sums.indicators[indicator].Add(values);
    });
  }
}

void Computation::ForProgrammeIds(const std::string& programme,
                                  const std::function<void(const std::string&)>& visit) const {
  std::string id = programme;
  // Bounded for a damaged store; parents are registered before what lies below them.
  for (size_t depth = 0; depth <= programmes_.nodes().size(); ++depth) {
    const Tree::Node* node = programmes_.Find(id);
    if (node == nullptr) return;
    visit(id);
    id = node->parent;
  }
}

template <typename Add>
void Computation::ForProgrammes(const std::string& programme, Add add) {
  ForProgrammeIds(programme, [&](const std::string& id) { add(sums_[id]); });
}

absl::Status Computation::SumMoney() {
  ASSIGN_OR_RETURN(const books::Balances balances, LoadBalances(source_, question_.state));
  bool has_outside = false;
  for (const books::AccountBalance& row : balances.rows) {
    AddAccount(row);
    has_outside = has_outside || !row.account->programme.empty();
  }
  ASSIGN_OR_RETURN(const books::Balances previous, LoadBalances(source_, question_.previous));
  for (const books::AccountBalance& row : previous.rows) AddPreviousYear(row);
  return has_outside ? SumOutside() : absl::OkStatus();
}

void Computation::AddAccount(const books::AccountBalance& row) {
  const auto fund = funds_.find(row.account->fund);
  if (fund == funds_.end() || !row.account->programme.empty()) return;
  if (row.account->project.empty()) {
    if (fund->second.invested && question_.IsSince(fund->second.fiscal_year)) {
      received_by_year_[fund->second.fiscal_year] += Money(row).received_fen;
    }
    return;
  }
  const auto project = projects_.find(row.account->project);
  if (project != projects_.end()) AddLine(project->second, fund->second, Money(row));
}

void Computation::AddLine(const ProjectFacts& project, const FundFacts& fund, const Money& money) {
  const bool counts = CountedYear(project.standing.plan_years, fund.fiscal_year,
                                  question_.state.date->year()) == question_.year;
  if (counts) {
    size_.Add(money);
    if (fund.counted) counted_.Add(money);
    if (fund.counted && project.township) counted_township_.Add(money);
  }
  const bool since = question_.IsSince(fund.fiscal_year);
  ForProgrammes(project.declaration().programme(), [&](ProgrammeSums& sums) {
    if (counts) sums.year.Add(money);
    if (since) sums.disbursed_since_fen += money.disbursed_fen();
  });
}

// By the day of the payment, for one fund of another body may serve many years.
absl::StatusOr<std::optional<Computation::OutsideWindow>> Computation::FindOutsideWindow() const {
  OutsideWindow window{question_.state, question_.state};
  ASSIGN_OR_RETURN(const Date last_day, Date::FromCivil(question_.year, 12, 31));
  if (last_day < *window.until.date) window.until.date = last_day;
  ASSIGN_OR_RETURN(window.before.date, Date::FromCivil(question_.from_year - 1, 12, 31));
  if (*window.until.date <= *window.before.date) return std::nullopt;
  return window;
}

// What there was by the end of the last year, less what there was before the first.
absl::Status Computation::SumOutside() {
  ASSIGN_OR_RETURN(const std::optional<OutsideWindow> window, FindOutsideWindow());
  if (!window.has_value()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const books::Balances at_end, LoadBalances(source_, window->until));
  ASSIGN_OR_RETURN(const books::Balances at_start, LoadBalances(source_, window->before));
  for (const books::AccountBalance& row : at_end.rows) AddOutside(row, 1);
  for (const books::AccountBalance& row : at_start.rows) AddOutside(row, -1);
  return absl::OkStatus();
}

void Computation::AddOutside(const books::AccountBalance& row, int sign) {
  if (row.account->programme.empty() || !funds_.contains(row.account->fund)) return;
  const Money money(row);
  ForProgrammes(row.account->programme, [&](ProgrammeSums& sums) {
    sums.outside_paid_since_fen += sign * money.outside_paid_fen();
    sums.loans_granted_since_fen += sign * money.loans_granted_fen;
  });
}

void Computation::AddPreviousYear(const books::AccountBalance& row) {
  const auto project = projects_.find(row.account->project);
  const auto fund = funds_.find(row.account->fund);
  if (project == projects_.end() || fund == funds_.end()) return;
  const int32_t year = CountedYear(project->second.plan_years_compared, fund->second.fiscal_year,
                                   std::max(question_.state.date->year(), question_.year - 1));
  if (year != question_.year - 1) return;
  ForProgrammes(project->second.declaration().programme(), [&](ProgrammeSums& sums) {
    sums.planned_previous_year_fen += (*row.balance)[books::kPlanned];
  });
}

std::vector<MoneyFigure> Computation::Sums() const {
  std::vector<MoneyFigure> figures = {
      {"planned_fen", counted_.planned_initially_fen},
      {"allocated_fen", counted_.allocated_fen()},
      {"disbursed_fen", counted_.disbursed_fen()},
      {"disbursed_by_level.township", counted_township_.disbursed_fen()},
      {"disbursed_by_level.city", counted_.disbursed_fen() - counted_township_.disbursed_fen()},
      {"projects_size_fen", size_.planned_fen},
  };
  for (const auto& [year, received] : received_by_year_) {
    figures.push_back({absl::StrCat("invested_by_year.", year, ".received_fen"), received});
    figures.push_back({"invested_since_fen", received});
    if (year == question_.year) figures.push_back({"received_fen", received});
  }
  for (const auto& [id, sums] : sums_) {
    const std::string programme = absl::StrCat("programmes.", id, ".");
    figures.push_back({programme + "planned_fen", sums.year.planned_fen});
    figures.push_back({programme + "planned_previous_year_fen", sums.planned_previous_year_fen});
    figures.push_back({programme + "disbursed_fen", sums.year.disbursed_fen()});
    figures.push_back({programme + "disbursed_since_fen", sums.disbursed_since_fen});
    figures.push_back({programme + "outside_paid_since_fen", sums.outside_paid_since_fen});
    figures.push_back({programme + "loans_granted_since_fen", sums.loans_granted_since_fen});
  }
  std::erase_if(figures, [](const MoneyFigure& each) { return each.fen == 0; });
  return figures;
}

absl::StatusOr<std::vector<MoneyFigure>> Computation::FiguresOfPosting(const books::AccountBalance& row,
                                                                       int32_t day) {
  counted_ = counted_township_ = size_ = Money();
  received_by_year_.clear();
  sums_.clear();
  const auto holds = [day](const State& state) {
    return !state.date.has_value() || day <= state.date->days();
  };
  if (holds(question_.state)) AddAccount(row);
  if (holds(question_.previous)) AddPreviousYear(row);
  ASSIGN_OR_RETURN(const std::optional<OutsideWindow> window, FindOutsideWindow());
  if (window.has_value() && holds(window->until) && !holds(window->before)) AddOutside(row, 1);
  return Sums();
}

void Computation::FillProjects(v1::GetBriefingResponse* response) const {
  int32_t projects = 0, started = 0, completed = 0;
  int32_t township = 0, township_started = 0, township_completed = 0;
  for (const auto& [id, project] : projects_) {
    if (!project.listed) continue;
    ++projects;
    started += project.standing.started;
    completed += project.standing.completed;
    if (!project.township) continue;
    ++township;
    township_started += project.standing.started;
    township_completed += project.standing.completed;
  }
  response->set_projects(projects);
  response->set_started(started);
  response->set_completed(completed);
  response->set_township_projects(township);
  response->set_township_started(township_started);
  response->set_township_completed(township_completed);
}

absl::Status Computation::FillMoney(v1::GetBriefingResponse* response) const {
  const struct {
    WideFen fen;
    void (v1::GetBriefingResponse::*set)(int64_t);
    const char* name;
  } figures[] = {
      {counted_.planned_initially_fen, &v1::GetBriefingResponse::set_planned_fen, "planned initially"},
      {counted_.allocated_fen(), &v1::GetBriefingResponse::set_allocated_fen, "allocated"},
      {counted_.disbursed_fen(), &v1::GetBriefingResponse::set_disbursed_fen, "disbursed"},
      {counted_township_.disbursed_fen(), &v1::GetBriefingResponse::set_disbursed_township_fen,
       "disbursed to townships"},
      {counted_.disbursed_fen() - counted_township_.disbursed_fen(),
       &v1::GetBriefingResponse::set_disbursed_city_fen, "disbursed to the city"},
      {size_.planned_fen, &v1::GetBriefingResponse::set_projects_size_fen, "planned for the list"},
  };
  for (const auto& figure : figures) {
    ASSIGN_OR_RETURN(const int64_t fen, NarrowFen(figure.fen, figure.name));
    (response->*figure.set)(fen);
  }
  return absl::OkStatus();
}

absl::Status Computation::FillInvested(v1::GetBriefingResponse* response) const {
  WideFen total = 0;
  for (int32_t year = question_.from_year; year <= question_.year; ++year) {
    const auto found = received_by_year_.find(year);
    const WideFen received = found == received_by_year_.end() ? 0 : found->second;
    total += received;
    ASSIGN_OR_RETURN(const int64_t fen, NarrowFen(received, "receipts of a year"));
    v1::YearFigure* figure = response->add_invested_by_year();
    figure->set_year(year);
    figure->set_received_fen(fen);
    if (year == question_.year) response->set_received_fen(fen);
  }
  ASSIGN_OR_RETURN(const int64_t fen, NarrowFen(total, "receipts of all years"));
  response->set_invested_since_fen(fen);
  return absl::OkStatus();
}

absl::StatusOr<std::string> Computation::TaskGroupName(const std::string& id) const {
  if (id.empty()) return std::string();
  ASSIGN_OR_RETURN(const books::EntityPtr entity, source_.entities.Get({EntityKind::kTaskGroup, id}));
  return entity == nullptr ? std::string() : entity->task_group().registration().name();
}

absl::Status Computation::FillIndicators(const std::string& programme, const ProgrammeSums& sums,
                                         v1::ProgrammeFigures* figures) const {
  for (const auto& [id, total] : sums.indicators) {
    ASSIGN_OR_RETURN(const books::EntityPtr entity, source_.entities.Get({EntityKind::kIndicator, id}));
    if (entity == nullptr) continue;
    v1::IndicatorFigure* figure = figures->add_indicators();
    RETURN_IF_ERROR(total.Fill(entity->indicator().registration(), figure));
    figure->set_programme(programme);
  }
  return absl::OkStatus();
}

absl::Status Computation::FillProgramme(const std::string& id, const Tree::Node& node,
                                        v1::ProgrammeFigures* figures) const {
  const auto found = sums_.find(id);
  const ProgrammeSums& sums = found == sums_.end() ? ProgrammeSums() : found->second;
  figures->set_id(id);
  figures->set_name(node.name);
  ASSIGN_OR_RETURN(*figures->mutable_task_group(), TaskGroupName(node.task_group));
  figures->set_projects(sums.projects);
  const struct {
    WideFen fen;
    void (v1::ProgrammeFigures::*set)(int64_t);
    const char* name;
  } columns[] = {
      {sums.year.planned_fen, &v1::ProgrammeFigures::set_planned_fen, "planned"},
      {sums.planned_previous_year_fen, &v1::ProgrammeFigures::set_planned_previous_year_fen,
       "planned the year before"},
      {sums.year.disbursed_fen(), &v1::ProgrammeFigures::set_disbursed_fen, "disbursed"},
      {sums.disbursed_since_fen, &v1::ProgrammeFigures::set_disbursed_since_fen, "disbursed since"},
      {sums.outside_paid_since_fen, &v1::ProgrammeFigures::set_outside_paid_since_fen, "outside paid"},
      {sums.loans_granted_since_fen, &v1::ProgrammeFigures::set_loans_granted_since_fen, "loans granted"},
  };
  for (const auto& column : columns) {
    ASSIGN_OR_RETURN(const int64_t fen, NarrowFen(column.fen, absl::StrCat(column.name, " of ", id)));
    (figures->*column.set)(fen);
  }
  return FillIndicators(id, sums, figures);
}

absl::Status Computation::Fill(v1::GetBriefingResponse* response) {
  response->set_year(question_.year);
  response->set_from_year(question_.from_year);
  response->set_category_name(categories_.Find(question_.category)->name);
  response->set_invested_category_name(categories_.Find(question_.invested_category)->name);
  FillProjects(response);
  RETURN_IF_ERROR(FillMoney(response));
  RETURN_IF_ERROR(FillInvested(response));
  for (const auto& [id, node] : programmes_.nodes()) {
    RETURN_IF_ERROR(FillProgramme(id, node, response->add_programmes()));
  }
  FillBasis(question_.state, response->mutable_basis());
  return absl::OkStatus();
}

namespace {

absl::Status CheckYears(const Question& question) {
  const auto is_year = [](int32_t year) { return year >= 1901 && year <= 9999; };
  if (is_year(question.year) && is_year(question.from_year) && question.from_year <= question.year) {
    return absl::OkStatus();
  }
  return Refuse(absl::StatusCode::kInvalidArgument, "YEAR_INVALID",
                absl::StrCat("a briefing of ", question.year, " with sums from ", question.from_year,
                             "; years are 1901 to 9999, and from_year is at most the year"));
}

}  // namespace

absl::StatusOr<Question> AskBriefing(const Source& source, const v1::GetBriefingRequest& request) {
  Question question;
  question.year = request.year();
  question.from_year =
      request.from_year() == 0 ? std::min(kFromYearDefault, request.year()) : request.from_year();
  RETURN_IF_ERROR(CheckYears(question));
  if (!request.as_of().has_date()) {
    return Refuse(absl::StatusCode::kInvalidArgument, "DATE_INVALID",
                  "a briefing is as of a business date, and none was given; set as_of.date");
  }
  ASSIGN_OR_RETURN(question.state, ResolveState(source, request.as_of(), std::nullopt));
  question.previous = question.state;
  ASSIGN_OR_RETURN(question.previous.date, Date::FromCivil(question.year - 1, 12, 31));
  question.category = request.category().empty() ? kCategoryDefault : request.category();
  question.invested_category =
      request.invested_category().empty() ? kInvestedCategoryDefault : request.invested_category();
  for (const std::string& category : {question.category, question.invested_category}) {
    RETURN_IF_ERROR(CheckFilter(source, question.state, EntityKind::kCategory, category));
  }
  return question;
}

absl::StatusOr<v1::GetBriefingResponse> Briefing(const Source& source,
                                                 const v1::GetBriefingRequest& request) {
  ASSIGN_OR_RETURN(Question question, AskBriefing(source, request));
  Computation computation(source, std::move(question));
  RETURN_IF_ERROR(computation.Load());
  RETURN_IF_ERROR(computation.SumMoney());
  v1::GetBriefingResponse response;
  RETURN_IF_ERROR(computation.Fill(&response));
  return response;
}

}  // namespace fundledger::reports
