#include <algorithm>

#include "ledger/base/status.h"
#include "ledger/engine/sheet_codec.h"
#include "ledger/engine/sheets.h"

namespace fundledger::engine {
namespace {

using storage::v1::SheetBlock;
using storage::v1::SheetRun;
using store::Table;

// A run's entries, segment by segment.
class RunCursor {
 public:
  // False if the run is not there.
  absl::StatusOr<bool> Open(const SheetReader& reader, const RunName& name) {
    reader_ = &reader;
    name_ = name;
    ASSIGN_OR_RETURN(const std::optional<SheetRun> run, reader.Run(name));
    if (!run.has_value()) return false;
    segments_ = static_cast<uint32_t>(run->last_days_size());
    RETURN_IF_ERROR(Next());
    return true;
  }

  bool is_at_end() const { return !decoder_.has_value(); }
  std::pair<int32_t, uint32_t> position() const { return {decoder_->day(), decoder_->account()}; }
  void AddTo(books::Balance* balance) const { decoder_->AddTo(balance); }

  absl::Status Next() {
    while (!decoder_.has_value() || !decoder_->Next()) {
      if (decoder_.has_value() && decoder_->is_damaged())
        return Refuse(absl::StatusCode::kDataLoss, "SHEET_DAMAGED", "a segment of a run cannot be read");
      decoder_.reset();
      if (segment_ == segments_) return absl::OkStatus();
      ASSIGN_OR_RETURN(bytes_, reader_->Segment(name_, segment_++));
      decoder_.emplace(bytes_);
    }
    return absl::OkStatus();
  }

 private:
  const SheetReader* reader_ = nullptr;
  RunName name_;
  uint32_t segments_ = 0;
  uint32_t segment_ = 0;  // the next to read
  std::string bytes_;
  std::optional<SheetDecoder> decoder_;
};

// Cuts what it is given, in order, into segments, each but the first led by a point.
class RunEncoder {
 public:
  RunEncoder(const RunName& name, uint64_t segment_entries, store::Batch* batch)
      : name_(name), segment_entries_(segment_entries), batch_(batch) {}

  void Add(const SheetEntry& entry) {
    if (encoder_.entries() >= segment_entries_) {
      EndSegment();
      batch_->Put(Table::kSheets, SheetPointKey(name_, segment()),
                  EncodeBalances(before_.balances, before_.present));
    }
    if (run_.last_days_size() == 0 && encoder_.entries() == 0) run_.set_first_day(entry.day);
    last_day_ = entry.day;
    encoder_.Add(entry);
    books::Balance& total = *before_.At(entry.account);
    for (size_t i = 0; i < books::kColumns; ++i) total[i] += entry.balance[i];
  }

  void Finish() {
    EndSegment();
    batch_->Put(Table::kSheets, SheetRunKey(name_), run_.SerializeAsString());
  }

 private:
  uint32_t segment() const { return static_cast<uint32_t>(run_.last_days_size()); }
  void EndSegment() {
    batch_->Put(Table::kSheets, SheetSegmentKey(name_, segment()), encoder_.Finish());
    run_.add_last_days(last_day_);
  }

