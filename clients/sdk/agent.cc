#include "clients/sdk/agent.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>
#include <system_error>
#include <utility>

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "ledger/crypto/digest.h"

#include "absl/strings/str_cat.h"

namespace fundledger::sdk {
namespace {

// A request is its length (4 bytes), one of these, the file's hash (32 bytes), and the message to sign. An
// answer is its length, kHeld or kNot, and what was asked for. One a connection.
constexpr char kPublicKey = 'K';
constexpr char kSign = 'S';
constexpr char kPem = 'P';
constexpr char kStop = 'Q';
constexpr char kHeld = '+';
constexpr char kNot = '-';

constexpr size_t kMessageBytesMax = 1 << 20;
constexpr size_t kHashBytes = 32;
constexpr int kWaitSeconds = 5;
// A signature on a token may take its time.
constexpr int kSignSeconds = 60;

class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {}
  ~Socket() {
    if (fd_ >= 0) (void)::close(fd_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

absl::Status Failed(const std::filesystem::path& socket, std::string_view what) {
  return Refuse(
      absl::StatusCode::kUnavailable, "AGENT_FAILED",
      absl::StrCat(socket.string(), ": ", ToAbsl(what), ": ", std::generic_category().message(errno)));
}

bool IsOfThisUser(int fd) {
  ucred peer{};
  socklen_t size = sizeof peer;
  return ::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == ::geteuid();
}

bool SetPatience(int fd, int seconds) {
  const timeval limit{.tv_sec = seconds, .tv_usec = 0};
  return ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0 &&
         ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) == 0;
}

bool AddressOf(const std::filesystem::path& socket, sockaddr_un* address) {
  const std::string path = socket.string();
  *address = {};
  address->sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address->sun_path) return false;
  std::memcpy(address->sun_path, path.data(), path.size());
  return true;
}

bool SendAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(count));
  }
  return true;
}

bool Receive(int fd, char* out, size_t size) {
  while (size > 0) {
    const ssize_t count = ::recv(fd, out, size, 0);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    out += count;
    size -= static_cast<size_t>(count);
  }
  return true;
}

bool SendFrame(int fd, std::string_view body) {
  std::string length;
  AppendBigEndian32(static_cast<uint32_t>(body.size()), &length);
  return SendAll(fd, length) && SendAll(fd, body);
}

std::optional<crypto::Secret> ReceiveFrame(int fd) {
  char length[4];
  if (!Receive(fd, length, sizeof length)) return std::nullopt;
  const uint32_t size = ReadBigEndian32({length, sizeof length});
  if (size == 0 || size > kMessageBytesMax) return std::nullopt;
  std::string body(size, '\0');
  if (!Receive(fd, body.data(), size)) return std::nullopt;
  return crypto::Secret(std::move(body));
}

int Connect(const std::filesystem::path& socket, int patience_seconds) {
  sockaddr_un address;
  if (!AddressOf(socket, &address)) return -1;
  Socket fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const bool good = fd.get() >= 0 &&
                    ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
                    IsOfThisUser(fd.get()) && SetPatience(fd.get(), patience_seconds);
  return good ? fd.release() : -1;
}

// What the agent answers; nothing if there is none, or it has no such key.
std::optional<crypto::Secret> Ask(char what, std::string_view file, std::string_view message) {
  const Socket fd(Connect(AgentSocket(), what == kSign ? kSignSeconds : kWaitSeconds));
  if (fd.get() < 0) return std::nullopt;
  if (!SendFrame(fd.get(), std::string(1, what).append(file).append(message))) return std::nullopt;
  const std::optional<crypto::Secret> answer = ReceiveFrame(fd.get());
  if (!answer.has_value() || answer->view()[0] != kHeld) return std::nullopt;
  return crypto::Secret(std::string(answer->view().substr(1)));
}

class AgentSigner final : public crypto::Signer {
 public:
  AgentSigner(std::string file, crypto::PublicKey key) : file_(std::move(file)), key_(std::move(key)) {}

  const crypto::PublicKey& public_key() const override { return key_; }
  absl::StatusOr<std::string> Sign(std::string_view message) const override {
    const std::optional<crypto::Secret> signature = Ask(kSign, file_, message);
    if (signature.has_value()) return std::string(signature->view());
    return Refuse(
        absl::StatusCode::kInternal, "KEY_CANNOT_SIGN",
        "the agent that held the key gave no signature: start it again, or end it and give the passphrase");
  }

 private:
  const std::string file_;
  const crypto::PublicKey key_;
};

absl::Status CheckDirectory(const std::filesystem::path& socket) {
  struct stat info {};
  const std::filesystem::path directory = socket.parent_path();
  if (::stat(directory.c_str(), &info) != 0) return Failed(socket, "no directory for it");
  if (info.st_uid == ::geteuid() && (info.st_mode & (S_IWGRP | S_IWOTH)) == 0) return absl::OkStatus();
  return Refuse(absl::StatusCode::kPermissionDenied, "KEY_FILE_EXPOSED",
                absl::StrCat(directory.string(),
                             " is not this user's alone to write: name a socket elsewhere with "
                             "FUNDLEDGER_AGENT"));
}

