#include "ledger/books/money.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "ledger/base/fen.h"
#include "ledger/books/balance.h"

namespace fundledger::books {
namespace {

namespace v1 = ::fundledger::v1;
namespace sv1 = ::fundledger::storage::v1;

// Totals of a line, moved together. Overflow cannot happen before the dated accounts have refused it, for
// each total is bounded by their sums; it is checked all the same.
absl::Status CheckTotal(int64_t delta, int64_t total) {
  int64_t sum = 0;
  if (AddFen(total, delta, &sum)) return absl::OkStatus();
  return Refuse(absl::StatusCode::kOutOfRange, "AMOUNT_OUT_OF_RANGE", "the line's total would not fit");
}

int64_t HeadroomOf(const Money::LineMove& move) {
  return move.planned_fen - move.allocated_fen();
}

absl::Status CheckHeadroom(Name name, const Money::LineMove& move, int32_t day, const sv1::Line& line) {
  if (HeadroomOf(move) == 0) return absl::OkStatus();
  const auto account = [&name] { return name() + " planned and not allocated"; };
  absl::Status moved = CheckMove(account, day, HeadroomOf(move), line.headroom());
  if (ReasonOf(moved) != "ACCOUNT_BELOW_ZERO") return moved;
  return Refuse(absl::StatusCode::kFailedPrecondition, "OVER_PLAN", ToStd(moved.message()));
}

absl::Status CheckLineMove(Name name, const Money::LineMove& move, int32_t day, const sv1::Line& line) {
  if (move.available_fen != 0) {
    RETURN_IF_ERROR(
        CheckMove([&name] { return name() + " available"; }, day, move.available_fen, line.available()));
  }
  if (move.reserved_fen != 0) {
    RETURN_IF_ERROR(
        CheckMove([&name] { return name() + " reserved"; }, day, move.reserved_fen, line.reserved()));
  }
  RETURN_IF_ERROR(CheckHeadroom(name, move, day, line));
  RETURN_IF_ERROR(CheckTotal(move.allocated_fen(), line.allocated_fen()));
  RETURN_IF_ERROR(CheckTotal(move.planned_fen, line.planned_fen()));
  RETURN_IF_ERROR(CheckTotal(move.planned_initially_fen, line.planned_initially_fen()));
  RETURN_IF_ERROR(CheckTotal(move.held_fen, line.held_fen()));
  return CheckTotal(move.paid_fen, line.paid_fen());
}

void MoveLine(const Money::LineMove& move, int32_t day, sv1::Line* line) {
  if (move.available_fen != 0) AddOn(day, move.available_fen, line->mutable_available());
  if (move.reserved_fen != 0) AddOn(day, move.reserved_fen, line->mutable_reserved());
  if (HeadroomOf(move) != 0) AddOn(day, HeadroomOf(move), line->mutable_headroom());
  if (move.planned_fen != 0 || move.planned_initially_fen != 0) {
    line->set_plan_changed_day(line->has_plan_changed_day() ? std::max(line->plan_changed_day(), day) : day);
  }
  line->set_allocated_fen(line->allocated_fen() + move.allocated_fen());
  line->set_planned_fen(line->planned_fen() + move.planned_fen);
  line->set_planned_initially_fen(line->planned_initially_fen() + move.planned_initially_fen);
  line->set_held_fen(line->held_fen() + move.held_fen);
  line->set_paid_fen(line->paid_fen() + move.paid_fen);
}

absl::Status CheckFundMove(const std::string& id, const Money::FundMove& move, int32_t day,
                           const sv1::Fund& fund) {
  if (move.unallocated_fen != 0) {
    RETURN_IF_ERROR(CheckMove([&id] { return absl::StrCat("fund ", id, " unallocated"); }, day,
                              move.unallocated_fen, fund.unallocated()));
  }
  if (move.source_fen == 0) return absl::OkStatus();
  return CheckMove([&id] { return absl::StrCat("fund ", id, " received"); }, day, -move.source_fen,
                   fund.received());
}

void MoveFund(const Money::FundMove& move, int32_t day, sv1::Fund* fund) {
  if (move.unallocated_fen != 0) AddOn(day, move.unallocated_fen, fund->mutable_unallocated());
  if (move.source_fen != 0) AddOn(day, -move.source_fen, fund->mutable_received());
}

// Legs between lines of one fund cancel out on the fund itself.
bool IsNothing(const Money::FundMove& move) {
  return move.source_fen == 0 && move.unallocated_fen == 0;
}

}  // namespace

// On what is there, without changing it: in the order of funds and lines, whose accounts are all different.
absl::Status Money::Check(const ActionContext& context) const {
  const int32_t day = context.day.days();
  __int128 sum = 0;
  for (const auto& [fund, move] : funds_) {
    if (IsNothing(move)) continue;
    ASSIGN_OR_RETURN(const EntityPtr entity, context.working.Get({EntityKind::kFund, fund}));
    const sv1::Fund& state = entity == nullptr ? sv1::Fund::default_instance() : entity->fund();
    RETURN_IF_ERROR(CheckFundMove(fund, move, day, state));
    sum += move.source_fen;
    sum += move.unallocated_fen;
  }
  for (const auto& [key, move] : lines_) {
    const auto& [project, fund] = key;
    ASSIGN_OR_RETURN(const EntityPtr entity, context.working.Get({EntityKind::kLine, LineId(project, fund)}));
    const sv1::Line& line = entity == nullptr ? sv1::Line::default_instance() : entity->line();
    const auto name = [&project = project, &fund = fund] {
      v1::LineAmount named;
      named.set_project(project);
      named.set_fund(fund);
      return LineName(named);
    };
    RETURN_IF_ERROR(CheckLineMove(name, move, day, line));
    sum += move.allocated_fen();
  }
  if (sum != 0) {
    // A rule that moves money from nowhere is a bug that must never reach a record.
    std::fprintf(stderr, "fundledger: invariant broken: the accounts of one action do not sum to zero\n");
    std::abort();
  }
  return absl::OkStatus();
}

absl::Status Money::Apply(const ActionContext& context) const {
  RETURN_IF_ERROR(Check(context));
  // An effect moves its money last: nobody looks at what a trial leaves.
  if (context.working.is_trial()) return absl::OkStatus();
  const int32_t day = context.day.days();
  for (const auto& [fund, move] : funds_) {
    if (IsNothing(move)) continue;
    ASSIGN_OR_RETURN(sv1::Entity * entity, context.working.Change({EntityKind::kFund, fund}));
    MoveFund(move, day, entity->mutable_fund());
    sv1::Posting posting;
    posting.set_day(day);
    posting.set_fund(fund);
    posting.set_action(context.index);
    posting.set_source_fen(move.source_fen);
    posting.set_unallocated_fen(move.unallocated_fen);
    context.working.Post(std::move(posting));
  }
  for (const auto& [key, move] : lines_) {
    const auto& [project, fund] = key;
    ASSIGN_OR_RETURN(sv1::Entity * entity,
                     context.working.Change({EntityKind::kLine, LineId(project, fund)}));
    sv1::Line* line = entity->mutable_line();
    line->set_project(project);
    line->set_fund(fund);
    MoveLine(move, day, line);
    sv1::Posting posting;
    posting.set_day(day);
    posting.set_fund(fund);
    posting.set_project(project);
    posting.set_action(context.index);
    posting.set_available_fen(move.available_fen);
    posting.set_reserved_fen(move.reserved_fen);
    posting.set_held_fen(move.held_fen);
    posting.set_paid_fen(move.paid_fen);
    posting.set_planned_fen(move.planned_fen);
    posting.set_planned_initially_fen(move.planned_initially_fen);
    context.working.Post(std::move(posting));
  }
  return absl::OkStatus();
}

}  // namespace fundledger::books
