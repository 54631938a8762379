// CRC-64/XZ: polynomial 0x42F0E1EBA9EA3693 (ECMA-182) reflected, initial value and final xor all ones; the
// checksum of the .xz file format (section 6 of its specification). Against accidents, not against people.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace fundledger::store {

namespace internal {

// Table k: what a byte adds to the checksum when k more bytes follow it, so that eight are taken at once.
using Crc64Tables = std::array<std::array<uint64_t, 256>, 8>;

constexpr Crc64Tables MakeCrc64Tables() {
  constexpr uint64_t kPolynomialReflected = 0xC96C5795D7870F42;
  Crc64Tables tables{};
  for (uint64_t i = 0; i < 256; ++i) {
    uint64_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ ((value & 1) != 0 ? kPolynomialReflected : 0);
    tables[0][i] = value;
  }
  for (size_t k = 1; k < tables.size(); ++k) {
    for (size_t i = 0; i < 256; ++i) {
      const uint64_t before = tables[k - 1][i];
      tables[k][i] = (before >> 8) ^ tables[0][before & 0xFF];
    }
  }
  return tables;
}

inline constexpr Crc64Tables kCrc64Tables = MakeCrc64Tables();

}  // namespace internal

constexpr uint64_t Crc64(std::string_view bytes) {
  const internal::Crc64Tables& tables = internal::kCrc64Tables;
  uint64_t crc = ~uint64_t{0};
  for (; bytes.size() >= 8; bytes.remove_prefix(8)) {
    uint64_t word = 0;
    for (int i = 7; i >= 0; --i) word = word << 8 | static_cast<uint8_t>(bytes[static_cast<size_t>(i)]);
    word ^= crc;
    crc = 0;
    for (size_t i = 0; i < 8; ++i) crc ^= tables[7 - i][(word >> (8 * i)) & 0xFF];
  }
  for (const char c : bytes) crc = (crc >> 8) ^ tables[0][(crc ^ static_cast<uint8_t>(c)) & 0xFF];
  return ~crc;
}

// The check value that catalogues of CRCs give for CRC-64/XZ.
static_assert(Crc64("123456789") == 0x995DC9BBDF1939FA);

}  // namespace fundledger::store
