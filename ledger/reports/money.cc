#include "ledger/reports/money.h"

#include <algorithm>
#include <limits>

#include "ledger/base/status.h"

#include "absl/strings/str_cat.h"

namespace fundledger::reports {
namespace {

namespace v1 = ::fundledger::v1;
namespace sv1 = ::fundledger::storage::v1;

WideFen BalanceOf(const sv1::DatedBalance& balance) {
  WideFen total = 0;
  for (const int64_t delta : balance.deltas_fen()) total += delta;
  return total;
}

Money MoneyOf(const sv1::Line& line) {
  Money money;
  money.planned_fen = line.planned_fen();
  money.planned_initially_fen = line.planned_initially_fen();
  money.available_fen = BalanceOf(line.available());
  money.reserved_fen = BalanceOf(line.reserved());
  money.held_fen = line.held_fen();
  money.paid_fen = line.paid_fen();
  return money;
}

bool FitsFen(WideFen fen) {
  return fen >= std::numeric_limits<int64_t>::min() && fen <= std::numeric_limits<int64_t>::max();
}

}  // namespace

absl::StatusOr<int64_t> NarrowFen(WideFen fen, std::string_view what) {
  if (!FitsFen(fen)) {
    return Refuse(absl::StatusCode::kOutOfRange, "AMOUNT_OUT_OF_RANGE",
                  absl::StrCat("the sum of ", ToAbsl(what),
                               " is beyond what 64 bits of fen hold; ask for less at once"));
  }
  return static_cast<int64_t>(fen);
}

Money::Money(const books::AccountBalance& row) {
  const books::Balance& fen = *row.balance;
  // What an outside account takes from its source is not received by anybody here.
  if (row.account->programme.empty() && row.account->project.empty()) received_fen = -fen[books::kSource];
  unallocated_fen = fen[books::kUnallocated];
  planned_fen = fen[books::kPlanned];
  planned_initially_fen = fen[books::kPlannedInitially];
  available_fen = fen[books::kAvailable];
  reserved_fen = fen[books::kReserved];
  held_fen = fen[books::kHeld];
  paid_fen = fen[books::kPaid];
  outside_fen = fen[books::kOutside];
  loans_granted_fen = fen[books::kLoansGranted];
  loans_repaid_fen = fen[books::kLoansRepaid];
}

void Money::Add(const Money& other) {
  received_fen += other.received_fen;
  unallocated_fen += other.unallocated_fen;
  planned_fen += other.planned_fen;
  planned_initially_fen += other.planned_initially_fen;
  available_fen += other.available_fen;
  reserved_fen += other.reserved_fen;
  held_fen += other.held_fen;
  paid_fen += other.paid_fen;
  outside_fen += other.outside_fen;
  loans_granted_fen += other.loans_granted_fen;
  loans_repaid_fen += other.loans_repaid_fen;
}

absl::Status FillAmounts(const Money& money, const std::function<std::string()>& what, v1::Amounts* amounts) {
  const struct {
    WideFen fen;
    void (v1::Amounts::*set)(int64_t);
    const char* name;
  } columns[] = {
      {money.received_fen, &v1::Amounts::set_received_fen, "received"},
      {money.unallocated_fen, &v1::Amounts::set_unallocated_fen, "unallocated"},
      {money.planned_fen, &v1::Amounts::set_planned_fen, "planned"},
      {money.planned_initially_fen, &v1::Amounts::set_planned_initially_fen, "planned initially"},
      {money.allocated_fen(), &v1::Amounts::set_allocated_fen, "allocated"},
      {money.available_fen, &v1::Amounts::set_available_fen, "available"},
      {money.reserved_fen, &v1::Amounts::set_reserved_fen, "reserved"},
      {money.held_fen, &v1::Amounts::set_held_fen, "held"},
      {money.paid_fen, &v1::Amounts::set_paid_fen, "paid"},
      {money.disbursed_fen(), &v1::Amounts::set_disbursed_fen, "disbursed"},
      {money.outside_paid_fen(), &v1::Amounts::set_outside_paid_fen, "outside paid"},
      {money.loans_granted_fen, &v1::Amounts::set_loans_granted_fen, "loans granted"},
      {money.loans_repaid_fen, &v1::Amounts::set_loans_repaid_fen, "loans repaid"},
  };
  for (const auto& column : columns) {
    if (!FitsFen(column.fen))
      return NarrowFen(column.fen, absl::StrCat(column.name, " of ", what())).status();
    (amounts->*column.set)(static_cast<int64_t>(column.fen));
  }
  return absl::OkStatus();
}

absl::StatusOr<books::Balances> LoadBalances(const Source& source, const State& state) {
  std::optional<int32_t> last_day;
  if (state.date.has_value()) last_day = state.date->days();
  return source.balances.SumPostings(state.sequence, last_day);
}

// Without a limit the lines' own totals give what all their postings sum to, and one project's lines are few.
absl::StatusOr<Lines> Lines::ReadTotals(const Source& source, std::string_view project) {
  Lines lines;
  auto entities = std::make_shared<std::vector<books::EntityPtr>>();
  RETURN_IF_ERROR(source.entities.Scan(books::EntityKind::kLine, books::LineId(project, ""), "",
                                       [&](std::string_view, const books::EntityPtr& entity) {
                                         entities->push_back(entity);
                                         const sv1::Line& line = entity->line();
                                         lines.lines_.push_back({line.project(), line.fund(), MoneyOf(line)});
                                         return true;
                                       }));
  lines.storage_ = std::move(entities);
  return lines;
}

absl::StatusOr<Lines> Lines::Load(const Source& source, const State& state, std::string_view project) {
  if (state.latest && !project.empty()) return ReadTotals(source, project);
  ASSIGN_OR_RETURN(const books::Balances balances, LoadBalances(source, state));
  Lines lines;
  lines.lines_.reserve(balances.rows.size());
  for (const books::AccountBalance& row : balances.rows) {
    const books::Account& account = *row.account;
    if (account.project.empty() || (!project.empty() && account.project != project)) continue;
    lines.lines_.push_back({account.project, account.fund, Money(row)});
  }
  lines.storage_ = balances.storage;
  return lines;
}

std::vector<Lines::Line> Lines::Of(std::string_view project) const {
  const auto [begin, end] =
      std::equal_range(lines_.begin(), lines_.end(), Line{project, "", Money()},
                       [](const Line& a, const Line& b) { return a.project < b.project; });
  return {begin, end};
}

bool Lines::Has(std::string_view project) const {
  return std::binary_search(lines_.begin(), lines_.end(), Line{project, "", Money()},
                            [](const Line& a, const Line& b) { return a.project < b.project; });
}

absl::Status FillLine(const Lines::Line& line, v1::StatementLine* out) {
  out->set_project(std::string(line.project));
  out->set_fund(std::string(line.fund));
  return FillAmounts(
      line.money, [&line] { return absl::StrCat("line ", ToAbsl(line.project), " × ", ToAbsl(line.fund)); },
      out->mutable_amounts());
}

std::map<std::string_view, Money> SumByFund(const books::Balances& balances) {
  std::map<std::string_view, Money> funds;
  for (const books::AccountBalance& row : balances.rows) funds[row.account->fund].Add(Money(row));
  return funds;
}

}  // namespace fundledger::reports
