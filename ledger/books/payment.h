// A payment: the proposal that requests it, and what became of it since.
#pragma once

#include "fundledger/storage/v1/entities.pb.h"
#include "ledger/base/date.h"

namespace fundledger::books {

// Whether the proposal requests a payment; of another one nothing below is to be asked.
bool IsPayment(const ::fundledger::storage::v1::Proposal& proposal);
// Where it stands: requested, until something becomes of it.
::fundledger::storage::v1::PaymentState StateOf(const ::fundledger::storage::v1::Proposal& payment);
// Business date of the request.
Date RequestedOn(const ::fundledger::storage::v1::Proposal& payment);

}  // namespace fundledger::books
