// A calendar day, without a time zone, as days since 1970-01-01 in the proleptic Gregorian calendar.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace fundledger {

class Date {
 public:
  Date() = default;
  explicit constexpr Date(int32_t days) : days_(days) {}

  // INVALID_ARGUMENT, reason DATE_INVALID, unless year is 1900…9999 and the day exists.
  static absl::StatusOr<Date> FromCivil(int year, int month, int day);
  // Reads 2020-06-16, 2020/6/16, 2020.6.16, 20200616 or 2020年6月16日. INVALID_ARGUMENT, reason DATE_INVALID.
  static absl::StatusOr<Date> Parse(std::string_view text);
  // The day on which `unix_us` (microseconds since 1970 UTC) falls at a fixed offset east of UTC.
  static Date FromUnixMicros(int64_t unix_us, int32_t utc_offset_minutes);

  int32_t days() const { return days_; }
  int year() const;
  int month() const;
  int day() const;
  // 2020-06-16.
  std::string ToString() const;
  auto operator<=>(const Date&) const = default;

 private:
  int32_t days_ = 0;
};

}  // namespace fundledger
