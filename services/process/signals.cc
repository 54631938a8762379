#include "services/process/signals.h"

namespace fundledger::process {

sigset_t TakeSignals() {
  (void)::signal(SIGPIPE, SIG_IGN);
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGHUP);
  (void)pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

}  // namespace fundledger::process
