#include "tests/bench/http2.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <unordered_map>
#include <utility>

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ledger/base/bytes.h"
#include "ledger/base/status.h"

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include <nghttp2/nghttp2.h>

namespace fundledger::bench {
namespace {

constexpr int kWindowBytes = 64 << 20;  // more than all answers under way: none waits for it
constexpr size_t kTlsRecordBytes = 16 << 10;
constexpr size_t kMessageHeadBytes = 5;  // gRPC's: whether it is compressed, and its length
constexpr int kPollMs = 100;

absl::Status Broken(std::string_view what) {
  return absl::UnavailableError(absl::StrCat("a load connection: ", ToAbsl(what)));
}

struct FreeContext {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
struct FreeTls {
  void operator()(SSL* tls) const { SSL_free(tls); }
};
struct FreeSession {
  void operator()(nghttp2_session* session) const { nghttp2_session_del(session); }
};

// A call on its way.
struct Call {
  std::string framed;  // the request as gRPC frames it
  size_t sent = 0;     // of it
  RawAnswer answer;
  Http2Connection::Done done;
};

nghttp2_nv Field(std::string_view name, std::string_view value) {
  const auto bytes = [](std::string_view text) {
    return const_cast<uint8_t*>(reinterpret_cast<const uint8_t*>(text.data()));
  };
  return {bytes(name), bytes(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE};
}

class Connection final : public Http2Connection {
 public:
  explicit Connection(Http2Options options) : options_(std::move(options)) {}
  ~Connection() override {
    if (socket_ >= 0) ::close(socket_);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  absl::Status Connect();
  absl::Status Begin(const std::string& path, std::string_view request, Done done) override;
  absl::Status Exchange() override;
  int socket() const override { return socket_; }
  bool has_to_write() const override { return !unsent_.empty(); }

 private:
  absl::Status OpenSocket();
  absl::Status OpenTls();
  absl::Status OpenSession();
  absl::Status Write();

  static ssize_t ReadRequest(nghttp2_session* session, int32_t stream, uint8_t* to, size_t bytes_max,
                             uint32_t* flags, nghttp2_data_source* source, void* self);
  static int OnHeader(nghttp2_session* session, const nghttp2_frame* frame, const uint8_t* name,
                      size_t name_bytes, const uint8_t* value, size_t value_bytes, uint8_t flags, void* self);
  static int OnData(nghttp2_session* session, uint8_t flags, int32_t stream, const uint8_t* data,
                    size_t bytes, void* self);
  static int OnClose(nghttp2_session* session, int32_t stream, uint32_t error, void* self);

  const Http2Options options_;
  int socket_ = -1;
  std::unique_ptr<SSL_CTX, FreeContext> context_;
  std::unique_ptr<SSL, FreeTls> tls_;
  std::unique_ptr<nghttp2_session, FreeSession> session_;
  std::unordered_map<int32_t, std::unique_ptr<Call>> calls_;  // by stream
  std::string unsent_;                                        // what TLS did not take yet
};

absl::Status Connection::Connect() {
  RETURN_IF_ERROR(OpenSocket());
  RETURN_IF_ERROR(OpenTls());
  return OpenSession();
}

absl::Status Connection::OpenSocket() {
  const size_t colon = options_.server.rfind(':');
  if (colon == std::string::npos) return absl::InvalidArgumentError("the server is not HOST:PORT");
  const std::string host = options_.server.substr(0, colon);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), options_.server.substr(colon + 1).c_str(), &hints, &found) != 0) {
    return Broken("the address is not known");
  }
  socket_ = ::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const bool connected = socket_ >= 0 && ::connect(socket_, found->ai_addr, found->ai_addrlen) == 0;
  ::freeaddrinfo(found);
  if (!connected) return Broken(std::strerror(errno));
  const int on = 1;
  ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return absl::OkStatus();
}

// The host's name is not compared: the certificate is the only one that its authority ever gave out.
absl::Status Connection::OpenTls() {
  context_.reset(SSL_CTX_new(TLS_client_method()));
  SSL_CTX* context = context_.get();
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  bool read = SSL_CTX_load_verify_locations(context, options_.ca.c_str(), nullptr) == 1;
  if (!options_.certificate.empty()) {
    read = read && SSL_CTX_use_certificate_chain_file(context, options_.certificate.c_str()) == 1 &&
           SSL_CTX_use_PrivateKey_file(context, options_.key.c_str(), SSL_FILETYPE_PEM) == 1;
  }
  if (!read) return Broken("certificates cannot be read");
  // What is tried again may stand elsewhere: it is a string that grew.
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  constexpr unsigned char kHttp2[] = {2, 'h', '2'};
  SSL_CTX_set_alpn_protos(context, kHttp2, sizeof kHttp2);
  tls_.reset(SSL_new(context));
  SSL_set_fd(tls_.get(), socket_);
  if (SSL_connect(tls_.get()) != 1) return Broken("no TLS");
  const int flags = ::fcntl(socket_, F_GETFL);
  if (flags < 0 || ::fcntl(socket_, F_SETFL, flags | O_NONBLOCK) != 0) return Broken(std::strerror(errno));
  return absl::OkStatus();
}

absl::Status Connection::OpenSession() {
  nghttp2_session_callbacks* callbacks = nullptr;
  if (nghttp2_session_callbacks_new(&callbacks) != 0) return Broken("no session");
  nghttp2_session_callbacks_set_on_header_callback(callbacks, OnHeader);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, OnData);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, OnClose);
  nghttp2_session* session = nullptr;
  const int made = nghttp2_session_client_new(&session, callbacks, this);
  nghttp2_session_callbacks_del(callbacks);
  if (made != 0) return Broken("no session");
  session_.reset(session);
  const nghttp2_settings_entry settings[] = {{NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
                                             {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kWindowBytes}};
  if (nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, settings, std::size(settings)) != 0 ||
      nghttp2_session_set_local_window_size(session, NGHTTP2_FLAG_NONE, 0, kWindowBytes) != 0) {
    return Broken("no settings");
  }
  return Exchange();
}

