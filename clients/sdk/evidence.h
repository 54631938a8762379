// What a client found against the ledger, kept as evidence files (ledger/log/evidence.h).
#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "ledger/log/evidence.h"

#include "absl/status/status.h"

namespace fundledger::sdk {

// Keeps `file` in `directory` under a name of its own, durable on return, and gives the error to report:
// Evidence with `reason`, which says what was found, where the file is, and what it shows – that it convicts,
// or that it is a complaint. Where it cannot be written the error says so.
absl::Status Report(const std::filesystem::path& directory, std::string_view reason, std::string_view what,
                    const log::EvidenceFile& file);
// A complaint with a statement and whatever else is at hand.
absl::Status Complain(const std::filesystem::path& directory, std::string_view reason, std::string_view what,
                      std::vector<log::EvidencePart> parts);

}  // namespace fundledger::sdk
