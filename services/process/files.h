// The small files around a server.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace fundledger::process {

// What a file that holds a secret says. INVALID_ARGUMENT: KEY_FILE_UNREADABLE; KEY_FILE_EXPOSED, if it is
// another user's, or anybody but its owner may read or write it.
absl::StatusOr<std::string> ReadSecretFile(const std::string& path);

// What a file says that anybody may read. UNAVAILABLE, reason FILE_UNREADABLE.
absl::StatusOr<std::string> ReadFile(const std::string& path);

// Puts `content` in place of the file: a reader sees the old file, the new one, or none, never a part.
// UNAVAILABLE, reason FILE_NOT_WRITTEN.
absl::Status ReplaceFile(const std::string& path, std::string_view content);
// The same, and on return it is on disk: file and directory are synced.
absl::Status ReplaceFileDurably(const std::string& path, std::string_view content);
// Makes a file that only its owner may read. ALREADY_EXISTS, reason KEY_FILE_EXISTS; UNAVAILABLE, reason
// FILE_NOT_WRITTEN: there is none.
absl::Status MakeSecretFile(const std::string& path, std::string_view content);

}  // namespace fundledger::process
