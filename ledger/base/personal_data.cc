#include "ledger/base/personal_data.h"

#include <algorithm>
#include <vector>

#include "ledger/base/utf8.h"

#include "absl/strings/ascii.h"
#include "absl/time/civil_time.h"

namespace fundledger {
namespace {

// Code points, full-width forms (U+FF01…U+FF5E) as ASCII.
std::u32string Plain(std::string_view text) {
  std::u32string plain;
  while (!text.empty()) {
    const auto code = TakeCodePoint(&text);
    if (!code.has_value()) {
      text.remove_prefix(1);
      plain.push_back(0xfffd);
      continue;
    }
    plain.push_back(*code >= 0xff01 && *code <= 0xff5e ? *code - 0xfee0 : *code);
  }
  return plain;
}

bool IsDigit(char32_t c) {
  return c >= '0' && c <= '9';
}
bool IsAlnum(char32_t c) {
  return c < 0x80 && absl::ascii_isalnum(static_cast<unsigned char>(c));
}

int Number(std::string_view digits) {
  int value = 0;
  for (const char c : digits) value = value * 10 + (c - '0');
  return value;
}

// The 8 digits are a day between 1900 and 2099.
bool IsDay(std::string_view digits) {
  const int year = Number(digits.substr(0, 4));
  const int month = Number(digits.substr(4, 2));
  const int day = Number(digits.substr(6, 2));
  const absl::CivilDay civil(year, month, day);
  return year >= 1900 && year <= 2099 && civil.year() == year && civil.month() == month && civil.day() == day;
}

// GB 11643-1999: 6 digits of a place, the day of birth, 3 of a series, a check digit (ISO 7064 MOD 11-2).
bool IsCitizenId(std::string_view id) {
  constexpr int kWeights[17] = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
  if (id.size() != 18 || id[0] == '0' || !IsDay(id.substr(6, 8))) return false;
  int sum = 0;
  for (size_t i = 0; i < 17; ++i) sum += (id[i] - '0') * kWeights[i];
  return absl::ascii_toupper(id[17]) == "10X98765432"[sum % 11];
}

bool IsMobile(std::string_view digits) {
  return digits.size() == 11 && digits[0] == '1' && digits[1] >= '3';
}

// ISO/IEC 7812: no card begins with 0, and none with the date that vouchers and payment numbers begin with.
bool IsBankCard(std::string_view digits) {
  if (digits.size() < 16 || digits.size() > 19 || digits[0] == '0' || IsDay(digits.substr(0, 8)))
    return false;
  int sum = 0;
  for (size_t i = 0; i < digits.size(); ++i) {
    const int digit = digits[digits.size() - 1 - i] - '0';
    const int doubled = digit * 2;
    sum += i % 2 == 0 ? digit : doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 == 0;
}

// GB 32100-2015: registrar and kind, 6 digits of a place, 9 of the organization's code, a check character
// mod 31.
bool IsCreditCode(std::string_view code) {
  constexpr std::string_view kAlphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY";
  constexpr std::string_view kRegistrars = "15679AGNY";
  if (code.size() != 18 || kRegistrars.find(code[0]) == std::string_view::npos) return false;
  size_t sum = 0;
  size_t weight = 1;
  for (const char c : code.substr(0, 17)) {
    const size_t value = kAlphabet.find(c);
    if (value == std::string_view::npos) return false;
    sum += value * weight;
    weight = weight * 3 % 31;
  }
  return code[17] == kAlphabet[(31 - sum % 31) % 31];
}

// A run of ASCII letters and digits, and what stands around it.
struct Token {
  std::string text;
  size_t begin = 0;
  size_t end = 0;
  char32_t before = 0;
  char32_t after = 0;
};

std::vector<Token> Tokens(std::string_view text) {
  const std::u32string plain = Plain(text);
  std::vector<Token> tokens;
  for (size_t i = 0; i < plain.size();) {
    if (!IsAlnum(plain[i])) {
      ++i;
      continue;
    }
    Token token;
    token.begin = i;
    token.before = i > 0 ? plain[i - 1] : 0;
    while (i < plain.size() && IsAlnum(plain[i])) token.text.push_back(static_cast<char>(plain[i++]));
    token.end = i;
    token.after = i < plain.size() ? plain[i] : 0;
    tokens.push_back(std::move(token));
  }
  return tokens;
}

bool IsMoneyUnit(char32_t c) {
  return c == U'元' || c == U'万' || c == U'亿';
}

std::string Classify(const Token& token) {
  std::string_view run = token.text;
  // "Tel13…" is a number with a word before it; letters among the digits make a code of some other kind.
  while (!run.empty() && !IsDigit(static_cast<unsigned char>(run[0]))) run.remove_prefix(1);
  const size_t digits = std::min(run.find_first_not_of("0123456789"), run.size());
  const bool check_x = digits == 17 && run.size() == 18 && absl::ascii_toupper(run[17]) == 'X';
  if (digits != run.size() && !check_x) return {};
  // Before the credit code: one id in 31 has a check character that would do for both.
  if (IsCitizenId(run)) return "a citizen's id number";
  if (check_x || IsCreditCode(token.text)) return {};
  const bool international = run.starts_with("0086") || (run.starts_with("86") && token.before == '+');
  if (international && run.size() > 11) run.remove_prefix(run.size() - 11);
  if (IsMobile(run) && !IsMoneyUnit(token.after)) return "a mobile number";
  if (IsBankCard(run)) return "a bank card number";
  return {};
}

bool IsSeparator(char32_t c) {
  return c == ' ' || c == '-';
}

// `second` follows `first` after one space or hyphen.
bool Adjoin(const Token& first, const Token& second) {
  return IsSeparator(first.after) && second.begin == first.end + 1;
}

bool BeginsWithDigit(const Token& token) {
  return IsDigit(static_cast<unsigned char>(token.text[0]));
}

// Joins numbers written in groups ("138 0013 8000", "6222-0200-…"): tokens with one and the same space or
// hyphen between them, their widths exactly those of a mobile number, an id or a card. Other widths stay
// apart, since two amounts side by side are not a card.
std::string ClassifyGroups(const std::vector<Token>& tokens, size_t first) {
  std::string joined;
  std::vector<size_t> widths;
  for (size_t i = first; i < tokens.size() && BeginsWithDigit(tokens[i]); ++i) {
    joined += tokens[i].text;
    widths.push_back(tokens[i].text.size());
    const bool goes_on =
        i + 1 < tokens.size() && Adjoin(tokens[i], tokens[i + 1]) && tokens[i].after == tokens[first].after;
    if (!goes_on) break;
  }
  const bool in_fours = (widths.size() == 4 || widths.size() == 5) && widths.back() <= 4 &&
                        std::all_of(widths.begin(), widths.end() - 1, [](size_t w) { return w == 4; });
  // A row of years also comes in fours; no card begins with 19 or 20.
  const bool is_year = joined.starts_with("19") || joined.starts_with("20");
  const bool inside_row =
      first > 0 && Adjoin(tokens[first - 1], tokens[first]) && BeginsWithDigit(tokens[first - 1]);
  const bool as_card = in_fours && !is_year && !inside_row;
  const bool as_mobile = widths == std::vector<size_t>{3, 4, 4};
  const bool as_id = widths == std::vector<size_t>{6, 8, 4};
  if (!as_card && !as_mobile && !as_id) return {};
  Token whole;
  whole.text = joined;
  return Classify(whole);
}

// Whether the text may hold the digits of the shortest number looked for, a mobile's 11. Most texts do not,
// and need no closer look. Bytes 0xef are taken for digits, since they begin the full-width ones.
bool HasDigitsEnough(std::string_view text) {
  constexpr ptrdiff_t kDigitsMin = 11;
  return std::count_if(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || static_cast<uint8_t>(c) == 0xef;
         }) >= kDigitsMin;
}

}  // namespace

std::string FindPersonalData(std::string_view text) {
  if (!HasDigitsEnough(text)) return {};
  const std::vector<Token> tokens = Tokens(text);
  for (size_t i = 0; i < tokens.size(); ++i) {
    std::string found = Classify(tokens[i]);
    if (found.empty()) found = ClassifyGroups(tokens, i);
    if (!found.empty()) return found;
  }
  return {};
}

}  // namespace fundledger
