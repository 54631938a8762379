// Bytes of sums by business day and account, as sheets hold them. Pure.
//
//   bytes  = { day entries }          days ascending, each once
//   day    = zigzag(day - day before, 0 at first) count entry…
//   entry  = (account - account before, -1 at first) columns amount…      accounts ascending within a day
//   amount = zigzag(amount + amount before, 0 at first)                   one for each bit of columns, from
//   the lowest
//
// Numbers are varints of 7 bits a byte, lowest first, amounts up to 98 bits; `columns` has bit books::Column
// of each amount that is not zero. An amount is written with the one before it added, for most movements take
// from one column what they give to another. A sheet or point, which knows no days, is one day, 0.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/books/accounts.h"

namespace fundledger::engine {

struct SheetEntry {
  int32_t day = 0;
  uint32_t account = 0;
  books::Balance balance{};
};

// Entries in the order of day and account, each once.
class SheetEncoder {
 public:
  void Add(const SheetEntry& entry);
  size_t entries() const { return entries_; }
  // The bytes so far; starts anew.
  std::string Finish();

 private:
  void EndDay();

  std::string bytes_;
  std::string entries_of_day_;
  size_t count_of_day_ = 0;
  size_t entries_ = 0;
  int32_t day_ = 0;
  int32_t day_before_ = 0;
  int64_t account_before_ = -1;
};

// All balances of accounts that were posted on, without days. `present` is of the same length.
std::string EncodeBalances(const std::vector<books::Balance>& balances, const std::vector<bool>& present);

// Reads one entry at a time. `bytes` must outlive it.
class SheetDecoder {
 public:
  explicit SheetDecoder(std::string_view bytes) : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  // False at the end, or at damage.
  bool Next();
  bool is_damaged() const { return is_damaged_; }

  int32_t day() const { return static_cast<int32_t>(day_); }
  uint32_t account() const { return static_cast<uint32_t>(account_); }
  void AddTo(books::Balance* balance) const {
    for (size_t i = 0; i < count_; ++i) (*balance)[columns_[i]] += amounts_[i];
  }

 private:
  bool Fail();
  bool ReadDay();
  bool Read(uint64_t* value);
  bool ReadWide(unsigned __int128* value);

  const char* at_;
  const char* end_;
  bool is_damaged_ = false;
  uint64_t left_of_day_ = 0;
  int64_t day_ = 0;
  bool has_day_ = false;
  int64_t account_ = -1;
  size_t count_ = 0;
  uint8_t columns_[books::kColumns] = {};
  __int128 amounts_[books::kColumns] = {};
};

}  // namespace fundledger::engine
