#include "ledger/engine/entity_cache.h"

#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "ledger/books/lifetime.h"

namespace fundledger::engine {
namespace {

// About 20 MB of payments. One of a large submission keeps the others of it in memory too.
constexpr size_t kPassingMax = 20'000;

// Whether `key` names what only a record beyond `size` can make: those ids begin with its sequence.
bool IsBeyond(const books::EntityKey& key, uint64_t size) {
  return key.kind == books::EntityKind::kProposal && key.id.size() >= sizeof(size) &&
         ReadBigEndian64(key.id) >= size;
}

}  // namespace

void EntityCache::Keep(const books::EntityKey& key, const books::EntityPtr& entity) const {
  if (books::IsMark(key.kind)) return;
  if (!books::ComesAndGoes(key.kind)) {
    resident_.insert_or_assign(key, entity);
    return;
  }
  const auto [it, is_new] = passing_.insert_or_assign(key, entity);
  if (!is_new) return;
  passing_order_.push_back(&it->first);
  if (passing_.size() <= kPassingMax) return;
  const auto oldest = passing_.find(*passing_order_.front());
  dropped_.push_back(std::move(oldest->second));
  passing_.erase(oldest);
  passing_order_.pop_front();
}

absl::StatusOr<books::EntityPtr> EntityCache::Get(const books::EntityKey& key) const {
  if (books::ComesAndGoes(key.kind)) {
    if (const auto it = passing_.find(key); it != passing_.end()) return it->second;
  } else if (const auto it = resident_.find(key); it != resident_.end()) {
    return it->second;
  }
  if (IsBeyond(key, view_->size()) || missing_.contains(key)) return books::EntityPtr();
  ASSIGN_OR_RETURN(books::EntityPtr entity, view_->Get(key));
  if (entity != nullptr) Keep(key, entity);
  return entity;
}

void EntityCache::Foresee(const std::vector<books::EntityKey>& marks) {
  constexpr size_t kMissingMax = 100'000;
  if (missing_.size() > kMissingMax) missing_.clear();  // where the store refuses commit after commit
  if (marks.size() < 2) return;
  const std::vector<bool> missing = view_->FindMissing(marks);
  for (size_t i = 0; i < marks.size(); ++i) {
    if (missing[i]) missing_.insert(marks[i]);
  }
}

void EntityCache::Advance(std::shared_ptr<const View> view, const books::EntityMap& changes) {
  dropped_.clear();
  missing_.clear();
  view_ = std::move(view);
  for (const auto& [key, entity] : changes) Keep(key, entity);
}

}  // namespace fundledger::engine
