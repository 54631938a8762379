#include "ledger/base/bytes.h"

#include <gtest/gtest.h>

#include "ledger/base/hash256.h"

namespace fundledger {
namespace {

TEST(Hex, RoundTripsEveryByte) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes.push_back(static_cast<char>(i));
  const std::string hex = HexEncode(bytes);
  EXPECT_EQ(hex.substr(0, 6), "000102");
  EXPECT_EQ(hex.substr(506), "fdfeff");
  EXPECT_EQ(HexDecode(hex), bytes);
  EXPECT_EQ(HexDecode("AbCd"), "\xab\xcd");
  EXPECT_EQ(HexDecode(""), "");
}

TEST(Hex, RefusesOddLengthsAndOtherCharacters) {
  for (const char* bad : {"0", "000", "0g", "0x", " 00", "00 ", "-1", "０0"}) {
    EXPECT_EQ(HexDecode(bad), std::nullopt) << bad;
  }
}

TEST(Base64, MatchesTheVectorsOfRfc4648) {
  const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"},
                                                         {"\xff\xfe", "//4="}};
  for (const auto& [bytes, text] : vectors) {
    EXPECT_EQ(Base64Encode(bytes), text);
    EXPECT_EQ(Base64Decode(text), bytes);
  }
}

TEST(Base64, RefusesWhatItsEncoderDoesNotGive) {
  // Missing padding, stray bits, white space, the URL alphabet, padding alone or inside, too much of it.
  for (const char* bad : {"Zg", "Zg=", "Zh==", "Zm9=", "Zm9v\n", " Zm9v", "Zm 9v", "__4=", "-_4=", "=",
                          "====", "Zg==Zg==", "Zm9v====", "Zg.=", "Z", "Zm9vY"}) {
    EXPECT_EQ(Base64Decode(bad), std::nullopt) << bad;
  }
  EXPECT_EQ(Base64Decode(std::string_view("Zm\0v", 4)), std::nullopt);
}

TEST(BigEndian, WritesTheHighByteFirstAndReadsItBack) {
  std::string bytes;
  AppendBigEndian16(0x0102, &bytes);
  AppendBigEndian32(0x83040506, &bytes);
  AppendBigEndian64(0xf708090a0b0c0d0e, &bytes);
  EXPECT_EQ(HexEncode(bytes), "010283040506f708090a0b0c0d0e");
  EXPECT_EQ(ReadBigEndian16(bytes), 0x0102);
  EXPECT_EQ(ReadBigEndian32(std::string_view(bytes).substr(2)), 0x83040506u);
  EXPECT_EQ(ReadBigEndian64(std::string_view(bytes).substr(6)), 0xf708090a0b0c0d0eu);
}

TEST(Hash256, TakesExactly32Bytes) {
  EXPECT_FALSE(Hash256::FromBytes(std::string(31, 'x')).has_value());
  EXPECT_FALSE(Hash256::FromBytes(std::string(33, 'x')).has_value());
  EXPECT_EQ(Hash256::FromBytes(std::string(32, 'x'))->str(), std::string(32, 'x'));
}

}  // namespace
}  // namespace fundledger
