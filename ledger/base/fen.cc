#include "ledger/base/fen.h"

#include <algorithm>
#include <limits>

#include "ledger/base/number_text.h"
#include "ledger/base/status.h"
#include "ledger/base/utf8.h"

#include "absl/numeric/int128.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace fundledger {
namespace {

constexpr absl::StatusCode kInvalid = absl::StatusCode::kInvalidArgument;

// `text` in half width, either yuan sign as '$'. A dollar as typed is none: it is kept apart by a byte that
// nothing below accepts.
std::string Plain(std::string_view text) {
  return HalfWidth(absl::StrReplaceAll(ToAbsl(text), {{"$", "\x01"}, {"￥", "$"}, {"¥", "$"}}));
}

absl::Status Malformed(std::string_view text, std::string_view why) {
  return Refuse(kInvalid, "AMOUNT_MALFORMED", absl::StrCat("amount ", Quote(text), " ", ToAbsl(why)));
}

bool IsDigits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return absl::ascii_isdigit(c); });
}

// 10 to the number of decimals that make a fen: yuan 2, 万元 6, 亿元 10.
struct Unit {
  std::string_view name;
  size_t decimals;
};
constexpr Unit kUnits[] = {{"万元", 6}, {"亿元", 10}, {"万", 6}, {"亿", 10}, {"元", 2}};

// Takes the unit off the end of `body`, and white space before it; without a unit, yuan.
size_t TakeUnitDecimals(std::string_view* body) {
  for (const Unit& unit : kUnits) {
    if (!body->ends_with(unit.name)) continue;
    body->remove_suffix(unit.name.size());
    while (body->ends_with(' ')) body->remove_suffix(1);
    return unit.decimals;
  }
  return 2;
}

// Nothing wrong: OK, and `digits` holds `whole` without its separators.
absl::Status ReadGroups(std::string_view text, std::string_view whole, std::string* digits) {
  if (TakeGroups(whole, digits)) return absl::OkStatus();
  return Malformed(text, digits->empty()
                             ? "holds no digits: write an amount such as 12,345.67"
                             : absl::StrCat("has a group of thousands that is not three digits: write ",
                                            *digits, ", or use a point for decimals"));
}

// What is wrong with a body that is not digits, commas and one point.
absl::Status RefuseBody(std::string_view text, std::string_view body, bool has_unit) {
  if (body.empty()) {
    return Malformed(text, has_unit ? "has a unit and no number: write a number before it, such as 120.5万"
                                    : "is empty: write an amount such as 12,345.67 or 120.5万");
  }
  if (std::count(body.begin(), body.end(), '.') > 1) {
    return Malformed(text, "has more than one decimal point: write one, such as 1234.56");
  }
  if (body.find_first_of("eE") != std::string_view::npos && absl::ascii_isdigit(body[0])) {
    return Malformed(text, "has an exponent: write all digits, or a unit such as 10亿");
  }
  if (body.find_first_of("+-") != std::string_view::npos) {
    return Malformed(text, "has a sign in the wrong place: write digits only, such as 1234.56");
  }
  return Malformed(text,
                   "is not understood: write digits, then 万 or 亿 if wanted, such as 12,345.67 or 120.5万");
}

absl::Status TooPrecise(std::string_view text, size_t decimals) {
  return Refuse(kInvalid, "AMOUNT_TOO_PRECISE",
                absl::StrCat("amount ", Quote(text), " is finer than a fen (0.01元): write at most ",
                             decimals, " decimals with this unit"));
}

absl::Status OutOfRange(std::string_view text) {
  return Refuse(kInvalid, "AMOUNT_OUT_OF_RANGE",
                absl::StrCat("amount ", Quote(text), " is more than the ledger can hold: write at most ",
                             FormatYuan(std::numeric_limits<int64_t>::max()), "元"));
}

// Fen of an amount without sign; `text` is the input as it came, for messages.
absl::StatusOr<int64_t> ReadMagnitude(std::string_view text, std::string_view body) {
  if (body.starts_with('$')) {
    body.remove_prefix(1);
    while (body.starts_with(' ')) body.remove_prefix(1);
  }
  const size_t size_with_unit = body.size();
  const size_t unit_decimals = TakeUnitDecimals(&body);
  const bool has_unit = body.size() != size_with_unit;
  const size_t point = std::min(body.find('.'), body.size());
  const std::string_view whole = body.substr(0, point);
  std::string_view fraction = point < body.size() ? body.substr(point + 1) : std::string_view();
  const bool point_alone = point < body.size() && fraction.empty();
  if (body.find_first_not_of("0123456789,.") != std::string_view::npos || whole.empty() ||
      !IsDigits(fraction) || point_alone) {
    return RefuseBody(text, body, has_unit);
  }
  std::string digits;
  RETURN_IF_ERROR(ReadGroups(text, whole, &digits));
  while (fraction.ends_with('0')) fraction.remove_suffix(1);
  if (fraction.size() > unit_decimals) return TooPrecise(text, unit_decimals);
  digits.append(fraction);
  digits.append(unit_decimals - fraction.size(), '0');
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size()));
  if (digits.size() > 19) return OutOfRange(text);  // int64 has 19 digits; 128 bits hold any 19
  absl::int128 fen = 0;
  for (const char digit : digits) fen = fen * 10 + (digit - '0');
  if (fen > std::numeric_limits<int64_t>::max()) return OutOfRange(text);
  return static_cast<int64_t>(fen);
}

