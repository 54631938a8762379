#include "ledger/crypto/ed25519.h"

#include <cassert>
#include <cstring>

#include <sodium.h>

namespace fundledger::crypto {
namespace {

static_assert(kEd25519KeyBytes == crypto_sign_ed25519_PUBLICKEYBYTES);
static_assert(kEd25519KeyBytes == crypto_sign_ed25519_SEEDBYTES);
static_assert(kEd25519SignatureBytes == crypto_sign_ed25519_BYTES);
static_assert(2 * kEd25519KeyBytes == crypto_sign_ed25519_SECRETKEYBYTES);

// Its own rule: nothing else of it is called before.
bool IsReady() {
  static const bool ready = ::sodium_init() >= 0;
  return ready;
}

const unsigned char* Data(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

bool IsGoodEd25519(std::string_view key, std::string_view message, std::string_view signature) {
  return IsReady() && key.size() == kEd25519KeyBytes && signature.size() == kEd25519SignatureBytes &&
         ::crypto_sign_ed25519_verify_detached(Data(signature), Data(message), message.size(), Data(key)) ==
             0;
}

Ed25519Secret::Ed25519Secret(std::string_view seed, std::string_view key) {
  assert(seed.size() == kEd25519KeyBytes && key.size() == kEd25519KeyBytes);
  std::memcpy(bytes_.data(), seed.data(), kEd25519KeyBytes);
  std::memcpy(bytes_.data() + kEd25519KeyBytes, key.data(), kEd25519KeyBytes);
}

Ed25519Secret::~Ed25519Secret() {
  ::sodium_memzero(bytes_.data(), bytes_.size());
}

std::optional<std::string> Ed25519Secret::Sign(std::string_view message) const {
  std::string signature(kEd25519SignatureBytes, '\0');
  auto* const out = reinterpret_cast<unsigned char*>(signature.data());
  if (!IsReady() ||
      ::crypto_sign_ed25519_detached(out, nullptr, Data(message), message.size(), bytes_.data()) != 0) {
    return std::nullopt;
  }
  return signature;
}

}  // namespace fundledger::crypto
