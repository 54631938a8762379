// Where C2SP tlog-tiles puts tiles, and how an entry tile holds records: the same over HTTP and in a
// directory. Pure; nothing here reads or writes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/log/tile.h"

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace fundledger::log {

// tile/0/x001/x234/067, and with .p/W behind where `width` is less than kTileWidth.
std::string TilePath(int level, uint64_t index, uint64_t width);
// tile/entries/x001/x234/067, likewise.
std::string EntriesPath(uint64_t index, uint64_t width);

// How many leaves, or hashes of a level, the tile `index` holds in a tree of `size` leaves; 0: there is none.
uint64_t TileWidthAt(int level, uint64_t index, uint64_t size);

// Adds a record of at most kMaxRecordBytes to an entry tile: 16-bit big-endian length ‖ record.
void AppendEntry(std::string_view record, std::string* tile);
// The records of an entry tile; they point into `tile`. DATA_LOSS, reason ENTRY_TILE_MALFORMED, unless the
// bytes are exactly `width` entries.
absl::StatusOr<std::vector<std::string_view>> SplitEntries(std::string_view tile, uint64_t width);

}  // namespace fundledger::log
