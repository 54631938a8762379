#include "ledger/crypto/digest.h"

#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "ledger/base/bytes.h"

namespace fundledger::crypto {
namespace {

TEST(Sha256, MatchesTheVectorsOfFips180) {
  EXPECT_EQ(HexEncode(Sha256("").view()), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(HexEncode(Sha256("abc").view()),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(HexEncode(Sha256(std::string(1'000'000, 'a')).view()),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, HashesItsPartsAsOne) {
  EXPECT_EQ(Sha256({"a", "", "bc"}), Sha256("abc"));
  EXPECT_EQ(Sha256({}), Sha256(""));
  EXPECT_EQ(Sha256({std::string_view("\0", 1)}), Sha256(std::string(1, '\0')));
}

TEST(Sm3, MatchesTheVectorsOfGbt32905) {
  EXPECT_EQ(HexEncode(Sm3("abc").view()), "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0");
  std::string repeated;
  for (int i = 0; i < 16; ++i) repeated += "abcd";
  EXPECT_EQ(HexEncode(Sm3(repeated).view()),
            "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732");
}

TEST(Sha256, MayRunOnManyThreads) {
  const Hash256 expected = Sha256("abc");
  std::vector<std::thread> threads;
  std::vector<int> wrong(4, 0);
  for (size_t t = 0; t < wrong.size(); ++t) {
    threads.emplace_back([&wrong, &expected, t] {
      for (int i = 0; i < 2000; ++i) wrong[t] += Sha256({"a", "bc"}) != expected || Sm3("abc") == expected;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, std::vector<int>(4, 0));
}

TEST(RandomBytes, GivesAsManyAsAskedAndNotTheSameTwice) {
  EXPECT_EQ(RandomBytes(0), "");
  EXPECT_EQ(RandomBytes(33).size(), 33u);
  EXPECT_NE(RandomBytes(32), RandomBytes(32));
}

}  // namespace
}  // namespace fundledger::crypto
