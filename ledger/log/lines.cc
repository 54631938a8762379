#include "ledger/log/lines.h"

#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "ledger/base/utf8.h"
#include "ledger/log/note.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace fundledger::log {
namespace {

constexpr size_t kKeyIdBytes = 4;

// White space as Unicode has it, which is how other implementations split a line.
bool IsSpace(char32_t c) {
  return c == ' ' || (c >= 0x09 && c <= 0x0d) || c == 0x85 || c == 0xa0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f ||
         c == 0x3000;
}

}  // namespace

std::optional<std::string_view> TakeUntil(std::string_view* text, char separator) {
  const size_t at = text->find(separator);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view taken = text->substr(0, at);
  text->remove_prefix(at + 1);
  return taken;
}

std::optional<uint64_t> ReadNumber(std::string_view text) {
  uint64_t number = 0;
  if (!absl::SimpleAtoi(ToAbsl(text), &number) || absl::StrCat(number) != text) return std::nullopt;
  return number;
}

std::optional<std::vector<Hash256>> TakeHashes(size_t max, std::string_view* text) {
  std::vector<Hash256> hashes;
  while (true) {
    const auto line = TakeUntil(text, '\n');
    if (!line.has_value()) return std::nullopt;
    if (line->empty()) return hashes;
    const auto bytes = Base64Decode(*line);
    const auto hash = bytes.has_value() ? Hash256::FromBytes(*bytes) : std::nullopt;
    if (!hash.has_value() || hashes.size() == max) return std::nullopt;
    hashes.push_back(*hash);
  }
}

std::string FormatHashes(const std::vector<Hash256>& hashes) {
  std::string lines;
  for (const Hash256& hash : hashes) absl::StrAppend(&lines, Base64Encode(hash.view()), "\n");
  return lines;
}

bool IsKeyName(std::string_view name) {
  if (name.empty()) return false;
  while (!name.empty()) {
    const auto code = TakeCodePoint(&name);
    if (!code.has_value() || IsSpace(*code) || *code < 0x20 || *code == 0x7f || *code == '+') return false;
  }
  return true;
}

std::string SignatureLine(std::string_view name, uint32_t key_id, std::string_view signature) {
  std::string bytes;
  AppendBigEndian32(key_id, &bytes);
  bytes.append(signature);
  return absl::StrCat("— ", ToAbsl(name), " ", Base64Encode(bytes), "\n");
}

absl::Status VerifierKeyMalformed(std::string_view why) {
  return Refuse(absl::StatusCode::kInvalidArgument, "VERIFIER_KEY_MALFORMED",
                absl::StrCat("the verifier key ", ToAbsl(why)));
}

absl::StatusOr<VerifierKeyParts> ParseVerifierKey(std::string_view verifier_key) {
  std::string_view rest = verifier_key;
  const auto name = TakeUntil(&rest, '+');
  const auto id_hex = name.has_value() ? TakeUntil(&rest, '+') : std::nullopt;
  if (!id_hex.has_value()) return VerifierKeyMalformed("is not NAME+ID+KEY");
  if (!IsKeyName(*name)) return VerifierKeyMalformed("has no name, or one with white space");
  const auto id = HexDecode(*id_hex);
  const auto key = Base64Decode(rest);
  if (!id.has_value() || id->size() != kKeyIdBytes) {
    return VerifierKeyMalformed("has an id that is not 8 hex digits");
  }
  if (!key.has_value() || key->empty()) return VerifierKeyMalformed("has a key that is not base64");
  VerifierKeyParts parts{std::string(*name), ReadBigEndian32(*id), static_cast<uint8_t>((*key)[0]),
                         key->substr(1)};
  if (parts.key_id != NoteKeyId(parts.name, parts.type, parts.key)) {
    return VerifierKeyMalformed("has an id that is not its key's: a character was lost or changed");
  }
  return parts;
}

std::string FormatVerifierKey(std::string_view name, uint8_t type, std::string_view key) {
  std::string id;
  AppendBigEndian32(NoteKeyId(name, type, key), &id);
  return absl::StrCat(ToAbsl(name), "+", HexEncode(id), "+",
                      Base64Encode(absl::StrCat(std::string(1, static_cast<char>(type)), ToAbsl(key))));
}

}  // namespace fundledger::log
