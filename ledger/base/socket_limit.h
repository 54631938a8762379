// Bounds what a connection that a library holds may take in all: how long, and how many bytes of whatever
// kind – handshakes, headers, a body. Libraries bound each silence, so that a byte now and then holds them
// for ever.
//
//   SocketLimit limit(std::chrono::seconds(10), 128 << 10);
//   client.set_socket_options([&limit](int socket) { limit.Watch(socket); });
//   const auto answer = client.Get(path);
//   if (limit.exceeded() == SocketLimit::Exceeded::kTime) …
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <stop_token>
#include <thread>

#include "ledger/base/mutex.h"

#include "absl/base/thread_annotations.h"

namespace fundledger {

// What an answer over HTTP may take besides its body: a TLS handshake with a chain of certificates, headers.
inline constexpr uint64_t kHttpOverheadBytesMax = 256 << 10;

// Has a thread of its own, which looks every 20 ms. Thread-safe.
class SocketLimit {
 public:
  enum class Exceeded { kNothing, kTime, kBytes };

  // The time runs from here.
  SocketLimit(std::chrono::milliseconds time_max, uint64_t bytes_max);
  ~SocketLimit();
  SocketLimit(const SocketLimit&) = delete;
  SocketLimit& operator=(const SocketLimit&) = delete;

  // A TCP socket, as soon as it is made; of several, one after the other, the last is watched. Once a limit
  // is exceeded it is shut down, so that whoever reads from it sees its end; at once where the process has no
  // descriptor left to watch it by. The caller may close it at any time, but the other side sees that when
  // this is gone.
  void Watch(int socket);

  Exceeded exceeded() const { return exceeded_; }

 private:
  void Run(const std::stop_token& ending);
  void Look();

  const std::chrono::steady_clock::time_point end_;
  const uint64_t bytes_max_;
  std::atomic<Exceeded> exceeded_ = Exceeded::kNothing;
  Mutex mutex_;
  int socket_ ABSL_GUARDED_BY(mutex_) = -1;            // a descriptor of our own
  uint64_t bytes_before_ ABSL_GUARDED_BY(mutex_) = 0;  // of sockets watched earlier
  std::jthread thread_;
};

}  // namespace fundledger
