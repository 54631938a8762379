#include "ledger/engine/index_sums.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "ledger/base/bytes.h"
#include "ledger/base/ordered_work.h"
#include "ledger/engine/layout.h"

namespace fundledger::engine {
namespace {

using store::Table;

constexpr Table kSummedTables[] = {Table::kPostings, Table::kTrail, Table::kDocuments, Table::kRequests,
                                   Table::kEntities};
constexpr uint64_t kPieces = 16;  // of a table or of the entities, for as many threads as there may be
constexpr size_t kPiecesInFlight = 32;

// A part of the work. One sum is of what is stored, the other of what is expected.
struct Piece {
  std::function<bool(crypto::KeyedSum* sum)> add;  // false: it could not be read
  bool is_stored = false;
  bool is_read = false;
  crypto::KeyedSum sum;
};

// Keys between which a table of `records` records falls into pieces of like size, as far as its keys tell;
// the first and last are the open ends.
std::vector<std::string> Borders(Table table, uint64_t records) {
  std::vector<std::string> borders = {""};
  for (uint64_t i = 1; i < kPieces; ++i) {
    if (table == Table::kPostings) {
      borders.push_back(SequenceKey(records / kPieces * i));
    } else if (table == Table::kRequests || table == Table::kDocuments) {
      borders.push_back(std::string(1, static_cast<char>(256 / kPieces * i)));
    } else {
      borders.push_back(std::string(1, static_cast<char>(i)));  // a dimension or kind
    }
  }
  borders.emplace_back("");
  return borders;
}

}  // namespace

IndexSums::IndexSums(const store::Snapshot& snapshot) : snapshot_(snapshot) {}

// The key's length stands before it, so that no other key and value give the same bytes.
crypto::Hash128 IndexSums::HashOf(Table table, std::string_view key, std::string_view value,
                                  std::string* scratch) const {
  scratch->assign(1, static_cast<char>(table));
  AppendBigEndian32(static_cast<uint32_t>(key.size()), scratch);
  scratch->append(key).append(value);
  return crypto::SipHash(salt_, *scratch);
}

void IndexSums::AddRecord(const audit::Replay& replay) {
  const Sequence record = replay.size() - 1;
  const auto add = [this](Table table, std::string_view key, std::string_view value) {
    expected_.Add(HashOf(table, key, value, &scratch_));
  };
  const books::Effects& effects = replay.last_effects();
  if (!effects.postings.empty()) {
    storage::v1::Postings postings;
    postings.mutable_postings()->Add(effects.postings.begin(), effects.postings.end());
    add(Table::kPostings, SequenceKey(record), postings.SerializeAsString());
  }
  for (const books::TrailKey& key : effects.trail) add(TrailTable(key), TrailStoreKey(key, record), "");
  const v1::Submission& submission = replay.last_admitted().submission();
  storage::v1::Request request;
  request.set_sequence(record);
  request.set_actions_hash(replay.last_admitted().actions_hash.str());
  add(Table::kRequests, RequestKey(submission.officer(), submission.request_id()),
      request.SerializeAsString());
}

bool IndexSums::HoldsAll(audit::Replay* replay, size_t threads) const {
  crypto::KeyedSum stored;
  crypto::KeyedSum expected = expected_;
  bool is_read = true;
  const auto take = [&](Piece* piece) {
    is_read = is_read && piece->is_read;
    (piece->is_stored ? stored : expected).Add(piece->sum);
  };
  OrderedWork<Piece> work(
      threads, threads == 1 ? 1 : kPiecesInFlight,
      [](Piece* piece) { piece->is_read = piece->add(&piece->sum); }, take);
  const auto push = [&work](bool is_stored, std::function<bool(crypto::KeyedSum * sum)> add) {
    auto piece = std::make_unique<Piece>();
    piece->is_stored = is_stored;
    piece->add = std::move(add);
    work.Push(std::move(piece));
  };
  for (const Table table : kSummedTables) {
    const std::vector<std::string> borders = Borders(table, replay->size());
    for (size_t i = 0; i + 1 < borders.size(); ++i) {
      push(true, [this, table, begin = borders[i], end = borders[i + 1]](crypto::KeyedSum* sum) {
        std::string scratch;
        const auto visit = [&](std::string_view key, std::string_view value) {
          sum->Add(HashOf(table, key, value, &scratch));
          return true;
        };
        return snapshot_.Scan(table, begin, end, visit).ok();
      });
    }
  }
  books::EntityMap books = replay->TakeEntities();
  std::vector<books::EntityMap::value_type*> entities;
  entities.reserve(books.size());
  for (auto& each : books) entities.push_back(&each);
  const size_t piece_entities = entities.size() / kPieces + 1;
  for (size_t begin = 0; begin < entities.size(); begin += piece_entities) {
    const size_t end = std::min(begin + piece_entities, entities.size());
    push(false, [this, &entities, begin, end](crypto::KeyedSum* sum) {
      std::string scratch;
      std::string value;
      for (size_t i = begin; i < end; ++i) {
        auto& [key, entity] = *entities[i];
        entity->SerializeToString(&value);
        // Given back here: by all threads, and while it is in their caches.
        entity.reset();
        sum->Add(HashOf(Table::kEntities, EntityStoreKey(key), value, &scratch));
      }
      return true;
    });
  }
  work.Finish();
  return is_read && stored == expected;
}

}  // namespace fundledger::engine
