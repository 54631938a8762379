#include "clients/sdk/files.h"

#include <unistd.h>

#include "clients/sdk/outbox.h"
#include "ledger/base/status.h"
#include "tests/unit/clients/sdk/little_log.h"

namespace fundledger::sdk {
namespace {

namespace fs = std::filesystem;

TEST(SecretFile, IsReadBackAndReadableByItsOwnerAlone) {
  const TestDirectory directory;
  ASSERT_TRUE(MakeSecretFile(directory / "a.key", "secret").ok());
  EXPECT_EQ(fs::status(directory / "a.key").permissions(), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(*ReadSecretFile(directory / "a.key"), "secret");
}

TEST(SecretFile, IsNeverOverwritten) {
  const TestDirectory directory;
  ASSERT_TRUE(MakeSecretFile(directory / "a.key", "first").ok());
  EXPECT_EQ(ReasonOf(MakeSecretFile(directory / "a.key", "second")), "KEY_FILE_EXISTS");
  EXPECT_EQ(*ReadSecretFile(directory / "a.key"), "first");
}

TEST(SecretFile, IsRefusedWhenOthersCanReadIt) {
  const TestDirectory directory;
  ASSERT_TRUE(MakeSecretFile(directory / "a.key", "secret").ok());
  for (const fs::perms exposed :
       {fs::perms::group_read, fs::perms::others_read, fs::perms::group_write, fs::perms::others_exec}) {
    fs::permissions(directory / "a.key", fs::perms::owner_read | exposed);
    EXPECT_EQ(ReasonOf(ReadSecretFile(directory / "a.key").status()), "KEY_FILE_EXPOSED");
  }
}

TEST(SecretFile, IsRefusedWhenItBelongsToAnotherUser) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root gives files away";
  const TestDirectory directory;
  ASSERT_TRUE(MakeSecretFile(directory / "a.key", "secret").ok());
  ASSERT_EQ(::chown((directory / "a.key").c_str(), 65534, 65534), 0);
  EXPECT_EQ(ReasonOf(ReadSecretFile(directory / "a.key").status()), "KEY_FILE_EXPOSED");
}

TEST(SecretFile, SaysWhatIsMissingOrNoFile) {
  const TestDirectory directory;
  EXPECT_EQ(ReasonOf(ReadSecretFile(directory / "none.key").status()), "KEY_FILE_MISSING");
  EXPECT_EQ(ReasonOf(ReadSecretFile(directory / ".").status()), "KEY_MALFORMED");
}

TEST(Outbox, HoldsTheSameBytesUntilRemoved) {
  const TestDirectory directory;
  const Outbox outbox(directory / "outbox");
  ASSERT_TRUE(outbox.List().ok());
  EXPECT_TRUE(outbox.List()->empty());
  v1::Submission submission;
  submission.set_officer("clerk-1");
  submission.set_request_id(NewRequestId());
  const auto sealed = Seal(submission, *KeyOf('k'));
  ASSERT_TRUE(sealed.ok());
  ASSERT_TRUE(outbox.Store(*sealed).ok());
  const auto listed = outbox.List();
  ASSERT_TRUE(listed.ok()) << listed.status();
  ASSERT_EQ(listed->size(), 1U);
  EXPECT_EQ(listed->front().envelope, sealed->envelope);
  EXPECT_EQ(listed->front().payload, sealed->payload);
  EXPECT_EQ(listed->front().request_id, sealed->request_id);
  ASSERT_TRUE(outbox.Remove(*sealed).ok());
  EXPECT_TRUE(outbox.List()->empty());
}

TEST(Outbox, SaysWhenAFileIsNoSubmission) {
  const TestDirectory directory;
  ASSERT_TRUE(ReplaceFile(directory / "x.envelope", "x", false).ok());
  EXPECT_EQ(ReasonOf(Outbox(directory.path()).List().status()), "OUTBOX_DAMAGED");
}

TEST(Evidence, SurvivesAnnotation) {
  EXPECT_TRUE(IsEvidence(Annotate(Evidence("LOG_FORKED", "x"), "record 3")));
  EXPECT_FALSE(IsEvidence(absl::DataLossError("what a server says")));
}

}  // namespace
}  // namespace fundledger::sdk
