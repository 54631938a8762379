// Where C2SP tlog-tiles puts tiles, and how an entry tile holds records: the same over HTTP and in a
// directory. Pure; nothing here reads or writes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/log/tile.h"

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace fundledger::log {

// A tile, or a part of one, that a reader asks for.
struct TileAddress {
  bool is_entries = false;  // of records; otherwise of hashes
  int level = 0;            // of hashes: 0 to 7, which is as high as a tree of 2^63 leaves has tiles
  uint64_t index = 0;
  uint64_t width = kTileWidth;  // 256: the full tile; 1 to 255: its first so many

  bool operator==(const TileAddress&) const = default;
};

// tile/0/x001/x234/067, and with .p/W behind where `width` is less than kTileWidth.
std::string TilePath(int level, uint64_t index, uint64_t width);
// tile/entries/x001/x234/067, likewise.
std::string EntriesPath(uint64_t index, uint64_t width);
std::string TilePath(const TileAddress& address);
// Nothing unless `path` is exactly what TilePath gives: one path a tile, so that no cache keeps it twice.
std::optional<TileAddress> ParseTilePath(std::string_view path);

// How many leaves, or hashes of a level, the tile `index` holds in a tree of `size` leaves; 0: there is none.
uint64_t TileWidthAt(int level, uint64_t index, uint64_t size);

// Adds a record of at most kMaxRecordBytes to an entry tile: 16-bit big-endian length ‖ record.
void AppendEntry(std::string_view record, std::string* tile);
// The records of an entry tile; they point into `tile`. DATA_LOSS, reason ENTRY_TILE_MALFORMED, unless the
// bytes are exactly `width` entries.
absl::StatusOr<std::vector<std::string_view>> SplitEntries(std::string_view tile, uint64_t width);

// Those at its beginning, at most `width`, for whoever wants to say what is wrong with the rest.
std::vector<std::string_view> LeadingEntries(std::string_view tile, uint64_t width);

}  // namespace fundledger::log
