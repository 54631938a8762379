// The officers' keys as a replay last left them, for those who verify ahead of it. Thread-safe.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "ledger/base/mutex.h"
#include "ledger/crypto/signature.h"

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"

namespace fundledger::audit {

class OfficerKeys {
 public:
  // Null if there is no such officer yet, or none of the keys counts.
  std::shared_ptr<const crypto::Verifier> Find(std::string_view officer) {
    MutexLock lock(&mutex_);
    const auto it = keys_.find(std::string(officer));
    return it == keys_.end() ? nullptr : it->second;
  }
  void Set(std::string_view officer, std::shared_ptr<const crypto::Verifier> key) {
    MutexLock lock(&mutex_);
    keys_.insert_or_assign(std::string(officer), std::move(key));
  }

 private:
  Mutex mutex_;
  absl::flat_hash_map<std::string, std::shared_ptr<const crypto::Verifier>> keys_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace fundledger::audit
