// Seeded lives of a ledger. Whatever happened, three things hold: a total is what a slow recomputation says;
// the entities' own totals say the same as the postings; and an answer as of a record is the answer that a
// ledger which ended there would give.
#include <random>

#include "clients/bundle/briefing_json.h"
#include "ledger/reports/postings.h"
#include "ledger/reports/trace.h"
#include "tests/unit/reports/reports_testing.h"

namespace fundledger::reports {
namespace {

constexpr int32_t kFirstDay = 17900;  // early in 2019
constexpr int32_t kDays = 700;
constexpr int kProjects = 12;
constexpr int kFunds = 5;

// The same seed and number of steps lead to the same ledger, so a shorter life is a prefix of a longer one.
class Life {
 public:
  Life(uint32_t seed, int steps) : random_(seed) {
    static const char* const kCategories[] = {"special", "integrated-funds", "poverty-relief-funds", "other",
                                              "special"};
    static const char* const kOrganizations[] = {"town", "village", "bureau", "town2", "city"};
    static const char* const kProgrammes[] = {"housing", "water", "livelihood", "industry"};
    ledger.Indicator("count", v1::AGGREGATION_LAST);
    for (int i = 0; i < kFunds; ++i) ledger.Fund(FundId(i), FundYear(FundId(i)), {kCategories[i]});
    for (int i = 0; i < kProjects; ++i) {
      ledger.Project(ProjectId(i), kOrganizations[i % 5], kProgrammes[i % 4], kFirstDay + i);
    }
    setup = ledger.last();
    for (int i = 0; i < steps; ++i) {
      Step();
      last_after_step.push_back(ledger.last());
    }
  }

  static std::string FundId(int i) { return "F" + std::to_string(i); }
  static int32_t FundYear(const std::string& id) { return 2018 + std::stoi(id.substr(1)) % 3; }
  static std::string ProjectId(int i) { return "P" + std::to_string(i); }

  Ledger ledger;
  Sequence setup = 0;
  std::vector<Sequence> last_after_step;

 private:
  int Pick(int count) { return static_cast<int>(random_() % static_cast<uint32_t>(count)); }

  // The same number of draws whatever the step does. Days are in no order: facts are recorded late.
  void Step() {
    const int what = Pick(12);
    const std::string project = ProjectId(Pick(kProjects));
    const std::string fund = FundId(Pick(kFunds));
    const int64_t fen = 1 + Pick(100000);
    const int32_t day = kFirstDay + Pick(kDays);
    const size_t nth = static_cast<size_t>(Pick(1000));
    switch (what) {
      case 0:
        return ledger.Receive(fund, fen, day);
      case 1:
        return ledger.Plan(project, fund, fen, day);
      case 2:
        return ledger.ChangePlan(project, fund, nth % 2 == 0 ? fen : -fen, day);
      case 3:
        return ledger.Allocate(project, fund, fen, day);
      case 4:
        return ledger.Reclaim(project, fund, fen, FundId(static_cast<int>(nth) % kFunds), day);
      case 5:
        requested_.push_back(ledger.Request(project, fund, fen, day));
        return;
      case 6:
        if (requested_.empty()) return;
        confirmed_.push_back(requested_.back());
        requested_.pop_back();
        return ledger.Confirm(confirmed_.back(),
                              nth % 2 == 0 ? v1::CONFIRM_MODE_DIRECT : v1::CONFIRM_MODE_TRANSFER, day);
      case 7:
        if (confirmed_.empty()) return;
        return ledger.Refund(confirmed_[nth % confirmed_.size()], 1, day);
      case 8:
        return ledger.Outside(fund, "water",
                              nth % 2 == 0 ? v1::OUTSIDE_KIND_PAID : v1::OUTSIDE_KIND_LOAN_GRANTED, fen, day);
      case 9:
        return ledger.Approve(project, 2019 + static_cast<int>(nth % 2), day);
      case 10:
        return ledger.Milestone(project, static_cast<sv1::MilestoneKind>(3 + nth % 5), day, 100);
      default:
        return ledger.Report(project, "count", fen, day);
    }
  }

