// Payments and where each stands.
#include <map>
#include <string>
#include <vector>

#include "fundledger/v1/actions.pb.h"
#include "ledger/base/status.h"
#include "ledger/base/utf8.h"
#include "ledger/books/payment.h"
#include "ledger/reports/as_of.h"
#include "ledger/reports/money.h"
#include "ledger/reports/paging.h"
#include "ledger/reports/reports.h"
#include "ledger/reports/select.h"

#include "absl/strings/str_cat.h"

namespace fundledger::reports {
namespace {

namespace v1 = ::fundledger::v1;
namespace sv1 = ::fundledger::storage::v1;

constexpr struct {
  sv1::PaymentState state;
  const char* name;
} kStates[] = {
    {sv1::PAYMENT_STATE_REQUESTED, "requested"},   {sv1::PAYMENT_STATE_APPROVED, "approved"},
    {sv1::PAYMENT_STATE_REJECTED, "rejected"},     {sv1::PAYMENT_STATE_WITHDRAWN, "withdrawn"},
    {sv1::PAYMENT_STATE_INSTRUCTED, "instructed"}, {sv1::PAYMENT_STATE_CONFIRMED, "confirmed"},
    {sv1::PAYMENT_STATE_FAILED, "failed"},         {sv1::PAYMENT_STATE_REVERSED, "reversed"},
    {sv1::PAYMENT_STATE_EXPIRED, "expired"},
};

const char* NameOf(sv1::PaymentState state) {
  for (const auto& each : kStates) {
    if (each.state == state) return each.name;
  }
  return "";
}

absl::Status CheckStateFilter(const std::string& state) {
  if (state.empty()) return absl::OkStatus();
  std::string names;
  for (const auto& each : kStates) {
    if (state == each.name) return absl::OkStatus();
    absl::StrAppend(&names, names.empty() ? "" : ", ", each.name);
  }
  return Refuse(absl::StatusCode::kInvalidArgument, "STATE_INVALID",
                absl::StrCat("payment state ", Quote(state), " is none of ", names));
}

// By payment id: what came back by refunds recorded after the state asked for. A payment's own balances know
// days, not records, so what is newer is taken off again; a refund's proposal says when it took effect.
using LaterRefunds = std::map<std::string, WideFen>;

absl::StatusOr<LaterRefunds> LoadLaterRefunds(const Source& source, const State& state) {
  LaterRefunds later;
  if (state.sequence == source.last) return later;
  RETURN_IF_ERROR(source.entities.Scan(
      books::EntityKind::kProposal, "", "", [&](std::string_view, const books::EntityPtr& entity) {
        const sv1::Proposal& proposal = entity->proposal();
        if (!proposal.action().has_refund() || proposal.state() != sv1::PROPOSAL_STATE_APPROVED) return true;
        if (state.Knows(proposal.closed().sequence())) return true;
        const v1::Refund& refund = proposal.action().refund();
        WideFen& fen = later[books::ActionId(refund.payment().sequence(), refund.payment().action())];
        for (const v1::LineAmount& line : refund.lines()) fen += line.amount_fen();
        return true;
      }));
  return later;
}

WideFen BalanceOf(const sv1::DatedBalance& balance) {
  WideFen total = 0;
  for (const int64_t delta : balance.deltas_fen()) total += delta;
  return total;
}

// What became of the payment by the state asked for; the request itself is no step.
std::vector<const sv1::PaymentStep*> StepsIn(const State& state, const sv1::Proposal& payment) {
  std::vector<const sv1::PaymentStep*> steps;
  for (const sv1::PaymentStep& step : payment.payment().steps()) {
    if (state.Knows(step.origin().sequence())) steps.push_back(&step);
  }
  return steps;
}

sv1::PaymentState StateAfter(const std::vector<const sv1::PaymentStep*>& steps) {
  return steps.empty() ? sv1::PAYMENT_STATE_REQUESTED : steps.back()->state();
}

// What is left of a confirmed payment, with the unit or with the payee by how it was confirmed.
absl::Status FillLeft(const sv1::Proposal& payment, WideFen later_refunds, v1::PaymentView* view) {
  WideFen left = later_refunds;
  for (const sv1::PaymentLine& line : payment.payment().lines())
    left += BalanceOf(line.held()) + BalanceOf(line.paid());
  // Reversed since: a confirmation is reversed only while nothing of it came back.
  if (books::StateOf(payment) == sv1::PAYMENT_STATE_REVERSED) left = view->amount_fen();
  ASSIGN_OR_RETURN(const int64_t fen, NarrowFen(left, "a payment's lines"));
  if (payment.payment().mode() == v1::CONFIRM_MODE_TRANSFER) {
    view->set_held_fen(fen);
  } else {
    view->set_paid_fen(fen);
  }
  return absl::OkStatus();
}

absl::Status FillRequest(const sv1::Proposal& payment, v1::PaymentView* view) {
  const v1::RequestPayment& request = payment.action().request_payment();
  view->mutable_request()->set_sequence(payment.origin().sequence());
  view->mutable_request()->set_action(payment.origin().action());
  view->mutable_request()->set_leaf_hash(payment.leaf_hash());
  view->set_reference(payment.action().reference());
  view->set_organization(payment.organization());
  view->set_kind(request.kind());
  view->set_payee(request.payee());
  if (request.has_batch()) *view->mutable_batch() = request.batch();
  WideFen amount = 0;
  for (const v1::LineAmount& line : request.lines()) {
    *view->add_lines() = line;
    amount += line.amount_fen();
  }
  ASSIGN_OR_RETURN(const int64_t amount_fen, NarrowFen(amount, "a payment's lines"));
  view->set_amount_fen(amount_fen);
  return absl::OkStatus();
}

v1::PaymentEvent* AddEvent(sv1::PaymentState state, Date day, Sequence sequence, const std::string& officer,
                           v1::PaymentView* view) {
  v1::PaymentEvent* event = view->add_events();
  event->set_state(NameOf(state));
  FillDate(day.days(), event->mutable_date());
  event->set_sequence(sequence);
  event->set_officer(officer);
  return event;
}

absl::Status FillPayment(const State& state, const sv1::Proposal& payment, WideFen later_refunds,
                         v1::PaymentView* view) {
  RETURN_IF_ERROR(FillRequest(payment, view));
  const std::vector<const sv1::PaymentStep*> steps = StepsIn(state, payment);
  view->set_state(NameOf(StateAfter(steps)));
  AddEvent(sv1::PAYMENT_STATE_REQUESTED, books::RequestedOn(payment), payment.origin().sequence(),
           payment.officer(), view);
  for (const sv1::PaymentStep* step : steps) {
    AddEvent(step->state(), Date(step->origin().day()), step->origin().sequence(), step->officer(), view)
        ->set_reason(step->reason());
    if (step->state() == sv1::PAYMENT_STATE_CONFIRMED) *view->mutable_voucher() = payment.payment().voucher();
  }
  if (StateAfter(steps) != sv1::PAYMENT_STATE_CONFIRMED) return absl::OkStatus();
  return FillLeft(payment, later_refunds, view);
}

bool HasProject(const sv1::Proposal& payment, const std::string& project) {
  if (project.empty()) return true;
  for (const v1::LineAmount& line : payment.action().request_payment().lines()) {
    if (line.project() == project) return true;
  }
  return false;
}

bool IsWanted(const State& state, const Tree& organizations, const sv1::Proposal& proposal,
              const v1::ListPaymentsRequest& request) {
  return books::IsPayment(proposal) && HasProject(proposal, request.project()) &&
         (request.organization().empty() ||
          organizations.IsWithin(proposal.organization(), request.organization())) &&
         (request.state().empty() || request.state() == NameOf(StateAfter(StepsIn(state, proposal))));
}

// The key of the payment asked for, by its request or by organization and reference.
absl::StatusOr<std::string> FindPayment(const Source& source, const v1::GetPaymentRequest& request) {
  if (request.has_request()) return books::ActionId(request.request().sequence(), request.request().action());
  const std::string id =
      books::ReferenceId(request.organization(), v1::Action::kRequestPayment, request.reference());
  ASSIGN_OR_RETURN(const books::EntityPtr used, source.entities.Get({books::EntityKind::kReference, id}));
  if (used == nullptr || request.organization().empty() || request.reference().empty()) {
    return Refuse(
        absl::StatusCode::kNotFound, "PAYMENT_NOT_FOUND",
        absl::StrCat("organization ", Quote(request.organization()), " requested no payment with reference ",
                     Quote(request.reference()), "; give both, or the request's sequence and action"));
  }
  return books::ActionId(used->reference().origin().sequence(), used->reference().origin().action());
}

absl::Status CheckHash(const v1::ActionRef& ref, const sv1::Proposal& payment) {
  // Without a hash the payment is looked up by where it stands; a hash that is given must be its own.
  if (ref.leaf_hash().empty() || ref.leaf_hash() == payment.leaf_hash()) return absl::OkStatus();
  return Refuse(
      absl::StatusCode::kFailedPrecondition, "ACTION_REF_MISMATCH",
      absl::StrCat("record ", ref.sequence(),
                   " has another leaf hash than the one asked for: it is not the record that was seen"));
}

}  // namespace

absl::StatusOr<v1::ListPaymentsResponse> Payments(const Source& source,
                                                  const v1::ListPaymentsRequest& request) {
  ASSIGN_OR_RETURN(Page page, OpenPage(request));
  ASSIGN_OR_RETURN(const State state, ResolveState(source, v1::AsOf::default_instance(), page.sequence()));
  RETURN_IF_ERROR(CheckFilter(source, state, books::EntityKind::kProject, request.project()));
  RETURN_IF_ERROR(CheckFilter(source, state, books::EntityKind::kOrganization, request.organization()));
  RETURN_IF_ERROR(CheckStateFilter(request.state()));
  Tree organizations;
  if (!request.organization().empty()) {
    ASSIGN_OR_RETURN(organizations, Tree::Load(source, state, books::EntityKind::kOrganization));
  }
  ASSIGN_OR_RETURN(const LaterRefunds later, LoadLaterRefunds(source, state));
  v1::ListPaymentsResponse response;
  absl::Status failed;
  RETURN_IF_ERROR(source.entities.Scan(books::EntityKind::kProposal, "", page.First(),
                                       [&](std::string_view id, const books::EntityPtr& entity) {
                                         const sv1::Proposal& proposal = entity->proposal();
                                         // Ids are in the order of the log: nothing behind this one is older.
                                         if (!state.Knows(proposal.origin().sequence())) return false;
                                         if (!IsWanted(state, organizations, proposal, request)) return true;
                                         if (!page.Take(id)) return false;
                                         const auto found = later.find(std::string(id));
                                         failed = FillPayment(state, proposal,
                                                              found == later.end() ? 0 : found->second,
                                                              response.add_payments());
                                         return failed.ok();
                                       }));
  RETURN_IF_ERROR(failed);
  response.set_next_page_token(page.NextToken(state.sequence));
  FillBasis(state, response.mutable_basis());
  return response;
}

absl::StatusOr<v1::GetPaymentResponse> Payment(const Source& source, const v1::GetPaymentRequest& request) {
  ASSIGN_OR_RETURN(const State state, ResolveState(source, v1::AsOf::default_instance(), std::nullopt));
  ASSIGN_OR_RETURN(const std::string id, FindPayment(source, request));
  ASSIGN_OR_RETURN(const books::EntityPtr entity, source.entities.Get({books::EntityKind::kProposal, id}));
  if (entity == nullptr || !books::IsPayment(entity->proposal())) {
    return Refuse(absl::StatusCode::kNotFound, "PAYMENT_NOT_FOUND",
                  absl::StrCat("action ", request.request().sequence(), ".", request.request().action(),
                               " is no payment request; list payments to see them"));
  }
  RETURN_IF_ERROR(CheckHash(request.request(), entity->proposal()));
  v1::GetPaymentResponse response;
  RETURN_IF_ERROR(FillPayment(state, entity->proposal(), 0, response.mutable_payment()));
  FillBasis(state, response.mutable_basis());
  return response;
}

}  // namespace fundledger::reports
