#include <utility>

#include "ledger/books/books.h"

namespace fundledger::books {

absl::StatusOr<EntityPtr> Overlay::Get(const EntityKey& key) const {
  if (auto it = changes_.find(key); it != changes_.end()) return it->second;
  return below_.Get(key);
}

void Overlay::Add(EntityMap entities) {
  if (changes_.empty()) {
    changes_ = std::move(entities);
    return;
  }
  changes_.reserve(changes_.size() + entities.size());
  for (auto& [key, entity] : entities) {
    if (const auto it = changes_.find(key); it != changes_.end()) it->second = std::move(entity);
  }
  changes_.merge(entities);  // those that were not there, keys and all
}

}  // namespace fundledger::books
