// What the files of this room share of OpenSSL: objects that free themselves, and its error queue left alone.
// For this room's sources only: what others need of OpenSSL has a header of ours.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>

#include <openssl/x509.h>

namespace fundledger::crypto {

template <auto Function>
struct Free {
  template <typename T>
  void operator()(T* object) const {
    Function(object);
  }
};
// OpenSSL wipes private keys when it frees these.
using KeyPtr = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using KeyContextPtr = std::unique_ptr<EVP_PKEY_CTX, Free<EVP_PKEY_CTX_free>>;
using DigestContextPtr = std::unique_ptr<EVP_MD_CTX, Free<EVP_MD_CTX_free>>;
using BioPtr = std::unique_ptr<BIO, Free<BIO_free_all>>;
using BignumPtr = std::unique_ptr<BIGNUM, Free<BN_free>>;
using EcdsaSignaturePtr = std::unique_ptr<ECDSA_SIG, Free<ECDSA_SIG_free>>;
using Pkcs8Ptr = std::unique_ptr<PKCS8_PRIV_KEY_INFO, Free<PKCS8_PRIV_KEY_INFO_free>>;
using ParamBuilderPtr = std::unique_ptr<OSSL_PARAM_BLD, Free<OSSL_PARAM_BLD_free>>;
using ParamsPtr = std::unique_ptr<OSSL_PARAM, Free<OSSL_PARAM_free>>;

// Leaves the thread's error queue as it was: TLS on the same thread reads it and would take our failure for
// its own.
class ErrorScope {
 public:
  ErrorScope() { ERR_set_mark(); }
  ~ErrorScope() { ERR_pop_to_mark(); }
  ErrorScope(const ErrorScope&) = delete;
  ErrorScope& operator=(const ErrorScope&) = delete;
};

inline const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// No PEM file of ours is longer; OpenSSL counts in int.
inline constexpr size_t kPemBytesMax = 64 << 10;

// A reader over `pem`, which outlives it; none if it is too long to be one.
inline BioPtr PemReader(std::string_view pem) {
  return BioPtr(pem.size() > kPemBytesMax ? nullptr
                                          : BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

// For every reader of PEM: what is encrypted in OpenSSL's old way ("Proc-Type: 4,ENCRYPTED") is refused.
// Without it OpenSSL asks for the passphrase at the terminal.
inline int NoPassphrase(char*, int, int, void*) {
  return -1;
}

// What was written into a memory BIO.
inline std::string Written(BIO* bio) {
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio, &text);
  return size <= 0 ? std::string() : std::string(text, static_cast<size_t>(size));
}

}  // namespace fundledger::crypto
