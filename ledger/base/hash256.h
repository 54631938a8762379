// A 32-byte digest as a type of its own, so that a hash is never confused with other bytes.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace fundledger {

struct Hash256 {
  std::array<uint8_t, 32> bytes{};

  // The hash in `raw`, or nothing unless that is 32 bytes.
  static std::optional<Hash256> FromBytes(std::string_view raw) {
    if (raw.size() != 32) return std::nullopt;
    Hash256 hash;
    std::memcpy(hash.bytes.data(), raw.data(), 32);
    return hash;
  }

  std::string_view view() const { return {reinterpret_cast<const char*>(bytes.data()), 32}; }
  std::string str() const { return std::string(view()); }
  bool operator==(const Hash256&) const = default;
  auto operator<=>(const Hash256&) const = default;
};

// Position of a record in the log, from 0.
using Sequence = uint64_t;

}  // namespace fundledger
