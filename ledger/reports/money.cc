#include "ledger/reports/money.h"

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

// Without a limit the lines' own totals give what all their postings sum to, and one project's lines are few.
absl::StatusOr<LineMoney> ReadLines(const Source& source, std::string_view project) {
  LineMoney lines;
  const std::string prefix = project.empty() ? "" : books::LineId(project, "");
  RETURN_IF_ERROR(source.entities.Scan(books::EntityKind::kLine, prefix, "",
                                       [&lines](std::string_view, const books::EntityPtr& entity) {
                                         const sv1::Line& line = entity->line();
                                         lines[{line.project(), line.fund()}] = MoneyOf(line);
                                         return true;
                                       }));
  return lines;
}

}  // namespace

absl::StatusOr<int64_t> NarrowFen(WideFen fen, std::string_view what) {
  if (fen < std::numeric_limits<int64_t>::min() || fen > std::numeric_limits<int64_t>::max()) {
    return Refuse(absl::StatusCode::kOutOfRange, "AMOUNT_OUT_OF_RANGE",
                  absl::StrCat("the sum of ", ToAbsl(what),
                               " is beyond what 64 bits of fen hold; ask for less at once"));
  }
  return static_cast<int64_t>(fen);
}

void Money::Add(const sv1::Posting& posting) {
  if (posting.programme().empty() && posting.project().empty()) received_fen -= posting.source_fen();
  unallocated_fen += posting.unallocated_fen();
  planned_fen += posting.planned_fen();
  planned_initially_fen += posting.planned_initially_fen();
  available_fen += posting.available_fen();
  reserved_fen += posting.reserved_fen();
  held_fen += posting.held_fen();
  paid_fen += posting.paid_fen();
  outside_fen += posting.outside_fen();
  loans_granted_fen += posting.loans_granted_fen();
  loans_repaid_fen += posting.loans_repaid_fen();
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

absl::Status FillAmounts(const Money& money, std::string_view what, v1::Amounts* amounts) {
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
    ASSIGN_OR_RETURN(const int64_t fen,
                     NarrowFen(column.fen, absl::StrCat(column.name, " of ", ToAbsl(what))));
    (amounts->*column.set)(fen);
  }
  return absl::OkStatus();
}

absl::StatusOr<LineMoney> LoadLines(const Source& source, const State& state, std::string_view project) {
  if (state.latest) return ReadLines(source, project);
  LineMoney lines;
  RETURN_IF_ERROR(
      source.postings.ScanPostings(state.sequence, [&](Sequence sequence, const sv1::Posting& posting) {
        if (posting.project().empty() || !state.Holds(sequence, posting.day())) return true;
        if (!project.empty() && posting.project() != project) return true;
        lines[{posting.project(), posting.fund()}].Add(posting);
        return true;
      }));
  return lines;
}

absl::StatusOr<std::map<std::string, Money>> LoadFunds(const Source& source, const State& state) {
  std::map<std::string, Money> funds;
  RETURN_IF_ERROR(
      source.postings.ScanPostings(state.sequence, [&](Sequence sequence, const sv1::Posting& posting) {
        if (state.Holds(sequence, posting.day())) funds[posting.fund()].Add(posting);
        return true;
      }));
  return funds;
}

}  // namespace fundledger::reports
