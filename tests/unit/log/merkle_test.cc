#include "ledger/log/merkle.h"

#include <algorithm>
#include <limits>

#include <gtest/gtest.h>

#include "ledger/base/status.h"
#include "tests/unit/log/log_testing.h"

namespace fundledger::log {
namespace {

constexpr size_t kSizeMax = 300;

std::vector<Hash256> GoldenHashes(const std::string& name) {
  std::vector<Hash256> hashes;
  for (const std::string& line : GoldenLines(name))
    hashes.push_back(*Hash256::FromBytes(*Base64Decode(line)));
  return hashes;
}

void ExpectInvalid(const absl::Status& status, const std::string& what) {
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << what;
  EXPECT_EQ(ReasonOf(status), "PROOF_INVALID") << what;
}

// The leaves of every tree here, and the roots of their first n.
class Merkle : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    leaves_ = MakeLeaves(kSizeMax);
    for (size_t n = 0; n <= kSizeMax; ++n) roots_.push_back(SlowRoot(Leaves(leaves_).first(n)));
  }
  void SetUp() override {
    const auto seed = std::random_device()();
    random_.seed(seed);
    RecordProperty("seed", std::to_string(seed));
    seed_ = "seed " + std::to_string(seed);
  }
  Leaves First(size_t n) const { return Leaves(leaves_).first(n); }

  static inline std::vector<Hash256> leaves_;
  static inline std::vector<Hash256> roots_;
  std::mt19937 random_;
  std::string seed_;
};

TEST_F(Merkle, GivesTheGoldenRootAndProofs) {
  const std::vector<Hash256> leaves = GoldenLeaves();
  ASSERT_EQ(leaves.size(), 8u);
  const NodeReader nodes = SlowNodes(leaves);
  EXPECT_EQ(Base64Encode(TreeRoot(8, nodes)->view()), "XcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=");
  EXPECT_EQ(*ProveInclusion(3, 8, nodes), GoldenHashes("inclusion_3_of_8.txt"));
  EXPECT_EQ(*ProveConsistency(5, 8, nodes), GoldenHashes("consistency_5_to_8.txt"));
  const Hash256 root = *TreeRoot(8, nodes);
  EXPECT_TRUE(VerifyInclusion(3, 8, leaves[3], GoldenHashes("inclusion_3_of_8.txt"), root).ok());
  EXPECT_TRUE(
      VerifyConsistency(5, 8, *TreeRoot(5, nodes), root, GoldenHashes("consistency_5_to_8.txt")).ok());
}

