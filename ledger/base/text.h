// What text may stand in a ledger that is for ever: valid UTF-8, no control characters, no private person's
// numbers.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace fundledger {

bool IsValidUtf8(std::string_view text);

// Characters (code points) in valid UTF-8.
size_t CountCharacters(std::string_view utf8);

// Columns a terminal gives to the text: 2 for wide East Asian characters, 0 for combining marks, else 1.
size_t DisplayWidth(std::string_view utf8);

// 1…64 of A–Z a–z 0–9 . _ -, first a letter or digit. INVALID_ARGUMENT, reason ID_MALFORMED.
absl::Status CheckId(std::string_view what, std::string_view id);

// INVALID_ARGUMENT: TEXT_NOT_UTF8, TEXT_CONTROL_CHARACTER (newline too), TEXT_TOO_LONG (over
// `max_characters`), and PERSONAL_DATA where it contains a citizen's id number (18 digits, the last may be X,
// with a good check digit), a mobile number (11 digits, 13… to 19…) or a bank card (16 to 19 digits with a
// good Luhn digit).
absl::Status CheckText(std::string_view what, std::string_view text, size_t max_characters);
// The same without the last, for numbers of papers, which may look like a person's.
absl::Status CheckPlainText(std::string_view what, std::string_view text, size_t max_characters);

}  // namespace fundledger
