// CRC-64/XZ: polynomial 0x42F0E1EBA9EA3693 (ECMA-182) reflected, initial value and final xor all ones; the
// checksum of the .xz file format (section 6 of its specification). Against accidents, not against people.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace fundledger::store {

namespace internal {

constexpr std::array<uint64_t, 256> MakeCrc64Table() {
  constexpr uint64_t kPolynomialReflected = 0xC96C5795D7870F42;
  std::array<uint64_t, 256> table{};
  for (uint64_t i = 0; i < 256; ++i) {
    uint64_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ ((value & 1) != 0 ? kPolynomialReflected : 0);
    table[i] = value;
  }
  return table;
}

inline constexpr std::array<uint64_t, 256> kCrc64Table = MakeCrc64Table();

}  // namespace internal

constexpr uint64_t Crc64(std::string_view bytes) {
  uint64_t crc = ~uint64_t{0};
  for (const char c : bytes) crc = (crc >> 8) ^ internal::kCrc64Table[(crc ^ static_cast<uint8_t>(c)) & 0xFF];
  return ~crc;
}

// The check value that catalogues of CRCs give for CRC-64/XZ.
static_assert(Crc64("123456789") == 0x995DC9BBDF1939FA);

}  // namespace fundledger::store
