#include "services/process/tls_session.h"

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include "ledger/base/status.h"
#include "services/process/tls_owned.h"

#include "absl/strings/str_cat.h"
#include <openssl/x509v3.h>

namespace fundledger::process {
namespace {

// Name that OpenSSL asks a server for that verifies clients.
constexpr unsigned char kSessionContext[] = "fundledger";

std::vector<Owned<X509>> Certificates(const std::string& pem) {
  std::vector<Owned<X509>> certificates;
  const Owned<BIO> bio = Over(pem);
  while (X509* next = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr))
    certificates.emplace_back(next);
  ERR_clear_error();
  return certificates;
}

bool UsePair(const TlsMaterial& material, SSL_CTX* context) {
  const std::vector<Owned<X509>> chain = Certificates(material.certificate_pem);
  const Owned<BIO> bio = Over(material.key_pem);
  const Owned<EVP_PKEY> key(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
  bool good = !chain.empty() && key != nullptr && SSL_CTX_use_certificate(context, chain[0].get()) == 1 &&
              SSL_CTX_use_PrivateKey(context, key.get()) == 1;
  for (size_t i = 1; i < chain.size(); ++i)
    good = good && SSL_CTX_add1_chain_cert(context, chain[i].get()) == 1;
  return good;
}

bool TakeClientsBy(const std::string& authorities_pem, SSL_CTX* context) {
  X509_STORE* store = SSL_CTX_get_cert_store(context);
  bool good = true;
  for (const Owned<X509>& authority : Certificates(authorities_pem)) {
    good = good && X509_STORE_add_cert(store, authority.get()) == 1 &&
           SSL_CTX_add_client_CA(context, authority.get()) == 1;
  }
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  return good;
}

bool SetUp(const TlsMaterial& material, SSL_CTX* context) {
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
         SSL_CTX_set_num_tickets(context, 0) == 1 &&
         SSL_CTX_set_session_id_context(context, kSessionContext, sizeof(kSessionContext) - 1) == 1 &&
         UsePair(material, context) &&
         (material.client_ca_pem.empty() || TakeClientsBy(material.client_ca_pem, context));
}

}  // namespace

absl::StatusOr<std::shared_ptr<const TlsContext>> TlsContext::Make(const TlsMaterial& material) {
  std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  const bool good = context != nullptr && SetUp(material, context.get());
  const unsigned long error = ERR_peek_last_error();
  ERR_clear_error();
  if (good) return std::shared_ptr<const TlsContext>(new TlsContext(std::move(context)));
  const char* why = ERR_reason_error_string(error);
  return Refuse(absl::StatusCode::kInvalidArgument, "TLS_CERTIFICATE_UNUSABLE",
                absl::StrCat("no server can use the certificate: ", why == nullptr ? "unknown reason" : why));
}

TlsSession::TlsSession(const TlsContext& context, int socket)
    : ssl_(SSL_new(context.context_.get()), SSL_free) {
  (void)SSL_set_fd(ssl_.get(), socket);
  SSL_set_accept_state(ssl_.get());
}

TlsIo TlsSession::After(int result) {
  if (result > 0) return {.done = static_cast<size_t>(result)};
  const int error = SSL_get_error(ssl_.get(), result);
  if (error == SSL_ERROR_WANT_READ) return {.want = TlsWant::kReadable};
  if (error == SSL_ERROR_WANT_WRITE) return {.want = TlsWant::kWritable};
  const char* why = ERR_reason_error_string(ERR_peek_last_error());
  failure_ = why == nullptr ? "connection closed" : why;
  ERR_clear_error();
  return {};
}

TlsIo TlsSession::Handshake() {
  ERR_clear_error();
  return After(SSL_do_handshake(ssl_.get()));
}

TlsIo TlsSession::Read(char* bytes, size_t size) {
  ERR_clear_error();
  return After(SSL_read(ssl_.get(), bytes, static_cast<int>(std::min<size_t>(size, 1 << 20))));
}

TlsIo TlsSession::Write(const char* bytes, size_t size) {
  ERR_clear_error();
  return After(SSL_write(ssl_.get(), bytes, static_cast<int>(std::min<size_t>(size, 1 << 20))));
}

void TlsSession::End() {
  if (failure_.empty()) (void)SSL_shutdown(ssl_.get());
  ERR_clear_error();
}

std::optional<std::vector<std::string>> TlsSession::ClientUris() const {
  const Owned<X509> shown(SSL_get1_peer_certificate(ssl_.get()));
  if (shown == nullptr || SSL_get_verify_result(ssl_.get()) != X509_V_OK) return std::nullopt;
  const Owned<GENERAL_NAMES> names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(shown.get(), NID_subject_alt_name, nullptr, nullptr)));
  std::vector<std::string> uris;
  for (int i = 0; names != nullptr && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_URI) continue;
    const ASN1_IA5STRING* uri = name->d.uniformResourceIdentifier;
    uris.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(uri)),
                      static_cast<size_t>(ASN1_STRING_length(uri)));
  }
  return uris;
}

}  // namespace fundledger::process
