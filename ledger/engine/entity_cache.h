// The sequencer's entities, so that a busy ledger does not ask its store for each of them again. One thread.
#pragma once

#include <deque>
#include <memory>
#include <utility>
#include <vector>

#include "ledger/books/reader.h"
#include "ledger/engine/view.h"

#include "absl/container/flat_hash_set.h"
#include "absl/container/node_hash_map.h"

namespace fundledger::engine {

class EntityCache final : public books::Reader {
 public:
  explicit EntityCache(std::shared_ptr<const View> view) : view_(std::move(view)) {}

  // From memory, or from the view and then kept. Absence is not kept: what is looked up and missing is mostly
  // a number that must not have been used.
  absl::StatusOr<books::EntityPtr> Get(const books::EntityKey& key) const override;
  // Looks at once for `marks`, references say, which mostly are not there: asked for one by one each would be
  // a walk through all of the store's files. Holds until Advance.
  void Foresee(const std::vector<books::EntityKey>& marks);
  // The state moved on to `view`, which differs by `changes`.
  void Advance(std::shared_ptr<const View> view, const books::EntityMap& changes);
  // What had to go in the last Advance and since. To destroy it takes a while, which others may have to
  // spare.
  std::vector<books::EntityPtr> TakeDropped() { return std::exchange(dropped_, {}); }

 private:
  void Keep(const books::EntityKey& key, const books::EntityPtr& entity) const;

  std::shared_ptr<const View> view_;
  // Those that rules read all the time, and whose number grows with the county and not with its work.
  mutable books::EntityMap resident_;
  // Those that come and go: proposals and confirmations. Of too many the oldest goes, one at a time:
  // to drop them together would make submissions wait.
  mutable absl::node_hash_map<books::EntityKey, books::EntityPtr, books::EntityKeyHash> passing_;
  mutable std::deque<const books::EntityKey*> passing_order_;  // keys of passing_, in the order they came
  mutable std::vector<books::EntityPtr> dropped_;
  absl::flat_hash_set<books::EntityKey, books::EntityKeyHash> missing_;  // foreseen
};

}  // namespace fundledger::engine
