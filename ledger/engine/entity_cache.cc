#include "ledger/engine/entity_cache.h"

#include "ledger/base/status.h"

namespace fundledger::engine {
namespace {

// About 100 MB of payments.
constexpr size_t kPassingMax = 100'000;

}  // namespace

EntityCache::Entities& EntityCache::EntitiesOf(books::EntityKind kind) const {
  switch (kind) {
    case books::EntityKind::kProposal:
    case books::EntityKind::kPayment:
    case books::EntityKind::kVoucher:
    case books::EntityKind::kReference:
    case books::EntityKind::kConfirmation:
      if (passing_.size() >= kPassingMax) passing_.clear();
      return passing_;
    default:
      return resident_;
  }
}

absl::StatusOr<books::EntityPtr> EntityCache::Get(const books::EntityKey& key) const {
  Entities& entities = EntitiesOf(key.kind);
  if (const auto it = entities.find(key); it != entities.end()) return it->second;
  ASSIGN_OR_RETURN(books::EntityPtr entity, view_->Get(key));
  if (entity != nullptr) entities.emplace(key, entity);
  return entity;
}

void EntityCache::Advance(std::shared_ptr<const View> view,
                          const std::map<books::EntityKey, books::EntityPtr>& changes) {
  view_ = std::move(view);
  for (const auto& [key, entity] : changes) EntitiesOf(key.kind)[key] = entity;
}

}  // namespace fundledger::engine
