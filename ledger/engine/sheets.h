// Sheets: sums of postings that are kept so that a statement as of any record and day costs its lines and not
// the log (docs/adr/0005-sheets.md). They are a function of the postings alone, can lag behind them or be
// missing, and then only cost time.
//
// Consecutive records form blocks of at least `block_postings` postings. A run of level 0 is a block, its
// postings summed by day and account; one of level k is `fan_out` runs of the level below. A sheet is the
// balances after so many blocks.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "fundledger/storage/v1/entities.pb.h"
#include "ledger/base/mutex.h"
#include "ledger/books/accounts.h"
#include "ledger/engine/layout.h"
#include "ledger/store/store.h"

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace fundledger::engine {

// The store's own: a ledger's sheets are read with what they were written with. Tests make them small.
struct SheetOptions {
  uint64_t block_postings = 4096;
  uint64_t fan_out = 8;
  int level_max = 3;
  // Entries of a segment of a run and postings between two sheets, at least; four an account, if that is
  // more, so that what is kept stays a fraction of the records.
  uint64_t segment_entries = 16'384;
  uint64_t sheet_postings = 65'536;

  uint64_t SegmentEntries(uint64_t accounts) const { return std::max(segment_entries, 4 * accounts); }
  uint64_t SheetPostings(uint64_t accounts) const { return std::max(sheet_postings, 4 * accounts); }
  // Blocks of one run.
  uint64_t BlocksOf(int level) const { return level == 0 ? 1 : fan_out * BlocksOf(level - 1); }
};

// Accounts by their numbers.
struct AccountTable {
  std::vector<books::Account> accounts;
  std::vector<uint32_t> by_name;                      // numbers, in the order of accounts
  std::unordered_map<std::string, uint32_t> numbers;  // by AccountName
};
// A byte string that no other account has.
void SetAccountName(const storage::v1::Posting& posting, std::string* name);

// The accounts that sheets number, read once for all views of a ledger. Numbers never change. Thread-safe.
class SheetAccountCache {
 public:
  // At least those of the first `blocks` blocks. DATA_LOSS, reason SHEET_DAMAGED.
  absl::StatusOr<std::shared_ptr<const AccountTable>> Load(const store::Snapshot& snapshot, uint64_t blocks);

 private:
  Mutex mutex_;
  uint64_t blocks_ ABSL_GUARDED_BY(mutex_) = 0;
  std::shared_ptr<const AccountTable> table_ ABSL_GUARDED_BY(mutex_) = std::make_shared<AccountTable>();
};

// What the views of a ledger share.
struct SheetContext {
  SheetOptions options;
  SheetAccountCache accounts;
};

// Balances by account number.
struct AccountSums {
  std::vector<books::Balance> balances;
  std::vector<bool> present;

  books::Balance* At(uint32_t account) {
    if (account >= balances.size()) {
      balances.resize(account + 1);
      present.resize(account + 1);
    }
    present[account] = true;
    return &balances[account];
  }
};

// Visits the postings of records `first`…`end` - 1 that have any, until `visit` returns false. DATA_LOSS,
// reason POSTING_DAMAGED.
absl::Status ScanPostings(
    const store::Snapshot& snapshot, Sequence first, Sequence end,
    const std::function<bool(Sequence sequence, const storage::v1::Postings& postings)>& visit);

// Sums by what one snapshot holds. One thread.
class SheetReader {
 public:
  // Both must outlive it.
  SheetReader(const store::Snapshot& snapshot, const SheetOptions& options)
      : snapshot_(snapshot), options_(options) {}

  // How many blocks there are.
  absl::StatusOr<uint64_t> Blocks() const;
  absl::StatusOr<storage::v1::SheetBlock> Block(uint64_t block) const;
  // Nothing if it is not there, or not yet.
  absl::StatusOr<std::optional<storage::v1::SheetRun>> Run(const RunName& run) const;
  absl::StatusOr<std::string> Segment(const RunName& run, uint32_t segment) const;

  // Adds blocks 0…`blocks` - 1, as of `last_day`. `accounts_max` are known.
  absl::Status AddBlocks(uint64_t blocks, std::optional<int32_t> last_day, size_t accounts_max,
                         AccountSums* sums) const;
  // As books::BalanceSource.
  absl::StatusOr<books::Balances> Sum(Sequence last, std::optional<int32_t> last_day,
                                      SheetAccountCache* cache) const;

 private:
  // The first of `blocks` blocks that `is_beyond`, which none before it is and all behind it are.
  absl::StatusOr<uint64_t> FirstBlock(
      uint64_t blocks, const std::function<bool(const storage::v1::SheetBlock&)>& is_beyond) const;
  absl::StatusOr<std::string> Need(const std::string& key) const;
  absl::StatusOr<bool> AddRun(const RunName& run, std::optional<int32_t> last_day, AccountSums* sums) const;

  const store::Snapshot& snapshot_;
  const SheetOptions& options_;
};

// What the table sheets holds of a log, computed from its postings in order. Its memory grows with accounts.
// One thread.
class SheetBuilder {
 public:
  explicit SheetBuilder(const SheetOptions& options) : options_(options) {}
  // Goes on where the blocks in `snapshot` end.
  static absl::StatusOr<SheetBuilder> Resume(const store::Snapshot& snapshot, const SheetOptions& options);

  Sequence next_sequence() const { return next_sequence_; }
  uint64_t blocks() const { return blocks_; }
  // Takes the postings of the next record that has any. When they end a block, adds its entries to `batch`,
  // last the one that makes it count.
  void Add(Sequence sequence, const storage::v1::Postings& postings, store::Batch* batch);

 private:
  void EndBlock(Sequence last, store::Batch* batch);

  SheetOptions options_;
  uint64_t blocks_ = 0;
  Sequence next_sequence_ = 0;
  storage::v1::SheetBlock last_;  // of block blocks_ - 1
  std::unordered_map<std::string, uint32_t> numbers_;
  AccountSums totals_;  // of all postings added
  // Of the block under way.
  std::vector<std::pair<std::pair<int32_t, uint32_t>, books::Balance>> entries_;
  storage::v1::SheetAccounts new_accounts_;
  std::string name_;
};

// Adds the entries of a run above level 0 to `batch`, last its SheetRun, which makes it count. False if one
// of those it is made of is not in `snapshot`.
absl::StatusOr<bool> BuildRun(const store::Snapshot& snapshot, const SheetOptions& options,
                              const RunName& run, store::Batch* batch);

}  // namespace fundledger::engine