std::string AnswerFor(const HeldKey& key, char what, std::string_view message) {
  if (what == kPem && key.signer == nullptr) return std::string(1, kHeld).append(key.pem.view());
  if (key.signer == nullptr) return std::string(1, kNot);
  if (what == kPublicKey) {
    const crypto::PublicKey& public_key = key.signer->public_key();
    return std::string(1, kHeld).append(1, static_cast<char>(public_key.algorithm)).append(public_key.bytes);
  }
  if (what != kSign) return std::string(1, kNot);
  const auto signature = key.signer->Sign(message);
  return signature.ok() ? std::string(1, kHeld).append(*signature) : std::string(1, kNot);
}

// Goes on while the machine sleeps: whoever opens a laptop the next day finds no keys held.
int64_t MillisSinceBoot() {
  timespec now;
  (void)::clock_gettime(CLOCK_BOOTTIME, &now);  // fails on no Linux that runs this
  return int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

}  // namespace

std::filesystem::path AgentSocket() {
  const char* given = std::getenv("FUNDLEDGER_AGENT");  // NOLINT(concurrency-mt-unsafe): nobody sets it
  if (given != nullptr && *given != '\0') return given;
  const char* runtime = std::getenv("XDG_RUNTIME_DIR");  // NOLINT(concurrency-mt-unsafe)
  if (runtime == nullptr || *runtime == '\0') return {};
  return std::filesystem::path(runtime) / "fundledger-agent.sock";
}

AgentServer::AgentServer(int fd, std::filesystem::path socket, std::vector<HeldKey> keys)
    : fd_(fd), socket_(std::move(socket)), keys_(std::move(keys)) {}

AgentServer::~AgentServer() {
  (void)::unlink(socket_.c_str());
  (void)::close(fd_);
}

absl::StatusOr<std::unique_ptr<AgentServer>> AgentServer::Listen(const std::filesystem::path& socket,
                                                                 std::vector<HeldKey> keys) {
  sockaddr_un address;
  if (!AddressOf(socket, &address)) {
    return Refuse(absl::StatusCode::kUnavailable, "AGENT_FAILED",
                  "there is no place for the agent's socket, or its path is too long: set FUNDLEDGER_AGENT");
  }
  RETURN_IF_ERROR(CheckDirectory(socket));
  if (Socket(Connect(socket, kWaitSeconds)).get() >= 0) {
    return Refuse(
        absl::StatusCode::kAlreadyExists, "AGENT_RUNNING",
        absl::StrCat("an agent answers at ", socket.string(), " already: fundledger agent --stop ends it"));
  }
  (void)::unlink(socket.c_str());  // of an agent that was killed
  Socket fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const mode_t before = ::umask(0177);
  const bool bound =
      fd.get() >= 0 && ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  (void)::umask(before);
  if (!bound || ::listen(fd.get(), 64) != 0) return Failed(socket, "cannot listen");
  return std::unique_ptr<AgentServer>(new AgentServer(fd.release(), socket, std::move(keys)));
}

void AgentServer::Serve(int64_t seconds) {
  const int64_t end_ms = MillisSinceBoot() + seconds * 1000;
  for (;;) {
    const int64_t left_ms = end_ms - MillisSinceBoot();
    if (left_ms <= 0) return;
    pollfd waiting{fd_, POLLIN, 0};
    const bool is_asked = ::poll(&waiting, 1, static_cast<int>(std::min<int64_t>(left_ms, 60'000))) > 0;
    if (!is_asked || MillisSinceBoot() >= end_ms) continue;  // the machine may have slept meanwhile
    const Socket connection(::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC));
    if (connection.get() < 0 || !IsOfThisUser(connection.get())) continue;
    if (SetPatience(connection.get(), kWaitSeconds) && !Answer(connection.get())) return;
  }
}

bool AgentServer::Answer(int connection) {
  const std::optional<crypto::Secret> request = ReceiveFrame(connection);
  if (!request.has_value()) return true;
  const std::string_view body = request->view();
  if (body[0] == kStop) {
    (void)SendFrame(connection, std::string(1, kHeld));
    return false;
  }
  crypto::Secret answer(std::string(1, kNot));
  for (const HeldKey& key : keys_) {
    if (body.size() < 1 + kHashBytes || body.substr(1, kHashBytes) != key.file.view()) continue;
    answer = crypto::Secret(AnswerFor(key, body[0], body.substr(1 + kHashBytes)));
  }
  (void)SendFrame(connection, answer.view());  // who went away before the answer asks again
  return true;
}

std::unique_ptr<crypto::Signer> SignerOfAgent(std::string_view key_file) {
  const std::string file = crypto::Sha256(key_file).str();
  const std::optional<crypto::Secret> held = Ask(kPublicKey, file, "");
  if (!held.has_value() || held->empty()) return nullptr;
  const auto algorithm = static_cast<crypto::Algorithm>(held->view()[0]);
  return std::make_unique<AgentSigner>(file,
                                       crypto::PublicKey{algorithm, std::string(held->view().substr(1))});
}

std::optional<crypto::Secret> PemOfAgent(std::string_view key_file) {
  return Ask(kPem, crypto::Sha256(key_file).str(), "");
}

absl::Status StopAgent() {
  if (Ask(kStop, "", "").has_value()) return absl::OkStatus();
  return Refuse(absl::StatusCode::kNotFound, "AGENT_MISSING", "no agent of this user is running");
}

}  // namespace fundledger::sdk
