#include "clients/sdk/channel.h"

#include <string>

#include <arpa/inet.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

#include "clients/sdk/files.h"
#include "ledger/base/status.h"

#include "absl/strings/str_cat.h"

namespace fundledger::sdk {
namespace {

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> Credentials(const ClientConfig& config) {
  if (!config.tls.has_value()) {
    if (IsLoopback(config.server)) return grpc::InsecureChannelCredentials();
    return Refuse(absl::StatusCode::kFailedPrecondition, "TLS_NEEDED",
                  absl::StrCat("server ", config.server, " is not on this machine, and there is no [tls] in ",
                               config.path.string(), ": add it with ca, certificate and key"));
  }
  grpc::SslCredentialsOptions options;
  ASSIGN_OR_RETURN(options.pem_root_certs, ReadFile(config.tls->ca));
  if (!config.tls->certificate.empty()) {
    ASSIGN_OR_RETURN(options.pem_cert_chain, ReadFile(config.tls->certificate));
    ASSIGN_OR_RETURN(options.pem_private_key, ReadFile(config.tls->key));
  }
  return grpc::SslCredentials(options);
}

}  // namespace

bool IsLoopback(std::string_view target) {
  if (target.starts_with("unix:")) return true;
  const size_t colon = target.rfind(':');
  std::string host(target.substr(0, colon));
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  if (host == "localhost") return true;
  in_addr v4{};
  if (::inet_pton(AF_INET, host.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24) == 127;
  in6_addr v6{};
  return ::inet_pton(AF_INET6, host.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

absl::StatusOr<std::shared_ptr<grpc::Channel>> OpenChannel(const ClientConfig& config) {
  ASSIGN_OR_RETURN(const std::shared_ptr<grpc::ChannelCredentials> credentials, Credentials(config));
  grpc::ChannelArguments arguments;
  // A page of records can pass gRPC's 4 MiB.
  arguments.SetMaxReceiveMessageSize(256 << 20);
  // A server that restarts is found again within the patience of a retry; gRPC's own pace grows to two
  // minutes.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 2000);
  // A proxy of the environment has no business between a client and its ledger.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  return grpc::CreateCustomChannel(config.server, credentials, arguments);
}

}  // namespace fundledger::sdk
