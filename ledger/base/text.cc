#include "ledger/base/text.h"

#include <algorithm>
#include <iterator>

#include "ledger/base/one_line.h"
#include "ledger/base/personal_data.h"
#include "ledger/base/status.h"
#include "ledger/base/utf8.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace fundledger {
namespace {

constexpr absl::StatusCode kInvalid = absl::StatusCode::kInvalidArgument;

struct Range {
  char32_t first;
  char32_t last;
};

// East_Asian_Width W and F of Unicode 14, merged over code points that are not assigned. Sorted.
constexpr Range kWide[] = {
    {0x1100, 0x115f},   {0x231a, 0x231b},   {0x2329, 0x232a},   {0x23e9, 0x23ec},   {0x23f0, 0x23f0},
    {0x23f3, 0x23f3},   {0x25fd, 0x25fe},   {0x2614, 0x2615},   {0x2648, 0x2653},   {0x267f, 0x267f},
    {0x2693, 0x2693},   {0x26a1, 0x26a1},   {0x26aa, 0x26ab},   {0x26bd, 0x26be},   {0x26c4, 0x26c5},
    {0x26ce, 0x26ce},   {0x26d4, 0x26d4},   {0x26ea, 0x26ea},   {0x26f2, 0x26f3},   {0x26f5, 0x26f5},
    {0x26fa, 0x26fa},   {0x26fd, 0x26fd},   {0x2705, 0x2705},   {0x270a, 0x270b},   {0x2728, 0x2728},
    {0x274c, 0x274c},   {0x274e, 0x274e},   {0x2753, 0x2755},   {0x2757, 0x2757},   {0x2795, 0x2797},
    {0x27b0, 0x27b0},   {0x27bf, 0x27bf},   {0x2b1b, 0x2b1c},   {0x2b50, 0x2b50},   {0x2b55, 0x2b55},
    {0x2e80, 0x303e},   {0x3041, 0x3247},   {0x3250, 0x4dbf},   {0x4e00, 0xa4cf},   {0xa960, 0xa97f},
    {0xac00, 0xd7a3},   {0xf900, 0xfaff},   {0xfe10, 0xfe19},   {0xfe30, 0xfe6f},   {0xff01, 0xff60},
    {0xffe0, 0xffe6},   {0x16fe0, 0x18cff}, {0x1aff0, 0x1b2ff}, {0x1f004, 0x1f004}, {0x1f0cf, 0x1f0cf},
    {0x1f18e, 0x1f18e}, {0x1f191, 0x1f19a}, {0x1f200, 0x1f320}, {0x1f32d, 0x1f335}, {0x1f337, 0x1f37c},
    {0x1f37e, 0x1f393}, {0x1f3a0, 0x1f3ca}, {0x1f3cf, 0x1f3d3}, {0x1f3e0, 0x1f3f0}, {0x1f3f4, 0x1f3f4},
    {0x1f3f8, 0x1f43e}, {0x1f440, 0x1f440}, {0x1f442, 0x1f4fc}, {0x1f4ff, 0x1f53d}, {0x1f54b, 0x1f54e},
    {0x1f550, 0x1f567}, {0x1f57a, 0x1f57a}, {0x1f595, 0x1f596}, {0x1f5a4, 0x1f5a4}, {0x1f5fb, 0x1f64f},
    {0x1f680, 0x1f6c5}, {0x1f6cc, 0x1f6cc}, {0x1f6d0, 0x1f6d2}, {0x1f6d5, 0x1f6df}, {0x1f6eb, 0x1f6ef},
    {0x1f6f4, 0x1f6fc}, {0x1f7e0, 0x1f7f0}, {0x1f90c, 0x1f93a}, {0x1f93c, 0x1f945}, {0x1f947, 0x1f9ff},
    {0x1fa70, 0x1faff}, {0x20000, 0x3fffd},
};

// Combining marks and invisible characters of the scripts written in China and around it, and of Latin,
// Greek, Cyrillic, Hebrew, Arabic, Thai, Lao, Tibetan, Mongolian, old Hangul; selectors and joiners of emoji.
// Sorted.
constexpr Range kZeroWidth[] = {
    {0x300, 0x36f},   {0x483, 0x489},     {0x591, 0x5bd},   {0x5bf, 0x5bf},   {0x5c1, 0x5c2},
    {0x5c4, 0x5c5},   {0x5c7, 0x5c7},     {0x610, 0x61a},   {0x64b, 0x65f},   {0x670, 0x670},
    {0x6d6, 0x6dc},   {0x6df, 0x6e4},     {0x6e7, 0x6e8},   {0x6ea, 0x6ed},   {0x8ca, 0x8e1},
    {0x8e3, 0x902},   {0x93a, 0x93a},     {0x93c, 0x93c},   {0x941, 0x948},   {0x94d, 0x94d},
    {0x951, 0x957},   {0x962, 0x963},     {0xe31, 0xe31},   {0xe34, 0xe3a},   {0xe47, 0xe4e},
    {0xeb1, 0xeb1},   {0xeb4, 0xebc},     {0xec8, 0xecd},   {0xf18, 0xf19},   {0xf35, 0xf35},
    {0xf37, 0xf37},   {0xf39, 0xf39},     {0xf71, 0xf7e},   {0xf80, 0xf84},   {0xf86, 0xf87},
    {0xf8d, 0xfbc},   {0xfc6, 0xfc6},     {0x102d, 0x1030}, {0x1032, 0x1037}, {0x1039, 0x103a},
    {0x103d, 0x103e}, {0x1160, 0x11ff},   {0x17b4, 0x17b5}, {0x17b7, 0x17bd}, {0x17c6, 0x17c6},
    {0x17c9, 0x17d3}, {0x180b, 0x180f},   {0x1885, 0x1886}, {0x18a9, 0x18a9}, {0x1ab0, 0x1aff},
    {0x1dc0, 0x1dff}, {0x200b, 0x200f},   {0x202a, 0x202e}, {0x2060, 0x206f}, {0x20d0, 0x20f0},
    {0x302a, 0x302d}, {0x3099, 0x309a},   {0xd7b0, 0xd7ff}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f},
    {0xfeff, 0xfeff}, {0xe0000, 0xe0fff},
};

