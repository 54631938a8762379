// A mirror's engine is killed at each place that has a name, and while it is made and opened at each call
// that changes files: what was kept is there, no record twice, and the root is the one that the log signed.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "ledger/engine/attestations.h"
#include "ledger/engine/checkpoints.h"
#include "ledger/engine/follower.h"
#include "ledger/engine/mirror_directory.h"
#include "ledger/engine/verify.h"
#include "ledger/log/record.h"
#include "tests/integration/engine/follower_world.h"
#include "tests/integration/engine/kill_places.h"
#include "tests/support/world.h"

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace fundledger::engine {
namespace {

constexpr char kStrace[] = "/usr/bin/strace";
constexpr uint64_t kEnds[] = {1, 2, 5, 9};

struct Ended {
  bool is_killed = false;
  int exit_code = -1;
  uint64_t said = 0;  // the last size that it called kept
};

class FollowerKill : public FollowerWorld {
 protected:
  void SetUp() override {
    FollowerWorld::SetUp();
    const uint64_t size = std::end(kEnds)[-1];
    for (uint64_t i = 1; i < size && !HasFatalFailure(); ++i) Register(absl::StrCat("v-", i));
    if (HasFatalFailure()) return;
    ASSERT_EQ(primary_->view()->size(), size);
    std::ofstream batches(directory_.Sub("batches"));
    uint64_t first = 0;
    for (const uint64_t end : kEnds) {
      batches << Base64Encode((*LastCheckpoint(*primary_->view(), end - 1, end)).value().note);
      for (; first < end; ++first) batches << ' ' << Base64Encode(*primary_->view()->Record(first));
      batches << '\n';
    }
  }
  // The program, under others if given, to its end.
  Ended Copy(std::string_view place, int nth, std::vector<std::string> under = {}) const {
    for (const std::string& word : {std::string(FOLLOWER_COPIER), directory_.Sub("mirror"),
                                    directory_.Sub("batches"), std::string(place), absl::StrCat(nth)}) {
      under.push_back(word);
    }
    std::vector<char*> words;
    for (std::string& word : under) words.push_back(word.data());
    words.push_back(nullptr);
    int ends[2];
    EXPECT_EQ(::pipe(ends), 0);
    const pid_t pid = ::fork();
    if (pid == 0) {
      (void)::dup2(ends[1], STDOUT_FILENO);
      (void)::close(ends[0]);
      (void)::close(ends[1]);
      ::execv(words.front(), words.data());
      ::_exit(127);
    }
    (void)::close(ends[1]);
    FILE* const lines = ::fdopen(ends[0], "r");
    Ended ended;
    unsigned long long said = 0;
    while (std::fscanf(lines, "%llu\n", &said) == 1) ended.said = said;
    (void)std::fclose(lines);
    int status = 0;
    EXPECT_EQ(::waitpid(pid, &status, 0), pid);
    ended.is_killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    if (WIFEXITED(status)) ended.exit_code = WEXITSTATUS(status);
    return ended;
  }
  // Opens it as a restart does: everything that was called kept is there as the log has it, and nothing that
  // the log did not sign.
  void ExpectPrefix(uint64_t said) const {
    const auto follower = Follower::Open(Options());
    ASSERT_TRUE(follower.ok()) << follower.status();
    const auto view = (*follower)->view();
    ASSERT_GE(view->size(), said);
    ASSERT_NE(std::find(std::begin(kEnds), std::end(kEnds), view->size()), std::end(kEnds)) << view->size();
    EXPECT_EQ(view->edge().Root(), *primary_->view()->RootAt(view->size()));
    for (Sequence i = 0; i < view->size(); ++i) EXPECT_EQ(*view->Record(i), *primary_->view()->Record(i));
    // The cosignature was on disk before the size was said; record 0's batch has none.
    if (said <= 1) return;
    const auto attested = ReadAttested(*view, said);
    ASSERT_TRUE(attested.ok()) << attested.status();
    EXPECT_NE(attested->checkpoint().find(absl::StrCat("\n— ", std::string(kWitness), " ")),
              std::string::npos);
  }
  // It goes on to the end, and is what a mirror is that was never killed.
  void ExpectGoesOnToTheEnd() const {
    const Ended rest = Copy("none", 1);
    ASSERT_EQ(rest.exit_code, 0);
    ExpectPrefix(rest.said);
    {
      const auto follower = Follower::Open(Options());
      ASSERT_TRUE(follower.ok()) << follower.status();
      EXPECT_EQ((*follower)->view()->size(), primary_->view()->size());
      EXPECT_EQ((*follower)->view()->signed_checkpoint(), primary_->view()->signed_checkpoint());
      // Each once, however often its batch was sent.
      uint64_t records = 0;
      const absl::Status scanned =
          (*follower)->view()->ScanRecords(0, [&records](Sequence sequence, std::string_view) {
            EXPECT_EQ(sequence, records++);
            return true;
          });
      EXPECT_TRUE(scanned.ok()) << scanned;
      EXPECT_EQ(records, primary_->view()->size());
    }
    ExpectVerifies();
  }
  void Forget() const { std::filesystem::remove_all(directory_.Sub("mirror")); }
};

TEST_F(FollowerKill, AtEveryPlaceLosesNothingAndTakesNothingTwice) {
  for (const std::string_view place : kKillPlaces) {
    SCOPED_TRACE(place);
    const bool is_opening = place.find("opening") != std::string_view::npos;
    int kills = 0;
    for (int nth = 1; !HasFatalFailure(); ++nth) {
      SCOPED_TRACE(nth);
      Forget();
      // The anchor is written while opening only where a crash left it behind.
      if (is_opening) {
        ASSERT_TRUE(Copy("after-commit", nth).is_killed || nth > 1);
      }
      const Ended ended = Copy(place, is_opening ? 1 : nth);
      if (!ended.is_killed) {
        ASSERT_EQ(ended.exit_code, 0);
        break;
      }
      ++kills;
      ExpectPrefix(ended.said);
      ExpectGoesOnToTheEnd();
    }
    // Each batch behind the first comes by once; sheets may be committed aside as well.
    EXPECT_GE(kills, static_cast<int>(std::size(kEnds)) - 1);
  }
}

TEST_F(FollowerKill, AgainAndAgainAtDifferentPlaces) {
  uint64_t said = 0;
  for (const std::string_view place : {"before-commit", "after-commit", "before-opening-anchor",
                                       "after-opening-anchor", "before-aside-commit", "after-anchor"}) {
    SCOPED_TRACE(place);
    const Ended ended = Copy(place, 1);
    ASSERT_TRUE(ended.is_killed);
    said = std::max(said, ended.said);
    // Without opening it in between: what the next start finds is what this one left.
  }
  ExpectPrefix(said);
  ExpectGoesOnToTheEnd();
}

// While a mirror is made its store is nobody's yet, so places are the calls that change files.
TEST_F(FollowerKill, WhileItIsMadeThereIsNoneOrAWholeOne) {
  if (!std::filesystem::exists(kStrace)) GTEST_SKIP() << "strace is not installed";
  int kills = 0;
  for (const std::string call : {"mkdir", "rename", "rmdir"}) {
    // What comes behind the first word that it is made, the other tests kill at.
    bool is_made = false;
    for (int nth = 1; !is_made && nth < 100 && !HasFatalFailure(); ++nth) {
      SCOPED_TRACE(absl::StrCat(call, " ", nth));
      Forget();
      const Ended ended = Copy("none", 1,
                               {kStrace, "-f", "-qqq", "-o", "/dev/null", "-e", "trace=" + call, "-e",
                                absl::StrCat("inject=", call, ":signal=SIGKILL:when=", nth)});
      kills += ended.is_killed || ended.exit_code == 137 ? 1 : 0;
      is_made = ended.said > 0;
      if (HoldsNoMirror(directory_.Sub("mirror"))) {
        EXPECT_FALSE(is_made);
      } else {
        ExpectPrefix(ended.said);
      }
      ExpectGoesOnToTheEnd();
    }
    EXPECT_TRUE(is_made);
  }
  EXPECT_GT(kills, 2);
}

}  // namespace
}  // namespace fundledger::engine
