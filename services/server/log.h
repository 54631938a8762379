// The daemon's log: that of every server process, with gRPC's own messages in it.
#pragma once

#include <functional>
#include <string_view>

#include "services/process/log.h"

namespace fundledger::server {

using process::FormatLogJson;
using process::FormatLogText;
using process::Log;
using process::LogFields;
using process::LogLevel;
using process::LogStatus;

// Once, before other threads log. `level` and `format` as CheckConfig takes them. gRPC's own messages follow.
void SetUpLog(std::string_view level, std::string_view format);

// Called with the reason for each TLS handshake that fails in this process; gRPC tells of them in its log
// only. Null: nobody is told. `told` does not block.
void TellFailedHandshakes(std::function<void(std::string_view why)> told);

}  // namespace fundledger::server
