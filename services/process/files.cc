#include "services/process/files.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ledger/base/status.h"

#include "absl/strings/str_cat.h"

namespace fundledger::process {
namespace {

absl::Status NotWritten(const std::string& path) {
  return Refuse(absl::StatusCode::kUnavailable, "FILE_NOT_WRITTEN",
                absl::StrCat(path, ": ", std::strerror(errno)));
}

// Writes all of it to a new file, and has it on disk. False, with errno, where that failed.
bool WriteSynced(const std::string& path, int flags, mode_t mode, std::string_view content) {
  const int fd = ::open(path.c_str(), flags | O_WRONLY | O_CREAT | O_CLOEXEC, mode);
  if (fd < 0) return false;
  while (!content.empty()) {
    const ssize_t count = ::write(fd, content.data(), content.size());
    if (count < 0 && errno != EINTR) break;
    if (count > 0) content.remove_prefix(static_cast<size_t>(count));
  }
  const bool good = content.empty() && ::fsync(fd) == 0;
  const int error = errno;
  const bool closed = ::close(fd) == 0;
  if (!good) errno = error;
  return good && closed;
}

bool SyncDirectoryOf(const std::string& path) {
  std::filesystem::path directory = std::filesystem::path(path).parent_path();
  if (directory.empty()) directory = ".";
  const int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool good = ::fsync(fd) == 0;
  const int error = errno;
  (void)::close(fd);
  errno = error;
  return good;
}

}  // namespace

absl::StatusOr<std::string> ReadSecretFile(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    return Refuse(absl::StatusCode::kInvalidArgument, "KEY_FILE_UNREADABLE",
                  absl::StrCat(path, ": ", std::strerror(errno)));
  }
  if (status.st_uid != ::geteuid()) {
    return Refuse(absl::StatusCode::kInvalidArgument, "KEY_FILE_EXPOSED",
                  absl::StrCat(path, ": belongs to user ", status.st_uid, ", and the server runs as user ",
                               ::geteuid(), "; run: chown ", ::geteuid(), " ", path));
  }
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return Refuse(absl::StatusCode::kInvalidArgument, "KEY_FILE_EXPOSED",
                  absl::StrCat(path, ": others than its owner may use this key; run: chmod 600 ", path));
  }
  absl::StatusOr<std::string> text = ReadFile(path);
  if (text.ok()) return text;
  return Refuse(absl::StatusCode::kInvalidArgument, "KEY_FILE_UNREADABLE", ToStd(text.status().message()));
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

absl::StatusOr<std::string> ReadSecretDescriptor(int fd) {
  std::string text;
  char buffer[1024];
  for (;;) {
    const ssize_t count = ::read(fd, buffer, sizeof buffer);
    if (count > 0) text.append(buffer, static_cast<size_t>(count));
    if (count == 0) return text;
    if (count < 0 && errno != EINTR) {
      return Refuse(absl::StatusCode::kInvalidArgument, "KEY_FILE_UNREADABLE",
                    absl::StrCat("descriptor ", fd, ": ", std::strerror(errno)));
    }
  }
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
  if (!WriteSynced(draft, O_TRUNC, 0644, content) || std::rename(draft.c_str(), path.c_str()) != 0) {
    const absl::Status status = NotWritten(path);
    (void)std::remove(draft.c_str());
    return status;
  }
  return SyncDirectoryOf(path) ? absl::OkStatus() : NotWritten(path);
}

absl::Status MakeSecretFile(const std::string& path, std::string_view content) {
  if (!WriteSynced(path, O_EXCL, 0600, content)) {
    if (errno != EEXIST) return NotWritten(path);
    return Refuse(absl::StatusCode::kAlreadyExists, "KEY_FILE_EXISTS",
                  absl::StrCat(path, ": there is a file already; it is left as it is"));
  }
  return SyncDirectoryOf(path) ? absl::OkStatus() : NotWritten(path);
}

}  // namespace fundledger::process
