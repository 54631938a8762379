#include "clients/verify/core/strays.h"

#include <iterator>
#include <optional>
#include <set>
#include <string_view>

#include "clients/verify/core/numbers.h"
#include "ledger/base/status.h"
#include "ledger/log/tile_layout.h"

#include "absl/strings/str_cat.h"

namespace fundledger::verify {
namespace {

namespace fs = std::filesystem;
using bundle::Kind;

// tile/entries/, six of x001/, and 067.p/1 below them: no tile of 2^63 records lies deeper.
constexpr int kDepthMax = 10;

enum class Use { kRead, kForWhole, kNone };

class Names {
 public:
  Names(const fs::path& directory, Kind kind, uint64_t size)
      : directory_(directory), kind_(kind), size_(size) {}

  Use UseOf(std::string_view path) const {
    if (path == bundle::kManifestFile || path == bundle::kCheckpointFile || path == bundle::kPolicyFile)
      return Use::kRead;
    if (path == bundle::kReportFile || path == bundle::kFiguresFile)
      return kind_ == Kind::kReport ? Use::kRead : Use::kNone;
    const size_t slash = path.find('/');
    if (slash == std::string_view::npos) return Use::kNone;
    const std::string_view name = path.substr(slash + 1);
    const std::string_view in = path.substr(0, slash);
    if (in == bundle::kCheckpointsDirectory) {
      if (!NumberOf(name).has_value()) return Use::kNone;
      return kind_ == Kind::kWhole ? Use::kRead : Use::kForWhole;
    }
    if (in == bundle::kStampsDirectory) return OfStamp(name);
    if (kind_ == Kind::kWhole && in == "tile") return IsTile(path) ? Use::kRead : Use::kNone;
    return IsProofDirectory(in) && NumberOf(name, bundle::kProofSuffix).has_value() ? Use::kRead : Use::kNone;
  }

 private:
  bool IsProofDirectory(std::string_view in) const {
    if (in == bundle::kReceiptsDirectory) return true;
    return kind_ != Kind::kWhole && (in == bundle::kRecordsDirectory || in == bundle::kKeysDirectory ||
                                     in == bundle::kOfficersDirectory);
  }
  // A stamp is looked at beside its checkpoint.
  Use OfStamp(std::string_view name) const {
    const size_t dot = name.find('.');
    const auto size = NumberOf(name.substr(0, dot));
    if (!size.has_value() || !name.ends_with(bundle::kStampSuffix)) return Use::kNone;
    if (name.size() - dot <= std::string_view(bundle::kStampSuffix).size()) return Use::kNone;
    if (kind_ != Kind::kWhole) return *size == size_ ? Use::kRead : Use::kForWhole;
    std::error_code error;
    return fs::is_regular_file(directory_ / bundle::CheckpointPath(*size), error) ? Use::kRead : Use::kNone;
  }
  bool IsTile(std::string_view path) const {
    const auto tile = log::ParseTilePath(path);
    return tile.has_value() && tile->width == log::TileWidthAt(tile->level, tile->index, size_);
  }

  const fs::path& directory_;
  const Kind kind_;
  const uint64_t size_;
};

absl::Status Malformed(std::string_view path, std::string_view why) {
  return Refuse(absl::StatusCode::kInvalidArgument, "BUNDLE_MALFORMED",
                absl::StrCat(ToAbsl(path), " ", ToAbsl(why)));
}

}  // namespace

absl::StatusOr<Strays> FindStrays(const fs::path& directory, Kind kind, uint64_t size) {
  const Names names(directory, kind, size);
  Strays strays;
  std::set<std::string> first;
  std::error_code error;
  fs::recursive_directory_iterator it(directory, error);
  for (const fs::recursive_directory_iterator end; !error && it != end; it.increment(error)) {
    const fs::file_status status = it->symlink_status(error);
    if (error) break;
    const std::string path = it->path().lexically_relative(directory).string();
    if (fs::is_directory(status)) {
      if (it.depth() < kDepthMax) continue;
      return Malformed(path, "lies deeper than any directory of a bundle");
    }
    if (!fs::is_regular_file(status)) {
      return Malformed(path,
                       "is neither a file nor a directory, and a bundle holds nothing else: what a link "
                       "names is no part of what is handed over");
    }
    const Use use = names.UseOf(path);
    strays.for_whole += use == Use::kForWhole ? 1 : 0;
    if (use != Use::kNone) continue;
    ++strays.count;
    first.insert(path);
    if (first.size() > kStraysMax) first.erase(std::prev(first.end()));
  }
  if (error) {
    return Refuse(absl::StatusCode::kUnavailable, "FILE_UNREADABLE",
                  absl::StrCat(directory.string(), " cannot be read: ", error.message()));
  }
  strays.names.assign(first.begin(), first.end());
  return strays;
}

}  // namespace fundledger::verify
