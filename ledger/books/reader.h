// How the books' entities are read: by rules, reports and queries alike.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "fundledger/storage/v1/entities.pb.h"
#include "ledger/books/keys.h"

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace fundledger::books {

using EntityPtr = std::shared_ptr<const ::fundledger::storage::v1::Entity>;
// Nothing may depend on its order.
using EntityMap = absl::flat_hash_map<EntityKey, EntityPtr, EntityKeyHash>;

class Reader {
 public:
  virtual ~Reader() = default;
  // Null if there is none. DATA_LOSS if it cannot be read as it was written.
  virtual absl::StatusOr<EntityPtr> Get(const EntityKey& key) const = 0;
};

// A reader that can also list.
class Scanner : public Reader {
 public:
  // Visits entities of `kind` whose id begins with `prefix` and is not less than `from`, in the order of ids,
  // until `visit` returns false.
  virtual absl::Status Scan(
      EntityKind kind, std::string_view prefix, std::string_view from,
      const std::function<bool(std::string_view id, const EntityPtr&)>& visit) const = 0;
};

}  // namespace fundledger::books
