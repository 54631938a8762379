// The process around the server: command line, signals, exit codes.
#pragma once

#include <string>
#include <vector>

namespace fundledger::server {

enum ExitCode { kExitClean = 0, kExitBadConfiguration = 2, kExitLedgerRefused = 3, kExitCannotListen = 4 };

// Runs until SIGTERM or SIGINT; at SIGHUP it reloads (Server::Reload). To be called from main before any
// thread is started: it blocks those signals, and new threads inherit that. `args` without the program's
// name.
ExitCode RunDaemon(const std::vector<std::string>& args);

}  // namespace fundledger::server
