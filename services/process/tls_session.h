// TLS on a socket, for servers that are not gRPC's: the same files, and where there are client authorities a
// client may show a certificate by one of them, but need not.
//
//   ASSIGN_OR_RETURN(const std::shared_ptr<const TlsContext> context, TlsContext::Make(material));
//   TlsSession session(*context, socket);
//   for (TlsIo io = session.Handshake(); io.want != TlsWant::kNothing; io = session.Handshake()) { poll … }
//   std::optional<std::vector<std::string>> uris = session.ClientUris();
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "services/process/tls.h"

#include "absl/status/status.h"
#include "absl/status/statusor.h"

struct ssl_ctx_st;
struct ssl_st;

namespace fundledger::process {

// What handshakes are made with. Immutable, thread-safe; sessions keep what they need of it. No session is
// resumed: each handshake looks at the certificate anew.
class TlsContext {
 public:
  // `material` as ReadTlsFiles gave it, or ReadTlsPair: then no client is asked for a certificate.
  // INVALID_ARGUMENT, reason TLS_CERTIFICATE_UNUSABLE.
  static absl::StatusOr<std::shared_ptr<const TlsContext>> Make(const TlsMaterial& material);

 private:
  friend class TlsSession;
  explicit TlsContext(std::shared_ptr<ssl_ctx_st> context) : context_(std::move(context)) {}

  const std::shared_ptr<ssl_ctx_st> context_;
};

// What has to happen to the socket before the same call is made again.
enum class TlsWant { kNothing, kReadable, kWritable };

struct TlsIo {
  TlsWant want = TlsWant::kNothing;
  // Bytes read or written, 1 for a handshake that ended well; 0: the other side ended it, or it failed.
  size_t done = 0;
};

// One connection, over a socket that does not block and that outlives it. Used by one thread.
class TlsSession {
 public:
  TlsSession(const TlsContext& context, int socket);

  TlsIo Handshake();
  TlsIo Read(char* bytes, size_t size);
  TlsIo Write(const char* bytes, size_t size);
  // Tells the other side that nothing more comes, as far as the socket takes it at once.
  void End();

  // OpenSSL's word for why the handshake failed; "connection closed" where the other side ended it.
  const std::string& failure() const { return failure_; }
  // The URIs among the alternative names of the certificate that was shown and verified; nothing where none
  // was.
  std::optional<std::vector<std::string>> ClientUris() const;

 private:
  TlsIo After(int result);

  std::shared_ptr<ssl_st> ssl_;
  std::string failure_;
};

}  // namespace fundledger::process
