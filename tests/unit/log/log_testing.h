// The slow tree: RFC 6962 §2.1 word for word, over all leaf hashes; and the golden files.
#pragma once

#include <fstream>
#include <iterator>
#include <random>
#include <span>
#include <sstream>
#include <string>
#include <vector>

#include "ledger/base/bytes.h"
#include "ledger/base/hash256.h"
#include "ledger/log/merkle.h"
#include "ledger/log/record.h"
#include "tests/support/paths.h"

namespace fundledger::log {

using Leaves = std::span<const Hash256>;

// §2.1: the largest power of two smaller than n, by counting.
inline size_t SlowSplit(size_t n) {
  size_t k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

// §2.1: MTH(D[n]).
inline Hash256 SlowRoot(Leaves d) {
  if (d.empty()) return EmptyRoot();
  if (d.size() == 1) return d[0];
  const size_t k = SlowSplit(d.size());
  return NodeHash(SlowRoot(d.first(k)), SlowRoot(d.subspan(k)));
}

// §2.1.1: PATH(m, D[n]).
inline std::vector<Hash256> SlowInclusion(size_t m, Leaves d) {
  if (d.size() == 1) return {};
  const size_t k = SlowSplit(d.size());
  std::vector<Hash256> path = m < k ? SlowInclusion(m, d.first(k)) : SlowInclusion(m - k, d.subspan(k));
  path.push_back(m < k ? SlowRoot(d.subspan(k)) : SlowRoot(d.first(k)));
  return path;
}

// §2.1.2: SUBPROOF(m, D[n], b); PROOF(m, D[n]) with b true.
inline std::vector<Hash256> SlowConsistency(size_t m, Leaves d, bool b = true) {
  if (m == d.size()) return b ? std::vector<Hash256>{} : std::vector<Hash256>{SlowRoot(d)};
  const size_t k = SlowSplit(d.size());
  std::vector<Hash256> proof =
      m <= k ? SlowConsistency(m, d.first(k), b) : SlowConsistency(m - k, d.subspan(k), false);
  proof.push_back(m <= k ? SlowRoot(d.subspan(k)) : SlowRoot(d.first(k)));
  return proof;
}

// On which side of the leaf, from the leaf up, each hash of its inclusion proof stands.
inline std::string InclusionShape(size_t m, size_t n) {
  if (n == 1) return "";
  const size_t k = SlowSplit(n);
  return m < k ? InclusionShape(m, k) + "r" : InclusionShape(m - k, n - k) + "l";
}

// The same of a consistency proof: "+" first where it begins with a hash the verifier does not have.
inline std::string ConsistencyShape(size_t m, size_t n, bool b = true) {
  if (m == n) return b ? "" : "+";
  const size_t k = SlowSplit(n);
  return m <= k ? ConsistencyShape(m, k, b) + "r" : ConsistencyShape(m - k, n - k, false) + "l";
}

// Leaf hashes of the records "0", "1", …
inline std::vector<Hash256> MakeLeaves(size_t count) {
  std::vector<Hash256> leaves;
  leaves.reserve(count);
  for (size_t i = 0; i < count; ++i) leaves.push_back(LeafHash(std::to_string(i)));
  return leaves;
}

// Nodes of the tree over `leaves`, each computed anew. `leaves` must outlive the reader.
inline NodeReader SlowNodes(Leaves leaves) {
  return [leaves](int level, uint64_t index) -> absl::StatusOr<Hash256> {
    const uint64_t width = uint64_t{1} << level;
    if ((index + 1) * width > leaves.size()) return absl::OutOfRangeError("no such complete subtree");
    return SlowRoot(leaves.subspan(index * width, width));
  };
}

inline void FlipBit(size_t bit, Hash256* hash) {
  hash->bytes[bit / 8] = static_cast<uint8_t>(hash->bytes[bit / 8] ^ 1 << bit % 8);
}

// An Ed25519 seed: `from`, from + 1, …
inline std::string CountingSeed(uint8_t from) {
  std::string seed;
  for (int i = 0; i < 32; ++i) seed.push_back(static_cast<char>(from + i));
  return seed;
}

inline std::string ReadGolden(const std::string& name) {
  std::ifstream file(test_support::SourceDir() + "/tests/golden/log/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline std::vector<std::string> GoldenLines(const std::string& name) {
  std::istringstream text(ReadGolden(name));
  std::vector<std::string> lines;
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  return lines;
}

inline std::vector<Hash256> GoldenLeaves() {
  std::vector<Hash256> leaves;
  for (const std::string& hex : GoldenLines("leaves.txt")) leaves.push_back(LeafHash(*HexDecode(hex)));
  return leaves;
}

}  // namespace fundledger::log
