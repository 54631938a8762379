#include "ledger/crypto/certificate.h"

#include <algorithm>
#include <ctime>
#include <optional>
#include <utility>

#include <arpa/inet.h>

#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "ledger/crypto/digest.h"
#include "ledger/crypto/openssl.h"

#include "absl/strings/str_cat.h"
#include <openssl/x509v3.h>

namespace fundledger::crypto {
namespace {

using X509Ptr = std::unique_ptr<X509, Free<X509_free>>;
using RequestPtr = std::unique_ptr<X509_REQ, Free<X509_REQ_free>>;
using ExtensionPtr = std::unique_ptr<X509_EXTENSION, Free<X509_EXTENSION_free>>;
using NamesPtr = std::unique_ptr<GENERAL_NAMES, Free<GENERAL_NAMES_free>>;
using TextPtr = std::unique_ptr<ASN1_STRING, Free<ASN1_STRING_free>>;
using BasicPtr = std::unique_ptr<BASIC_CONSTRAINTS, Free<BASIC_CONSTRAINTS_free>>;

constexpr int64_t kSecondsPerDay = 86'400;
constexpr int64_t kBehindSeconds = 300;
constexpr size_t kSerialBytes = 16;
// RFC 5280, ub-common-name.
constexpr size_t kCommonNameBytesMax = 64;
constexpr size_t kHostBytesMax = 253;

absl::Status Malformed(std::string_view why) {
  return Refuse(absl::StatusCode::kInvalidArgument, "CERTIFICATE_MALFORMED", why);
}

absl::Status KeyMalformed(std::string_view why) {
  return Refuse(absl::StatusCode::kInvalidArgument, "KEY_MALFORMED", why);
}

absl::Status CannotIssue(std::string_view what) {
  return Refuse(absl::StatusCode::kInternal, "CERTIFICATE_NOT_MADE",
                absl::StrCat("OpenSSL cannot make the certificate: ", ToAbsl(what)));
}

absl::StatusOr<X509Ptr> ParseCertificate(std::string_view pem) {
  const BioPtr input = PemReader(pem);
  X509Ptr certificate(input == nullptr ? nullptr
                                       : PEM_read_bio_X509(input.get(), nullptr, NoPassphrase, nullptr));
  if (certificate == nullptr) return Malformed("not a certificate in PEM (BEGIN CERTIFICATE)");
  return certificate;
}

absl::StatusOr<KeyPtr> ParseKey(std::string_view pem) {
  const BioPtr input = PemReader(pem);
  KeyPtr key(input == nullptr ? nullptr
                              : PEM_read_bio_PrivateKey(input.get(), nullptr, NoPassphrase, nullptr));
  if (key == nullptr) return KeyMalformed("not a plain private key in PEM (BEGIN PRIVATE KEY)");
  return key;
}

absl::StatusOr<KeyPtr> ParsePublicKey(std::string_view pem) {
  const BioPtr input = PemReader(pem);
  KeyPtr key(input == nullptr ? nullptr : PEM_read_bio_PUBKEY(input.get(), nullptr, NoPassphrase, nullptr));
  if (key == nullptr) return KeyMalformed("not a public key in PEM (BEGIN PUBLIC KEY)");
  return key;
}

absl::StatusOr<std::string> PublicKeyPem(EVP_PKEY* key) {
  const BioPtr output(BIO_new(BIO_s_mem()));
  if (output == nullptr || PEM_write_bio_PUBKEY(output.get(), key) != 1) {
    return KeyMalformed("OpenSSL cannot write the public key");
  }
  return Written(output.get());
}

absl::StatusOr<std::string> CertificatePem(X509* certificate) {
  const BioPtr output(BIO_new(BIO_s_mem()));
  if (output == nullptr || PEM_write_bio_X509(output.get(), certificate) != 1) {
    return CannotIssue("it cannot be written");
  }
  return Written(output.get());
}

std::string TextOf(const ASN1_STRING* text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
          static_cast<size_t>(ASN1_STRING_length(text))};
}

std::string AddressText(const ASN1_OCTET_STRING* address) {
  const std::string bytes = TextOf(address);
  char text[INET6_ADDRSTRLEN] = {};
  const int family = bytes.size() == 4 ? AF_INET : AF_INET6;
  if (bytes.size() != 4 && bytes.size() != 16) return HexEncode(bytes);
  return ::inet_ntop(family, bytes.data(), text, sizeof text) == nullptr ? HexEncode(bytes) : text;
}

void ReadNames(X509* certificate, Certificate* out) {
  const NamesPtr names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; names != nullptr && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type == GEN_URI) out->uris.push_back(TextOf(name->d.uniformResourceIdentifier));
    if (name->type == GEN_DNS) out->hosts.push_back(TextOf(name->d.dNSName));
    if (name->type == GEN_IPADD) out->hosts.push_back(AddressText(name->d.iPAddress));
  }
}

