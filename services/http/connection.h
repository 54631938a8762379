// One connection of an HTTP/1.1 client: TLS if there is any, one question after the other, and how long each
// may take. cpp-httplib reads and writes the messages; sockets, TLS and limits are ours, since its own server
// has no bound on connections, keeps its first certificate for ever and ends when an accept fails.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "services/http/message.h"
#include "services/process/tls_session.h"

namespace fundledger::http {

struct Patience {
  int64_t idle_seconds = 15;     // without a question
  int64_t request_seconds = 10;  // for a handshake; from a question's first byte to its last
  int64_t answer_seconds = 60;   // to make the answer and send it
  int64_t requests = 1000;       // on one connection
};

// Who is told how it goes on. Called on the connection's thread.
class Host {
 public:
  virtual ~Host() = default;
  virtual Response Answer(const Request& request) = 0;
  // Around a wait for the next question. The first is false where the connection is to end instead.
  virtual bool BeginIdle(int socket) = 0;
  virtual void EndIdle(int socket) = 0;
  // The next answer is to be the last.
  virtual bool IsEnding() const = 0;
  virtual void OnFailedHandshake(std::string_view why) = 0;
};

// Serves the connection until it ends. A POST of up to `body_bytes_max` bytes is taken, and none if that is
// 0. `socket`, which does not block, is for the caller to close. `context` is null where there is no TLS.
// Another thread may shut the socket down to end it sooner.
void ServeConnection(int socket, const process::TlsContext* context, const Patience& patience,
                     size_t body_bytes_max, Host* host);

}  // namespace fundledger::http
