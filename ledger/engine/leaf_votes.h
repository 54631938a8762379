// Which record was altered, when bytes disagree. A record's leaf hash is said three times: by the record
// itself, by the tile above it once that is full, and by the record behind it, in its link. Two of the three
// outvote the third; where only two are left, the signed root decides. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <vector>

#include "ledger/base/hash256.h"

namespace fundledger::engine {

struct LeafWitnesses {
  std::optional<Hash256> own;   // hash of the record's bytes; nothing if they cannot be read
  std::optional<Hash256> tile;  // nothing while the tile is not full
  std::optional<Hash256> link;  // nothing for the last record, or if the one behind cannot be read
};

// A root under the log's signature.
struct SignedRoot {
  uint64_t size = 0;
  Hash256 root;
};

struct LeafVerdict {
  // The leaf that was logged; nothing where it cannot be known.
  std::vector<std::optional<Hash256>> leaves;
  // Records that are there and are not what was logged.
  std::set<Sequence> altered;
};

// `signed_roots` are in rising order of size.
LeafVerdict JudgeLeaves(const std::vector<LeafWitnesses>& witnesses,
                        const std::vector<SignedRoot>& signed_roots);

}  // namespace fundledger::engine
