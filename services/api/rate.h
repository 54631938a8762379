// How many submissions an officer may send a second: a bucket of tokens for each, filled at that rate, that
// holds a second's worth.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "ledger/base/clock.h"
#include "ledger/base/mutex.h"

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"

namespace fundledger::api {

// Thread-safe. Keeps one entry for each officer that ever submitted; it is only asked about officers that are
// registered, so that there are no more of them than that.
class RateLimit {
 public:
  // At least 1 a second. `clock` is monotonic.
  RateLimit(int64_t per_second, Clock clock);

  // Takes one token. RESOURCE_EXHAUSTED, reason OFFICER_TOO_FAST, with the delay after which there is one
  // again.
  absl::Status Take(std::string_view officer);

  // For streams, which wait instead of being refused: takes one token even if there is none, which later ones
  // wait for.
  void TakeAhead(std::string_view officer);
  // Until there is a token, microseconds; 0: there is one.
  int64_t DelayUs(std::string_view officer);

 private:
  struct Bucket {
    int64_t at_us = 0;
    // In millionths of a token, so that nothing is lost between two calls a microsecond apart.
    int64_t micro_tokens = 0;
  };
  Bucket& Filled(std::string_view officer) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  int64_t DelayOf(const Bucket& bucket) const;

  const int64_t per_second_;
  const Clock clock_;
  Mutex mutex_;
  std::map<std::string, Bucket, std::less<>> buckets_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace fundledger::api
