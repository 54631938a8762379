#include "clients/sdk/submission.h"

#include <set>

#include "ledger/base/bytes.h"
#include "ledger/crypto/digest.h"
#include "ledger/crypto/dsse.h"
#include "tests/unit/clients/sdk/little_log.h"

namespace fundledger::sdk {
namespace {

int Version(const std::string& id) {
  return static_cast<uint8_t>(id[6]) >> 4;
}
int Variant(const std::string& id) {
  return static_cast<uint8_t>(id[8]) >> 6;
}

TEST(RequestId, IsARandomUuid) {
  std::set<std::string> ids;
  for (int i = 0; i < 100; ++i) {
    const std::string id = NewRequestId();
    ASSERT_EQ(id.size(), 16U);
    EXPECT_EQ(Version(id), 4);
    EXPECT_EQ(Variant(id), 2);
    ids.insert(id);
  }
  EXPECT_EQ(ids.size(), 100U);
}

TEST(ImportRequestId, FollowsItsDefinition) {
  Hash256 ledger;
  ledger.bytes.fill(7);
  const std::string id = ImportRequestId(ledger, "clerk-1", "receive", "R-1");
  const std::string text = std::string("fundledger import") + '\0' + std::string(32, '\7') + "clerk-1" +
                           '\0' + "receive" + '\0' + "R-1";
  std::string hash(crypto::Sha256(text).view().substr(0, 16));
  hash[6] = static_cast<char>((hash[6] & 0x0f) | 0x50);
  hash[8] = static_cast<char>((hash[8] & 0x3f) | 0x80);
  EXPECT_EQ(HexEncode(id), HexEncode(hash));
}

TEST(ImportRequestId, DiffersWithEachPart) {
  Hash256 ledger;
  Hash256 other;
  other.bytes[0] = 1;
  const std::set<std::string> ids = {
      ImportRequestId(ledger, "a", "k", "r"), ImportRequestId(other, "a", "k", "r"),
      ImportRequestId(ledger, "b", "k", "r"), ImportRequestId(ledger, "a", "l", "r"),
      ImportRequestId(ledger, "a", "k", "s"), ImportRequestId(ledger, "ak", "", "r"),
  };
  EXPECT_EQ(ids.size(), 6U);
}

TEST(Seal, SignsTheVeryBytes) {
  const auto key = KeyOf('k');
  v1::Submission submission;
  submission.set_officer("clerk-1");
  const auto sealed = Seal(submission, *key);
  ASSERT_TRUE(sealed.ok());
  const auto opened = crypto::OpenEnvelope(sealed->envelope);
  ASSERT_TRUE(opened.ok());
  EXPECT_EQ(opened->payload, sealed->payload);
  const auto verifier = crypto::Verifier::Make(key->public_key());
  EXPECT_TRUE(
      (*verifier)
          ->Verify(crypto::PreAuthEncoding(crypto::kSubmissionType, sealed->payload), opened->signatures[0])
          .ok());
}

TEST(SealAll, SignsAsSealDoesInTheOrderGiven) {
  const auto one = KeyOf('a');
  const auto two = KeyOf('b');
  std::vector<Unsealed> drafts(100);
  for (size_t i = 0; i < drafts.size(); ++i) {
    drafts[i].submission.set_request_id(NewRequestId());
    drafts[i].signer = i % 3 == 0 ? one.get() : two.get();
  }
  for (const size_t threads : {size_t{0}, size_t{1}, size_t{7}, size_t{1000}}) {
    const auto sealed = SealAll(drafts, threads);
    ASSERT_TRUE(sealed.ok()) << sealed.status();
    ASSERT_EQ(sealed->size(), drafts.size());
    for (size_t i = 0; i < drafts.size(); ++i) {
      EXPECT_EQ((*sealed)[i].envelope, Seal(drafts[i].submission, *drafts[i].signer)->envelope) << i;
      EXPECT_EQ((*sealed)[i].request_id, drafts[i].submission.request_id());
    }
  }
  const auto none = SealAll({});
  EXPECT_TRUE(none.ok() && none->empty());
}

// A key that is lost in between.
class LostKey : public crypto::Signer {
 public:
  const crypto::PublicKey& public_key() const override { return key_->public_key(); }
  absl::StatusOr<std::string> Sign(std::string_view) const override { return absl::InternalError("lost"); }

 private:
  std::unique_ptr<crypto::Signer> key_ = KeyOf('a');
};

TEST(SealAll, FailsAsAWholeIfOneCannotBeSigned) {
  const auto good = KeyOf('a');
  const LostKey lost;
  std::vector<Unsealed> drafts(50);
  for (size_t i = 0; i < drafts.size(); ++i) drafts[i].signer = i == 30 ? &lost : good.get();
  EXPECT_TRUE(absl::IsInternal(SealAll(drafts).status()));
}

}  // namespace
}  // namespace fundledger::sdk
