#include "clients/sdk/files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "ledger/base/status.h"
#include "tests/support/limit.h"
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

TEST(SecretFile, IsNotLeftHalfMade) {
  const TestDirectory directory;
  absl::Status made;
  absl::Status replaced;
  {
    const test_support::Limit full(RLIMIT_FSIZE, 3);
    made = MakeSecretFile(directory / "a.key", "secret");
    replaced = ReplaceFile(directory / "b.key", "secret", true);
  }
  EXPECT_EQ(ReasonOf(made), "FILE_UNWRITABLE") << made;
  EXPECT_EQ(ReasonOf(replaced), "FILE_UNWRITABLE") << replaced;
  EXPECT_TRUE(fs::is_empty(directory.path()));
  EXPECT_TRUE(MakeSecretFile(directory / "a.key", "secret").ok()) << "nothing is in the way";
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

TEST(FileLock, IsHeldAloneOrTogether) {
  const TestDirectory directory;
  const auto holds = [&](int how) {
    const int fd = ::open((directory / "lock").c_str(), O_RDWR);
    const bool free = ::flock(fd, how | LOCK_NB) == 0;
    ::close(fd);
    return free;
  };
  {
    const auto shared = FileLock::Take(directory / "lock", false);
    ASSERT_TRUE(shared.ok()) << shared.status();
    EXPECT_TRUE(holds(LOCK_SH));
    EXPECT_FALSE(holds(LOCK_EX));
  }
  {
    const auto alone = FileLock::Take(directory / "lock", true);
    ASSERT_TRUE(alone.ok()) << alone.status();
    EXPECT_FALSE(holds(LOCK_SH));
  }
  EXPECT_TRUE(holds(LOCK_EX));
  EXPECT_EQ(ReasonOf(FileLock::Take(directory / "none/lock", true).status()), "FILE_UNWRITABLE");
}

TEST(Evidence, SurvivesAnnotation) {
  EXPECT_TRUE(IsEvidence(Annotate(Evidence("LOG_FORKED", "x"), "record 3")));
  EXPECT_FALSE(IsEvidence(absl::DataLossError("what a server says")));
}

}  // namespace
}  // namespace fundledger::sdk
