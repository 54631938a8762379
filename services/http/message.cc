#include "services/http/message.h"

#include "ledger/base/status.h"

#include <nlohmann/json.hpp>

namespace fundledger::http {
namespace {

int HttpStatusOf(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kNotFound:
      return 404;
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kPermissionDenied:
      return 403;
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kUnavailable:
      return 503;
    case absl::StatusCode::kInvalidArgument:
      return 400;
    case absl::StatusCode::kUnimplemented:
      return 405;
    default:
      return 500;
  }
}

}  // namespace

Response ErrorResponse(const absl::Status& status) {
  nlohmann::ordered_json body;
  body["reason"] = ReasonOf(status);
  body["message"] = std::string(status.message());
  return {.status = HttpStatusOf(status.code()),
          .content_type = "application/json",
          .cache_control = "no-store",
          .body = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n",
          .retry_after_s = status.code() == absl::StatusCode::kResourceExhausted ? 1 : 0};
}

}  // namespace fundledger::http
