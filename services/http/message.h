// A question over HTTP and its answer, as handlers see them.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"

namespace fundledger::http {

struct Request {
  std::string method;  // GET, HEAD or POST; the answer's body is not sent to a HEAD
  std::string target;  // as it was sent: nothing decoded, a query included
  std::string peer;    // as gRPC writes it: ipv4:192.0.2.7:41234
  // Of the certificate that the client showed; nothing where it showed none.
  std::optional<std::vector<std::string>> client_uris = {};
  std::string body = {};  // of a POST, as it was sent
};

struct Response {
  int status = 200;
  std::string content_type = {};
  std::string cache_control = {};
  std::string body = {};
  // Not 0: the client may come back after so long.
  int64_t retry_after_s = 0;
  // Let go when the answer has been sent.
  std::shared_ptr<void> held = {};
};

// Must not throw; called from many threads.
using Handler = std::function<Response(const Request&)>;

// {"reason":"TILE_NOT_FOUND","message":"…"}, not to be kept: what is not there now may be there soon. 404 for
// NOT_FOUND, 403 for UNAUTHENTICATED and PERMISSION_DENIED, 503 for RESOURCE_EXHAUSTED and UNAVAILABLE, 400
// for INVALID_ARGUMENT, 405 for UNIMPLEMENTED, 500 for the rest.
Response ErrorResponse(const absl::Status& status);

}  // namespace fundledger::http