absl::Status Connection::Begin(const std::string& path, std::string_view request, Done done) {
  auto call = std::make_unique<Call>();
  call->done = std::move(done);
  call->framed.push_back('\0');
  AppendBigEndian32(static_cast<uint32_t>(request.size()), &call->framed);
  call->framed.append(request);
  const std::array fields = {Field(":method", "POST"),
                             Field(":scheme", "https"),
                             Field(":path", path),
                             Field(":authority", options_.server),
                             Field("te", "trailers"),
                             Field("content-type", "application/grpc"),
                             Field("user-agent", "fundledger-bench")};
  nghttp2_data_provider body{};
  body.source.ptr = call.get();
  body.read_callback = ReadRequest;
  const int32_t stream =
      nghttp2_submit_request(session_.get(), nullptr, fields.data(), fields.size(), &body, call.get());
  if (stream < 0) return Broken(nghttp2_strerror(stream));
  calls_[stream] = std::move(call);
  return absl::OkStatus();
}

ssize_t Connection::ReadRequest(nghttp2_session*, int32_t, uint8_t* to, size_t bytes_max, uint32_t* flags,
                                nghttp2_data_source* source, void*) {
  Call& call = *static_cast<Call*>(source->ptr);
  const size_t bytes = call.framed.copy(reinterpret_cast<char*>(to), bytes_max, call.sent);
  call.sent += bytes;
  if (call.sent == call.framed.size()) *flags |= NGHTTP2_DATA_FLAG_EOF;
  return static_cast<ssize_t>(bytes);
}

