#include "ledger/log/merkle.h"

#include <algorithm>
#include <bit>
#include <string_view>

#include "ledger/base/status.h"
#include "ledger/crypto/digest.h"

#include "absl/strings/str_cat.h"

namespace fundledger::log {
namespace {

// RFC 6962 §2.1: where a range of n > 1 leaves splits, the largest power of two below n.
uint64_t Split(uint64_t n) {
  return std::bit_floor(n - 1);
}

// Hash of the leaves from `begin` to before `end`, a range that splitting a tree leads to; so a power of two
// in size means a complete subtree, and the recursion is at most 64 deep.
absl::StatusOr<Hash256> RangeHash(uint64_t begin, uint64_t end, const NodeReader& nodes) {
  const uint64_t n = end - begin;
  if (std::has_single_bit(n)) {
    const int level = std::countr_zero(n);
    return nodes(level, begin >> level);
  }
  const uint64_t middle = begin + Split(n);
  ASSIGN_OR_RETURN(const Hash256 left, RangeHash(begin, middle, nodes));
  ASSIGN_OR_RETURN(const Hash256 right, RangeHash(middle, end, nodes));
  return NodeHash(left, right);
}

absl::Status OutOfRange(std::string_view what, uint64_t a, uint64_t b) {
  return Refuse(absl::StatusCode::kOutOfRange, "PROOF_OUT_OF_RANGE",
                absl::StrCat("there is no ", ToAbsl(what), " ", a, " in size ", b));
}

absl::Status Invalid(std::string_view what, uint64_t a, uint64_t b) {
  return Refuse(absl::StatusCode::kDataLoss, "PROOF_INVALID",
                absl::StrCat("the proof does not show ", ToAbsl(what), " ", a, " in size ", b));
}

bool IsOdd(uint64_t n) {
  return (n & 1) != 0;
}

}  // namespace

Hash256 NodeHash(const Hash256& left, const Hash256& right) {
  return crypto::Sha256({"\x01", left.view(), right.view()});
}

Hash256 EmptyRoot() {
  return crypto::Sha256(std::string_view());
}

absl::StatusOr<Hash256> TreeRoot(uint64_t size, const NodeReader& nodes) {
  if (size == 0) return EmptyRoot();
  return RangeHash(0, size, nodes);
}

// RFC 6962 §2.1.1, walked from the root down; the proof runs the other way.
absl::StatusOr<std::vector<Hash256>> ProveInclusion(uint64_t index, uint64_t size, const NodeReader& nodes) {
  if (index >= size) return OutOfRange("leaf", index, size);
  std::vector<Hash256> proof;
  uint64_t begin = 0;
  uint64_t end = size;
  while (end - begin > 1) {
    const uint64_t middle = begin + Split(end - begin);
    const bool in_left = index < middle;
    ASSIGN_OR_RETURN(const Hash256 sibling,
                     in_left ? RangeHash(middle, end, nodes) : RangeHash(begin, middle, nodes));
    proof.push_back(sibling);
    (in_left ? end : begin) = middle;
  }
  std::reverse(proof.begin(), proof.end());
  return proof;
}

// RFC 6962 §2.1.2, SUBPROOF(m, D[n], b), walked from the root down.
absl::StatusOr<std::vector<Hash256>> ProveConsistency(uint64_t old_size, uint64_t new_size,
                                                      const NodeReader& nodes) {
  if (old_size == 0 || old_size > new_size) return OutOfRange("earlier tree of size", old_size, new_size);
  std::vector<Hash256> proof;
  uint64_t begin = 0;
  uint64_t end = new_size;
  while (end != old_size) {
    const uint64_t middle = begin + Split(end - begin);
    const bool old_in_left = old_size <= middle;
    ASSIGN_OR_RETURN(const Hash256 sibling,
                     old_in_left ? RangeHash(middle, end, nodes) : RangeHash(begin, middle, nodes));
    proof.push_back(sibling);
    (old_in_left ? end : begin) = middle;
  }
  // b is false once the walk has gone right: then the verifier does not have this subtree, otherwise it is
  // the old root.
  if (begin > 0) {
    ASSIGN_OR_RETURN(const Hash256 subtree, RangeHash(begin, end, nodes));
    proof.push_back(subtree);
  }
  std::reverse(proof.begin(), proof.end());
  return proof;
}

// RFC 9162 §2.1.3.2, which verifies the proofs of RFC 6962.
absl::Status VerifyInclusion(uint64_t index, uint64_t size, const Hash256& leaf,
                             const std::vector<Hash256>& proof, const Hash256& root) {
  if (index >= size) return Invalid("leaf", index, size);
  uint64_t position = index;
  uint64_t last = size - 1;
  Hash256 hash = leaf;
  for (const Hash256& sibling : proof) {
    if (last == 0) return Invalid("leaf", index, size);
    if (IsOdd(position) || position == last) {
      hash = NodeHash(sibling, hash);
      while (!IsOdd(position) && position != 0) position >>= 1, last >>= 1;
    } else {
      hash = NodeHash(hash, sibling);
    }
    position >>= 1;
    last >>= 1;
  }
  if (last != 0 || hash != root) return Invalid("leaf", index, size);
  return absl::OkStatus();
}

// RFC 9162 §2.1.4.2. Of size 0 nothing can be proved, and nothing is believed: that an empty tree grew into
// this one says nothing about it.
absl::Status VerifyConsistency(uint64_t old_size, uint64_t new_size, const Hash256& old_root,
                               const Hash256& new_root, const std::vector<Hash256>& proof) {
  const absl::Status invalid = Invalid("earlier tree of size", old_size, new_size);
  if (old_size == 0 || old_size > new_size) return invalid;
  if (old_size == new_size) return proof.empty() && old_root == new_root ? absl::OkStatus() : invalid;
  if (proof.empty()) return invalid;
  uint64_t position = old_size - 1;
  uint64_t last = new_size - 1;
  while (IsOdd(position)) position >>= 1, last >>= 1;
  // A complete old tree is itself the first hash, and is left out of the proof.
  const bool starts_at_root = std::has_single_bit(old_size);
  Hash256 old_hash = starts_at_root ? old_root : proof[0];
  Hash256 new_hash = old_hash;
  for (size_t i = starts_at_root ? 0 : 1; i < proof.size(); ++i) {
    if (last == 0) return invalid;
    if (IsOdd(position) || position == last) {
      old_hash = NodeHash(proof[i], old_hash);
      new_hash = NodeHash(proof[i], new_hash);
      while (!IsOdd(position) && position != 0) position >>= 1, last >>= 1;
    } else {
      new_hash = NodeHash(new_hash, proof[i]);
    }
    position >>= 1;
    last >>= 1;
  }
  return last == 0 && old_hash == old_root && new_hash == new_root ? absl::OkStatus() : invalid;
}

}  // namespace fundledger::log
