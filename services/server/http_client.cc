#include "services/server/http_client.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <utility>

#include <httplib.h>

#include "ledger/base/socket_limit.h"
#include "ledger/base/status.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace fundledger::server {
namespace {

constexpr size_t kUrlBytesMax = 2000;

bool IsHostCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
}

bool IsPathCharacter(char c) {
  return c > ' ' && c <= '~' && std::string_view("?#\"<>\\^`{|}").find(c) == std::string_view::npos;
}

// HOST or HOST:PORT; addresses of IPv6 are not understood by what connects.
bool IsHost(std::string_view text) {
  const size_t colon = text.find(':');
  const std::string_view host = text.substr(0, colon);
  int port = 1;
  const bool has_port = colon != std::string_view::npos;
  if (has_port && !absl::SimpleAtoi(ToAbsl(text.substr(colon + 1)), &port)) return false;
  return !host.empty() && port > 0 && port <= 65535 && std::all_of(host.begin(), host.end(), IsHostCharacter);
}

class HttplibClient final : public HttpClient {
 public:
  HttplibClient(const Url& url, int64_t timeout_seconds, const std::string& ca)
      : host_(url.origin), path_(url.path), timeout_(timeout_seconds), client_(url.origin) {
    if (!ca.empty()) client_.set_ca_cert_path(ca);
    client_.set_connection_timeout(timeout_seconds);
    client_.set_read_timeout(timeout_seconds);
    client_.set_write_timeout(timeout_seconds);
    client_.set_keep_alive(false);
    client_.set_follow_location(false);
    client_.set_socket_options([this](int socket) {
      if (limit_ != nullptr) limit_->Watch(socket);
    });
  }

  absl::StatusOr<HttpAnswer> Post(const std::string& content_type, const std::string& body,
                                  size_t bytes_max) override {
    httplib::Request request;
    request.method = "POST";
    request.path = path_;
    request.set_header("Content-Type", content_type);
    request.body = body;
    return Send(std::move(request), bytes_max);
  }

  absl::StatusOr<HttpAnswer> Get(const std::string& path, size_t bytes_max) override {
    httplib::Request request;
    request.method = "GET";
    request.path = path;
    return Send(std::move(request), bytes_max);
  }

  void Stop() override {
    is_stopped_ = true;
    client_.stop();
  }

 private:
  absl::StatusOr<HttpAnswer> Send(httplib::Request request, size_t bytes_max) {
    if (is_stopped_) return Unreachable("stopping");
    HttpAnswer answer;
    bool is_too_long = false;
    request.content_receiver = [&](const char* data, size_t size, uint64_t, uint64_t) {
      is_too_long = answer.body.size() + size > bytes_max;
      if (!is_too_long) answer.body.append(data, size);
      return !is_too_long && !is_stopped_;
    };
    SocketLimit limit(timeout_, bytes_max + kHttpOverheadBytesMax);
    limit_ = &limit;
    const httplib::Result result = client_.send(request);
    limit_ = nullptr;
    // Also where httplib takes what came so far for a whole answer, as it does without a Content-Length.
    const SocketLimit::Exceeded exceeded = limit.exceeded();
    if (is_too_long || exceeded == SocketLimit::Exceeded::kBytes) {
      return Refuse(absl::StatusCode::kUnavailable, "HTTP_ANSWER_TOO_LONG",
                    absl::StrCat(host_, " answers with more than ", bytes_max, " bytes"));
    }
    if (exceeded == SocketLimit::Exceeded::kTime)
      return Unreachable(absl::StrCat("it was not whole after ", timeout_.count(), " s"));
    if (!result) return Unreachable(httplib::to_string(result.error()));
    answer.status = result->status;
    answer.content_type = result->get_header_value("Content-Type");
    return answer;
  }

  absl::Status Unreachable(std::string_view why) const {
    return Refuse(absl::StatusCode::kUnavailable, "HTTP_UNREACHABLE",
                  absl::StrCat(host_, " gives no answer: ", ToAbsl(why)));
  }

  const std::string host_;
  const std::string path_;
  const std::chrono::seconds timeout_;
  SocketLimit* limit_ = nullptr;  // of the request under way, whose thread alone looks at it
  httplib::Client client_;
  std::atomic<bool> is_stopped_ = false;
};

}  // namespace

absl::StatusOr<Url> ParseUrl(std::string_view text) {
  const size_t scheme = text.starts_with("http://") ? 7 : text.starts_with("https://") ? 8 : 0;
  const size_t slash = std::min(text.find('/', scheme), text.size());
  const std::string_view path = text.substr(slash);
  if (scheme == 0 || text.size() > kUrlBytesMax || !IsHost(text.substr(scheme, slash - scheme)) ||
      !std::all_of(path.begin(), path.end(), IsPathCharacter)) {
    return Refuse(absl::StatusCode::kInvalidArgument, "URL_MALFORMED",
                  absl::StrCat("\"", ToAbsl(text.substr(0, kUrlBytesMax)),
                               "\" is not an address; write http://HOST:PORT/PATH or https://HOST/PATH"));
  }
  return Url{.origin = std::string(text.substr(0, slash)), .path = path.empty() ? "/" : std::string(path)};
}

absl::StatusOr<std::unique_ptr<HttpClient>> HttpClient::Make(std::string_view url, int64_t timeout_seconds,
                                                             const std::string& ca) {
  ASSIGN_OR_RETURN(const Url parsed, ParseUrl(url));
  return std::make_unique<HttplibClient>(parsed, timeout_seconds, ca);
}

}  // namespace fundledger::server
