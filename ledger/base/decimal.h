// Decimals of a fixed scale, as indicators have them.
#pragma once

#include <cstdint>
#include <string>

namespace fundledger {

// 290835 of scale 4 as 29.0835.
std::string FormatDecimal(int64_t value, uint32_t scale);

}  // namespace fundledger
