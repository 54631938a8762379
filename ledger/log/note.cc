#include "ledger/log/note.h"

#include <optional>

#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "ledger/base/utf8.h"
#include "ledger/crypto/digest.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace fundledger::log {
namespace {

constexpr size_t kNoteBytesMax = 128 << 10;
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

// White space as Unicode has it, which is how other implementations split a line.
bool IsSpace(char32_t c) {
  return c == ' ' || (c >= 0x09 && c <= 0x0d) || c == 0x85 || c == 0xa0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f ||
         c == 0x3000;
}

bool IsName(std::string_view name) {
  if (name.empty()) return false;
  while (!name.empty()) {
    const auto code = TakeCodePoint(&name);
    if (!code.has_value() || IsSpace(*code) || *code < 0x20 || *code == 0x7f || *code == '+') return false;
  }
  return true;
}

// One line without its newline: "— NAME BASE64".
std::optional<NoteSignature> ReadSignature(std::string_view line) {
  if (!line.starts_with(kSignaturePrefix)) return std::nullopt;
  line.remove_prefix(kSignaturePrefix.size());
  const size_t space = line.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  const std::string_view name = line.substr(0, space);
  const auto bytes = Base64Decode(line.substr(space + 1));
  if (!IsName(name) || !bytes.has_value() || bytes->size() <= kKeyIdBytes) return std::nullopt;
  return NoteSignature{std::string(name), ReadBigEndian32(*bytes), bytes->substr(kKeyIdBytes)};
}

// Type and key bytes, as they are hashed into a key id and written in a verifier key.
std::pair<uint8_t, std::string> Typed(const crypto::PublicKey& key) {
  if (key.algorithm == crypto::Algorithm::kEd25519) return {kTypeEd25519, key.bytes};
  return {kTypePrivate, absl::StrCat(ToAbsl(kSm2Type), key.bytes)};
}

// Takes the text before the first `separator` off `text`.
std::optional<std::string_view> TakeUntil(std::string_view* text, char separator) {
  const size_t at = text->find(separator);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view taken = text->substr(0, at);
  text->remove_prefix(at + 1);
  return taken;
}

absl::Status CheckpointMalformed(std::string_view why) {
  return Refuse(absl::StatusCode::kInvalidArgument, "CHECKPOINT_MALFORMED",
                absl::StrCat("the checkpoint ", ToAbsl(why)));
}

// A size as it must be written: digits, no sign, no leading zero.
std::optional<uint64_t> ReadSize(std::string_view text) {
  uint64_t size = 0;
  if (!absl::SimpleAtoi(ToAbsl(text), &size) || absl::StrCat(size) != text) return std::nullopt;
  return size;
}

}  // namespace

uint32_t NoteKeyId(std::string_view name, uint8_t type, std::string_view key) {
  const char type_byte = static_cast<char>(type);
  return ReadBigEndian32(crypto::Sha256({name, "\n", {&type_byte, 1}, key}).view());
}

std::string VerifierKey(std::string_view name, const crypto::PublicKey& key) {
  const auto [type, bytes] = Typed(key);
  std::string id;
  AppendBigEndian32(NoteKeyId(name, type, bytes), &id);
  return absl::StrCat(ToAbsl(name), "+", HexEncode(id), "+",
                      Base64Encode(std::string(1, static_cast<char>(type)) + bytes));
}

absl::StatusOr<NoteVerifier> NoteVerifier::Parse(std::string_view verifier_key) {
  const auto malformed = [](std::string_view why) {
    return Refuse(absl::StatusCode::kInvalidArgument, "VERIFIER_KEY_MALFORMED",
                  absl::StrCat("the verifier key ", ToAbsl(why)));
  };
  std::string_view rest = verifier_key;
  const auto name = TakeUntil(&rest, '+');
  const auto id_hex = name.has_value() ? TakeUntil(&rest, '+') : std::nullopt;
  if (!id_hex.has_value()) return malformed("is not NAME+ID+KEY");
  if (!IsName(*name)) return malformed("has no name, or one with white space");
  const auto id = HexDecode(*id_hex);
  const auto key = Base64Decode(rest);
  if (!id.has_value() || id->size() != kKeyIdBytes) return malformed("has an id that is not 8 hex digits");
  if (!key.has_value() || key->empty()) return malformed("has a key that is not base64");
  if (static_cast<uint8_t>((*key)[0]) != kTypeEd25519) return malformed("is not of type 01, Ed25519");
  const crypto::PublicKey public_key{crypto::Algorithm::kEd25519, key->substr(1)};
  NoteVerifier verifier;
  verifier.name = std::string(*name);
  verifier.key_id = ReadBigEndian32(*id);
  if (verifier.key_id != NoteKeyId(*name, kTypeEd25519, public_key.bytes)) {
    return malformed("has an id that is not its key's: a character was lost or changed");
  }
  auto decoded = crypto::Verifier::Make(public_key);
  if (!decoded.ok()) return malformed(absl::StrCat("cannot be used: ", decoded.status().message()));
  verifier.key = *std::move(decoded);
  return verifier;
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
  if (!IsName(name))
    return Malformed("would be signed under a name that is empty or holds white space or '+'");
  const crypto::PublicKey& key = signer.public_key();
  if (key.algorithm != crypto::Algorithm::kEd25519)
    return Malformed("would be signed by a key that is not Ed25519");
  ASSIGN_OR_RETURN(const std::string signature, signer.Sign(text));
  std::string bytes;
  AppendBigEndian32(NoteKeyId(name, kTypeEd25519, key.bytes), &bytes);
  bytes.append(signature);
  std::string note = absl::StrCat(ToAbsl(text), "\n", ToAbsl(kSignaturePrefix), ToAbsl(name), " ",
                                  Base64Encode(bytes), "\n");
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
  const auto size = ReadSize(*size_line);
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
