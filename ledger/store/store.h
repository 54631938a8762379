// The port to a store: ordered tables of bytes, snapshots, one atomic and durable commit. It knows nothing of
// what it keeps. One contract suite (tests/contract) runs against every store.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace fundledger::store {

// docs/key-schema.md says what key and value are. Values are stable: they name column families.
enum class Table {
  kRecords,
  kTiles,
  kEntities,
  kPostings,
  kTrail,
  kRequests,
  kCheckpoints,
  kMeta,
  kSheets,
  kAttestations,
  kDocuments
};
inline constexpr Table kAllTables[] = {Table::kRecords,      Table::kTiles,    Table::kEntities,
                                       Table::kPostings,     Table::kTrail,    Table::kRequests,
                                       Table::kCheckpoints,  Table::kMeta,     Table::kSheets,
                                       Table::kAttestations, Table::kDocuments};
// Lower-case name of a table.
std::string_view TableName(Table table);

// Writes that happen together. Later ones win over earlier ones of the same key.
class Batch {
 public:
  struct Write {
    Table table;
    std::string key;
    std::optional<std::string> value;  // nothing: the key is erased
  };
  void Put(Table table, std::string key, std::string value) {
    writes_.push_back({table, std::move(key), std::move(value)});
  }
  void Erase(Table table, std::string key) { writes_.push_back({table, std::move(key), std::nullopt}); }
  const std::vector<Write>& writes() const { return writes_; }

 private:
  std::vector<Write> writes_;
};

// The store at one moment. Thread-safe; keeps its moment alive, so release it soon. Must not outlive the
// store.
class Snapshot {
 public:
  virtual ~Snapshot() = default;
  // Number of records committed at that moment.
  virtual uint64_t head() const = 0;
  // Nothing if there is no such key. DATA_LOSS, reason STORE_DAMAGED, if it is not there as it was written;
  // UNAVAILABLE, reason STORE_UNREADABLE, if it cannot be read now, for want of descriptors or memory or
  // because the disk fails: that says nothing of what is there.
  virtual absl::StatusOr<std::optional<std::string>> Get(Table table, std::string_view key) const = 0;
  // Which of `keys` there are not; false where there is one, or where that cannot be read. What it finds
  // missing is missing; asking Get for each takes several times as long.
  virtual std::vector<bool> FindMissing(Table table, const std::vector<std::string>& keys) const = 0;
  // Visits keys k with begin <= k < end in byte order until `visit` returns false; an empty `end` is no
  // limit. The views live until the visit returns. Errors as of Get.
  virtual absl::Status Scan(
      Table table, std::string_view begin, std::string_view end,
      const std::function<bool(std::string_view key, std::string_view value)>& visit) const = 0;
};

class Store {
 public:
  virtual ~Store() = default;
  // The latest committed state. Thread-safe.
  virtual std::shared_ptr<const Snapshot> GetSnapshot() const = 0;
  // Applies `batch` and moves the head from `expected_head` to `new_head`, all or nothing, and durably: when
  // this returns OK it survives a power cut. One thread at a time.
  //   ABORTED, reason STORE_HEAD_MOVED: the head is not expected_head; nothing was written.
  //   UNAVAILABLE, reason STORE_REFUSED: not committed, and nothing was written.
  //   UNKNOWN, reason STORE_OUTCOME_UNKNOWN: it may or may not be there; the store takes no more commits
  //   until reopened (FAILED_PRECONDITION, reason STORE_STOPPED).
  virtual absl::Status Commit(const Batch& batch, uint64_t expected_head, uint64_t new_head) = 0;
};

}  // namespace fundledger::store
