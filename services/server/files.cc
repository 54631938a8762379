#include "services/server/files.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>

#include <sys/stat.h>
#include <unistd.h>

#include "ledger/base/status.h"

#include "absl/strings/str_cat.h"

namespace fundledger::server {

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
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file || text.fail()) {
    return Refuse(absl::StatusCode::kInvalidArgument, "KEY_FILE_UNREADABLE",
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

}  // namespace fundledger::server
