// Strangers' text, as a terminal may show it.
#pragma once

#include <string>
#include <string_view>

namespace fundledger {

// All of `text`, for one line of what is shown: as Quote, without the quotes. Whoever wrote it can neither
// begin a line of their own with it nor hide or repaint what is shown around it.
std::string OneLine(std::string_view text);

}  // namespace fundledger
