#include "services/api/rate.h"

#include <algorithm>
#include <utility>

#include "ledger/base/status.h"
#include "services/rpc/status.h"

#include "absl/strings/str_cat.h"

namespace fundledger::api {
namespace {

constexpr int64_t kToken = 1'000'000;

}  // namespace

RateLimit::RateLimit(int64_t per_second, Clock clock) : per_second_(per_second), clock_(std::move(clock)) {}

RateLimit::Bucket& RateLimit::Filled(std::string_view officer) {
  const int64_t now_us = clock_();
  auto found = buckets_.find(officer);
  if (found == buckets_.end()) {
    found = buckets_.emplace(std::string(officer), Bucket{now_us, per_second_ * kToken}).first;
  }
  Bucket& bucket = found->second;
  // A second fills it whole, so no longer time is ever multiplied.
  const int64_t passed_us = std::min<int64_t>(now_us - bucket.at_us, 1'000'000);
  if (passed_us > 0) {
    bucket.micro_tokens = std::min(bucket.micro_tokens + passed_us * per_second_, per_second_ * kToken);
    bucket.at_us = now_us;
  }
  return bucket;
}

int64_t RateLimit::DelayOf(const Bucket& bucket) const {
  if (bucket.micro_tokens >= kToken) return 0;
  return (kToken - bucket.micro_tokens + per_second_ - 1) / per_second_;
}

absl::Status RateLimit::Take(std::string_view officer) {
  MutexLock lock(&mutex_);
  Bucket& bucket = Filled(officer);
  if (const int64_t delay_us = DelayOf(bucket); delay_us > 0) {
    return rpc::WithRetryDelay(
        Refuse(absl::StatusCode::kResourceExhausted, "OFFICER_TOO_FAST",
               absl::StrCat("officer ", ToAbsl(officer), " sends more than ", per_second_,
                            " submissions a second; repeat it in a while, with the same request id")),
        delay_us / 1000 + 1);
  }
  bucket.micro_tokens -= kToken;
  return absl::OkStatus();
}

void RateLimit::TakeAhead(std::string_view officer) {
  MutexLock lock(&mutex_);
  Filled(officer).micro_tokens -= kToken;
}

int64_t RateLimit::DelayUs(std::string_view officer) {
  MutexLock lock(&mutex_);
  return DelayOf(Filled(officer));
}

}  // namespace fundledger::api
