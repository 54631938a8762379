// What it takes for files to be there after a power cut: the directories that list them, on disk too.
#pragma once

#include <filesystem>
#include <system_error>

namespace fundledger {

// Where a file or a directory is listed: "a" of "a/b" and of "a/b/", "." of "b".
std::filesystem::path DirectoryOf(const std::filesystem::path& path);

// Has on disk what a directory lists: what was made, renamed or removed in it before stays so. Not what the
// files hold.
[[nodiscard]] std::error_code SyncDirectory(const std::filesystem::path& directory);

// Makes a directory and those above it that are missing; each of these is on disk on return. It may be there
// already.
[[nodiscard]] std::error_code MakeDirectories(const std::filesystem::path& directory);

}  // namespace fundledger
