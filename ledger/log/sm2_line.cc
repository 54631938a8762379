#include "ledger/log/sm2_line.h"

#include <vector>

#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "ledger/log/note.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace fundledger::log {
namespace {

constexpr uint8_t kTypePrivate = 0xff;
constexpr std::string_view kSm2Type = "fundledger/sm2/v1";

absl::Status Malformed(std::string_view why) {
  return Refuse(absl::StatusCode::kInvalidArgument, "VERIFIER_KEY_MALFORMED",
                absl::StrCat("the SM2 verifier key ", ToAbsl(why)));
}

uint32_t KeyIdOf(std::string_view name, std::string_view point) {
  return NoteKeyId(name, kTypePrivate, absl::StrCat(ToAbsl(kSm2Type), ToAbsl(point)));
}

}  // namespace

absl::StatusOr<Sm2Verifier> Sm2Verifier::Parse(std::string_view verifier_key) {
  const std::vector<std::string> parts = absl::StrSplit(ToAbsl(verifier_key), absl::MaxSplits('+', 2));
  if (parts.size() != 3 || parts[0].empty()) return Malformed("is not NAME+ID+KEY");
  const auto bytes = Base64Decode(parts[2]);
  const std::string type = absl::StrCat(std::string(1, static_cast<char>(kTypePrivate)), ToAbsl(kSm2Type));
  if (!bytes.has_value() || !bytes->starts_with(type)) {
    return Malformed("is not of type FF, fundledger/sm2/v1");
  }
  const crypto::PublicKey key{crypto::Algorithm::kSm2, bytes->substr(type.size())};
  // Written in one way only: name, id and key are what the key gives.
  if (VerifierKey(parts[0], key) != verifier_key) {
    return Malformed("has an id that is not its key's: a character was lost or changed");
  }
  auto decoded = crypto::Verifier::Make(key);
  if (!decoded.ok()) return Malformed(absl::StrCat("cannot be used: ", decoded.status().message()));
  return Sm2Verifier{parts[0], KeyIdOf(parts[0], key.bytes), *std::move(decoded)};
}

absl::StatusOr<std::string> AddSm2Line(std::string_view note, const crypto::Signer& signer) {
  ASSIGN_OR_RETURN(const Note parsed, ParseNote(note));
  ASSIGN_OR_RETURN(const Checkpoint checkpoint, ParseCheckpointText(parsed.text));
  const crypto::PublicKey& key = signer.public_key();
  if (key.algorithm != crypto::Algorithm::kSm2) {
    return Refuse(absl::StatusCode::kInvalidArgument, "NOTE_MALFORMED",
                  "the note would get an SM2 line by a key that is not SM2");
  }
  ASSIGN_OR_RETURN(const std::string signature, signer.Sign(parsed.text));
  std::string bytes;
  AppendBigEndian32(KeyIdOf(checkpoint.origin, key.bytes), &bytes);
  bytes.append(signature);
  return absl::StrCat(ToAbsl(note), "\u2014 ", checkpoint.origin, " ", Base64Encode(bytes), "\n");
}

absl::Status CheckSm2Line(std::string_view note, const Sm2Verifier& verifier) {
  ASSIGN_OR_RETURN(const Note parsed, ParseNote(note));
  bool verified = false;
  for (const NoteSignature& signature : parsed.signatures) {
    if (signature.name != verifier.name || signature.key_id != verifier.key_id) continue;
    if (!verifier.key->Verify(parsed.text, signature.signature).ok()) {
      return Refuse(
          absl::StatusCode::kUnauthenticated, "NOTE_UNVERIFIED",
          absl::StrCat("the note has an SM2 line of ", verifier.name, " that does not fit its text"));
    }
    verified = true;
  }
  if (verified) return absl::OkStatus();
  return Refuse(absl::StatusCode::kUnauthenticated, "NOTE_UNVERIFIED",
                absl::StrCat("the note has no SM2 line of ", verifier.name, " by the key given"));
}

}  // namespace fundledger::log
