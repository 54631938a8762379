#include "ledger/engine/mirror_directory.h"

#include <system_error>

#include "ledger/base/status.h"
#include "ledger/engine/create.h"

#include "absl/strings/str_cat.h"

namespace fundledger::engine {
namespace {

constexpr char kMaking[] = ".making";
constexpr char kStore[] = "db";
constexpr char kAnchor[] = "anchor";

// `.making` last: as long as it is there, and no anchor, the rest is known for what it is.
absl::Status RemoveMade(const std::filesystem::path& directory) {
  std::error_code error;
  std::filesystem::remove_all(directory / kStore, error);
  if (!error) std::filesystem::remove_all(directory / kMaking, error);
  if (!error) return absl::OkStatus();
  return Refuse(absl::StatusCode::kUnavailable, "DIRECTORY_NOT_MADE",
                absl::StrCat(directory.string(),
                             ": cannot remove what an interrupted creation left: ", error.message()));
}

absl::Status MoveOut(const std::filesystem::path& directory, const char* part) {
  std::error_code error;
  std::filesystem::rename(directory / kMaking / part, directory / part, error);
  if (!error) return SyncParent((directory / part).string());
  return Refuse(absl::StatusCode::kUnavailable, "DIRECTORY_NOT_MADE",
                absl::StrCat((directory / part).string(), ": cannot move it there: ", error.message()));
}

absl::Status MakeInside(const std::filesystem::path& directory,
                        const std::function<absl::Status(const std::filesystem::path&)>& make) {
  RETURN_IF_ERROR(MakeDirectory((directory / kMaking).string()));
  RETURN_IF_ERROR(make(directory / kMaking));
  RETURN_IF_ERROR(MoveOut(directory, kStore));
  return MoveOut(directory, kAnchor);
}

}  // namespace

bool HoldsNoMirror(const std::filesystem::path& directory) {
  std::error_code error;
  if (!std::filesystem::exists(directory, error)) return true;
  const bool is_half_made = std::filesystem::exists(directory / kMaking, error) &&
                            !std::filesystem::exists(directory / kAnchor, error);
  std::filesystem::directory_iterator entry(directory, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    const std::filesystem::path name = entry->path().filename();
    const bool is_made = is_half_made && (name == kMaking || name == kStore);
    if (!is_made && name != "lost+found") return false;
  }
  return !error;
}

absl::Status MakeMirror(const std::filesystem::path& directory,
                        const std::function<absl::Status(const std::filesystem::path&)>& make) {
  if (!HoldsNoMirror(directory)) {
    return Refuse(
        absl::StatusCode::kAlreadyExists, "LEDGER_EXISTS",
        absl::StrCat(directory.string(), " is not an empty directory: a mirror is only made in one that is"));
  }
  std::error_code error;
  const bool was_there = std::filesystem::exists(directory, error);
  if (!was_there) RETURN_IF_ERROR(MakeDirectory(directory.string()));
  RETURN_IF_ERROR(RemoveMade(directory));
  const absl::Status status = MakeInside(directory, make);
  if (status.ok()) {
    TidyMirror(directory);
  } else if (!std::filesystem::exists(directory / kAnchor, error)) {
    (void)RemoveMade(directory);  // the first error is the one to tell
    if (!was_there) std::filesystem::remove(directory, error);
  }
  return status;
}

void TidyMirror(const std::filesystem::path& directory) {
  std::error_code error;
  std::filesystem::remove(directory / kMaking, error);
}

}  // namespace fundledger::engine