  std::mt19937 random_;
  std::vector<Sequence> requested_;
  std::vector<Sequence> confirmed_;
};

class RandomReportsTest : public ::testing::TestWithParam<uint32_t> {
 protected:
  RandomReportsTest() { RecordProperty("seed", static_cast<int>(GetParam())); }
};

// Straight from the definition, one measure at a time.
int64_t Slow(const Ledger& ledger, const v1::AsOf& as_of, int64_t (*measure)(const sv1::Posting&)) {
  int64_t total = 0;
  for (const auto& [sequence, posting] : ledger.postings()) {
    if (as_of.has_sequence() && sequence > as_of.sequence()) continue;
    if (as_of.has_date() &&
        posting.day() > Day(as_of.date().year(), as_of.date().month(), as_of.date().day())) {
      continue;
    }
    if (!posting.project().empty()) total += measure(posting);
  }
  return total;
}

TEST_P(RandomReportsTest, TotalsAreWhatASlowRecomputationSays) {
  const Life life(GetParam(), 600);
  std::mt19937 random(GetParam() + 1);
  for (int i = 0; i < 60; ++i) {
    SCOPED_TRACE("seed " + std::to_string(GetParam()) + ", question " + std::to_string(i));
    v1::GetStatementRequest request;
    if (i % 4 != 0) request.mutable_as_of()->set_sequence(random() % (life.ledger.last() + 1));
    if (i % 3 != 0) SetDate(kFirstDay + static_cast<int32_t>(random() % kDays), request.mutable_as_of());
    const auto answer = Answer(Statement(life.ledger.source(), request));
    const auto slow = [&](auto measure) { return Slow(life.ledger, request.as_of(), measure); };
    const v1::Amounts& total = answer.total();
    EXPECT_EQ(total.planned_fen(), slow([](const sv1::Posting& p) -> int64_t { return p.planned_fen(); }));
    EXPECT_EQ(total.planned_initially_fen(),
              slow([](const sv1::Posting& p) -> int64_t { return p.planned_initially_fen(); }));
    EXPECT_EQ(total.reserved_fen(), slow([](const sv1::Posting& p) -> int64_t { return p.reserved_fen(); }));
    EXPECT_EQ(total.disbursed_fen(),
              slow([](const sv1::Posting& p) -> int64_t { return p.held_fen() + p.paid_fen(); }));
    EXPECT_EQ(total.allocated_fen(), slow([](const sv1::Posting& p) -> int64_t {
                return p.available_fen() + p.reserved_fen() + p.held_fen() + p.paid_fen();
              }));
    int64_t by_line = 0;
    for (const auto& line : answer.lines()) by_line += line.amounts().allocated_fen();
    EXPECT_EQ(by_line, total.allocated_fen());
  }
}

TEST_P(RandomReportsTest, TheLinesOwnTotalsSayWhatThePostingsSay) {
  const Life life(GetParam(), 600);
  v1::GetStatementRequest far;
  *far.mutable_as_of() =
      On(Day(9999, 12, 31));  // a limit that leaves nothing out, and yet takes the long way
  auto by_postings = Answer(Statement(life.ledger.source(), far));
  by_postings.mutable_basis()->clear_date();
  EXPECT_TRUE(Same(Answer(Statement(life.ledger.source(), {})), by_postings));
  v1::ListProjectsRequest projects;
  *projects.mutable_as_of() = far.as_of();
  auto slow = Answer(Projects(life.ledger.source(), projects));
  slow.mutable_basis()->clear_date();
  EXPECT_TRUE(Same(Answer(Projects(life.ledger.source(), {})), slow));
}

// Every answer of the longer life as of the shorter one's last record is the shorter one's.
template <typename Request, typename Ask>
void ExpectSame(const Life& longer, const Life& shorter, Request request, Ask ask) {
  const auto then = Answer(ask(shorter.ledger.source(), request));
  request.mutable_as_of()->set_sequence(shorter.ledger.last());
  EXPECT_TRUE(Same(Answer(ask(longer.ledger.source(), request)), then)) << request.DebugString();
}

TEST_P(RandomReportsTest, AnAnswerAsOfARecordIsThatOfALedgerWhichEndedThere) {
  constexpr int kSteps = 400;
  const Life longer(GetParam(), kSteps);
  for (int steps = 0; steps < kSteps; steps += 57) {
    SCOPED_TRACE("seed " + std::to_string(GetParam()) + ", steps " + std::to_string(steps));
    const Life shorter(GetParam(), steps);
    for (const int32_t day : {0, kFirstDay + 200, kFirstDay + 500}) {
      const v1::AsOf as_of = day == 0 ? v1::AsOf() : On(day);
      v1::GetStatementRequest statement;
      *statement.mutable_as_of() = as_of;
      ExpectSame(longer, shorter, statement, Statement);
      v1::ListFundsRequest funds;
      *funds.mutable_as_of() = as_of;
      ExpectSame(longer, shorter, funds, Funds);
      v1::ListProjectsRequest projects;
      *projects.mutable_as_of() = as_of;
      ExpectSame(longer, shorter, projects, Projects);
      if (day == 0) continue;
      v1::GetBriefingRequest briefing;
      briefing.set_year(2020);
      *briefing.mutable_as_of() = as_of;
      ExpectSame(longer, shorter, briefing, Briefing);
    }
  }
}

// Of several years on whose lists a project is, the one in which a fund's money counts: from the definition.
int32_t YearOf(const std::set<int32_t>& listed, int32_t fund_year) {
  if (listed.contains(fund_year)) return fund_year;
  for (const int32_t year : listed) {
    if (year > fund_year) return year;
  }
  return listed.empty() ? 0 : *listed.rbegin();
}

// A briefing's total of a programme tree's roots is the statement's over the same lines.
TEST_P(RandomReportsTest, TwoReportsNeverDisagreeOnATotal) {
  const Life life(GetParam(), 600);
  for (int32_t day = kFirstDay; day < kFirstDay + kDays; day += 90) {
    v1::GetBriefingRequest briefing;
    briefing.set_year(2020);
    *briefing.mutable_as_of() = On(day);
    const auto brief = Answer(Briefing(life.ledger.source(), briefing));
    v1::ListProjectsRequest all;
    *all.mutable_as_of() = On(day);
    std::map<std::string, std::set<int32_t>> listed;
    int projects = 0;
    const auto answer = Answer(Projects(life.ledger.source(), all));
    for (const auto& project : answer.projects()) {
      listed[project.project().id()] = {project.plan_years().begin(), project.plan_years().end()};
      projects += listed[project.project().id()].contains(2020);
    }
    v1::GetStatementRequest request;
    *request.mutable_as_of() = On(day);
    const auto statement = Answer(Statement(life.ledger.source(), request));
    int64_t size = 0, disbursed = 0;
    for (const auto& line : statement.lines()) {
      if (YearOf(listed[line.project()], Life::FundYear(line.fund())) != 2020) continue;
      size += line.amounts().planned_fen();
      disbursed += line.amounts().disbursed_fen();
    }
    EXPECT_EQ(brief.projects(), projects);
    EXPECT_EQ(brief.projects_size_fen(), size);
    EXPECT_EQ(brief.disbursed_fen(), brief.disbursed_township_fen() + brief.disbursed_city_fen());
    int64_t of_roots = 0;
    for (const auto& each : brief.programmes()) {
      if (each.id() == "livelihood" || each.id() == "industry") of_roots += each.disbursed_fen();
    }
    EXPECT_EQ(of_roots, disbursed);
  }
}

// The sums of the parts are the figures, and a figure without parts is nothing; each part is of the state
// asked for.
TEST_P(RandomReportsTest, EveryFigureOfABriefingIsWhatItsRecordsAddUpTo) {
  const Life life(GetParam(), 400);
  PostingList postings;
  for (const auto& [sequence, posting] : life.ledger.postings()) postings.Add(sequence, posting);
  const Sequence half = life.last_after_step[200];
  for (const v1::AsOf& as_of : {On(kFirstDay + kDays), On(kFirstDay + kDays / 2),
                                OnAtRecord(kFirstDay + kDays / 2, half), On(kFirstDay - 1)}) {
    v1::GetBriefingRequest request;
    request.set_year(2020);
    request.set_from_year(2019);
    *request.mutable_as_of() = as_of;
    const BriefingTrace trace = Answer(TraceBriefing(life.ledger.source(), postings, request));
    EXPECT_TRUE(Same(trace.briefing, Answer(Briefing(life.ledger.source(), request))));
    std::map<std::string, int64_t> sums;
    for (const auto& [name, parts] : trace.figures) {
      for (const FigurePart& part : parts) {
        sums[name] += part.amount;
        EXPECT_LE(part.record, as_of.has_sequence() ? half : life.ledger.last()) << name;
      }
    }
    const nlohmann::json json = bundle::BriefingJson(request, trace.briefing, Hash256());
    int figures = 0;
    for (const auto& [name, value] : Answer(bundle::FiguresOf(json))) {
      const bool is_sum = name.ends_with("_fen") || name.ends_with("projects") || name.ends_with("started") ||
                          name.ends_with("completed") || name.starts_with("disbursed_by_level.") ||
                          (name.ends_with(".value") && value != "null");
      if (!is_sum) continue;
      EXPECT_EQ(std::to_string(sums[name]), value) << name;
      sums.erase(name);
      ++figures;
    }
    EXPECT_GT(figures, 30);
    EXPECT_TRUE(sums.empty()) << sums.begin()->first << " has parts and is no figure";
  }
}

// Balances by day, for whoever recomputes one state, are those of the definition.
TEST_P(RandomReportsTest, BalancesByDayAreThoseOfTheDefinition) {
  const Life life(GetParam(), 300);
  const Sequence last = life.last_after_step[150];
  DayBalances days(last);
  PostingList list;
  for (const auto& [sequence, posting] : life.ledger.postings()) {
    days.Add(sequence, posting);
    list.Add(sequence, posting);
  }
  const auto rows = [](const absl::StatusOr<books::Balances>& balances) {
    std::map<books::Account, books::Balance> all;
    for (const auto& row : Answer(balances).rows) all[*row.account] = *row.balance;
    return all;
  };
  for (const std::optional<int32_t> day : {std::optional<int32_t>(), std::optional<int32_t>(kFirstDay + 300),
                                           std::optional<int32_t>(kFirstDay - 1)}) {
    const auto expected = rows(life.ledger.SumPostings(last, day));
    EXPECT_TRUE(rows(days.SumPostings(last, day)) == expected);
    EXPECT_TRUE(rows(list.SumPostings(last, day)) == expected);
  }
  EXPECT_EQ(ReasonOf(days.SumPostings(last + 1, std::nullopt).status()), "SEQUENCE_NOT_RECORDED");
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomReportsTest, ::testing::Values(1u, 20u, 300u, 20200616u));

}  // namespace
}  // namespace fundledger::reports
