#include "ledger/log/tile_layout.h"

#include <algorithm>

#include "ledger/base/bytes.h"
#include "ledger/base/status.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"

namespace fundledger::log {
namespace {

constexpr int kLevels = 8;
// 18 digits: more than a tree of 2^63 leaves has tiles, and no overflow.
constexpr size_t kGroupsMax = 6;

// 1234067 as x001/x234/067.
std::string NumberPath(uint64_t number) {
  std::string path = absl::StrFormat("%03d", number % 1000);
  for (number /= 1000; number > 0; number /= 1000) path = absl::StrFormat("x%03d/%s", number % 1000, path);
  return path;
}

std::string PathOf(std::string_view kind, uint64_t index, uint64_t width) {
  std::string path = absl::StrCat("tile/", ToAbsl(kind), "/", NumberPath(index));
  if (width < kTileWidth) absl::StrAppend(&path, ".p/", width);
  return path;
}

// Digits alone; whether they stand as they should, the comparison at the end says.
std::optional<uint64_t> Number(absl::string_view digits) {
  uint64_t number = 0;
  if (digits.empty() || digits.find_first_not_of("0123456789") != absl::string_view::npos)
    return std::nullopt;
  if (!absl::SimpleAtoi(digits, &number)) return std::nullopt;
  return number;
}

std::optional<uint64_t> ReadIndex(const std::vector<absl::string_view>& groups, size_t begin, size_t end) {
  if (begin >= end || end - begin > kGroupsMax) return std::nullopt;
  uint64_t index = 0;
  for (size_t i = begin; i < end; ++i) {
    absl::string_view group = groups[i];
    if (i + 1 < end) {
      if (group.empty() || group[0] != 'x') return std::nullopt;
      group.remove_prefix(1);
    }
    const std::optional<uint64_t> value = group.size() == 3 ? Number(group) : std::nullopt;
    if (!value.has_value()) return std::nullopt;
    index = index * 1000 + *value;
  }
  return index;
}

}  // namespace

std::string TilePath(int level, uint64_t index, uint64_t width) {
  return PathOf(std::to_string(level), index, width);
}

std::string EntriesPath(uint64_t index, uint64_t width) {
  return PathOf("entries", index, width);
}

std::string TilePath(const TileAddress& address) {
  return address.is_entries ? EntriesPath(address.index, address.width)
                            : TilePath(address.level, address.index, address.width);
}

std::optional<TileAddress> ParseTilePath(std::string_view path) {
  std::vector<absl::string_view> parts = absl::StrSplit(ToAbsl(path), '/');
  if (parts.size() < 3) return std::nullopt;
  TileAddress address;
  if (parts[1] == "entries") {
    address.is_entries = true;
  } else {
    const std::optional<uint64_t> level = Number(parts[1]);
    if (!level.has_value() || *level >= kLevels) return std::nullopt;
    address.level = static_cast<int>(*level);
  }
  size_t end = parts.size();
  if (absl::string_view& last_group = parts[end - 2];
      last_group.size() > 2 && last_group.substr(last_group.size() - 2) == ".p") {
    last_group.remove_suffix(2);
    const std::optional<uint64_t> width = Number(parts[--end]);
    if (!width.has_value() || *width == 0 || *width >= kTileWidth) return std::nullopt;
    address.width = *width;
  }
  const std::optional<uint64_t> index = ReadIndex(parts, 2, end);
  if (!index.has_value()) return std::nullopt;
  address.index = *index;
  if (TilePath(address) != path) return std::nullopt;
  return address;
}

uint64_t TileWidthAt(int level, uint64_t index, uint64_t size) {
  const uint64_t hashes = level >= kLevels ? 0 : size >> (8 * level);
  if (index > hashes / kTileWidth) return 0;
  return std::min(kTileWidth, hashes - index * kTileWidth);
}

void AppendEntry(std::string_view record, std::string* tile) {
  AppendBigEndian16(static_cast<uint16_t>(record.size()), tile);
  tile->append(record);
}

std::vector<std::string_view> LeadingEntries(std::string_view tile, uint64_t width) {
  std::vector<std::string_view> records;
  while (tile.size() >= 2 && records.size() < width) {
    const size_t bytes = ReadBigEndian16(tile);
    if (tile.size() - 2 < bytes) break;
    records.push_back(tile.substr(2, bytes));
    tile.remove_prefix(2 + bytes);
  }
  return records;
}

absl::StatusOr<std::vector<std::string_view>> SplitEntries(std::string_view tile, uint64_t width) {
  std::vector<std::string_view> records = LeadingEntries(tile, width);
  size_t bytes = 0;
  for (const std::string_view record : records) bytes += 2 + record.size();
  if (bytes == tile.size() && records.size() == width) return records;
  return Refuse(absl::StatusCode::kDataLoss, "ENTRY_TILE_MALFORMED",
                absl::StrCat("an entry tile of ", width, " records holds ", records.size(), " and ",
                             tile.size() - bytes, " bytes that are none"));
}

}  // namespace fundledger::log
