// How long entities of a kind are of use to those who keep them in memory.
#pragma once

#include "ledger/books/keys.h"

namespace fundledger::books {

// Read and changed for some days, and then hardly any more.
constexpr bool ComesAndGoes(EntityKind kind) {
  return kind == EntityKind::kProposal || kind == EntityKind::kConfirmation;
}

// Only ever asked whether it is there, which mostly it is not, and never changed again.
constexpr bool IsMark(EntityKind kind) {
  return kind == EntityKind::kReference || kind == EntityKind::kVoucher;
}

}  // namespace fundledger::books
