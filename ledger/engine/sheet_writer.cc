#include "ledger/engine/sheet_writer.h"

#include "ledger/base/status.h"
#include "ledger/base/thread_priority.h"

namespace fundledger::engine {
namespace {

using store::Table;

constexpr size_t kTakeBytesMax = 4 << 20;
constexpr size_t kMakeBytesMax = 4 << 20;
// A commit may be under way when its writes are taken, so the next states may not show them yet. After so
// many they were lost: the store refused the commit.
constexpr int kMissedMax = 8;
// How often it looks while a block's postings come in. To wake up for every commit takes more than the work.
constexpr uint64_t kLooksABlock = 16;

size_t BytesOf(const store::Batch& batch) {
  size_t bytes = 0;
  for (const store::Batch::Write& write : batch.writes()) bytes += write.key.size() + write.value->size();
  return bytes;
}

}  // namespace

SheetWriter::SheetWriter(const SheetOptions& options, std::function<void()> on_ready)
    : options_(options), on_ready_(std::move(on_ready)), thread_([this] { Work(); }) {}

SheetWriter::~SheetWriter() {
  {
    MutexLock lock(&mutex_);
    is_stopping_ = true;
    changed_.NotifyAll();
  }
  thread_.join();
}

void SheetWriter::Offer(std::shared_ptr<const store::Snapshot> snapshot, size_t new_postings) {
  MutexLock lock(&mutex_);
  offered_ = std::move(snapshot);
  new_postings_ += new_postings;
  if (IsLookDue()) changed_.NotifyAll();
}

bool SheetWriter::IsLookDue() const {
  if (offered_ == nullptr || !ready_.empty()) return false;
  return !is_settled_ || new_postings_ >= options_.block_postings / kLooksABlock;
}

void SheetWriter::TakeWrites(store::Batch* batch) {
  MutexLock lock(&mutex_);
  size_t bytes = 0;
  while (taken_ < ready_.size() && bytes < kTakeBytesMax) {
    store::Batch::Write& write = ready_[taken_++];
    bytes += write.key.size() + write.value->size();
    batch->Put(write.table, std::move(write.key), *std::move(write.value));
  }
  if (taken_ < ready_.size()) return;
  ready_.clear();
  taken_ = 0;
}

bool SheetWriter::has_writes() const {
  MutexLock lock(&mutex_);
  return !ready_.empty();
}

void SheetWriter::Work() {
  BeInBackground();
  while (true) {
    std::shared_ptr<const store::Snapshot> snapshot;
    {
      MutexLock lock(&mutex_);
      while (!is_stopping_ && !IsLookDue()) changed_.Wait(&mutex_);
      if (is_stopping_) return;
      snapshot = std::move(offered_);
      offered_ = nullptr;
      new_postings_ = 0;
    }
    absl::StatusOr<store::Batch> made = Make(*snapshot);
    snapshot.reset();
    if (!made.ok()) {
      // It may be read another time; if it is damaged, whoever asks for a figure is told, and verification
      // names the place. What was made meanwhile is lost with the batch, so it begins at what is kept; and
      // not at every commit, since that takes a while.
      builder_.reset();
      MutexLock lock(&mutex_);
      is_settled_ = true;
      continue;
    }
    {
      MutexLock lock(&mutex_);
      is_settled_ = made->writes().empty() && awaited_key_.empty();
      ready_ = made->writes();
    }
    if (made->writes().empty()) continue;
    on_ready_();
  }
}

absl::Status SheetWriter::Resume(const store::Snapshot& snapshot) {
  ASSIGN_OR_RETURN(builder_, SheetBuilder::Resume(snapshot, options_));
  const SheetReader reader(snapshot, options_);
  next_run_.assign(static_cast<size_t>(options_.level_max) + 1, 0);
  for (int level = 1; level <= options_.level_max; ++level) {
    // Runs are made in their order, so at most the last ones are missing.
    uint64_t& next = next_run_[static_cast<size_t>(level)];
    for (next = builder_->blocks() / options_.BlocksOf(level); next > 0; --next) {
      ASSIGN_OR_RETURN(const auto run, reader.Run({level, next - 1}));
      if (run.has_value()) break;
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<store::Batch> SheetWriter::Make(const store::Snapshot& snapshot) {
  store::Batch batch;
  if (!awaited_key_.empty()) {
    ASSIGN_OR_RETURN(const auto shown, snapshot.Get(Table::kSheets, awaited_key_));
    if (!shown.has_value() && ++missed_ < kMissedMax) return batch;
    if (!shown.has_value()) builder_.reset();
    awaited_key_.clear();
    missed_ = 0;
  }
  if (!builder_.has_value()) {
    RETURN_IF_ERROR(Resume(snapshot));
  }
  const uint64_t blocks = builder_->blocks();  // all in the snapshot by now
  RETURN_IF_ERROR(MakeBlocks(snapshot, &batch));
  RETURN_IF_ERROR(MakeRun(snapshot, blocks, &batch));
  if (!batch.writes().empty()) awaited_key_ = batch.writes().back().key;
  return batch;
}

absl::Status SheetWriter::MakeBlocks(const store::Snapshot& snapshot, store::Batch* batch) {
  return ScanPostings(snapshot, builder_->next_sequence(), snapshot.head(),
                      [&](Sequence sequence, const storage::v1::Postings& postings) {
                        const uint64_t blocks = builder_->blocks();
                        builder_->Add(sequence, postings, batch);
                        return builder_->blocks() == blocks || BytesOf(*batch) < kMakeBytesMax;
                      });
}

// The lowest run that is due.
absl::Status SheetWriter::MakeRun(const store::Snapshot& snapshot, uint64_t blocks, store::Batch* batch) {
  for (int level = 1; level <= options_.level_max; ++level) {
    uint64_t& next = next_run_[static_cast<size_t>(level)];
    if (next >= blocks / options_.BlocksOf(level)) continue;
    ASSIGN_OR_RETURN(const bool made, BuildRun(snapshot, options_, {level, next}, batch));
    if (!made) continue;
    ++next;
    return absl::OkStatus();
  }
  return absl::OkStatus();
}

}  // namespace fundledger::engine
