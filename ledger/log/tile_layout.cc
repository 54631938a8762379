#include "ledger/log/tile_layout.h"

#include <algorithm>

#include "ledger/base/bytes.h"
#include "ledger/base/status.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace fundledger::log {
namespace {

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

}  // namespace

std::string TilePath(int level, uint64_t index, uint64_t width) {
  return PathOf(std::to_string(level), index, width);
}

std::string EntriesPath(uint64_t index, uint64_t width) {
  return PathOf("entries", index, width);
}

uint64_t TileWidthAt(int level, uint64_t index, uint64_t size) {
  const uint64_t hashes = level >= 8 ? 0 : size >> (8 * level);
  if (index > hashes / kTileWidth) return 0;
  return std::min(kTileWidth, hashes - index * kTileWidth);
}

void AppendEntry(std::string_view record, std::string* tile) {
  AppendBigEndian16(static_cast<uint16_t>(record.size()), tile);
  tile->append(record);
}

absl::StatusOr<std::vector<std::string_view>> SplitEntries(std::string_view tile, uint64_t width) {
  std::vector<std::string_view> records;
  std::string_view rest = tile;
  while (rest.size() >= 2 && records.size() < width) {
    const size_t bytes = ReadBigEndian16(rest);
    if (rest.size() - 2 < bytes) break;
    records.push_back(rest.substr(2, bytes));
    rest.remove_prefix(2 + bytes);
  }
  if (rest.empty() && records.size() == width) return records;
  return Refuse(absl::StatusCode::kDataLoss, "ENTRY_TILE_MALFORMED",
                absl::StrCat("an entry tile of ", width, " records holds ", records.size(), " and ",
                             rest.size(), " bytes that are none"));
}

}  // namespace fundledger::log
