// A disk that is full, or a table of descriptors that is: for whoever runs the tests, root too.
#pragma once

#include <csignal>

#include <sys/resource.h>

namespace fundledger::test_support {

// A resource of this process (RLIMIT_FSIZE, RLIMIT_NOFILE) is no more than `most` while this lives. What the
// test itself prints or opens meanwhile is limited too.
class Limit {
 public:
  Limit(__rlimit_resource resource, rlim_t most) : resource_(resource), signal_(::signal(SIGXFSZ, SIG_IGN)) {
    (void)::getrlimit(resource_, &before_);
    rlimit limited = before_;
    limited.rlim_cur = most;
    (void)::setrlimit(resource_, &limited);
  }
  ~Limit() {
    (void)::setrlimit(resource_, &before_);
    (void)::signal(SIGXFSZ, signal_);
  }
  Limit(const Limit&) = delete;
  Limit& operator=(const Limit&) = delete;

 private:
  const __rlimit_resource resource_;
  void (*const signal_)(int);  // a write over the limit is an error then, and does not end the process
  rlimit before_{};
};

}  // namespace fundledger::test_support
