// Hex, base64 and big-endian integers. Decoders are strict: what they accept, the encoder gives back.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace fundledger {

// Lower-case hex.
std::string HexEncode(std::string_view bytes);
// Nothing for an odd length or a character that is not a hex digit (either case is read).
std::optional<std::string> HexDecode(std::string_view hex);

// RFC 4648 base64 with padding.
std::string Base64Encode(std::string_view bytes);
// Nothing unless `text` is exactly what Base64Encode gives: padded, no white space, no stray bits.
std::optional<std::string> Base64Decode(std::string_view text);

void AppendBigEndian16(uint16_t value, std::string* out);
void AppendBigEndian32(uint32_t value, std::string* out);
void AppendBigEndian64(uint64_t value, std::string* out);
// `bytes` holds at least 2, 4 or 8.
uint16_t ReadBigEndian16(std::string_view bytes);
uint32_t ReadBigEndian32(std::string_view bytes);
uint64_t ReadBigEndian64(std::string_view bytes);

}  // namespace fundledger
