// The process is killed in the middle of its work, again and again: whoever holds a receipt finds the record.
#include <cstdio>
#include <string>
#include <vector>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "ledger/engine/engine.h"
#include "ledger/engine/verify.h"
#include "ledger/log/record.h"
#include "tests/support/world.h"

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace fundledger::engine {
namespace {

using test_support::TemporaryDirectory;
using test_support::VerifyReceipt;
using test_support::World;

struct Acknowledged {
  v1::Receipt receipt;
  std::string envelope;
};

// A submitter in another process, whose receipts come through a pipe.
class Submitter {
 public:
  Submitter(const std::string& directory, const std::string& round) {
    int ends[2];
    EXPECT_EQ(::pipe(ends), 0);
    pid_ = ::fork();
    if (pid_ == 0) {
      (void)::dup2(ends[1], STDOUT_FILENO);
      (void)::close(ends[0]);
      (void)::close(ends[1]);
      ::execl(ENGINE_SUBMITTER, ENGINE_SUBMITTER, directory.c_str(), round.c_str(), nullptr);
      ::_exit(127);
    }
    (void)::close(ends[1]);
    lines_ = ::fdopen(ends[0], "r");
  }
  ~Submitter() { (void)std::fclose(lines_); }

  void Kill() const { EXPECT_EQ(::kill(pid_, SIGKILL), 0); }
  void Wait() const { EXPECT_EQ(::waitpid(pid_, nullptr, 0), pid_); }

  // The next receipt, until the process is gone; a line that was cut is nobody's receipt.
  bool Read(Acknowledged* next) {
    std::string line;
    for (int c = std::fgetc(lines_); c != '\n'; c = std::fgetc(lines_)) {
      if (c == EOF) return false;
      line.push_back(static_cast<char>(c));
    }
    const size_t space = line.find(' ');
    EXPECT_TRUE(next->receipt.ParseFromString(*HexDecode(line.substr(0, space))));
    next->envelope = *HexDecode(line.substr(space + 1));
    return true;
  }

 private:
  pid_t pid_ = -1;
  FILE* lines_ = nullptr;
};

TEST(Kill, LosesNothingThatWasAcknowledged) {
  World world;
  const TemporaryDirectory directory;
  const std::string ledger = directory.Sub("ledger");
  ASSERT_TRUE(Engine::Create(world.CreateOptionsAt(ledger)).ok());
  std::vector<Acknowledged> all;
  for (const int receipts_before_kill : {1, 40, 7, 150, 90}) {
    Submitter submitter(ledger, absl::StrCat(all.size()));
    int count = 0;
    Acknowledged next;
    while (submitter.Read(&next)) {
      all.push_back(next);
      if (++count == receipts_before_kill) submitter.Kill();
    }
    ASSERT_GE(count, receipts_before_kill);
    submitter.Wait();

    const auto engine = Engine::Open(world.OptionsAt(ledger));
    ASSERT_TRUE(engine.ok()) << engine.status();
    const auto view = (*engine)->view();
    for (const Acknowledged& each : all) {
      const auto sequence = VerifyReceipt(each.receipt, each.envelope, world.verifier());
      ASSERT_TRUE(sequence.ok()) << sequence.status();
      const auto record = view->Record(*sequence);
      ASSERT_TRUE(record.ok()) << record.status();
      ASSERT_EQ(*record, each.receipt.header() + each.envelope);
      // What was signed then is a prefix of what is there now.
      const auto then = log::OpenCheckpoint(each.receipt.checkpoint(), world.verifier());
      ASSERT_EQ(*view->RootAt(then->size), then->root);
    }
  }
  const auto report = VerifyDirectory({ledger, std::nullopt, std::nullopt, nullptr});
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_TRUE(report->ok()) << report->findings[0].message;
  EXPECT_GT(report->records, all.size());
}

}  // namespace
}  // namespace fundledger::engine
