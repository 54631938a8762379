// Ed25519 by libsodium, in half of the time that OpenSSL 3.0 takes (docs/adr/0009-ed25519.md). For this
// room's sources only: signature.h is what others use.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace fundledger::crypto {

inline constexpr size_t kEd25519KeyBytes = 32;
inline constexpr size_t kEd25519SignatureBytes = 64;

// Whether libsodium takes the signature. It refuses a few that OpenSSL takes (points of small order, keys not
// in their shortest form) and takes none that OpenSSL refuses: true settles it, false does not.
bool IsGoodEd25519(std::string_view key, std::string_view message, std::string_view signature);

// A private key as libsodium wants it; wiped at its end. Signs as RFC 8032 says, so the same bytes as
// OpenSSL.
class Ed25519Secret {
 public:
  // Both of 32 bytes; `key` is the public key of `seed`.
  Ed25519Secret(std::string_view seed, std::string_view key);
  ~Ed25519Secret();
  Ed25519Secret(const Ed25519Secret&) = delete;
  Ed25519Secret& operator=(const Ed25519Secret&) = delete;

  // Nothing if libsodium cannot be used here.
  std::optional<std::string> Sign(std::string_view message) const;

 private:
  std::array<unsigned char, 2 * kEd25519KeyBytes> bytes_;
};

}  // namespace fundledger::crypto
