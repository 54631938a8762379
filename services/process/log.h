// A server's log: one line an event to stderr, for people and programs alike.
//
//   Log(LogLevel::kInfo, "listening", {{"address", "127.0.0.1:7411"}});
//   time=2026-01-05T08:30:00.123Z level=info event=listening address=127.0.0.1:7411
//   {"time":"2026-01-05T08:30:00.123Z","level":"info","event":"listening","address":"127.0.0.1:7411"}
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"

namespace fundledger::process {

enum class LogLevel { kDebug, kInfo, kWarn, kError };
using LogFields = std::vector<std::pair<std::string_view, std::string>>;

// Once, before other threads log. `level` is debug, info, warn or error, `format` text or json.
void SetUpLog(std::string_view level, std::string_view format);

// Thread-safe.
void Log(LogLevel level, std::string_view event, const LogFields& fields);
// Reason and message of `status` as fields.
void LogStatus(LogLevel level, std::string_view event, const absl::Status& status);

// The line after time and level; separate for tests.
std::string FormatLogText(std::string_view event, const LogFields& fields);
std::string FormatLogJson(std::string_view event, const LogFields& fields);

}  // namespace fundledger::process
