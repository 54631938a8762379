// What a verification found: empty, and all holds that was checked.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "ledger/base/hash256.h"
#include "ledger/base/status.h"

#include "absl/status/status.h"

namespace fundledger::verify {

struct Finding {
  std::optional<Sequence> record;  // the record concerned, where one can be named
  std::string reason;              // stable code (docs/errors.md)
  std::string message;             // for people
};

class Findings {
 public:
  void Add(std::optional<Sequence> record, std::string_view reason, std::string_view message) {
    if (!is_full()) list_.push_back({record, std::string(reason), std::string(message)});
  }
  void Add(std::optional<Sequence> record, const absl::Status& status) {
    Add(record, ReasonOf(status), ToStd(status.message()));
  }
  // More than these tell nobody anything new.
  bool is_full() const { return list_.size() >= 100; }
  // Whether one names a record before `end`: what the records before it give is not to be expected then.
  bool HasRecordBefore(uint64_t end) const {
    return std::any_of(list_.begin(), list_.end(),
                       [end](const Finding& each) { return each.record.has_value() && *each.record < end; });
  }
  const std::vector<Finding>& list() const { return list_; }

 private:
  std::vector<Finding> list_;
};

}  // namespace fundledger::verify
