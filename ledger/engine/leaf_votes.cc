#include "ledger/engine/leaf_votes.h"

#include <algorithm>

#include "ledger/log/tile.h"

namespace fundledger::engine {
namespace {

bool IsAttested(const LeafWitnesses& leaf) {
  return leaf.own.has_value() && (leaf.own == leaf.tile || leaf.own == leaf.link);
}

bool LeadsTo(const std::vector<std::optional<Hash256>>& leaves, const SignedRoot& signed_root) {
  if (signed_root.size > leaves.size()) return false;
  log::TreeEdge edge;
  std::vector<log::Tile> full;
  for (uint64_t i = 0; i < signed_root.size; ++i) {
    if (!leaves[i].has_value()) return false;
    edge.Append(*leaves[i], &full);
    full.clear();
  }
  return edge.Root() == signed_root.root;
}

// The majority's word on each leaf; where there is none, the record's own, and its place goes to `doubts`.
std::vector<std::optional<Hash256>> TakeVotes(const std::vector<LeafWitnesses>& witnesses,
                                              std::vector<size_t>* doubts) {
  std::vector<std::optional<Hash256>> leaves(witnesses.size());
  for (size_t i = 0; i < witnesses.size(); ++i) {
    const LeafWitnesses& leaf = witnesses[i];
    const bool next_is_attested = i + 1 < witnesses.size() && IsAttested(witnesses[i + 1]);
    if (IsAttested(leaf)) {
      leaves[i] = leaf.own;
    } else if (leaf.tile.has_value() && leaf.tile == leaf.link) {
      leaves[i] = leaf.tile;
    } else if (leaf.link.has_value() && next_is_attested) {
      leaves[i] = leaf.link;
    } else if (leaf.own.has_value()) {
      leaves[i] = leaf.own;
      doubts->push_back(i);
    } else {
      leaves[i] = leaf.tile.has_value() ? leaf.tile : leaf.link;
    }
  }
  return leaves;
}

// The last signed root over leaves before the first that is not known, and at most `size_max` of them.
const SignedRoot* LastDecisive(const std::vector<std::optional<Hash256>>& leaves,
                               const std::vector<SignedRoot>& signed_roots, uint64_t size_max) {
  const auto unknown = std::find(leaves.begin(), leaves.end(), std::nullopt);
  const uint64_t known = std::min(static_cast<uint64_t>(unknown - leaves.begin()), size_max);
  const SignedRoot* decisive = nullptr;
  for (const SignedRoot& root : signed_roots) {
    if (root.size <= known) decisive = &root;
  }
  return decisive;
}

// Settles the doubts by the signed root, where it can.
void Resolve(const std::vector<LeafWitnesses>& witnesses, const std::vector<SignedRoot>& signed_roots,
             const std::vector<size_t>& doubts, std::vector<std::optional<Hash256>>* leaves) {
  constexpr size_t kDoubtsTriedMax = 8;  // each costs a tree; one altered record makes at most two
  const SignedRoot* decisive = LastDecisive(*leaves, signed_roots, leaves->size());
  if (decisive == nullptr || doubts.empty() || LeadsTo(*leaves, *decisive)) return;
  for (size_t d = 0; d < doubts.size() && d < kDoubtsTriedMax; ++d) {
    std::optional<Hash256>& leaf = (*leaves)[doubts[d]];
    const LeafWitnesses& witness = witnesses[doubts[d]];
    for (const std::optional<Hash256>& other : {witness.tile, witness.link}) {
      if (!other.has_value()) continue;
      leaf = other;
      if (LeadsTo(*leaves, *decisive)) return;
    }
    leaf = witness.own;
  }
  // If all before the last doubt is as it was signed, then that record is not what led to the root, and what
  // it was is not known. Otherwise nobody in particular is to blame: the root's own check says between which
  // sizes it went wrong.
  if (doubts.back() >= decisive->size) return;
  const SignedRoot* before = LastDecisive(*leaves, signed_roots, doubts.back());
  if (before == nullptr || LeadsTo(*leaves, *before)) (*leaves)[doubts.back()] = std::nullopt;
}

}  // namespace

LeafVerdict JudgeLeaves(const std::vector<LeafWitnesses>& witnesses,
                        const std::vector<SignedRoot>& signed_roots) {
  LeafVerdict verdict;
  std::vector<size_t> doubts;
  verdict.leaves = TakeVotes(witnesses, &doubts);
  Resolve(witnesses, signed_roots, doubts, &verdict.leaves);
  for (size_t i = 0; i < witnesses.size(); ++i) {
    if (witnesses[i].own.has_value() && witnesses[i].own != verdict.leaves[i]) verdict.altered.insert(i);
  }
  return verdict;
}

}  // namespace fundledger::engine
