// The file is two slots of 8,192 bytes, so that no write touches a disk block of the other slot. A slot,
// integers big-endian:
//
//   offset  bytes
//        0      8  "FLANCHOR"
//        8      4  format version, 1
//       12      8  generation, from 1; the whole slot with the higher one is the content
//       20      4  length of the content
//       24   8000  content, then zeros
//     8024    160  zeros
//     8184      8  CRC-64/XZ of everything before
//
// The checksum is against accidents: a torn write, a bad block. It holds off nobody who can write the file;
// the signature inside the content does that.
#include "ledger/store/anchor.h"

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <optional>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <lzma.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ledger/base/bytes.h"
#include "ledger/base/files.h"
#include "ledger/base/status.h"

#include "absl/strings/str_cat.h"

namespace fundledger::store {
namespace {

constexpr std::string_view kMagic = "FLANCHOR";
constexpr uint32_t kFormatVersion = 1;
constexpr size_t kSlotBytes = 8192;
constexpr size_t kSlotCount = 2;
constexpr size_t kHeaderBytes = 24;
constexpr size_t kChecksumBytes = 8;
constexpr size_t kContentBytesMax = 8000;
static_assert(kHeaderBytes + kContentBytesMax + kChecksumBytes <= kSlotBytes);

struct Slot {
  uint64_t generation = 0;
  std::string content;
};

// What a whole file says: its newest slot, and where that is.
struct Newest {
  size_t index = 0;
  Slot slot;
};

uint64_t Crc64(std::string_view bytes) {
  return ::lzma_crc64(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size(), 0);
}

std::string EncodeSlot(uint64_t generation, std::string_view content) {
  std::string bytes(kMagic);
  AppendBigEndian32(kFormatVersion, &bytes);
  AppendBigEndian64(generation, &bytes);
  AppendBigEndian32(static_cast<uint32_t>(content.size()), &bytes);
  bytes.append(content);
  bytes.resize(kSlotBytes - kChecksumBytes, '\0');
  AppendBigEndian64(Crc64(bytes), &bytes);
  return bytes;
}

// Nothing unless `bytes` is a slot as EncodeSlot writes it.
std::optional<Slot> DecodeSlot(std::string_view bytes) {
  if (bytes.size() != kSlotBytes || bytes.substr(0, kMagic.size()) != kMagic) return std::nullopt;
  const std::string_view covered = bytes.substr(0, kSlotBytes - kChecksumBytes);
  if (Crc64(covered) != ReadBigEndian64(bytes.substr(covered.size()))) return std::nullopt;
  if (ReadBigEndian32(bytes.substr(8)) != kFormatVersion) return std::nullopt;
  const uint32_t length = ReadBigEndian32(bytes.substr(20));
  if (length > kContentBytesMax) return std::nullopt;
  return Slot{ReadBigEndian64(bytes.substr(12)), std::string(bytes.substr(kHeaderBytes, length))};
}

absl::Status NotWritten(std::string_view path, std::string_view what, int error) {
  return Refuse(absl::StatusCode::kUnavailable, "ANCHOR_NOT_WRITTEN",
                absl::StrCat("anchor ", ToAbsl(path), ": ", ToAbsl(what), ": ", std::strerror(error)));
}

absl::Status TooLong(std::string_view path, size_t bytes) {
  return Refuse(absl::StatusCode::kUnavailable, "ANCHOR_NOT_WRITTEN",
                absl::StrCat("anchor ", ToAbsl(path), ": ", bytes, " bytes of content; at most ",
                             kContentBytesMax, " fit"));
}

// Owns a file descriptor.
class File {
 public:
  explicit File(int fd) : fd_(fd) {}
  ~File() {
    if (fd_ >= 0) ::close(fd_);  // Everything that matters was synced before: nothing to do about an error.
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int fd() const { return fd_; }

 private:
  const int fd_;
};

int OpenRetrying(const std::string& path, int flags, mode_t mode = 0) {
  int fd;
  do {
    fd = ::open(path.c_str(), flags | O_CLOEXEC, mode);
  } while (fd < 0 && errno == EINTR);
  return fd;
}

// These return 0 or an errno.
int WriteAt(int fd, std::string_view bytes, off_t offset) {
  while (!bytes.empty()) {
    const ssize_t written = ::pwrite(fd, bytes.data(), bytes.size(), offset);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    if (written == 0) return EIO;
    bytes.remove_prefix(static_cast<size_t>(written));
    offset += written;
  }
  return 0;
}

int ReadUpTo(int fd, size_t bytes_max, std::string* out) {
  out->resize(bytes_max);
  size_t done = 0;
  while (done < bytes_max) {
    const ssize_t got = ::pread(fd, out->data() + done, bytes_max - done, static_cast<off_t>(done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno;
    if (got == 0) break;
    done += static_cast<size_t>(got);
  }
  out->resize(done);
  return 0;
}

int SyncData(int fd) {
  int result;
  do {
    result = ::fdatasync(fd);
  } while (result < 0 && errno == EINTR);
  return result < 0 ? errno : 0;
}

int SyncFile(int fd) {
  int result;
  do {
    result = ::fsync(fd);
  } while (result < 0 && errno == EINTR);
  return result < 0 ? errno : 0;
}

absl::Status Damaged(std::string_view path, std::string_view what) {
  return Refuse(absl::StatusCode::kDataLoss, "ANCHOR_DAMAGED",
                absl::StrCat("anchor ", ToAbsl(path), ": ", ToAbsl(what)));
}

absl::StatusOr<Newest> ReadNewest(int fd, const std::string& path) {
  std::string bytes;
  if (const int error = ReadUpTo(fd, kSlotBytes * kSlotCount, &bytes); error != 0) {
    return Damaged(path, std::strerror(error));
  }
  std::optional<Newest> newest;
  for (size_t i = 0; i < kSlotCount && i * kSlotBytes < bytes.size(); ++i) {
    std::optional<Slot> slot = DecodeSlot(std::string_view(bytes).substr(i * kSlotBytes, kSlotBytes));
    if (!slot) continue;
    if (!newest || slot->generation > newest->slot.generation) newest = Newest{i, *std::move(slot)};
  }
  if (!newest) {
    return Damaged(path,
                   "neither of its two slots is whole; restore it from a backup, or start from a witness's "
                   "checkpoint");
  }
  return *std::move(newest);
}

absl::Status NotOpened(const std::string& path, int error) {
  if (error == ENOENT || error == ENOTDIR) {
    return Refuse(absl::StatusCode::kNotFound, "ANCHOR_MISSING",
                  absl::StrCat("there is no anchor at ", path));
  }
  // Not DATA_LOSS: a missing right or a full descriptor table must not send anybody to the backups.
  return Refuse(absl::StatusCode::kUnavailable, "ANCHOR_UNREADABLE",
                absl::StrCat("anchor ", path, ": ", std::strerror(error)));
}

class FileAnchor final : public Anchor {
 public:
  // Takes the descriptor over.
  FileAnchor(std::string path, int fd, Newest newest)
      : path_(std::move(path)), file_(fd), newest_(std::move(newest)) {}

  std::string_view content() const override { return newest_.slot.content; }

  absl::Status Write(std::string_view content) override {
    if (!stopped_.ok()) return Annotate(stopped_, "stopped by an earlier error");
    stopped_ = WriteOther(content);
    return stopped_;
  }

 private:
  absl::Status WriteOther(std::string_view content) {
    if (content.size() > kContentBytesMax) return TooLong(path_, content.size());
    Newest next{1 - newest_.index, {newest_.slot.generation + 1, std::string(content)}};
    const off_t offset = static_cast<off_t>(next.index * kSlotBytes);
    if (const int error = WriteAt(file_.fd(), EncodeSlot(next.slot.generation, content), offset);
        error != 0) {
      return NotWritten(path_, "write", error);
    }
    // After a failed sync the kernel may call the pages clean although they never reached the disk: no retry.
    if (const int error = SyncData(file_.fd()); error != 0) return NotWritten(path_, "fdatasync", error);
    newest_ = std::move(next);
    return absl::OkStatus();
  }

  const std::string path_;
  const File file_;
  Newest newest_;
  absl::Status stopped_;  // the first error
};

// Writes the whole file under `path`, a name nobody looks for yet.
absl::Status WriteNewFile(const std::string& path, std::string_view content) {
  const File file(OpenRetrying(path, O_WRONLY | O_CREAT | O_EXCL, 0644));
  if (file.fd() < 0) return NotWritten(path, "create", errno);
  // Both slots are written, so that later writes find their blocks allocated.
  const std::string bytes = EncodeSlot(1, content) + std::string(kSlotBytes, '\0');
  if (const int error = WriteAt(file.fd(), bytes, 0); error != 0) return NotWritten(path, "write", error);
  if (const int error = SyncFile(file.fd()); error != 0) return NotWritten(path, "fsync", error);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Anchor>> Anchor::Create(const std::string& path, std::string_view content) {
  if (content.size() > kContentBytesMax) return TooLong(path, content.size());
  const std::string temporary = absl::StrCat(path, ".new.", ::getpid());
  ::unlink(temporary.c_str());  // left by a crash of a process that had our number
  absl::Status status = WriteNewFile(temporary, content);
  // link, not rename: it refuses to replace what is there.
  if (status.ok() && ::link(temporary.c_str(), path.c_str()) != 0) {
    status = errno == EEXIST ? Refuse(absl::StatusCode::kAlreadyExists, "ANCHOR_EXISTS",
                                      absl::StrCat("there is an anchor at ", path, " already"))
                             : NotWritten(path, "link", errno);
  }
  ::unlink(temporary.c_str());
  RETURN_IF_ERROR(status);
  if (const std::error_code error = SyncDirectory(DirectoryOf(path)); error) {
    return NotWritten(path, "sync its directory", error.value());
  }
  return Open(path);
}

absl::StatusOr<std::unique_ptr<Anchor>> Anchor::Open(const std::string& path) {
  const int fd = OpenRetrying(path, O_RDWR);
  if (fd < 0) return NotOpened(path, errno);
  // The newest slot may be one that a killed process wrote and never synced. It must be on the disk before
  // the next write goes over the other one, or a power cut in that write could spoil both.
  const int error = SyncData(fd);
  absl::StatusOr<Newest> newest = ReadNewest(fd, path);
  if (error != 0 && newest.ok()) newest = Damaged(path, std::strerror(error));
  if (!newest.ok()) {
    ::close(fd);
    return newest.status();
  }
  return std::make_unique<FileAnchor>(path, fd, *std::move(newest));
}

absl::StatusOr<std::string> Anchor::Read(const std::string& path) {
  const File file(OpenRetrying(path, O_RDONLY));
  if (file.fd() < 0) return NotOpened(path, errno);
  ASSIGN_OR_RETURN(Newest newest, ReadNewest(file.fd(), path));
  return std::move(newest.slot.content);
}

}  // namespace fundledger::store
