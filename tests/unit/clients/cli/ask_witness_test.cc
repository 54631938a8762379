// What a witness can do to whoever asks it by answering slowly, or without end.
#include "clients/cli/ask_witness.h"

#include <gmock/gmock.h>

#include "ledger/base/status.h"
#include "tests/support/dripping_server.h"

namespace fundledger::cli {
namespace {

using std::chrono::milliseconds;
using test_support::DrippingServer;
using testing::HasSubstr;

absl::Status Ask(const DrippingServer& server) {
  log::PolicyWitness witness;
  witness.name = "slow";
  witness.url = server.url();
  const auto begun = std::chrono::steady_clock::now();
  const absl::Status status = AskWitness(witness, "log.example/county", "", milliseconds(500)).status();
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(9))
      << "less than one pause may take";
  EXPECT_EQ(ReasonOf(status), "WITNESS_UNREACHABLE") << status;
  return status;
}

TEST(AskWitness, IsNotHeldByDrips) {
  for (const char* first :
       {"", "HTTP/1.1 200 OK\r\nX-Long: ", "HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n",
        "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"}) {
    SCOPED_TRACE(first);
    const DrippingServer server(first, "x", milliseconds(100));
    EXPECT_THAT(Ask(server).message(), HasSubstr("not whole after 500 ms"));
  }
}

TEST(AskWitness, TakesNoAnswerWithoutEnd) {
  for (const char* first : {"HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"}) {
    SCOPED_TRACE(first);
    const DrippingServer server(first, std::string(4000, 'X') + ": y\r\n", milliseconds(0));
    EXPECT_THAT(Ask(server).message(), HasSubstr("longer than 131072 bytes"));
  }
}

}  // namespace
}  // namespace fundledger::cli
