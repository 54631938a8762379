// TLS of a server whose files may change while it runs: each handshake takes the material that was last found
// in order, so a renewed certificate, key or client authority needs no restart. Clients must show a
// certificate by one of the client authorities; without, there is no connection.
//
//   ASSIGN_OR_RETURN(const std::shared_ptr<TlsCredentials> tls, TlsCredentials::Load(files));
//   builder.AddListeningPort(address, tls, &port);
//   …
//   absl::StatusOr<bool> changed = tls->Reload();
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <grpcpp/security/server_credentials.h>

#include "ledger/base/mutex.h"
#include "services/process/tls.h"

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"

struct grpc_server_credentials;

namespace fundledger::rpc {

// Thread-safe. Outlives the server that listens with it.
class TlsCredentials final : public grpc::ServerCredentials {
 public:
  // Errors of ReadTlsFiles.
  static absl::StatusOr<std::shared_ptr<TlsCredentials>> Load(const process::TlsFiles& files);
  ~TlsCredentials() override;
  TlsCredentials(const TlsCredentials&) = delete;
  TlsCredentials& operator=(const TlsCredentials&) = delete;

  // Reads the files again. True: they were others, and handshakes take them from here on; connections that
  // are open keep what they began with. Errors of ReadTlsFiles: the old material stays.
  absl::StatusOr<bool> Reload();
  // What is in use; its key is not for others.
  process::TlsMaterial material() const;

  // Not supported: identity comes from the certificate (rpc/identity.h).
  void SetAuthMetadataProcessor(const std::shared_ptr<grpc::AuthMetadataProcessor>& processor) override;

 private:
  TlsCredentials(const process::TlsFiles& files, process::TlsMaterial material);
  int AddPortToServer(const std::string& address, grpc_server* server) override;
  // Called by gRPC at every handshake.
  static grpc_ssl_certificate_config_reload_status Fetch(void* self,
                                                         struct grpc_ssl_server_certificate_config** config);

  const process::TlsFiles files_;
  mutable Mutex mutex_;
  process::TlsMaterial material_ ABSL_GUARDED_BY(mutex_);
  uint64_t version_ ABSL_GUARDED_BY(mutex_) = 1;
  uint64_t handed_over_ ABSL_GUARDED_BY(mutex_) = 0;
  grpc_server_credentials* core_ = nullptr;
};

}  // namespace fundledger::rpc