std::optional<int64_t> SecondsOf(const ASN1_TIME* time) {
  tm civil{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &civil) != 1) return std::nullopt;
  return static_cast<int64_t>(::timegm(&civil));
}

std::string SerialOf(X509* certificate) {
  const BignumPtr number(ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), nullptr));
  if (number == nullptr) return "";
  std::string bytes(static_cast<size_t>(BN_num_bytes(number.get())), '\0');
  BN_bn2bin(number.get(), reinterpret_cast<unsigned char*>(bytes.data()));
  return HexEncode(bytes);
}

std::string CommonNameOf(X509_NAME* subject) {
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at < 0) return "";
  unsigned char* utf8 = nullptr;
  const int size = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
  if (size < 0) return "";
  std::string text(reinterpret_cast<const char*>(utf8), static_cast<size_t>(size));
  OPENSSL_free(utf8);
  return text;
}

bool SetName(X509_NAME* name, std::string_view common_name) {
  const std::string_view cut = common_name.substr(0, kCommonNameBytesMax);
  return X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8, Bytes(cut),
                                    static_cast<int>(cut.size()), -1, 0) == 1;
}

bool SetSerial(X509* certificate) {
  std::string bytes = RandomBytes(kSerialBytes);
  // Positive, and never shorter than 16 bytes.
  bytes[0] = static_cast<char>((bytes[0] & 0x3f) | 0x40);
  const BignumPtr number(BN_bin2bn(Bytes(bytes), static_cast<int>(bytes.size()), nullptr));
  return number != nullptr && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

bool AddExtension(X509* certificate, X509V3_CTX* context, int nid, const char* value) {
  const ExtensionPtr extension(X509V3_EXT_conf_nid(nullptr, context, nid, value));
  return extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1;
}

// One name of the SAN extension, or none if it cannot be one.
GENERAL_NAME* MakeName(int type, ASN1_STRING* value) {
  GENERAL_NAME* name = GENERAL_NAME_new();
  if (name == nullptr) {
    ASN1_STRING_free(value);
    return nullptr;
  }
  GENERAL_NAME_set0_value(name, type, value);
  return name;
}

GENERAL_NAME* TextName(int type, std::string_view text) {
  ASN1_STRING* value = ASN1_STRING_type_new(V_ASN1_IA5STRING);
  if (value == nullptr || ASN1_STRING_set(value, text.data(), static_cast<int>(text.size())) != 1) {
    ASN1_STRING_free(value);
    return nullptr;
  }
  return MakeName(type, value);
}

GENERAL_NAME* HostName(const std::string& host) {
  ASN1_OCTET_STRING* address = a2i_IPADDRESS(host.c_str());
  if (address != nullptr) return MakeName(GEN_IPADD, address);
  return TextName(GEN_DNS, host);
}

// Takes the names over; none if one of them could not be made.
NamesPtr NamesOf(const std::vector<GENERAL_NAME*>& made) {
  NamesPtr names(GENERAL_NAMES_new());
  bool good = names != nullptr;
  for (GENERAL_NAME* name : made) {
    if (name != nullptr && names != nullptr && sk_GENERAL_NAME_push(names.get(), name) > 0) continue;
    GENERAL_NAME_free(name);
    good = false;
  }
  return good ? std::move(names) : nullptr;
}

bool IsHost(std::string_view host) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == ':';
  };
  return !host.empty() && host.size() <= kHostBytesMax && std::all_of(host.begin(), host.end(), fits);
}

bool IsOfficerId(std::string_view id) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_';
  };
  return !id.empty() && id.size() <= kCommonNameBytesMax && std::all_of(id.begin(), id.end(), fits);
}

absl::Status NameInvalid(std::string_view what) {
  return Refuse(absl::StatusCode::kInvalidArgument, "CERTIFICATE_NAME_INVALID", what);
}

