// Money from its source to budget lines: receive, plan, allocate, adjust, reclaim – and what other bodies
// pay.
#include <set>
#include <string>
#include <utility>

#include "ledger/base/fen.h"
#include "ledger/base/text.h"
#include "ledger/books/balance.h"
#include "ledger/books/money.h"
#include "ledger/books/rules.h"

#include "google/protobuf/repeated_field.h"

namespace fundledger::books {
namespace {

namespace v1 = ::fundledger::v1;
namespace sv1 = ::fundledger::storage::v1;

using Lines = ::google::protobuf::RepeatedPtrField<v1::LineAmount>;

enum class Sign { kPositive, kNotZero };

// 提前下达: what is meant for year y may be received, planned and allocated from 1 July of the year before.
absl::StatusOr<Date> FirstDayOf(const v1::RegisterFund& fund) {
  return Date::FromCivil(fund.fiscal_year() - 1, 7, 1);
}

absl::StatusOr<EntityPtr> NeedFund(const ActionContext& context, std::string_view id) {
  ASSIGN_OR_RETURN(EntityPtr entity, Need(context.working, EntityKind::kFund, id, "fund", "FUND_NOT_FOUND"));
  const v1::RegisterFund& fund = entity->fund().registration();
  ASSIGN_OR_RETURN(Date first, FirstDayOf(fund));
  RETURN_IF_ERROR(CheckNotBefore(
      [&fund] { return absl::StrCat("what moves fund '", fund.id(), "' of ", fund.fiscal_year()); },
      context.day, first));
  return entity;
}

const v1::RegisterFund& RegistrationOf(const EntityPtr& fund) {
  return fund->fund().registration();
}

absl::Status CheckChange(Name what, int64_t amount_fen) {
  if (amount_fen == 0 || amount_fen < -kMaxAmountFen) {
    return Refuse(absl::StatusCode::kInvalidArgument, amount_fen == 0 ? "AMOUNT_ZERO" : "AMOUNT_OUT_OF_RANGE",
                  absl::StrCat(what(), ": the amount is ", amount_fen, " fen"));
  }
  return amount_fen < 0 ? absl::OkStatus() : CheckAmount(what, amount_fen);
}

// That lines are there, named once each, exist, and carry amounts of the right sign. A line may be new when
// planned.
absl::Status CheckLines(const ActionContext& context, const Lines& lines, Sign sign, bool may_be_new) {
  if (lines.empty()) {
    return Refuse(absl::StatusCode::kInvalidArgument, "LINES_MISSING", "at least one line is needed");
  }
  std::set<std::pair<std::string_view, std::string_view>> seen;
  for (const v1::LineAmount& line : lines) {
    const auto name = [&line] { return LineName(line); };
    if (!seen.emplace(line.project(), line.fund()).second) {
      return Refuse(absl::StatusCode::kInvalidArgument, "LINE_REPEATED",
                    absl::StrCat(name(), " stands here twice"));
    }
    RETURN_IF_ERROR(sign == Sign::kPositive ? CheckAmount(name, line.amount_fen())
                                            : CheckChange(name, line.amount_fen()));
    RETURN_IF_ERROR(
        Need(context.working, EntityKind::kProject, line.project(), "project", "PROJECT_NOT_FOUND").status());
    RETURN_IF_ERROR(NeedFund(context, line.fund()).status());
    ASSIGN_OR_RETURN(bool exists,
                     context.working.Has({EntityKind::kLine, LineId(line.project(), line.fund())}));
    if (!exists && !may_be_new) {
      return Refuse(absl::StatusCode::kNotFound, "LINE_NOT_FOUND",
                    absl::StrCat(name(), " has no plan; plan it first"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckPlainFund(const v1::RegisterFund& fund) {
  if (fund.nature() != v1::NATURE_INSURANCE && fund.nature() != v1::NATURE_LOAN) return absl::OkStatus();
  return Refuse(
      absl::StatusCode::kFailedPrecondition, "NATURE_NOT_ALLOWED",
      absl::StrCat("fund '", fund.id(),
                   "' is insurance or loan money, which other bodies pay; register outside payments"));
}

// `sign` is -1 for the reversal: then the columns of loans lose what they had got.
absl::Status MoveOutside(const ActionContext& context, const v1::RecordOutsidePayment& what, int sign) {
  const bool loan = what.kind() != v1::OUTSIDE_KIND_PAID;
  const bool repaid = what.kind() == v1::OUTSIDE_KIND_LOAN_REPAID;
  const int64_t amount = sign * (repaid ? -what.amount_fen() : what.amount_fen());
  ASSIGN_OR_RETURN(sv1::Entity * entity,
                   context.working.Change({EntityKind::kOutside, OutsideId(what.fund(), what.programme())}));
  sv1::Outside* outside = entity->mutable_outside();
  outside->set_fund(what.fund());
  outside->set_programme(what.programme());
  const auto name = [&] {
    return absl::StrCat("outside ", what.fund(), " × ", what.programme(), loan ? " outstanding" : " paid");
  };
  RETURN_IF_ERROR(Move(name, context.day.days(), amount,
                       loan ? outside->mutable_outstanding() : outside->mutable_paid()));
  sv1::Posting posting;
  posting.set_day(context.day.days());
  posting.set_fund(what.fund());
  posting.set_programme(what.programme());
  posting.set_action(context.index);
  posting.set_source_fen(-amount);
  posting.set_outside_fen(amount);
  if (loan && !repaid) posting.set_loans_granted_fen(sign * what.amount_fen());
  if (repaid) posting.set_loans_repaid_fen(sign * what.amount_fen());
  context.working.Post(std::move(posting));
  return absl::OkStatus();
}

}  // namespace

absl::Status RegisterFund(const ActionContext& context, const v1::RegisterFund& what) {
  RETURN_IF_ERROR(CheckId("fund", what.id()));
  if (Fold(what.name()).empty())
    return Refuse(absl::StatusCode::kInvalidArgument, "NAME_MISSING", "a fund needs a name");
  RETURN_IF_ERROR(CheckText("fund name", what.name(), 200));
  if (what.document_number().empty()) {
    return Refuse(absl::StatusCode::kInvalidArgument, "DOCUMENT_NUMBER_MISSING",
                  absl::StrCat("fund '", what.id(), "' needs the number of the document that gave it"));
  }
  if (what.fiscal_year() < 1901 || what.fiscal_year() > 9999 || what.origin_year() < 1901 ||
      what.origin_year() > what.fiscal_year()) {
    return Refuse(absl::StatusCode::kInvalidArgument, "YEAR_INVALID",
                  absl::StrCat("fund '", what.id(), "': fiscal year ", what.fiscal_year(), ", origin year ",
                               what.origin_year(), "; the origin year is at most the fiscal year"));
  }
  if (what.source_tier() == v1::SOURCE_TIER_UNSPECIFIED || what.nature() == v1::NATURE_UNSPECIFIED) {
    return Refuse(absl::StatusCode::kInvalidArgument, "NATURE_MISSING",
                  absl::StrCat("fund '", what.id(), "' needs its source tier and its nature"));
  }
  std::set<std::string> seen;
  for (const std::string& category : what.categories()) {
    RETURN_IF_ERROR(
        Need(context.working, EntityKind::kCategory, category, "category", "CATEGORY_NOT_FOUND").status());
    if (!seen.insert(category).second) {
      return Refuse(absl::StatusCode::kInvalidArgument, "CATEGORY_REPEATED",
                    absl::StrCat("fund '", what.id(), "' names category '", category, "' twice"));
    }
  }
  const EntityKey key{EntityKind::kFund, what.id()};
  ASSIGN_OR_RETURN(bool exists, context.working.Has(key));
  if (exists) {
    return Refuse(absl::StatusCode::kAlreadyExists, "ALREADY_REGISTERED",
                  absl::StrCat("there is a fund '", what.id(), "' already; choose another id"));
  }
  ASSIGN_OR_RETURN(sv1::Entity * entity, context.working.Change(key));
  *entity->mutable_fund()->mutable_registration() = what;
  *entity->mutable_fund()->mutable_origin() = context.MakeOrigin();
  return absl::OkStatus();
}

absl::Status Receive(const ActionContext& context, const v1::Receive& what) {
  RETURN_IF_ERROR(CheckAmount("receive", what.amount_fen()));
  ASSIGN_OR_RETURN(const EntityPtr fund, NeedFund(context, what.fund()));
  RETURN_IF_ERROR(CheckPlainFund(RegistrationOf(fund)));
  Money money;
  money.Fund(what.fund()) = {.source_fen = -what.amount_fen(), .unallocated_fen = what.amount_fen()};
  return money.Apply(context);
}

absl::Status ReturnUp(const ActionContext& context, const v1::ReturnUp& what) {
  RETURN_IF_ERROR(CheckAmount("return up", what.amount_fen()));
  RETURN_IF_ERROR(NeedFund(context, what.fund()).status());
  Money money;
  money.Fund(what.fund()) = {.source_fen = what.amount_fen(), .unallocated_fen = -what.amount_fen()};
  return money.Apply(context);
}

absl::Status Plan(const ActionContext& context, const v1::Plan& what) {
  RETURN_IF_ERROR(CheckLines(context, what.lines(), Sign::kPositive, /*may_be_new=*/true));
  Money money;
  for (const v1::LineAmount& line : what.lines()) {
    ASSIGN_OR_RETURN(EntityPtr before,
                     context.working.Get({EntityKind::kLine, LineId(line.project(), line.fund())}));
    // A plan made by a change counts too: it must not become the plan as first approved.
    if (before != nullptr &&
        (before->line().planned_initially_fen() != 0 || before->line().planned_fen() != 0)) {
      return Refuse(
          absl::StatusCode::kFailedPrecondition, "ALREADY_PLANNED",
          absl::StrCat("line ", line.project(), " × ", line.fund(), " is planned with ",
                       FormatYuan(before->line().planned_fen()), " yuan, initially ",
                       FormatYuan(before->line().planned_initially_fen()), "; change the plan instead"));
    }
    // A plan that was taken back stood until then: before that day there would be two.
    if (before != nullptr && before->line().has_plan_changed_day() &&
        context.day.days() < before->line().plan_changed_day()) {
      return Refuse(absl::StatusCode::kFailedPrecondition, "ALREADY_PLANNED",
                    absl::StrCat(LineName(line), " was planned until ",
                                 Date(before->line().plan_changed_day()).ToString(),
                                 " and cannot be planned again from ", context.day.ToString(),
                                 " on; date the plan that day or later"));
    }
    money.Line(line.project(), line.fund()) = {.planned_fen = line.amount_fen(),
                                               .planned_initially_fen = line.amount_fen()};
  }
  return money.Apply(context);
}

absl::Status ChangePlan(const ActionContext& context, const v1::ChangePlan& what) {
  RETURN_IF_ERROR(CheckLines(context, what.lines(), Sign::kNotZero, /*may_be_new=*/true));
  Money money;
  for (const v1::LineAmount& line : what.lines()) {
    money.Line(line.project(), line.fund()) = {.planned_fen = line.amount_fen()};
  }
  return money.Apply(context);
}

absl::Status Allocate(const ActionContext& context, const v1::Allocate& what) {
  RETURN_IF_ERROR(CheckLines(context, what.lines(), Sign::kPositive, /*may_be_new=*/false));
  Money money;
  for (const v1::LineAmount& line : what.lines()) {
    money.Fund(line.fund()).unallocated_fen -= line.amount_fen();
    money.Line(line.project(), line.fund()).available_fen += line.amount_fen();
  }
  return money.Apply(context);
}

absl::Status Adjust(const ActionContext& context, const v1::Adjust& what) {
  RETURN_IF_ERROR(CheckLines(context, what.lines(), Sign::kNotZero, /*may_be_new=*/false));
  Money money;
  for (const v1::LineAmount& line : what.lines()) {
    money.Fund(line.fund()).unallocated_fen -= line.amount_fen();
    money.Line(line.project(), line.fund()).available_fen += line.amount_fen();
  }
  return money.Apply(context);
}

absl::Status Reclaim(const ActionContext& context, const v1::Reclaim& what) {
  Lines lines;
  *lines.Add() = what.line();
  RETURN_IF_ERROR(CheckLines(context, lines, Sign::kPositive, /*may_be_new=*/false));
  ASSIGN_OR_RETURN(const EntityPtr from_entity, NeedFund(context, what.line().fund()));
  ASSIGN_OR_RETURN(const EntityPtr to_entity, NeedFund(context, what.to_fund()));
  const v1::RegisterFund& from = RegistrationOf(from_entity);
  const v1::RegisterFund& to = RegistrationOf(to_entity);
  if (from.nature() != to.nature()) {
    return Refuse(absl::StatusCode::kFailedPrecondition, "NATURE_DIFFERS",
                  absl::StrCat("fund '", to.id(), "' is of another nature than fund '", from.id(), "'"));
  }
  Money money;
  money.Line(what.line().project(), what.line().fund()).available_fen -= what.line().amount_fen();
  money.Fund(what.to_fund()).unallocated_fen += what.line().amount_fen();
  return money.Apply(context);
}

absl::Status RecordOutsidePayment(const ActionContext& context, const v1::RecordOutsidePayment& what) {
  RETURN_IF_ERROR(CheckAmount("outside payment", what.amount_fen()));
  RETURN_IF_ERROR(
      Need(context.working, EntityKind::kProgramme, what.programme(), "programme", "PROGRAMME_NOT_FOUND")
          .status());
  ASSIGN_OR_RETURN(const EntityPtr fund_entity, NeedFund(context, what.fund()));
  const v1::RegisterFund& fund = RegistrationOf(fund_entity);
  const bool loan = what.kind() != v1::OUTSIDE_KIND_PAID;
  if (what.kind() == v1::OUTSIDE_KIND_UNSPECIFIED) {
    return Refuse(absl::StatusCode::kInvalidArgument, "OUTSIDE_KIND_MISSING",
                  "say whether it is paid or a loan");
  }
  if (fund.nature() == v1::NATURE_FISCAL || loan != (fund.nature() == v1::NATURE_LOAN)) {
    return Refuse(absl::StatusCode::kFailedPrecondition, "NATURE_NOT_ALLOWED",
                  absl::StrCat("fund '", fund.id(),
                               "' is not of a nature for this: loans come from loan funds, other "
                               "outside payments from funds that are neither fiscal nor loans"));
  }
  return MoveOutside(context, what, 1);
}

absl::Status ReverseOutsidePayment(const ActionContext& context, const v1::RecordOutsidePayment& what) {
  return MoveOutside(context, what, -1);
}

}  // namespace fundledger::books
