#include "ledger/crypto/digest.h"

#include <climits>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include <openssl/evp.h>
#include <openssl/rand.h>

namespace fundledger::crypto {
namespace {

// A machine that cannot hash can neither keep a ledger nor report why in one.
[[noreturn]] void Die(const char* what) {
  (void)std::fprintf(stderr, "OpenSSL cannot compute %s\n", what);
  std::abort();
}

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

EVP_MD* Fetch(const char* name) {
  EVP_MD* algorithm = EVP_MD_fetch(nullptr, name, nullptr);
  if (algorithm == nullptr) Die(name);
  return algorithm;
}

Hash256 Digest(const EVP_MD* algorithm, std::initializer_list<std::string_view> parts) {
  // One context a thread: allocating one costs as much as hashing a node of the tree.
  static thread_local const std::unique_ptr<EVP_MD_CTX, FreeContext> context(EVP_MD_CTX_new());
  Hash256 hash;
  unsigned int size = 0;
  bool good = context != nullptr && EVP_DigestInit_ex2(context.get(), algorithm, nullptr) == 1;
  for (const std::string_view part : parts) {
    good = good && EVP_DigestUpdate(context.get(), part.data(), part.size()) == 1;
  }
  good =
      good && EVP_DigestFinal_ex(context.get(), hash.bytes.data(), &size) == 1 && size == hash.bytes.size();
  if (!good) Die("a digest");
  return hash;
}

}  // namespace

Hash256 Sha256(std::initializer_list<std::string_view> parts) {
  static const EVP_MD* const algorithm =
      Fetch("SHA256");  // for the life of the process: looking it up is slow
  return Digest(algorithm, parts);
}

Hash256 Sm3(std::string_view bytes) {
  static const EVP_MD* const algorithm = Fetch("SM3");
  return Digest(algorithm, {bytes});
}

std::string RandomBytes(size_t count) {
  std::string bytes(count, '\0');
  if (count > INT_MAX ||
      RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(count)) != 1) {
    Die("random bytes");
  }
  return bytes;
}

}  // namespace fundledger::crypto
