// RFC 6962 §2.1 Merkle tree: roots and proofs, made and checked. Pure functions over a reader of complete
// subtrees.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "ledger/base/hash256.h"

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace fundledger::log {

// SHA-256(01 ‖ left ‖ right).
Hash256 NodeHash(const Hash256& left, const Hash256& right);
// SHA-256 of nothing.
Hash256 EmptyRoot();

// Hash of the complete subtree over the 2^level leaves from index·2^level on. Level 0: leaf hashes.
using NodeReader = std::function<absl::StatusOr<Hash256>(int level, uint64_t index)>;

absl::StatusOr<Hash256> TreeRoot(uint64_t size, const NodeReader& nodes);
// Hashes from the leaf's sibling up. OUT_OF_RANGE, reason PROOF_OUT_OF_RANGE, unless index < size.
absl::StatusOr<std::vector<Hash256>> ProveInclusion(uint64_t index, uint64_t size, const NodeReader& nodes);
// OUT_OF_RANGE, reason PROOF_OUT_OF_RANGE, unless 1 <= old_size <= new_size.
absl::StatusOr<std::vector<Hash256>> ProveConsistency(uint64_t old_size, uint64_t new_size,
                                                      const NodeReader& nodes);

// DATA_LOSS, reason PROOF_INVALID, unless the proof is exactly right.
absl::Status VerifyInclusion(uint64_t index, uint64_t size, const Hash256& leaf,
                             const std::vector<Hash256>& proof, const Hash256& root);
absl::Status VerifyConsistency(uint64_t old_size, uint64_t new_size, const Hash256& old_root,
                               const Hash256& new_root, const std::vector<Hash256>& proof);

}  // namespace fundledger::log
