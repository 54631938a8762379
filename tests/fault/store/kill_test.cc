// A process that commits is killed at any moment: what it acknowledged is there, whole.
#include <iostream>
#include <random>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ledger/store/rocksdb.h"
#include "tests/contract/store/store_testing.h"

#include "gmock/gmock.h"

namespace fundledger::store {
namespace {

using ::testing::HasSubstr;

// A store_committer at work; killed and waited for at the latest by the destructor.
class Committer {
 public:
  explicit Committer(const std::string& directory) {
    int ends[2];
    if (::pipe(ends) != 0) std::abort();
    pid_ = ::fork();
    if (pid_ < 0) std::abort();
    if (pid_ == 0) {
      ::dup2(ends[1], STDOUT_FILENO);
      ::close(ends[0]);
      ::close(ends[1]);
      ::execl(STORE_COMMITTER, STORE_COMMITTER, directory.c_str(), nullptr);
      ::_exit(127);
    }
    ::close(ends[1]);
    in_ = ends[0];
  }
  ~Committer() {
    Kill();
    ::close(in_);
  }
  Committer(const Committer&) = delete;
  Committer& operator=(const Committer&) = delete;

  pid_t pid() const { return pid_; }

  // Waits for the next acknowledged head; nothing once the process has ended and all were read.
  std::optional<uint64_t> Next() {
    std::string bytes(8, '\0');
    size_t done = 0;
    while (done < bytes.size()) {
      const ssize_t got = ::read(in_, bytes.data() + done, bytes.size() - done);
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) return std::nullopt;
      done += static_cast<size_t>(got);
    }
    return ReadBigEndian64(bytes);
  }

  void Kill() {
    if (killed_) return;
    killed_ = true;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, &status_, 0);
  }
  // It was at work until we killed it.
  bool WasKilledByUs() const { return WIFSIGNALED(status_) && WTERMSIG(status_) == SIGKILL; }

 private:
  pid_t pid_ = -1;
  int in_ = -1;
  int status_ = 0;
  bool killed_ = false;
};

class KillTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(CreateRocksdb(path_).ok()); }

  TempDir dir_;
  const std::string path_ = dir_ / "store";
};

TEST_F(KillTest, EverythingAcknowledgedIsThereWholeAfterKill) {
  const uint32_t seed = std::random_device{}();
  std::cout << "seed " << seed << "\n";
  std::mt19937 random(seed);
  uint64_t last_head = 0;
  for (int round = 0; round < 12; ++round) {
    SCOPED_TRACE(absl::StrCat("seed ", seed, " round ", round));
    Committer committer(path_);
    uint64_t acknowledged = last_head;
    const int acknowledgements = std::uniform_int_distribution<int>(1, 40)(random);
    for (int n = 0; n < acknowledgements; ++n) {
      const auto head = committer.Next();
      ASSERT_TRUE(head.has_value());
      ASSERT_EQ(*head, acknowledged + 1);
      acknowledged = *head;
    }
    // Anywhere within the commits that follow.
    ::usleep(std::uniform_int_distribution<useconds_t>(0, 3000)(random));
    committer.Kill();
    EXPECT_TRUE(committer.WasKilledByUs());
    while (const auto head = committer.Next()) acknowledged = *head;

    std::string damage;
    const auto reader = OpenRocksdbReadOnly(path_, &damage);
    ASSERT_TRUE(reader.ok()) << reader.status();
    EXPECT_EQ(damage, "");
    const auto store = OpenRocksdb(path_);
    ASSERT_TRUE(store.ok()) << store.status();
    const auto snapshot = (*store)->GetSnapshot();
    EXPECT_GE(snapshot->head(), acknowledged);
    EXPECT_LE(snapshot->head(), acknowledged + 1);
    EXPECT_EQ((*reader)->GetSnapshot()->head(), snapshot->head());
    ExpectWhole(*snapshot);
    last_head = snapshot->head();
  }
}

TEST_F(KillTest, AStoreOpenInAnotherProcessIsRefusedAndTheHolderNamed) {
  Committer committer(path_);
  ASSERT_TRUE(committer.Next().has_value());
  for (int attempt = 0; attempt < 2; ++attempt) {
    const auto store = OpenRocksdb(path_);
    EXPECT_EQ(store.status().code(), absl::StatusCode::kUnavailable);
    EXPECT_EQ(ReasonOf(store.status()), "STORE_LOCKED") << store.status();
    EXPECT_THAT(std::string(store.status().message()), HasSubstr(absl::StrCat("process ", committer.pid())));
  }
  EXPECT_TRUE(committer.Next().has_value()) << "the holder was disturbed";
  committer.Kill();
  EXPECT_TRUE(committer.WasKilledByUs());
  EXPECT_TRUE(OpenRocksdb(path_).ok());
}

TEST_F(KillTest, AReaderBesideABusyWriterSeesAWholeState) {
  Committer committer(path_);
  uint64_t last = 0;
  for (int round = 0; round < 15; ++round) {
    const auto acknowledged = committer.Next();
    ASSERT_TRUE(acknowledged.has_value());
    std::string damage;
    const auto reader = OpenRocksdbReadOnly(path_, &damage);
    ASSERT_TRUE(reader.ok()) << reader.status();
    EXPECT_EQ(damage, "");
    const auto snapshot = (*reader)->GetSnapshot();
    EXPECT_GE(snapshot->head(), *acknowledged);
    EXPECT_GE(snapshot->head(), last);
    last = snapshot->head();
    ExpectWhole(*snapshot);
  }
}

}  // namespace
}  // namespace fundledger::store
