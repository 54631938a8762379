// What to do about an error that the message alone leaves people with.
#pragma once

#include <string>
#include <string_view>

namespace fundledger::cli {

// In the current language; empty for reasons whose message says it all. `message` is the error's: which state
// a payment is in stands there.
std::string AdviceOn(std::string_view reason, std::string_view message);

}  // namespace fundledger::cli
