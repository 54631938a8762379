#include "ledger/books/accounts.h"

namespace fundledger::books {

Account AccountOf(const ::fundledger::storage::v1::Posting& posting) {
  return {posting.project(), posting.fund(), posting.programme()};
}

void AddPosting(const ::fundledger::storage::v1::Posting& posting, Balance* balance) {
  Balance& to = *balance;
  to[kSource] += posting.source_fen();
  to[kUnallocated] += posting.unallocated_fen();
  to[kAvailable] += posting.available_fen();
  to[kReserved] += posting.reserved_fen();
  to[kHeld] += posting.held_fen();
  to[kPaid] += posting.paid_fen();
  to[kOutside] += posting.outside_fen();
  to[kPlanned] += posting.planned_fen();
  to[kPlannedInitially] += posting.planned_initially_fen();
  to[kLoansGranted] += posting.loans_granted_fen();
  to[kLoansRepaid] += posting.loans_repaid_fen();
}

}  // namespace fundledger::books