template <size_t N>
bool In(const Range (&ranges)[N], char32_t c) {
  const Range* after =
      std::upper_bound(std::begin(ranges), std::end(ranges), c,
                       [](char32_t value, const Range& range) { return value < range.first; });
  return after != std::begin(ranges) && c <= std::prev(after)->last;
}

// Control characters, and what else lets a line show as something it does not say: line separators, and the
// marks that turn the direction of writing.
bool IsControl(char32_t c) {
  return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x2028 || c == 0x2029 || (c >= 0x202a && c <= 0x202e) ||
         (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

// A character of ASCII that shows: most of what is written here, and needs no closer look.
bool IsPlain(char c) {
  return c >= 0x20 && c < 0x7f;
}

bool IsIdCharacter(char c) {
  return absl::ascii_isalnum(c) || c == '.' || c == '_' || c == '-';
}

// The first character of `text`, which is not empty, or its first byte as \x1B where a terminal would obey
// it.
void AppendHarmless(std::string_view* text, std::string* out) {
  std::string_view rest = *text;
  const auto code = TakeCodePoint(&rest);
  const size_t size = code.has_value() ? text->size() - rest.size() : 1;
  if (code.has_value() && !IsControl(*code)) {
    out->append(text->substr(0, size));
  } else {
    for (const char c : text->substr(0, size)) absl::StrAppendFormat(out, "\\x%02X", static_cast<uint8_t>(c));
  }
  text->remove_prefix(size);
}

}  // namespace

std::optional<char32_t> TakeCodePoint(std::string_view* text) {
  const auto byte = [text](size_t i) { return static_cast<uint8_t>((*text)[i]); };
  const uint8_t lead = byte(0);
  size_t size = 1;
  char32_t code = lead;
  char32_t smallest = 0;
  if (lead >= 0xf0) {
    size = 4, code = lead & 0x07, smallest = 0x10000;
  } else if (lead >= 0xe0) {
    size = 3, code = lead & 0x0f, smallest = 0x800;
  } else if (lead >= 0xc0) {
    size = 2, code = lead & 0x1f, smallest = 0x80;
  } else if (lead >= 0x80) {
    return std::nullopt;
  }
  if (lead >= 0xf8 || text->size() < size) return std::nullopt;
  for (size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return std::nullopt;
    code = code << 6 | (byte(i) & 0x3f);
  }
  const bool surrogate = code >= 0xd800 && code <= 0xdfff;
  if (code < smallest || code > 0x10ffff || surrogate) return std::nullopt;
  text->remove_prefix(size);
  return code;
}

bool IsUnseen(char32_t c) {
  return c == 0x20 || c == 0xa0 || c == 0xad || c == 0x115f || c == 0x1160 || c == 0x1680 || c == 0x180e ||
         (c >= 0x2000 && c <= 0x200f) || c == 0x202f || (c >= 0x205f && c <= 0x2064) || c == 0x3000 ||
         c == 0x3164 || (c >= 0xfe00 && c <= 0xfe0f) || c == 0xfeff || c == 0xffa0;
}

std::string Quote(std::string_view text) {
  constexpr int kCharactersMax = 60;
  std::string quoted = "\"";
  for (int shown = 0; !text.empty() && shown < kCharactersMax; ++shown) AppendHarmless(&text, &quoted);
  return quoted.append(text.empty() ? "\"" : "…\"");
}

std::string OneLine(std::string_view text) {
  std::string line;
  while (!text.empty()) AppendHarmless(&text, &line);
  return line;
}

bool IsValidUtf8(std::string_view text) {
  while (!text.empty()) {
    if (!TakeCodePoint(&text).has_value()) return false;
  }
  return true;
}

size_t CountCharacters(std::string_view utf8) {
  // Every code point has one byte that does not continue another.
  return static_cast<size_t>(std::count_if(utf8.begin(), utf8.end(),
                                           [](char c) { return (static_cast<uint8_t>(c) & 0xc0) != 0x80; }));
}

size_t DisplayWidth(std::string_view utf8) {
  size_t columns = 0;
  while (!utf8.empty()) {
    const auto code = TakeCodePoint(&utf8);
    if (!code.has_value()) {
      utf8.remove_prefix(1);  // a terminal shows one replacement character
      ++columns;
    } else if (In(kZeroWidth, *code)) {
      continue;
    } else {
      columns += In(kWide, *code) ? 2 : 1;
    }
  }
  return columns;
}

absl::Status CheckId(std::string_view what, std::string_view id) {
  constexpr size_t kIdCharactersMax = 64;
  const bool good = !id.empty() && id.size() <= kIdCharactersMax && absl::ascii_isalnum(id[0]) &&
                    std::all_of(id.begin(), id.end(), IsIdCharacter);
  if (good) return absl::OkStatus();
  return Refuse(
      kInvalid, "ID_MALFORMED",
      absl::StrCat(ToAbsl(what), " ", Quote(id),
                   " is not an id: write 1 to 64 of A-Z a-z 0-9 . _ - beginning with a letter or digit"));
}

absl::Status CheckPlainText(std::string_view what, std::string_view text, size_t max_characters) {
  std::string_view rest = text;
  size_t characters = 0;
  while (!rest.empty()) {
    if (IsPlain(rest.front())) {
      rest.remove_prefix(1);
      ++characters;
      continue;
    }
    const auto code = TakeCodePoint(&rest);
    if (!code.has_value()) {
      return Refuse(kInvalid, "TEXT_NOT_UTF8",
                    absl::StrCat(ToAbsl(what), " is not UTF-8 at byte ", text.size() - rest.size()));
    }
    ++characters;
    if (IsControl(*code)) {
      return Refuse(
          kInvalid, "TEXT_CONTROL_CHARACTER",
          absl::StrFormat("%s has the control character U+%04X as character %d: write it on one line",
                          ToAbsl(what), static_cast<uint32_t>(*code), characters));
    }
  }
  if (characters > max_characters) {
    return Refuse(kInvalid, "TEXT_TOO_LONG",
                  absl::StrCat(ToAbsl(what), " has ", characters, " characters: at most ", max_characters));
  }
  return absl::OkStatus();
}

absl::Status CheckText(std::string_view what, std::string_view text, size_t max_characters) {
  RETURN_IF_ERROR(CheckPlainText(what, text, max_characters));
  const std::string found = FindPersonalData(text);
  if (found.empty()) return absl::OkStatus();
  // The number itself is left out: messages end up in logs.
  return Refuse(kInvalid, "PERSONAL_DATA",
                absl::StrCat(ToAbsl(what), " seems to contain ", found,
                             ": what is recorded stays for ever, so write a code for the person instead"));
}

}  // namespace fundledger
