// Numbers in the names of a bundle's files.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace fundledger::verify {

// A number as it is written, no sign and no leading zero, and behind it exactly `suffix`.
inline std::optional<uint64_t> NumberOf(std::string_view text, std::string_view suffix = "") {
  if (!text.ends_with(suffix)) return std::nullopt;
  text.remove_suffix(suffix.size());
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || std::to_string(number) != text) return std::nullopt;
  return number;
}

}  // namespace fundledger::verify
