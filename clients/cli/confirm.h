// A question that a person at a terminal answers before something is signed.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace fundledger::cli {

// Whether there is somebody to be asked: standard input is a terminal.
bool CanAsk();

// Asks `question` on standard error, in the current language; OK after a plain yes at a terminal and nothing
// else. Otherwise NOT_CONFIRMED, which begins with `undone`, such as "nothing was approved": without a
// terminal, or where --json left nothing shown to say yes to, no answer is read, so that --yes is all that
// helps.
absl::Status Confirm(const std::string& question, std::string_view undone, bool was_shown);

}  // namespace fundledger::cli
