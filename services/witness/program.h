// The process around a witness: command line, key, signals, exit codes.
#pragma once

#include <string>
#include <vector>

namespace fundledger::witness {

enum ExitCode { kExitClean = 0, kExitBadConfiguration = 2, kExitStateRefused = 3, kExitCannotListen = 4 };

// Makes a witness, or serves one until SIGTERM or SIGINT. To be called from main before any thread is
// started. `args` without the program's name.
ExitCode RunProgram(const std::vector<std::string>& args);

}  // namespace fundledger::witness
