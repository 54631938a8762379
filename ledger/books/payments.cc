// Payments: requested, approved, instructed, confirmed or failed; refunded; a confirmation reversed. Requests
// and instructions are intentions and can be refused; that a bank paid is a fact.
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "ledger/base/bytes.h"
#include "ledger/base/text.h"
#include "ledger/books/approvals.h"
#include "ledger/books/balance.h"
#include "ledger/books/money.h"
#include "ledger/books/payment.h"
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

const v1::RequestPayment& RequestOf(const sv1::Proposal& payment) {
  return payment.action().request_payment();
}

std::string NameOf(const sv1::Proposal& payment) {
  const std::string& reference = payment.action().reference();
  return absl::StrCat("payment ", payment.origin().sequence(), ".", payment.origin().action(),
                      reference.empty() ? "" : absl::StrCat(" (", reference, ")"));
}

void AddStep(const ActionContext& context, sv1::PaymentState state, std::string_view reason,
             sv1::Proposal* payment) {
  sv1::PaymentStep* step = payment->mutable_payment()->add_steps();
  step->set_state(state);
  step->set_officer(context.officer.id());
  step->set_reason(std::string(reason));
  *step->mutable_origin() = context.MakeOrigin();
}

// The payment that `ref` names, to be changed.
absl::StatusOr<sv1::Proposal*> ChangePayment(const ActionContext& context, const v1::ActionRef& ref) {
  const EntityKey key{EntityKind::kProposal, ActionId(ref.sequence(), ref.action())};
  ASSIGN_OR_RETURN(const EntityPtr found, context.working.Get(key));
  if (found == nullptr || !IsPayment(found->proposal())) {
    return Refuse(absl::StatusCode::kNotFound, "PAYMENT_NOT_FOUND",
                  absl::StrCat("there is no payment request ", ref.sequence(), ".", ref.action()));
  }
  if (found->proposal().leaf_hash() != ref.leaf_hash()) {
    return NotNow(
        "ACTION_REF_MISMATCH",
        absl::StrCat("record ", ref.sequence(),
                     " is not the one that was signed for: its leaf hash is another; look at it again"));
  }
  ASSIGN_OR_RETURN(sv1::Entity * entity, context.working.Change(key));
  return entity->mutable_proposal();
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

absl::Status NeedState(const sv1::Proposal& payment, sv1::PaymentState state, std::string_view verb) {
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

absl::Status CheckNotBeforeRequest(const ActionContext& context, const sv1::Proposal& payment) {
  const Date requested = RequestedOn(payment);
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
absl::Status Release(const ActionContext& context, const sv1::Proposal& payment,
                     int64_t Money::LineMove::*to) {
  Money money;
  for (const v1::LineAmount& line : RequestOf(payment).lines()) {
    Money::LineMove& move = money.Line(line.project(), line.fund());
    move.reserved_fen -= line.amount_fen();
    move.*to += line.amount_fen();
  }
  return money.Apply(context);
}

// The account of a confirmed payment's `index`-th line.
sv1::DatedBalance* AccountOf(int index, sv1::Payment* payment) {
  sv1::PaymentLine* line = payment->mutable_lines(index);
  return payment->mode() == v1::CONFIRM_MODE_DIRECT ? line->mutable_paid() : line->mutable_held();
}

// Index of the line among those of the request; nothing if it is none of them.
std::optional<int> FindLine(const v1::RequestPayment& request, const v1::LineAmount& wanted) {
  for (int i = 0; i < request.lines_size(); ++i) {
    const v1::LineAmount& line = request.lines(i);
    if (line.project() == wanted.project() && line.fund() == wanted.fund()) return i;
  }
  return std::nullopt;
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
  return money.Apply(context);
}

absl::Status PaymentApproved(const ActionContext& context, sv1::Proposal* payment) {
  RETURN_IF_ERROR(NeedState(*payment, sv1::PAYMENT_STATE_REQUESTED, "approved"));
  // Checked again when it takes effect: what stopped the project since stops the payment.
  const ActionContext then{context.working, payment->action(),  context.index,        context.officer,
                           context.ledger,  context.record_day, RequestedOn(*payment)};
  for (const v1::LineAmount& line : RequestOf(*payment).lines()) {
    RETURN_IF_ERROR(CheckProjectOpenForPayment(then, line.project()));
  }
  AddStep(context, sv1::PAYMENT_STATE_APPROVED, "", payment);
  return absl::OkStatus();
}

absl::Status PaymentClosed(const ActionContext& context, sv1::PaymentState state, std::string_view reason,
                           sv1::Proposal* payment) {
  if (StateOf(*payment) != sv1::PAYMENT_STATE_REQUESTED) {
    RETURN_IF_ERROR(NeedState(*payment, sv1::PAYMENT_STATE_APPROVED, "taken back"));
  }
  RETURN_IF_ERROR(CheckNotBeforeRequest(context, *payment));
  RETURN_IF_ERROR(Release(context, *payment, &Money::LineMove::available_fen));
  AddStep(context, state, reason, payment);
  return absl::OkStatus();
}

absl::Status Instruct(const ActionContext& context, const v1::Instruct& what) {
  ASSIGN_OR_RETURN(sv1::Proposal * payment, ChangePayment(context, what.payment()));
  RETURN_IF_ERROR(NeedState(*payment, sv1::PAYMENT_STATE_APPROVED, "instructed"));
  RETURN_IF_ERROR(CheckNotBeforeRequest(context, *payment));
  // The money is here still: what a thief's key asked for, or approved, goes no further.
  RETURN_IF_ERROR(CheckStillTrusted(context.working, *payment));
  for (const v1::LineAmount& line : RequestOf(*payment).lines()) {
    RETURN_IF_ERROR(CheckYear(context, line.fund()));
    RETURN_IF_ERROR(CheckProjectOpenForPayment(context, line.project()));
  }
  AddStep(context, sv1::PAYMENT_STATE_INSTRUCTED, "", payment);
  return absl::OkStatus();
}

absl::Status Confirm(const ActionContext& context, const v1::Confirm& what) {
  ASSIGN_OR_RETURN(sv1::Proposal * payment, ChangePayment(context, what.payment()));
  RETURN_IF_ERROR(NeedState(*payment, sv1::PAYMENT_STATE_INSTRUCTED, "confirmed"));
  RETURN_IF_ERROR(CheckNotBeforeRequest(context, *payment));
  if (what.mode() == v1::CONFIRM_MODE_UNSPECIFIED) {
    return Malformed("CONFIRM_MODE_MISSING", "say whether it was paid direct or transferred to a unit");
  }
  RETURN_IF_ERROR(UseVoucher(context, what.voucher()));
  const bool direct = what.mode() == v1::CONFIRM_MODE_DIRECT;
  sv1::Payment* left = payment->mutable_payment();
  left->set_mode(what.mode());
  *left->mutable_voucher() = what.voucher();
  for (const v1::LineAmount& line : RequestOf(*payment).lines()) {
    left->add_lines();
    RETURN_IF_ERROR(Move([payment] { return NameOf(*payment); }, context.day.days(), line.amount_fen(),
                         AccountOf(left->lines_size() - 1, left)));
  }
  RETURN_IF_ERROR(
      Release(context, *payment, direct ? &Money::LineMove::paid_fen : &Money::LineMove::held_fen));
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
  ASSIGN_OR_RETURN(sv1::Proposal * payment, ChangePayment(context, what.payment()));
  RETURN_IF_ERROR(NeedState(*payment, sv1::PAYMENT_STATE_INSTRUCTED, "failed"));
  RETURN_IF_ERROR(CheckNotBeforeRequest(context, *payment));
  RETURN_IF_ERROR(Release(context, *payment, &Money::LineMove::available_fen));
  AddStep(context, sv1::PAYMENT_STATE_FAILED, what.reason(), payment);
  return absl::OkStatus();
}

absl::Status Refund(const ActionContext& context, const v1::Refund& what) {
  ASSIGN_OR_RETURN(sv1::Proposal * payment, ChangePayment(context, what.payment()));
  RETURN_IF_ERROR(NeedState(*payment, sv1::PAYMENT_STATE_CONFIRMED, "refunded"));
  if (what.lines().empty()) return Malformed("LINES_MISSING", "say what came back, by line");
  RETURN_IF_ERROR(UseVoucher(context, what.voucher()));
  sv1::Payment* left = payment->mutable_payment();
  const bool direct = left->mode() == v1::CONFIRM_MODE_DIRECT;
  std::set<std::pair<std::string_view, std::string_view>> seen;
  Money money;
  for (const v1::LineAmount& wanted : what.lines()) {
    const auto name = [&wanted] { return LineName(wanted); };
    if (!seen.emplace(wanted.project(), wanted.fund()).second) {
      return Malformed("LINE_REPEATED", absl::StrCat(name(), " stands here twice"));
    }
    RETURN_IF_ERROR(CheckAmount(name, wanted.amount_fen()));
    const std::optional<int> line = FindLine(RequestOf(*payment), wanted);
    if (!line.has_value()) {
      return NotNow("REFUND_LINE_UNKNOWN", absl::StrCat(NameOf(*payment), " has no ", name()));
    }
    const auto account = [&] {
      return absl::StrCat(NameOf(*payment), ", ", name(), direct ? " paid" : " held");
    };
    RETURN_IF_ERROR(Move(account, context.day.days(), -wanted.amount_fen(), AccountOf(*line, left)));
    Money::LineMove& move = money.Line(wanted.project(), wanted.fund());
    move.available_fen += wanted.amount_fen();
    (direct ? move.paid_fen : move.held_fen) -= wanted.amount_fen();
  }
  return money.Apply(context);
}

absl::Status ReverseConfirmation(const ActionContext& context, const std::string& payment_id,
                                 std::string_view reason) {
  ASSIGN_OR_RETURN(sv1::Entity * entity, context.working.Change({EntityKind::kProposal, payment_id}));
  sv1::Proposal* payment = entity->mutable_proposal();
  RETURN_IF_ERROR(NeedState(*payment, sv1::PAYMENT_STATE_CONFIRMED, "reversed"));
  sv1::Payment* left = payment->mutable_payment();
  const bool direct = left->mode() == v1::CONFIRM_MODE_DIRECT;
  Money money;
  for (int i = 0; i < RequestOf(*payment).lines_size(); ++i) {
    const v1::LineAmount& line = RequestOf(*payment).lines(i);
    const int64_t amount = line.amount_fen();
    // A payment of which something came back did leave; then the whole amount is not there any more.
    RETURN_IF_ERROR(
        Move([payment] { return NameOf(*payment); }, context.day.days(), -amount, AccountOf(i, left)));
    Money::LineMove& move = money.Line(line.project(), line.fund());
    move.available_fen += amount;
    (direct ? move.paid_fen : move.held_fen) -= amount;
  }
  RETURN_IF_ERROR(money.Apply(context));
  AddStep(context, sv1::PAYMENT_STATE_REVERSED, reason, payment);
  return absl::OkStatus();
}

}  // namespace fundledger::books
