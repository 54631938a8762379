#include "clients/sdk/files.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <thread>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ledger/base/files.h"
#include "ledger/base/status.h"

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"

namespace fundledger::sdk {
namespace {

constexpr size_t kSyncsAtOnce = 8;
constexpr char kEvidenceUrl[] = "type.fundledger/evidence";

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) (void)::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

std::string Why(int error = errno) {
  return std::string(std::generic_category().message(error));
}

absl::Status Unwritable(const std::filesystem::path& path, int error = errno) {
  return Refuse(absl::StatusCode::kUnavailable, "FILE_UNWRITABLE",
                absl::StrCat("cannot write ", path.string(), ": ", Why(error)));
}

// OK, or that `path` may not be there after a crash as it is now.
absl::Status SyncFor(const std::filesystem::path& path, const std::filesystem::path& directory) {
  const std::error_code error = SyncDirectory(directory);
  return error ? Unwritable(path, error.value()) : absl::OkStatus();
}

absl::StatusOr<std::string> ReadAll(int fd, const std::filesystem::path& path) {
  std::string bytes;
  char buffer[65536];
  for (;;) {
    const ssize_t count = ::read(fd, buffer, sizeof buffer);
    if (count == 0) return bytes;
    if (count > 0) {
      bytes.append(buffer, static_cast<size_t>(count));
    } else if (errno != EINTR) {
      return Refuse(absl::StatusCode::kUnavailable, "FILE_UNREADABLE",
                    absl::StrCat("cannot read ", path.string(), ": ", Why()));
    }
  }
}

bool WriteAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd, bytes.data(), bytes.size());
    if (count > 0) {
      bytes.remove_prefix(static_cast<size_t>(count));
    } else if (count == 0 || errno != EINTR) {
      return false;
    }
  }
  return true;
}

// Where the new bytes are written before they take the file's name. The process id keeps two programs that
// write at once from mixing their bytes.
std::filesystem::path NextOf(const std::filesystem::path& path) {
  return absl::StrCat(path.string(), ".", ::getpid(), ".new");
}

absl::Status WriteNext(const std::filesystem::path& path, std::string_view bytes, bool durable) {
  const std::filesystem::path next = NextOf(path);
  const Descriptor fd(::open(next.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (fd.get() < 0) return Unwritable(next);
  if (WriteAll(fd.get(), bytes) && (!durable || ::fsync(fd.get()) == 0)) return absl::OkStatus();
  const absl::Status status = Unwritable(next);
  (void)::unlink(next.c_str());
  return status;
}

absl::Status MoveNext(const std::filesystem::path& path) {
  if (::rename(NextOf(path).c_str(), path.c_str()) != 0) return Unwritable(path);
  return absl::OkStatus();
}

}  // namespace

absl::Status Evidence(std::string_view reason, std::string_view message) {
  absl::Status status = Refuse(absl::StatusCode::kDataLoss, reason, message);
  status.SetPayload(kEvidenceUrl, absl::Cord("1"));
  return status;
}

bool IsEvidence(const absl::Status& status) {
  return status.GetPayload(kEvidenceUrl).has_value();
}

absl::StatusOr<std::string> ReadFile(const std::filesystem::path& path) {
  const Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0) {
    const bool missing = errno == ENOENT || errno == ENOTDIR;
    return Refuse(missing ? absl::StatusCode::kNotFound : absl::StatusCode::kUnavailable,
                  missing ? "FILE_MISSING" : "FILE_UNREADABLE",
                  absl::StrCat("cannot open ", path.string(), ": ", Why()));
  }
  return ReadAll(fd.get(), path);
}

absl::Status ReplaceFile(const std::filesystem::path& path, std::string_view bytes, bool durable) {
  RETURN_IF_ERROR(WriteNext(path, bytes, durable));
  RETURN_IF_ERROR(MoveNext(path));
  return durable ? SyncFor(path, DirectoryOf(path)) : absl::OkStatus();
}