int Connection::OnHeader(nghttp2_session* session, const nghttp2_frame* frame, const uint8_t* name,
                         size_t name_bytes, const uint8_t* value, size_t value_bytes, uint8_t, void*) {
  auto* call = static_cast<Call*>(nghttp2_session_get_stream_user_data(session, frame->hd.stream_id));
  if (call == nullptr) return 0;
  const std::string_view key(reinterpret_cast<const char*>(name), name_bytes);
  const std::string_view text(reinterpret_cast<const char*>(value), value_bytes);
  RawAnswer& answer = call->answer;
  if (key == "grpc-status" && !absl::SimpleAtoi(ToAbsl(text), &answer.code)) answer.code = -1;
  if (key == "grpc-message") answer.message = text;
  if (key == "grpc-status-details-bin") absl::Base64Unescape(ToAbsl(text), &answer.details);
  return 0;
}

int Connection::OnData(nghttp2_session* session, uint8_t, int32_t stream, const uint8_t* data, size_t bytes,
                       void*) {
  auto* call = static_cast<Call*>(nghttp2_session_get_stream_user_data(session, stream));
  if (call != nullptr) call->answer.body.append(reinterpret_cast<const char*>(data), bytes);
  return 0;
}

int Connection::OnClose(nghttp2_session*, int32_t stream, uint32_t, void* self) {
  auto& calls = static_cast<Connection*>(self)->calls_;
  const auto at = calls.find(stream);
  if (at == calls.end()) return 0;
  const std::unique_ptr<Call> call = std::move(at->second);
  calls.erase(at);
  call->answer.body.erase(0, kMessageHeadBytes);
  call->done(std::move(call->answer));
  return 0;
}

absl::Status Connection::Write() {
  while (true) {
    while (unsent_.size() < kTlsRecordBytes) {
      const uint8_t* bytes = nullptr;
      const ssize_t count = nghttp2_session_mem_send(session_.get(), &bytes);
      if (count < 0) return Broken(nghttp2_strerror(static_cast<int>(count)));
      if (count == 0) break;
      unsent_.append(reinterpret_cast<const char*>(bytes), static_cast<size_t>(count));
    }
    if (unsent_.empty()) return absl::OkStatus();
    size_t written = 0;
    if (SSL_write_ex(tls_.get(), unsent_.data(), unsent_.size(), &written) != 1) {
      if (SSL_get_error(tls_.get(), 0) == SSL_ERROR_WANT_WRITE) return absl::OkStatus();
      return Broken("it cannot be written to");
    }
    unsent_.erase(0, written);
  }
}

absl::Status Connection::Exchange() {
  RETURN_IF_ERROR(Write());
  std::array<uint8_t, kTlsRecordBytes> bytes;
  while (true) {
    size_t count = 0;
    if (SSL_read_ex(tls_.get(), bytes.data(), bytes.size(), &count) != 1) {
      if (SSL_get_error(tls_.get(), 0) == SSL_ERROR_WANT_READ) return absl::OkStatus();
      return Broken("the server closed it");
    }
    const ssize_t taken = nghttp2_session_mem_recv(session_.get(), bytes.data(), count);
    if (taken < 0) return Broken(nghttp2_strerror(static_cast<int>(taken)));
    RETURN_IF_ERROR(Write());  // what an answer brought about goes out before the next is read
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<Http2Connection>> Http2Connection::Open(const Http2Options& options) {
  auto connection = std::make_unique<Connection>(options);
  RETURN_IF_ERROR(connection->Connect());
  return connection;
}

absl::Status Drive(const std::vector<Http2Connection*>& connections, const std::function<bool()>& goes_on) {
  for (Http2Connection* connection : connections) RETURN_IF_ERROR(connection->Exchange());
  std::vector<pollfd> polled(connections.size());
  while (goes_on()) {
    for (size_t i = 0; i < connections.size(); ++i) {
      const int events = POLLIN | (connections[i]->has_to_write() ? POLLOUT : 0);
      polled[i] = {connections[i]->socket(), static_cast<short>(events), 0};
    }
    if (::poll(polled.data(), polled.size(), kPollMs) < 0 && errno != EINTR) {
      return Broken(std::strerror(errno));
    }
    for (size_t i = 0; i < connections.size(); ++i) {
      if (polled[i].revents != 0) RETURN_IF_ERROR(connections[i]->Exchange());
    }
  }
  return absl::OkStatus();
}

}  // namespace fundledger::bench
