// Load over gRPC, as JSON: each function runs for about the seconds asked for.
#pragma once

#include <string>

#include "tests/bench/county.h"
#include "tests/bench/remote.h"

#include "absl/status/statusor.h"
#include <nlohmann/json.hpp>

namespace fundledger::bench {

struct LoadOptions {
  RemoteOptions remote;
  int clients = 64;
  double seconds = 10;
};

// submit.cc. One action a submission, closed loop: each client signs, sends, waits, checks its receipt, and
// begins again.
absl::StatusOr<nlohmann::ordered_json> RunSubmit(const County& county, const LoadOptions& options);

// load.cc. Submissions of `size` actions, `clients` in flight: over one SubmitStream, or unary calls where
// the server has none.
absl::StatusOr<nlohmann::ordered_json> RunBulk(const County& county, const LoadOptions& options,
                                               bool allocations, int size);

// load.cc. `clients` in a closed loop, each of whose calls is a query with the chance of `query_share`, else
// a submission.
absl::StatusOr<nlohmann::ordered_json> RunMixed(const County& county, const LoadOptions& options,
                                                double query_share);

// submit.cc. First, once warmed up, as RunSubmit; then sends so many times as many submissions a second as
// that came to, signed before, whatever comes back.
absl::StatusOr<nlohmann::ordered_json> RunOverload(const County& county, const LoadOptions& options,
                                                   double times);

}  // namespace fundledger::bench