absl::Status ReplaceFiles(const std::filesystem::path& directory, const std::vector<NewFile>& files) {
  // Side by side: file systems write what is synced at the same time together.
  std::vector<absl::Status> written(files.size());
  std::atomic<size_t> next{0};
  const auto work = [&] {
    for (size_t i = next++; i < files.size(); i = next++) {
      written[i] = WriteNext(files[i].path, files[i].bytes, true);
    }
  };
  std::vector<std::thread> others;
  for (size_t i = 1; i < std::min(files.size(), kSyncsAtOnce); ++i) others.emplace_back(work);
  work();
  for (std::thread& other : others) other.join();
  for (const absl::Status& status : written) RETURN_IF_ERROR(status);
  for (const NewFile& file : files) RETURN_IF_ERROR(MoveNext(file.path));
  return SyncFor(directory, directory);
}

absl::Status MakeDirectory(const std::filesystem::path& directory) {
  const std::error_code error = MakeDirectories(directory);
  return error ? Unwritable(directory, error.value()) : absl::OkStatus();
}

absl::Status MoveFile(const std::filesystem::path& from, const std::filesystem::path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return Unwritable(to);
  return SyncFor(to, DirectoryOf(to));
}

absl::Status RemoveFile(const std::filesystem::path& path, bool durable) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return Unwritable(path);
  return durable ? SyncFor(path, DirectoryOf(path)) : absl::OkStatus();
}

absl::StatusOr<FileLock> FileLock::Take(const std::filesystem::path& path, bool alone) {
  FileLock lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (lock.fd_ < 0) return Unwritable(path);
  while (::flock(lock.fd_, alone ? LOCK_EX : LOCK_SH) != 0) {
    if (errno != EINTR) return Unwritable(path);
  }
  return lock;
}

FileLock::~FileLock() {
  if (fd_ >= 0) (void)::close(fd_);
}

absl::StatusOr<std::string> ReadSecretFile(const std::filesystem::path& path) {
  const Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0) {
    return Refuse(absl::StatusCode::kNotFound, "KEY_FILE_MISSING",
                  absl::StrCat("cannot open the key ", path.string(), ": ", Why()));
  }
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0 || !S_ISREG(info.st_mode)) {
    return Refuse(absl::StatusCode::kInvalidArgument, "KEY_MALFORMED",
                  absl::StrCat(path.string(), " is not a file"));
  }
  if (info.st_uid != ::geteuid()) {
    return Refuse(absl::StatusCode::kPermissionDenied, "KEY_FILE_EXPOSED",
                  absl::StrCat("the key ", path.string(), " belongs to user ", info.st_uid,
                               ", who can read and change it, and this program runs as user ", ::geteuid(),
                               ": run it as the key's owner, or make a key of your own"));
  }
  if ((info.st_mode & 077) != 0) {
    return Refuse(absl::StatusCode::kPermissionDenied, "KEY_FILE_EXPOSED",
                  absl::StrCat("the key ", path.string(), " can be read or written by others: chmod 600 ",
                               path.string(), ", and replace the key if anybody may have copied it"));
  }
  return ReadAll(fd.get(), path);
}

absl::Status MakeSecretFile(const std::filesystem::path& path, std::string_view bytes) {
  const Descriptor fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (fd.get() < 0 && errno == EEXIST) {
    return Refuse(absl::StatusCode::kAlreadyExists, "KEY_FILE_EXISTS",
                  absl::StrCat("there is a key ", path.string(), " already; it is left as it is"));
  }
  if (fd.get() < 0) return Unwritable(path);
  absl::Status status;
  if (!WriteAll(fd.get(), bytes) || ::fsync(fd.get()) != 0) status = Unwritable(path);
  if (status.ok()) status = SyncFor(path, DirectoryOf(path));
  // Half a key would be in the way of the next try, and look like one.
  if (!status.ok()) (void)::unlink(path.c_str());
  return status;
}

}  // namespace fundledger::sdk
