#include "services/http/listener.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ledger/base/status.h"

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace fundledger::http {
namespace {

constexpr int kBacklog = 128;
// Where a connection cannot be accepted although there is room (no more open files), or not be waited for (no
// memory), it is tried again after.
constexpr int kRetryMs = 100;

absl::Status CannotListen(const std::string& address, std::string_view why) {
  return Refuse(absl::StatusCode::kUnavailable, "CANNOT_LISTEN",
                absl::StrCat("cannot listen at ", address, ": ", ToAbsl(why),
                             "; another process may have the port, or the address is not this machine's"));
}

struct FreeAddresses {
  void operator()(addrinfo* addresses) const { ::freeaddrinfo(addresses); }
};

absl::StatusOr<int> Bind(const std::string& address) {
  const size_t colon = address.rfind(':');
  std::string host = address.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  addrinfo hints{};
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(host.c_str(), address.substr(colon + 1).c_str(), &hints, &found);
  if (error != 0) return CannotListen(address, ::gai_strerror(error));
  const std::unique_ptr<addrinfo, FreeAddresses> addresses(found);
  const int socket = ::socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  if (socket >= 0 && ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
      ::bind(socket, found->ai_addr, found->ai_addrlen) == 0 && ::listen(socket, kBacklog) == 0) {
    return socket;
  }
  const std::string why = std::strerror(errno);
  if (socket >= 0) ::close(socket);
  return CannotListen(address, why);
}

// HOST of HOST:PORT with the port that was taken.
std::string BoundAddress(const std::string& address, int socket) {
  sockaddr_storage bound{};
  socklen_t size = sizeof(bound);
  (void)::getsockname(socket, reinterpret_cast<sockaddr*>(&bound), &size);
  const in_port_t port = bound.ss_family == AF_INET ? reinterpret_cast<const sockaddr_in&>(bound).sin_port
                                                    : reinterpret_cast<const sockaddr_in6&>(bound).sin6_port;
  return absl::StrCat(address.substr(0, address.rfind(':') + 1), ntohs(port));
}

// Something that was sent and not read yet.
bool HasInput(int socket) {
  int bytes = 0;
  return ::ioctl(socket, FIONREAD, &bytes) == 0 && bytes > 0;
}

void Ring(int bell) {
  const uint64_t one = 1;
  (void)!::write(bell, &one, sizeof(one));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Listener>> Listener::Listen(ListenerOptions options, Handler handler) {
  ASSIGN_OR_RETURN(const int socket, Bind(options.address));
  // Without them Stop would never be heard of.
  const int wake = ::eventfd(0, EFD_CLOEXEC);
  const int ended = wake < 0 ? -1 : ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (ended < 0) {
    const std::string why = std::strerror(errno);
    if (wake >= 0) ::close(wake);
    ::close(socket);
    return CannotListen(options.address, why);
  }
  std::string address = BoundAddress(options.address, socket);
  return std::unique_ptr<Listener>(
      new Listener(std::move(options), std::move(handler), socket, wake, ended, std::move(address)));
}

Listener::Listener(ListenerOptions options, Handler handler, int socket, int wake, int ended,
                   std::string address)
    : options_(std::move(options)),
      handler_(std::move(handler)),
      socket_(socket),
      wake_(wake),
      ended_(ended),
      address_(std::move(address)),
      tls_(options_.tls) {
  threads_.reserve(options_.connections + 1);
  threads_.emplace_back([this] { Accept(); });
  for (size_t i = 0; i < options_.connections; ++i) threads_.emplace_back([this] { Serve(); });
}

Listener::~Listener() {
  Stop(absl::InfinitePast());
  ::close(wake_);
  ::close(ended_);
  ::close(socket_);
}

size_t Listener::open() const {
  MutexLock lock(&mutex_);
  return open_.size();
}

size_t Listener::idle() const {
  MutexLock lock(&mutex_);
  return static_cast<size_t>(
      std::ranges::count_if(open_, [](const auto& each) { return each.second.is_idle; }));
}

bool Listener::wants_room() const {
  MutexLock lock(&mutex_);
  return LacksRoom();
}

void Listener::SetTls(std::shared_ptr<const process::TlsContext> tls) {
  MutexLock lock(&mutex_);
  tls_ = std::move(tls);
}

bool Listener::BeginIdle(int socket) {
  MutexLock lock(&mutex_);
  Open& open = open_.at(socket);
  if (stopping_) return false;
  open.is_idle = true;
  open.since = ++events_;
  // All were busy when the one that waits came. One of them makes room, not each that is done.
  if (LacksRoom()) EndIdlest();
  return true;
}

void Listener::EndIdle(int socket) {
  MutexLock lock(&mutex_);
  Open& open = open_.at(socket);
  open.is_idle = false;
  open.has_asked = true;
}

bool Listener::IsEnding() const {
  MutexLock lock(&mutex_);
  return stopping_ || LacksRoom();
}

void Listener::OnFailedHandshake(std::string_view why) {
  {
    MutexLock lock(&mutex_);
    if (stopping_) return;
  }
  if (options_.failed_handshake) options_.failed_handshake(why);
}

bool Listener::LacksRoom() const {
  return room_wanted_ && open_.size() >= options_.connections;
}

void Listener::EndIdlest() {
  // Those that were answered go first: of the others the question may be on its way.
  const auto rank = [](const Open& open) { return std::pair(!open.has_asked, open.since); };
  auto idlest = open_.end();
  for (auto each = open_.begin(); each != open_.end(); ++each) {
    if (each->second.is_ending) return;
    if (!each->second.is_idle || HasInput(each->first)) continue;
    if (idlest == open_.end() || rank(each->second) < rank(idlest->second)) idlest = each;
  }
  if (idlest == open_.end()) return;
  idlest->second.is_ending = true;
  (void)::shutdown(idlest->first, SHUT_RDWR);
}

bool Listener::MakeRoom() {
  MutexLock lock(&mutex_);
  while (open_.size() >= options_.connections && !stopping_) {
    room_wanted_ = true;
    EndIdlest();
    room_.Wait(&mutex_);
  }
  room_wanted_ = false;
  return !stopping_;
}

void Listener::Accept() {
  while (true) {
    std::array<pollfd, 2> waited = {pollfd{.fd = socket_, .events = POLLIN, .revents = 0},
                                    pollfd{.fd = wake_, .events = POLLIN, .revents = 0}};
    if (::poll(waited.data(), waited.size(), -1) < 0) {
      if (errno == EINTR) continue;
      MutexLock lock(&mutex_);
      if (!stopping_) {
        (void)room_.WaitUntil(&mutex_,
                              std::chrono::steady_clock::now() + std::chrono::milliseconds(kRetryMs));
      }
      if (stopping_) return;
      continue;
    }
    if ((waited[1].revents & POLLIN) != 0) return;
    if ((waited[0].revents & POLLIN) == 0) continue;
    if (!MakeRoom()) return;
    const int socket = ::accept4(socket_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (socket < 0) {
      const bool gone = errno == EAGAIN || errno == EINTR || errno == ECONNABORTED;
      if (!gone) (void)::poll(&waited[1], 1, kRetryMs);
      continue;
    }
    const int on = 1;
    (void)::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    MutexLock lock(&mutex_);
    if (stopping_) {  // since there was room: who would serve it may be gone
      ::close(socket);
      return;
    }
    open_[socket].since = ++events_;
    queue_.push_back(socket);
    work_.NotifyOne();
  }
}

void Listener::Serve() {
  while (true) {
    int socket = -1;
    std::shared_ptr<const process::TlsContext> tls;
    {
      MutexLock lock(&mutex_);
      while (queue_.empty() && !stopping_) work_.Wait(&mutex_);
      if (queue_.empty()) return;
      socket = queue_.front();
      queue_.pop_front();
      tls = tls_;
    }
    ServeConnection(socket, tls.get(), options_.patience, options_.body_bytes_max, this);
    {
      // First from the list: its number may be another's as soon as it is closed.
      MutexLock lock(&mutex_);
      open_.erase(socket);
      ::close(socket);
      room_.NotifyAll();
    }
    Ring(ended_);
  }
}

void Listener::Stop(absl::Time deadline) {
  if (threads_.empty()) return;
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
    for (auto& [socket, open] : open_) {
      if (open.is_idle) (void)::shutdown(socket, SHUT_RDWR);
    }
    room_.NotifyAll();
    work_.NotifyAll();
  }
  Ring(wake_);
  threads_.front().join();
  while (open() > 0 && absl::Now() < deadline) {
    pollfd waited{.fd = ended_, .events = POLLIN, .revents = 0};
    const int64_t left_ms = std::min<int64_t>(absl::ToInt64Milliseconds(deadline - absl::Now()) + 1, 1 << 30);
    if (::poll(&waited, 1, static_cast<int>(std::max<int64_t>(left_ms, 0))) > 0) {
      uint64_t count = 0;
      (void)!::read(ended_, &count, sizeof(count));
    }
  }
  {
    MutexLock lock(&mutex_);
    for (const auto& [socket, open] : open_) (void)::shutdown(socket, SHUT_RDWR);
  }
  for (size_t i = 1; i < threads_.size(); ++i) threads_[i].join();
  threads_.clear();
}

}  // namespace fundledger::http
