// A moment as people read it.
#pragma once

#include <cstdint>
#include <string>

namespace fundledger {

// 2020-06-16 09:30:15 at a fixed offset east of UTC; `unix_us` is in microseconds since 1970 UTC.
std::string TimeText(int64_t unix_us, int32_t utc_offset_minutes);

}  // namespace fundledger
