#include "services/rpc/tls_credentials.h"

#include <utility>

#include <grpc/grpc.h>
#include <grpc/grpc_security.h>

#include "ledger/base/status.h"

namespace fundledger::rpc {

absl::StatusOr<std::shared_ptr<TlsCredentials>> TlsCredentials::Load(const process::TlsFiles& files) {
  ASSIGN_OR_RETURN(process::TlsMaterial material, process::ReadTlsFiles(files));
  return std::shared_ptr<TlsCredentials>(new TlsCredentials(files, std::move(material)));
}

TlsCredentials::TlsCredentials(const process::TlsFiles& files, process::TlsMaterial material)
    : files_(files), material_(std::move(material)) {
  // Of all that gRPC 1.51 offers this alone asks at each handshake and takes the client authorities too; the
  // provider that watches files does not look whether key and certificate belong together.
  core_ = grpc_ssl_server_credentials_create_with_options(
      grpc_ssl_server_credentials_create_options_using_config_fetcher(
          GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY, &TlsCredentials::Fetch, this));
}

TlsCredentials::~TlsCredentials() {
  grpc_server_credentials_release(core_);
}

absl::StatusOr<bool> TlsCredentials::Reload() {
  ASSIGN_OR_RETURN(process::TlsMaterial fresh, process::ReadTlsFiles(files_));
  MutexLock lock(&mutex_);
  if (fresh == material_) return false;
  material_ = std::move(fresh);
  ++version_;
  return true;
}

process::TlsMaterial TlsCredentials::material() const {
  MutexLock lock(&mutex_);
  return material_;
}

void TlsCredentials::SetAuthMetadataProcessor(const std::shared_ptr<grpc::AuthMetadataProcessor>&) {}

int TlsCredentials::AddPortToServer(const std::string& address, grpc_server* server) {
  return grpc_server_add_http2_port(server, address.c_str(), core_);
}

grpc_ssl_certificate_config_reload_status TlsCredentials::Fetch(void* self,
                                                                grpc_ssl_server_certificate_config** config) {
  auto* const credentials = static_cast<TlsCredentials*>(self);
  MutexLock lock(&credentials->mutex_);
  if (credentials->handed_over_ == credentials->version_) return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_UNCHANGED;
  const process::TlsMaterial& material = credentials->material_;
  const grpc_ssl_pem_key_cert_pair pair = {material.key_pem.c_str(), material.certificate_pem.c_str()};
  *config = grpc_ssl_server_certificate_config_create(material.client_ca_pem.c_str(), &pair, 1);
  credentials->handed_over_ = credentials->version_;
  return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_NEW;
}

}  // namespace fundledger::rpc
