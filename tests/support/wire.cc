#include "tests/support/wire.h"

#include <array>
#include <cstdlib>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace fundledger::test_support {
int PortOf(const std::string& address) {
  return std::atoi(address.substr(address.rfind(':') + 1).c_str());
}

std::string HostOf(const std::string& address) {
  return address.substr(0, address.rfind(':'));
}

Wire::Wire(const std::string& address) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<uint16_t>(PortOf(address)));
  EXPECT_EQ(::inet_pton(AF_INET, HostOf(address).c_str(), &to.sin_addr), 1);
  EXPECT_EQ(::connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof(to)), 0);
}

Wire::~Wire() {
  ::close(socket_);
}

void Wire::Send(const std::string& bytes) const {
  EXPECT_EQ(::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
}

void Wire::TrySend(const std::string& bytes) const {
  (void)!::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

std::string Wire::ReadUntil(const std::string& end) const {
  std::string all;
  // A byte at a time, so that nothing behind `end` is taken.
  std::array<char, 65536> bytes{};
  const size_t step = end.empty() ? bytes.size() : 1;
  ssize_t read = 1;
  while (read > 0 && (end.empty() || !all.ends_with(end))) {
    read = ::recv(socket_, bytes.data(), step, 0);
    if (read > 0) all.append(bytes.data(), static_cast<size_t>(read));
  }
  return all;
}

}  // namespace fundledger::test_support
