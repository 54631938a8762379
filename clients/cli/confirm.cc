#include "clients/cli/confirm.h"

#include <iostream>

#include <unistd.h>

#include "clients/cli/context.h"
#include "clients/cli/language.h"
#include "ledger/base/status.h"

#include "absl/strings/str_cat.h"

namespace fundledger::cli {

bool CanAsk() {
  return ::isatty(STDIN_FILENO) != 0;
}

absl::Status Confirm(const std::string& question, std::string_view undone, bool was_shown) {
  if (!was_shown) {
    return UsageError(
        "NOT_CONFIRMED",
        absl::StrCat(ToAbsl(undone), T(": with --json nothing is shown and nobody is asked; give --yes",
                                       "：--json 不显示内容，也不询问，请加 --yes")));
  }
  if (!CanAsk()) {
    return UsageError("NOT_CONFIRMED",
                      absl::StrCat(ToAbsl(undone), T(": there is no terminal to ask at; give --yes",
                                                     "：没有终端，无法询问，请加 --yes")));
  }
  std::cerr << question << " [y/N] " << std::flush;
  std::string answer;
  if (std::getline(std::cin, answer) && (answer == "y" || answer == "yes" || answer == "是")) {
    return absl::OkStatus();
  }
  return UsageError("NOT_CONFIRMED",
                    absl::StrCat(ToAbsl(undone), T(": say y, or give --yes", "：请回答 y，或加 --yes")));
}

}  // namespace fundledger::cli
