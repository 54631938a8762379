#include "ledger/log/witness_request.h"

#include <random>

#include <gtest/gtest.h>

#include "ledger/base/status.h"
#include "tests/unit/log/log_testing.h"

namespace fundledger::log {
namespace {

// From size 5 of the golden log to its checkpoint.
WitnessRequest GoldenRequest() {
  WitnessRequest request{5, {}, ReadGolden("checkpoint.txt")};
  for (const std::string& line : GoldenLines("consistency_5_to_8.txt")) {
    request.consistency.push_back(*Hash256::FromBytes(*Base64Decode(line)));
  }
  return request;
}

TEST(WitnessRequest, IsWrittenLineByLine) {
  EXPECT_EQ(FormatWitnessRequest(GoldenRequest()),
            "old 5\n" + ReadGolden("consistency_5_to_8.txt") + "\n" + ReadGolden("checkpoint.txt"));
  const auto read = ParseWitnessRequest(FormatWitnessRequest(GoldenRequest()));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(*read, GoldenRequest());
}

TEST(WitnessRequest, TakesUpTo63HashesAndAnyCheckpoint) {
  for (const size_t hashes : {0u, 1u, 63u, 64u}) {
    const WitnessRequest request{~uint64_t{0}, std::vector<Hash256>(hashes, LeafHash("x")), "anything"};
    const auto read = ParseWitnessRequest(FormatWitnessRequest(request));
    ASSERT_EQ(read.ok(), hashes <= 63) << read.status();
    if (!read.ok()) continue;
    EXPECT_EQ(*read, request);
  }
  const std::string frame = "old 0\n\n";
  EXPECT_TRUE(ParseWitnessRequest(frame + std::string(kWitnessRequestBytesMax - frame.size(), 'x')).ok());
  EXPECT_FALSE(
      ParseWitnessRequest(frame + std::string(kWitnessRequestBytesMax - frame.size() + 1, 'x')).ok());
}

TEST(WitnessRequest, ReadsOneSpellingOnly) {
  const std::string hash = Base64Encode(LeafHash("x").view());
  for (const std::string& bad :
       {std::string(), std::string("old"), std::string("old 5"), std::string("old 5\n"), std::string("5\n\n"),
        std::string("old 05\n\n"), std::string("old +5\n\n"), std::string("old 5 \n\n"),
        std::string("old  5\n\n"), std::string("Old 5\n\n"), std::string("old 18446744073709551616\n\n"),
        std::string("old 5\r\n\r\n"), "old 5\n" + hash, "old 5\n" + hash + "\n", "old 5\n " + hash + "\n\n",
        "old 5\n" + hash + " \n\n", "old 5\n" + hash.substr(0, 43) + "\n\n", "old 5\n" + hash + hash + "\n\n",
        std::string("\nold 5\n\n")}) {
    EXPECT_EQ(ReasonOf(ParseWitnessRequest(bad).status()), "WITNESS_REQUEST_MALFORMED") << bad;
  }
}

TEST(WitnessRequest, SurvivesDamage) {
  const uint32_t seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  const std::string good = FormatWitnessRequest(GoldenRequest());
  for (int round = 0; round < 5000; ++round) {
    std::string body = good;
    for (uint32_t edits = 1 + random() % 3; edits > 0 && !body.empty(); --edits) {
      const size_t at = random() % body.size();
      if (random() % 2 == 0) {
        body[at] = static_cast<char>(random());
      } else {
        body.erase(at, random() % 50);
      }
    }
    const auto read = ParseWitnessRequest(body);
    if (!read.ok()) continue;
    EXPECT_EQ(FormatWitnessRequest(*read), body);
  }
}

}  // namespace
}  // namespace fundledger::log
