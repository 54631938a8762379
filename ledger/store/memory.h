// A store in memory, for tests and trials. Durable for as long as the process lives.
#pragma once

#include <memory>

#include "ledger/store/store.h"

namespace fundledger::store {

std::unique_ptr<Store> MakeMemoryStore();

}  // namespace fundledger::store
