// Chain and tree of a whole ledger, record by record: each stands at its place, names the leaf hash of the
// one before it, is not older than it, and all of them give the tree. Where one does not fit, the tile and
// the record behind it tell which of them was altered.
//
//   ChainCheck chain(reader, wanted_sizes, &findings);
//   RETURN_IF_ERROR(reader.ForEachRecord([&](Sequence, std::string_view record) { chain.Next(record); … }));
//   chain.Finish();
//   chain.roots().at(size) == checkpoint.root
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "clients/verify/core/findings.h"
#include "clients/verify/core/reader.h"
#include "ledger/base/hash256.h"
#include "ledger/log/record.h"
#include "ledger/log/tile.h"

namespace fundledger::verify {

class ChainCheck {
 public:
  // The root is kept for each size wanted. Reader and findings must outlive this.
  ChainCheck(const Reader& reader, std::set<uint64_t> sizes_wanted, Findings* findings)
      : reader_(reader), wanted_(std::move(sizes_wanted)), findings_(*findings) {}

  void Next(std::string_view record);
  // After the last record.
  void Finish();

  uint64_t size() const { return edge_.size(); }
  // Leaf hash of record 0: the ledger's id.
  const Hash256& ledger() const { return ledger_; }
  // By size, of those wanted and reached.
  const std::map<uint64_t, Hash256>& roots() const { return roots_; }

 private:
  // The record whose successor has not been seen yet.
  struct Last {
    Sequence sequence = 0;
    Hash256 leaf;
    std::optional<Hash256> tile;  // what the tile says of it
    Hash256 sm3;
    bool in_place = false;
    int64_t recorded_at_us = 0;
  };

  bool CheckPlace(Sequence place, const log::RecordHeader& header);
  void CheckSm3(Sequence place, const log::RecordHeader& header);
  void JudgeLast(const std::optional<Hash256>& link);
  std::optional<Hash256> LeafInTile(Sequence place);
  void CheckTile(int level, uint64_t index, std::string_view hashes);

  const Reader& reader_;
  const std::set<uint64_t> wanted_;
  Findings& findings_;
  log::TreeEdge edge_;
  Hash256 ledger_;
  std::map<uint64_t, Hash256> roots_;
  std::optional<Last> last_;
  bool has_sm3_links_ = false;
  int64_t shift_ = 0;      // how far behind its place the last record belongs
  std::string tile_;       // of the leaves around the last record
  bool has_tile_ = false;  // whether it could be read
};

}  // namespace fundledger::verify
