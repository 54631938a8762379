#include "services/rpc/acceptor.h"

#include <cerrno>
#include <chrono>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ledger/base/status.h"

#include "absl/strings/str_cat.h"

namespace fundledger::rpc {
namespace {

constexpr int kBacklog = 512;
// How long nothing is taken while this process is out of descriptors, or of memory.
constexpr int kPauseMs = 50;

absl::Status CannotListen(const std::string& listen, std::string_view why) {
  return Refuse(absl::StatusCode::kUnavailable, "CANNOT_LISTEN",
                absl::StrCat("cannot listen at ", listen, ": ", ToAbsl(why),
                             "; another process may have the port, or the address is not this machine's"));
}

std::string Why() {
  return std::generic_category().message(errno);
}

// The socket behind a descriptor; 0 if it is none any more.
ino_t SocketOf(int fd) {
  struct stat info {};
  return ::fstat(fd, &info) == 0 && S_ISSOCK(info.st_mode) ? info.st_ino : 0;
}

std::string NameOf(const sockaddr_storage& address, socklen_t size) {
  char host[NI_MAXHOST];
  char port[NI_MAXSERV];
  const int failed = ::getnameinfo(reinterpret_cast<const sockaddr*>(&address), size, host, sizeof host, port,
                                   sizeof port, NI_NUMERICHOST | NI_NUMERICSERV);
  if (failed != 0) return "unknown";
  return address.ss_family == AF_INET6 ? absl::StrCat("ipv6:[", host, "]:", port)
                                       : absl::StrCat("ipv4:", host, ":", port);
}

void SetPort(sockaddr* address, int port) {
  if (address->sa_family == AF_INET6) {
    reinterpret_cast<sockaddr_in6*>(address)->sin6_port = htons(static_cast<uint16_t>(port));
  } else {
    reinterpret_cast<sockaddr_in*>(address)->sin_port = htons(static_cast<uint16_t>(port));
  }
}

int PortOf(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return 0;
  return ntohs(address.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6*>(&address)->sin6_port
                                             : reinterpret_cast<const sockaddr_in*>(&address)->sin_port);
}

// -1 where it cannot be had; errno says why.
int ListenOn(const addrinfo& at) {
  const int fd = ::socket(at.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  const int on = 1;
  // A port whose connections are still dying can be had again; one that somebody listens at cannot.
  (void)::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(fd, at.ai_addr, at.ai_addrlen) == 0 && ::listen(fd, kBacklog) == 0) return fd;
  const int why = errno;
  (void)::close(fd);
  errno = why;
  return -1;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Acceptor>> Acceptor::Listen(const std::string& listen, size_t limit) {
  std::unique_ptr<Acceptor> acceptor(new Acceptor(limit));
  RETURN_IF_ERROR(acceptor->Bind(listen));
  return acceptor;
}

absl::Status Acceptor::Bind(const std::string& listen) {
  const size_t colon = listen.rfind(':');
  if (colon == std::string::npos) return CannotListen(listen, "it is not HOST:PORT");
  std::string host = listen.substr(0, colon);
  const std::string port = listen.substr(colon + 1);
  if (host.size() > 1 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int failed = ::getaddrinfo(host.empty() ? nullptr : host.c_str(), port.c_str(), &hints, &found);
  if (failed != 0) return CannotListen(listen, ::gai_strerror(failed));
  absl::Status status;
  for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
    if (port_ != 0) SetPort(at->ai_addr, port_);
    const int fd = ListenOn(*at);
    if (fd >= 0) {
      listeners_.push_back(fd);
      if (port_ == 0) port_ = PortOf(fd);
    } else if (status.ok() && errno != EAFNOSUPPORT && errno != EADDRNOTAVAIL) {
      status = CannotListen(listen, Why());
    }
  }
  ::freeaddrinfo(found);
  RETURN_IF_ERROR(status);
  if (listeners_.empty()) return CannotListen(listen, "the address is not this machine's");
  if (::pipe2(wake_, O_CLOEXEC) != 0) return CannotListen(listen, Why());
  return absl::OkStatus();
}

Acceptor::~Acceptor() {
  Stop();
  for (const int fd : listeners_) (void)::close(fd);
  for (const int fd : wake_) {
    if (fd >= 0) (void)::close(fd);
  }
}

void Acceptor::Start(Door door, std::function<void(std::string_view)> on_refused) {
  door_ = std::move(door);
  on_refused_ = std::move(on_refused);
  thread_ = std::thread([this] { Run(); });
}

void Acceptor::Stop() {
  if (!thread_.joinable()) return;
  {
    const MutexLock lock(&mutex_);
    stopping_ = true;
    stop_came_.NotifyAll();
  }
  (void)::close(std::exchange(wake_[1], -1));
  thread_.join();
  for (const int fd : listeners_) (void)::close(fd);
  listeners_.clear();
}

size_t Acceptor::open() const {
  const MutexLock lock(&mutex_);
  ForgetClosed();
  return handed_over_.size();
}

void Acceptor::ForgetClosed() const {
  std::erase_if(handed_over_, [](const auto& each) { return SocketOf(each.first) != each.second; });
}

bool Acceptor::HasRoom() {
  const MutexLock lock(&mutex_);
  if (handed_over_.size() >= limit_) ForgetClosed();
  return handed_over_.size() < limit_;
}

void Acceptor::Run() {
  std::vector<pollfd> watched;
  for (const int fd : listeners_) watched.push_back({fd, POLLIN, 0});
  watched.push_back({wake_[0], POLLIN, 0});
  for (;;) {
    if (::poll(watched.data(), watched.size(), -1) < 0) {
      // No memory, mostly: it is asked again in a while, unless it stops, which no poll would tell then.
      if (errno != EINTR && !PauseUnlessStopping()) return;
      continue;
    }
    if (watched.back().revents != 0) return;
    for (size_t i = 0; i + 1 < watched.size(); ++i) {
      if (watched[i].revents != 0) TakeFrom(watched[i].fd);
    }
  }
}

bool Acceptor::PauseUnlessStopping() {
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(kPauseMs);
  const MutexLock lock(&mutex_);
  while (!stopping_ && stop_came_.WaitUntil(&mutex_, until)) continue;
  return !stopping_;
}

void Acceptor::TakeFrom(int listener) {
  sockaddr_storage peer{};
  socklen_t size = sizeof peer;
  const int fd = ::accept4(listener, reinterpret_cast<sockaddr*>(&peer), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0) {
    // Without a descriptor to spare it would only be told the same again, at once.
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      pollfd woken{wake_[0], POLLIN, 0};
      (void)::poll(&woken, 1, kPauseMs);
    }
    return;
  }
  if (!HasRoom()) {
    (void)::close(fd);
    if (on_refused_) on_refused_(NameOf(peer, size));
    return;
  }
  const int on = 1;
  (void)::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  {
    const MutexLock lock(&mutex_);
    handed_over_[fd] = SocketOf(fd);
  }
  grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters connection;
  connection.listener_fd = listener;
  connection.fd = fd;
  door_->HandleNewConnection(&connection);
}

}  // namespace fundledger::rpc
