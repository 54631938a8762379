#include "ledger/engine/index_check.h"

#include <algorithm>
#include <cstring>

#include "fundledger/storage/v1/entities.pb.h"
#include "ledger/base/status.h"
#include "ledger/crypto/digest.h"
#include "ledger/engine/layout.h"
#include "ledger/engine/mirror_mark.h"
#include "ledger/log/tile.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace fundledger::engine {
namespace {

using store::Table;
using store::TableName;

// Equal, whatever version of the serializer wrote `stored`: it holds the same message and nothing beside it.
template <typename Message>
bool HoldsSame(std::string_view stored, const Message& expected) {
  const std::string bytes = expected.SerializeAsString();
  if (stored == bytes) return true;
  Message parsed;
  return stored.size() == bytes.size() &&
         parsed.ParseFromArray(stored.data(), static_cast<int>(stored.size())) &&
         parsed.SerializeAsString() == bytes;
}

std::string Describe(const books::EntityKey& key) {
  const auto* field = storage::v1::Entity::descriptor()->FindFieldByNumber(static_cast<int>(key.kind));
  return absl::StrCat(field == nullptr ? "entity of no known kind" : field->name(), " \"",
                      absl::CHexEscape(key.id), "\"");
}

std::string DescribeKey(Table table, std::string_view key) {
  return absl::StrCat("table ", ToAbsl(TableName(table)), ", key \"", absl::CHexEscape(ToAbsl(key)), "\"");
}

}  // namespace

void Findings::Add(std::optional<Sequence> record, std::string_view reason, std::string message) {
  if (!is_full()) findings_->push_back({record, std::string(reason), std::move(message)});
}

IndexCheck::IndexCheck(const store::Snapshot& snapshot, Findings* findings)
    : snapshot_(snapshot), findings_(findings), salt_(crypto::RandomBytes(16)) {}

IndexCheck::Fingerprint IndexCheck::FingerprintOf(Table table, std::string_view key) const {
  const char table_byte = static_cast<char>(table);
  const Hash256 hash = crypto::Sha256({salt_, std::string_view(&table_byte, 1), key});
  Fingerprint fingerprint;
  std::copy_n(hash.bytes.begin(), fingerprint.size(), fingerprint.begin());
  return fingerprint;
}

void IndexCheck::Expect(Sequence record, Table table, const std::string& key, std::string_view value) {
  expected_.push_back(FingerprintOf(table, key));
  const auto stored = snapshot_.Get(table, key);
  if (!stored.ok()) {
    findings_->Add(record, "INDEX_UNREADABLE",
                   absl::StrCat(DescribeKey(table, key), ": ", stored.status().message()));
  } else if (!stored->has_value()) {
    findings_->Add(record, "INDEX_MISSING",
                   absl::StrCat(DescribeKey(table, key), ", which record ", record, " wrote, is gone"));
  } else if (**stored != value) {
    findings_->Add(record, "INDEX_ALTERED",
                   absl::StrCat(DescribeKey(table, key), " is not what record ", record, " wrote"));
  }
}

bool IndexCheck::IsExpected(Table table, std::string_view key) const {
  return std::binary_search(expected_.begin(), expected_.end(), FingerprintOf(table, key));
}

void IndexCheck::Scan(Table table, std::string_view begin, std::string_view end,
                      const std::function<bool(std::string_view key, std::string_view value)>& visit) {
  const absl::Status status = snapshot_.Scan(table, begin, end, visit);
  if (status.ok()) return;
  findings_->Add(std::nullopt, "INDEX_UNREADABLE",
                 absl::StrCat("table ", ToAbsl(TableName(table)), ": ", status.message()));
}

void IndexCheck::CheckRecord(const audit::Replay& replay) {
  const Sequence record = replay.size() - 1;
  const books::Effects& effects = replay.last_effects();
  for (const auto& [key, entity] : effects.entities) changed_by_[key] = record;
  CheckPostings(record, effects);
  for (const books::TrailKey& key : effects.trail)
    Expect(record, TrailTable(key), TrailStoreKey(key, record), "");
  const v1::Submission& submission = replay.last_admitted().submission();
  storage::v1::Request request;
  request.set_sequence(record);
  request.set_actions_hash(replay.last_admitted().actions_hash.str());
  Expect(record, Table::kRequests, RequestKey(submission.officer(), submission.request_id()),
         request.SerializeAsString());
}

void IndexCheck::CheckPostings(Sequence record, const books::Effects& effects) {
  storage::v1::Postings expected;
  expected.mutable_postings()->Add(effects.postings.begin(), effects.postings.end());
  size_t found = 0;
  bool same = true;
  Scan(Table::kPostings, SequenceKey(record), SequenceKey(record + 1),
       [&](std::string_view key, std::string_view value) {
         ++found;
         same = same && found == 1 && key == SequenceKey(record) && !effects.postings.empty() &&
                HoldsSame(value, expected);
         return same;
       });
  if (same && (found == 1) == !effects.postings.empty()) return;
  findings_->Add(record, same ? "INDEX_MISSING" : "INDEX_ALTERED",
                 absl::StrCat("table postings: those of record ", record, " are not the ",
                              effects.postings.size(), " that it gives"));
}

