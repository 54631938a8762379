#include "clients/verify/core/reader.h"

#include <algorithm>
#include <fstream>

#include "clients/verify/core/numbers.h"
#include "ledger/base/status.h"
#include "ledger/log/record.h"
#include "ledger/log/tile_layout.h"

#include "absl/strings/str_cat.h"

namespace fundledger::verify {
namespace {

namespace fs = std::filesystem;

constexpr size_t kManifestBytesMax = 64 << 10;
constexpr size_t kNoteBytesMax = 128 << 10;
// A record in base64, 64 hashes and a note.
constexpr size_t kProofBytesMax = 256 << 10;
constexpr size_t kStampBytesMax = 64 << 10;
constexpr size_t kFileBytesMax = 256 << 20;
constexpr size_t kEntryTileBytesMax = log::kTileWidth * (2 + log::kMaxRecordBytes);

}  // namespace

absl::StatusOr<std::string> ReadFile(const fs::path& path, size_t bytes_max) {
  std::error_code error;
  if (!fs::is_regular_file(path, error)) {
    return Refuse(absl::StatusCode::kNotFound, "FILE_MISSING",
                  absl::StrCat("there is no file ", path.string()));
  }
  const uintmax_t bytes = fs::file_size(path, error);
  if (!error && bytes > bytes_max) {
    return Refuse(absl::StatusCode::kInvalidArgument, "FILE_TOO_LARGE",
                  absl::StrCat(path.string(), " has ", bytes, " bytes, such a file has at most ", bytes_max));
  }
  std::ifstream in(path, std::ios::binary);
  std::string content(error ? 0 : bytes, '\0');
  if (error || !in.read(content.data(), static_cast<std::streamsize>(content.size()))) {
    return Refuse(absl::StatusCode::kUnavailable, "FILE_UNREADABLE",
                  absl::StrCat(path.string(), " cannot be read"));
  }
  return content;
}

absl::StatusOr<log::Checkpoint> PeekCheckpoint(std::string_view note) {
  ASSIGN_OR_RETURN(const log::Note parsed, log::ParseNote(note));
  return log::ParseCheckpointText(parsed.text);
}

absl::StatusOr<Reader> Reader::Open(const fs::path& directory) {
  std::error_code error;
  if (!fs::is_directory(directory, error)) {
    return Refuse(absl::StatusCode::kNotFound, "BUNDLE_MISSING",
                  absl::StrCat("there is no directory ", directory.string()));
  }
  Reader reader;
  reader.directory_ = directory;
  const auto manifest = ReadFile(directory / bundle::kManifestFile, kManifestBytesMax);
  if (absl::IsNotFound(manifest.status())) {
    return Refuse(absl::StatusCode::kFailedPrecondition, "BUNDLE_INCOMPLETE",
                  absl::StrCat(directory.string(), " has no ", bundle::kManifestFile,
                               ": it is no bundle, or its export did not come to its end"));
  }
  RETURN_IF_ERROR(manifest.status());
  ASSIGN_OR_RETURN(reader.manifest_, bundle::ParseManifest(*manifest));
  ASSIGN_OR_RETURN(reader.note_, ReadFile(directory / bundle::kCheckpointFile, kNoteBytesMax));
  ASSIGN_OR_RETURN(reader.checkpoint_, PeekCheckpoint(reader.note_));
  if (reader.checkpoint_.size == 0) {
    return Refuse(absl::StatusCode::kInvalidArgument, "BUNDLE_MALFORMED",
                  "the checkpoint is of an empty log, and no ledger is empty");
  }
  ASSIGN_OR_RETURN(reader.strays_, FindStrays(directory, reader.manifest_.kind, reader.checkpoint_.size));
  return reader;
}

absl::StatusOr<std::string> Reader::EntryTile(uint64_t index) const {
  const uint64_t width = log::TileWidthAt(0, index, checkpoint_.size);
  const auto tile = ReadFile(directory_ / log::EntriesPath(index, width), kEntryTileBytesMax);
  if (tile.ok()) return tile;
  return Refuse(
      absl::StatusCode::kDataLoss, "RECORDS_MISSING",
      absl::StrCat("the checkpoint counts ", checkpoint_.size, " records; those from ",
                   index * log::kTileWidth, " on are not in the bundle: ", tile.status().message()));
}

absl::Status Reader::ForEachRecord(
    const std::function<bool(Sequence sequence, std::string_view record)>& visit) const {
  for (Sequence first = 0; first < checkpoint_.size; first += log::kTileWidth) {
    const uint64_t index = first / log::kTileWidth;
    ASSIGN_OR_RETURN(const std::string tile, EntryTile(index));
    const uint64_t width = log::TileWidthAt(0, index, checkpoint_.size);
    // Of a tile that is not right, what can be read tells more than the tile.
    const std::vector<std::string_view> records = log::LeadingEntries(tile, width);
    for (size_t i = 0; i < records.size(); ++i) {
      if (!visit(first + i, records[i])) return absl::OkStatus();
    }
    RETURN_IF_ERROR(log::SplitEntries(tile, width).status());
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> Reader::Record(Sequence sequence) const {
  const uint64_t index = sequence / log::kTileWidth;
  ASSIGN_OR_RETURN(const std::string tile, EntryTile(index));
  ASSIGN_OR_RETURN(const auto records, log::SplitEntries(tile, log::TileWidthAt(0, index, checkpoint_.size)));
  const uint64_t place = sequence % log::kTileWidth;
  if (place < records.size()) return std::string(records[place]);
  return Refuse(absl::StatusCode::kDataLoss, "RECORDS_MISSING",
                absl::StrCat("record ", sequence, " is not in the bundle"));
}

absl::StatusOr<std::string> Reader::Tile(int level, uint64_t index) const {
  const uint64_t width = log::TileWidthAt(level, index, checkpoint_.size);
  return ReadFile(directory_ / log::TilePath(level, index, width), log::kTileWidth * 32);
}

std::vector<uint64_t> Reader::Numbers(std::string_view directory, std::string_view suffix) const {
  std::vector<uint64_t> numbers;
  std::error_code error;
  fs::directory_iterator end;
  for (fs::directory_iterator it(directory_ / directory, error); !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (const auto number = NumberOf(name, suffix); number.has_value()) numbers.push_back(*number);
  }
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

std::vector<uint64_t> Reader::CheckpointSizes() const {
  return Numbers(bundle::kCheckpointsDirectory, "");
}

std::vector<Sequence> Reader::Proofs(std::string_view directory) const {
  return Numbers(directory, bundle::kProofSuffix);
}

absl::StatusOr<std::string> Reader::Note(uint64_t size) const {
  return ReadFile(directory_ / bundle::CheckpointPath(size), kNoteBytesMax);
}

absl::StatusOr<log::ProofFile> Reader::Proof(std::string_view directory, Sequence sequence) const {
  ASSIGN_OR_RETURN(const std::string text,
                   ReadFile(directory_ / bundle::ProofPath(directory, sequence), kProofBytesMax));
  return log::ParseProofFile(text);
}

absl::StatusOr<std::vector<std::pair<std::string, std::string>>> Reader::Stamps(uint64_t size) const {
  std::vector<std::pair<std::string, std::string>> stamps;
  const std::string prefix = absl::StrCat(size, ".");
  std::error_code error;
  fs::directory_iterator end;
  for (fs::directory_iterator it(directory_ / bundle::kStampsDirectory, error); !error && it != end;
       it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (!name.starts_with(prefix) || !name.ends_with(bundle::kStampSuffix)) continue;
    if (name.size() < prefix.size() + std::string_view(bundle::kStampSuffix).size()) continue;
    ASSIGN_OR_RETURN(std::string stamp, ReadFile(it->path(), kStampBytesMax));
    std::string authority = name.substr(prefix.size());
    authority.resize(authority.size() - std::string_view(bundle::kStampSuffix).size());
    stamps.emplace_back(std::move(authority), std::move(stamp));
  }
  std::sort(stamps.begin(), stamps.end());
  return stamps;
}

absl::StatusOr<std::string> Reader::File(std::string_view path) const {
  return ReadFile(directory_ / path, kFileBytesMax);
}

}  // namespace fundledger::verify
