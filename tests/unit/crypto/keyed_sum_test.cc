// Keyed sums: SipHash-2-4-128 as others compute it, and sums that tell unlike heaps apart.
#include "ledger/crypto/keyed_sum.h"

#include <string>

#include "ledger/base/bytes.h"

#include "gtest/gtest.h"

namespace fundledger::crypto {
namespace {

constexpr Key128 kKey{0x0706050403020100, 0x0f0e0d0c0b0a0908};

std::string Hex(const Hash128& hash) {
  std::string bytes;
  for (const uint64_t word : {hash.low, hash.high}) {
    for (int i = 0; i < 8; ++i) bytes.push_back(static_cast<char>(word >> (8 * i)));
  }
  return HexEncode(bytes);
}

// `openssl mac -macopt hexkey:000102030405060708090a0b0c0d0e0f -macopt size:16 SIPHASH` over 00 01 02 …
TEST(SipHash, IsThatOfOthers) {
  const struct {
    size_t bytes;
    const char* hash;
  } cases[] = {{0, "a3817f04ba25a8e66df67214c7550293"},  {1, "da87c1d86b99af44347659119b22fc45"},
               {7, "a1f1ebbed8dbc153c0b84aa61ff08239"},  {8, "3b62a9ba6258f5610f83e264f31497b4"},
               {15, "5493e99933b0a8117e08ec0f97cfc3d9"}, {63, "5150d1772f50834a503e069a973fbd7c"}};
  for (const auto& each : cases) {
    std::string bytes;
    for (size_t i = 0; i < each.bytes; ++i) bytes.push_back(static_cast<char>(i));
    EXPECT_EQ(Hex(SipHash(kKey, bytes)), each.hash) << each.bytes;
  }
}

TEST(KeyedSum, TellsHeapsApartButNotTheirOrder) {
  const auto sum = [](std::initializer_list<const char*> pieces) {
    KeyedSum of_pieces;
    for (const char* piece : pieces) of_pieces.Add(SipHash(kKey, piece));
    return of_pieces;
  };
  EXPECT_EQ(sum({"a", "b", "c"}), sum({"c", "a", "b"}));
  EXPECT_NE(sum({"a", "b"}), sum({"a", "b", "b"}));
  EXPECT_NE(sum({"a", "a"}), sum({"b", "b"}));
  EXPECT_NE(sum({}), sum({"a"}));
  KeyedSum joined = sum({"a", "b"});
  joined.Add(sum({"c"}));
  EXPECT_EQ(joined, sum({"a", "b", "c"}));
}

TEST(KeyedSum, CarriesFromTheLowHalf) {
  KeyedSum two_halves;
  two_halves.Add(Hash128{uint64_t{1} << 63, 0});
  two_halves.Add(Hash128{uint64_t{1} << 63, 0});
  KeyedSum whole;
  whole.Add(Hash128{0, 1});
  EXPECT_EQ(two_halves, whole);
}

TEST(Key128, IsAnotherEachTime) {
  EXPECT_NE(SipHash(Key128::Random(), ""), SipHash(Key128::Random(), ""));
}

}  // namespace
}  // namespace fundledger::crypto
