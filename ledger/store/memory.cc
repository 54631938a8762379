#include "ledger/store/memory.h"

#include <array>
#include <map>
#include <set>
#include <utility>

#include "ledger/base/mutex.h"
#include "ledger/base/status.h"

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"

namespace fundledger::store {
namespace {

// Null: the key is erased as of that version.
using Value = std::shared_ptr<const std::string>;

struct Version {
  uint64_t number;
  Value value;
};

// Entries a scan takes out at a time. It visits them without the lock, so that a visit may read or commit.
constexpr size_t kScanChunkEntries = 64;

// Every key keeps the versions that a living snapshot can still ask for; a commit costs what it writes,
// however much the store holds. Shared between the store and its snapshots.
class State {
 public:
  // The latest version and its head; the version stays readable until Release.
  std::pair<uint64_t, uint64_t> Acquire() {
    MutexLock lock(&mutex_);
    acquired_.insert(version_);
    return {version_, head_};
  }

  void Release(uint64_t version) {
    MutexLock lock(&mutex_);
    acquired_.erase(acquired_.find(version));
  }

  Value Get(Table table, const std::string& key, uint64_t version) const {
    MutexLock lock(&mutex_);
    const Keys& keys = tables_[static_cast<size_t>(table)];
    const auto it = keys.find(key);
    return it == keys.end() ? nullptr : ValueAt(it->second, version);
  }

  // The first entries of [begin, end) as of `version`, at most kScanChunkEntries.
  std::vector<std::pair<std::string, Value>> Chunk(Table table, const std::string& begin,
                                                   std::string_view end, uint64_t version) const {
    std::vector<std::pair<std::string, Value>> chunk;
    MutexLock lock(&mutex_);
    const Keys& keys = tables_[static_cast<size_t>(table)];
    for (auto it = keys.lower_bound(begin); it != keys.end() && chunk.size() < kScanChunkEntries; ++it) {
      if (!end.empty() && it->first >= end) break;
      if (Value value = ValueAt(it->second, version)) chunk.emplace_back(it->first, std::move(value));
    }
    return chunk;
  }

  absl::Status Commit(const Batch& batch, uint64_t expected_head, uint64_t new_head) {
    MutexLock lock(&mutex_);
    if (head_ != expected_head) {
      return Refuse(absl::StatusCode::kAborted, "STORE_HEAD_MOVED",
                    absl::StrCat("the store holds ", head_, " records, the commit expected ", expected_head));
    }
    ++version_;
    const uint64_t oldest = acquired_.empty() ? version_ : *acquired_.begin();
    for (const Batch::Write& write : batch.writes()) {
      Keys& keys = tables_[static_cast<size_t>(write.table)];
      std::vector<Version>& versions = keys[write.key];
      if (!versions.empty() && versions.back().number == version_) versions.pop_back();
      versions.push_back(
          {version_, write.value ? std::make_shared<const std::string>(*write.value) : nullptr});
      Trim(oldest, &versions);
      if (versions.size() == 1 && versions.front().value == nullptr) keys.erase(write.key);
    }
    head_ = new_head;
    return absl::OkStatus();
  }

 private:
  using Keys = std::map<std::string, std::vector<Version>, std::less<>>;

  // Versions are in rising order.
  static Value ValueAt(const std::vector<Version>& versions, uint64_t version) {
    for (auto it = versions.rbegin(); it != versions.rend(); ++it) {
      if (it->number <= version) return it->value;
    }
    return nullptr;
  }

  // Drops what no snapshot at `oldest` or later can see: everything before the last version not above
  // `oldest`.
  static void Trim(uint64_t oldest, std::vector<Version>* versions) {
    size_t needless = 0;
    while (needless + 1 < versions->size() && (*versions)[needless + 1].number <= oldest) ++needless;
    versions->erase(versions->begin(), versions->begin() + static_cast<ptrdiff_t>(needless));
  }

  mutable Mutex mutex_;
  std::array<Keys, std::size(kAllTables)> tables_ ABSL_GUARDED_BY(mutex_);
  std::multiset<uint64_t> acquired_ ABSL_GUARDED_BY(mutex_);
  uint64_t version_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t head_ ABSL_GUARDED_BY(mutex_) = 0;
};

class MemorySnapshot final : public Snapshot {
 public:
  explicit MemorySnapshot(std::shared_ptr<State> state) : state_(std::move(state)) {
    std::tie(version_, head_) = state_->Acquire();
  }
  ~MemorySnapshot() override { state_->Release(version_); }
  MemorySnapshot(const MemorySnapshot&) = delete;
  MemorySnapshot& operator=(const MemorySnapshot&) = delete;

  uint64_t head() const override { return head_; }

  absl::StatusOr<std::optional<std::string>> Get(Table table, std::string_view key) const override {
    const Value value = state_->Get(table, std::string(key), version_);
    if (value == nullptr) return std::optional<std::string>();
    return std::optional<std::string>(*value);
  }

  std::vector<bool> FindMissing(Table table, const std::vector<std::string>& keys) const override {
    std::vector<bool> missing;
    for (const std::string& key : keys) missing.push_back(state_->Get(table, key, version_) == nullptr);
    return missing;
  }

  absl::Status Scan(Table table, std::string_view begin, std::string_view end,
                    const std::function<bool(std::string_view, std::string_view)>& visit) const override {
    std::string from(begin);
    const std::string to(end);  // The caller's view may be of something the visit changes.
    while (true) {
      const auto chunk = state_->Chunk(table, from, to, version_);
      for (const auto& [key, value] : chunk) {
        if (!visit(key, *value)) return absl::OkStatus();
      }
      if (chunk.size() < kScanChunkEntries) return absl::OkStatus();
      from = chunk.back().first + '\0';  // the next possible key
    }
  }

 private:
  const std::shared_ptr<State> state_;
  uint64_t version_ = 0;
  uint64_t head_ = 0;
};

class MemoryStore final : public Store {
 public:
  std::shared_ptr<const Snapshot> GetSnapshot() const override {
    return std::make_shared<MemorySnapshot>(state_);
  }
  absl::Status Commit(const Batch& batch, uint64_t expected_head, uint64_t new_head) override {
    return state_->Commit(batch, expected_head, new_head);
  }

 private:
  const std::shared_ptr<State> state_ = std::make_shared<State>();
};

}  // namespace

std::unique_ptr<Store> MakeMemoryStore() {
  return std::make_unique<MemoryStore>();
}

}  // namespace fundledger::store
