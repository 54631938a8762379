#include "ledger/engine/chain_scan.h"

#include <algorithm>

#include "ledger/base/ordered_work.h"
#include "ledger/crypto/digest.h"
#include "ledger/engine/layout.h"

namespace fundledger::engine {
namespace {

constexpr uint64_t kPieceRecords = 1024;
constexpr size_t kPiecesPerThread = 4;

struct Piece {
  Sequence first = 0;
  Sequence end = 0;
  absl::Status status;
  std::vector<ChainLink> links;
  std::vector<std::string> strays;
};

ChainLink LinkOf(std::string_view bytes) {
  ChainLink link;
  const absl::StatusOr<log::Record> record = log::DecodeRecord(bytes);
  link.form = record.status();
  if (!record.ok()) return link;
  link.header = record->header;
  link.leaf = log::LeafHash(bytes);
  if (link.header.sm3_link.has_value()) link.sm3 = crypto::Sm3(bytes);
  return link;
}

}  // namespace

absl::Status ScanRecords(const store::Snapshot& snapshot, Sequence first, Sequence end,
                         const std::function<bool(std::string_view record)>& visit,
                         std::vector<std::string>* strays) {
  Sequence next = first;
  return snapshot.Scan(store::Table::kRecords, SequenceKey(first), SequenceKey(end),
                       [&](std::string_view key, std::string_view record) {
                         const std::optional<Sequence> sequence = ReadSequenceKey(key);
                         if (!sequence.has_value()) {
                           strays->emplace_back(key);
                           return true;
                         }
                         return *sequence == next++ && visit(record);
                       });
}

absl::Status ScanChain(const store::Snapshot& snapshot, Sequence end, size_t threads,
                       const std::function<bool(const ChainLink& link)>& visit,
                       std::vector<std::string>* strays) {
  absl::Status status;
  bool is_going_on = true;
  const auto read = [&snapshot](Piece* piece) {
    piece->links.reserve(piece->end - piece->first);
    const auto keep = [piece](std::string_view record) {
      piece->links.push_back(LinkOf(record));
      return true;
    };
    piece->status = ScanRecords(snapshot, piece->first, piece->end, keep, &piece->strays);
  };
  const auto take = [&](Piece* piece) {
    if (!is_going_on) return;
    for (const ChainLink& link : piece->links) is_going_on = is_going_on && visit(link);
    strays->insert(strays->end(), piece->strays.begin(), piece->strays.end());
    if (is_going_on) status = piece->status;
    is_going_on = is_going_on && status.ok() && piece->links.size() == piece->end - piece->first;
  };
  OrderedWork<Piece> work(threads, threads == 1 ? 1 : threads * kPiecesPerThread, read, take);
  for (Sequence first = 0; first < end && is_going_on; first += kPieceRecords) {
    auto piece = std::make_unique<Piece>();
    piece->first = first;
    piece->end = std::min(end, first + kPieceRecords);
    work.Push(std::move(piece));
  }
  if (is_going_on) work.Finish();
  return status;
}

}  // namespace fundledger::engine
