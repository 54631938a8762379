#include "ledger/crypto/signature.h"

#include <algorithm>
#include <array>
#include <optional>

#include <openssl/core_names.h>

#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "ledger/crypto/ed25519.h"
#include "ledger/crypto/openssl.h"

namespace fundledger::crypto {
namespace {

constexpr size_t kSm2PointBytes = 65;
constexpr size_t kCoordinateBytes = 32;
constexpr size_t kSignatureBytes = 64;
// GB/T 35276: the id where parties have agreed on no other. OpenSSL's default is empty, and others'
// verification would fail.
constexpr std::string_view kSm2Id = "1234567812345678";

absl::Status KeyMalformed(std::string_view why) {
  return Refuse(absl::StatusCode::kInvalidArgument, "KEY_MALFORMED", why);
}

absl::Status CannotSign(std::string_view why) {
  return Refuse(absl::StatusCode::kInternal, "KEY_CANNOT_SIGN", why);
}

// After DigestSignInit or DigestVerifyInit, and before the first byte: from then on the id is part of what is
// hashed.
bool SetId(Algorithm algorithm, EVP_PKEY_CTX* context) {
  if (algorithm != Algorithm::kSm2) return true;
  return EVP_PKEY_CTX_set1_id(context, kSm2Id.data(), static_cast<int>(kSm2Id.size())) == 1;
}

// Ed25519 hashes as part of signing and takes no digest of ours.
const char* DigestName(Algorithm algorithm) {
  return algorithm == Algorithm::kSm2 ? "SM3" : nullptr;
}

bool AppendPadded(const BIGNUM* number, std::string* out) {
  std::array<unsigned char, kCoordinateBytes> bytes;
  if (number == nullptr ||
      BN_bn2binpad(number, bytes.data(), kCoordinateBytes) != static_cast<int>(kCoordinateBytes)) {
    return false;
  }
  out->append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return true;
}

// r ‖ s of a DER signature.
std::optional<std::string> RawFromDer(std::string_view der) {
  const unsigned char* at = Bytes(der);
  const EcdsaSignaturePtr parsed(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
  std::string raw;
  if (parsed == nullptr || !AppendPadded(ECDSA_SIG_get0_r(parsed.get()), &raw) ||
      !AppendPadded(ECDSA_SIG_get0_s(parsed.get()), &raw)) {
    return std::nullopt;
  }
  return raw;
}

std::optional<std::string> DerFromRaw(std::string_view raw) {
  BignumPtr r(BN_bin2bn(Bytes(raw), kCoordinateBytes, nullptr));
  BignumPtr s(BN_bin2bn(Bytes(raw.substr(kCoordinateBytes)), kCoordinateBytes, nullptr));
  const EcdsaSignaturePtr signature(ECDSA_SIG_new());
  if (r == nullptr || s == nullptr || signature == nullptr) return std::nullopt;
  if (ECDSA_SIG_set0(signature.get(), r.get(), s.get()) != 1) return std::nullopt;
  (void)r.release();  // owned by the signature from here
  (void)s.release();
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(signature.get(), &der);
  if (size <= 0) return std::nullopt;
  std::string bytes(reinterpret_cast<const char*>(der), static_cast<size_t>(size));
  OPENSSL_free(der);
  return bytes;
}

absl::StatusOr<PublicKey> PublicKeyOf(EVP_PKEY* key) {
  if (EVP_PKEY_is_a(key, "ED25519") == 1) {
    PublicKey result{Algorithm::kEd25519, std::string(kEd25519KeyBytes, '\0')};
    size_t size = result.bytes.size();
    auto* out = reinterpret_cast<unsigned char*>(result.bytes.data());
    if (EVP_PKEY_get_raw_public_key(key, out, &size) == 1 && size == kEd25519KeyBytes) return result;
  } else if (EVP_PKEY_is_a(key, "SM2") == 1) {
    // From the coordinates: the encoded point would come out compressed where the key came in so.
    BIGNUM* x = nullptr;
    BIGNUM* y = nullptr;
    const bool got_x = EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_EC_PUB_X, &x) == 1;
    const bool got_y = EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_EC_PUB_Y, &y) == 1;
    const BignumPtr own_x(x);
    const BignumPtr own_y(y);
    PublicKey result{Algorithm::kSm2, std::string(1, '\x04')};
    if (got_x && got_y && AppendPadded(x, &result.bytes) && AppendPadded(y, &result.bytes)) return result;
  }
  return KeyMalformed("the key is neither Ed25519 nor SM2");
}

class OpensslSigner final : public Signer {
 public:
  OpensslSigner(KeyPtr key, PublicKey public_key) : key_(std::move(key)), public_key_(std::move(public_key)) {
    if (public_key_.algorithm == Algorithm::kEd25519) LoadEd25519();
  }

