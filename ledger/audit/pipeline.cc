#include "ledger/audit/pipeline.h"

#include <algorithm>
#include <thread>
#include <vector>

#include "ledger/base/ordered_work.h"

namespace fundledger::audit {
namespace {

// A batch is a few milliseconds of one thread's work, and bounded in bytes where records are long.
constexpr size_t kBatchRecordsMax = 32;
constexpr size_t kBatchBytes = 256 << 10;
constexpr size_t kBatchesPerThread = 4;

struct Batch {
  size_t bytes = 0;
  std::vector<std::string> records;
  std::vector<PreparedRecord> prepared;
};

size_t CountThreads(size_t asked) {
  return asked > 0 ? asked : std::max<size_t>(1, std::thread::hardware_concurrency());
}

}  // namespace

struct ReplayPipeline::State {
  State(Replay* target, size_t threads, std::function<void()> visitor)
      : replay(target),
        visit(std::move(visitor)),
        work(
            threads, threads == 1 ? 1 : threads * kBatchesPerThread, [this](Batch* each) { Prepare(each); },
            [this](Batch* each) { Take(each); }) {}

  void Prepare(Batch* each) const {
    each->prepared.reserve(each->records.size());
    for (const std::string& record : each->records) each->prepared.push_back(replay->Prepare(record));
  }

  void Take(Batch* each) {
    for (PreparedRecord& prepared : each->prepared) {
      if (!status.ok()) return;
      status = replay->Take(std::move(prepared));
      if (status.ok()) visit();
    }
  }

  void PushBatch() {
    if (filling != nullptr) work.Push(std::move(filling));
  }

  Replay* const replay;
  const std::function<void()> visit;
  absl::Status status;
  std::unique_ptr<Batch> filling;  // null until there is a record for it
  OrderedWork<Batch> work;
};

ReplayPipeline::ReplayPipeline(Replay* replay, size_t threads, std::function<void()> visit)
    : state_(std::make_unique<State>(replay, CountThreads(threads), std::move(visit))) {}
ReplayPipeline::~ReplayPipeline() = default;

absl::Status ReplayPipeline::Push(std::string_view record) {
  State& state = *state_;
  if (!state.status.ok()) return state.status;
  if (state.filling == nullptr) state.filling = std::make_unique<Batch>();
  Batch& batch = *state.filling;
  batch.records.emplace_back(record);
  batch.bytes += record.size();
  if (batch.records.size() == kBatchRecordsMax || batch.bytes >= kBatchBytes) state.PushBatch();
  return state.status;
}

absl::Status ReplayPipeline::Finish() {
  if (!state_->status.ok()) return state_->status;
  state_->PushBatch();
  state_->work.Finish();
  return state_->status;
}

}  // namespace fundledger::audit