  const RunName name_;
  const uint64_t segment_entries_;
  store::Batch* const batch_;
  SheetEncoder encoder_;
  AccountSums before_;
  SheetRun run_;
  int32_t last_day_ = 0;
};

}  // namespace

absl::StatusOr<SheetBuilder> SheetBuilder::Resume(const store::Snapshot& snapshot,
                                                  const SheetOptions& options) {
  SheetBuilder builder(options);
  const SheetReader reader(snapshot, options);
  ASSIGN_OR_RETURN(builder.blocks_, reader.Blocks());
  if (builder.blocks_ == 0) return builder;
  ASSIGN_OR_RETURN(builder.last_, reader.Block(builder.blocks_ - 1));
  builder.next_sequence_ = builder.last_.last_sequence() + 1;
  SheetAccountCache cache;
  ASSIGN_OR_RETURN(const auto table, cache.Load(snapshot, builder.blocks_));
  builder.numbers_ = table->numbers;
  RETURN_IF_ERROR(reader.AddBlocks(builder.blocks_, std::nullopt, table->accounts.size(), &builder.totals_));
  return builder;
}

void SheetBuilder::Add(Sequence sequence, const storage::v1::Postings& postings, store::Batch* batch) {
  for (const storage::v1::Posting& posting : postings.postings()) {
    SetAccountName(posting, &name_);
    const auto [found, is_new] = numbers_.emplace(name_, static_cast<uint32_t>(numbers_.size()));
    if (is_new) {
      storage::v1::SheetAccount& account = *new_accounts_.add_accounts();
      account.set_project(posting.project());
      account.set_fund(posting.fund());
      account.set_programme(posting.programme());
    }
    entries_.push_back({{posting.day(), found->second}, books::Balance{}});
    books::AddPosting(posting, &entries_.back().second);
    books::AddPosting(posting, totals_.At(found->second));
  }
  next_sequence_ = sequence + 1;
  if (entries_.size() >= options_.block_postings) EndBlock(sequence, batch);
}

void SheetBuilder::EndBlock(Sequence last, store::Batch* batch) {
  const uint64_t postings = last_.postings() + entries_.size();
  std::stable_sort(entries_.begin(), entries_.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  SheetEncoder encoder;
  for (size_t i = 0; i < entries_.size();) {
    SheetEntry entry{entries_[i].first.first, entries_[i].first.second, {}};
    for (const auto position = entries_[i].first; i < entries_.size() && entries_[i].first == position; ++i) {
      for (size_t column = 0; column < books::kColumns; ++column)
        entry.balance[column] += entries_[i].second[column];
    }
    encoder.Add(entry);
  }
  const RunName name{0, blocks_};
  SheetRun run;
  run.set_first_day(entries_.front().first.first);
  run.add_last_days(entries_.back().first.first);
  batch->Put(Table::kSheets, SheetSegmentKey(name, 0), encoder.Finish());
  batch->Put(Table::kSheets, SheetRunKey(name), run.SerializeAsString());
  if (new_accounts_.accounts_size() > 0)
    batch->Put(Table::kSheets, SheetAccountsKey(blocks_), new_accounts_.SerializeAsString());

  const int32_t last_day = run.last_days(0);
  last_.set_last_day(blocks_ == 0 ? last_day : std::max(last_.last_day(), last_day));
  last_.set_last_sequence(last);
  last_.set_postings(postings);
  last_.set_accounts(numbers_.size());
  if (postings - last_.sheet_postings() >= options_.SheetPostings(numbers_.size())) {
    last_.set_sheet_blocks(blocks_ + 1);
    last_.set_sheet_postings(postings);
    batch->Put(Table::kSheets, SheetKey(blocks_ + 1), EncodeBalances(totals_.balances, totals_.present));
  }
  batch->Put(Table::kSheets, SheetBlockKey(blocks_), last_.SerializeAsString());
  ++blocks_;
  entries_.clear();
  new_accounts_.Clear();
}

absl::StatusOr<bool> BuildRun(const store::Snapshot& snapshot, const SheetOptions& options,
                              const RunName& run, store::Batch* batch) {
  const SheetReader reader(snapshot, options);
  std::vector<RunCursor> parts(options.fan_out);
  for (uint64_t i = 0; i < options.fan_out; ++i) {
    ASSIGN_OR_RETURN(const bool is_there,
                     parts[i].Open(reader, {run.level - 1, run.index * options.fan_out + i}));
    if (!is_there) return false;
  }
  ASSIGN_OR_RETURN(const SheetBlock last, reader.Block((run.index + 1) * options.BlocksOf(run.level) - 1));
  RunEncoder encoder(run, options.SegmentEntries(last.accounts()), batch);
  while (true) {
    const RunCursor* first = nullptr;
    for (const RunCursor& part : parts) {
      if (part.is_at_end()) continue;
      if (first == nullptr || part.position() < first->position()) first = &part;
    }
    if (first == nullptr) break;
    const auto position = first->position();
    SheetEntry entry{position.first, position.second, {}};
    for (RunCursor& part : parts) {
      if (part.is_at_end() || part.position() != position) continue;
      part.AddTo(&entry.balance);
      RETURN_IF_ERROR(part.Next());
    }
    encoder.Add(entry);
  }
  encoder.Finish();
  return true;
}

}  // namespace fundledger::engine
