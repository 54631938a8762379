// Keys that sign and verify. Ed25519 (RFC 8032), and SM2 with SM3 under the distinguishing id
// 1234567812345678.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace fundledger::crypto {

// Numbers as in fundledger.v1.KeyAlgorithm.
enum class Algorithm { kEd25519 = 1, kSm2 = 2 };

struct PublicKey {
  Algorithm algorithm = Algorithm::kEd25519;
  std::string bytes;  // Ed25519: 32; SM2: 65, the uncompressed point
  bool operator==(const PublicKey&) const = default;
};

// Holds a private key. Thread-safe.
class Signer {
 public:
  virtual ~Signer() = default;
  virtual const PublicKey& public_key() const = 0;
  // Ed25519: 64 bytes; SM2: r ‖ s, 64 bytes. INTERNAL if the key cannot sign.
  virtual absl::StatusOr<std::string> Sign(std::string_view message) const = 0;
};

// Ed25519 from its 32-byte seed. INVALID_ARGUMENT, reason KEY_MALFORMED.
absl::StatusOr<std::unique_ptr<Signer>> Ed25519FromSeed(std::string_view seed);
// A fresh key.
absl::StatusOr<std::unique_ptr<Signer>> GenerateKey(Algorithm algorithm);
// PKCS#8 PEM, unencrypted. INVALID_ARGUMENT, reason KEY_MALFORMED.
absl::StatusOr<std::unique_ptr<Signer>> SignerFromPem(std::string_view pem);
// PKCS#8 PEM of a signer made by one of the above.
absl::StatusOr<std::string> SignerToPem(const Signer& signer);

// A public key, decoded once, for many verifications. Thread-safe.
class Verifier {
 public:
  // INVALID_ARGUMENT, reason KEY_MALFORMED.
  static absl::StatusOr<std::shared_ptr<const Verifier>> Make(const PublicKey& key);
  virtual ~Verifier() = default;
  virtual const PublicKey& public_key() const = 0;
  // UNAUTHENTICATED, reason SIGNATURE_INVALID, unless `signature` over `message` is by this key.
  virtual absl::Status Verify(std::string_view message, std::string_view signature) const = 0;
};

}  // namespace fundledger::crypto
