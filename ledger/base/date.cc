#include "ledger/base/date.h"

#include <optional>

#include "ledger/base/status.h"
#include "ledger/base/utf8.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/civil_time.h"

namespace fundledger {
namespace {

constexpr absl::CivilDay kEpoch(1970, 1, 1);

absl::CivilDay Civil(int32_t days) {
  return kEpoch + days;
}

// Takes between `digits_min` and `digits_max` digits off the front of `text`.
std::optional<int> TakeNumber(std::string_view* text, size_t digits_min, size_t digits_max) {
  size_t count = 0;
  int value = 0;
  while (count < digits_max && count < text->size() && absl::ascii_isdigit((*text)[count])) {
    value = value * 10 + ((*text)[count] - '0');
    ++count;
  }
  if (count < digits_min) return std::nullopt;
  text->remove_prefix(count);
  return value;
}

bool TakePrefix(std::string_view* text, std::string_view prefix) {
  if (!text->starts_with(prefix)) return false;
  text->remove_prefix(prefix.size());
  return true;
}

struct YearMonthDay {
  int year = 0;
  int month = 0;
  int day = 0;
};

std::optional<YearMonthDay> Split(std::string_view text) {
  const auto year = TakeNumber(&text, 4, 4);
  if (!year.has_value() || text.empty()) return std::nullopt;
  std::string_view first;
  std::string_view second;
  std::string_view last;
  size_t digits_min = 1;
  if (text.starts_with("年")) {
    first = "年", second = "月", last = "日";
  } else if (text[0] == '-' || text[0] == '/' || text[0] == '.') {
    first = second = text.substr(0, 1);
  } else {
    digits_min = 2;  // 20200616: without separators the widths must say where the month ends
  }
  if (!TakePrefix(&text, first)) return std::nullopt;
  const auto month = TakeNumber(&text, digits_min, 2);
  if (!month.has_value() || !TakePrefix(&text, second)) return std::nullopt;
  const auto day = TakeNumber(&text, digits_min, 2);
  if (!day.has_value() || !TakePrefix(&text, last) || !text.empty()) return std::nullopt;
  return YearMonthDay{*year, *month, *day};
}

}  // namespace

absl::StatusOr<Date> Date::FromCivil(int year, int month, int day) {
  const absl::CivilDay civil(year, month, day);
  const bool exists = civil.year() == year && civil.month() == month && civil.day() == day;
  if (year < 1900 || year > 9999 || !exists) {
    return Refuse(absl::StatusCode::kInvalidArgument, "DATE_INVALID",
                  absl::StrFormat("there is no day %d-%02d-%02d between 1900 and 9999", year, month, day));
  }
  return Date(static_cast<int32_t>(civil - kEpoch));
}

absl::StatusOr<Date> Date::Parse(std::string_view text) {
  const auto parts = Split(ToStd(absl::StripAsciiWhitespace(ToAbsl(text))));
  if (!parts.has_value()) {
    return Refuse(absl::StatusCode::kInvalidArgument, "DATE_INVALID",
                  absl::StrCat("date ", Quote(text), " is not understood: write it as 2020-06-16"));
  }
  return FromCivil(parts->year, parts->month, parts->day);
}

Date Date::FromUnixMicros(int64_t unix_us, int32_t utc_offset_minutes) {
  constexpr int64_t kMicrosPerSecond = 1'000'000;
  constexpr int64_t kSecondsPerDay = 86'400;
  // Rounded down, not towards zero: a moment before 1970 belongs to the day that began before it. Whole
  // seconds first, so that the offset cannot overflow.
  const auto floor_div = [](int64_t a, int64_t b) { return a / b - (a % b < 0 ? 1 : 0); };
  const int64_t seconds = floor_div(unix_us, kMicrosPerSecond) + int64_t{utc_offset_minutes} * 60;
  return Date(static_cast<int32_t>(floor_div(seconds, kSecondsPerDay)));
}

int Date::year() const {
  return static_cast<int>(Civil(days_).year());
}
int Date::month() const {
  return Civil(days_).month();
}
int Date::day() const {
  return Civil(days_).day();
}

std::string Date::ToString() const {
  const absl::CivilDay civil = Civil(days_);
  return absl::StrFormat("%04d-%02d-%02d", civil.year(), civil.month(), civil.day());
}

}  // namespace fundledger
