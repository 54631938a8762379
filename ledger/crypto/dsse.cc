#include "ledger/crypto/dsse.h"

#include <climits>

#include "fundledger/v1/envelope.pb.h"
#include "ledger/base/status.h"

#include "absl/strings/str_cat.h"

namespace fundledger::crypto {
namespace {

absl::Status Malformed(std::string_view why) {
  return Refuse(absl::StatusCode::kInvalidArgument, "ENVELOPE_MALFORMED",
                absl::StrCat("the envelope ", ToAbsl(why)));
}

bool HasUnknownFields(const google::protobuf::Message& message) {
  return !message.GetReflection()->GetUnknownFields(message).empty();
}

}  // namespace

std::string PreAuthEncoding(std::string_view type, std::string_view body) {
  return absl::StrCat("DSSEv1 ", type.size(), " ", ToAbsl(type), " ", body.size(), " ", ToAbsl(body));
}

absl::StatusOr<std::string> SealEnvelope(std::string_view type, std::string_view payload,
                                         const std::vector<const Signer*>& signers) {
  v1::Envelope envelope;
  envelope.set_payload(std::string(payload));
  envelope.set_payload_type(std::string(type));
  const std::string signed_bytes = PreAuthEncoding(type, payload);
  for (const Signer* signer : signers) {
    ASSIGN_OR_RETURN(std::string signature, signer->Sign(signed_bytes));
    // No key id: nobody may trust one, and it would be kept for ever.
    envelope.add_signatures()->set_sig(std::move(signature));
  }
  std::string bytes;
  if (!envelope.SerializeToString(&bytes)) return Malformed("is too large to be written");
  return bytes;
}

absl::StatusOr<OpenedEnvelope> OpenEnvelope(std::string_view bytes) {
  v1::Envelope envelope;
  if (bytes.size() > INT_MAX || !envelope.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return Malformed("is not a protobuf message of its kind");
  }
  bool unknown = HasUnknownFields(envelope);
  bool unsigned_entry = envelope.signatures().empty();
  bool has_key_id = false;
  for (const v1::EnvelopeSignature& signature : envelope.signatures()) {
    unknown = unknown || HasUnknownFields(signature);
    unsigned_entry = unsigned_entry || signature.sig().empty();
    has_key_id = has_key_id || !signature.keyid().empty();
  }
  if (unknown) return Malformed("has a field that is not known");
  // A field given twice, a default written out, a length in more bytes than it needs: the parser forgives
  // them, and each would let the same signed payload stand in the log as other bytes.
  if (envelope.ByteSizeLong() != bytes.size()) {
    return Malformed(
        absl::StrCat("has ", bytes.size(), " bytes where its content needs ", envelope.ByteSizeLong()));
  }
  if (unsigned_entry) return Malformed("lacks a signature");
  // No signature covers a key id: anybody on the way could write into the log for ever what no rule has read.
  if (has_key_id) return Malformed("names a key id, which nothing signs and nothing needs: leave it out");
  OpenedEnvelope opened;
  opened.payload = std::move(*envelope.mutable_payload());
  opened.payload_type = std::move(*envelope.mutable_payload_type());
  for (v1::EnvelopeSignature& signature : *envelope.mutable_signatures()) {
    opened.signatures.push_back(std::move(*signature.mutable_sig()));
  }
  return opened;
}

}  // namespace fundledger::crypto
