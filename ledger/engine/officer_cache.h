// Officers as they were last published, for the threads that look for who signed: so that no submission asks
// the store for its officer. Thread-safe.
#pragma once

#include <string>

#include "ledger/base/mutex.h"
#include "ledger/books/reader.h"

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"

namespace fundledger::engine {

class OfficerCache {
 public:
  // Null if it is not known here; it may be registered all the same.
  books::EntityPtr Find(const std::string& officer) const {
    MutexLock lock(&mutex_);
    const auto it = officers_.find(officer);
    return it == officers_.end() ? nullptr : it->second;
  }
  // As a view has it. What was published since then is newer, and stays.
  void Learn(const std::string& officer, books::EntityPtr entity) {
    MutexLock lock(&mutex_);
    officers_.try_emplace(officer, std::move(entity));
  }
  // What a view that is being published changes.
  void Publish(const books::EntityMap& changes) {
    for (const auto& [key, entity] : changes) {
      if (key.kind != books::EntityKind::kOfficer) continue;
      MutexLock lock(&mutex_);
      officers_.insert_or_assign(key.id, entity);
    }
  }

 private:
  mutable Mutex mutex_;
  absl::flat_hash_map<std::string, books::EntityPtr> officers_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace fundledger::engine
