#include "ledger/base/thread_priority.h"

#include <cstdint>

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace fundledger {
namespace {

constexpr int kNiceOfWorkers = 2;
constexpr int kNiceOfBackground = 10;

// The kernel's own are a millisecond or more; it takes 0.1 to 100.
constexpr uint64_t kShortTurnNs = 300'000;

// struct sched_attr of sched_setattr(2), in its first version. Not in the C library; <linux/sched/types.h>
// collides with it.
struct SchedulingAttributes {
  uint32_t size = sizeof(SchedulingAttributes);
  uint32_t policy = 0;
  // SCHED_FLAG_KEEP_POLICY: where an operator gave another one it stays, and this fails.
  uint64_t flags = 0x08;
  int32_t nice = 0;
  uint32_t priority = 0;
  uint64_t runtime_ns = 0;  // of ordinary threads: the length of a turn
  uint64_t deadline_ns = 0;
  uint64_t period_ns = 0;
};
static_assert(sizeof(SchedulingAttributes) == 48);

id_t ThisThread() {
  return static_cast<id_t>(::syscall(SYS_gettid));
}

// As nice(1), but of this thread: on Linux the priority is a thread's, by its own id.
void BeNice(int nice) {
  const int process = ::getpriority(PRIO_PROCESS, static_cast<id_t>(::getpid()));
  (void)::setpriority(PRIO_PROCESS, ThisThread(), process + nice);
}

}  // namespace

void TakeShortTurns() {
  SchedulingAttributes attributes;
  attributes.nice = ::getpriority(PRIO_PROCESS, ThisThread());
  attributes.runtime_ns = kShortTurnNs;
  (void)::syscall(SYS_sched_setattr, 0, &attributes, 0U);
}

void BeWorker() {
  BeNice(kNiceOfWorkers);
  TakeShortTurns();
}

void BeInBackground() {
  BeNice(kNiceOfBackground);
}

}  // namespace fundledger
