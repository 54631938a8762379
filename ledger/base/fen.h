// Money: int64 fen (1/100 yuan), read and written as people do. Never a float.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace fundledger {

// Reads an amount as people write it: "120.5万", "1.466亿", "12,345.67", "12345.67元", "1.5万元"; without a
// unit, yuan. Groups of thousands are of three digits or absent; full-width digits, commas and points are
// read as well. No sign, no exponent, nothing smaller than a fen. INVALID_ARGUMENT, reasons AMOUNT_MALFORMED,
// AMOUNT_TOO_PRECISE, AMOUNT_NEGATIVE, AMOUNT_OUT_OF_RANGE.
absl::StatusOr<int64_t> ParseFen(std::string_view text);
// The same with a leading '-' or '+' allowed, for changes.
absl::StatusOr<int64_t> ParseSignedFen(std::string_view text);

// "12,345.67": yuan, always two decimals, groups of three.
std::string FormatYuan(int64_t fen);
// "17,340.46": 万元, exact, at least `decimals_min` decimals, more (up to 6) only where the amount has them.
std::string FormatWan(int64_t fen, int decimals_min = 2);

// part / whole in percent, rounded half away from zero to `decimals` (0 to 6) places, computed in 128 bits;
// "n/a" where whole is zero.
std::string FormatPercent(int64_t part, int64_t whole, int decimals);

// a + b, or nothing on overflow.
bool AddFen(int64_t a, int64_t b, int64_t* sum);

}  // namespace fundledger
