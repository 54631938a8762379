#include "ledger/base/socket_limit.h"

#include <cstdlib>

#include <fcntl.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

namespace fundledger {
namespace {

constexpr int kLookEveryMs = 20;

uint64_t BytesReceived(int socket) {
  tcp_info info{};
  socklen_t size = sizeof(info);
  if (socket < 0 || ::getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return 0;
  return info.tcpi_bytes_received;
}

}  // namespace

SocketLimit::SocketLimit(std::chrono::milliseconds time_max, uint64_t bytes_max)
    : end_(std::chrono::steady_clock::now() + time_max),
      bytes_max_(bytes_max),
      ended_(::eventfd(0, EFD_CLOEXEC)) {
  // Out of descriptors: without it nothing could be bounded.
  if (ended_ < 0) std::abort();
  thread_ = std::thread([this] { Run(); });
}

SocketLimit::~SocketLimit() {
  (void)::eventfd_write(ended_, 1);
  thread_.join();
  (void)::close(ended_);
  const MutexLock lock(&mutex_);
  if (socket_ >= 0) (void)::close(socket_);
}

void SocketLimit::Watch(int socket) {
  const MutexLock lock(&mutex_);
  bytes_before_ += BytesReceived(socket_);
  if (socket_ >= 0) (void)::close(socket_);
  socket_ = ::fcntl(socket, F_DUPFD_CLOEXEC, 0);
}

void SocketLimit::Run() {
  pollfd ended = {.fd = ended_, .events = POLLIN, .revents = 0};
  while (::poll(&ended, 1, kLookEveryMs) <= 0) Look();
}

// Again and again once it is exceeded: a socket that is about to connect does not mind being shut down.
void SocketLimit::Look() {
  const MutexLock lock(&mutex_);
  if (exceeded_ == Exceeded::kNothing) {
    if (bytes_before_ + BytesReceived(socket_) > bytes_max_) {
      exceeded_ = Exceeded::kBytes;
    } else if (std::chrono::steady_clock::now() >= end_) {
      exceeded_ = Exceeded::kTime;
    }
  }
  if (exceeded_ != Exceeded::kNothing && socket_ >= 0) (void)::shutdown(socket_, SHUT_RDWR);
}

}  // namespace fundledger
