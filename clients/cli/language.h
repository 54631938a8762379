// Which language people are answered in, and what a reason code means in it.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace fundledger::cli {

enum class Language { kEnglish, kChinese };

// `given` (zh or en), else Chinese where LC_ALL, LC_MESSAGES or LANG says so, else English.
Language ChooseLanguage(std::string_view given);
// Set once, before anything is printed.
void SetLanguage(Language language);
Language CurrentLanguage();

// The text in the current language.
inline const char* T(const char* english, const char* chinese) {
  return CurrentLanguage() == Language::kChinese ? chinese : english;
}

// What a reason means and what to do, in Chinese; empty for one that is not common.
std::string_view ReasonInChinese(std::string_view reason);

// What stands beside an error's message in the current language: in Chinese the gloss and advice, in English
// the advice, where the message does not give it.
std::string GlossOf(std::string_view reason, std::string_view message);

// Whether, beside the value itself, the message adds nothing to the gloss: in Chinese, of one cell's writing.
bool GlossSaysItAll(std::string_view reason);

// One line: reason code, gloss, message.
std::string ErrorLine(const absl::Status& status);

}  // namespace fundledger::cli
