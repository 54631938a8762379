// What a client found against the ledger, kept as evidence files (ledger/log/evidence.h).
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/log/evidence.h"

#include "absl/status/status.h"

namespace fundledger::sdk {

// Keeps `file` in `directory` under a name of its own, durable on return, and gives the error to report:
// Evidence with `reason`, which says what was found, where the file is, and what it shows – that it convicts,
// or that it is a complaint. Where it cannot be written the error says so. `log_key_records` (LogKeyring) go
// into it where the log replaced its key, so that whoever has the first key can check it.
absl::Status Report(const std::filesystem::path& directory, std::string_view reason, std::string_view what,
                    log::EvidenceFile file, const std::vector<std::string>& log_key_records);
// A complaint with a statement and whatever else is at hand.
absl::Status Complain(const std::filesystem::path& directory, std::string_view reason, std::string_view what,
                      std::vector<log::EvidencePart> parts, const std::vector<std::string>& log_key_records);

}  // namespace fundledger::sdk
