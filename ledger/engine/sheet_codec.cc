#include "ledger/engine/sheet_codec.h"

#include <limits>

namespace fundledger::engine {
namespace {

using Wide = unsigned __int128;
// More than 2^31 postings of 64 bits sum to; amounts below it can be added up without a thought.
constexpr int kAmountBits = 98;

void AppendVarint(Wide value, std::string* out) {
  for (; value >= 0x80; value >>= 7) out->push_back(static_cast<char>(static_cast<uint8_t>(value) | 0x80));
  out->push_back(static_cast<char>(value));
}

Wide ZigZag(__int128 value) {
  return (static_cast<Wide>(value) << 1) ^ static_cast<Wide>(value >> 127);
}

__int128 UnZigZag(Wide value) {
  return static_cast<__int128>((value >> 1) ^ (~(value & 1) + 1));
}

}  // namespace

void SheetEncoder::Add(const SheetEntry& entry) {
  if (count_of_day_ > 0 && entry.day != day_) EndDay();
  day_ = entry.day;
  AppendVarint(static_cast<Wide>(entry.account - account_before_), &entries_of_day_);
  account_before_ = entry.account;
  uint32_t columns = 0;
  for (size_t i = 0; i < books::kColumns; ++i) columns |= (entry.balance[i] != 0 ? 1u : 0u) << i;
  AppendVarint(columns, &entries_of_day_);
  __int128 before = 0;
  for (const __int128 amount : entry.balance) {
    if (amount == 0) continue;
    AppendVarint(ZigZag(amount + before), &entries_of_day_);
    before = amount;
  }
  ++count_of_day_;
  ++entries_;
}

void SheetEncoder::EndDay() {
  if (count_of_day_ == 0) return;
  AppendVarint(ZigZag(static_cast<__int128>(day_) - day_before_), &bytes_);
  AppendVarint(count_of_day_, &bytes_);
  bytes_.append(entries_of_day_);
  entries_of_day_.clear();
  day_before_ = day_;
  count_of_day_ = 0;
  account_before_ = -1;
}

std::string SheetEncoder::Finish() {
  EndDay();
  std::string bytes = std::move(bytes_);
  *this = SheetEncoder();
  return bytes;
}

std::string EncodeBalances(const std::vector<books::Balance>& balances, const std::vector<bool>& present) {
  SheetEncoder encoder;
  for (size_t account = 0; account < balances.size(); ++account) {
    if (present[account]) encoder.Add({0, static_cast<uint32_t>(account), balances[account]});
  }
  return encoder.Finish();
}

bool SheetDecoder::Fail() {
  is_damaged_ = true;
  at_ = end_;
  left_of_day_ = 0;
  return false;
}

bool SheetDecoder::Read(uint64_t* value) {
  uint64_t result = 0;
  for (int shift = 0; at_ != end_ && shift < 63; shift += 7) {
    const auto byte = static_cast<uint8_t>(*at_++);
    result |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) {
      *value = result;
      return true;
    }
  }
  return false;
}

bool SheetDecoder::ReadWide(Wide* value) {
  // Up to 63 bits, as amounts nearly always are.
  const char* const begin = at_;
  uint64_t narrow = 0;
  if (Read(&narrow)) {
    *value = narrow;
    return true;
  }
  at_ = begin;
  Wide result = 0;
  for (int shift = 0; at_ != end_ && shift < kAmountBits; shift += 7) {
    const auto byte = static_cast<uint8_t>(*at_++);
    result |= static_cast<Wide>(byte & 0x7f) << shift;
    if (byte < 0x80) {
      *value = result;
      return true;
    }
  }
  return false;
}

bool SheetDecoder::ReadDay() {
  uint64_t delta = 0;
  if (!Read(&delta) || !Read(&left_of_day_) || left_of_day_ == 0) return Fail();
  const int64_t day = day_ + static_cast<int64_t>((delta >> 1) ^ (~(delta & 1) + 1));
  if ((has_day_ && day <= day_) || day < std::numeric_limits<int32_t>::min() ||
      day > std::numeric_limits<int32_t>::max()) {
    return Fail();
  }
  day_ = day;
  has_day_ = true;
  account_ = -1;
  return true;
}

bool SheetDecoder::Next() {
  if (left_of_day_ == 0 && (at_ == end_ || !ReadDay())) return false;
  --left_of_day_;
  uint64_t step = 0;
  uint64_t columns = 0;
  if (!Read(&step) || !Read(&columns) || step == 0 || step > std::numeric_limits<uint32_t>::max() ||
      columns >> books::kColumns != 0) {
    return Fail();
  }
  account_ += static_cast<int64_t>(step);
  if (account_ > std::numeric_limits<uint32_t>::max()) return Fail();
  __int128 before = 0;
  for (count_ = 0; columns != 0; columns &= columns - 1) {
    Wide amount = 0;
    if (!ReadWide(&amount)) return Fail();
    before = UnZigZag(amount) - before;
    columns_[count_] = static_cast<uint8_t>(__builtin_ctzll(columns));
    amounts_[count_++] = before;
  }
  return true;
}

}  // namespace fundledger::engine
