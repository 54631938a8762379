// DSSE 1.0.2 envelopes, as protobuf (fundledger.v1.Envelope).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ledger/crypto/signature.h"

#include "absl/status/statusor.h"

namespace fundledger::crypto {

inline constexpr std::string_view kSubmissionType = "application/vnd.fundledger.submission.v1+protobuf";
inline constexpr std::string_view kKeyProofType = "application/vnd.fundledger.key.v1";
inline constexpr std::string_view kAnswerType = "application/vnd.fundledger.answer.v1+protobuf";

// The bytes that are signed: "DSSEv1 " ‖ len(type) ‖ " " ‖ type ‖ " " ‖ len(body) ‖ " " ‖ body.
std::string PreAuthEncoding(std::string_view type, std::string_view body);

struct OpenedEnvelope {
  std::string payload;
  std::string payload_type;
  std::vector<std::string> signatures;
};

// An envelope around `payload`, signed by each of `signers` in order.
absl::StatusOr<std::string> SealEnvelope(std::string_view type, std::string_view payload,
                                         const std::vector<const Signer*>& signers);
// Reads an envelope strictly: no unknown field, nothing the parse does not account for, at least one
// signature, no key id. Verifies nothing. INVALID_ARGUMENT, reason ENVELOPE_MALFORMED.
absl::StatusOr<OpenedEnvelope> OpenEnvelope(std::string_view bytes);

}  // namespace fundledger::crypto
