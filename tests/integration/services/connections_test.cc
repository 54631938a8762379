// How many may be connected at once.
#include <chrono>
#include <ctime>
#include <thread>
#include <utility>

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ledger/base/status.h"
#include "services/rpc/acceptor.h"
#include "tests/integration/services/services_testing.h"

#include "absl/strings/numbers.h"

namespace fundledger::services_testing {
namespace {

// A connection that says nothing.
class Socket {
 public:
  explicit Socket(const std::string& address) {
    int port = 0;
    EXPECT_TRUE(absl::SimpleAtoi(address.substr(address.rfind(':') + 1), &port));
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_port = htons(static_cast<uint16_t>(port));
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(fd_, reinterpret_cast<const sockaddr*>(&at), sizeof at), 0);
  }
  ~Socket() { Close(); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  void Close() {
    if (fd_ >= 0) (void)::close(std::exchange(fd_, -1));
  }
  // Waits until the server says something (its HTTP/2 settings) or closes: whether it was taken.
  bool IsTaken() {
    pollfd readable{fd_, POLLIN, 0};
    EXPECT_EQ(::poll(&readable, 1, 60'000), 1);
    char byte = 0;
    return ::recv(fd_, &byte, 1, MSG_PEEK) == 1;
  }
  // Reads what comes until the server closes; false if it does not in a minute.
  bool IsClosedInTheEnd() {
    char buffer[4096];
    for (;;) {
      pollfd readable{fd_, POLLIN, 0};
      if (::poll(&readable, 1, 60'000) != 1) return false;
      if (::recv(fd_, buffer, sizeof buffer, 0) <= 0) return true;
    }
  }

 private:
  int fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
};

TEST(Connections, AreTakenUpToTheLimitAndOneMoreIsClosed) {
  const Ledgerd ledgerd([](server::Config* config) { config->connections = 3; });
  std::vector<std::unique_ptr<Socket>> open;
  for (int i = 0; i < 3; ++i) {
    open.push_back(std::make_unique<Socket>(ledgerd.server->address()));
    EXPECT_TRUE(open.back()->IsTaken()) << i;
  }
  EXPECT_FALSE(Socket(ledgerd.server->address()).IsTaken());
  EXPECT_FALSE(Socket(ledgerd.server->address()).IsTaken());
  // Where one goes, another may come: as soon as the server has noticed.
  open.front()->Close();
  bool taken = false;
  for (int i = 0; i < 10'000 && !taken; ++i) taken = Socket(ledgerd.server->address()).IsTaken();
  EXPECT_TRUE(taken);
}

TEST(Connections, ThatAreOpenAreServedWhileOthersAreClosed) {
  Ledgerd ledgerd([](server::Config* config) { config->connections = 2; });
  ledgerd.Register("org-1");
  Socket silent(ledgerd.server->address());
  EXPECT_TRUE(silent.IsTaken());
  for (int i = 0; i < 20; ++i) EXPECT_FALSE(Socket(ledgerd.server->address()).IsTaken());
  ledgerd.Register("org-2");
}

TEST(Connections, ThatSayNothingAreClosed) {
  const Ledgerd ledgerd([](server::Config* config) { config->handshake_seconds = 1; });
  Socket silent(ledgerd.server->address());
  EXPECT_TRUE(silent.IsClosedInTheEnd());
}

TEST(Acceptor, DoesNotShareItsPort) {
  const auto first = rpc::Acceptor::Listen("127.0.0.1:0", 1);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_GT((*first)->port(), 0);
  const std::string same = "127.0.0.1:" + std::to_string((*first)->port());
  const auto second = rpc::Acceptor::Listen(same, 1);
  EXPECT_EQ(ReasonOf(second.status()), "CANNOT_LISTEN") << second.status();
  EXPECT_THAT(std::string(second.status().message()), testing::HasSubstr(same));
  for (const char* bad : {"127.0.0.1", "192.0.2.1:0", "no.such.host.invalid:0", "127.0.0.1:x"}) {
    EXPECT_EQ(ReasonOf(rpc::Acceptor::Listen(bad, 1).status()), "CANNOT_LISTEN") << bad;
  }
  // Every address of the name, on one port.
  EXPECT_TRUE(rpc::Acceptor::Listen("localhost:0", 1).ok());
}

TEST(Acceptor, GivesItsPortBackWhenItStops) {
  auto first = rpc::Acceptor::Listen("127.0.0.1:0", 1);
  ASSERT_TRUE(first.ok()) << first.status();
  const std::string same = "127.0.0.1:" + std::to_string((*first)->port());
  first->reset();
  EXPECT_TRUE(rpc::Acceptor::Listen(same, 1).ok());
}

// No more descriptors than `most` for this process: not one more can be had, and none waited for beyond that
// number.
class FewDescriptors {
 public:
  explicit FewDescriptors(rlim_t most) {
    EXPECT_EQ(::getrlimit(RLIMIT_NOFILE, &before_), 0);
    const rlimit limit{.rlim_cur = most, .rlim_max = before_.rlim_max};
    EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
  }
  ~FewDescriptors() { EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &before_), 0); }

 private:
  rlimit before_{};
};

// Where the kernel does not even let it wait, it must not try again without a pause, nor miss that it stops.
TEST(Acceptor, StopsWhileItCannotWaitForConnections) {
  auto acceptor = rpc::Acceptor::Listen("127.0.0.1:0", 1);
  ASSERT_TRUE(acceptor.ok()) << acceptor.status();
  const FewDescriptors few(1);  // poll refuses two
  (*acceptor)->Start(nullptr, nullptr);
  const std::clock_t cpu_before = std::clock();
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(300);
  std::this_thread::sleep_until(until);  // nothing is waited for: it is to do nothing
  EXPECT_LT(std::clock() - cpu_before, CLOCKS_PER_SEC / 10);
  (*acceptor)->Stop();
}

}  // namespace
}  // namespace fundledger::services_testing
