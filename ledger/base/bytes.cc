#include "ledger/base/bytes.h"

#include "ledger/base/status.h"

#include "absl/strings/escaping.h"

namespace fundledger {
namespace {

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

template <typename T>
void AppendBigEndian(T value, std::string* out) {
  for (int shift = static_cast<int>(sizeof(T) - 1) * 8; shift >= 0; shift -= 8) {
    out->push_back(static_cast<char>(static_cast<uint8_t>(value >> shift)));
  }
}

template <typename T>
T ReadBigEndian(std::string_view bytes) {
  uint64_t value = 0;
  for (size_t i = 0; i < sizeof(T); ++i) value = value << 8 | static_cast<uint8_t>(bytes[i]);
  return static_cast<T>(value);
}

}  // namespace

std::string HexEncode(std::string_view bytes) {
  return absl::BytesToHexString(ToAbsl(bytes));
}

std::optional<std::string> HexDecode(std::string_view hex) {
  if (hex.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  bytes.reserve(hex.size() / 2);
  for (size_t i = 0; i < hex.size(); i += 2) {
    const int high = HexValue(hex[i]);
    const int low = HexValue(hex[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes.push_back(static_cast<char>(high * 16 + low));
  }
  return bytes;
}

std::string Base64Encode(std::string_view bytes) {
  return absl::Base64Escape(ToAbsl(bytes));
}

std::optional<std::string> Base64Decode(std::string_view text) {
  std::string bytes;
  // abseil's decoder forgives white space, missing padding and stray bits, so that several texts would name
  // the same bytes; only the one its encoder gives is let through.
  if (!absl::Base64Unescape(ToAbsl(text), &bytes) || Base64Encode(bytes) != text) return std::nullopt;
  return bytes;
}

void AppendBigEndian16(uint16_t value, std::string* out) {
  AppendBigEndian(value, out);
}
void AppendBigEndian32(uint32_t value, std::string* out) {
  AppendBigEndian(value, out);
}
void AppendBigEndian64(uint64_t value, std::string* out) {
  AppendBigEndian(value, out);
}
uint16_t ReadBigEndian16(std::string_view bytes) {
  return ReadBigEndian<uint16_t>(bytes);
}
uint32_t ReadBigEndian32(std::string_view bytes) {
  return ReadBigEndian<uint32_t>(bytes);
}
uint64_t ReadBigEndian64(std::string_view bytes) {
  return ReadBigEndian<uint64_t>(bytes);
}

}  // namespace fundledger