  const PublicKey& public_key() const override { return public_key_; }

  absl::StatusOr<std::string> Sign(std::string_view message) const override {
    if (ed25519_.has_value()) {
      if (std::optional<std::string> signature = ed25519_->Sign(message)) return *std::move(signature);
    }
    const ErrorScope errors;
    const DigestContextPtr context(EVP_MD_CTX_new());
    EVP_PKEY_CTX* key_context = nullptr;  // the digest context's own
    std::array<unsigned char, 128> bytes;
    size_t size = bytes.size();
    const bool good = context != nullptr &&
                      EVP_DigestSignInit_ex(context.get(), &key_context, DigestName(public_key_.algorithm),
                                            nullptr, nullptr, key_.get(), nullptr) == 1 &&
                      SetId(public_key_.algorithm, key_context) &&
                      EVP_DigestSign(context.get(), bytes.data(), &size, Bytes(message), message.size()) == 1;
    if (!good) return CannotSign("OpenSSL cannot sign with this key");
    std::string signature(reinterpret_cast<const char*>(bytes.data()), size);
    if (public_key_.algorithm == Algorithm::kEd25519) return signature;
    auto raw = RawFromDer(signature);
    if (!raw.has_value()) return CannotSign("OpenSSL gave an SM2 signature that is not one");
    return *std::move(raw);
  }

  // For SignerToPem.
  EVP_PKEY* key() const { return key_.get(); }

 private:
  // A key that does not show its bytes goes on signing by OpenSSL.
  void LoadEd25519() {
    std::string seed(kEd25519KeyBytes, '\0');
    size_t size = seed.size();
    auto* const out = reinterpret_cast<unsigned char*>(seed.data());
    const bool got = EVP_PKEY_get_raw_private_key(key_.get(), out, &size) == 1;
    if (got && size == kEd25519KeyBytes) ed25519_.emplace(seed, public_key_.bytes);
    OPENSSL_cleanse(seed.data(), seed.size());
  }

  const KeyPtr key_;
  const PublicKey public_key_;
  std::optional<Ed25519Secret> ed25519_;  // the same key, for who signs it faster
};

class OpensslVerifier final : public Verifier {
 public:
  OpensslVerifier(KeyPtr key, PublicKey public_key)
      : key_(std::move(key)), public_key_(std::move(public_key)) {}

  const PublicKey& public_key() const override { return public_key_; }

  // What is good is mostly known so at half the price; what is not good is OpenSSL's to refuse, so that the
  // same signatures are taken as ever.
  absl::Status Verify(std::string_view message, std::string_view signature) const override {
    const bool is_ed25519 = public_key_.algorithm == Algorithm::kEd25519;
    if (is_ed25519 && IsGoodEd25519(public_key_.bytes, message, signature)) return absl::OkStatus();
    const ErrorScope errors;
    if (signature.size() == kSignatureBytes && IsGood(message, signature)) return absl::OkStatus();
    return Refuse(absl::StatusCode::kUnauthenticated, "SIGNATURE_INVALID",
                  "the signature is not by this key over these bytes");
  }

 private:
  bool IsGood(std::string_view message, std::string_view signature) const {
    std::optional<std::string> der;
    if (public_key_.algorithm == Algorithm::kSm2) {
      der = DerFromRaw(signature);
      if (!der.has_value()) return false;
      signature = *der;
    }
    const DigestContextPtr context(EVP_MD_CTX_new());
    EVP_PKEY_CTX* key_context = nullptr;  // the digest context's own
    return context != nullptr &&
           EVP_DigestVerifyInit_ex(context.get(), &key_context, DigestName(public_key_.algorithm), nullptr,
                                   nullptr, key_.get(), nullptr) == 1 &&
           SetId(public_key_.algorithm, key_context) &&
           EVP_DigestVerify(context.get(), Bytes(signature), signature.size(), Bytes(message),
                            message.size()) == 1;
  }

