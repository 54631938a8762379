#include "ledger/log/record.h"

#include <limits>

#include <gtest/gtest.h>

#include "ledger/base/status.h"
#include "ledger/crypto/digest.h"
#include "tests/unit/log/log_testing.h"

namespace fundledger::log {
namespace {

Hash256 Counting(uint8_t from) {
  Hash256 hash;
  for (size_t i = 0; i < 32; ++i) hash.bytes[i] = static_cast<uint8_t>(from + i);
  return hash;
}

RecordHeader GoldenHeader(bool sm3) {
  RecordHeader header;
  header.semantics = 1;
  header.sequence = 258;
  header.recorded_at_us = 1'592'265'600'000'001;
  header.previous = Counting(0xa0);
  if (sm3) header.sm3_link = Counting(0x40);
  return header;
}

const std::string kEnvelope =
    "\x0a\x03"
    "abc\x12\x01t\x1a\x04\x0a\x02xy";

bool Same(const RecordHeader& a, const RecordHeader& b) {
  return a.semantics == b.semantics && a.sequence == b.sequence && a.recorded_at_us == b.recorded_at_us &&
         a.previous == b.previous && a.sm3_link == b.sm3_link;
}

void ExpectMalformed(std::string_view bytes, const std::string& why) {
  const auto record = DecodeRecord(bytes);
  ASSERT_FALSE(record.ok()) << why;
  EXPECT_EQ(record.status().code(), absl::StatusCode::kDataLoss) << why;
  EXPECT_EQ(ReasonOf(record.status()), "RECORD_MALFORMED") << why;
}

class EachSuite : public testing::TestWithParam<bool> {
 protected:
  std::string Golden() const {
    return *HexDecode(GoldenLines(GetParam() ? "record_sm3.hex" : "record.hex").at(0));
  }
};
INSTANTIATE_TEST_SUITE_P(Record, EachSuite, testing::Bool(),
                         [](const auto& test) { return test.param ? "WithSm3Link" : "Plain"; });

TEST_P(EachSuite, EncodesAndDecodesTheGoldenBytes) {
  const auto encoded = EncodeRecord(GoldenHeader(GetParam()), kEnvelope);
  ASSERT_TRUE(encoded.ok());
  EXPECT_EQ(*encoded, Golden());
  EXPECT_EQ(EncodeHeader(GoldenHeader(GetParam()), kEnvelope.size()) + kEnvelope, Golden());
  const std::string golden = Golden();
  const auto record = DecodeRecord(golden);
  ASSERT_TRUE(record.ok()) << record.status();
  EXPECT_TRUE(Same(record->header, GoldenHeader(GetParam())));
  EXPECT_EQ(record->envelope, kEnvelope);
  EXPECT_EQ(record->header_bytes, golden.substr(0, GetParam() ? 88 : 56));
  EXPECT_EQ(record->envelope.data(), golden.data() + record->header_bytes.size()) << "a copy";
}

TEST_P(EachSuite, RefusesEveryTruncationAndAnyByteMore) {
  const std::string golden = Golden();
  for (size_t size = 0; size < golden.size(); ++size) {
    ExpectMalformed(std::string_view(golden).substr(0, size), std::to_string(size) + " bytes");
  }
  ExpectMalformed(golden + '\0', "a byte more");
  ExpectMalformed(golden + golden, "two records");
}

TEST_P(EachSuite, EveryFlippedHeaderBitIsRefusedOrChangesTheHeader) {
  const std::string golden = Golden();
  const size_t header_bytes = golden.size() - kEnvelope.size();
  size_t refused = 0;
  for (size_t bit = 0; bit < header_bytes * 8; ++bit) {
    std::string spoiled = golden;
    spoiled[bit / 8] = static_cast<char>(spoiled[bit / 8] ^ 1 << bit % 8);
    EXPECT_NE(LeafHash(spoiled), LeafHash(golden));
    const auto record = DecodeRecord(spoiled);
    if (!record.ok()) {
      ++refused;
      EXPECT_EQ(ReasonOf(record.status()), "RECORD_MALFORMED");
      continue;
    }
    EXPECT_FALSE(Same(record->header, GoldenHeader(GetParam()))) << "bit " << bit;
    EXPECT_EQ(*EncodeRecord(record->header, record->envelope), spoiled) << "bit " << bit;
  }
  // Version and flags 16, the time's sign 1, the envelope's length 32. Where the SM3 flag goes on or off, the
  // length stands elsewhere and does not fit.
  EXPECT_EQ(refused, 8u + 8u + 1u + 32u);
}

TEST_P(EachSuite, RoundTripsTheExtremes) {
  RecordHeader header = GoldenHeader(GetParam());
  header.semantics = 65535;
  header.sequence = std::numeric_limits<uint64_t>::max();
  header.recorded_at_us = std::numeric_limits<int64_t>::max();
  const size_t header_bytes = EncodeHeader(header, 0).size();
  for (const size_t size : {size_t{0}, size_t{1}, kMaxRecordBytes - header_bytes}) {
    const std::string envelope(size, '\xee');
    const auto bytes = EncodeRecord(header, envelope);
    ASSERT_TRUE(bytes.ok()) << bytes.status();
    const auto record = DecodeRecord(*bytes);
    ASSERT_TRUE(record.ok()) << record.status();
    EXPECT_TRUE(Same(record->header, header));
    EXPECT_EQ(record->envelope, envelope);
  }
  const auto larger = EncodeRecord(header, std::string(kMaxRecordBytes - header_bytes + 1, 'x'));
  EXPECT_EQ(larger.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ReasonOf(larger.status()), "RECORD_TOO_LARGE");
}

TEST(Record, RefusesUnknownVersionsAndFlags) {
  const std::string golden = *HexDecode(GoldenLines("record.hex").at(0));
  for (int value = 0; value < 256; ++value) {
    std::string spoiled = golden;
    spoiled[0] = static_cast<char>(value);
    if (value != kRecordVersion) ExpectMalformed(spoiled, "version " + std::to_string(value));
    spoiled = golden;
    spoiled[1] = static_cast<char>(value);
    if (value != 0) ExpectMalformed(spoiled, "flags " + std::to_string(value));
  }
}

TEST(Record, RefusesMoreThanTheFormatHolds) {
  // A header that fits its envelope, and yet a record a tile could not hold.
  const std::string header = EncodeHeader(RecordHeader(), kMaxRecordBytes);
  ExpectMalformed(header + std::string(kMaxRecordBytes, 'x'), "too large");
}

TEST(Record, RefusesATimeBefore1970) {
  RecordHeader header;
  header.recorded_at_us = -1;
  EXPECT_FALSE(EncodeRecord(header, "e").ok());
  ExpectMalformed(EncodeHeader(header, 1) + "e", "negative time");
}

TEST(LeafHash, PrefixesAZeroByte) {
  EXPECT_EQ(HexEncode(LeafHash("").view()),
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
  EXPECT_EQ(LeafHash("abc"), crypto::Sha256(std::string("\0abc", 4)));
  EXPECT_EQ(HexEncode(LeafHash(*HexDecode(GoldenLines("record.hex").at(0))).view()),
            "67c57bc0b63d5424cd7c45e22578cdeeff13a7ef52f3f8db71f98ce9d640bdb7");
}

}  // namespace
}  // namespace fundledger::log
