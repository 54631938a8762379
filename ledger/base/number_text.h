// How people write numbers: with the full-width forms of an input method for Chinese, and thousands in
// groups.
#pragma once

#include <string>
#include <string_view>

namespace fundledger {

// `text` with full-width digits, signs, points, commas, slashes and percent signs, and spaces of any kind, as
// ASCII; without white space at its ends.
std::string HalfWidth(std::string_view text);

// Appends `whole`, the digits before a decimal point, to `digits` without its commas. False where a comma
// does not part groups of three.
bool TakeGroups(std::string_view whole, std::string* digits);

}  // namespace fundledger
