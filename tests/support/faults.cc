#include "tests/support/faults.h"

#include <utility>

#include "ledger/base/status.h"

namespace fundledger::test_support {
namespace {

absl::Status Unknown() {
  return Refuse(absl::StatusCode::kUnknown, "STORE_OUTCOME_UNKNOWN", "the disk did not answer");
}

class FaultSnapshot final : public store::Snapshot {
 public:
  FaultSnapshot(std::shared_ptr<const store::Snapshot> below, std::shared_ptr<FaultPlan> plan)
      : below_(std::move(below)), plan_(std::move(plan)) {}

  uint64_t head() const override { return below_->head(); }
  absl::StatusOr<std::optional<std::string>> Get(store::Table table, std::string_view key) const override {
    RETURN_IF_ERROR(plan_->TakeRead());
    return below_->Get(table, key);
  }
  std::vector<bool> FindMissing(store::Table table, const std::vector<std::string>& keys) const override {
    return plan_->TakeRead().ok() ? below_->FindMissing(table, keys) : std::vector<bool>(keys.size());
  }
  absl::Status Scan(store::Table table, std::string_view begin, std::string_view end,
                    const std::function<bool(std::string_view, std::string_view)>& visit) const override {
    RETURN_IF_ERROR(plan_->TakeRead());
    return below_->Scan(table, begin, end, visit);
  }

 private:
  const std::shared_ptr<const store::Snapshot> below_;
  const std::shared_ptr<FaultPlan> plan_;
};

class FaultStore final : public store::Store {
 public:
  FaultStore(std::shared_ptr<store::Store> below, std::shared_ptr<FaultPlan> plan)
      : below_(std::move(below)), plan_(std::move(plan)) {}

  std::shared_ptr<const store::Snapshot> GetSnapshot() const override {
    return std::make_shared<FaultSnapshot>(below_->GetSnapshot(), plan_);
  }

  absl::Status Commit(const store::Batch& batch, uint64_t expected_head, uint64_t new_head) override {
    if (const auto hook = plan_->before_commit()) hook();
    switch (plan_->TakeCommit()) {
      case Fault::kNone:
        return below_->Commit(batch, expected_head, new_head);
      case Fault::kRefused:
        return Refuse(absl::StatusCode::kUnavailable, "STORE_REFUSED", "the disk is full");
      case Fault::kUnknownBefore:
        return Unknown();
      case Fault::kUnknownAfter:
        RETURN_IF_ERROR(below_->Commit(batch, expected_head, new_head));
        return Unknown();
      case Fault::kHeadMoved:
        return Refuse(absl::StatusCode::kAborted, "STORE_HEAD_MOVED", "another writer was here");
    }
    return absl::OkStatus();
  }

 private:
  const std::shared_ptr<store::Store> below_;
  const std::shared_ptr<FaultPlan> plan_;
};

class MemoryAnchor final : public store::Anchor {
 public:
  MemoryAnchor(std::shared_ptr<std::string> content, std::shared_ptr<FaultPlan> plan)
      : content_(std::move(content)), plan_(std::move(plan)) {}

  std::string_view content() const override { return *content_; }

  absl::Status Write(std::string_view content) override {
    const Fault fault = plan_->TakeAnchor();
    if (fault == Fault::kNone || fault == Fault::kUnknownAfter) *content_ = std::string(content);
    if (fault == Fault::kNone) return absl::OkStatus();
    return Refuse(absl::StatusCode::kUnavailable, "ANCHOR_NOT_WRITTEN", "the disk did not take the anchor");
  }

 private:
  const std::shared_ptr<std::string> content_;
  const std::shared_ptr<FaultPlan> plan_;
};

}  // namespace

Fault FaultPlan::TakeCommit() {
  MutexLock lock(&mutex_);
  return std::exchange(commit_, Fault::kNone);
}

Fault FaultPlan::TakeAnchor() {
  MutexLock lock(&mutex_);
  return std::exchange(anchor_, Fault::kNone);
}

absl::Status FaultPlan::TakeRead() {
  MutexLock lock(&mutex_);
  const uint64_t read = reads_++;
  if (read < fail_from_ || read - fail_from_ >= fail_count_) return absl::OkStatus();
  return Refuse(absl::StatusCode::kUnavailable, "STORE_UNREADABLE", "too many open files");
}

std::unique_ptr<store::Store> WrapStore(std::shared_ptr<store::Store> below,
                                        std::shared_ptr<FaultPlan> plan) {
  return std::make_unique<FaultStore>(std::move(below), std::move(plan));
}

std::unique_ptr<store::Anchor> MakeAnchor(std::shared_ptr<std::string> content,
                                          std::shared_ptr<FaultPlan> plan) {
  return std::make_unique<MemoryAnchor>(std::move(content), std::move(plan));
}

}  // namespace fundledger::test_support
