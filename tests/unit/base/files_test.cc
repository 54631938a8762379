#include "ledger/base/files.h"

#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace fundledger {
namespace {

namespace fs = std::filesystem;

// What was synced, by name.
std::vector<fs::path>& Synced() {
  static std::vector<fs::path> synced;
  return synced;
}

}  // namespace
}  // namespace fundledger

// Stands before the C library's: no power is cut here, so what is asked for is what can be looked at.
extern "C" int fsync(int fd) {
  fundledger::Synced().push_back(std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(fd)));
  return static_cast<int>(::syscall(SYS_fsync, fd));
}

namespace fundledger {
namespace {

class Directories : public testing::Test {
 protected:
  Directories() {
    std::string name = testing::TempDir() + "fundledger-base-XXXXXX";
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    directory_ = fs::canonical(name);
    Synced().clear();
  }
  ~Directories() override { fs::remove_all(directory_); }

  fs::path directory_;
};

TEST_F(Directories, AreListedWhereTheyAre) {
  EXPECT_EQ(DirectoryOf("a/b"), "a");
  EXPECT_EQ(DirectoryOf("a/b/"), "a");
  EXPECT_EQ(DirectoryOf("b"), ".");
  EXPECT_EQ(DirectoryOf("b/"), ".");
  EXPECT_EQ(DirectoryOf("/b"), "/");
}

TEST_F(Directories, AreOnDiskLevelByLevel) {
  ASSERT_FALSE(MakeDirectories(directory_ / "a/b/c/"));
  EXPECT_TRUE(fs::is_directory(directory_ / "a/b/c"));
  EXPECT_EQ(Synced(), (std::vector<fs::path>{directory_, directory_ / "a", directory_ / "a/b"}));
  Synced().clear();
  ASSERT_FALSE(MakeDirectories(directory_ / "a/b"));
  EXPECT_TRUE(Synced().empty()) << "they are there";
  ASSERT_FALSE(MakeDirectories(directory_ / "a/b/d"));
  EXPECT_EQ(Synced(), (std::vector<fs::path>{directory_ / "a/b"}));
}

TEST_F(Directories, AreNotMadeWhereAFileIs) {
  std::ofstream(directory_ / "a") << "in the way";
  EXPECT_EQ(MakeDirectories(directory_ / "a"), std::errc::not_a_directory);
  EXPECT_EQ(MakeDirectories(directory_ / "a/b"), std::errc::not_a_directory);
  EXPECT_EQ(SyncDirectory(directory_ / "none"), std::errc::no_such_file_or_directory);
  EXPECT_TRUE(MakeDirectories(""));
}

}  // namespace
}  // namespace fundledger
