// Payments: requested, approved, instructed, confirmed or failed; refunded; a confirmation reversed. Requests
// and instructions are intentions and can be refused; that a bank paid is a fact.
#include <set>
#include <string>
#include <utility>

#include "ledger/base/bytes.h"
#include "ledger/base/text.h"
#include "ledger/books/approvals.h"
#include "ledger/books/balance.h"
#include "ledger/books/money.h"
#include "ledger/books/rules.h"

namespace fundledger::books {
namespace {

namespace v1 = ::fundledger::v1;
namespace sv1 = ::fundledger::storage::v1;

absl::Status NotNow(std::string_view reason, const std::string& message) {
  return Refuse(absl::StatusCode::kFailedPrecondition, reason, message);
}

absl::Status Malformed(std::string_view reason, const std::string& message) {
  return Refuse(absl::StatusCode::kInvalidArgument, reason, message);
}

sv1::PaymentState StateOf(const sv1::Payment& payment) {
  return payment.steps(payment.steps_size() - 1).state();
}

std::string NameOf(const sv1::Payment& payment) {
  return absl::StrCat("payment ", payment.origin().sequence(), ".", payment.origin().action(),
                      payment.reference().empty() ? "" : absl::StrCat(" (", payment.reference(), ")"));
}

void AddStep(const ActionContext& context, sv1::PaymentState state, std::string_view reason,
             sv1::Payment* payment) {
  sv1::PaymentStep* step = payment->add_steps();
  step->set_state(state);
  step->set_officer(context.officer.id());
  step->set_reason(std::string(reason));
  *step->mutable_origin() = context.MakeOrigin();
}

// The payment that `ref` names, to be changed.
absl::StatusOr<sv1::Payment*> ChangePayment(const ActionContext& context, const v1::ActionRef& ref) {
  const EntityKey key{EntityKind::kPayment, ActionId(ref.sequence(), ref.action())};
  ASSIGN_OR_RETURN(bool exists, context.working.Has(key));
  if (!exists) {
    return Refuse(absl::StatusCode::kNotFound, "PAYMENT_NOT_FOUND",
                  absl::StrCat("there is no payment request ", ref.sequence(), ".", ref.action()));
  }
  ASSIGN_OR_RETURN(sv1::Entity * entity, context.working.Change(key));
  if (entity->payment().leaf_hash() != ref.leaf_hash()) {
    return NotNow(
        "ACTION_REF_MISMATCH",
        absl::StrCat("record ", ref.sequence(),
                     " is not the one that was signed for: its leaf hash is another; look at it again"));
  }
  return entity->mutable_payment();
}

// What a payment in `state` waits for, or why for nothing.
std::string_view NextOf(sv1::PaymentState state) {
  switch (state) {
    case sv1::PAYMENT_STATE_REQUESTED:
      return "it waits for approval";
    case sv1::PAYMENT_STATE_APPROVED:
      return "it waits to be instructed";
    case sv1::PAYMENT_STATE_INSTRUCTED:
      return "it waits to be confirmed, or said to have failed";
    case sv1::PAYMENT_STATE_CONFIRMED:
      return "it is paid, and can be refunded or reversed";
    default:
      return "it is closed, and would have to be requested anew";
  }
}

absl::Status NeedState(const sv1::Payment& payment, sv1::PaymentState state, std::string_view verb) {
  if (StateOf(payment) == state) return absl::OkStatus();
  std::string stands = sv1::PaymentState_Name(StateOf(payment)).substr(sizeof("PAYMENT_STATE_") - 1);
  for (char& c : stands) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return NotNow("PAYMENT_STATE_WRONG",
                absl::StrCat(NameOf(payment), " is ", stands, "; it cannot be ", ToAbsl(verb),
                             " now: ", ToAbsl(NextOf(StateOf(payment)))));
}

// Payments for fiscal year y may be dated from 1 January of y.
absl::Status CheckYear(const ActionContext& context, std::string_view fund_id) {
  ASSIGN_OR_RETURN(EntityPtr entity,
                   Need(context.working, EntityKind::kFund, fund_id, "fund", "FUND_NOT_FOUND"));
  const v1::RegisterFund& fund = entity->fund().registration();
  ASSIGN_OR_RETURN(Date first, Date::FromCivil(fund.fiscal_year(), 1, 1));
  return CheckNotBefore(
      [&fund] { return absl::StrCat("a payment from fund '", fund.id(), "' of ", fund.fiscal_year()); },
      context.day, first);
}

absl::Status CheckNotBeforeRequest(const ActionContext& context, const sv1::Payment& payment) {
  const Date requested(payment.steps(0).origin().day());
  if (context.day >= requested) return absl::OkStatus();
  return NotNow("DATE_BEFORE_REQUEST",
                absl::StrCat(NameOf(payment), " was requested on ", requested.ToString(),
                             "; nothing of it can be dated ", context.day.ToString()));
}

// Marks a voucher as used. ALREADY_EXISTS, reason VOUCHER_USED.
absl::Status UseVoucher(const ActionContext& context, const v1::Voucher& voucher) {
  if (Fold(voucher.issuer()).empty() || Fold(voucher.type()).empty() || Fold(voucher.number()).empty() ||
      voucher.year() < 1900 || voucher.year() > 9999) {
    return Malformed("VOUCHER_MALFORMED", "a voucher needs issuer, type, year (1900 to 9999) and number");
  }
  const EntityKey key{EntityKind::kVoucher,
                      VoucherId(voucher.issuer(), voucher.type(), voucher.year(), voucher.number())};
  ASSIGN_OR_RETURN(EntityPtr used, context.working.Get(key));
  if (used != nullptr) {
    return Refuse(
        absl::StatusCode::kAlreadyExists, "VOUCHER_USED",
        absl::StrCat("voucher ", voucher.issuer(), "/", voucher.type(), "/", voucher.year(), "/",
                     voucher.number(), " was used in record ", used->voucher().origin().sequence()));
  }
  ASSIGN_OR_RETURN(sv1::Entity * entity, context.working.Change(key));
  *entity->mutable_voucher()->mutable_origin() = context.MakeOrigin();
  return absl::OkStatus();
}

absl::Status CheckRecipient(const ActionContext& context, const v1::RequestPayment& what) {
  if (what.recipient_case() == v1::RequestPayment::kPayee) {
    return Need(context.working, EntityKind::kPayee, what.payee(), "payee", "PAYEE_NOT_FOUND").status();
  }
  if (what.recipient_case() != v1::RequestPayment::kBatch) {
    return Malformed("RECIPIENT_MISSING", "say who is paid: a payee, or a batch of people");
  }
  const v1::Batch& batch = what.batch();
  if (batch.subsidy().empty() || batch.period().empty() || batch.count() == 0) {
    return Malformed("BATCH_MALFORMED", "a batch needs its subsidy, its period and how many are paid");
  }
  if (batch.roster().size() != 32 && !(batch.roster().empty() && context.action.historical())) {
    return Malformed("ROSTER_MISSING",
                     "a batch needs the 32-byte id of its roster (historical loads excepted)");
  }
  return absl::OkStatus();
}

absl::Status CheckRequestLines(const ActionContext& context, const v1::RequestPayment& what) {
  if (what.lines().empty()) return Malformed("LINES_MISSING", "at least one line is needed");
  std::set<std::pair<std::string_view, std::string_view>> seen;
  for (const v1::LineAmount& line : what.lines()) {
    const auto name = [&line] { return LineName(line); };
    if (!seen.emplace(line.project(), line.fund()).second) {
      return Malformed("LINE_REPEATED", absl::StrCat(name(), " stands here twice"));
    }
    RETURN_IF_ERROR(CheckAmount(name, line.amount_fen()));
    RETURN_IF_ERROR(CheckYear(context, line.fund()));
    RETURN_IF_ERROR(CheckProjectOpenForPayment(context, line.project()));
    ASSIGN_OR_RETURN(EntityPtr project, context.working.Get({EntityKind::kProject, line.project()}));
    RETURN_IF_ERROR(CheckUnitScope(context, project->project().declaration().organization()));
    ASSIGN_OR_RETURN(bool exists,
                     context.working.Has({EntityKind::kLine, LineId(line.project(), line.fund())}));
    if (!exists) {
      return Refuse(absl::StatusCode::kNotFound, "LINE_NOT_FOUND",
                    absl::StrCat(name(), " has no plan and no allocation"));
    }
  }
  return absl::OkStatus();
}

// The whole request goes from reserved to `to`, or back to available.
absl::Status Release(const ActionContext& context, const sv1::Payment& payment,
                     int64_t Money::LineMove::*to) {
  Money money;
  for (const sv1::PaymentLine& line : payment.lines()) {
    Money::LineMove& move = money.Line(line.line().project(), line.line().fund());
    move.reserved_fen -= line.line().amount_fen();
    move.*to += line.line().amount_fen();
  }
  return money.Apply(context);
}

sv1::PaymentLine* FindLine(sv1::Payment* payment, const v1::LineAmount& wanted) {
  for (sv1::PaymentLine& line : *payment->mutable_lines()) {
    if (line.line().project() == wanted.project() && line.line().fund() == wanted.fund()) return &line;
  }
  return nullptr;
}

}  // namespace

absl::Status RequestPayment(const ActionContext& context, const v1::RequestPayment& what) {
  if (what.kind() == v1::PAYMENT_KIND_UNSPECIFIED) {
    return Malformed("PAYMENT_KIND_MISSING", "say what kind of payment it is");
  }
  if ((what.kind() == v1::PAYMENT_KIND_SUBSIDY_BATCH) !=
      (what.recipient_case() == v1::RequestPayment::kBatch)) {
    return Malformed("RECIPIENT_MISMATCH", "a subsidy batch, and nothing else, is paid to a batch of people");
  }
  RETURN_IF_ERROR(CheckRecipient(context, what));
  RETURN_IF_ERROR(CheckRequestLines(context, what));
  Money money;
  for (const v1::LineAmount& line : what.lines()) {
    money.Line(line.project(), line.fund()) = {.available_fen = -line.amount_fen(),
                                               .reserved_fen = line.amount_fen()};
  }
  RETURN_IF_ERROR(money.Apply(context));

  const std::string id = ActionId(context.working.record().sequence, context.index);
  ASSIGN_OR_RETURN(sv1::Entity * entity, context.working.Change({EntityKind::kPayment, id}));
  sv1::Payment* payment = entity->mutable_payment();
  *payment->mutable_origin() = context.MakeOrigin();
  payment->set_leaf_hash(context.working.record().leaf_hash.str());
  payment->set_reference(context.action.reference());
  payment->set_organization(context.officer.organization());
  payment->set_officer(context.officer.id());
  payment->set_kind(what.kind());
  if (what.recipient_case() == v1::RequestPayment::kPayee) payment->set_payee(what.payee());
  if (what.recipient_case() == v1::RequestPayment::kBatch) *payment->mutable_batch() = what.batch();
  for (const v1::LineAmount& line : what.lines()) *payment->add_lines()->mutable_line() = line;
  AddStep(context, sv1::PAYMENT_STATE_REQUESTED, "", payment);
  return absl::OkStatus();
}

absl::Status PaymentApproved(const ActionContext& context, const std::string& payment_id,
                             const v1::Action& request) {
  ASSIGN_OR_RETURN(sv1::Entity * entity, context.working.Change({EntityKind::kPayment, payment_id}));
  sv1::Payment* payment = entity->mutable_payment();
  RETURN_IF_ERROR(NeedState(*payment, sv1::PAYMENT_STATE_REQUESTED, "approved"));
  // Checked again when it takes effect: what stopped the project since stops the payment.
  for (const sv1::PaymentLine& line : payment->lines()) {
    const ActionContext then{context.working,
                             request,
                             context.index,
                             context.officer,
                             context.ledger,
                             context.record_day,
                             Date(payment->steps(0).origin().day())};
    RETURN_IF_ERROR(CheckProjectOpenForPayment(then, line.line().project()));
  }
  AddStep(context, sv1::PAYMENT_STATE_APPROVED, "", payment);
  return absl::OkStatus();
}

absl::Status PaymentClosed(const ActionContext& context, const std::string& payment_id,
                           sv1::PaymentState state, std::string_view reason) {
  ASSIGN_OR_RETURN(sv1::Entity * entity, context.working.Change({EntityKind::kPayment, payment_id}));
  sv1::Payment* payment = entity->mutable_payment();
  if (StateOf(*payment) != sv1::PAYMENT_STATE_REQUESTED) {
    RETURN_IF_ERROR(NeedState(*payment, sv1::PAYMENT_STATE_APPROVED, "taken back"));
  }
  RETURN_IF_ERROR(CheckNotBeforeRequest(context, *payment));
  RETURN_IF_ERROR(Release(context, *payment, &Money::LineMove::available_fen));
  AddStep(context, state, reason, payment);
  return absl::OkStatus();
}

absl::Status Instruct(const ActionContext& context, const v1::Instruct& what) {
  ASSIGN_OR_RETURN(sv1::Payment * payment, ChangePayment(context, what.payment()));
  RETURN_IF_ERROR(NeedState(*payment, sv1::PAYMENT_STATE_APPROVED, "instructed"));
  RETURN_IF_ERROR(CheckNotBeforeRequest(context, *payment));
  // The money is here still: what a thief's key asked for, or approved, goes no further.
  ASSIGN_OR_RETURN(const EntityPtr request, FindProposal(context.working, what.payment()));
  RETURN_IF_ERROR(CheckStillTrusted(context.working, request->proposal()));
  for (const sv1::PaymentLine& line : payment->lines()) {
    RETURN_IF_ERROR(CheckYear(context, line.line().fund()));
    RETURN_IF_ERROR(CheckProjectOpenForPayment(context, line.line().project()));
  }
  AddStep(context, sv1::PAYMENT_STATE_INSTRUCTED, "", payment);
  return absl::OkStatus();
}

absl::Status Confirm(const ActionContext& context, const v1::Confirm& what) {
  ASSIGN_OR_RETURN(sv1::Payment * payment, ChangePayment(context, what.payment()));
  RETURN_IF_ERROR(NeedState(*payment, sv1::PAYMENT_STATE_INSTRUCTED, "confirmed"));
  RETURN_IF_ERROR(CheckNotBeforeRequest(context, *payment));
  if (what.mode() == v1::CONFIRM_MODE_UNSPECIFIED) {
    return Malformed("CONFIRM_MODE_MISSING", "say whether it was paid direct or transferred to a unit");
  }
  RETURN_IF_ERROR(UseVoucher(context, what.voucher()));
  const bool direct = what.mode() == v1::CONFIRM_MODE_DIRECT;
  for (sv1::PaymentLine& line : *payment->mutable_lines()) {
    RETURN_IF_ERROR(Move([payment] { return NameOf(*payment); }, context.day.days(), line.line().amount_fen(),
                         direct ? line.mutable_paid() : line.mutable_held()));
  }
  RETURN_IF_ERROR(
      Release(context, *payment, direct ? &Money::LineMove::paid_fen : &Money::LineMove::held_fen));
  *payment->mutable_voucher() = what.voucher();
  payment->set_mode(what.mode());
  AddStep(context, sv1::PAYMENT_STATE_CONFIRMED, "", payment);
  ASSIGN_OR_RETURN(sv1::Entity * entity,
                   context.working.Change({EntityKind::kConfirmation,
                                           ActionId(context.working.record().sequence, context.index)}));
  sv1::Confirmation* confirmation = entity->mutable_confirmation();
  confirmation->set_payment_sequence(what.payment().sequence());
  confirmation->set_payment_action(what.payment().action());
  confirmation->set_leaf_hash(context.working.record().leaf_hash.str());
  return absl::OkStatus();
}

absl::Status Fail(const ActionContext& context, const v1::Fail& what) {
  RETURN_IF_ERROR(CheckReason(what.reason()));
  ASSIGN_OR_RETURN(sv1::Payment * payment, ChangePayment(context, what.payment()));
  RETURN_IF_ERROR(NeedState(*payment, sv1::PAYMENT_STATE_INSTRUCTED, "failed"));
  RETURN_IF_ERROR(CheckNotBeforeRequest(context, *payment));
  RETURN_IF_ERROR(Release(context, *payment, &Money::LineMove::available_fen));
  AddStep(context, sv1::PAYMENT_STATE_FAILED, what.reason(), payment);
  return absl::OkStatus();
}

absl::Status Refund(const ActionContext& context, const v1::Refund& what) {
  ASSIGN_OR_RETURN(sv1::Payment * payment, ChangePayment(context, what.payment()));
  RETURN_IF_ERROR(NeedState(*payment, sv1::PAYMENT_STATE_CONFIRMED, "refunded"));
  if (what.lines().empty()) return Malformed("LINES_MISSING", "say what came back, by line");
  RETURN_IF_ERROR(UseVoucher(context, what.voucher()));
  const bool direct = payment->mode() == v1::CONFIRM_MODE_DIRECT;
  std::set<std::pair<std::string_view, std::string_view>> seen;
  Money money;
  for (const v1::LineAmount& wanted : what.lines()) {
    const auto name = [&wanted] { return LineName(wanted); };
    if (!seen.emplace(wanted.project(), wanted.fund()).second) {
      return Malformed("LINE_REPEATED", absl::StrCat(name(), " stands here twice"));
    }
    RETURN_IF_ERROR(CheckAmount(name, wanted.amount_fen()));
    sv1::PaymentLine* line = FindLine(payment, wanted);
    if (line == nullptr) {
      return NotNow("REFUND_LINE_UNKNOWN", absl::StrCat(NameOf(*payment), " has no ", name()));
    }
    const auto account = [&] {
      return absl::StrCat(NameOf(*payment), ", ", name(), direct ? " paid" : " held");
    };
    RETURN_IF_ERROR(Move(account, context.day.days(), -wanted.amount_fen(),
                         direct ? line->mutable_paid() : line->mutable_held()));
    Money::LineMove& move = money.Line(wanted.project(), wanted.fund());
    move.available_fen += wanted.amount_fen();
    (direct ? move.paid_fen : move.held_fen) -= wanted.amount_fen();
  }
  return money.Apply(context);
}

absl::Status ReverseConfirmation(const ActionContext& context, const std::string& payment_id,
                                 std::string_view reason) {
  ASSIGN_OR_RETURN(sv1::Entity * entity, context.working.Change({EntityKind::kPayment, payment_id}));
  sv1::Payment* payment = entity->mutable_payment();
  RETURN_IF_ERROR(NeedState(*payment, sv1::PAYMENT_STATE_CONFIRMED, "reversed"));
  const bool direct = payment->mode() == v1::CONFIRM_MODE_DIRECT;
  Money money;
  for (sv1::PaymentLine& line : *payment->mutable_lines()) {
    const int64_t amount = line.line().amount_fen();
    // A payment of which something came back did leave; then the whole amount is not there any more.
    RETURN_IF_ERROR(Move([payment] { return NameOf(*payment); }, context.day.days(), -amount,
                         direct ? line.mutable_paid() : line.mutable_held()));
    Money::LineMove& move = money.Line(line.line().project(), line.line().fund());
    move.available_fen += amount;
    (direct ? move.paid_fen : move.held_fen) -= amount;
  }
  RETURN_IF_ERROR(money.Apply(context));
  AddStep(context, sv1::PAYMENT_STATE_REVERSED, reason, payment);
  return absl::OkStatus();
}

}  // namespace fundledger::books
