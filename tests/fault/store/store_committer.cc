// store_committer DIRECTORY: opens the store and commits BatchOf(head) for ever, writing each acknowledged
// head to standard output as 8 bytes big-endian. Ends when killed, when nobody reads, or with its parent.
#include <cstdio>

#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "ledger/store/rocksdb.h"
#include "tests/contract/store/store_testing.h"

int main(int argc, char** argv) {
  using namespace fundledger;  // NOLINT: a program of one function
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (argc != 2) return 2;
  auto store = store::OpenRocksdb(argv[1]);
  if (!store.ok()) {
    std::fprintf(stderr, "%s\n", store.status().ToString().c_str());
    return 3;
  }
  while (true) {
    if (const absl::Status status = store::CommitNext(store->get()); !status.ok()) {
      std::fprintf(stderr, "%s\n", status.ToString().c_str());
      return 4;
    }
    std::string head;
    AppendBigEndian64((*store)->GetSnapshot()->head(), &head);
    if (::write(STDOUT_FILENO, head.data(), head.size()) != 8) return 5;
  }
}
