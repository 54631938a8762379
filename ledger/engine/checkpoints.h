// The checkpoints that a log signed on its way, one for each group of records.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "ledger/engine/view.h"

#include "absl/status/statusor.h"

namespace fundledger::engine {

struct SizedNote {
  uint64_t size = 0;
  std::string note;  // signed by the log alone
};

// The largest checkpoint with above < size <= size_max that the view's log signed; nothing if it signed none.
// DATA_LOSS, reason STORE_DAMAGED. Reads each in between.
absl::StatusOr<std::optional<SizedNote>> LastCheckpoint(const View& view, uint64_t above, uint64_t size_max);

}  // namespace fundledger::engine
