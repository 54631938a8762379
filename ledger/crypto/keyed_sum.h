// Whether two heaps of bytes are the same, in whatever order they come: each piece is hashed under a random
// key (SipHash-2-4 with 128 bits, Aumasson and Bernstein 2012) and the hashes are added up modulo 2^128.
// Whoever made the pieces without knowing the key makes two unlike heaps agree with a chance of 2^-128 or so.
// The key must be fresh for each comparison and never leave the process; this is no digest to keep or
// publish.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace fundledger::crypto {

struct Key128 {
  uint64_t low = 0;
  uint64_t high = 0;
  // From the system's random generator.
  static Key128 Random();
};

struct Hash128 {
  uint64_t low = 0;
  uint64_t high = 0;
  bool operator==(const Hash128&) const = default;
};

// SipHash-2-4-128. The key's 16 bytes and the hash's are `low` then `high`, each little-endian.
Hash128 SipHash(const Key128& key, std::string_view bytes);

// A sum of hashes. Order does not matter; how often a piece was added does.
class KeyedSum {
 public:
  void Add(const Hash128& hash);
  void Add(const KeyedSum& other) { Add(other.sum_); }
  bool operator==(const KeyedSum&) const = default;

 private:
  Hash128 sum_;
};

}  // namespace fundledger::crypto
