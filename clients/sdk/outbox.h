// Submissions on their way: stored before they are sent, removed when their receipt was believed or the
// ledger refused them. What is left after a crash can be sent again, byte for byte, and is never recorded
// twice.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "clients/sdk/submission.h"

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace fundledger::sdk {

class Outbox {
 public:
  explicit Outbox(std::filesystem::path directory) : directory_(std::move(directory)) {}

  // Durable on return.
  absl::Status Store(const Sealed& sealed) const;
  absl::Status Remove(const Sealed& sealed) const;
  // What is left, in no particular order. DATA_LOSS, reason OUTBOX_DAMAGED.
  absl::StatusOr<std::vector<Sealed>> List() const;

 private:
  std::filesystem::path PathOf(const Sealed& sealed) const;

  std::filesystem::path directory_;
};

}  // namespace fundledger::sdk
