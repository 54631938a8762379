#include "ledger/log/cosignature.h"

#include <limits>

#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "ledger/log/lines.h"

#include "absl/strings/str_cat.h"

namespace fundledger::log {
namespace {

constexpr uint8_t kTypeCosignature = 0x04;
constexpr size_t kTimeBytes = 8;
constexpr uint64_t kTimeMax = std::numeric_limits<int64_t>::max();

// The header keeps a cosignature from ever being a signature of the note itself.
std::string SignedBytes(uint64_t time_s, std::string_view checkpoint_text) {
  return absl::StrCat("cosignature/v1\ntime ", time_s, "\n", ToAbsl(checkpoint_text));
}

absl::Status Malformed(std::string_view why) {
  return Refuse(absl::StatusCode::kInvalidArgument, "NOTE_MALFORMED",
                absl::StrCat("the cosignature ", ToAbsl(why)));
}

}  // namespace

absl::StatusOr<WitnessVerifier> WitnessVerifier::Parse(std::string_view verifier_key) {
  ASSIGN_OR_RETURN(VerifierKeyParts parts, ParseVerifierKey(verifier_key));
  if (parts.type != kTypeCosignature) {
    return VerifierKeyMalformed("is not of type 04, a witness's Ed25519 key");
  }
  auto key = crypto::Verifier::Make({crypto::Algorithm::kEd25519, std::move(parts.key)});
  if (!key.ok()) return VerifierKeyMalformed(absl::StrCat("cannot be used: ", key.status().message()));
  return WitnessVerifier{std::move(parts.name), parts.key_id, *std::move(key)};
}

std::string WitnessKey(std::string_view name, const crypto::PublicKey& key) {
  return FormatVerifierKey(name, kTypeCosignature, key.bytes);
}

absl::StatusOr<std::string> Cosign(std::string_view checkpoint_text, uint64_t time_s, std::string_view name,
                                   const crypto::Signer& signer) {
  RETURN_IF_ERROR(ParseCheckpointText(checkpoint_text).status());
  if (!IsKeyName(name)) return Malformed("has a name that is empty or holds white space or '+'");
  if (time_s > kTimeMax) return Malformed("has a time over 2^63 - 1 seconds");
  const crypto::PublicKey& key = signer.public_key();
  if (key.algorithm != crypto::Algorithm::kEd25519) return Malformed("would be by a key that is not Ed25519");
  ASSIGN_OR_RETURN(const std::string signature, signer.Sign(SignedBytes(time_s, checkpoint_text)));
  std::string timestamped;
  AppendBigEndian64(time_s, &timestamped);
  timestamped.append(signature);
  return SignatureLine(name, NoteKeyId(name, kTypeCosignature, key.bytes), timestamped);
}

absl::StatusOr<std::vector<Cosignature>> OpenCosignatures(const Note& note,
                                                          const std::vector<WitnessVerifier>& witnesses) {
  std::vector<Cosignature> verified;
  for (const NoteSignature& line : note.signatures) {
    for (const WitnessVerifier& witness : witnesses) {
      if (line.name != witness.name || line.key_id != witness.key_id) continue;
      const bool has_time = line.signature.size() > kTimeBytes;
      const uint64_t time_s = has_time ? ReadBigEndian64(line.signature) : 0;
      if (!has_time || time_s > kTimeMax ||
          !witness.key
               ->Verify(SignedBytes(time_s, note.text), std::string_view(line.signature).substr(kTimeBytes))
               .ok()) {
        return Refuse(absl::StatusCode::kUnauthenticated, "NOTE_UNVERIFIED",
                      absl::StrCat("the note has a cosignature of ", witness.name,
                                   " that does not fit its text and time"));
      }
      verified.push_back({witness.name, witness.key_id, time_s});
    }
  }
  return verified;
}

}  // namespace fundledger::log
