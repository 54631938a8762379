#include "ledger/books/money.h"

#include <cstdio>
#include <cstdlib>

#include "ledger/base/fen.h"
#include "ledger/books/balance.h"

namespace fundledger::books {
namespace {

namespace sv1 = ::fundledger::storage::v1;

// Totals of a line, moved together. Overflow cannot happen before the dated accounts have refused it, for
// each total is bounded by their sums; it is checked all the same.
absl::Status AddTotal(int64_t delta, int64_t total, void (sv1::Line::*set)(int64_t), sv1::Line* line) {
  int64_t sum = 0;
  if (!AddFen(total, delta, &sum)) {
    return Refuse(absl::StatusCode::kOutOfRange, "AMOUNT_OUT_OF_RANGE", "the line's total would not fit");
  }
  (line->*set)(sum);
  return absl::OkStatus();
}

std::string NameOf(const sv1::Line& line, std::string_view account) {
  return absl::StrCat("line ", line.project(), " × ", line.fund(), ToAbsl(account));
}

absl::Status MoveHeadroom(const Money::LineMove& move, int32_t day, sv1::Line* line) {
  const int64_t delta = move.planned_fen - move.allocated_fen();
  if (delta == 0) return absl::OkStatus();
  absl::Status moved = Move([line] { return NameOf(*line, " planned and not allocated"); }, day, delta,
                            line->mutable_headroom());
  if (ReasonOf(moved) == "ACCOUNT_BELOW_ZERO") {
    return Refuse(absl::StatusCode::kFailedPrecondition, "OVER_PLAN", ToStd(moved.message()));
  }
  return moved;
}

absl::Status MoveLine(const Money::LineMove& move, int32_t day, sv1::Line* line) {
  if (move.available_fen != 0) {
    RETURN_IF_ERROR(Move([line] { return NameOf(*line, " available"); }, day, move.available_fen,
                         line->mutable_available()));
  }
  if (move.reserved_fen != 0) {
    RETURN_IF_ERROR(Move([line] { return NameOf(*line, " reserved"); }, day, move.reserved_fen,
                         line->mutable_reserved()));
  }
  RETURN_IF_ERROR(MoveHeadroom(move, day, line));
  RETURN_IF_ERROR(AddTotal(move.allocated_fen(), line->allocated_fen(), &sv1::Line::set_allocated_fen, line));
  RETURN_IF_ERROR(AddTotal(move.planned_fen, line->planned_fen(), &sv1::Line::set_planned_fen, line));
  RETURN_IF_ERROR(AddTotal(move.planned_initially_fen, line->planned_initially_fen(),
                           &sv1::Line::set_planned_initially_fen, line));
  RETURN_IF_ERROR(AddTotal(move.held_fen, line->held_fen(), &sv1::Line::set_held_fen, line));
  return AddTotal(move.paid_fen, line->paid_fen(), &sv1::Line::set_paid_fen, line);
}

}  // namespace

absl::Status Money::Apply(const ActionContext& context) const {
  const int32_t day = context.day.days();
  __int128 sum = 0;
  for (const auto& [fund, move] : funds_) {
    // Legs between lines of one fund cancel out on the fund itself.
    if (move.source_fen == 0 && move.unallocated_fen == 0) continue;
    ASSIGN_OR_RETURN(sv1::Entity * entity, context.working.Change({EntityKind::kFund, fund}));
    sv1::Fund* state = entity->mutable_fund();
    if (move.unallocated_fen != 0) {
      RETURN_IF_ERROR(Move([&id = fund] { return absl::StrCat("fund ", id, " unallocated"); }, day,
                           move.unallocated_fen, state->mutable_unallocated()));
    }
    if (move.source_fen != 0) {
      RETURN_IF_ERROR(Move([&id = fund] { return absl::StrCat("fund ", id, " received"); }, day,
                           -move.source_fen, state->mutable_received()));
    }
    sum += move.source_fen;
    sum += move.unallocated_fen;
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
    RETURN_IF_ERROR(MoveLine(move, day, line));
    sum += move.allocated_fen();
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
  if (sum != 0) {
    // A rule that moves money from nowhere is a bug that must never reach a record.
    std::fprintf(stderr, "fundledger: invariant broken: the accounts of one action do not sum to zero\n");
    std::abort();
  }
  return absl::OkStatus();
}

}  // namespace fundledger::books