  const KeyPtr key_;
  const PublicKey public_key_;
};

// Points of small order, y coordinates with the sign bit cleared: under such a key a signature can be made
// that is good for every message, so that its owner could disown all of them.
bool IsSmallOrder(std::string_view key) {
  static const auto* const kPoints = new std::array<std::string, 7>{
      *HexDecode("0000000000000000000000000000000000000000000000000000000000000000"),
      *HexDecode("0100000000000000000000000000000000000000000000000000000000000000"),
      *HexDecode("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
      *HexDecode("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
      *HexDecode("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
      *HexDecode("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
      *HexDecode("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")};
  std::string y(key);
  y.back() = static_cast<char>(y.back() & 0x7f);
  return std::find(kPoints->begin(), kPoints->end(), y) != kPoints->end();
}

KeyPtr Sm2PublicKey(std::string_view point) {
  const ParamBuilderPtr builder(OSSL_PARAM_BLD_new());
  if (builder == nullptr ||
      OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "SM2", 0) != 1 ||
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) !=
          1) {
    return nullptr;
  }
  const ParamsPtr params(OSSL_PARAM_BLD_to_param(builder.get()));
  const KeyContextPtr context(EVP_PKEY_CTX_new_from_name(nullptr, "SM2", nullptr));
  EVP_PKEY* key = nullptr;
  const bool good = params != nullptr && context != nullptr && EVP_PKEY_fromdata_init(context.get()) == 1 &&
                    EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get()) == 1;
  KeyPtr owned(key);
  if (!good) return nullptr;
  const KeyContextPtr check(EVP_PKEY_CTX_new_from_pkey(nullptr, owned.get(), nullptr));
  if (check == nullptr || EVP_PKEY_public_check(check.get()) != 1) return nullptr;
  return owned;
}

absl::StatusOr<std::unique_ptr<Signer>> MakeSigner(KeyPtr key) {
  if (key == nullptr) return KeyMalformed("the private key cannot be read");
  ASSIGN_OR_RETURN(PublicKey public_key, PublicKeyOf(key.get()));
  return std::make_unique<OpensslSigner>(std::move(key), std::move(public_key));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Signer>> Ed25519FromSeed(std::string_view seed) {
  const ErrorScope errors;
  if (seed.size() != kEd25519KeyBytes) return KeyMalformed("an Ed25519 seed has 32 bytes");
  return MakeSigner(
      KeyPtr(EVP_PKEY_new_raw_private_key_ex(nullptr, "ED25519", nullptr, Bytes(seed), seed.size())));
}

absl::StatusOr<std::unique_ptr<Signer>> GenerateKey(Algorithm algorithm) {
  const ErrorScope errors;
  const char* name = algorithm == Algorithm::kSm2 ? "SM2" : "ED25519";
  KeyPtr key(EVP_PKEY_Q_keygen(nullptr, nullptr, name));
  if (key == nullptr) return CannotSign("OpenSSL cannot make a key");
  return MakeSigner(std::move(key));
}

absl::StatusOr<std::unique_ptr<Signer>> SignerFromPem(std::string_view pem) {
  const ErrorScope errors;
  const BioPtr input = PemReader(pem);
  // This reader takes PKCS#8 without encryption only.
  const Pkcs8Ptr pkcs8(input == nullptr
                           ? nullptr
                           : PEM_read_bio_PKCS8_PRIV_KEY_INFO(input.get(), nullptr, NoPassphrase, nullptr));
  if (pkcs8 == nullptr)
    return KeyMalformed("not an unencrypted PKCS#8 private key in PEM (BEGIN PRIVATE KEY)");
  return MakeSigner(KeyPtr(EVP_PKCS82PKEY(pkcs8.get())));
}

absl::StatusOr<std::string> SignerToPem(const Signer& signer) {
  const ErrorScope errors;
  const auto* own = dynamic_cast<const OpensslSigner*>(&signer);
  if (own == nullptr) return KeyMalformed("this signer keeps its key elsewhere");
  const BioPtr output(BIO_new(BIO_s_secmem()));  // wiped when freed
  if (output == nullptr ||
      PEM_write_bio_PKCS8PrivateKey(output.get(), own->key(), nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    return CannotSign("OpenSSL cannot write the key");
  }
  return Written(output.get());
}

absl::StatusOr<std::shared_ptr<const Verifier>> Verifier::Make(const PublicKey& key) {
  const ErrorScope errors;
  KeyPtr decoded;
  if (key.algorithm == Algorithm::kEd25519) {
    if (key.bytes.size() != kEd25519KeyBytes) return KeyMalformed("an Ed25519 public key has 32 bytes");
    if (IsSmallOrder(key.bytes))
      return KeyMalformed("an Ed25519 public key of small order vouches for nothing");
    decoded.reset(
        EVP_PKEY_new_raw_public_key_ex(nullptr, "ED25519", nullptr, Bytes(key.bytes), key.bytes.size()));
  } else if (key.algorithm == Algorithm::kSm2) {
    if (key.bytes.size() != kSm2PointBytes || key.bytes[0] != '\x04') {
      return KeyMalformed("an SM2 public key is an uncompressed point: 04 and 64 bytes");
    }
    decoded = Sm2PublicKey(key.bytes);
  } else {
    return KeyMalformed("an unknown kind of key");
  }
  if (decoded == nullptr) return KeyMalformed("the public key is not a point of its curve");
  return std::make_shared<const OpensslVerifier>(std::move(decoded), key);
}

}  // namespace fundledger::crypto
