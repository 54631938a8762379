#include "ledger/books/payment.h"

namespace fundledger::books {

namespace sv1 = ::fundledger::storage::v1;

bool IsPayment(const sv1::Proposal& proposal) {
  return proposal.action().has_request_payment();
}

sv1::PaymentState StateOf(const sv1::Proposal& payment) {
  const auto& steps = payment.payment().steps();
  return steps.empty() ? sv1::PAYMENT_STATE_REQUESTED : steps.rbegin()->state();
}

Date RequestedOn(const sv1::Proposal& payment) {
  const auto& date = payment.action().date();
  const auto given = Date::FromCivil(date.year(), date.month(), date.day());
  return payment.action().has_date() && given.ok() ? *given : Date(payment.origin().day());
}

}  // namespace fundledger::books
