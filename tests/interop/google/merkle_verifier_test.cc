// Proofs that a server gives, in the hands of Google's C++ Merkle verifier: taken as they are at every size,
// and refused with any hash of theirs changed, left out or too many.
#include <set>

#include <gtest/gtest.h>
#include <merkletree/merkle_verifier.h>
#include <merkletree/serial_hasher.h>

#include "ledger/log/note.h"
#include "tests/integration/services/services_testing.h"

#include "absl/strings/str_cat.h"

namespace fundledger::services_testing {
namespace {

using Hashes = std::vector<std::string>;

// A size of more than two full tiles, with a ragged edge.
constexpr uint64_t kSize = 530;

Hashes ToHashes(const google::protobuf::RepeatedPtrField<std::string>& hashes) {
  return {hashes.begin(), hashes.end()};
}

class MerkleVerifierTest : public ::testing::Test {
 protected:
  // One ledger for all.
  static void SetUpTestSuite() {
    ledgerd_ = std::make_unique<Ledgerd>();
    for (uint64_t i = 1; i < kSize; ++i) (void)ledgerd_->Register(absl::StrCat("org-", i));
    const auto view = ledgerd_->server->engine().view();
    for (Sequence i = 0; i < kSize; ++i) records_.push_back(*view->Record(i));
    const auto checkpoint = log::OpenCheckpoint(view->signed_checkpoint(), ledgerd_->world.verifier());
    ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
    ASSERT_EQ(checkpoint->size, kSize);
    signed_root_ = checkpoint->root.str();
  }
  static void TearDownTestSuite() {
    ledgerd_.reset();
    records_.clear();
  }

  v1::GetInclusionProofResponse Inclusion(uint64_t index, uint64_t size) {
    v1::GetInclusionProofRequest request;
    request.set_sequence(index);
    request.set_tree_size(size);
    v1::GetInclusionProofResponse response;
    grpc::ClientContext context;
    const grpc::Status status = stub_->GetInclusionProof(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }
  v1::GetConsistencyProofResponse Consistency(uint64_t old_size, uint64_t new_size) {
    v1::GetConsistencyProofRequest request;
    request.set_old_size(old_size);
    request.set_new_size(new_size);
    v1::GetConsistencyProofResponse response;
    grpc::ClientContext context;
    const grpc::Status status = stub_->GetConsistencyProof(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }
  // The root of every size, as the server says with its proofs; that of the last is the signed one.
  std::string RootOf(uint64_t size) {
    if (roots_.size() <= size) roots_.resize(kSize + 1);
    if (roots_[size].empty()) roots_[size] = Inclusion(0, size).root();
    return roots_[size];
  }

  // Calls `refuses` with every way of spoiling a proof.
  template <typename Refuses>
  void SpoilEach(const Hashes& proof, const Refuses& refuses) {
    for (size_t i = 0; i < proof.size(); ++i) {
      Hashes spoiled = proof;
      char& byte = spoiled[i][(i * 7) % 32];
      byte = static_cast<char>(byte ^ (1 << (i % 8)));
      EXPECT_TRUE(refuses(spoiled)) << "hash " << i << " changed";
      spoiled = proof;
      spoiled.erase(spoiled.begin() + static_cast<std::ptrdiff_t>(i));
      EXPECT_TRUE(refuses(spoiled)) << "hash " << i << " left out";
      if (i == 0 || proof[i] == proof[i - 1]) continue;
      spoiled = proof;
      std::swap(spoiled[i], spoiled[i - 1]);
      EXPECT_TRUE(refuses(spoiled)) << "hash " << i << " swapped with the one before";
    }
    Hashes spoiled = proof;
    spoiled.push_back(std::string(32, '\0'));
    EXPECT_TRUE(refuses(spoiled)) << "one hash too many";
  }

  static std::unique_ptr<Ledgerd> ledgerd_;
  static std::vector<std::string> records_;
  static std::string signed_root_;
  const std::unique_ptr<v1::AuditService::Stub> stub_ = v1::AuditService::NewStub(ledgerd_->channel);
  std::vector<std::string> roots_;
  MerkleVerifier verifier_{std::make_unique<Sha256Hasher>()};
};

std::unique_ptr<Ledgerd> MerkleVerifierTest::ledgerd_;
std::vector<std::string> MerkleVerifierTest::records_;
std::string MerkleVerifierTest::signed_root_;

TEST_F(MerkleVerifierTest, TakesInclusionProofsOfEverySizeAndNoSpoiledOne) {
  size_t proofs = 0;
  for (uint64_t size = 1; size <= kSize; ++size) {
    for (const uint64_t index : std::set<uint64_t>{0, size / 3, size / 2, size - 1, (size * 31) % size}) {
      SCOPED_TRACE(absl::StrCat("record ", index, " of ", size));
      const v1::GetInclusionProofResponse answer = Inclusion(index, size);
      ASSERT_EQ(answer.tree_size(), size);
      const Hashes proof = ToHashes(answer.inclusion());
      const std::string& root = answer.root();
      ASSERT_TRUE(verifier_.VerifyPath(index + 1, size, proof, root, records_[index]));
      ++proofs;
      SpoilEach(proof, [&](const Hashes& spoiled) {
        return !verifier_.VerifyPath(index + 1, size, spoiled, root, records_[index]);
      });
      // Another record, another place, another root.
      EXPECT_FALSE(verifier_.VerifyPath(index + 1, size, proof, root, records_[index] + "x"));
      const uint64_t another = (index + 1) % size;
      EXPECT_TRUE(another == index || !verifier_.VerifyPath(another + 1, size, proof, root, records_[index]));
      EXPECT_FALSE(verifier_.VerifyPath(index + 1, size, proof, std::string(32, 'r'), records_[index]));
    }
  }
  EXPECT_GT(proofs, 2 * kSize);
  EXPECT_EQ(RootOf(kSize), signed_root_);
}

TEST_F(MerkleVerifierTest, TakesConsistencyProofsBetweenSizesAndNoSpoiledOne) {
  size_t proofs = 0;
  for (uint64_t size = 1; size <= kSize; ++size) {
    for (const uint64_t old_size :
         std::set<uint64_t>{1, size / 4 + 1, size / 2 + 1, size - 1, size, std::min<uint64_t>(size, 256)}) {
      if (old_size == 0) continue;
      SCOPED_TRACE(absl::StrCat(old_size, " to ", size));
      const v1::GetConsistencyProofResponse answer = Consistency(old_size, size);
      const Hashes proof = ToHashes(answer.consistency());
      const std::string old_root = RootOf(old_size);
      ASSERT_EQ(answer.new_root(), RootOf(size));
      ASSERT_TRUE(verifier_.VerifyConsistency(old_size, size, old_root, answer.new_root(), proof));
      ++proofs;
      SpoilEach(proof, [&](const Hashes& spoiled) {
        return !verifier_.VerifyConsistency(old_size, size, old_root, answer.new_root(), spoiled);
      });
      EXPECT_FALSE(
          verifier_.VerifyConsistency(old_size, size, std::string(32, 'o'), answer.new_root(), proof));
      EXPECT_FALSE(verifier_.VerifyConsistency(old_size, size, old_root, std::string(32, 'n'), proof));
    }
  }
  EXPECT_GT(proofs, 3 * kSize);
}

}  // namespace
}  // namespace fundledger::services_testing
