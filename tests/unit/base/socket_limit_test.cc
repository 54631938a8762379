#include "ledger/base/socket_limit.h"

#include <array>

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

namespace fundledger {
namespace {

// A flood of connections may take all descriptors there are: what then cannot be watched is not asked, and
// nothing else comes of it.
TEST(SocketLimit, EndsAConnectionThatItCannotWatch) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit none_left{static_cast<rlim_t>(0), before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none_left), 0);
  {
    SocketLimit limit(std::chrono::seconds(60), 1 << 20);
    EXPECT_EQ(limit.exceeded(), SocketLimit::Exceeded::kNothing);
    limit.Watch(ends[0]);
    EXPECT_EQ(limit.exceeded(), SocketLimit::Exceeded::kTime);
  }
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  char byte = 0;
  EXPECT_EQ(::read(ends[1], &byte, 1), 0);  // its end
  for (const int end : ends) ::close(end);
}

}  // namespace
}  // namespace fundledger