// A certificate with all but its extensions and signature.
absl::StatusOr<X509Ptr> Begin(std::string_view common_name, X509_NAME* issuer, EVP_PKEY* key, int64_t from_s,
                              int64_t until_s) {
  X509Ptr certificate(X509_new());
  const bool good =
      certificate != nullptr && X509_set_version(certificate.get(), X509_VERSION_3) == 1 &&
      SetSerial(certificate.get()) && SetName(X509_get_subject_name(certificate.get()), common_name) &&
      X509_set_issuer_name(certificate.get(),
                           issuer == nullptr ? X509_get_subject_name(certificate.get()) : issuer) == 1 &&
      ASN1_TIME_set(X509_getm_notBefore(certificate.get()), from_s) != nullptr &&
      ASN1_TIME_set(X509_getm_notAfter(certificate.get()), until_s) != nullptr &&
      X509_set_pubkey(certificate.get(), key) == 1;
  if (!good) return CannotIssue("names, times or key do not fit");
  return certificate;
}

// P-256 and RSA sign over SHA-256, Ed25519 over the bytes themselves.
bool SignCertificate(X509* certificate, EVP_PKEY* key) {
  const EVP_MD* digest = EVP_PKEY_is_a(key, "ED25519") == 1 ? nullptr : EVP_sha256();
  return X509_sign(certificate, key, digest) > 0;
}

class OpensslAuthority final : public Authority {
 public:
  OpensslAuthority(X509Ptr certificate, KeyPtr key, int64_t not_after_s)
      : certificate_(std::move(certificate)), key_(std::move(key)), not_after_s_(not_after_s) {}

  absl::StatusOr<std::string> IssueServer(const std::vector<std::string>& hosts,
                                          std::string_view public_key_pem, int64_t now_s,
                                          int32_t days) const override {
    const ErrorScope errors;
    if (hosts.empty()) return NameInvalid("a server's certificate needs a name or address it is called by");
    for (const std::string& host : hosts) {
      if (!IsHost(host)) {
        return NameInvalid(absl::StrCat("\"", host, "\" is no host: write ledger.example.cn or 192.0.2.7"));
      }
    }
    std::vector<GENERAL_NAME*> names;
    for (const std::string& host : hosts) names.push_back(HostName(host));
    return Issue(hosts.front(), NamesOf(names), "serverAuth", public_key_pem, now_s, days);
  }

  absl::StatusOr<std::string> IssueOfficer(std::string_view officer, std::string_view public_key_pem,
                                           int64_t now_s, int32_t days) const override {
    const ErrorScope errors;
    if (!IsOfficerId(officer)) {
      return NameInvalid(absl::StrCat("\"", ToAbsl(officer), "\" is no officer's id"));
    }
    const std::string uri = absl::StrCat(ToAbsl(kOfficerUriPrefix), ToAbsl(officer));
    return Issue(officer, NamesOf({TextName(GEN_URI, uri)}), "clientAuth", public_key_pem, now_s, days);
  }

 private:
  absl::StatusOr<std::string> Issue(std::string_view common_name, const NamesPtr& names, const char* usage,
                                    std::string_view public_key_pem, int64_t now_s, int32_t days) const {
    ASSIGN_OR_RETURN(const X509Ptr made, BeginHolder(common_name, public_key_pem, now_s, days));
    X509* certificate = made.get();
    X509V3_CTX context;
    X509V3_set_ctx(&context, certificate_.get(), certificate, nullptr, nullptr, 0);
    const bool good = names != nullptr &&
                      X509_add1_ext_i2d(certificate, NID_subject_alt_name, names.get(), 0, 0) == 1 &&
                      AddExtension(certificate, &context, NID_basic_constraints, "critical,CA:FALSE") &&
                      AddExtension(certificate, &context, NID_key_usage, "critical,digitalSignature") &&
                      AddExtension(certificate, &context, NID_ext_key_usage, usage) &&
                      AddExtension(certificate, &context, NID_subject_key_identifier, "hash") &&
                      AddExtension(certificate, &context, NID_authority_key_identifier, "keyid") &&
                      SignCertificate(certificate, key_.get());
    if (!good) return CannotIssue("its names, extensions or signature");
    return CertificatePem(certificate);
  }

