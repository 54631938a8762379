#include "clients/sdk/channel.h"

#include <string>

#include <arpa/inet.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

#include "clients/sdk/files.h"
#include "clients/sdk/keys.h"
#include "ledger/base/status.h"
#include "ledger/crypto/certificate.h"

#include "absl/strings/str_cat.h"

namespace fundledger::sdk {
namespace {

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> Credentials(const ClientConfig& config,
                                                                      const Identity* identity) {
  if (!config.tls.has_value()) {
    if (IsLoopback(config.server)) return grpc::InsecureChannelCredentials();
    return Refuse(absl::StatusCode::kFailedPrecondition, "TLS_NEEDED",
                  absl::StrCat("server ", config.server, " is not on this machine, and there is no [tls] in ",
                               config.path.string(), ": add it with ca, certificate and key"));
  }
  grpc::SslCredentialsOptions options;
  ASSIGN_OR_RETURN(options.pem_root_certs, ReadFile(config.tls->ca));
  if (identity != nullptr) {
    options.pem_cert_chain = identity->certificate_pem;
    options.pem_private_key = std::string(identity->key_pem.view());
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

absl::StatusOr<std::shared_ptr<const Identity>> ReadIdentity(const ClientConfig& config,
                                                             std::string_view officer, int64_t now_s,
                                                             Passphrases* passphrases) {
  std::shared_ptr<Identity> identity;
  if (!config.tls.has_value() || !config.tls->shows_certificate()) return identity;
  identity = std::make_shared<Identity>();
  const std::filesystem::path path = config.tls->certificate_of(officer);
  absl::StatusOr<std::string> pem = ReadFile(path);
  if (absl::IsNotFound(pem.status())) {
    return Refuse(absl::StatusCode::kNotFound, "CERTIFICATE_MISSING",
                  absl::StrCat("there is no certificate ", path.string(),
                               " that opens a connection for officer ", ToAbsl(officer),
                               ": have one issued by who runs the ledger's authority (fundledger "
                               "admin certificate issue)"));
  }
  RETURN_IF_ERROR(pem.status());
  identity->certificate_pem = *std::move(pem);
  ASSIGN_OR_RETURN(const crypto::Certificate read, crypto::ReadCertificate(identity->certificate_pem));
  if (now_s >= read.not_after_s) {
    return Refuse(absl::StatusCode::kFailedPrecondition, "CERTIFICATE_EXPIRED",
                  absl::StrCat(path.string(), ": has expired, ", (now_s - read.not_after_s) / 86'400,
                               " days ago: have it renewed (fundledger admin certificate renew)"));
  }
  ASSIGN_OR_RETURN(identity->key_pem, ReadKeyPem(config.tls->key_of(officer), passphrases));
  const absl::Status fits = crypto::CheckKeyFits(identity->certificate_pem, identity->key_pem.view());
  if (!fits.ok()) return Annotate(fits, path.string());
  return identity;
}

absl::StatusOr<std::shared_ptr<grpc::Channel>> OpenChannel(const ClientConfig& config,
                                                           const Identity* identity) {
  ASSIGN_OR_RETURN(const std::shared_ptr<grpc::ChannelCredentials> credentials,
                   Credentials(config, identity));
  grpc::ChannelArguments arguments;
  // A page of records can pass gRPC's 4 MiB.
  arguments.SetMaxReceiveMessageSize(256 << 20);
  // A server that restarts is found again within the patience of a retry; gRPC's own pace grows to two
  // minutes.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 2000);
  // What gRPC calls the least backoff is how long one attempt may take, and a TLS handshake has many steps:
  // of a sleeping caller's connection nothing moves. Too short, and a client never gets through to a busy
  // server.
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 5000);
  // A proxy of the environment has no business between a client and its ledger.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  return grpc::CreateCustomChannel(config.server, credentials, arguments);
}

}  // namespace fundledger::sdk
