#include "ledger/crypto/terminal.h"

#include <cerrno>
#include <string>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "ledger/base/status.h"

namespace fundledger::crypto {
namespace {

absl::Status Needed(std::string_view why) {
  return Refuse(absl::StatusCode::kUnauthenticated, "PASSPHRASE_NEEDED", why);
}

}  // namespace

absl::StatusOr<Secret> ReadSecretLine(int fd) {
  std::string line;
  line.reserve(kPassphraseBytesMax);
  char c = 0;
  while (line.size() < kPassphraseBytesMax) {
    const ssize_t count = ::read(fd, &c, 1);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 || (count == 0 && line.empty())) return Needed("nothing could be read");
    if (count == 0 || c == '\n') break;
    line.push_back(c);
  }
  return PassphraseOf(Secret(std::move(line)));
}

Terminal::Terminal() : fd_(::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)) {
  if (fd_ < 0 || ::tcgetattr(fd_, &before_) != 0) return;
  termios quiet = before_;
  quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
  quiet_ = ::tcsetattr(fd_, TCSAFLUSH, &quiet) == 0;
}

Terminal::~Terminal() {
  if (quiet_) (void)::tcsetattr(fd_, TCSAFLUSH, &before_);
  if (fd_ >= 0) (void)::close(fd_);
}

absl::StatusOr<Secret> Terminal::Ask(std::string_view prompt) const {
  if (!quiet_) return Needed("a passphrase is needed, and there is no terminal to ask for it");
  Say(prompt);
  absl::StatusOr<Secret> line = ReadSecretLine(fd_);
  Say("\n");
  return line;
}

void Terminal::Say(std::string_view text) const {
  while (!text.empty()) {
    const ssize_t count = ::write(fd_, text.data(), text.size());
    if (count <= 0) return;  // whoever cannot be asked does not answer either
    text.remove_prefix(static_cast<size_t>(count));
  }
}

}  // namespace fundledger::crypto
