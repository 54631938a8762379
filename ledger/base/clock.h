// The wall clock, as something a test can replace.
#pragma once

#include <cstdint>
#include <functional>

namespace fundledger {

// Microseconds since 1970 UTC. May be called from any thread.
using Clock = std::function<int64_t()>;

// The machine's clock.
int64_t SystemClockMicros();

}  // namespace fundledger
