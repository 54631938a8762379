#include "clients/verify/core/chain_check.h"

#include <vector>

#include "ledger/base/bytes.h"
#include "ledger/crypto/digest.h"
#include "ledger/log/tile_layout.h"

#include "absl/strings/str_cat.h"

namespace fundledger::verify {
namespace {

constexpr size_t kHashBytes = 32;

}  // namespace

void ChainCheck::Next(std::string_view bytes) {
  const Sequence place = size();
  Last record;
  record.sequence = place;
  record.leaf = log::LeafHash(bytes);
  record.tile = LeafInTile(place);
  const absl::StatusOr<log::Record> decoded = log::DecodeRecord(bytes);
  if (decoded.ok()) {
    const log::RecordHeader& header = decoded->header;
    record.recorded_at_us = header.recorded_at_us;
    record.in_place = CheckPlace(place, header);
    JudgeLast(record.in_place ? std::optional<Hash256>(header.previous) : std::nullopt);
    if (record.in_place) CheckSm3(place, header);
  } else {
    JudgeLast(std::nullopt);
    findings_.Add(place, decoded.status());
  }
  if (has_sm3_links_) record.sm3 = crypto::Sm3(bytes);
  if (place == 0) ledger_ = record.leaf;
  last_ = std::move(record);
  std::vector<log::Tile> full;
  edge_.Append(last_->leaf, &full);
  for (const log::Tile& tile : full) CheckTile(tile.level, tile.index, tile.hashes);
  if (wanted_.contains(size())) roots_[size()] = edge_.Root();
}

// A record that is gone, or was put elsewhere, moves those behind it: only where the distance changes is
// there something to tell.
bool ChainCheck::CheckPlace(Sequence place, const log::RecordHeader& header) {
  const auto shift = static_cast<int64_t>(header.sequence - place);
  if (shift != 0 && shift != shift_) {
    findings_.Add(place, "SEQUENCE_WRONG",
                  absl::StrCat("at the place of record ", place, " stands one that says it is record ",
                               header.sequence, ": records were removed, put in or moved"));
  }
  const bool follows = shift == 0 && shift_ == 0;
  shift_ = shift;
  if (follows && last_.has_value() && last_->in_place && header.recorded_at_us < last_->recorded_at_us) {
    findings_.Add(place, "TIME_WENT_BACK",
                  absl::StrCat("record ", place, " says it was recorded before record ", place - 1));
  }
  return shift == 0;
}

// Whether a ledger links by SM3 as well, its first record says.
void ChainCheck::CheckSm3(Sequence place, const log::RecordHeader& header) {
  if (place == 0) has_sm3_links_ = header.sm3_link.has_value();
  const bool is_right =
      header.sm3_link.has_value() == has_sm3_links_ &&
      (!has_sm3_links_ || !last_.has_value() || !last_->in_place || *header.sm3_link == last_->sm3);
  if (is_right) return;
  findings_.Add(place, "SM3_LINK_BROKEN",
                absl::StrCat("record ", place, " does not carry the SM3 digest of the record before it"));
}

// `link` is the leaf hash that the record behind it has for the last record, if that one can be told.
void ChainCheck::JudgeLast(const std::optional<Hash256>& link) {
  if (!last_.has_value()) {
    if (link.has_value() && *link != Hash256())
      findings_.Add(0, "LINK_BROKEN", "record 0 names a record before it");
    return;
  }
  if (!last_->in_place) return;
  const bool is_linked = link.has_value() && *link == last_->leaf;
  const Sequence sequence = last_->sequence;
  if (last_->tile.has_value() && *last_->tile != last_->leaf) {
    if (is_linked) {
      findings_.Add(sequence, "TILE_WRONG",
                    absl::StrCat("the tile has another hash of record ", sequence,
                                 " than the record itself and the one behind it: the tile was altered"));
    } else {
      findings_.Add(
          sequence, "RECORD_ALTERED",
          absl::StrCat("record ", sequence, " is not what was logged: its leaf hash is ",
                       HexEncode(last_->leaf.view()), ", the log has ", HexEncode(last_->tile->view())));
    }
  } else if (link.has_value() && !is_linked) {
    findings_.Add(
        sequence + 1, "LINK_BROKEN",
        absl::StrCat("record ", sequence + 1, " does not follow record ", sequence, ", whose leaf hash is ",
                     HexEncode(last_->leaf.view()), "; it names ", HexEncode(link->view())));
  }
}

std::optional<Hash256> ChainCheck::LeafInTile(Sequence place) {
  const uint64_t index = place / log::kTileWidth;
  const uint64_t offset = place % log::kTileWidth;
  if (offset == 0) {
    auto tile = reader_.Tile(0, index);
    const uint64_t width = log::TileWidthAt(0, index, reader_.checkpoint().size);
    has_tile_ = tile.ok() && tile->size() == width * kHashBytes;
    if (has_tile_) tile_ = *std::move(tile);
  }
  if (!has_tile_) return std::nullopt;
  return Hash256::FromBytes(std::string_view(tile_).substr(offset * kHashBytes, kHashBytes));
}

// A tile of leaves tells its own story, hash by hash, where it can be read.
void ChainCheck::CheckTile(int level, uint64_t index, std::string_view hashes) {
  const auto tile = reader_.Tile(level, index);
  if (!tile.ok()) {
    findings_.Add(std::nullopt, "TILE_MISSING",
                  absl::StrCat("tile ", index, " of level ", level, ": ", tile.status().message()));
    return;
  }
  const bool is_told = level == 0 && tile->size() == hashes.size();
  const uint64_t end = (index + 1) << (8 * (level + 1));
  if (*tile == hashes || is_told || findings_.HasRecordBefore(end)) return;
  findings_.Add(std::nullopt, "TILE_WRONG",
                absl::StrCat("tile ", index, " of level ", level, " is not that of these records"));
}

void ChainCheck::Finish() {
  JudgeLast(std::nullopt);
  for (int level = 0; edge_.size() >> (8 * level) > 0; ++level) {
    const uint64_t index = (edge_.size() >> (8 * level)) / log::kTileWidth;
    if (!edge_.Partial(level).empty() && edge_.size() == reader_.checkpoint().size)
      CheckTile(level, index, edge_.Partial(level));
  }
}

}  // namespace fundledger::verify
