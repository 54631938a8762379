// Time stamps (RFC 3161): an authority signs that certain bytes existed at a time.
//
//   auto asked = MakeTimeStampRequest(note);            // to be sent as application/timestamp-query
//   auto time = VerifyTimeStamp(answer, note, authorities_pem, asked->nonce);
//
// An answer is kept whole; `openssl ts -verify -data NOTE -in ANSWER -CAfile AUTHORITIES` takes it as well.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace fundledger::crypto {

// No answer is longer: one with a chain of certificates is some 6 KB.
inline constexpr size_t kTimeStampBytesMax = 64 << 10;
// An authority that says it may be further off is of no use here.
inline constexpr int64_t kTimeStampAccuracyMaxUs = 60'000'000;

struct TimeStampRequest {
  std::string der;    // TimeStampReq
  std::string nonce;  // big-endian, without leading zeros
};
// Asks for a stamp over SHA-256 of `bytes`, with a fresh nonce of 8 bytes and the authority's certificate in
// the answer. INTERNAL, reason TIME_STAMP_NOT_MADE.
absl::StatusOr<TimeStampRequest> MakeTimeStampRequest(std::string_view bytes);

// What an authority said.
struct StampedTime {
  int64_t time_us = 0;      // microseconds since 1970 UTC
  int64_t accuracy_us = 0;  // so much it may be off; 0: it does not say
  std::string policy;       // object identifier, dotted, of the policy it stamps by
  std::string serial;       // the stamp's number, hex
  std::string signer;       // common name in its certificate
  bool operator==(const StampedTime&) const = default;
};

// Whether `authorities_pem` holds certificates of authorities, at least one, and nothing unreadable.
// INVALID_ARGUMENT, reason CERTIFICATE_MALFORMED, CERTIFICATE_NOT_OF_AUTHORITY.
absl::Status CheckTimeStampAuthorities(std::string_view authorities_pem);

// Verifies a whole TimeStampResp, DER, over `bytes`: granted, over SHA-256 of these bytes, with `nonce`
// unless that is empty, signed by a certificate for time stamping alone that leads to a self-signed one among
// `authorities_pem`. Certificates are judged at the stamp's own time, so that a stamp stays good when they
// have expired; whether they were revoked is not looked at. Digests below SHA-256 and keys below 112 bits are
// refused. Errors of CheckTimeStampAuthorities; INVALID_ARGUMENT, reason TIME_STAMP_MALFORMED;
// FAILED_PRECONDITION, reasons TIME_STAMP_REJECTED, TIME_STAMP_OF_OTHER_BYTES, TIME_STAMP_NONCE_MISMATCH,
// TIME_STAMP_INACCURATE; UNAUTHENTICATED, reason TIME_STAMP_UNVERIFIED.
absl::StatusOr<StampedTime> VerifyTimeStamp(std::string_view response, std::string_view bytes,
                                            std::string_view authorities_pem, std::string_view nonce = "");

}  // namespace fundledger::crypto
