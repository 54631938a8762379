// The words people write for the values of an enum: the English name as in the protocol, and the Chinese one.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fundledger::cli {

struct Word {
  int number;
  const char* name;
  const char* chinese;
};
using Words = std::vector<Word>;

extern const Words kTierWords;
extern const Words kRoleWords;
extern const Words kApproverPlaceWords;
extern const Words kSourceTierWords;
extern const Words kNatureWords;
extern const Words kProjectKindWords;
extern const Words kPaymentKindWords;
extern const Words kConfirmModeWords;
extern const Words kAggregationWords;
extern const Words kOutsideKindWords;
// What the services answer as text.
extern const Words kProjectStatusWords;
extern const Words kPaymentStateWords;
extern const Words kProposalStateWords;

// The number of a word in either language, letter case and '-' for '_' forgiven.
std::optional<int> NumberOf(const Words& words, std::string_view text);
// The English name; the number in digits where there is none.
std::string NameOf(const Words& words, int number);
// The word in the current language.
std::string ShownWord(const Words& words, int number);
// The same for a word that comes as its English name.
std::string ShownWord(const Words& words, std::string_view name);
// "city, department, township or village", each with its Chinese word.
std::string ListWords(const Words& words);

}  // namespace fundledger::cli
