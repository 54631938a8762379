// Requests over HTTP to places that are configured: witnesses, time-stamping authorities. What they answer is
// verified by whoever asks, so TLS only hides what is asked.
//
//   auto client = HttpClient::Make("https://tsa.example.cn/tsr", 10);
//   auto answer = (*client)->Post("application/timestamp-query", request, 64 << 10);
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace fundledger::server {

// http:// or https://, a host, maybe a port and a path; no user, query or fragment.
struct Url {
  std::string origin;  // scheme, host and port
  std::string path;    // at least /
};
// INVALID_ARGUMENT, reason URL_MALFORMED.
absl::StatusOr<Url> ParseUrl(std::string_view text);

struct HttpAnswer {
  int status = 0;
  std::string content_type;
  std::string body;
};

class HttpClient {
 public:
  // A request may take `timeout_seconds` in all, from connecting to the last byte of the answer; looking up
  // the host's name is not counted. A server with a certificate that the authorities in the PEM file `ca` do
  // not vouch for is not asked; empty: the system's. INVALID_ARGUMENT, reason URL_MALFORMED.
  static absl::StatusOr<std::unique_ptr<HttpClient>> Make(std::string_view url, int64_t timeout_seconds,
                                                          const std::string& ca = "");
  virtual ~HttpClient() = default;

  // Blocks; one request at a time. Follows no redirection. An answer of any status is an answer; UNAVAILABLE,
  // reasons HTTP_UNREACHABLE; HTTP_ANSWER_TOO_LONG, for a body of more than `bytes_max`, or headers without
  // end.
  virtual absl::StatusOr<HttpAnswer> Post(const std::string& content_type, const std::string& body,
                                          size_t bytes_max) = 0;
  // The same for GET of another path on the same host, which begins with /.
  virtual absl::StatusOr<HttpAnswer> Get(const std::string& path, size_t bytes_max) = 0;
  // From another thread: lets the request under way, and all after it, fail. It may go on until its timeout
  // if it is about to connect.
  virtual void Stop() = 0;
};

}  // namespace fundledger::server
