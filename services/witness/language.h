// The language that a witness's help and questions are in. Errors and logs are English: programs read them.
#pragma once

namespace fundledger::witness {

// Whether LC_ALL, LC_MESSAGES or LANG, the first that is set, says Chinese.
bool IsChinese();

// The text in that language.
inline const char* T(const char* english, const char* chinese) {
  return IsChinese() ? chinese : english;
}

}  // namespace fundledger::witness
