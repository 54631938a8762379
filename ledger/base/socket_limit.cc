#include "ledger/base/socket_limit.h"

#include <condition_variable>
#include <mutex>

#include <fcntl.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace fundledger {
namespace {

constexpr std::chrono::milliseconds kLookEvery(20);

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
      thread_([this](const std::stop_token& ending) { Run(ending); }) {}

SocketLimit::~SocketLimit() {
  thread_.request_stop();
  thread_.join();
  const MutexLock lock(&mutex_);
  if (socket_ >= 0) (void)::close(socket_);
}

void SocketLimit::Watch(int socket) {
  const MutexLock lock(&mutex_);
  bytes_before_ += BytesReceived(socket_);
  if (socket_ >= 0) (void)::close(socket_);
  socket_ = ::fcntl(socket, F_DUPFD_CLOEXEC, 0);
  if (socket_ >= 0) return;
  exceeded_ = Exceeded::kTime;
  (void)::shutdown(socket, SHUT_RDWR);
}

void SocketLimit::Run(const std::stop_token& ending) {
  std::mutex nobodys;  // only to wait with: there is nothing to be told but the end
  std::unique_lock lock(nobodys);
  std::condition_variable_any ended;
  while (!ending.stop_requested()) {
    ended.wait_for(lock, ending, kLookEvery, [] { return false; });
    if (!ending.stop_requested()) Look();
  }
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
