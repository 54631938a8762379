// What a place that is asked over HTTP can do to the daemon by answering slowly, or without end.
#include "services/server/http_client.h"

#include <gmock/gmock.h>

#include "ledger/base/status.h"
#include "tests/support/dripping_server.h"

namespace fundledger::server {
namespace {

using std::chrono::milliseconds;
using test_support::DrippingServer;
using testing::HasSubstr;

constexpr int64_t kTimeoutSeconds = 1;
constexpr size_t kBytesMax = 64 << 10;
// Of a machine that has other things to do.
constexpr std::chrono::seconds kSoon(20);

// What a POST comes to; it ends soon.
absl::Status Ask(const DrippingServer& server) {
  auto client = HttpClient::Make(server.url() + "/add-checkpoint", kTimeoutSeconds);
  EXPECT_TRUE(client.ok()) << client.status();
  const auto begun = std::chrono::steady_clock::now();
  const absl::Status status = (*client)->Post("text/plain", "old 0\n", kBytesMax).status();
  EXPECT_LT(std::chrono::steady_clock::now() - begun, kSoon);
  return status;
}

TEST(HttpClient, IsNotHeldByDrips) {
  for (const char* first :
       {"", "HTTP/1.1 200 OK\r\nX-Long: ", "HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n",
        "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"}) {
    SCOPED_TRACE(first);
    const DrippingServer server(first, "x", milliseconds(100));
    const absl::Status status = Ask(server);
    EXPECT_EQ(ReasonOf(status), "HTTP_UNREACHABLE") << status;
    EXPECT_THAT(status.message(), HasSubstr("not whole after 1 s"));
  }
}

TEST(HttpClient, TakesNoHeadersWithoutEnd) {
  const DrippingServer server("HTTP/1.1 200 OK\r\n", std::string(4000, 'X') + ": y\r\n", milliseconds(0));
  const absl::Status status = Ask(server);
  EXPECT_EQ(ReasonOf(status), "HTTP_ANSWER_TOO_LONG") << status;
}

}  // namespace
}  // namespace fundledger::server
