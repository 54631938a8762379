#include "ledger/base/clock.h"

#include <chrono>

namespace fundledger {

int64_t SystemClockMicros() {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(since_epoch).count();
}

}  // namespace fundledger
