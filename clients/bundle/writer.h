// Writes a bundle beside its place, as DIR.partial, and moves it there when it is whole.
//
//   ASSIGN_OR_RETURN(auto writer, Writer::Create("county-2026-11"));
//   for (…) RETURN_IF_ERROR(writer->AppendRecord(record));
//   RETURN_IF_ERROR(writer->AddFile(kCheckpointFile, note));
//   RETURN_IF_ERROR(writer->Finish(manifest));
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "clients/bundle/layout.h"
#include "ledger/log/tile.h"

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace fundledger::bundle {

// Not thread-safe. What was written of a bundle that is not finished is left in DIR.partial, and goes when
// the same bundle is begun anew.
class Writer {
 public:
  // ALREADY_EXISTS, reason BUNDLE_EXISTS, if there is anything at `directory`, or something at DIR.partial
  // that this did not write; UNAVAILABLE, reason FILE_UNWRITABLE.
  static absl::StatusOr<std::unique_ptr<Writer>> Create(const std::filesystem::path& directory);

  // Of a whole ledger: the next record, from record 0 on. Memory: one entry tile.
  absl::Status AppendRecord(std::string_view record);
  // Over the records so far.
  uint64_t size() const { return edge_.size(); }
  Hash256 Root() const { return edge_.Root(); }

  // A file of that path in the bundle. UNAVAILABLE, reason FILE_UNWRITABLE.
  absl::Status AddFile(std::string_view path, std::string_view bytes);
  // Writes what is left of the tiles, and last the manifest; on return the bundle is at its place, on disk.
  absl::Status Finish(const Manifest& manifest);

 private:
  explicit Writer(std::filesystem::path directory);
  absl::Status WriteEntries();
  absl::Status WriteEdge();

  const std::filesystem::path directory_;
  const std::filesystem::path partial_;
  log::TreeEdge edge_;
  std::string entries_;  // of the entry tile that is not full
};

}  // namespace fundledger::bundle