TEST_F(Merkle, EmptyTreeHasTheHashOfNothing) {
  EXPECT_EQ(HexEncode(EmptyRoot().view()),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(*TreeRoot(0, SlowNodes({})), EmptyRoot());
}

TEST_F(Merkle, AgreesWithTheReferenceForEverySizeAndIndex) {
  const NodeReader nodes = SlowNodes(leaves_);
  for (size_t n = 0; n <= kSizeMax; ++n) {
    ASSERT_EQ(*TreeRoot(n, nodes), roots_[n]) << n;
    for (size_t i = 0; i < n; ++i) {
      const auto proof = ProveInclusion(i, n, nodes);
      ASSERT_EQ(*proof, SlowInclusion(i, First(n))) << i << " of " << n;
      ASSERT_TRUE(VerifyInclusion(i, n, leaves_[i], *proof, roots_[n]).ok()) << i << " of " << n;
    }
  }
}

TEST_F(Merkle, AgreesWithTheReferenceForEveryPairOfSizes) {
  const NodeReader nodes = SlowNodes(leaves_);
  for (size_t n = 1; n <= kSizeMax; ++n) {
    for (size_t m = 1; m <= n; ++m) {
      const auto proof = ProveConsistency(m, n, nodes);
      ASSERT_EQ(*proof, SlowConsistency(m, First(n))) << m << " to " << n;
      ASSERT_TRUE(VerifyConsistency(m, n, roots_[m], roots_[n], *proof).ok()) << m << " to " << n;
    }
  }
}

// Every bit for some sizes; for all others one random bit of every hash of every proof.
TEST_F(Merkle, RefusesEveryFlippedBitOfAnInclusionProof) {
  const size_t every_bit[] = {1, 2, 3, 5, 7, 8, 9, 33};
  for (size_t n = 1; n <= kSizeMax; ++n) {
    const bool every = std::count(std::begin(every_bit), std::end(every_bit), n) > 0;
    for (size_t i = 0; i < n; ++i) {
      std::vector<Hash256> proof = SlowInclusion(i, First(n));
      Hash256 leaf = leaves_[i];
      Hash256 root = roots_[n];
      std::vector<Hash256*> parts = {&leaf, &root};
      for (Hash256& hash : proof) parts.push_back(&hash);
      for (Hash256* part : parts) {
        for (size_t round = 0; round < (every ? 256 : 1); ++round) {
          const size_t bit = every ? round : random_() % 256;
          FlipBit(bit, part);
          ASSERT_FALSE(VerifyInclusion(i, n, leaf, proof, root).ok()) << i << " of " << n << ", " << seed_;
          FlipBit(bit, part);
        }
      }
      ASSERT_TRUE(VerifyInclusion(i, n, leaf, proof, root).ok());
    }
  }
}

TEST_F(Merkle, RefusesEveryFlippedBitOfAConsistencyProof) {
  const size_t every_bit[] = {1, 2, 3, 5, 7, 8, 9, 21};
  for (size_t n = 1; n <= kSizeMax; ++n) {
    const bool every = std::count(std::begin(every_bit), std::end(every_bit), n) > 0;
    for (size_t m = 1; m <= n; ++m) {
      std::vector<Hash256> proof = SlowConsistency(m, First(n));
      Hash256 old_root = roots_[m];
      Hash256 new_root = roots_[n];
      std::vector<Hash256*> parts = {&old_root, &new_root};
      for (Hash256& hash : proof) parts.push_back(&hash);
      for (Hash256* part : parts) {
        for (size_t round = 0; round < (every ? 256 : 1); ++round) {
          const size_t bit = every ? round : random_() % 256;
          FlipBit(bit, part);
          ASSERT_FALSE(VerifyConsistency(m, n, old_root, new_root, proof).ok())
              << m << " to " << n << ", " << seed_;
          FlipBit(bit, part);
        }
      }
      ASSERT_TRUE(VerifyConsistency(m, n, old_root, new_root, proof).ok());
    }
  }
}

// A proof says where its hashes stand, no more: 0 of 3 and 0 of 4 have one shape, and which it is the root's
// checkpoint says. So another index or size is refused exactly where the shape is another. All indexes and
// sizes up to 40; beyond, eight random ones a proof.
TEST_F(Merkle, RefusesAnInclusionProofAtEveryOtherPlace) {
  for (size_t n = 1; n <= kSizeMax; ++n) {
    for (size_t i = 0; i < n; ++i) {
      const std::vector<Hash256> proof = SlowInclusion(i, First(n));
      const bool small = n <= 40;
      for (size_t round = 0; round < (small ? 42 * 42 : 8); ++round) {
        const size_t other_n = small ? round % 42 : random_() % (kSizeMax + 100);
        const size_t other_i = small ? round / 42 : random_() % (kSizeMax + 100);
        const bool same = other_i < other_n && InclusionShape(other_i, other_n) == InclusionShape(i, n);
        ASSERT_EQ(VerifyInclusion(other_i, other_n, leaves_[i], proof, roots_[n]).ok(), same)
            << i << " of " << n << " as " << other_i << " of " << other_n << ", " << seed_;
        ASSERT_TRUE(!same || other_i == i || other_n != n) << "two places of one tree";
      }
    }
  }
}

TEST_F(Merkle, RefusesAConsistencyProofBetweenEveryOtherPairOfSizes) {
  for (size_t n = 1; n <= kSizeMax; ++n) {
    for (size_t m = 1; m <= n; ++m) {
      const std::vector<Hash256> proof = SlowConsistency(m, First(n));
      const bool small = n <= 40;
      for (size_t round = 0; round < (small ? 42 * 42 : 8); ++round) {
        const size_t other_n = small ? round % 42 : random_() % (kSizeMax + 100);
        const size_t other_m = small ? round / 42 : random_() % (kSizeMax + 100);
        bool same = other_m >= 1 && other_m <= other_n &&
                    ConsistencyShape(other_m, other_n) == ConsistencyShape(m, n);
        ASSERT_EQ(VerifyConsistency(other_m, other_n, roots_[m], roots_[n], proof).ok(), same)
            << m << " to " << n << " as " << other_m << " to " << other_n << ", " << seed_;
      }
    }
  }
}

TEST_F(Merkle, RefusesProofsOfAnotherLength) {
  for (const size_t n : {1, 2, 3, 8, 9, 200, 256, 300}) {
    for (size_t i = 0; i < n; ++i) {
      std::vector<Hash256> proof = SlowInclusion(i, First(n));
      proof.push_back(roots_[1]);
      ExpectInvalid(VerifyInclusion(i, n, leaves_[i], proof, roots_[n]), "one more at the end");
      proof.resize(proof.size() + 70, roots_[2]);
      ExpectInvalid(VerifyInclusion(i, n, leaves_[i], proof, roots_[n]), "many more");
      proof = SlowInclusion(i, First(n));
      proof.insert(proof.begin(), leaves_[i]);
      ExpectInvalid(VerifyInclusion(i, n, leaves_[i], proof, roots_[n]), "one more in front");
      proof = SlowInclusion(i, First(n));
      if (!proof.empty()) {
        proof.pop_back();
        ExpectInvalid(VerifyInclusion(i, n, leaves_[i], proof, roots_[n]), "one less");
      }
    }
    for (size_t m = 1; m <= n; ++m) {
      std::vector<Hash256> proof = SlowConsistency(m, First(n));
      proof.push_back(roots_[1]);
      ExpectInvalid(VerifyConsistency(m, n, roots_[m], roots_[n], proof), "one more at the end");
      proof = SlowConsistency(m, First(n));
      proof.insert(proof.begin(), roots_[m]);
      ExpectInvalid(VerifyConsistency(m, n, roots_[m], roots_[n], proof), "one more in front");
      proof = SlowConsistency(m, First(n));
      while (!proof.empty()) {
        proof.pop_back();
        ExpectInvalid(VerifyConsistency(m, n, roots_[m], roots_[n], proof), "less");
      }
    }
  }
}

TEST_F(Merkle, RefusesWhatIsNotInTheTree) {
  const NodeReader nodes = SlowNodes(leaves_);
  for (const auto& [i, n] : {std::pair<uint64_t, uint64_t>{0, 0}, {1, 1}, {8, 8}, {~uint64_t{0}, 8}}) {
    const auto proof = ProveInclusion(i, n, nodes);
    EXPECT_EQ(proof.status().code(), absl::StatusCode::kOutOfRange);
    EXPECT_EQ(ReasonOf(proof.status()), "PROOF_OUT_OF_RANGE");
    ExpectInvalid(VerifyInclusion(i, n, leaves_[0], {}, leaves_[0]), "no such leaf");
  }
  for (const auto& [m, n] : {std::pair<uint64_t, uint64_t>{0, 0}, {0, 8}, {9, 8}, {~uint64_t{0}, 8}}) {
    const auto proof = ProveConsistency(m, n, nodes);
    EXPECT_EQ(proof.status().code(), absl::StatusCode::kOutOfRange);
    EXPECT_EQ(ReasonOf(proof.status()), "PROOF_OUT_OF_RANGE");
    ExpectInvalid(VerifyConsistency(m, n, EmptyRoot(), EmptyRoot(), {}), "no such size");
  }
}

TEST_F(Merkle, PassesTheReadersErrorOn) {
  const NodeReader broken = [](int, uint64_t) -> absl::StatusOr<Hash256> {
    return absl::DataLossError("gone");
  };
  EXPECT_EQ(TreeRoot(3, broken).status().message(), "gone");
  EXPECT_EQ(ProveInclusion(0, 3, broken).status().message(), "gone");
  EXPECT_EQ(ProveConsistency(2, 3, broken).status().message(), "gone");
}

TEST_F(Merkle, EndsAtTheLargestSizes) {
  constexpr uint64_t kMax = std::numeric_limits<uint64_t>::max();
  // A tree of one hash everywhere: node (level, index) depends on its level only.
  const NodeReader same = [](int level, uint64_t) -> absl::StatusOr<Hash256> {
    Hash256 hash;
    for (int i = 0; i < level; ++i) hash = NodeHash(hash, hash);
    return hash;
  };
  const Hash256 root = *TreeRoot(kMax, same);
  for (const uint64_t index : {uint64_t{0}, uint64_t{1} << 63, kMax - 1}) {
    const auto proof = ProveInclusion(index, kMax, same);
    ASSERT_TRUE(proof.ok());
    EXPECT_TRUE(VerifyInclusion(index, kMax, Hash256(), *proof, root).ok()) << index;
  }
  for (const uint64_t old_size : {uint64_t{1}, uint64_t{1} << 63, kMax - 1, kMax}) {
    const auto proof = ProveConsistency(old_size, kMax, same);
    ASSERT_TRUE(proof.ok());
    EXPECT_TRUE(VerifyConsistency(old_size, kMax, *TreeRoot(old_size, same), root, *proof).ok()) << old_size;
  }
}

}  // namespace
}  // namespace fundledger::log
