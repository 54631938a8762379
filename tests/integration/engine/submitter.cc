// Submits until it is killed: opens the ledger in argv[1] and writes, for each receipt it got, one line to
// standard output, at once: hex of the receipt, a space, hex of the envelope. Run by kill_test as another
// process.
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include "ledger/base/bytes.h"
#include "ledger/crypto/digest.h"
#include "tests/support/world.h"

#include "absl/strings/str_cat.h"

namespace {

using fundledger::test_support::SubmitAndWait;

int Run(const std::string& directory, const std::string& round) {
  fundledger::test_support::World world;
  auto engine = fundledger::engine::Engine::Open(world.OptionsAt(directory));
  if (!engine.ok()) {
    (void)std::fprintf(stderr, "%s\n", engine.status().ToString().c_str());
    return 1;
  }
  std::vector<std::thread> threads;
  // Enough that groups are judged while others are committed.
  for (int t = 0; t < 16; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0;; ++i) {
        auto submission = world.Register(*(*engine)->view(), absl::StrCat("org-", round, "-", t, "-", i));
        submission.set_request_id(fundledger::crypto::RandomBytes(16));
        const std::string envelope = world.Seal(submission);
        const auto receipt = SubmitAndWait(engine->get(), envelope);
        if (!receipt.ok()) {
          (void)std::fprintf(stderr, "%s\n", receipt.status().ToString().c_str());
          return;
        }
        const std::string line = absl::StrCat(fundledger::HexEncode(receipt->SerializeAsString()), " ",
                                              fundledger::HexEncode(envelope), "\n");
        (void)std::fputs(line.c_str(), stdout);
        (void)std::fflush(stdout);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  return argc == 3 ? Run(argv[1], argv[2]) : 2;
}
