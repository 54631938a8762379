// A mirror's directory, which may be there before the mirror is, empty: a mount point cannot be made, nor
// replaced by another directory. So everything is made in `.making` inside it, and moved from there; the
// anchor comes last, and says that nothing is missing.
#pragma once

#include <filesystem>
#include <functional>

#include "absl/status/status.h"

namespace fundledger::engine {

// Whether it is missing, or holds nothing but what an interrupted creation left, and `lost+found`.
bool HoldsNoMirror(const std::filesystem::path& directory);

// Makes the directory where it is missing, and in it what `make` puts into the empty directory that it is
// given: `db` and `anchor`. Durable on return; what was made is gone again on failure. ALREADY_EXISTS, reason
// LEDGER_EXISTS, where it holds anything; UNAVAILABLE, reason DIRECTORY_NOT_MADE; errors of `make`.
absl::Status MakeMirror(const std::filesystem::path& directory,
                        const std::function<absl::Status(const std::filesystem::path& made)>& make);
// Takes away what MakeMirror leaves if it is interrupted after the anchor.
void TidyMirror(const std::filesystem::path& directory);

}  // namespace fundledger::engine
