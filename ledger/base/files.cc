#include "ledger/base/files.h"

#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace fundledger {
namespace {

std::error_code Code(int error) {
  return {error, std::generic_category()};
}

}  // namespace

std::filesystem::path DirectoryOf(const std::filesystem::path& path) {
  const std::filesystem::path named = path.has_filename() ? path : path.parent_path();
  return named.has_parent_path() ? named.parent_path() : ".";
}

std::error_code SyncDirectory(const std::filesystem::path& directory) {
  const int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return Code(errno);
  int error = 0;
  do {
    error = ::fsync(fd) == 0 ? 0 : errno;
  } while (error == EINTR);
  (void)::close(fd);  // nothing was written through it
  return Code(error);
}

std::error_code MakeDirectories(const std::filesystem::path& directory) {
  std::error_code ignored;
  if (std::filesystem::is_directory(directory, ignored)) return {};
  const std::filesystem::path above = DirectoryOf(directory);
  if (above != directory) {
    if (const std::error_code error = MakeDirectories(above); error) return error;
  }
  if (::mkdir(directory.c_str(), 0777) != 0) {
    if (errno != EEXIST) return Code(errno);
    // Another program may have made it meanwhile.
    if (!std::filesystem::is_directory(directory, ignored)) return Code(ENOTDIR);
  }
  return SyncDirectory(above);
}

}  // namespace fundledger
