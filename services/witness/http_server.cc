#include "services/witness/http_server.h"

#include <string_view>
#include <utility>

#include "ledger/base/status.h"
#include "ledger/log/witness_request.h"
#include "services/process/address.h"
#include "services/process/tls_session.h"

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace fundledger::witness {
namespace {

constexpr size_t kOriginHashCharacters = 64;

absl::StatusOr<std::shared_ptr<const process::TlsContext>> LoadTls(const HttpOptions& options) {
  if (options.tls_certificate.empty()) return nullptr;
  ASSIGN_OR_RETURN(const process::TlsMaterial material,
                   process::ReadTlsPair(options.tls_certificate, options.tls_key));
  return process::TlsContext::Make(material);
}

http::Response Send(Answer answer, std::string cache_control) {
  return {.status = answer.status,
          .content_type = std::move(answer.content_type),
          .cache_control = std::move(cache_control),
          .body = std::move(answer.body)};
}

// HASH of /HASH/checkpoint, 64 small hexadecimal digits; otherwise empty.
std::string_view OriginHashOf(std::string_view target) {
  constexpr std::string_view kEnd = "/checkpoint";
  if (target.size() != 1 + kOriginHashCharacters + kEnd.size() || target[0] != '/' || !target.ends_with(kEnd))
    return "";
  const std::string_view hash = target.substr(1, kOriginHashCharacters);
  return hash.find_first_not_of("0123456789abcdef") == std::string_view::npos ? hash : "";
}

http::Response AnswerOf(Witness* witness, const http::Request& request) {
  if (request.method == "POST") {
    if (request.target == "/add-checkpoint") return Send(witness->AddCheckpoint(request.body), "");
  } else if (const std::string_view hash = OriginHashOf(request.target); !hash.empty()) {
    return Send(witness->Latest(std::string(hash)), "no-cache");
  }
  return http::ErrorResponse(
      Refuse(absl::StatusCode::kNotFound, "HTTP_NOT_FOUND",
             "nothing stands there; POST to /add-checkpoint, or GET /HASH/checkpoint, HASH being the "
             "SHA-256 of the log's origin in small hexadecimal digits"));
}

}  // namespace

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Listen(const HttpOptions& options, Witness* witness) {
  RETURN_IF_ERROR(process::HostOf("listen", options.listen).status());
  ASSIGN_OR_RETURN(auto tls, LoadTls(options));
  ASSIGN_OR_RETURN(auto listener, http::Listener::Listen({.address = options.listen,
                                                          .tls = std::move(tls),
                                                          .connections = options.connections,
                                                          .patience = options.patience,
                                                          .body_bytes_max = log::kWitnessRequestBytesMax},
                                                         [witness](const http::Request& request) {
                                                           return AnswerOf(witness, request);
                                                         }));
  return std::unique_ptr<HttpServer>(new HttpServer(options, std::move(listener)));
}

absl::Status HttpServer::Reload() {
  if (options_.tls_certificate.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(auto tls, LoadTls(options_));
  listener_->SetTls(std::move(tls));
  return absl::OkStatus();
}

void HttpServer::Stop() {
  const http::Patience& patience = options_.patience;
  listener_->Stop(absl::Now() + absl::Seconds(patience.request_seconds + patience.answer_seconds));
}

}  // namespace fundledger::witness
