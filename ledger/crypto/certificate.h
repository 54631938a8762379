// X.509 certificates (RFC 5280) for connections, and a small authority that issues them.
//
//   auto made = Authority::Make("city.example/funds", now_s, kAuthorityDays);
//   auto authority = Authority::Load(made->certificate_pem, made->key.view());
//   auto key = GenerateConnectionKey();
//   auto pem = (*authority)->IssueOfficer("clerk-1", *PublicKeyOfKey(key->view()), now_s, kHolderDays);
//
// Keys of connections are ECDSA P-256: the one kind that every TLS library takes. They open connections and
// nothing else; what counts in the ledger is signed by keys of their own (signature.h).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/crypto/secret.h"

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace fundledger::crypto {

inline constexpr int32_t kAuthorityDays = 3653;  // ten years
inline constexpr int32_t kHolderDays = 365;

// Before an officer's id in the URI SAN that names the officer.
inline constexpr std::string_view kOfficerUriPrefix = "urn:fundledger:officer:";

// What a certificate says. Believes nothing of it: no signature is checked.
struct Certificate {
  std::string common_name;
  std::vector<std::string> uris;   // URI SANs
  std::vector<std::string> hosts;  // DNS names and addresses
  std::string serial;              // hex
  int64_t not_before_s = 0;        // seconds since 1970 UTC
  int64_t not_after_s = 0;
  bool is_authority = false;
  std::string fingerprint;  // SHA-256 of the DER, hex

  // The one officer it names; empty if none, or more than one.
  std::string officer() const;
};
// The first certificate of a PEM text. INVALID_ARGUMENT, reason CERTIFICATE_MALFORMED.
absl::StatusOr<Certificate> ReadCertificate(std::string_view pem);

// Whether a plain private key is the one of the first certificate. FAILED_PRECONDITION, reason
// CERTIFICATE_KEY_MISMATCH; INVALID_ARGUMENT, reasons CERTIFICATE_MALFORMED, KEY_MALFORMED.
absl::Status CheckKeyFits(std::string_view certificate_pem, std::string_view key_pem);
// Whether the first certificate was issued under the authority's key. FAILED_PRECONDITION, reason
// CERTIFICATE_OF_ANOTHER; INVALID_ARGUMENT, reason CERTIFICATE_MALFORMED.
absl::Status CheckIssuedBy(std::string_view certificate_pem, std::string_view authority_pem);

// A fresh key for connections, plain PKCS#8 PEM.
absl::StatusOr<Secret> GenerateConnectionKey();
// The public half of a plain private key, PEM. INVALID_ARGUMENT, reason KEY_MALFORMED.
absl::StatusOr<std::string> PublicKeyOfKey(std::string_view key_pem);
// The public key a certificate is for, PEM: what a renewal keeps. INVALID_ARGUMENT, reason
// CERTIFICATE_MALFORMED.
absl::StatusOr<std::string> PublicKeyOfCertificate(std::string_view certificate_pem);

// A request for a certificate (PKCS#10, RFC 2986), signed by the key it is for: how the holder of a key gets
// a certificate without showing the key. INVALID_ARGUMENT, reason KEY_MALFORMED.
absl::StatusOr<std::string> MakeCertificateRequest(std::string_view key_pem, std::string_view common_name);
// The public key of a request that its own key signed, PEM, and whose subject names `holder` or nobody.
// INVALID_ARGUMENT, reason CERTIFICATE_REQUEST_INVALID.
absl::StatusOr<std::string> PublicKeyOfRequest(std::string_view request_pem, std::string_view holder);

struct MadeAuthority {
  std::string certificate_pem;
  Secret key;  // plain PKCS#8 PEM
};

// An authority: its certificate, and the key that signs others. Thread-safe.
class Authority {
 public:
  // A new one, for certificates of one ledger: it may sign certificates of holders only, not of further
  // authorities.
  static absl::StatusOr<MadeAuthority> Make(std::string_view name, int64_t now_s, int32_t days);
  // INVALID_ARGUMENT, reasons CERTIFICATE_MALFORMED, CERTIFICATE_NOT_OF_AUTHORITY, KEY_MALFORMED;
  // FAILED_PRECONDITION, reason CERTIFICATE_KEY_MISMATCH.
  static absl::StatusOr<std::unique_ptr<Authority>> Load(std::string_view certificate_pem,
                                                         std::string_view key_pem);
  virtual ~Authority() = default;

  // Certificates for the holder of a public key (PEM), valid from five minutes before `now_s`, for clocks
  // that are behind, and never longer than the authority's own. Serial numbers are 16 random bytes. A
  // server's has the hosts it may be called by, names and addresses; an officer's the URI
  // urn:fundledger:officer:<id>. INVALID_ARGUMENT, reason KEY_MALFORMED, CERTIFICATE_NAME_INVALID;
  // FAILED_PRECONDITION, reason CERTIFICATE_AUTHORITY_EXPIRED.
  virtual absl::StatusOr<std::string> IssueServer(const std::vector<std::string>& hosts,
                                                  std::string_view public_key_pem, int64_t now_s,
                                                  int32_t days) const = 0;
  virtual absl::StatusOr<std::string> IssueOfficer(std::string_view officer, std::string_view public_key_pem,
                                                   int64_t now_s, int32_t days) const = 0;
};

}  // namespace fundledger::crypto