  absl::StatusOr<X509Ptr> BeginHolder(std::string_view common_name, std::string_view public_key_pem,
                                      int64_t now_s, int32_t days) const {
    if (now_s >= not_after_s_) {
      return Refuse(absl::StatusCode::kFailedPrecondition, "CERTIFICATE_AUTHORITY_EXPIRED",
                    "the authority's own certificate has expired: make a new authority, and issue all "
                    "certificates anew");
    }
    ASSIGN_OR_RETURN(const KeyPtr key, ParsePublicKey(public_key_pem));
    const int64_t until_s = std::min(now_s + days * kSecondsPerDay, not_after_s_);
    return Begin(common_name, X509_get_subject_name(certificate_.get()), key.get(), now_s - kBehindSeconds,
                 until_s);
  }

  const X509Ptr certificate_;
  const KeyPtr key_;
  const int64_t not_after_s_;
};

}  // namespace

std::string Certificate::officer() const {
  std::string officer;
  for (const std::string& uri : uris) {
    if (!uri.starts_with(kOfficerUriPrefix)) continue;
    if (!officer.empty()) return "";
    officer = uri.substr(kOfficerUriPrefix.size());
  }
  return officer;
}

absl::StatusOr<Certificate> ReadCertificate(std::string_view pem) {
  const ErrorScope errors;
  ASSIGN_OR_RETURN(const X509Ptr certificate, ParseCertificate(pem));
  Certificate read;
  const auto not_before_s = SecondsOf(X509_get0_notBefore(certificate.get()));
  const auto not_after_s = SecondsOf(X509_get0_notAfter(certificate.get()));
  if (!not_before_s.has_value() || !not_after_s.has_value()) return Malformed("its times cannot be read");
  read.not_before_s = *not_before_s;
  read.not_after_s = *not_after_s;
  read.common_name = CommonNameOf(X509_get_subject_name(certificate.get()));
  read.serial = SerialOf(certificate.get());
  ReadNames(certificate.get(), &read);
  const BasicPtr basic(static_cast<BASIC_CONSTRAINTS*>(
      X509_get_ext_d2i(certificate.get(), NID_basic_constraints, nullptr, nullptr)));
  read.is_authority = basic != nullptr && basic->ca != 0;
  unsigned char* der = nullptr;
  const int size = i2d_X509(certificate.get(), &der);
  if (size <= 0) return Malformed("it cannot be read");
  read.fingerprint =
      HexEncode(Sha256({reinterpret_cast<const char*>(der), static_cast<size_t>(size)}).view());
  OPENSSL_free(der);
  return read;
}

absl::Status CheckKeyFits(std::string_view certificate_pem, std::string_view key_pem) {
  const ErrorScope errors;
  ASSIGN_OR_RETURN(const X509Ptr certificate, ParseCertificate(certificate_pem));
  ASSIGN_OR_RETURN(const KeyPtr key, ParseKey(key_pem));
  if (X509_check_private_key(certificate.get(), key.get()) == 1) return absl::OkStatus();
  return Refuse(absl::StatusCode::kFailedPrecondition, "CERTIFICATE_KEY_MISMATCH",
                "the private key is not the one of the certificate");
}

absl::Status CheckIssuedBy(std::string_view certificate_pem, std::string_view authority_pem) {
  const ErrorScope errors;
  ASSIGN_OR_RETURN(const X509Ptr certificate, ParseCertificate(certificate_pem));
  ASSIGN_OR_RETURN(const X509Ptr authority, ParseCertificate(authority_pem));
  if (X509_check_issued(authority.get(), certificate.get()) == X509_V_OK &&
      X509_verify(certificate.get(), X509_get0_pubkey(authority.get())) == 1) {
    return absl::OkStatus();
  }
  return Refuse(absl::StatusCode::kFailedPrecondition, "CERTIFICATE_OF_ANOTHER",
                "the certificate was not issued by this authority");
}

