// What a reason code of a finding means, for those who do not read English.
#pragma once

#include <string>
#include <string_view>

namespace fundledger::verify {

// In brackets, to stand behind the code. Empty in English, whose readers have the message, and for a reason
// that is a rule's of the books (docs/errors.md).
std::string ReasonGloss(std::string_view reason);

}  // namespace fundledger::verify
