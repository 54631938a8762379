// A server on loopback that says something at once, and then the same few bytes again and again, for ever or
// until its client has gone: slowly, to hold it, or fast, to fill it.
#pragma once

#include <atomic>
#include <chrono>
#include <string>
#include <thread>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace fundledger::test_support {

class DrippingServer {
 public:
  DrippingServer(std::string first, std::string again, std::chrono::milliseconds pause)
      : first_(std::move(first)), again_(std::move(again)), pause_(pause) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    EXPECT_EQ(::listen(listener_, 8), 0);
    port_ = ::ntohs(address.sin_port);
    thread_ = std::thread([this] { Run(); });
  }
  ~DrippingServer() {
    is_stopping_ = true;
    (void)::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    (void)::close(listener_);
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

 private:
  void Run() {
    while (!is_stopping_) {
      const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (client < 0) continue;
      bool is_there = Send(client, first_);
      while (is_there && !is_stopping_) {
        // Ends the pause when the client goes; what it asks is of no interest.
        pollfd gone = {.fd = client, .events = POLLRDHUP, .revents = 0};
        is_there = ::poll(&gone, 1, static_cast<int>(pause_.count())) == 0 && Send(client, again_);
      }
      (void)::close(client);
    }
  }
  static bool Send(int client, const std::string& bytes) {
    return ::send(client, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
  }

  const std::string first_;
  const std::string again_;
  const std::chrono::milliseconds pause_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<bool> is_stopping_ = false;
  std::thread thread_;
};

}  // namespace fundledger::test_support