absl::StatusOr<Secret> GenerateConnectionKey() {
  const ErrorScope errors;
  const KeyPtr key(EVP_EC_gen("P-256"));
  const BioPtr output(BIO_new(BIO_s_secmem()));  // wiped when freed
  if (key == nullptr || output == nullptr ||
      PEM_write_bio_PKCS8PrivateKey(output.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    return CannotIssue("no key could be made");
  }
  return Secret(Written(output.get()));
}

absl::StatusOr<std::string> PublicKeyOfKey(std::string_view key_pem) {
  const ErrorScope errors;
  ASSIGN_OR_RETURN(const KeyPtr key, ParseKey(key_pem));
  return PublicKeyPem(key.get());
}

absl::StatusOr<std::string> PublicKeyOfCertificate(std::string_view certificate_pem) {
  const ErrorScope errors;
  ASSIGN_OR_RETURN(const X509Ptr certificate, ParseCertificate(certificate_pem));
  return PublicKeyPem(X509_get0_pubkey(certificate.get()));
}

absl::StatusOr<std::string> MakeCertificateRequest(std::string_view key_pem, std::string_view common_name) {
  const ErrorScope errors;
  ASSIGN_OR_RETURN(const KeyPtr key, ParseKey(key_pem));
  const RequestPtr request(X509_REQ_new());
  const BioPtr output(BIO_new(BIO_s_mem()));
  const bool good = request != nullptr && output != nullptr && X509_REQ_set_version(request.get(), 0) == 1 &&
                    SetName(X509_REQ_get_subject_name(request.get()), common_name) &&
                    X509_REQ_set_pubkey(request.get(), key.get()) == 1 &&
                    X509_REQ_sign(request.get(), key.get(), EVP_sha256()) > 0 &&
                    PEM_write_bio_X509_REQ(output.get(), request.get()) == 1;
  if (!good) return CannotIssue("the request");
  return Written(output.get());
}

absl::StatusOr<std::string> PublicKeyOfRequest(std::string_view request_pem, std::string_view holder) {
  const ErrorScope errors;
  const BioPtr input = PemReader(request_pem);
  const RequestPtr request(
      input == nullptr ? nullptr : PEM_read_bio_X509_REQ(input.get(), nullptr, NoPassphrase, nullptr));
  EVP_PKEY* key = request == nullptr ? nullptr : X509_REQ_get0_pubkey(request.get());
  if (key == nullptr || X509_REQ_verify(request.get(), key) != 1) {
    return Refuse(absl::StatusCode::kInvalidArgument, "CERTIFICATE_REQUEST_INVALID",
                  "not a request for a certificate in PEM that its own key signed");
  }
  const std::string named = CommonNameOf(X509_REQ_get_subject_name(request.get()));
  if (!named.empty() && named != holder) {
    return Refuse(absl::StatusCode::kInvalidArgument, "CERTIFICATE_REQUEST_INVALID",
                  absl::StrCat("the request is for a certificate of ", named, ", not of ", ToAbsl(holder)));
  }
  return PublicKeyPem(key);
}

absl::StatusOr<MadeAuthority> Authority::Make(std::string_view name, int64_t now_s, int32_t days) {
  const ErrorScope errors;
  MadeAuthority made;
  ASSIGN_OR_RETURN(made.key, GenerateConnectionKey());
  ASSIGN_OR_RETURN(const KeyPtr key, ParseKey(made.key.view()));
  ASSIGN_OR_RETURN(const X509Ptr certificate,
                   Begin(name, nullptr, key.get(), now_s - kBehindSeconds, now_s + days * kSecondsPerDay));
  X509V3_CTX context;
  X509V3_set_ctx(&context, certificate.get(), certificate.get(), nullptr, nullptr, 0);
  const bool good =
      AddExtension(certificate.get(), &context, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
      AddExtension(certificate.get(), &context, NID_key_usage, "critical,keyCertSign,cRLSign") &&
      AddExtension(certificate.get(), &context, NID_subject_key_identifier, "hash") &&
      SignCertificate(certificate.get(), key.get());
  if (!good) return CannotIssue("the authority's own");
  ASSIGN_OR_RETURN(made.certificate_pem, CertificatePem(certificate.get()));
  return made;
}

absl::StatusOr<std::unique_ptr<Authority>> Authority::Load(std::string_view certificate_pem,
                                                           std::string_view key_pem) {
  ASSIGN_OR_RETURN(const Certificate read, ReadCertificate(certificate_pem));
  if (!read.is_authority) {
    return Refuse(absl::StatusCode::kInvalidArgument, "CERTIFICATE_NOT_OF_AUTHORITY",
                  "this certificate may not issue others: it is no authority's");
  }
  RETURN_IF_ERROR(CheckKeyFits(certificate_pem, key_pem));
  const ErrorScope errors;
  ASSIGN_OR_RETURN(X509Ptr certificate, ParseCertificate(certificate_pem));
  ASSIGN_OR_RETURN(KeyPtr key, ParseKey(key_pem));
  return std::make_unique<OpensslAuthority>(std::move(certificate), std::move(key), read.not_after_s);
}

}  // namespace fundledger::crypto
