// Which language people are answered in.
#pragma once

#include <cstdlib>
#include <string_view>

namespace fundledger::verify {

inline bool is_chinese = false;

// `given` (zh or en), else Chinese where LC_ALL, LC_MESSAGES or LANG says so.
inline bool ChoosesChinese(std::string_view given) {
  if (!given.empty()) return given == "zh";
  for (const char* name : {"LC_ALL", "LC_MESSAGES", "LANG"}) {
    const char* value = std::getenv(name);  // NOLINT: one thread so far
    if (value != nullptr && *value != '\0') return std::string_view(value).starts_with("zh");
  }
  return false;
}

inline const char* T(const char* english, const char* chinese) {
  return is_chinese ? chinese : english;
}

}  // namespace fundledger::verify
