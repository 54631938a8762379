#include "ledger/base/time_text.h"

#include "ledger/base/date.h"

#include "absl/strings/str_format.h"

namespace fundledger {

std::string TimeText(int64_t unix_us, int32_t utc_offset_minutes) {
  constexpr int64_t kSecondsPerDay = 86'400;
  const int64_t local_s = unix_us / 1'000'000 + int64_t{utc_offset_minutes} * 60;
  const int64_t second = (local_s % kSecondsPerDay + kSecondsPerDay) % kSecondsPerDay;
  return absl::StrFormat("%s %02d:%02d:%02d", Date::FromUnixMicros(unix_us, utc_offset_minutes).ToString(),
                         second / 3600, second / 60 % 60, second % 60);
}

}  // namespace fundledger
