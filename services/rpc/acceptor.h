// Takes connections for gRPC, so many at once and no more: gRPC itself knows no bound. One more is closed as
// soon as it is made, before a handshake costs anything; its client tries again by itself.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

#include <grpcpp/server_builder.h>
#include <sys/types.h>

#include "ledger/base/mutex.h"

#include "absl/status/statusor.h"

namespace fundledger::rpc {

class Acceptor {
 public:
  using Door = std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor>;

  // Listens at HOST:PORT, with port 0 at a free one; on every address the host has here. No other process may
  // share the port. UNAVAILABLE, reason CANNOT_LISTEN.
  static absl::StatusOr<std::unique_ptr<Acceptor>> Listen(const std::string& listen, size_t limit);
  // Stops.
  ~Acceptor();
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;

  int port() const { return port_; }
  // Takes connections on a thread of its own and hands them to `door`. `on_refused` is called on that thread
  // for each that is too many, with its peer as ADDRESS:PORT.
  void Start(Door door, std::function<void(std::string_view peer)> on_refused);
  // Takes no more, and listens no more; what was handed over goes on. Once or more, from one thread.
  void Stop();
  // Handed over, and not closed since.
  size_t open() const;

 private:
  explicit Acceptor(size_t limit) : limit_(limit) {}
  absl::Status Bind(const std::string& listen);
  void Run();
  void TakeFrom(int listener);
  // Whether there is room for one more.
  bool HasRoom();
  // False: it is to end.
  bool PauseUnlessStopping();
  void ForgetClosed() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const size_t limit_;
  int port_ = 0;
  std::vector<int> listeners_;
  int wake_[2] = {-1, -1};
  Door door_;
  std::function<void(std::string_view)> on_refused_;
  std::thread thread_;
  mutable Mutex mutex_;
  CondVar stop_came_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  // Whose descriptors they are is gRPC's, which closes them: one is still open while it is the same socket.
  mutable std::unordered_map<int, ino_t> handed_over_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace fundledger::rpc
