#include "ledger/crypto/pkcs8.h"

#include <cstdint>

#include "ledger/base/status.h"
#include "ledger/crypto/digest.h"
#include "ledger/crypto/openssl.h"

#include <openssl/pkcs12.h>

namespace fundledger::crypto {
namespace {

using AlgorithmPtr = std::unique_ptr<X509_ALGOR, Free<X509_ALGOR_free>>;
using EncryptedPtr = std::unique_ptr<X509_SIG, Free<X509_SIG_free>>;

// More memory than N = 2^14 with r = 8 takes is refused by OpenSSL's own reader, so the cost is raised by p.
constexpr uint64_t kScryptN = 1 << 14;
constexpr uint64_t kScryptR = 8;
constexpr uint64_t kScryptP = 5;
constexpr size_t kSaltBytes = 16;

absl::Status Malformed(std::string_view why) {
  return Refuse(absl::StatusCode::kInvalidArgument, "KEY_MALFORMED", why);
}

}  // namespace

bool IsEncryptedKey(std::string_view pem) {
  return pem.find("-----BEGIN ENCRYPTED PRIVATE KEY-----") != std::string_view::npos;
}

absl::StatusOr<std::string> EncryptKey(std::string_view plain_pem, std::string_view passphrase) {
  const ErrorScope errors;
  const BioPtr input = PemReader(plain_pem);
  const Pkcs8Ptr key(input == nullptr
                         ? nullptr
                         : PEM_read_bio_PKCS8_PRIV_KEY_INFO(input.get(), nullptr, NoPassphrase, nullptr));
  if (key == nullptr) return Malformed("not a plain PKCS#8 private key in PEM (BEGIN PRIVATE KEY)");
  std::string salt = RandomBytes(kSaltBytes);
  AlgorithmPtr how(PKCS5_pbe2_set_scrypt(EVP_aes_256_cbc(), Bytes(salt), static_cast<int>(salt.size()),
                                         nullptr, kScryptN, kScryptR, kScryptP));
  const EncryptedPtr encrypted(
      how == nullptr
          ? nullptr
          : PKCS8_set0_pbe(passphrase.data(), static_cast<int>(passphrase.size()), key.get(), how.get()));
  if (encrypted == nullptr) return Malformed("OpenSSL cannot encrypt the key");
  (void)how.release();  // owned by the encrypted key from here
  const BioPtr output(BIO_new(BIO_s_mem()));
  if (output == nullptr || PEM_write_bio_PKCS8(output.get(), encrypted.get()) != 1) {
    return Malformed("OpenSSL cannot write the key");
  }
  return Written(output.get());
}

absl::StatusOr<Secret> DecryptKey(std::string_view pem, std::string_view passphrase) {
  const ErrorScope errors;
  const BioPtr input = PemReader(pem);
  const EncryptedPtr encrypted(
      input == nullptr ? nullptr : PEM_read_bio_PKCS8(input.get(), nullptr, NoPassphrase, nullptr));
  if (encrypted == nullptr) {
    return Malformed("not an encrypted PKCS#8 private key in PEM (BEGIN ENCRYPTED PRIVATE KEY)");
  }
  const Pkcs8Ptr key(PKCS8_decrypt(encrypted.get(), passphrase.data(), static_cast<int>(passphrase.size())));
  if (key == nullptr) {
    return Refuse(absl::StatusCode::kUnauthenticated, "PASSPHRASE_WRONG",
                  "the passphrase does not open this key");
  }
  const BioPtr output(BIO_new(BIO_s_secmem()));  // wiped when freed
  if (output == nullptr || PEM_write_bio_PKCS8_PRIV_KEY_INFO(output.get(), key.get()) != 1) {
    return Malformed("OpenSSL cannot write the key");
  }
  return Secret(Written(output.get()));
}

}  // namespace fundledger::crypto