void IndexCheck::CheckEntities(const audit::Replay& replay) {
  std::map<std::string, const books::EntityMap::value_type*> by_store_key;
  for (const auto& each : replay.entities()) by_store_key.emplace(EntityStoreKey(each.first), &each);
  auto expected = by_store_key.begin();
  const auto end = by_store_key.end();
  const auto missing = [this](const books::EntityKey& key) {
    findings_->Add(changed_by_[key], "INDEX_MISSING",
                   absl::StrCat(Describe(key), " is gone from the entities"));
  };
  Scan(Table::kEntities, "", "", [&](std::string_view key, std::string_view value) {
    for (; expected != end && expected->first < key; ++expected) missing(expected->second->first);
    if (expected == end || expected->first != key) {
      findings_->Add(std::nullopt, "INDEX_EXTRA",
                     absl::StrCat(DescribeKey(Table::kEntities, key), " comes from no record"));
      return !findings_->is_full();
    }
    if (!HoldsSame(value, *expected->second->second)) {
      const Sequence record = changed_by_[expected->second->first];
      findings_->Add(
          record, "INDEX_ALTERED",
          absl::StrCat(Describe(expected->second->first), " is not as record ", record, " left it"));
    }
    ++expected;
    return !findings_->is_full();
  });
  for (; expected != end && !findings_->is_full(); ++expected) missing(expected->second->first);
}

void IndexCheck::FindExtraTrail(Table table, uint64_t replayed, uint64_t total) {
  Scan(table, "", "", [&](std::string_view key, std::string_view) {
    const auto name = ReadTrailKey(table, key);
    const bool is_judged = !name.has_value() || name->sequence < replayed || name->sequence >= total;
    if (is_judged && !IsExpected(table, key)) {
      findings_->Add(name.has_value() ? std::optional<Sequence>(name->sequence) : std::nullopt, "INDEX_EXTRA",
                     absl::StrCat(DescribeKey(table, key), " comes from no record"));
    }
    return !findings_->is_full();
  });
}

void IndexCheck::FindExtraRequests(uint64_t replayed, bool complete) {
  Scan(Table::kRequests, "", "", [&](std::string_view key, std::string_view value) {
    storage::v1::Request request;
    const bool is_read = request.ParseFromArray(value.data(), static_cast<int>(value.size()));
    const bool is_judged = complete || !is_read || request.sequence() < replayed;
    if (is_judged && !IsExpected(Table::kRequests, key)) {
      findings_->Add(is_read ? std::optional<Sequence>(request.sequence()) : std::nullopt, "INDEX_EXTRA",
                     absl::StrCat(DescribeKey(Table::kRequests, key), " comes from no record"));
    }
    return !findings_->is_full();
  });
}

void IndexCheck::FindExtraPostings(uint64_t total) {
  // Below `total`, each record's own were compared, whatever the rest of their keys.
  Scan(Table::kPostings, SequenceKey(total), "", [&](std::string_view key, std::string_view) {
    findings_->Add(std::nullopt, "INDEX_EXTRA",
                   absl::StrCat(DescribeKey(Table::kPostings, key), " comes from no record"));
    return !findings_->is_full();
  });
}

void IndexCheck::FindExtraTiles(uint64_t total) {
  Scan(Table::kTiles, "", "", [&](std::string_view key, std::string_view) {
    const auto name = ReadTileKey(key);
    const bool is_full_tile = name.has_value() && name->level < 64 / log::kLevelsPerTile - 1 &&
                              name->index < total >> (log::kLevelsPerTile * (name->level + 1));
    if (!is_full_tile) {
      findings_->Add(
          std::nullopt, "INDEX_EXTRA",
          absl::StrCat(DescribeKey(Table::kTiles, key), " is no full tile of ", total, " records"));
    }
    return !findings_->is_full();
  });
}

void IndexCheck::CheckTile(int level, uint64_t index, std::string_view hashes) {
  const Sequence first = index << (8 * (level + 1));  // the first record below it
  const auto stored = snapshot_.Get(Table::kTiles, TileKey(level, index));
  if (stored.ok() && stored->has_value() && **stored == hashes) return;
  const std::string name =
      absl::StrCat("tile ", index, " of level ", level, ", from record ", first, " on, ");
  if (!stored.ok()) {
    findings_->Add(first, "INDEX_UNREADABLE",
                   absl::StrCat(name, "cannot be read: ", stored.status().message()));
  } else if (!stored->has_value()) {
    findings_->Add(first, "INDEX_MISSING", absl::StrCat(name, "is gone"));
  } else {
    size_t at = 0;
    while (at < hashes.size() && at < (*stored)->size() && (**stored)[at] == hashes[at]) ++at;
    const Sequence record = first + ((at / 32) << (8 * level));
    findings_->Add(record, "INDEX_ALTERED", absl::StrCat(name, "does not hold the hash of record ", record));
  }
}

void IndexCheck::CheckMeta(std::string_view origin) {
  bool found = false;
  Scan(Table::kMeta, "", "", [&](std::string_view key, std::string_view value) {
    storage::v1::Meta expected;
    expected.set_schema_version(kSchemaVersion);
    expected.set_origin(std::string(origin));
    found = found || key == kMetaKey;
    if (key == kMirrorKey && ReadMirrorMark(snapshot_).ok()) return true;
    if (key != kMetaKey || !HoldsSame(value, expected)) {
      findings_->Add(
          std::nullopt, "META_WRONG",
          absl::StrCat(DescribeKey(Table::kMeta, key), " is not what this ledger's creation wrote"));
    }
    return !findings_->is_full();
  });
  if (!found) findings_->Add(std::nullopt, "META_WRONG", "the store does not say of which schema it is");
}

void IndexCheck::CheckRest(const audit::Replay& replay, uint64_t total, bool complete) {
  std::sort(expected_.begin(), expected_.end());
  if (complete) CheckEntities(replay);
  for (const Table table : kTrailTables) FindExtraTrail(table, replay.size(), total);
  FindExtraRequests(replay.size(), complete);
  FindExtraPostings(total);
}

}  // namespace fundledger::engine
