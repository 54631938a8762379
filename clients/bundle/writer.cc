#include "clients/bundle/writer.h"

#include <fstream>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include "ledger/base/status.h"
#include "ledger/log/record.h"
#include "ledger/log/tile_layout.h"

#include "absl/strings/str_cat.h"

namespace fundledger::bundle {
namespace {

namespace fs = std::filesystem;

// In DIR.partial: says that it is ours to remove.
constexpr char kMarkFile[] = ".fundledger-export";

absl::Status Unwritable(const fs::path& path, std::string_view why) {
  return Refuse(absl::StatusCode::kUnavailable, "FILE_UNWRITABLE",
                absl::StrCat(path.string(), ": ", ToAbsl(why)));
}

absl::Status Exists(const fs::path& path, std::string_view what) {
  return Refuse(absl::StatusCode::kAlreadyExists, "BUNDLE_EXISTS",
                absl::StrCat(path.string(), " ", ToAbsl(what), ": name another directory, or remove it"));
}

// What was written to the file system of `directory` is on disk on return.
absl::Status SyncAll(const fs::path& directory) {
  const int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return Unwritable(directory, "cannot be opened");
  const bool is_synced = ::syncfs(fd) == 0;
  ::close(fd);
  return is_synced ? absl::OkStatus() : Unwritable(directory, "is not on disk");
}

}  // namespace

Writer::Writer(fs::path directory)
    : directory_(std::move(directory)), partial_(directory_.string() + ".partial") {}

absl::StatusOr<std::unique_ptr<Writer>> Writer::Create(const fs::path& directory) {
  fs::path place = fs::absolute(directory).lexically_normal();
  if (!place.has_filename()) place = place.parent_path();
  std::unique_ptr<Writer> writer(new Writer(place));
  std::error_code error;
  if (fs::exists(fs::symlink_status(place, error))) return Exists(place, "is there already");
  const fs::path& partial = writer->partial_;
  if (fs::exists(fs::symlink_status(partial, error))) {
    const bool is_ours = fs::exists(partial / kMarkFile, error) || fs::exists(partial / kManifestFile, error);
    if (!is_ours) return Exists(partial, "is no export that was interrupted");
    fs::remove_all(partial, error);
    if (error) return Unwritable(partial, error.message());
  }
  fs::create_directories(partial, error);
  if (error) return Unwritable(partial, error.message());
  RETURN_IF_ERROR(writer->AddFile(kMarkFile, ""));
  return writer;
}

absl::Status Writer::AddFile(std::string_view path, std::string_view bytes) {
  const fs::path file = partial_ / path;
  std::error_code error;
  fs::create_directories(file.parent_path(), error);
  if (error) return Unwritable(file.parent_path(), error.message());
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  out.close();
  return out ? absl::OkStatus() : Unwritable(file, "cannot be written; is the disk full?");
}

absl::Status Writer::AppendRecord(std::string_view record) {
  std::vector<log::Tile> full;
  edge_.Append(log::LeafHash(record), &full);
  log::AppendEntry(record, &entries_);
  for (const log::Tile& tile : full) {
    RETURN_IF_ERROR(AddFile(log::TilePath(tile.level, tile.index, log::kTileWidth), tile.hashes));
  }
  return edge_.size() % log::kTileWidth == 0 ? WriteEntries() : absl::OkStatus();
}

absl::Status Writer::WriteEntries() {
  const uint64_t index = (edge_.size() - 1) / log::kTileWidth;
  const std::string path = log::EntriesPath(index, log::TileWidthAt(0, index, edge_.size()));
  RETURN_IF_ERROR(AddFile(path, entries_));
  entries_.clear();
  return absl::OkStatus();
}

absl::Status Writer::WriteEdge() {
  if (!entries_.empty()) RETURN_IF_ERROR(WriteEntries());
  for (int level = 0; edge_.size() >> (8 * level) > 0; ++level) {
    const uint64_t index = (edge_.size() >> (8 * level)) / log::kTileWidth;
    const uint64_t width = log::TileWidthAt(level, index, edge_.size());
    if (width > 0) RETURN_IF_ERROR(AddFile(log::TilePath(level, index, width), edge_.Partial(level)));
  }
  return absl::OkStatus();
}

absl::Status Writer::Finish(const Manifest& manifest) {
  RETURN_IF_ERROR(WriteEdge());
  // Before the manifest is there, what it stands for is on disk.
  RETURN_IF_ERROR(SyncAll(partial_));
  RETURN_IF_ERROR(AddFile(kManifestFile, FormatManifest(manifest)));
  RETURN_IF_ERROR(SyncAll(partial_));
  std::error_code error;
  fs::remove(partial_ / kMarkFile, error);
  if (error) return Unwritable(partial_, error.message());
  fs::rename(partial_, directory_, error);
  if (error) return Unwritable(directory_, error.message());
  return SyncAll(directory_.parent_path());
}

}  // namespace fundledger::bundle
