// Reads a bundle from its directory, and believes nothing of it. Everything read is bounded.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "clients/bundle/layout.h"
#include "clients/verify/core/strays.h"
#include "ledger/log/note.h"
#include "ledger/log/proof_file.h"

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace fundledger::verify {

// NOT_FOUND, reason FILE_MISSING; INVALID_ARGUMENT, reason FILE_TOO_LARGE; UNAVAILABLE, reason
// FILE_UNREADABLE.
absl::StatusOr<std::string> ReadFile(const std::filesystem::path& path, size_t bytes_max);

// What a note says, unverified.
absl::StatusOr<log::Checkpoint> PeekCheckpoint(std::string_view note);

class Reader {
 public:
  // Reads ledger.json and the checkpoint, and looks at the names of all files. NOT_FOUND, reason
  // BUNDLE_MISSING: no such directory; FAILED_PRECONDITION, reason BUNDLE_INCOMPLETE: the export did not come
  // to its end; INVALID_ARGUMENT, reason BUNDLE_MALFORMED, for symbolic links and special files too;
  // UNAVAILABLE, reason FILE_UNREADABLE.
  static absl::StatusOr<Reader> Open(const std::filesystem::path& directory);

  const bundle::Manifest& manifest() const { return manifest_; }
  const std::string& note() const { return note_; }
  // Of the note; nobody's signature was looked at.
  const log::Checkpoint& checkpoint() const { return checkpoint_; }

  // Visits the records of a whole ledger in their order, an entry tile in memory, until `visit` returns
  // false. DATA_LOSS, reasons RECORDS_MISSING, ENTRY_TILE_MALFORMED: the record after the last one visited is
  // not there.
  absl::Status ForEachRecord(
      const std::function<bool(Sequence sequence, std::string_view record)>& visit) const;
  absl::StatusOr<std::string> Record(Sequence sequence) const;
  // The tile's bytes, as wide as it is at the checkpoint's size.
  absl::StatusOr<std::string> Tile(int level, uint64_t index) const;

  // What else lies in the bundle.
  const Strays& strays() const { return strays_; }

  // Numbers of the files in checkpoints/, and of the proof files in a directory; ascending.
  std::vector<uint64_t> CheckpointSizes() const;
  std::vector<Sequence> Proofs(std::string_view directory) const;
  absl::StatusOr<std::string> Note(uint64_t size) const;
  absl::StatusOr<log::ProofFile> Proof(std::string_view directory, Sequence sequence) const;
  // Authority and answer of each time stamp of the checkpoint of `size`, by authority.
  absl::StatusOr<std::vector<std::pair<std::string, std::string>>> Stamps(uint64_t size) const;
  // Another file of the bundle, of up to 256 MiB.
  absl::StatusOr<std::string> File(std::string_view path) const;

 private:
  absl::StatusOr<std::string> EntryTile(uint64_t index) const;
  std::vector<uint64_t> Numbers(std::string_view directory, std::string_view suffix) const;

  std::filesystem::path directory_;
  bundle::Manifest manifest_;
  std::string note_;
  log::Checkpoint checkpoint_;
  Strays strays_;
};

}  // namespace fundledger::verify
