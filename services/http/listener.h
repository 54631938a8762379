// A server of HTTP/1.1, in the clear or over TLS, that never does more at once than it was told.
//
//   ASSIGN_OR_RETURN(auto listener,
//                    Listener::Listen({.address = "127.0.0.1:0"}, [](const Request& request) { … }));
//   listener->address();  // with the port that was taken
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "ledger/base/mutex.h"
#include "services/http/connection.h"
#include "services/http/message.h"
#include "services/process/tls_session.h"

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace fundledger::http {

struct ListenerOptions {
  std::string address = {};                             // HOST:PORT; port 0 takes a free one
  std::shared_ptr<const process::TlsContext> tls = {};  // null: in the clear
  // Connections open at once, each with a thread of its own. The next one waits; the one that has been idle
  // longest ends to make room for it.
  size_t connections = 64;
  Patience patience = {};
  // A POST of up to so many bytes is taken; 0: GET and HEAD alone are.
  size_t body_bytes_max = 0;
  // Called from many threads with the reason for each TLS handshake that fails; may be empty.
  std::function<void(std::string_view why)> failed_handshake = {};
};

class Listener final : private Host {
 public:
  // UNAVAILABLE, reason CANNOT_LISTEN.
  static absl::StatusOr<std::unique_ptr<Listener>> Listen(ListenerOptions options, Handler handler);
  // Stops without grace.
  ~Listener() override;
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  const std::string& address() const { return address_; }
  // Connections that are open; those of them between two questions or before the first. Thread-safe.
  size_t open() const;
  size_t idle() const;
  // One more connection waits for room. Thread-safe.
  bool wants_room() const;
  // What handshakes take from here on; connections that are open keep what they began with. Thread-safe.
  void SetTls(std::shared_ptr<const process::TlsContext> tls);
  // Takes no more connections, ends those that are idle, lets questions under way be answered until
  // `deadline` and then ends those too. The handler is not called any more when it returns. May be called
  // again.
  void Stop(absl::Time deadline);

 private:
  struct Open {
    // Between two questions, or before the first. It may be ended then.
    bool is_idle = true;
    bool has_asked = false;
    bool is_ending = false;  // to make room for another
    uint64_t since = 0;      // when it became idle, counted in such events
  };

  // Takes the descriptors over.
  Listener(ListenerOptions options, Handler handler, int socket, int wake, int ended, std::string address);

  Response Answer(const Request& request) override { return handler_(request); }
  bool BeginIdle(int socket) override;
  void EndIdle(int socket) override;
  bool IsEnding() const override;
  void OnFailedHandshake(std::string_view why) override;

  void Accept();
  void Serve();
  // Waits until one more connection fits; false: stopping.
  bool MakeRoom();
  bool LacksRoom() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Ends the connection that has been idle longest, unless one is ending already. One whose question came and
  // is not read yet is not idle.
  void EndIdlest() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const ListenerOptions options_;
  const Handler handler_;
  const int socket_;
  const int wake_;   // readable once it stops
  const int ended_;  // readable when a connection ended
  const std::string address_;
  mutable Mutex mutex_;
  CondVar work_;  // something is queued, or it stops
  CondVar room_;  // a connection ended, or it stops
  std::shared_ptr<const process::TlsContext> tls_ ABSL_GUARDED_BY(mutex_);
  std::map<int, Open> open_ ABSL_GUARDED_BY(mutex_);  // by socket, which is open while it stands here
  std::deque<int> queue_ ABSL_GUARDED_BY(mutex_);
  uint64_t events_ ABSL_GUARDED_BY(mutex_) = 0;
  bool room_wanted_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;  // changed by the constructor and the first Stop only
};

}  // namespace fundledger::http
