// Latencies, and what is said of them. One thread.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <vector>

#include <nlohmann/json.hpp>

namespace fundledger::bench {

inline int64_t NowNs() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

class Latencies {
 public:
  void Add(int64_t ns) { ns_.push_back(ns); }
  void Add(const Latencies& other) { ns_.insert(ns_.end(), other.ns_.begin(), other.ns_.end()); }
  size_t count() const { return ns_.size(); }
  // The least value that `share` of all are at or below, in milliseconds; 0 of nothing.
  double PercentileMs(double share) {
    if (ns_.empty()) return 0;
    std::sort(ns_.begin(), ns_.end());
    const auto place = static_cast<size_t>(share * static_cast<double>(ns_.size() - 1) + 0.5);
    return static_cast<double>(ns_[place]) / 1e6;
  }
  nlohmann::ordered_json Json() {
    return {{"count", count()},
            {"p50_ms", PercentileMs(0.5)},
            {"p99_ms", PercentileMs(0.99)},
            {"max_ms", PercentileMs(1)}};
  }

 private:
  std::vector<int64_t> ns_;
};

}  // namespace fundledger::bench
