// C2SP tlog-tiles: the log's checkpoint and tiles, for whoever checks it with tools of their own.
//
//   GET /checkpoint                     the latest, with what cosignatures there are; not to be kept
//   GET /tile/<L>/<N>[.p/<W>]           hashes; the same for ever
//   GET /tile/entries/<N>[.p/<W>]       (length in 16 bits ‖ record), repeated; for who may read every record
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>

#include "ledger/engine/engine.h"
#include "ledger/log/tile_layout.h"
#include "services/api/access.h"
#include "services/api/watch.h"
#include "services/http/message.h"

#include "absl/status/statusor.h"

namespace fundledger::web {

using http::Request;
using http::Response;

struct TileOptions {
  // Checkpoint and hash tiles for officers only; otherwise anybody may read them.
  bool officers_only = false;
  // Entry tiles under way at once, each up to 16 MiB; one more is refused.
  int64_t entry_tiles = 4;
};

// Thread-safe.
class Tiles {
 public:
  // All outlive it.
  Tiles(const engine::Engine* engine, const api::Access* access, api::Watch* watch,
        const TileOptions& options);

  // 404, TILE_NOT_FOUND: the log has no such tile, or not yet; HTTP_NOT_FOUND: nothing stands there. 403:
  // errors of api::Access and CheckQuery. 503, ENTRY_TILES_FULL.
  Response Answer(const Request& request);

 private:
  absl::StatusOr<Response> Checkpoint(const engine::View& view) const;
  absl::StatusOr<Response> Hashes(const engine::View& view, const log::TileAddress& tile) const;
  absl::StatusOr<Response> Entries(const engine::View& view, const log::TileAddress& tile);
  // Nothing for `tile`: the checkpoint. Fills `caller` where it had to be asked for.
  absl::StatusOr<Response> Read(const Request& request, const std::optional<log::TileAddress>& tile,
                                api::Caller* caller);
  Response AnswerAbout(const Request& request, const std::optional<log::TileAddress>& tile);

  const engine::Engine* const engine_;
  const api::Access* const access_;
  api::Watch* const watch_;
  const TileOptions options_;
  const std::shared_ptr<std::atomic<int64_t>> entry_tiles_ = std::make_shared<std::atomic<int64_t>>(0);
};

}  // namespace fundledger::web
