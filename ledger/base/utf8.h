// Code points of UTF-8, one at a time, and values as a message may quote them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace fundledger {

// Takes the first code point off `text`, which is not empty. Nothing, and `text` as it was, where it does not
// begin with well-formed UTF-8 (RFC 3629: no surrogate, nothing over-long, nothing above U+10FFFF).
std::optional<char32_t> TakeCodePoint(std::string_view* text);

// Spaces of every width, and characters that take no place at all.
bool IsUnseen(char32_t code);

// `text` in double quotes, for a message: at most its first 60 characters, always valid UTF-8, and nothing in
// it that a terminal would obey (those bytes as \x1B).
std::string Quote(std::string_view text);

}  // namespace fundledger
