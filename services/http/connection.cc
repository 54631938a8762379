#include "services/http/connection.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <httplib.h>
#include <poll.h>
#include <sys/socket.h>

#include "ledger/base/status.h"
#include "services/http/framing.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace fundledger::http {
namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

constexpr size_t kBufferBytes = 4096;
// A request line and its headers.
constexpr size_t kHeadBytesMax = 16 << 10;
// What is thrown away of a body nobody reads, so that closing does not take the answer back.
constexpr size_t kDrainBytesMax = 64 << 10;

SteadyTime After(int64_t seconds) {
  return std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
}

// False if the deadline passes first, or the socket is broken.
bool WaitFor(int socket, short events, SteadyTime deadline) {
  while (true) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd waited{.fd = socket, .events = events, .revents = 0};
    const int ready = ::poll(&waited, 1, static_cast<int>(std::max<int64_t>(left.count(), 0)));
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

// How gRPC writes it.
std::string PeerOf(int socket) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (::getpeername(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) return "";
  if (address.ss_family == AF_INET) {
    const auto& ipv4 = reinterpret_cast<const sockaddr_in&>(address);
    (void)inet_ntop(AF_INET, &ipv4.sin_addr, text.data(), text.size());
    return absl::StrCat("ipv4:", text.data(), ":", ntohs(ipv4.sin_port));
  }
  const auto& ipv6 = reinterpret_cast<const sockaddr_in6&>(address);
  (void)inet_ntop(AF_INET6, &ipv6.sin6_addr, text.data(), text.size());
  return absl::StrCat("ipv6:[", text.data(), "]:", ntohs(ipv6.sin6_port));
}

// Bytes of the connection, in the clear or through TLS, up to a deadline.
class SocketStream final : public httplib::Stream {
 public:
  SocketStream(int socket, const process::TlsContext* context) : socket_(socket) {
    if (context != nullptr) tls_ = std::make_unique<process::TlsSession>(*context, socket);
  }

  process::TlsSession* tls() { return tls_.get(); }
  void SetDeadline(int64_t seconds) { deadline_ = After(seconds); }
  void BeginRequest() { head_.clear(); }
  // What was read of the question but for its body, as it was sent.
  const std::string& head() const { return head_; }

  bool Handshake() {
    process::TlsIo io = tls_->Handshake();
    for (; io.want != process::TlsWant::kNothing; io = tls_->Handshake()) {
      if (!Wait(io.want)) return false;
    }
    return io.done > 0;
  }

  // Waits until there is something to read.
  bool Fill() {
    if (begin_ < end_) return true;
    begin_ = end_ = 0;
    while (true) {
      const process::TlsIo io = ReadSome();
      end_ = io.done;
      if (io.want == process::TlsWant::kNothing) return io.done > 0;
      if (!Wait(io.want)) return false;
    }
  }

  void Drain() {
    for (size_t drained = 0; drained < kDrainBytesMax; drained += end_) {
      begin_ = end_ = 0;
      if (!Fill()) return;
    }
  }

  void End() {
    if (tls_ != nullptr) tls_->End();
    (void)::shutdown(socket_, SHUT_WR);
  }

  ssize_t read(char* bytes, size_t size) override {
    if (head_.size() >= kHeadBytesMax || !Fill()) return -1;
    const size_t given = Take(bytes, size);
    head_.append(bytes, given);
    return static_cast<ssize_t>(given);
  }

  // `size` bytes of a body. False: they did not come in time.
  bool ReadBody(size_t size, std::string* body) {
    while (body->size() < size) {
      if (!Fill()) return false;
      const size_t before = body->size();
      body->resize(std::min(size, before + kBufferBytes));
      body->resize(before + Take(body->data() + before, body->size() - before));
    }
    return true;
  }

  ssize_t write(const char* bytes, size_t size) override {
    for (size_t written = 0; written < size;) {
      const process::TlsIo io = WriteSome(bytes + written, size - written);
      written += io.done;
      if (io.want == process::TlsWant::kNothing && io.done == 0) return -1;
      if (io.want != process::TlsWant::kNothing && !Wait(io.want)) return -1;
    }
    return static_cast<ssize_t>(size);
  }

  // Reads and writes wait for themselves.
  bool is_readable() const override { return true; }
  bool is_writable() const override { return true; }
  // What it would tell a handler of both ends is told in another way, and of sockets it takes none beyond
  // 1023.
  void get_remote_ip_and_port(std::string&, int&) const override {}
  void get_local_ip_and_port(std::string&, int&) const override {}
  socket_t socket() const override { return -1; }

 private:
  bool Wait(process::TlsWant want) const {
    return WaitFor(socket_, want == process::TlsWant::kReadable ? POLLIN : POLLOUT, deadline_);
  }

  size_t Take(char* bytes, size_t size) {
    const size_t taken = std::min(size, end_ - begin_);
    std::copy_n(buffer_.data() + begin_, taken, bytes);
    begin_ += taken;
    return taken;
  }

  static process::TlsIo Plain(ssize_t done, process::TlsWant want) {
    if (done >= 0) return {.done = static_cast<size_t>(done)};
    const bool again = errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
    return {.want = again ? want : process::TlsWant::kNothing};
  }
  process::TlsIo ReadSome() {
    if (tls_ != nullptr) return tls_->Read(buffer_.data(), buffer_.size());
    return Plain(::recv(socket_, buffer_.data(), buffer_.size(), 0), process::TlsWant::kReadable);
  }
  process::TlsIo WriteSome(const char* bytes, size_t size) {
    if (tls_ != nullptr) return tls_->Write(bytes, size);
    return Plain(::send(socket_, bytes, size, MSG_NOSIGNAL), process::TlsWant::kWritable);
  }

  const int socket_;
  std::unique_ptr<process::TlsSession> tls_;
  SteadyTime deadline_;
  std::array<char, kBufferBytes> buffer_{};
  size_t begin_ = 0;
  size_t end_ = 0;
  std::string head_;
};

// Messages of one connection. All is answered before cpp-httplib looks for a route: it decodes paths, and
// ours are compared as they were sent.
class Dialogue final : public httplib::Server {
 public:
  Dialogue(SocketStream* stream, const Patience& patience, size_t body_bytes_max, Host* host,
           std::string peer)
      : stream_(stream),
        patience_(patience),
        body_bytes_max_(body_bytes_max),
        host_(host),
        peer_(std::move(peer)) {
    if (stream->tls() != nullptr) client_uris_ = stream->tls()->ClientUris();
    set_keep_alive_timeout(patience.idle_seconds);
    set_keep_alive_max_count(static_cast<size_t>(patience.requests));
    set_pre_routing_handler([this](const httplib::Request& request, httplib::Response& response) {
      Answer(request, &response);
      return HandlerResponse::Handled;
    });
    set_error_handler(
        HandlerWithResponse([this](const httplib::Request& request, httplib::Response& response) {
          if (!response.body.empty()) return HandlerResponse::Unhandled;
          if (response.status == kRangeNotRead) {
            Answer(request, &response);
            response.set_header("Content-Length", std::to_string(response.body.size()));
            return HandlerResponse::Unhandled;  // so that no range is cut out
          }
          RefuseUnread(response.status,
                       "this is no HTTP/1.1 request whose line and headers have at most 16 KiB", &response);
          return HandlerResponse::Handled;
        }));
    set_post_routing_handler([this](const httplib::Request&, httplib::Response& response) {
      response.headers.erase("Accept-Ranges");  // said of every HEAD, and not so
      if (!ends_) return;
      response.headers.erase("Keep-Alive");
      response.headers.erase("Connection");
      response.set_header("Connection", "close");
    });
  }

  // One question and its answer. False: the connection is to end.
  bool Next(bool is_last) {
    ends_ = is_last;
    has_unread_ = false;
    bool closed = false;
    const bool good = process_request(*stream_, is_last, closed, [this](httplib::Request& request) {
      // Bytes are sent as they are: neither packed nor in parts.
      request.headers.erase("Accept-Encoding");
      request.headers.erase("Range");
      request.ranges.clear();
    });
    held_.reset();
    return good && !closed && !ends_;
  }
  bool has_unread() const { return has_unread_; }

 private:
  // What cpp-httplib answers by itself to a Range that it cannot read, before it asks anybody.
  static constexpr int kRangeNotRead = 416;

  static void Put(const Response& answer, httplib::Response* response) {
    response->status = answer.status;
    response->set_content(answer.body, answer.content_type);
    if (!answer.cache_control.empty()) response->set_header("Cache-Control", answer.cache_control);
    if (answer.retry_after_s > 0) response->set_header("Retry-After", std::to_string(answer.retry_after_s));
  }

  // What could not be read: nobody knows where the next question would begin.
  void RefuseUnread(int status, std::string_view what, httplib::Response* response) {
    ends_ = has_unread_ = true;
    Put(ErrorResponse(Refuse(absl::StatusCode::kInvalidArgument, "HTTP_MALFORMED", what)), response);
    response->status = status;
  }

  void RefuseMethod(httplib::Response* response) {
    ends_ = true;
    const std::string methods = body_bytes_max_ > 0 ? "GET, HEAD, POST" : "GET, HEAD";
    Put(ErrorResponse(Refuse(absl::StatusCode::kUnimplemented, "HTTP_METHOD_NOT_ALLOWED",
                             absl::StrCat("answered here: ", methods))),
        response);
    response->set_header("Allow", methods);
  }

  // False: it was refused.
  bool ReadBody(const httplib::Request& request, const Framing& framing, std::string* body,
                httplib::Response* response) {
    // What is packed is not unpacked: a few bytes could stand for as many as fill the memory.
    if (request.has_header("Content-Encoding")) {
      RefuseUnread(415, "send the body as it is, without a content encoding", response);
      return false;
    }
    if (!framing.is_clear() || !framing.length.has_value()) {
      RefuseUnread(411, "a POST says in one Content-Length how many bytes follow", response);
      return false;
    }
    const uint64_t size = *framing.length;
    if (size > body_bytes_max_) {
      RefuseUnread(413,
                   absl::StrCat("the body has ", size, " bytes; at most ", body_bytes_max_, " are taken"),
                   response);
      return false;
    }
    if (stream_->ReadBody(size, body)) return true;
    RefuseUnread(408, absl::StrCat("of ", size, " bytes only ", body->size(), " came in time"), response);
    return false;
  }

  // Before HTTP/1.1 a connection was for one question.
  static bool IsLast(const httplib::Request& request) {
    const auto [begin, end] = request.headers.equal_range("Connection");
    return request.version == "HTTP/1.0" || std::any_of(begin, end, [](const auto& header) {
             for (const absl::string_view option : absl::StrSplit(header.second, ',')) {
               if (absl::EqualsIgnoreCase(absl::StripAsciiWhitespace(option), "close")) return true;
             }
             return false;
           });
  }

  void Answer(const httplib::Request& request, httplib::Response* response) {
    ends_ = ends_ || IsLast(request);
    const absl::StatusOr<Framing> framing = ReadFraming(stream_->head());
    if (!framing.ok()) return RefuseUnread(400, std::string(framing.status().message()), response);
    std::string body;
    const bool takes_body = request.method == "POST" && body_bytes_max_ > 0;
    if (!takes_body && !framing->is_clear()) {
      return RefuseUnread(400, "how many bytes follow is said in more than one way, or not in digits",
                          response);
    }
    const bool has_come = !takes_body || ReadBody(request, *framing, &body, response);
    stream_->SetDeadline(patience_.answer_seconds);
    if (!has_come) return;
    if (!takes_body) {
      // What follows would be taken for the next question.
      has_unread_ = framing->has_body();
      ends_ = ends_ || has_unread_;
      if (request.method != "GET" && request.method != "HEAD") return RefuseMethod(response);
    }
    Response answer = host_->Answer({.method = request.method,
                                     .target = request.target,
                                     .peer = peer_,
                                     .client_uris = client_uris_,
                                     .body = std::move(body)});
    held_ = std::move(answer.held);
    Put(answer, response);
  }

  SocketStream* const stream_;
  const Patience patience_;
  const size_t body_bytes_max_;
  Host* const host_;
  const std::string peer_;
  std::optional<std::vector<std::string>> client_uris_;
  bool ends_ = false;
  bool has_unread_ = false;
  std::shared_ptr<void> held_;
};

bool WaitForQuestion(int socket, const Patience& patience, SocketStream* stream, Host* host) {
  if (!host->BeginIdle(socket)) return false;
  stream->SetDeadline(patience.idle_seconds);
  const bool has_come = stream->Fill();
  host->EndIdle(socket);
  return has_come;
}

void Talk(int socket, const Patience& patience, size_t body_bytes_max, SocketStream* stream, Host* host) {
  Dialogue dialogue(stream, patience, body_bytes_max, host, PeerOf(socket));
  for (int64_t asked = 1; WaitForQuestion(socket, patience, stream, host); ++asked) {
    stream->SetDeadline(patience.request_seconds);
    stream->BeginRequest();
    if (!dialogue.Next(asked == patience.requests || host->IsEnding())) break;
  }
  stream->End();
  if (!dialogue.has_unread()) return;
  stream->SetDeadline(1);
  stream->Drain();
}

}  // namespace

void ServeConnection(int socket, const process::TlsContext* context, const Patience& patience,
                     size_t body_bytes_max, Host* host) {
  SocketStream stream(socket, context);
  stream.SetDeadline(patience.request_seconds);
  if (stream.tls() == nullptr || stream.Handshake()) {
    return Talk(socket, patience, body_bytes_max, &stream, host);
  }
  host->OnFailedHandshake(stream.tls()->failure().empty() ? "timed out" : stream.tls()->failure());
}

}  // namespace fundledger::http
