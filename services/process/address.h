// Addresses to listen at.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace fundledger::process {

// The host of HOST:PORT or [HOST]:PORT. INVALID_ARGUMENT, reason LISTEN_MALFORMED, naming the setting.
absl::StatusOr<std::string> HostOf(std::string_view setting, const std::string& listen);
// The port; of an address that HostOf reads.
int PortOf(const std::string& listen);
// Addresses only: of names, "localhost" alone means this machine everywhere.
bool IsLoopback(const std::string& host);

}  // namespace fundledger::process
