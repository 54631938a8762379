// The sequencer's entities, so that a busy ledger does not ask its store for each of them again. One thread.
#pragma once

#include <map>
#include <memory>
#include <unordered_map>

#include "ledger/books/reader.h"
#include "ledger/engine/view.h"

namespace fundledger::engine {

class EntityCache final : public books::Reader {
 public:
  explicit EntityCache(std::shared_ptr<const View> view) : view_(std::move(view)) {}

  // From memory, or from the view and then kept. Absence is not kept: what is looked up and missing is mostly
  // a number that must not have been used.
  absl::StatusOr<books::EntityPtr> Get(const books::EntityKey& key) const override;
  // The state moved on to `view`, which differs by `changes`.
  void Advance(std::shared_ptr<const View> view, const std::map<books::EntityKey, books::EntityPtr>& changes);

 private:
  struct Hash {
    size_t operator()(const books::EntityKey& key) const {
      return std::hash<std::string>()(key.id) * 31 + static_cast<size_t>(key.kind);
    }
  };
  using Entities = std::unordered_map<books::EntityKey, books::EntityPtr, Hash>;
  Entities& EntitiesOf(books::EntityKind kind) const;

  std::shared_ptr<const View> view_;
  // Those that rules read all the time, and whose number grows with the county and not with its work.
  mutable Entities resident_;
  // Those that come and go: proposals, payments, vouchers, references, confirmations. Dropped when too many.
  mutable Entities passing_;
};

}  // namespace fundledger::engine
