// C2SP tlog-witness: the body of POST <prefix>/add-checkpoint, as logs write it and witnesses read it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/base/hash256.h"

#include "absl/status/statusor.h"

namespace fundledger::log {

// Room for the longest proof and the longest note.
inline constexpr size_t kWitnessRequestBytesMax = 192 << 10;
inline constexpr std::string_view kTreeSizeType = "text/x.tlog.size";

struct WitnessRequest {
  uint64_t old_size = 0;
  std::vector<Hash256> consistency;  // from old_size to the checkpoint's, RFC 6962 §2.1.2; at most 63
  std::string checkpoint;            // the note
  bool operator==(const WitnessRequest&) const = default;
};

std::string FormatWitnessRequest(const WitnessRequest& request);
// What it reads, the function above gives back. The checkpoint may be anything. INVALID_ARGUMENT, reason
// WITNESS_REQUEST_MALFORMED.
absl::StatusOr<WitnessRequest> ParseWitnessRequest(std::string_view body);

}  // namespace fundledger::log
