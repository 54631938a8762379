#include "ledger/crypto/keyed_sum.h"

#include <bit>
#include <cstring>
#include <string>

#include "ledger/crypto/digest.h"

namespace fundledger::crypto {
namespace {

uint64_t LittleEndian64(const char* bytes) {
  uint64_t value = 0;
  for (int i = 7; i >= 0; --i) value = value << 8 | static_cast<uint8_t>(bytes[i]);
  return value;
}

// The four words of the paper's state.
struct SipState {
  uint64_t v0, v1, v2, v3;

  void Round() {
    v0 += v1;
    v2 += v3;
    v1 = std::rotl(v1, 13) ^ v0;
    v3 = std::rotl(v3, 16) ^ v2;
    v0 = std::rotl(v0, 32);
    v2 += v1;
    v0 += v3;
    v1 = std::rotl(v1, 17) ^ v2;
    v3 = std::rotl(v3, 21) ^ v0;
    v2 = std::rotl(v2, 32);
  }
  void Compress(uint64_t word) {
    v3 ^= word;
    Round();
    Round();
    v0 ^= word;
  }
  uint64_t Finalize() {
    for (int i = 0; i < 4; ++i) Round();
    return v0 ^ v1 ^ v2 ^ v3;
  }
};

}  // namespace

Key128 Key128::Random() {
  const std::string bytes = RandomBytes(16);
  return {LittleEndian64(bytes.data()), LittleEndian64(bytes.data() + 8)};
}

Hash128 SipHash(const Key128& key, std::string_view bytes) {
  SipState state{key.low ^ 0x736f6d6570736575, key.high ^ 0x646f72616e646f6d ^ 0xee,
                 key.low ^ 0x6c7967656e657261, key.high ^ 0x7465646279746573};
  const size_t whole = bytes.size() / 8 * 8;
  for (size_t at = 0; at < whole; at += 8) state.Compress(LittleEndian64(bytes.data() + at));
  char last[8] = {};
  std::memcpy(last, bytes.data() + whole, bytes.size() - whole);
  last[7] = static_cast<char>(bytes.size());
  state.Compress(LittleEndian64(last));
  Hash128 hash;
  state.v2 ^= 0xee;
  hash.low = state.Finalize();
  state.v1 ^= 0xdd;
  hash.high = state.Finalize();
  return hash;
}

void KeyedSum::Add(const Hash128& hash) {
  sum_.low += hash.low;
  sum_.high += hash.high + (sum_.low < hash.low ? 1 : 0);
}

}  // namespace fundledger::crypto
