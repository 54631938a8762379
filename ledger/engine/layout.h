// Where things stand in the store: keys and values of docs/key-schema.md, and nothing else. Keys sort as
// people and scans want them: integers are big-endian, and no key is a prefix of one that means something
// else.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "fundledger/storage/v1/entities.pb.h"
#include "ledger/base/hash256.h"
#include "ledger/books/keys.h"
#include "ledger/books/reader.h"
#include "ledger/store/store.h"

#include "absl/status/statusor.h"

namespace fundledger::engine {

// Version of the key schema that this code writes and reads.
inline constexpr uint32_t kSchemaVersion = 3;
// The one key of the table meta; its value is a fundledger.storage.v1.Meta.
inline constexpr std::string_view kMetaKey = "meta";

// Tables records, postings, checkpoints and attestations.
std::string SequenceKey(Sequence sequence);
std::optional<Sequence> ReadSequenceKey(std::string_view key);

struct TileName {
  int level = 0;
  uint64_t index = 0;
};
std::string TileKey(int level, uint64_t index);
std::optional<TileName> ReadTileKey(std::string_view key);

std::string EntityStoreKey(const books::EntityKey& key);
// Strict: the body is that of `kind`. DATA_LOSS, reason ENTITY_DAMAGED.
absl::StatusOr<books::EntityPtr> ReadEntity(const books::EntityKey& key, std::string_view value);

// Table sheets. Keys of blocks count down, so that the newest is the first.
std::string SheetBlockKey(uint64_t block);
std::string SheetAccountsKey(uint64_t block);
std::string SheetKey(uint64_t blocks);
// A run: the `index`-th of its level.
struct RunName {
  int level = 0;
  uint64_t index = 0;
};
std::string SheetRunKey(const RunName& run);
std::string SheetSegmentKey(const RunName& run, uint32_t segment);
std::string SheetPointKey(const RunName& run, uint32_t segment);
// Nothing if the key is not that of a block.
std::optional<uint64_t> ReadSheetBlockKey(std::string_view key);

// The tables that hold trails, and which of them holds one.
inline constexpr store::Table kTrailTables[] = {store::Table::kTrail, store::Table::kDocuments};
store::Table TrailTable(const books::TrailKey& key);
// Ids may hold any byte, so their length stands before them; those of documents are all of one length.
std::string TrailStoreKey(const books::TrailKey& key, Sequence sequence);
struct TrailName {
  books::TrailKey key;
  Sequence sequence = 0;
};
std::optional<TrailName> ReadTrailKey(store::Table table, std::string_view key);

std::string RequestKey(std::string_view officer, std::string_view request_id);

// The least key above every key that begins with `prefix`; empty (no limit) if there is none.
std::string AfterPrefix(std::string_view prefix);

}  // namespace fundledger::engine
