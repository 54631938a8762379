#include "services/process/tls.h"

#include <algorithm>
#include <ctime>
#include <fstream>
#include <sstream>
#include <vector>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <sys/stat.h>

#include "ledger/base/status.h"
#include "services/process/tls_owned.h"

#include "absl/strings/str_cat.h"
#include <openssl/x509.h>

namespace fundledger::process {
namespace {

absl::Status Bad(std::string_view reason, std::string_view path, std::string_view what) {
  return Refuse(absl::StatusCode::kInvalidArgument, reason, absl::StrCat(ToAbsl(path), ": ", ToAbsl(what)));
}

absl::StatusOr<std::string> ReadPem(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file || text.fail()) {
    return Bad("TLS_FILE_UNREADABLE", path,
               "cannot be read, or is empty; check the path and who may read it");
  }
  return text.str();
}

// A key in need of a passphrase is refused instead of asked for on a terminal that is not there.
int NoPassphrase(char*, int, int, void*) {
  return -1;
}

absl::StatusOr<std::vector<Owned<X509>>> Certificates(const std::string& path, const std::string& pem) {
  std::vector<Owned<X509>> chain;
  const Owned<BIO> bio = Over(pem);
  while (X509* next = PEM_read_bio_X509(bio.get(), nullptr, NoPassphrase, nullptr)) chain.emplace_back(next);
  // The chain ends where no further PEM block begins; any other error is a block that does not parse.
  const unsigned long error = ERR_peek_last_error();
  ERR_clear_error();
  const bool at_end = ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
  if (chain.empty() || !at_end) {
    return Bad("TLS_CERTIFICATE_MALFORMED", path, "is not a chain of certificates in PEM");
  }
  return chain;
}

absl::Status CheckValidNow(const std::string& path, const std::vector<Owned<X509>>& chain) {
  for (size_t i = 0; i < chain.size(); ++i) {
    const bool begun = X509_cmp_current_time(X509_get0_notBefore(chain[i].get())) < 0;
    const bool ended = X509_cmp_current_time(X509_get0_notAfter(chain[i].get())) <= 0;
    if (begun && !ended) continue;
    return Bad("TLS_CERTIFICATE_NOT_VALID_NOW", path,
               absl::StrCat("certificate ", i + 1, " of ", chain.size(),
                            begun ? " has expired" : " is not valid yet",
                            "; renew it, or check this machine's clock"));
  }
  return absl::OkStatus();
}

// When the first of them ends, seconds since 1970 UTC.
int64_t EndOf(const std::vector<Owned<X509>>& certificates) {
  int64_t first_s = INT64_MAX;
  for (const Owned<X509>& certificate : certificates) {
    std::tm end{};
    if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate.get()), &end) == 1)
      first_s = std::min<int64_t>(first_s, ::timegm(&end));
  }
  return first_s;
}

// Whether a server can be made with the pair, at the strength that OpenSSL is set to ask for.
absl::Status CheckUsable(const std::string& path, X509* certificate, EVP_PKEY* key) {
  const Owned<SSL_CTX> context(SSL_CTX_new(TLS_server_method()));
  const bool usable = context != nullptr && SSL_CTX_use_certificate(context.get(), certificate) == 1 &&
                      SSL_CTX_use_PrivateKey(context.get(), key) == 1;
  const unsigned long error = ERR_peek_last_error();
  ERR_clear_error();
  if (usable) return absl::OkStatus();
  const char* why = ERR_reason_error_string(error);
  return Bad("TLS_CERTIFICATE_UNUSABLE", path,
             absl::StrCat("no server can use it: ", why == nullptr ? "unknown reason" : why));
}

absl::Status CheckKey(const TlsFiles& files, const std::string& pem, X509* certificate) {
  struct stat status {};
  if (::stat(files.key.c_str(), &status) != 0 || (status.st_mode & S_IRWXO) != 0) {
    return Bad("TLS_KEY_EXPOSED", files.key,
               absl::StrCat("every user of this machine may use it; run: chmod o= ", files.key));
  }
  const Owned<BIO> bio = Over(pem);
  const Owned<EVP_PKEY> key(PEM_read_bio_PrivateKey(bio.get(), nullptr, NoPassphrase, nullptr));
  ERR_clear_error();
  if (key == nullptr) {
    return Bad("TLS_KEY_MALFORMED", files.key, "is not an unencrypted private key in PEM");
  }
  const bool matches = X509_check_private_key(certificate, key.get()) == 1;
  ERR_clear_error();
  if (!matches) {
    return Bad("TLS_KEY_MISMATCH", files.key,
               absl::StrCat("is not the key of the first certificate in ", files.certificate));
  }
  return CheckUsable(files.certificate, certificate, key.get());
}

}  // namespace

absl::StatusOr<TlsMaterial> ReadTlsPair(const std::string& certificate, const std::string& key) {
  TlsMaterial material;
  ASSIGN_OR_RETURN(material.certificate_pem, ReadPem(certificate));
  ASSIGN_OR_RETURN(material.key_pem, ReadPem(key));
  ASSIGN_OR_RETURN(const std::vector<Owned<X509>> chain, Certificates(certificate, material.certificate_pem));
  RETURN_IF_ERROR(CheckValidNow(certificate, chain));
  RETURN_IF_ERROR(CheckKey({.certificate = certificate, .key = key, .client_ca = ""}, material.key_pem,
                           chain.front().get()));
  material.certificate_ends_s = EndOf(chain);
  return material;
}

absl::StatusOr<TlsMaterial> ReadTlsFiles(const TlsFiles& files) {
  ASSIGN_OR_RETURN(TlsMaterial material, ReadTlsPair(files.certificate, files.key));
  ASSIGN_OR_RETURN(material.client_ca_pem, ReadPem(files.client_ca));
  ASSIGN_OR_RETURN(const std::vector<Owned<X509>> authorities,
                   Certificates(files.client_ca, material.client_ca_pem));
  RETURN_IF_ERROR(CheckValidNow(files.client_ca, authorities));
  material.client_ca_ends_s = EndOf(authorities);
  return material;
}

}  // namespace fundledger::process
