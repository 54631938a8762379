#include "clients/sdk/passphrase.h"

#include <cstdlib>

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include "clients/sdk/files.h"
#include "ledger/base/status.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace fundledger::sdk {
namespace {

constexpr size_t kPassphraseBytesMax = 1024;

std::string Variable(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nobody sets it while we run
  return value == nullptr ? "" : value;
}

absl::Status Needed(std::string_view why) {
  return Refuse(absl::StatusCode::kUnauthenticated, "PASSPHRASE_NEEDED",
                absl::StrCat(ToAbsl(why),
                             ": give --passphrase-file FILE, or set FUNDLEDGER_PASSPHRASE_FILE or "
                             "FUNDLEDGER_PASSPHRASE_FD"));
}

crypto::Secret WithoutNewline(std::string text) {
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  return crypto::Secret(std::move(text));
}

// A line from an open descriptor, byte by byte, so that nothing behind it is taken.
absl::StatusOr<crypto::Secret> ReadLine(int fd) {
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
  return WithoutNewline(std::move(line));
}

// The terminal, with its echo off while this lives.
class Terminal {
 public:
  Terminal() : fd_(::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)) {
    if (fd_ < 0 || ::tcgetattr(fd_, &before_) != 0) return;
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    quiet_ = ::tcsetattr(fd_, TCSAFLUSH, &quiet) == 0;
  }
  ~Terminal() {
    if (quiet_) (void)::tcsetattr(fd_, TCSAFLUSH, &before_);
    if (fd_ >= 0) (void)::close(fd_);
  }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  absl::StatusOr<crypto::Secret> Ask(std::string_view prompt) const {
    if (!quiet_) return Needed("a passphrase is needed, and there is no terminal to ask for it");
    Say(prompt);
    absl::StatusOr<crypto::Secret> line = ReadLine(fd_);
    Say("\n");
    return line;
  }

 private:
  void Say(std::string_view text) const {
    while (!text.empty()) {
      const ssize_t count = ::write(fd_, text.data(), text.size());
      if (count <= 0) return;  // whoever cannot be asked does not answer either
      text.remove_prefix(static_cast<size_t>(count));
    }
  }

  const int fd_;
  termios before_{};
  bool quiet_ = false;
};

absl::Status CheckNew(const crypto::Secret& passphrase) {
  if (passphrase.view().size() >= kPassphraseBytesMin) return absl::OkStatus();
  return Refuse(absl::StatusCode::kInvalidArgument, "PASSPHRASE_TOO_SHORT",
                absl::StrCat("a passphrase has at least ", kPassphraseBytesMin,
                             " bytes: take four words that nobody would guess together"));
}

}  // namespace

bool Passphrases::AsksPeople() const {
  return file_.empty() && Variable("FUNDLEDGER_PASSPHRASE_FILE").empty() &&
         Variable("FUNDLEDGER_PASSPHRASE_FD").empty();
}

absl::StatusOr<crypto::Secret> Passphrases::Given() {
  const std::filesystem::path file =
      file_.empty() ? std::filesystem::path(Variable("FUNDLEDGER_PASSPHRASE_FILE")) : file_;
  if (!file.empty()) {
    ASSIGN_OR_RETURN(std::string text, ReadSecretFile(file));
    return WithoutNewline(std::move(text));
  }
  const auto read = known_.find("");
  if (read != known_.end()) return read->second.Copy();
  int fd = -1;
  if (!absl::SimpleAtoi(Variable("FUNDLEDGER_PASSPHRASE_FD"), &fd) || fd < 0) {
    return Needed("FUNDLEDGER_PASSPHRASE_FD is not the number of an open descriptor");
  }
  ASSIGN_OR_RETURN(crypto::Secret line, ReadLine(fd));
  return known_.emplace("", std::move(line)).first->second.Copy();
}

absl::StatusOr<crypto::Secret> Passphrases::Ask(std::string_view holder, std::string_view what) {
  if (!AsksPeople()) return Given();
  const auto found = known_.find(holder);
  if (found != known_.end()) return found->second.Copy();
  ASSIGN_OR_RETURN(crypto::Secret answer, Terminal().Ask(absl::StrCat(ToAbsl(what), ": ")));
  return known_.insert_or_assign(std::string(holder), std::move(answer)).first->second.Copy();
}

absl::StatusOr<crypto::Secret> Passphrases::AskNew(std::string_view holder, std::string_view what) {
  if (!AsksPeople()) {
    ASSIGN_OR_RETURN(crypto::Secret given, Given());
    RETURN_IF_ERROR(CheckNew(given));
    return given;
  }
  const Terminal terminal;
  ASSIGN_OR_RETURN(crypto::Secret first, terminal.Ask(absl::StrCat(ToAbsl(what), ": ")));
  RETURN_IF_ERROR(CheckNew(first));
  ASSIGN_OR_RETURN(const crypto::Secret second, terminal.Ask("the same again: "));
  if (first.view() != second.view()) {
    return Refuse(absl::StatusCode::kInvalidArgument, "PASSPHRASES_DIFFER",
                  "the two passphrases are not the same: nothing was made");
  }
  return known_.insert_or_assign(std::string(holder), std::move(first)).first->second.Copy();
}

bool Passphrases::Forget(std::string_view holder) {
  if (!AsksPeople()) return false;
  const auto found = known_.find(holder);
  if (found != known_.end()) known_.erase(found);
  return true;
}

}  // namespace fundledger::sdk
