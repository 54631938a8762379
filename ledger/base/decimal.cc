#include "ledger/base/decimal.h"

#include "absl/strings/str_cat.h"

namespace fundledger {

std::string FormatDecimal(int64_t value, uint32_t scale) {
  const uint64_t magnitude =
      value < 0 ? uint64_t{0} - static_cast<uint64_t>(value) : static_cast<uint64_t>(value);
  std::string digits = absl::StrCat(magnitude);
  if (digits.size() <= scale) digits.insert(0, scale + 1 - digits.size(), '0');
  if (scale > 0) digits.insert(digits.size() - scale, 1, '.');
  return absl::StrCat(value < 0 ? "-" : "", digits);
}

}  // namespace fundledger
