// Small files a client keeps: keys, receipts, the last checkpoint it verified.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace fundledger::sdk {

// Evidence against a server: what it showed cannot be so if the ledger is honest. DATA_LOSS, marked so that
// the mark survives Annotate and is never set by what a server merely says.
absl::Status Evidence(std::string_view reason, std::string_view message);
bool IsEvidence(const absl::Status& status);

// NOT_FOUND, reason FILE_MISSING; UNAVAILABLE, reason FILE_UNREADABLE.
absl::StatusOr<std::string> ReadFile(const std::filesystem::path& path);
// Replaces the file as a whole: a reader, or a crash, sees the old bytes or the new. With `durable` they are
// on disk on return. UNAVAILABLE, reason FILE_UNWRITABLE.
absl::Status ReplaceFile(const std::filesystem::path& path, std::string_view bytes, bool durable);

struct NewFile {
  std::filesystem::path path;
  std::string bytes;
};
// The same for files of one directory, each another: all of them are on disk on return, with one sync of the
// directory. After an error some may have been replaced, each as a whole. UNAVAILABLE, reason
// FILE_UNWRITABLE.
absl::Status ReplaceFiles(const std::filesystem::path& directory, const std::vector<NewFile>& files);
// Makes a directory and those above it, durable on return, unless they are there. UNAVAILABLE, reason
// FILE_UNWRITABLE.
absl::Status MakeDirectory(const std::filesystem::path& directory);
// Gives a file another name in its directory, durable on return. UNAVAILABLE, reason FILE_UNWRITABLE.
absl::Status MoveFile(const std::filesystem::path& from, const std::filesystem::path& to);
// Removes a file; it need not be there. With `durable` it does not come back after a power cut. UNAVAILABLE,
// reason FILE_UNWRITABLE.
absl::Status RemoveFile(const std::filesystem::path& path, bool durable);

// Held while a file is read and replaced, or a directory worked through, so that two programs do not do it at
// once. Given back at its end, and at the program's, however it ends.
class FileLock {
 public:
  // Waits until nobody else holds `path` alone, or, with `alone`, at all; makes the file if need be.
  // UNAVAILABLE, reason FILE_UNWRITABLE.
  static absl::StatusOr<FileLock> Take(const std::filesystem::path& path, bool alone);
  ~FileLock();
  FileLock(FileLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileLock& operator=(FileLock&&) = delete;

 private:
  explicit FileLock(int fd) : fd_(fd) {}
  int fd_;
};

// A file that nobody else may read: a key, a passphrase. PERMISSION_DENIED, reason KEY_FILE_EXPOSED, if it is
// another user's or others can read or write it; NOT_FOUND, reason KEY_FILE_MISSING; INVALID_ARGUMENT, reason
// KEY_MALFORMED, if it is no file.
absl::StatusOr<std::string> ReadSecretFile(const std::filesystem::path& path);
// Makes such a file, durable on return. ALREADY_EXISTS, reason KEY_FILE_EXISTS: a key is never overwritten.
// UNAVAILABLE, reason FILE_UNWRITABLE: there is none.
absl::Status MakeSecretFile(const std::filesystem::path& path, std::string_view bytes);

}  // namespace fundledger::sdk
