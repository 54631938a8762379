#include "ledger/crypto/time_stamp.h"

#include <algorithm>
#include <ctime>
#include <optional>
#include <utility>
#include <vector>

#include <openssl/objects.h>
#include <openssl/ts.h>

#include "ledger/base/bytes.h"
#include "ledger/base/hash256.h"
#include "ledger/base/status.h"
#include "ledger/crypto/digest.h"
#include "ledger/crypto/openssl.h"

#include "absl/strings/str_cat.h"
#include <openssl/pkcs7.h>
#include <openssl/x509v3.h>

namespace fundledger::crypto {
namespace {

using RequestPtr = std::unique_ptr<TS_REQ, Free<TS_REQ_free>>;
using ResponsePtr = std::unique_ptr<TS_RESP, Free<TS_RESP_free>>;
using ImprintPtr = std::unique_ptr<TS_MSG_IMPRINT, Free<TS_MSG_IMPRINT_free>>;
using AlgorithmPtr = std::unique_ptr<X509_ALGOR, Free<X509_ALGOR_free>>;
using IntegerPtr = std::unique_ptr<ASN1_INTEGER, Free<ASN1_INTEGER_free>>;
using X509Ptr = std::unique_ptr<X509, Free<X509_free>>;
using StorePtr = std::unique_ptr<X509_STORE, Free<X509_STORE_free>>;

constexpr size_t kNonceBytes = 8;
// OpenSSL's level of 112 bits: RSA from 2048, and no SHA-1 under a certificate.
constexpr int kSecurityLevel = 2;
constexpr int kDigestBytesMin = 32;
// What an authority says of itself goes into messages only so far.
constexpr size_t kTextBytesMax = 200;

absl::Status Malformed(std::string_view what) {
  return Refuse(absl::StatusCode::kInvalidArgument, "TIME_STAMP_MALFORMED",
                absl::StrCat("not an answer of a time-stamping authority: ", ToAbsl(what)));
}

absl::Status Refused(std::string_view reason, std::string_view what) {
  return Refuse(absl::StatusCode::kFailedPrecondition, reason, what);
}

absl::Status NotMade(std::string_view what) {
  return Refuse(absl::StatusCode::kInternal, "TIME_STAMP_NOT_MADE",
                absl::StrCat("OpenSSL cannot make the request for a time stamp: ", ToAbsl(what)));
}

// What OpenSSL last complained of, with the detail it gave.
std::string LastComplaint() {
  const char* detail = nullptr;
  int flags = 0;
  const unsigned long code = ERR_peek_last_error_all(nullptr, nullptr, nullptr, &detail, &flags);
  const char* why = code == 0 ? nullptr : ERR_reason_error_string(code);
  std::string text = why == nullptr ? "its signature is not in order" : why;
  if (detail != nullptr && (flags & ERR_TXT_STRING) != 0 && *detail != '\0')
    absl::StrAppend(&text, ", ", detail);
  return text;
}

absl::Status Unverified(std::string_view why) {
  return Refuse(absl::StatusCode::kUnauthenticated, "TIME_STAMP_UNVERIFIED",
                absl::StrCat("the time stamp is not by one of the given authorities: ", ToAbsl(why)));
}

// Strangers' text, fit for one line.
std::string Printable(std::string_view text) {
  std::string out(text.substr(0, kTextBytesMax));
  std::replace_if(
      out.begin(), out.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return out;
}

std::string BytesOf(const ASN1_STRING* text) {
  return text == nullptr ? std::string()
                         : std::string(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                                       static_cast<size_t>(ASN1_STRING_length(text)));
}

// Big-endian, without leading zeros; nothing for a negative number.
std::optional<std::string> Unsigned(const ASN1_INTEGER* number) {
  const BignumPtr value(number == nullptr ? nullptr : ASN1_INTEGER_to_BN(number, nullptr));
  if (value == nullptr || BN_is_negative(value.get()) == 1) return std::nullopt;
  std::string bytes(static_cast<size_t>(BN_num_bytes(value.get())), '\0');
  BN_bn2bin(value.get(), reinterpret_cast<unsigned char*>(bytes.data()));
  return bytes;
}

// --- the authorities ---

absl::StatusOr<std::vector<X509Ptr>> ParseAuthorities(std::string_view pem) {
  const BioPtr input = PemReader(pem);
  std::vector<X509Ptr> certificates;
  while (input != nullptr) {
    X509Ptr certificate(PEM_read_bio_X509(input.get(), nullptr, NoPassphrase, nullptr));
    if (certificate == nullptr) break;
    if (X509_check_ca(certificate.get()) == 0) {
      return Refuse(absl::StatusCode::kInvalidArgument, "CERTIFICATE_NOT_OF_AUTHORITY",
                    absl::StrCat("certificate ", certificates.size() + 1,
                                 " may not issue others: give the authority's root, and those between"));
    }
    certificates.push_back(std::move(certificate));
  }
  // The end of the file is OpenSSL's "no start line"; anything else is a block that cannot be read.
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  if (certificates.empty() || !at_end) {
    return Refuse(absl::StatusCode::kInvalidArgument, "CERTIFICATE_MALFORMED",
                  absl::StrCat("certificate ", certificates.size() + 1,
                               " of the time-stamping authorities is not one in PEM (BEGIN CERTIFICATE)"));
  }
  return certificates;
}

// A store in which certificates are judged at `time_s`.
absl::StatusOr<StorePtr> StoreAt(std::string_view authorities_pem, int64_t time_s) {
  ASSIGN_OR_RETURN(const std::vector<X509Ptr> certificates, ParseAuthorities(authorities_pem));
  StorePtr store(X509_STORE_new());
  bool good = store != nullptr;
  for (const X509Ptr& certificate : certificates) {
    good = good && X509_STORE_add_cert(store.get(), certificate.get()) == 1;
  }
  if (!good) return Unverified("OpenSSL does not take their certificates");
  X509_VERIFY_PARAM* param = X509_STORE_get0_param(store.get());
  X509_VERIFY_PARAM_set_time(param, time_s);
  X509_VERIFY_PARAM_set_auth_level(param, kSecurityLevel);
  return store;
}

// --- the answer ---

// What parses and does not encode to the same bytes is refused: there is one form of an answer, and nothing
// beside it.
absl::StatusOr<ResponsePtr> ParseResponse(std::string_view der) {
  if (der.size() > kTimeStampBytesMax) return Malformed("it is too long");
  const unsigned char* at = Bytes(der);
  ResponsePtr response(d2i_TS_RESP(nullptr, &at, static_cast<long>(der.size())));
  if (response == nullptr) return Malformed("not a TimeStampResp (RFC 3161) in DER");
  unsigned char* encoded = nullptr;
  const int size = i2d_TS_RESP(response.get(), &encoded);
  const bool same =
      size > 0 && std::string_view(reinterpret_cast<char*>(encoded), static_cast<size_t>(size)) == der;
  OPENSSL_free(encoded);
  if (!same) return Malformed("its bytes are not the DER of what they say");
  return response;
}

absl::Status CheckGranted(TS_RESP* response) {
  const TS_STATUS_INFO* info = TS_RESP_get_status_info(response);
  int64_t status = -1;
  if (ASN1_INTEGER_get_int64(&status, TS_STATUS_INFO_get0_status(info)) != 1) return Malformed("no status");
  if (status == TS_STATUS_GRANTED || status == TS_STATUS_GRANTED_WITH_MODS) return absl::OkStatus();
  std::string said;
  const STACK_OF(ASN1_UTF8STRING)* texts = TS_STATUS_INFO_get0_text(info);
  for (int i = 0; i < sk_ASN1_UTF8STRING_num(texts); ++i) {
    absl::StrAppend(&said, said.empty() ? "" : "; ", BytesOf(sk_ASN1_UTF8STRING_value(texts, i)));
  }
  return Refused("TIME_STAMP_REJECTED", absl::StrCat("the authority gave no time stamp (status ", status,
                                                     "): ", said.empty() ? "no word why" : Printable(said)));
}

absl::Status CheckImprint(TS_TST_INFO* info, std::string_view bytes) {
  TS_MSG_IMPRINT* imprint = TS_TST_INFO_get_msg_imprint(info);
  const X509_ALGOR* algorithm = imprint == nullptr ? nullptr : TS_MSG_IMPRINT_get_algo(imprint);
  if (algorithm == nullptr) return Malformed("no imprint");
  const ASN1_OBJECT* digest = nullptr;
  X509_ALGOR_get0(&digest, nullptr, nullptr, algorithm);
  if (OBJ_obj2nid(digest) != NID_sha256 || BytesOf(TS_MSG_IMPRINT_get_msg(imprint)) != Sha256(bytes).view()) {
    return Refused("TIME_STAMP_OF_OTHER_BYTES", "the time stamp is over other bytes, or not over SHA-256");
  }
  return absl::OkStatus();
}

absl::Status CheckNonce(const TS_TST_INFO* info, std::string_view nonce) {
  if (nonce.empty()) return absl::OkStatus();
  if (Unsigned(TS_TST_INFO_get_nonce(info)) == std::string(nonce)) return absl::OkStatus();
  return Refused("TIME_STAMP_NONCE_MISMATCH", "the time stamp answers another request");
}

// RFC 3161, 2.4.2: YYYYMMDDhhmmss[.s…]Z, in UTC, never without seconds.
std::optional<int64_t> TimeMicros(const ASN1_GENERALIZEDTIME* time) {
  const std::string text = BytesOf(time);
  tm civil{};
  if (time == nullptr || text.size() < 15 || text.back() != 'Z' || ASN1_TIME_to_tm(time, &civil) != 1)
    return std::nullopt;
  int64_t micros = 0;
  if (text.size() > 15) {
    const std::string_view fraction(text.data() + 15, text.size() - 16);
    if (text[14] != '.' || fraction.empty()) return std::nullopt;
    int64_t unit = 100'000;
    for (const char c : fraction) {
      if (c < '0' || c > '9') return std::nullopt;
      micros += (c - '0') * unit;
      unit /= 10;
    }
  }
  const int64_t seconds = ::timegm(&civil);
  if (seconds < 0) return std::nullopt;
  return seconds * 1'000'000 + micros;
}

// 0 where nothing is said.
std::optional<int64_t> Part(const ASN1_INTEGER* number, int64_t max) {
  int64_t value = 0;
  if (number == nullptr) return 0;
  if (ASN1_INTEGER_get_int64(&value, number) != 1 || value < 0 || value > max) return std::nullopt;
  return value;
}

absl::StatusOr<int64_t> AccuracyMicros(TS_TST_INFO* info) {
  const TS_ACCURACY* accuracy = TS_TST_INFO_get_accuracy(info);
  if (accuracy == nullptr) return 0;
  const auto seconds = Part(TS_ACCURACY_get_seconds(accuracy), INT32_MAX);
  const auto millis = Part(TS_ACCURACY_get_millis(accuracy), 999);
  const auto micros = Part(TS_ACCURACY_get_micros(accuracy), 999);
  if (!seconds.has_value() || !millis.has_value() || !micros.has_value()) return Malformed("its accuracy");
  const int64_t total = *seconds * 1'000'000 + *millis * 1000 + *micros;
  if (total <= kTimeStampAccuracyMaxUs) return total;
  return Refused("TIME_STAMP_INACCURATE", absl::StrCat("the authority may be off by ", *seconds,
                                                       " s; more than 60 s shows too little"));
}

std::string Dotted(const ASN1_OBJECT* object) {
  char text[kTextBytesMax] = {};
  const int size = object == nullptr ? -1 : OBJ_obj2txt(text, sizeof text, object, /*no_name=*/1);
  return size <= 0 || static_cast<size_t>(size) >= sizeof text ? std::string() : std::string(text);
}

// All but the signature.
absl::StatusOr<StampedTime> ReadInfo(TS_TST_INFO* info, std::string_view bytes, std::string_view nonce) {
  if (TS_TST_INFO_get_version(info) != 1) return Malformed("a version unknown here");
  for (int i = 0; i < TS_TST_INFO_get_ext_count(info); ++i) {
    if (X509_EXTENSION_get_critical(TS_TST_INFO_get_ext(info, i)) == 1)
      return Malformed("a critical extension unknown here");
  }
  RETURN_IF_ERROR(CheckImprint(info, bytes));
  RETURN_IF_ERROR(CheckNonce(info, nonce));
  StampedTime stamped;
  const auto time_us = TimeMicros(TS_TST_INFO_get_time(info));
  if (!time_us.has_value()) return Malformed("its time");
  stamped.time_us = *time_us;
  ASSIGN_OR_RETURN(stamped.accuracy_us, AccuracyMicros(info));
  stamped.policy = Dotted(TS_TST_INFO_get_policy_id(info));
  const auto serial = Unsigned(TS_TST_INFO_get_serial(info));
  if (stamped.policy.empty() || !serial.has_value()) return Malformed("its policy or serial number");
  stamped.serial = serial->empty() ? "00" : HexEncode(*serial);
  return stamped;
}

bool IsStrong(PKCS7* token) {
  const STACK_OF(PKCS7_SIGNER_INFO)* signers = PKCS7_get_signer_info(token);
  if (sk_PKCS7_SIGNER_INFO_num(signers) != 1) return false;
  const X509_ALGOR* algorithm = sk_PKCS7_SIGNER_INFO_value(signers, 0)->digest_alg;
  const EVP_MD* digest = algorithm == nullptr ? nullptr : EVP_get_digestbyobj(algorithm->algorithm);
  return digest != nullptr && EVP_MD_get_size(digest) >= kDigestBytesMin;
}

std::string CommonNameOf(X509* certificate) {
  char text[kTextBytesMax] = {};
  const int size = X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, text,
                                             static_cast<int>(sizeof text));
  return size <= 0 ? std::string() : Printable({text, static_cast<size_t>(size)});
}

}  // namespace

absl::StatusOr<TimeStampRequest> MakeTimeStampRequest(std::string_view bytes) {
  const ErrorScope errors;
  TimeStampRequest made;
  made.nonce = RandomBytes(kNonceBytes);
  // Never shorter than 8 bytes.
  made.nonce[0] = static_cast<char>((made.nonce[0] & 0x3f) | 0x40);
  Hash256 digest = Sha256(bytes);
  std::string imprint_bytes(digest.view());
  const BignumPtr number(BN_bin2bn(Bytes(made.nonce), kNonceBytes, nullptr));
  const IntegerPtr nonce(number == nullptr ? nullptr : BN_to_ASN1_INTEGER(number.get(), nullptr));
  const RequestPtr request(TS_REQ_new());
  const ImprintPtr imprint(TS_MSG_IMPRINT_new());
  const AlgorithmPtr algorithm(X509_ALGOR_new());
  const bool good =
      nonce != nullptr && request != nullptr && imprint != nullptr && algorithm != nullptr &&
      X509_ALGOR_set0(algorithm.get(), OBJ_nid2obj(NID_sha256), V_ASN1_NULL, nullptr) == 1 &&
      TS_MSG_IMPRINT_set_algo(imprint.get(), algorithm.get()) == 1 &&
      TS_MSG_IMPRINT_set_msg(imprint.get(), reinterpret_cast<unsigned char*>(imprint_bytes.data()),
                             static_cast<int>(imprint_bytes.size())) == 1 &&
      TS_REQ_set_version(request.get(), 1) == 1 &&
      TS_REQ_set_msg_imprint(request.get(), imprint.get()) == 1 &&
      TS_REQ_set_nonce(request.get(), nonce.get()) == 1 && TS_REQ_set_cert_req(request.get(), 1) == 1;
  if (!good) return NotMade(LastComplaint());
  unsigned char* der = nullptr;
  const int size = i2d_TS_REQ(request.get(), &der);
  if (size <= 0) return NotMade("it cannot be written");
  made.der.assign(reinterpret_cast<char*>(der), static_cast<size_t>(size));
  OPENSSL_free(der);
  return made;
}

absl::Status CheckTimeStampAuthorities(std::string_view authorities_pem) {
  const ErrorScope errors;
  return ParseAuthorities(authorities_pem).status();
}

absl::StatusOr<StampedTime> VerifyTimeStamp(std::string_view response, std::string_view bytes,
                                            std::string_view authorities_pem, std::string_view nonce) {
  const ErrorScope errors;
  ASSIGN_OR_RETURN(const ResponsePtr parsed, ParseResponse(response));
  RETURN_IF_ERROR(CheckGranted(parsed.get()));
  PKCS7* token = TS_RESP_get_token(parsed.get());
  TS_TST_INFO* info = TS_RESP_get_tst_info(parsed.get());
  if (token == nullptr || info == nullptr) return Malformed("no token");
  ASSIGN_OR_RETURN(StampedTime stamped, ReadInfo(info, bytes, nonce));
  ASSIGN_OR_RETURN(const StorePtr store, StoreAt(authorities_pem, stamped.time_us / 1'000'000));
  if (!IsStrong(token)) return Unverified("it is not signed once, under SHA-256 or stronger");
  X509* signer = nullptr;
  const int verified = TS_RESP_verify_signature(token, nullptr, store.get(), &signer);
  const X509Ptr owned(signer);
  if (verified != 1 || signer == nullptr) return Unverified(LastComplaint());
  stamped.signer = CommonNameOf(signer);
  return stamped;
}

}  // namespace fundledger::crypto
