// Reversal (冲销): the exact inverse of one intention, once; or of a confirmation whose money never left.
#include <string>

#include "ledger/books/approvals.h"
#include "ledger/books/balance.h"
#include "ledger/books/money.h"
#include "ledger/books/rules.h"

namespace fundledger::books {
namespace {

namespace v1 = ::fundledger::v1;
namespace sv1 = ::fundledger::storage::v1;

absl::Status AlreadyReversed(const v1::ActionRef& ref, const sv1::Origin& by) {
  return Refuse(
      absl::StatusCode::kFailedPrecondition, "ALREADY_REVERSED",
      absl::StrCat("action ", ref.sequence(), ".", ref.action(), " was reversed in record ", by.sequence()));
}

// The movements of an action, turned round. Only intentions have them; an outside payment has none of the
// ledger's own money.
absl::StatusOr<Money> Inverse(const v1::Action& action) {
  Money money;
  switch (action.kind_case()) {
    case v1::Action::kReceive:
      money.Fund(action.receive().fund()) = {action.receive().amount_fen(), -action.receive().amount_fen()};
      return money;
    case v1::Action::kReturnUp:
      money.Fund(action.return_up().fund()) = {-action.return_up().amount_fen(),
                                               action.return_up().amount_fen()};
      return money;
    case v1::Action::kPlan:
      for (const v1::LineAmount& line : action.plan().lines()) {
        money.Line(line.project(), line.fund()) = {.planned_fen = -line.amount_fen(),
                                                   .planned_initially_fen = -line.amount_fen()};
      }
      return money;
    case v1::Action::kChangePlan:
      for (const v1::LineAmount& line : action.change_plan().lines()) {
        money.Line(line.project(), line.fund()) = {.planned_fen = -line.amount_fen()};
      }
      return money;
    case v1::Action::kAllocate:
    case v1::Action::kAdjust: {
      const auto& lines = action.has_allocate() ? action.allocate().lines() : action.adjust().lines();
      for (const v1::LineAmount& line : lines) {
        money.Fund(line.fund()).unallocated_fen += line.amount_fen();
        money.Line(line.project(), line.fund()).available_fen -= line.amount_fen();
      }
      return money;
    }
    case v1::Action::kReclaim: {
      const v1::LineAmount& line = action.reclaim().line();
      money.Line(line.project(), line.fund()).available_fen += line.amount_fen();
      money.Fund(action.reclaim().to_fund()).unallocated_fen -= line.amount_fen();
      return money;
    }
    case v1::Action::kRecordOutsidePayment:
      return money;
    case v1::Action::kReverse:
      return Refuse(absl::StatusCode::kFailedPrecondition, "REVERSAL_OF_REVERSAL",
                    "a reversal cannot be reversed; propose the action anew");
    default:
      return Refuse(absl::StatusCode::kFailedPrecondition, "NOT_REVERSIBLE",
                    "only receipts, returns, plans, allocations, adjustments, reclaims, outside payments and "
                    "confirmations can be reversed");
  }
}

absl::Status CheckNotBeforeOriginal(const ActionContext& context, const v1::Action& original) {
  ASSIGN_OR_RETURN(Date day, FromWire(original.date()));
  return context.day >= day ? absl::OkStatus()
                            : Refuse(absl::StatusCode::kFailedPrecondition, "DATE_BEFORE_ORIGINAL",
                                     absl::StrCat("what is reversed is dated ", day.ToString(),
                                                  "; the reversal cannot be before it"));
}

absl::Status ReverseOfConfirmation(const ActionContext& context, const v1::Reverse& what,
                                   const EntityKey& key) {
  ASSIGN_OR_RETURN(sv1::Entity * entity, context.working.Change(key));
  sv1::Confirmation* confirmation = entity->mutable_confirmation();
  if (confirmation->leaf_hash() != what.action().leaf_hash()) {
    return Refuse(absl::StatusCode::kFailedPrecondition, "ACTION_REF_MISMATCH",
                  absl::StrCat("record ", what.action().sequence(), " is not the one that was signed for"));
  }
  if (confirmation->has_reversed()) return AlreadyReversed(what.action(), confirmation->reversed());
  *confirmation->mutable_reversed() = context.MakeOrigin();
  return ReverseConfirmation(
      context, ActionId(confirmation->payment_sequence(), confirmation->payment_action()), what.reason());
}

}  // namespace

absl::Status Reverse(const ActionContext& context, const v1::Reverse& what) {
  RETURN_IF_ERROR(CheckReason(what.reason()));
  const std::string id = ActionId(what.action().sequence(), what.action().action());
  const EntityKey confirmation{EntityKind::kConfirmation, id};
  ASSIGN_OR_RETURN(bool confirmed, context.working.Has(confirmation));
  if (confirmed) return ReverseOfConfirmation(context, what, confirmation);

  ASSIGN_OR_RETURN(EntityPtr found, FindProposal(context.working, what.action()));
  if (found->proposal().state() != sv1::PROPOSAL_STATE_APPROVED) {
    return Refuse(absl::StatusCode::kFailedPrecondition, "NOT_IN_EFFECT",
                  absl::StrCat("action ", what.action().sequence(), ".", what.action().action(),
                               " did not take effect; there is nothing to reverse"));
  }
  ASSIGN_OR_RETURN(Money money, Inverse(found->proposal().action()));
  if (found->proposal().has_reversed()) return AlreadyReversed(what.action(), found->proposal().reversed());
  RETURN_IF_ERROR(CheckNotBeforeOriginal(context, found->proposal().action()));
  ASSIGN_OR_RETURN(sv1::Entity * entity, context.working.Change({EntityKind::kProposal, id}));
  *entity->mutable_proposal()->mutable_reversed() = context.MakeOrigin();
  const v1::Action& original = found->proposal().action();
  if (original.has_record_outside_payment())
    return ReverseOutsidePayment(context, original.record_outside_payment());
  return money.Apply(context);
}

}  // namespace fundledger::books
