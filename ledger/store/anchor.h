// The anchor: the last signed checkpoint, beside the store, in a preallocated file of two checksummed slots
// written in turn with fdatasync. A store that lost synced writes still opens; the anchor is how that is
// noticed.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace fundledger::store {

class Anchor {
 public:
  // Makes the file, durably, its directory entry too. ALREADY_EXISTS, reason ANCHOR_EXISTS.
  static absl::StatusOr<std::unique_ptr<Anchor>> Create(const std::string& path, std::string_view content);
  // NOT_FOUND, reason ANCHOR_MISSING; DATA_LOSS, reason ANCHOR_DAMAGED, if no slot is whole.
  static absl::StatusOr<std::unique_ptr<Anchor>> Open(const std::string& path);
  // What the file at `path` holds, without opening it for writing. Errors as for Open.
  static absl::StatusOr<std::string> Read(const std::string& path);

  virtual ~Anchor() = default;
  // The latest content, at most 8,000 bytes.
  virtual std::string_view content() const = 0;
  // Replaces the content; durable when this returns OK. A crash leaves the old or the new. After an error the
  // anchor takes no more writes. One thread at a time. UNAVAILABLE, reason ANCHOR_NOT_WRITTEN.
  virtual absl::Status Write(std::string_view content) = 0;
};

}  // namespace fundledger::store
