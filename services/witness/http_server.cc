#include "services/witness/http_server.h"

#include <atomic>
#include <thread>
#include <utility>

#include <httplib.h>
#include <sys/socket.h>

#include "ledger/base/status.h"
#include "ledger/log/witness_request.h"
#include "services/process/address.h"
#include "services/process/log.h"

#include "absl/strings/str_cat.h"

namespace fundledger::witness {
namespace {

// A log asks now and then; a connection that is silent so long gives its thread back.
constexpr time_t kIdleSeconds = 5;
constexpr size_t kRequestsAConnection = 100;

void Send(Answer answer, httplib::Response* response) {
  response->status = answer.status;
  response->set_content(std::move(answer.body), answer.content_type);
}

class HttplibServer final : public HttpServer {
 public:
  HttplibServer(std::unique_ptr<httplib::Server> server, Witness* witness, size_t threads)
      : server_(std::move(server)) {
    server_->new_task_queue = [threads] { return new httplib::ThreadPool(threads); };
    server_->set_payload_max_length(log::kWitnessRequestBytesMax);
    server_->set_read_timeout(kIdleSeconds);
    server_->set_write_timeout(kIdleSeconds);
    server_->set_keep_alive_timeout(kIdleSeconds);
    server_->set_keep_alive_max_count(kRequestsAConnection);
    server_->set_tcp_nodelay(true);
    // Not the library's own: with SO_REUSEPORT a second server quietly shares the port of the first.
    server_->set_socket_options([](socket_t socket) {
      const int on = 1;
      (void)setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    });
    // The library unpacks what came packed, and bounds only what came: a megabyte a kilobyte, for anybody.
    server_->set_pre_routing_handler([](const httplib::Request& request, httplib::Response& response) {
      if (!request.has_header("Content-Encoding")) return httplib::Server::HandlerResponse::Unhandled;
      response.set_header("Connection", "close");
      Send({415, "text/plain; charset=utf-8", "send the request as it is, without a content encoding\n"},
           &response);
      return httplib::Server::HandlerResponse::Handled;
    });
    server_->Post("/add-checkpoint", [witness](const httplib::Request& request, httplib::Response& response) {
      Send(witness->AddCheckpoint(request.body), &response);
    });
    server_->Get(R"(/([0-9a-f]{64})/checkpoint)",
                 [witness](const httplib::Request& request, httplib::Response& response) {
                   response.set_header("Cache-Control", "no-cache");
                   Send(witness->Latest(request.matches[1].str()), &response);
                 });
  }

  ~HttplibServer() override { Stop(); }

  absl::Status Start(const std::string& listen) {
    ASSIGN_OR_RETURN(const std::string host, process::HostOf("listen", listen));
    int port = process::PortOf(listen);
    if (port == 0) {
      port = server_->bind_to_any_port(host);
    } else if (!server_->bind_to_port(host, port)) {
      port = -1;
    }
    if (port < 0) {
      return Refuse(
          absl::StatusCode::kUnavailable, "CANNOT_LISTEN",
          absl::StrCat("cannot listen at ", listen,
                       "; another process may have the port, or the address is not this machine's"));
    }
    address_ = absl::StrCat(listen.substr(0, listen.rfind(':') + 1), port);
    // Bound and listening already: who connects before the thread runs is kept waiting, not refused.
    thread_ = std::thread([this] {
      if (!server_->listen_after_bind() && !is_stopping_) {
        process::Log(process::LogLevel::kError, "fault", {{"message", "the listening socket failed"}});
      }
      is_over_ = true;
    });
    return absl::OkStatus();
  }

  const std::string& address() const override { return address_; }

  void Stop() override {
    if (!thread_.joinable()) return;
    is_stopping_ = true;
    // Until it runs, stopping is not heard.
    while (!server_->is_running() && !is_over_) std::this_thread::yield();
    server_->stop();
    thread_.join();
  }

 private:
  const std::unique_ptr<httplib::Server> server_;
  std::string address_;
  std::atomic<bool> is_stopping_ = false;
  std::atomic<bool> is_over_ = false;
  std::thread thread_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Listen(const HttpOptions& options, Witness* witness) {
  std::unique_ptr<httplib::Server> server;
  if (options.tls_certificate.empty()) {
    server = std::make_unique<httplib::Server>();
  } else {
    server = std::make_unique<httplib::SSLServer>(options.tls_certificate.c_str(), options.tls_key.c_str());
    if (!server->is_valid()) {
      return Refuse(
          absl::StatusCode::kInvalidArgument, "TLS_CERTIFICATE_UNUSABLE",
          absl::StrCat(options.tls_certificate, " and ", options.tls_key,
                       " cannot be used: a certificate chain and its unencrypted key, both PEM, are "
                       "needed"));
    }
  }
  auto serving = std::make_unique<HttplibServer>(std::move(server), witness, options.threads);
  RETURN_IF_ERROR(serving->Start(options.listen));
  return std::unique_ptr<HttpServer>(std::move(serving));
}

}  // namespace fundledger::witness
