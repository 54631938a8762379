// Signals of a server process.
#pragma once

#include <signal.h>

namespace fundledger::process {

// SIGTERM, SIGINT and SIGHUP, blocked for good in this thread and in those it starts: take them with sigwait
// or sigtimedwait. A connection whose other side is gone does not end the process: OpenSSL writes in a way
// that raises SIGPIPE, which is ignored from here on. Call it before there are threads.
sigset_t TakeSignals();

}  // namespace fundledger::process
