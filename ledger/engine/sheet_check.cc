#include "ledger/engine/sheet_check.h"

#include <set>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace fundledger::engine {
namespace {

using store::Table;

class SheetCheck {
 public:
  SheetCheck(const store::Snapshot& snapshot, const SheetOptions& options, Findings* findings)
      : snapshot_(snapshot), options_(options), findings_(findings) {}

  void Run() {
    absl::Status status = CheckBlocks();
    if (status.ok()) status = CheckRuns();
    if (status.ok()) status = FindExtra();
    // What it stumbled over was compared before it was read, so mostly a finding has said so.
    if (!status.ok() && (!has_findings_ || status.code() != absl::StatusCode::kDataLoss))
      findings_->Add(std::nullopt, "INDEX_UNREADABLE", absl::StrCat("table sheets: ", status.message()));
  }

 private:
  void Find(std::string_view reason, std::string_view key, std::string_view what) {
    has_findings_ = true;
    findings_->Add(
        std::nullopt, reason,
        absl::StrCat("table sheets, key \"", absl::CHexEscape(std::string(key)), "\", ", std::string(what)));
  }

  absl::Status Compare(const store::Batch& batch, bool may_be_absent) {
    for (const store::Batch::Write& write : batch.writes()) {
      expected_.insert(write.key);
      const auto stored = snapshot_.Get(Table::kSheets, write.key);
      if (!stored.ok()) return stored.status();
      if (stored->has_value() && **stored != *write.value)
        Find("INDEX_ALTERED", write.key, "is not what the postings give");
      if (!stored->has_value() && !may_be_absent) Find("INDEX_MISSING", write.key, "is gone");
    }
    return absl::OkStatus();
  }

  absl::Status CheckBlocks() {
    const auto stored = SheetReader(snapshot_, options_).Blocks();
    if (!stored.ok()) return stored.status();
    SheetBuilder builder(options_);
    absl::Status status;
    const absl::Status scanned = ScanPostings(snapshot_, 0, snapshot_.head(),
                                              [&](Sequence sequence, const storage::v1::Postings& postings) {
                                                if (builder.blocks() >= *stored || findings_->is_full())
                                                  return false;
                                                store::Batch batch;
                                                builder.Add(sequence, postings, &batch);
                                                status = Compare(batch, false);
                                                return status.ok();
                                              });
    blocks_ = builder.blocks();
    return status.ok() ? scanned : status;
  }

  absl::Status CheckRuns() {
    const SheetReader reader(snapshot_, options_);
    for (int level = 1; level <= options_.level_max; ++level) {
      for (uint64_t i = 0; i < blocks_ / options_.BlocksOf(level) && !findings_->is_full(); ++i) {
        const auto run = reader.Run({level, i});
        const bool counts = run.ok() && run->has_value();
        store::Batch batch;
        const auto built = BuildRun(snapshot_, options_, {level, i}, &batch);
        if (!built.ok()) return built.status();
        // One that cannot be made anew, for lack of those below it, is judged to be extra.
        if (!*built) continue;
        if (const absl::Status status = Compare(batch, !counts && run.ok()); !status.ok()) return status;
      }
    }
    return absl::OkStatus();
  }

  absl::Status FindExtra() {
    return snapshot_.Scan(Table::kSheets, "", "", [&](std::string_view key, std::string_view) {
      if (!expected_.contains(key)) Find("INDEX_EXTRA", key, "comes from no posting");
      return !findings_->is_full();
    });
  }

  const store::Snapshot& snapshot_;
  const SheetOptions& options_;
  Findings* const findings_;
  uint64_t blocks_ = 0;  // that count, and were compared
  std::set<std::string, std::less<>> expected_;
  bool has_findings_ = false;
};

}  // namespace

void CheckSheets(const store::Snapshot& snapshot, const SheetOptions& options, Findings* findings) {
  SheetCheck(snapshot, options, findings).Run();
}

}  // namespace fundledger::engine
