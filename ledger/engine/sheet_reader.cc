#include <algorithm>
#include <deque>

#include "ledger/base/status.h"
#include "ledger/engine/sheet_codec.h"
#include "ledger/engine/sheets.h"

#include "absl/strings/str_cat.h"

namespace fundledger::engine {
namespace {

using storage::v1::SheetBlock;
using storage::v1::SheetRun;
using store::Table;

absl::Status Damaged(std::string_view what) {
  return Refuse(
      absl::StatusCode::kDataLoss, "SHEET_DAMAGED",
      absl::StrCat("in the table sheets ", ToAbsl(what),
                   " is gone or cannot be read: verify the ledger, and restore it from a backup or a "
                   "mirror"));
}

void SetName(std::string_view project, std::string_view fund, std::string_view programme, std::string* name) {
  name->assign(project);
  name->push_back('\0');
  name->append(fund);
  name->push_back('\0');
  name->append(programme);
}

// Adds what `bytes` hold up to `last_day`.
absl::Status AddEntries(std::string_view bytes, std::optional<int32_t> last_day, AccountSums* sums) {
  SheetDecoder decoder(bytes);
  while (decoder.Next()) {
    if (last_day.has_value() && decoder.day() > *last_day) return absl::OkStatus();
    // Every account's first posting is in a block that stands in the table of accounts.
    if (decoder.account() >= sums->balances.size()) return Damaged("an account's name");
    decoder.AddTo(sums->At(decoder.account()));
  }
  return decoder.is_damaged() ? Damaged("a sum") : absl::OkStatus();
}

// What the rows of an answer point to.
struct Answer {
  std::shared_ptr<const AccountTable> table;
  std::deque<books::Account> newer;  // accounts that the table does not have, numbered behind its own
  AccountSums sums;
};

}  // namespace

void SetAccountName(const storage::v1::Posting& posting, std::string* name) {
  SetName(posting.project(), posting.fund(), posting.programme(), name);
}

absl::Status ScanPostings(
    const store::Snapshot& snapshot, Sequence first, Sequence end,
    const std::function<bool(Sequence sequence, const storage::v1::Postings& postings)>& visit) {
  if (first >= end) return absl::OkStatus();
  absl::Status damage;
  storage::v1::Postings postings;
  RETURN_IF_ERROR(snapshot.Scan(
      Table::kPostings, SequenceKey(first), SequenceKey(end),
      [&](std::string_view key, std::string_view value) {
        const std::optional<Sequence> sequence = ReadSequenceKey(key);
        if (sequence && postings.ParseFromArray(value.data(), static_cast<int>(value.size())))
          return visit(*sequence, postings);
        damage = Refuse(
            absl::StatusCode::kDataLoss, "POSTING_DAMAGED",
            absl::StrCat("the postings of record ", sequence.value_or(0),
                         " cannot be read: verify the ledger and restore it from a backup or a mirror"));
        return false;
      }));
  return damage;
}

absl::StatusOr<std::shared_ptr<const AccountTable>> SheetAccountCache::Load(const store::Snapshot& snapshot,
                                                                            uint64_t blocks) {
  MutexLock lock(&mutex_);
  if (blocks <= blocks_) return table_;
  auto table = std::make_shared<AccountTable>(*table_);
  bool is_read = true;
  RETURN_IF_ERROR(
      snapshot.Scan(Table::kSheets, SheetAccountsKey(blocks_), SheetAccountsKey(blocks),
                    [&](std::string_view, std::string_view value) {
                      storage::v1::SheetAccounts added;
                      is_read = added.ParseFromArray(value.data(), static_cast<int>(value.size()));
                      for (const auto& each : added.accounts())
                        table->accounts.push_back({each.project(), each.fund(), each.programme()});
                      return is_read;
                    }));
  if (!is_read) return Damaged("a block's accounts");
  if (table->accounts.size() > table_->accounts.size()) {
    std::string name;
    for (size_t i = table_->accounts.size(); i < table->accounts.size(); ++i) {
      const books::Account& account = table->accounts[i];
      SetName(account.project, account.fund, account.programme, &name);
      table->numbers.emplace(name, static_cast<uint32_t>(i));
      table->by_name.push_back(static_cast<uint32_t>(i));
    }
    std::sort(table->by_name.begin(), table->by_name.end(),
              [&](uint32_t a, uint32_t b) { return table->accounts[a] < table->accounts[b]; });
    table_ = std::move(table);
  }
  blocks_ = blocks;
  return table_;
}

absl::StatusOr<uint64_t> SheetReader::Blocks() const {
  uint64_t blocks = 0;
  // The keys of blocks count down from here to here.
  RETURN_IF_ERROR(snapshot_.Scan(Table::kSheets, SheetBlockKey(~uint64_t{0}), AfterPrefix(SheetBlockKey(0)),
                                 [&](std::string_view key, std::string_view) {
                                   const auto block = ReadSheetBlockKey(key);
                                   if (block.has_value()) blocks = *block + 1;
                                   return !block.has_value();
                                 }));
  return blocks;
}

absl::StatusOr<std::string> SheetReader::Need(const std::string& key) const {
  ASSIGN_OR_RETURN(std::optional<std::string> value, snapshot_.Get(Table::kSheets, key));
  if (!value.has_value()) return Damaged("an entry");
  return *std::move(value);
}

absl::StatusOr<SheetBlock> SheetReader::Block(uint64_t block) const {
  ASSIGN_OR_RETURN(const std::string value, Need(SheetBlockKey(block)));
  SheetBlock read;
  if (!read.ParseFromString(value)) return Damaged(absl::StrCat("block ", block));
  return read;
}

absl::StatusOr<std::optional<SheetRun>> SheetReader::Run(const RunName& run) const {
  ASSIGN_OR_RETURN(const std::optional<std::string> value, snapshot_.Get(Table::kSheets, SheetRunKey(run)));
  if (!value.has_value()) return std::optional<SheetRun>();
  SheetRun read;
  if (!read.ParseFromString(*value) || read.last_days_size() == 0)
    return Damaged(absl::StrCat("run ", run.index, " of level ", run.level));
  return std::optional<SheetRun>(std::move(read));
}

absl::StatusOr<std::string> SheetReader::Segment(const RunName& run, uint32_t segment) const {
  return Need(SheetSegmentKey(run, segment));
}

absl::StatusOr<uint64_t> SheetReader::FirstBlock(
    uint64_t blocks, const std::function<bool(const SheetBlock&)>& is_beyond) const {
  uint64_t begin = 0;
  uint64_t end = blocks;
  while (begin < end) {
    const uint64_t middle = begin + (end - begin) / 2;
    ASSIGN_OR_RETURN(const SheetBlock block, Block(middle));
    if (is_beyond(block)) {
      end = middle;
    } else {
      begin = middle + 1;
    }
  }
  return begin;
}

// A run's days are in order: what lies before the last point at or before the day is in that point.
absl::StatusOr<bool> SheetReader::AddRun(const RunName& name, std::optional<int32_t> last_day,
                                         AccountSums* sums) const {
  ASSIGN_OR_RETURN(const std::optional<SheetRun> run, Run(name));
  if (!run.has_value()) return false;
  if (last_day.has_value() && run->first_day() > *last_day) return true;
  uint32_t segment = static_cast<uint32_t>(run->last_days_size()) - 1;
  if (last_day.has_value()) {
    while (segment > 0 && run->last_days(static_cast<int>(segment) - 1) > *last_day) --segment;
  }
  if (segment > 0) {
    ASSIGN_OR_RETURN(const std::string point, Need(SheetPointKey(name, segment)));
    RETURN_IF_ERROR(AddEntries(point, std::nullopt, sums));
  }
  ASSIGN_OR_RETURN(const std::string bytes, Segment(name, segment));
  RETURN_IF_ERROR(AddEntries(bytes, last_day, sums));
  return true;
}

absl::Status SheetReader::AddBlocks(uint64_t blocks, std::optional<int32_t> last_day, size_t accounts_max,
                                    AccountSums* sums) const {
  if (blocks == 0) return absl::OkStatus();
  ASSIGN_OR_RETURN(const SheetBlock last, Block(blocks - 1));
  if (last.accounts() > accounts_max) return Damaged("an account's name");
  sums->balances.resize(last.accounts());
  sums->present.resize(last.accounts());
  // The newest sheet in which nothing is later than the day.
  uint64_t whole = blocks;
  if (last_day.has_value()) {
    ASSIGN_OR_RETURN(
        whole, FirstBlock(blocks, [&](const SheetBlock& block) { return block.last_day() > *last_day; }));
  }
  uint64_t at = 0;
  if (whole > 0) {
    ASSIGN_OR_RETURN(const SheetBlock block, Block(whole - 1));
    at = block.sheet_blocks();
  }
  if (at > whole) return Damaged(absl::StrCat("block ", whole - 1));
  if (at > 0) {
    ASSIGN_OR_RETURN(const std::string sheet, Need(SheetKey(at)));
    RETURN_IF_ERROR(AddEntries(sheet, std::nullopt, sums));
  }
  while (at < blocks) {
    bool added = false;
    for (int level = options_.level_max; level >= 0 && !added; --level) {
      const uint64_t size = options_.BlocksOf(level);
      if (at % size != 0 || size > blocks - at) continue;
      ASSIGN_OR_RETURN(added, AddRun({level, at / size}, last_day, sums));
      if (added) at += size;
    }
    if (!added) return Damaged(absl::StrCat("the postings of block ", at));
  }
  return absl::OkStatus();
}

absl::StatusOr<books::Balances> SheetReader::Sum(Sequence last, std::optional<int32_t> last_day,
                                                 SheetAccountCache* cache) const {
  const Sequence end = std::min<Sequence>(last, snapshot_.head() - 1) + 1;
  ASSIGN_OR_RETURN(const uint64_t stored, Blocks());
  ASSIGN_OR_RETURN(const uint64_t blocks,
                   FirstBlock(stored, [&](const SheetBlock& block) { return block.last_sequence() >= end; }));
  auto answer = std::make_shared<Answer>();
  ASSIGN_OR_RETURN(answer->table, cache->Load(snapshot_, stored));
  AccountSums& sums = answer->sums;
  const AccountTable& table = *answer->table;
  RETURN_IF_ERROR(AddBlocks(blocks, last_day, table.accounts.size(), &sums));

  Sequence first = 0;
  if (blocks > 0) {
    ASSIGN_OR_RETURN(const SheetBlock block, Block(blocks - 1));
    first = block.last_sequence() + 1;
  }
  std::unordered_map<std::string, uint32_t> newer;
  std::string name;
  RETURN_IF_ERROR(ScanPostings(snapshot_, first, end, [&](Sequence, const storage::v1::Postings& postings) {
    for (const storage::v1::Posting& posting : postings.postings()) {
      if (last_day.has_value() && posting.day() > *last_day) continue;
      SetAccountName(posting, &name);
      auto found = table.numbers.find(name);
      if (found == table.numbers.end()) {
        const auto number = static_cast<uint32_t>(table.accounts.size() + newer.size());
        const auto [at, is_new] = newer.emplace(name, number);
        if (is_new) answer->newer.push_back(books::AccountOf(posting));
        found = at;
      }
      books::AddPosting(posting, sums.At(found->second));
    }
    return true;
  }));

  books::Balances balances;
  balances.rows.reserve(sums.balances.size());
  for (const uint32_t account : table.by_name) {
    if (account < sums.present.size() && sums.present[account])
      balances.rows.push_back({&table.accounts[account], &sums.balances[account]});
  }
  const auto behind = static_cast<std::ptrdiff_t>(balances.rows.size());
  for (size_t i = 0; i < answer->newer.size(); ++i)
    balances.rows.push_back({&answer->newer[i], &sums.balances[table.accounts.size() + i]});
  const auto by_name = [](const books::AccountBalance& a, const books::AccountBalance& b) {
    return *a.account < *b.account;
  };
  std::sort(balances.rows.begin() + behind, balances.rows.end(), by_name);
  std::inplace_merge(balances.rows.begin(), balances.rows.begin() + behind, balances.rows.end(), by_name);
  balances.storage = std::move(answer);
  return balances;
}

}  // namespace fundledger::engine
