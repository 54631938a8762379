// What officers have open at once, each no more than a share of it: one certificate keeps nobody else out.
#pragma once

#include <cstddef>
#include <map>
#include <string>

#include "absl/status/status.h"

namespace fundledger::api {

// Not thread-safe.
class Shares {
 public:
  // As many as the setting `limit` says, `all`; one officer a quarter of them, but one at least. `things` and
  // `reason` are for whoever is refused.
  Shares(size_t all, std::string things, std::string limit, std::string reason);

  // One more of `officer`'s; of nobody's, in insecure loopback mode, if that is empty: then only `all`
  // counts. RESOURCE_EXHAUSTED, reason as given.
  absl::Status Take(const std::string& officer);
  // One that was taken.
  void GiveBack(const std::string& officer);

 private:
  const size_t all_;
  const size_t share_;
  const std::string things_;
  const std::string limit_;
  const std::string reason_;
  size_t taken_ = 0;
  std::map<std::string, size_t> taken_by_;  // nobody who has none
};

}  // namespace fundledger::api
