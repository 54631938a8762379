// What a witness remembers: of each log the largest checkpoint that it cosigned, a file each. It is all that
// keeps it from cosigning two histories, so a directory without it is refused, never begun anew, and two
// processes never share one.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace fundledger::witness {

// Lower-case hex of SHA-256 of a log's origin: its name in files and URLs.
std::string OriginHash(std::string_view origin);

// What is kept for people. kEvidence convicts; kUnreconciled are signed checkpoints that nobody proved to
// extend what was cosigned, nor to contradict it.
enum class FileKind { kEvidence, kUnreconciled };
// Of one kind, of one log.
inline constexpr size_t kFilesMax = 64;

class State {
 public:
  // Makes an empty one for the witness with this verifier key, in a directory that is missing or empty.
  // ALREADY_EXISTS, reason WITNESS_STATE_EXISTS; UNAVAILABLE, reason FILE_NOT_WRITTEN.
  static absl::Status Create(const std::string& directory, std::string_view verifier_key);
  // Opens it and keeps others out until it is destroyed. NOT_FOUND, reason WITNESS_STATE_MISSING;
  // FAILED_PRECONDITION, reasons WITNESS_STATE_OF_ANOTHER (another key made it), WITNESS_STATE_LOCKED;
  // DATA_LOSS, reason WITNESS_STATE_DAMAGED.
  static absl::StatusOr<std::unique_ptr<State>> Open(const std::string& directory,
                                                     std::string_view verifier_key);
  ~State();
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  // The note kept of a log when it was opened; nothing: never cosigned.
  std::optional<std::string> Read(std::string_view origin) const;
  // Replaces it; on disk on return. Thread-safe for different logs. UNAVAILABLE, reason FILE_NOT_WRITTEN: it
  // is the old or the new one.
  absl::Status Write(std::string_view origin, std::string_view note) const;
  // Keeps a file about a log beside it, once, and never over another; durable on return; its path. Of each
  // kind kFilesMax are kept of a log: RESOURCE_EXHAUSTED, reason WITNESS_EVIDENCE_FULL, for more.
  // UNAVAILABLE, reasons FILE_NOT_WRITTEN, FILE_UNREADABLE (the directory).
  absl::StatusOr<std::string> KeepFile(FileKind kind, std::string_view origin, std::string_view name,
                                       std::string_view text) const;
  // What is kept of a kind about a log, by the names that it was kept under. Files that cannot be read are
  // left out. UNAVAILABLE, reason FILE_UNREADABLE: the directory cannot be.
  absl::StatusOr<std::map<std::string, std::string>> ReadFiles(FileKind kind, std::string_view origin) const;
  // Removes one, if it is there.
  void DropFile(FileKind kind, std::string_view origin, std::string_view name) const;

 private:
  State(std::string directory, int lock) : directory_(std::move(directory)), lock_(lock) {}
  absl::Status ReadAll();
  // The names under which files of a kind are kept about a log. Errors of ReadFiles.
  absl::StatusOr<std::vector<std::string>> Names(FileKind kind, std::string_view origin) const;
  std::string PathOf(std::string_view origin_hash) const;
  std::string FilePath(FileKind kind, std::string_view origin, std::string_view name) const;

  const std::string directory_;
  const int lock_;
  std::map<std::string, std::string, std::less<>> notes_;  // by origin hash, as they were at the opening
};

}  // namespace fundledger::witness
