#include "ledger/books/books.h"

namespace fundledger::books {

absl::StatusOr<EntityPtr> Overlay::Get(const EntityKey& key) const {
  if (auto it = changes_.find(key); it != changes_.end()) return it->second;
  return below_.Get(key);
}

void Overlay::Add(const Effects& effects) {
  for (const auto& [key, entity] : effects.entities) changes_[key] = entity;
}

}  // namespace fundledger::books
