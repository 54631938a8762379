// Numbers of private persons in text that is to be kept for ever.
#pragma once

#include <string>
#include <string_view>

namespace fundledger {

// What private number valid UTF-8 `text` seems to contain, such as "a mobile number"; empty if none is seen.
//
// Found: a citizen's id number (18 digits or 17 and X, a good check digit of GB 11643, a real day of birth),
// a mobile number (11 digits from 13 to 19, bare, after 0086 or +86, or as 3-4-4), a bank card (16 to 19
// digits, a good Luhn digit, bare or in fours). Left alone, since they are not that: unified social credit
// codes with their own good check character (GB 32100), codes with letters among the digits, numbers that
// start with a date as vouchers do, amounts with a unit behind them. Full-width digits count as digits.
std::string FindPersonalData(std::string_view text);

}  // namespace fundledger
