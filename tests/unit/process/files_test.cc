#include "services/process/files.h"

#include <cstdlib>
#include <filesystem>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "ledger/base/status.h"
#include "tests/support/limit.h"

namespace fundledger::process {
namespace {

namespace fs = std::filesystem;

class Files : public testing::Test {
 protected:
  Files() {
    std::string name = testing::TempDir() + "fundledger-process-XXXXXX";
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    directory_ = name;
  }
  ~Files() override { fs::remove_all(directory_); }

  fs::path directory_;
};

TEST_F(Files, LeaveNothingHalfMade) {
  const std::string path = directory_ / "a.key";
  absl::Status made;
  absl::Status replaced;
  {
    const test_support::Limit full(RLIMIT_FSIZE, 3);
    made = MakeSecretFile(path, "secret");
    replaced = ReplaceFileDurably(path, "other");
  }
  EXPECT_EQ(ReasonOf(made), "FILE_NOT_WRITTEN") << made;
  EXPECT_EQ(ReasonOf(replaced), "FILE_NOT_WRITTEN") << replaced;
  EXPECT_TRUE(fs::is_empty(directory_));
  ASSERT_TRUE(MakeSecretFile(path, "secret").ok());
  EXPECT_EQ(ReasonOf(MakeSecretFile(path, "another")), "KEY_FILE_EXISTS");
  EXPECT_EQ(*ReadSecretFile(path), "secret");
}

TEST_F(Files, SayThatASecretIsEmptyOrNoFile) {
  const std::string path = directory_ / "a.key";
  ASSERT_TRUE(MakeSecretFile(path, "").ok());
  EXPECT_EQ(ReasonOf(ReadSecretFile(path).status()), "KEY_FILE_UNREADABLE");
  ASSERT_EQ(::chmod(directory_.c_str(), 0700), 0);
  EXPECT_EQ(ReasonOf(ReadSecretFile(directory_).status()), "KEY_FILE_UNREADABLE");
}

}  // namespace
}  // namespace fundledger::process
