#include "ledger/audit/tree.h"

#include <bit>
#include <optional>

#include "ledger/log/merkle.h"

namespace fundledger::audit {

void Tree::Append(const Hash256& leaf) {
  Hash256 node = leaf;
  for (size_t level = 0;; ++level) {
    if (level == levels_.size()) levels_.emplace_back();
    std::deque<Hash256>& nodes = levels_[level];
    nodes.push_back(node);
    if (nodes.size() % 2 != 0) return;
    node = log::NodeHash(nodes[nodes.size() - 2], nodes.back());
  }
}

// RFC 6962 §2.1: the complete subtrees of the size's binary digits, joined from the smallest, at the right,
// on.
Hash256 Tree::RootAt(uint64_t size) const {
  std::optional<Hash256> root;
  for (uint64_t left = size; left > 0; left &= left - 1) {
    const auto level = static_cast<size_t>(std::countr_zero(left));
    const Hash256& node = levels_[level][(left >> level) - 1];
    root = root.has_value() ? log::NodeHash(node, *root) : node;
  }
  return root.value_or(log::EmptyRoot());
}

}  // namespace fundledger::audit
