#include "ledger/base/thread_priority.h"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace fundledger {

// On Linux the priority is a thread's, by its own id.
void BeNice(int nice) {
  const int process = ::getpriority(PRIO_PROCESS, static_cast<id_t>(::getpid()));
  (void)::setpriority(PRIO_PROCESS, static_cast<id_t>(::syscall(SYS_gettid)), process + nice);
}

}  // namespace fundledger
