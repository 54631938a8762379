#include "ledger/engine/layout.h"

#include "ledger/base/bytes.h"
#include "ledger/base/status.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace fundledger::engine {
namespace {

constexpr size_t kSequenceBytes = 8;
constexpr size_t kTrailHeadBytes = 1 + 2;

constexpr char kBlockKind = 1;
constexpr char kSheetKind = 2;
constexpr char kRunKind = 3;
constexpr char kSegmentKind = 4;
constexpr char kPointKind = 5;
constexpr char kAccountsKind = 6;

std::string RunKey(char kind, const RunName& run) {
  std::string key(1, kind);
  key.push_back(static_cast<char>(run.level));
  AppendBigEndian64(run.index, &key);
  return key;
}

absl::Status Damaged(const books::EntityKey& key, std::string_view why) {
  return Refuse(
      absl::StatusCode::kDataLoss, "ENTITY_DAMAGED",
      absl::StrCat("the entity ", absl::CHexEscape(key.id), " of kind ", static_cast<int>(key.kind), " ",
                   ToAbsl(why), ": verify the ledger and restore it from a backup or a mirror"));
}

}  // namespace

std::string SequenceKey(Sequence sequence) {
  std::string key;
  AppendBigEndian64(sequence, &key);
  return key;
}

std::optional<Sequence> ReadSequenceKey(std::string_view key) {
  if (key.size() != kSequenceBytes) return std::nullopt;
  return ReadBigEndian64(key);
}

std::string TileKey(int level, uint64_t index) {
  std::string key(1, static_cast<char>(level));
  AppendBigEndian64(index, &key);
  return key;
}

std::optional<TileName> ReadTileKey(std::string_view key) {
  if (key.size() != 1 + kSequenceBytes) return std::nullopt;
  return TileName{static_cast<uint8_t>(key[0]), ReadBigEndian64(key.substr(1))};
}

std::string EntityStoreKey(const books::EntityKey& key) {
  return absl::StrCat(std::string(1, static_cast<char>(key.kind)), key.id);
}

absl::StatusOr<books::EntityPtr> ReadEntity(const books::EntityKey& key, std::string_view value) {
  auto entity = std::make_shared<storage::v1::Entity>();
  if (!entity->ParseFromArray(value.data(), static_cast<int>(value.size())))
    return Damaged(key, "cannot be read");
  // Numbers of kinds and of the fields in Entity.body are the same.
  if (static_cast<int>(entity->body_case()) != static_cast<int>(key.kind))
    return Damaged(key, "is of another kind");
  return books::EntityPtr(std::move(entity));
}

std::string SheetBlockKey(uint64_t block) {
  std::string key(1, kBlockKind);
  AppendBigEndian64(~block, &key);
  return key;
}

std::optional<uint64_t> ReadSheetBlockKey(std::string_view key) {
  if (key.size() != 1 + kSequenceBytes || key[0] != kBlockKind) return std::nullopt;
  return ~ReadBigEndian64(key.substr(1));
}

std::string SheetAccountsKey(uint64_t block) {
  std::string key(1, kAccountsKind);
  AppendBigEndian64(block, &key);
  return key;
}

std::string SheetKey(uint64_t blocks) {
  std::string key(1, kSheetKind);
  AppendBigEndian64(blocks, &key);
  return key;
}

std::string SheetRunKey(const RunName& run) {
  return RunKey(kRunKind, run);
}

std::string SheetSegmentKey(const RunName& run, uint32_t segment) {
  std::string key = RunKey(kSegmentKind, run);
  AppendBigEndian32(segment, &key);
  return key;
}

std::string SheetPointKey(const RunName& run, uint32_t segment) {
  std::string key = RunKey(kPointKind, run);
  AppendBigEndian32(segment, &key);
  return key;
}

store::Table TrailTable(const books::TrailKey& key) {
  return key.dimension == books::TrailDimension::kDocument ? store::Table::kDocuments : store::Table::kTrail;
}

std::string TrailStoreKey(const books::TrailKey& key, Sequence sequence) {
  std::string bytes;
  bytes.reserve(kTrailHeadBytes + key.id.size() + kSequenceBytes);
  if (TrailTable(key) == store::Table::kTrail) {
    bytes.push_back(static_cast<char>(key.dimension));
    AppendBigEndian16(static_cast<uint16_t>(key.id.size()), &bytes);
  }
  bytes.append(key.id);
  AppendBigEndian64(sequence, &bytes);
  return bytes;
}

std::optional<TrailName> ReadTrailKey(store::Table table, std::string_view key) {
  if (table == store::Table::kDocuments) {
    if (key.size() != books::kDocumentIdBytes + kSequenceBytes) return std::nullopt;
    return TrailName{{books::TrailDimension::kDocument, std::string(key.substr(0, books::kDocumentIdBytes))},
                     ReadBigEndian64(key.substr(books::kDocumentIdBytes))};
  }
  if (key.size() < kTrailHeadBytes + kSequenceBytes) return std::nullopt;
  const size_t id_bytes = ReadBigEndian16(key.substr(1));
  if (key.size() != kTrailHeadBytes + id_bytes + kSequenceBytes) return std::nullopt;
  TrailName name;
  name.key.dimension = static_cast<books::TrailDimension>(key[0]);
  name.key.id = std::string(key.substr(kTrailHeadBytes, id_bytes));
  name.sequence = ReadBigEndian64(key.substr(kTrailHeadBytes + id_bytes));
  return name;
}

std::string RequestKey(std::string_view officer, std::string_view request_id) {
  std::string key(officer);  // an id, which holds no zero byte
  key.push_back('\0');
  key.append(request_id);
  return key;
}

std::string AfterPrefix(std::string_view prefix) {
  std::string after(prefix);
  while (!after.empty() && static_cast<uint8_t>(after.back()) == 0xff) after.pop_back();
  if (!after.empty()) after.back() = static_cast<char>(static_cast<uint8_t>(after.back()) + 1);
  return after;
}

}  // namespace fundledger::engine
