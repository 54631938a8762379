// Files of a bundle that no check reads, so that nothing lies in it unnoticed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "clients/bundle/layout.h"

#include "absl/status/statusor.h"

namespace fundledger::verify {

struct Strays {
  // Relative to the bundle, in order, the first kStraysMax: no file of such a bundle has that name.
  std::vector<std::string> names;
  uint64_t count = 0;  // of all of them
  // In a bundle of some records: checkpoints and stamps besides its own, which only all records can be
  // compared with.
  uint64_t for_whole = 0;
};

inline constexpr size_t kStraysMax = 20;

// Looks at names only. `size` is the checkpoint's. INVALID_ARGUMENT, reason BUNDLE_MALFORMED: there is
// something that is neither file nor directory – a symbolic link, a device, a pipe – or directories in each
// other deeper than any bundle has; UNAVAILABLE, reason FILE_UNREADABLE.
absl::StatusOr<Strays> FindStrays(const std::filesystem::path& directory, bundle::Kind kind, uint64_t size);

}  // namespace fundledger::verify
