#include "services/web/tiles.h"

#include <optional>
#include <utility>

#include "fundledger/v1/audit_service.pb.h"
#include "ledger/base/status.h"
#include "ledger/engine/attestations.h"
#include "services/rpc/identity.h"

#include "absl/strings/str_cat.h"

namespace fundledger::web {
namespace {

namespace v1 = ::fundledger::v1;
using http::ErrorResponse;

constexpr std::string_view kCheckpoint = "/checkpoint";
constexpr size_t kHashBytes = 32;
constexpr char kBytes[] = "application/octet-stream";
constexpr char kForEver[] = "public, max-age=31536000, immutable";
// For the reader's own cache, and none in between.
constexpr char kForEverTheirs[] = "private, max-age=31536000, immutable";

absl::Status TileNotFound(const engine::View& view, const log::TileAddress& tile) {
  return Refuse(
      absl::StatusCode::kNotFound, "TILE_NOT_FOUND",
      absl::StrCat("there is no ", log::TilePath(tile), " in a log of ", view.size(),
                   " records; take the size from /checkpoint, and ask for the part of a tile that is there"));
}

std::string_view MethodOf(const std::optional<log::TileAddress>& tile) {
  if (!tile.has_value()) return "HTTP.GetCheckpoint";
  return tile->is_entries ? "HTTP.GetEntryTile" : "HTTP.GetHashTile";
}

std::string_view WordFor(const std::optional<log::TileAddress>& tile) {
  if (!tile.has_value()) return "checkpoint";
  return tile->is_entries ? "entries" : "hashes";
}

// Who may read every record may read them in tiles; the same of facts of the log.
absl::Status CheckReader(const std::optional<log::TileAddress>& tile, const api::Caller& caller) {
  if (!tile.has_value()) return api::CheckQuery(caller, api::RuleFor<v1::GetCheckpointRequest>()).status();
  if (!tile->is_entries)
    return api::CheckQuery(caller, api::RuleFor<v1::GetInclusionProofRequest>()).status();
  ASSIGN_OR_RETURN(const api::Reach reach, api::CheckQuery(caller, api::RuleFor<v1::GetRecordRequest>()));
  if (reach == api::Reach::kAll) return absl::OkStatus();
  return Refuse(absl::StatusCode::kPermissionDenied, "QUERY_NOT_ALLOWED",
                absl::StrCat("officer ", caller.officer,
                             " may read some records, and a tile holds all; ask for them one by one with "
                             "AuditService.GetRecord"));
}

absl::StatusOr<std::string> OfficerOf(const Request& request) {
  if (!request.client_uris.has_value()) {
    return Refuse(absl::StatusCode::kUnauthenticated, "CERTIFICATE_NEEDED",
                  "the connection showed no client certificate; show the one of an officer over TLS");
  }
  return rpc::OfficerOfUris({request.client_uris->begin(), request.client_uris->end()});
}

bool IsOfWhoAsks(absl::StatusCode code) {
  return code == absl::StatusCode::kUnauthenticated || code == absl::StatusCode::kPermissionDenied ||
         code == absl::StatusCode::kResourceExhausted;
}

}  // namespace

Tiles::Tiles(const engine::Engine* engine, const api::Access* access, api::Watch* watch,
             const TileOptions& options)
    : engine_(engine), access_(access), watch_(watch), options_(options) {}

absl::StatusOr<Response> Tiles::Checkpoint(const engine::View& view) const {
  ASSIGN_OR_RETURN(v1::AttestedCheckpoint attested, engine::ReadAttested(view, view.size()));
  return Response{.content_type = "text/plain; charset=utf-8",
                  .cache_control = "no-cache",
                  .body = std::move(*attested.mutable_checkpoint())};
}

absl::StatusOr<Response> Tiles::Hashes(const engine::View& view, const log::TileAddress& tile) const {
  // A part is a prefix, and goes on being one when the tile has grown or is full.
  if (tile.width > log::TileWidthAt(tile.level, tile.index, view.size())) return TileNotFound(view, tile);
  ASSIGN_OR_RETURN(std::string hashes, view.TileHashes(tile.level, tile.index));
  hashes.resize(tile.width * kHashBytes);
  return Response{.content_type = kBytes,
                  .cache_control = options_.officers_only ? kForEverTheirs : kForEver,
                  .body = std::move(hashes)};
}

absl::StatusOr<Response> Tiles::Entries(const engine::View& view, const log::TileAddress& tile) {
  if (tile.width > log::TileWidthAt(0, tile.index, view.size())) return TileNotFound(view, tile);
  const std::shared_ptr<void> held(nullptr, [under_way = entry_tiles_](void*) { --*under_way; });
  if (++*entry_tiles_ > options_.entry_tiles) {
    return Refuse(absl::StatusCode::kResourceExhausted, "ENTRY_TILES_FULL",
                  absl::StrCat(options_.entry_tiles,
                               " tiles of records are being read, as many as fit; repeat it in a while"));
  }
  Response answer{.content_type = kBytes, .cache_control = kForEverTheirs, .held = held};
  const Sequence first = tile.index * log::kTileWidth;
  RETURN_IF_ERROR(view.ScanRecords(first, [&](Sequence sequence, std::string_view record) {
    log::AppendEntry(record, &answer.body);
    return sequence + 1 < first + tile.width;
  }));
  return answer;
}

absl::StatusOr<Response> Tiles::Read(const Request& request, const std::optional<log::TileAddress>& tile,
                                     api::Caller* caller) {
  const std::shared_ptr<const engine::View> view = engine_->view();
  const bool is_for_anybody = !options_.officers_only && (!tile.has_value() || !tile->is_entries);
  if (!is_for_anybody) {
    ASSIGN_OR_RETURN(*caller, access_->Identify(OfficerOf(request), *view));
    RETURN_IF_ERROR(CheckReader(tile, *caller));
  }
  if (!tile.has_value()) return Checkpoint(*view);
  if (!tile->is_entries) return Hashes(*view, *tile);
  return Entries(*view, *tile);
}

Response Tiles::AnswerAbout(const Request& request, const std::optional<log::TileAddress>& tile) {
  api::Caller caller;
  absl::StatusOr<Response> answer = Read(request, tile, &caller);
  if (!answer.ok()) {
    if (IsOfWhoAsks(answer.status().code()))
      watch_->OnRefused({MethodOf(tile), request.peer, caller.officer, {}, answer.status()});
    return ErrorResponse(answer.status());
  }
  // Whoever sees everything is seen doing so, outside the ledger.
  const bool sees_everything = caller.role == v1::ROLE_INSPECTOR || caller.role == v1::ROLE_AUDITOR;
  if (tile.has_value() && tile->is_entries && sees_everything)
    watch_->OnEntriesRead(caller, request.peer, tile->index * log::kTileWidth, tile->width);
  return *std::move(answer);
}

Response Tiles::Answer(const Request& request) {
  std::optional<log::TileAddress> tile;
  if (request.target.starts_with('/')) tile = log::ParseTilePath(std::string_view(request.target).substr(1));
  const bool is_known = tile.has_value() || request.target == kCheckpoint;
  Response answer = is_known ? AnswerAbout(request, tile)
                             : ErrorResponse(Refuse(absl::StatusCode::kNotFound, "HTTP_NOT_FOUND",
                                                    "nothing stands there; ask for /checkpoint, "
                                                    "/tile/L/N[.p/W] or /tile/entries/N[.p/W], spelled as "
                                                    "C2SP's tlog-tiles says"));
  watch_->OnHttpAnswered(is_known ? WordFor(tile) : "other", answer.status);
  return answer;
}

}  // namespace fundledger::web
