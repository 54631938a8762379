#include "services/process/files.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ledger/base/files.h"
#include "ledger/base/status.h"

#include "absl/strings/str_cat.h"

namespace fundledger::process {
namespace {

absl::Status NotWritten(const std::string& path, int error = errno) {
  return Refuse(absl::StatusCode::kUnavailable, "FILE_NOT_WRITTEN",
                absl::StrCat(path, ": ", std::strerror(error)));
}

// Writes all of it to a file, and has it on disk. False, with errno, where that failed: nothing of what was
// written is left.
bool WriteSynced(const std::string& path, int flags, mode_t mode, std::string_view content) {
  const int fd = ::open(path.c_str(), flags | O_WRONLY | O_CREAT | O_CLOEXEC, mode);
  if (fd < 0) return false;
  while (!content.empty()) {
    const ssize_t count = ::write(fd, content.data(), content.size());
    if (count < 0 && errno != EINTR) break;
    if (count > 0) content.remove_prefix(static_cast<size_t>(count));
  }
  const bool synced = content.empty() && ::fsync(fd) == 0;
  int error = errno;
  const bool closed = ::close(fd) == 0;
  if (synced && closed) return true;
  if (synced) error = errno;
  (void)::unlink(path.c_str());
  errno = error;
  return false;
}

absl::Status SyncDirectoryOf(const std::string& path) {
  const std::error_code error = SyncDirectory(DirectoryOf(path));
  return error ? NotWritten(path, error.value()) : absl::OkStatus();
}

absl::Status SecretUnreadable(std::string_view what, std::string_view why) {
  return Refuse(absl::StatusCode::kInvalidArgument, "KEY_FILE_UNREADABLE",
                absl::StrCat(ToAbsl(what), ": ", ToAbsl(why)));
}

absl::StatusOr<std::string> ReadSecret(int fd, const std::string& path) {
  // What was opened is what is looked at: the name may be another file's by then.
  struct stat status {};
  if (::fstat(fd, &status) != 0) return SecretUnreadable(path, std::strerror(errno));
  if (status.st_uid != ::geteuid()) {
    return Refuse(absl::StatusCode::kInvalidArgument, "KEY_FILE_EXPOSED",
                  absl::StrCat(path, ": belongs to user ", status.st_uid, ", and the server runs as user ",
                               ::geteuid(), "; run: chown ", ::geteuid(), " ", path));
  }
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return Refuse(absl::StatusCode::kInvalidArgument, "KEY_FILE_EXPOSED",
                  absl::StrCat(path, ": others than its owner may use this key; run: chmod 600 ", path));
  }
  std::string text;
  char buffer[4096];
  for (;;) {
    const ssize_t count = ::read(fd, buffer, sizeof buffer);
    if (count > 0) text.append(buffer, static_cast<size_t>(count));
    if (count == 0) break;
    if (count < 0 && errno != EINTR) return SecretUnreadable(path, std::strerror(errno));
  }
  if (text.empty()) return SecretUnreadable(path, "is empty");
  return text;
}

}  // namespace

absl::StatusOr<std::string> ReadSecretFile(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return SecretUnreadable(path, std::strerror(errno));
  absl::StatusOr<std::string> text = ReadSecret(fd, path);
  (void)::close(fd);
  return text;
}

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file || text.fail()) {
    return Refuse(absl::StatusCode::kUnavailable, "FILE_UNREADABLE",
                  absl::StrCat(path, ": cannot be read, or is empty"));
  }
  return text.str();
}

absl::Status ReplaceFile(const std::string& path, std::string_view content) {
  const std::string draft = absl::StrCat(path, ".", ::getpid(), ".tmp");
  std::ofstream file(draft, std::ios::binary | std::ios::trunc);
  file << content;
  file.close();
  if (!file || std::rename(draft.c_str(), path.c_str()) != 0) {
    const std::string why = std::strerror(errno);
    (void)std::remove(draft.c_str());
    return Refuse(absl::StatusCode::kUnavailable, "FILE_NOT_WRITTEN", absl::StrCat(path, ": ", why));
  }
  return absl::OkStatus();
}

absl::Status ReplaceFileDurably(const std::string& path, std::string_view content) {
  const std::string draft = absl::StrCat(path, ".", ::getpid(), ".tmp");
  if (!WriteSynced(draft, O_TRUNC, 0644, content)) return NotWritten(path);
  if (std::rename(draft.c_str(), path.c_str()) != 0) {
    const absl::Status status = NotWritten(path);
    (void)std::remove(draft.c_str());
    return status;
  }
  return SyncDirectoryOf(path);
}

absl::Status MakeSecretFile(const std::string& path, std::string_view content) {
  if (!WriteSynced(path, O_EXCL, 0600, content)) {
    if (errno != EEXIST) return NotWritten(path);
    return Refuse(absl::StatusCode::kAlreadyExists, "KEY_FILE_EXISTS",
                  absl::StrCat(path, ": there is a file already; it is left as it is"));
  }
  const absl::Status synced = SyncDirectoryOf(path);
  // It would be in the way of the next try.
  if (!synced.ok()) (void)::unlink(path.c_str());
  return synced;
}

}  // namespace fundledger::process
