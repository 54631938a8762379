#include "ledger/log/note.h"

#include <optional>

#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "ledger/base/utf8.h"
#include "ledger/crypto/digest.h"
#include "ledger/log/lines.h"

#include "absl/strings/str_cat.h"

namespace fundledger::log {
namespace {

constexpr size_t kNoteBytesMax = 128 << 10;
// As Go's reader of notes has it. Each signature of a known key costs a verification, whoever wrote them.
constexpr size_t kSignaturesMax = 100;
constexpr uint8_t kTypeEd25519 = 0x01;
constexpr uint8_t kTypePrivate = 0xff;
constexpr std::string_view kSm2Type = "fundledger/sm2/v1";
constexpr std::string_view kSignaturePrefix = "— ";
constexpr size_t kKeyIdBytes = 4;

absl::Status Malformed(std::string_view why) {
  return Refuse(absl::StatusCode::kInvalidArgument, "NOTE_MALFORMED", absl::StrCat("the note ", ToAbsl(why)));
}

absl::Status Unverified(std::string_view why) {
  return Refuse(absl::StatusCode::kUnauthenticated, "NOTE_UNVERIFIED",
                absl::StrCat("the note ", ToAbsl(why)));
}

// UTF-8 without control characters but newline.
absl::Status CheckCharacters(std::string_view text) {
  std::string_view rest = text;
  while (!rest.empty()) {
    const auto code = TakeCodePoint(&rest);
    if (!code.has_value()) return Malformed(absl::StrCat("is not UTF-8 at byte ", text.size() - rest.size()));
    if ((*code < 0x20 && *code != '\n') || *code == 0x7f) {
      return Malformed(absl::StrCat("has a control character before byte ", text.size() - rest.size()));
    }
  }
  return absl::OkStatus();
}

// One line without its newline: "— NAME BASE64".
std::optional<NoteSignature> ReadSignature(std::string_view line) {
  if (!line.starts_with(kSignaturePrefix)) return std::nullopt;
  line.remove_prefix(kSignaturePrefix.size());
  const size_t space = line.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  const std::string_view name = line.substr(0, space);
  const auto bytes = Base64Decode(line.substr(space + 1));
  if (!IsKeyName(name) || !bytes.has_value() || bytes->size() <= kKeyIdBytes) return std::nullopt;
  return NoteSignature{std::string(name), ReadBigEndian32(*bytes), bytes->substr(kKeyIdBytes)};
}

// Type and key bytes, as they are hashed into a key id and written in a verifier key.
std::pair<uint8_t, std::string> Typed(const crypto::PublicKey& key) {
  if (key.algorithm == crypto::Algorithm::kEd25519) return {kTypeEd25519, key.bytes};
  return {kTypePrivate, absl::StrCat(ToAbsl(kSm2Type), key.bytes)};
}

absl::Status CheckpointMalformed(std::string_view why) {
  return Refuse(absl::StatusCode::kInvalidArgument, "CHECKPOINT_MALFORMED",
                absl::StrCat("the checkpoint ", ToAbsl(why)));
}

}  // namespace

uint32_t NoteKeyId(std::string_view name, uint8_t type, std::string_view key) {
  const char type_byte = static_cast<char>(type);
  return ReadBigEndian32(crypto::Sha256({name, "\n", {&type_byte, 1}, key}).view());
}

std::string VerifierKey(std::string_view name, const crypto::PublicKey& key) {
  const auto [type, bytes] = Typed(key);
  return FormatVerifierKey(name, type, bytes);
}

absl::StatusOr<NoteVerifier> NoteVerifier::Parse(std::string_view verifier_key) {
  ASSIGN_OR_RETURN(VerifierKeyParts parts, ParseVerifierKey(verifier_key));
  if (parts.type != kTypeEd25519) return VerifierKeyMalformed("is not of type 01, Ed25519");
  auto key = crypto::Verifier::Make({crypto::Algorithm::kEd25519, std::move(parts.key)});
  if (!key.ok()) return VerifierKeyMalformed(absl::StrCat("cannot be used: ", key.status().message()));
  return NoteVerifier{std::move(parts.name), parts.key_id, *std::move(key)};
}

bool IsSameKey(const NoteVerifier& one, const NoteVerifier& other) {
  return one.name == other.name && one.key->public_key() == other.key->public_key();
}

absl::StatusOr<Note> ParseNote(std::string_view note) {
  if (note.size() > kNoteBytesMax) return Malformed(absl::StrCat("has ", note.size(), " bytes, too many"));
  RETURN_IF_ERROR(CheckCharacters(note));
  const size_t split = note.rfind("\n\n");
  if (split == std::string_view::npos) return Malformed("has no empty line before its signatures");
  Note parsed;
  parsed.text = std::string(note.substr(0, split + 1));
  std::string_view rest = note.substr(split + 2);
  if (rest.empty()) return Malformed("has no signatures");
  while (!rest.empty()) {
    const auto line = TakeUntil(&rest, '\n');
    if (!line.has_value()) return Malformed("does not end in a newline");
    if (parsed.signatures.size() == kSignaturesMax)
      return Malformed(absl::StrCat("has more than ", kSignaturesMax, " signatures"));
    auto signature = ReadSignature(*line);
    if (!signature.has_value()) {
      return Malformed(absl::StrCat("has a bad signature line: ", Quote(*line)));
    }
    parsed.signatures.push_back(*std::move(signature));
  }
  return parsed;
}

absl::StatusOr<Note> OpenNote(std::string_view note, const std::vector<NoteVerifier>& known) {
  ASSIGN_OR_RETURN(Note parsed, ParseNote(note));
  bool verified = false;
  for (const NoteSignature& signature : parsed.signatures) {
    for (const NoteVerifier& verifier : known) {
      if (signature.name != verifier.name || signature.key_id != verifier.key_id) continue;
      if (!verifier.key->Verify(parsed.text, signature.signature).ok()) {
        return Unverified(absl::StrCat("has a signature of ", verifier.name, " that does not fit its text"));
      }
      verified = true;
    }
  }
  if (!verified) return Unverified("has no signature by a known key");
  return parsed;
}

absl::StatusOr<std::string> SignNote(std::string_view text, std::string_view name,
                                     const crypto::Signer& signer) {
  if (!text.ends_with('\n')) return Malformed("has a text without a final newline");
  RETURN_IF_ERROR(CheckCharacters(text));
  if (!IsKeyName(name))
    return Malformed("would be signed under a name that is empty or holds white space or '+'");
  const crypto::PublicKey& key = signer.public_key();
  if (key.algorithm != crypto::Algorithm::kEd25519)
    return Malformed("would be signed by a key that is not Ed25519");
  ASSIGN_OR_RETURN(const std::string signature, signer.Sign(text));
  std::string note = absl::StrCat(ToAbsl(text), "\n",
                                  SignatureLine(name, NoteKeyId(name, kTypeEd25519, key.bytes), signature));
  if (note.size() > kNoteBytesMax) return Malformed("would be too long");
  return note;
}

std::string FormatCheckpoint(const Checkpoint& checkpoint) {
  return absl::StrCat(checkpoint.origin, "\n", checkpoint.size, "\n", Base64Encode(checkpoint.root.view()),
                      "\n");
}

absl::StatusOr<Checkpoint> ParseCheckpointText(std::string_view text) {
  if (!text.ends_with('\n')) return CheckpointMalformed("does not end in a newline");
  std::string_view rest = text;
  const auto origin = TakeUntil(&rest, '\n');
  const auto size_line = TakeUntil(&rest, '\n');
  const auto root_line = TakeUntil(&rest, '\n');  // what follows are extensions, which mean nothing here
  if (!root_line.has_value()) return CheckpointMalformed("has fewer than three lines");
  if (origin->empty()) return CheckpointMalformed("has no origin");
  const auto size = ReadNumber(*size_line);
  if (!size.has_value()) return CheckpointMalformed("has a size that is not a plain number");
  const auto root_bytes = Base64Decode(*root_line);
  const auto root = root_bytes.has_value() ? Hash256::FromBytes(*root_bytes) : std::nullopt;
  if (!root.has_value()) return CheckpointMalformed("has a root that is not 32 bytes in base64");
  return Checkpoint{std::string(*origin), *size, *root};
}

absl::StatusOr<std::string> SignCheckpoint(const Checkpoint& checkpoint, const crypto::Signer& signer) {
  return SignNote(FormatCheckpoint(checkpoint), checkpoint.origin, signer);
}

absl::StatusOr<Checkpoint> OpenCheckpoint(std::string_view note, const NoteVerifier& log) {
  ASSIGN_OR_RETURN(const Note opened, OpenNote(note, {log}));
  ASSIGN_OR_RETURN(Checkpoint checkpoint, ParseCheckpointText(opened.text));
  if (checkpoint.origin != log.name) {
    return Unverified(
        absl::StrCat("is a checkpoint of ", Quote(checkpoint.origin), ", signed by ", log.name));
  }
  return checkpoint;
}

}  // namespace fundledger::log