std::string WithGroups(uint64_t value) {
  std::string digits = absl::StrCat(value);
  for (size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, 1, ',');
  return digits;
}

// As uint64, so that the smallest int64 has a magnitude too.
uint64_t Magnitude(int64_t value) {
  return value < 0 ? uint64_t{0} - static_cast<uint64_t>(value) : static_cast<uint64_t>(value);
}

// `value` with at least `width` digits.
std::string ZeroPadded(uint64_t value, size_t width) {
  std::string digits = absl::StrCat(value);
  if (digits.size() < width) digits.insert(0, width - digits.size(), '0');
  return digits;
}

}  // namespace

absl::StatusOr<int64_t> ParseFen(std::string_view text) {
  const std::string plain = Plain(text);
  if (plain.starts_with('-') || plain.starts_with("$-")) {
    return Refuse(kInvalid, "AMOUNT_NEGATIVE",
                  absl::StrCat("amount ", Quote(text), " is negative: write the amount without a sign"));
  }
  if (plain.starts_with('+')) return Malformed(text, "has a sign: write the amount without it");
  return ReadMagnitude(text, plain);
}

absl::StatusOr<int64_t> ParseSignedFen(std::string_view text) {
  const std::string plain = Plain(text);
  std::string_view body = plain;
  const bool negative = body.starts_with('-');
  if (negative || body.starts_with('+')) {
    body.remove_prefix(1);
    while (body.starts_with(' ')) body.remove_prefix(1);
  }
  ASSIGN_OR_RETURN(const int64_t magnitude, ReadMagnitude(text, body));
  return negative ? -magnitude : magnitude;
}

std::string FormatYuan(int64_t fen) {
  const uint64_t magnitude = Magnitude(fen);
  return absl::StrCat(fen < 0 ? "-" : "", WithGroups(magnitude / 100), ".", ZeroPadded(magnitude % 100, 2));
}

std::string FormatWan(int64_t fen, int decimals_min) {
  constexpr uint64_t kFenPerWan = 1'000'000;
  constexpr size_t kDecimalsMax = 6;
  const uint64_t magnitude = Magnitude(fen);
  std::string decimals = ZeroPadded(magnitude % kFenPerWan, kDecimalsMax);
  const size_t kept_min = static_cast<size_t>(std::clamp(decimals_min, 0, static_cast<int>(kDecimalsMax)));
  while (decimals.size() > kept_min && decimals.ends_with('0')) decimals.pop_back();
  return absl::StrCat(fen < 0 ? "-" : "", WithGroups(magnitude / kFenPerWan), decimals.empty() ? "" : ".",
                      decimals);
}

std::string FormatPercent(int64_t part, int64_t whole, int decimals) {
  if (whole == 0) return "n/a";
  const size_t places = static_cast<size_t>(std::clamp(decimals, 0, 6));
  absl::uint128 scale = 1;
  for (size_t i = 0; i < places; ++i) scale *= 10;
  const absl::uint128 divisor = Magnitude(whole);
  const absl::uint128 scaled = absl::uint128(Magnitude(part)) * 100 * scale;  // below 2^64 · 10^8 < 2^91
  const absl::uint128 quotient = (scaled * 2 + divisor) / (divisor * 2);      // half away from zero
  // The quotient may pass 64 bits; its whole percents and its decimals are printed apart.
  const absl::uint128 percents = quotient / scale;
  std::string digits;
  for (absl::uint128 rest = percents; rest > 0 || digits.empty(); rest /= 10) {
    digits.insert(digits.begin(), static_cast<char>('0' + static_cast<int>(rest % 10)));
  }
  const bool negative = (part < 0) != (whole < 0) && quotient > 0;
  if (places == 0) return absl::StrCat(negative ? "-" : "", digits);
  const uint64_t decimal_digits = static_cast<uint64_t>(quotient % scale);
  return absl::StrCat(negative ? "-" : "", digits, ".", ZeroPadded(decimal_digits, places));
}

bool AddFen(int64_t a, int64_t b, int64_t* sum) {
  return !__builtin_add_overflow(a, b, sum);
}

}  // namespace fundledger
