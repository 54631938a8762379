#include "tests/support/time_stamps/authority.h"

#include <cstdio>
#include <cstdlib>
#include <mutex>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ts.h>

#include <openssl/x509v3.h>

namespace fundledger::test_support {
namespace {

template <auto Function>
struct Free {
  template <typename T>
  void operator()(T* object) const {
    Function(object);
  }
};
using KeyPtr = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using X509Ptr = std::unique_ptr<X509, Free<X509_free>>;
using BioPtr = std::unique_ptr<BIO, Free<BIO_free_all>>;
using ContextPtr = std::unique_ptr<TS_RESP_CTX, Free<TS_RESP_CTX_free>>;
using RequestPtr = std::unique_ptr<TS_REQ, Free<TS_REQ_free>>;
using PolicyPtr = std::unique_ptr<ASN1_OBJECT, Free<ASN1_OBJECT_free>>;
using ResponsePtr = std::unique_ptr<TS_RESP, Free<TS_RESP_free>>;

struct FreeStack {
  void operator()(STACK_OF(X509) * stack) const { sk_X509_free(stack); }
};

constexpr int64_t kFromS = 946'684'800;
constexpr int64_t kUntilS = 4'102'444'800;

// A test authority that OpenSSL cannot make is a broken test.
void Must(bool good, const char* what) {
  if (good) return;
  (void)std::fprintf(stderr, "test authority: %s\n", what);
  ERR_print_errors_fp(stderr);
  std::abort();
}

void Extend(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const std::unique_ptr<X509_EXTENSION, Free<X509_EXTENSION_free>> extension(
      X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  Must(extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1, value.c_str());
}

// By which one of several issuers of one name is found.
void AddKeyIds(X509* certificate, X509* issuer) {
  Extend(certificate, issuer, NID_subject_key_identifier, "hash");
  Extend(certificate, issuer, NID_authority_key_identifier, "keyid");
}

X509Ptr Begin(const char* name, X509* issuer, EVP_PKEY* key, int64_t from_s, int64_t until_s) {
  static int serial = 0;
  X509Ptr made(X509_new());
  X509_set_version(made.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(made.get()), ++serial);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(made.get()), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
  X509_set_issuer_name(made.get(), X509_get_subject_name(issuer == nullptr ? made.get() : issuer));
  ASN1_TIME_set(X509_getm_notBefore(made.get()), from_s);
  ASN1_TIME_set(X509_getm_notAfter(made.get()), until_s);
  X509_set_pubkey(made.get(), key);
  return made;
}

X509Ptr MakeIssuer(const char* name, X509* issuer, EVP_PKEY* key, EVP_PKEY* issuer_key) {
  X509Ptr made = Begin(name, issuer, key, kFromS, kUntilS);
  Extend(made.get(), issuer == nullptr ? made.get() : issuer, NID_basic_constraints, "critical,CA:TRUE");
  Extend(made.get(), issuer == nullptr ? made.get() : issuer, NID_key_usage, "critical,keyCertSign,cRLSign");
  AddKeyIds(made.get(), issuer == nullptr ? made.get() : issuer);
  Must(X509_sign(made.get(), issuer_key, EVP_sha256()) > 0, "sign");
  return made;
}

std::string PemOf(X509* certificate) {
  const BioPtr out(BIO_new(BIO_s_mem()));
  Must(PEM_write_bio_X509(out.get(), certificate) == 1, "write");
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<size_t>(size)};
}

ASN1_INTEGER* NextSerial(TS_RESP_CTX*, void* data) {
  ASN1_INTEGER* serial = ASN1_INTEGER_new();
  ASN1_INTEGER_set_int64(serial, ++*static_cast<int64_t*>(data));
  return serial;
}

int TellTime(TS_RESP_CTX*, void* data, long* seconds, long* micros) {
  const int64_t time_us = *static_cast<int64_t*>(data);
  *seconds = time_us / 1'000'000;
  *micros = time_us % 1'000'000;
  return 1;
}

// The request with its nonce or its imprint another one.
std::string Altered(std::string_view request, const Answering& how) {
  const auto* at = reinterpret_cast<const unsigned char*>(request.data());
  const RequestPtr parsed(d2i_TS_REQ(nullptr, &at, static_cast<long>(request.size())));
  if (parsed == nullptr) return std::string(request);
  if (how.wrong_nonce) {
    const std::unique_ptr<ASN1_INTEGER, Free<ASN1_INTEGER_free>> nonce(ASN1_INTEGER_new());
    ASN1_INTEGER_set_int64(nonce.get(), 12345);
    TS_REQ_set_nonce(parsed.get(), nonce.get());
  }
  if (how.wrong_imprint) {
    unsigned char other[32] = {1, 2, 3};
    TS_MSG_IMPRINT_set_msg(TS_REQ_get_msg_imprint(parsed.get()), other, sizeof other);
  }
  unsigned char* der = nullptr;
  const int size = i2d_TS_REQ(parsed.get(), &der);
  std::string out(reinterpret_cast<char*>(der), static_cast<size_t>(size));
  OPENSSL_free(der);
  return out;
}

class OpensslTimeStampAuthority final : public TimeStampAuthority {
 public:
  explicit OpensslTimeStampAuthority(const AuthorityOptions& options) : options_(options) {
    root_ = MakeIssuer("Test Root", nullptr, root_key_.get(), root_key_.get());
    root_pem_ = PemOf(root_.get());
    if (!options.has_intermediate) return;
    intermediate_ = MakeIssuer("Test Intermediate", root_.get(), intermediate_key_.get(), root_key_.get());
  }

  const std::string& authorities_pem() const override { return root_pem_; }

  std::string Answer(std::string_view request, const Answering& how) override {
    const std::lock_guard lock(mutex_);
    int64_t time_us = how.time_us;
    const ContextPtr context(TS_RESP_CTX_new());
    // OpenSSL stamps with the right certificate only: it is shown one, which then becomes another.
    const X509Ptr signer =
        Begin("Test Stamps", Issuer(), signer_key_.get(), options_.from_s, options_.until_s);
    Extend(signer.get(), Issuer(), NID_key_usage, "critical,digitalSignature");
    Extend(signer.get(), Issuer(), NID_ext_key_usage, "critical,timeStamping");
    AddKeyIds(signer.get(), Issuer());
    Must(X509_sign(signer.get(), IssuerKey(), EVP_sha256()) > 0, "sign");
    Must(TS_RESP_CTX_set_signer_cert(context.get(), signer.get()) == 1, "signer");
    X509_EXTENSION_free(
        X509_delete_ext(signer.get(), X509_get_ext_by_NID(signer.get(), NID_ext_key_usage, -1)));
    if (!options_.usage.empty()) Extend(signer.get(), Issuer(), NID_ext_key_usage, options_.usage);
    Must(X509_sign(signer.get(), IssuerKey(), EVP_sha256()) > 0, "sign");

    TS_RESP_CTX_set_signer_key(context.get(), signer_key_.get());
    TS_RESP_CTX_set_signer_digest(context.get(), EVP_get_digestbyname(options_.digest.c_str()));
    TS_RESP_CTX_set_ess_cert_id_digest(context.get(), EVP_sha256());
    const PolicyPtr policy(OBJ_txt2obj("1.3.6.1.4.1.99999.1", 1));
    TS_RESP_CTX_set_def_policy(context.get(), policy.get());
    // A digest that it does not take is how it rejects.
    TS_RESP_CTX_add_md(context.get(), how.reject ? EVP_sha512() : EVP_sha256());
    TS_RESP_CTX_set_accuracy(context.get(), how.accuracy_s, 5, 7);
    TS_RESP_CTX_set_clock_precision_digits(context.get(), 6);
    TS_RESP_CTX_set_serial_cb(context.get(), NextSerial, &serial_);
    if (time_us != 0) TS_RESP_CTX_set_time_cb(context.get(), TellTime, &time_us);
    const std::unique_ptr<STACK_OF(X509), FreeStack> chain(sk_X509_new_null());
    if (intermediate_ != nullptr) sk_X509_push(chain.get(), intermediate_.get());
    TS_RESP_CTX_set_certs(context.get(), chain.get());
    return Respond(context.get(), Altered(request, how));
  }

 private:
  X509* Issuer() const { return intermediate_ == nullptr ? root_.get() : intermediate_.get(); }
  EVP_PKEY* IssuerKey() const { return intermediate_ == nullptr ? root_key_.get() : intermediate_key_.get(); }

  static std::string Respond(TS_RESP_CTX* context, const std::string& request) {
    const BioPtr in(BIO_new_mem_buf(request.data(), static_cast<int>(request.size())));
    const ResponsePtr response(TS_RESP_create_response(context, in.get()));
    Must(response != nullptr, "response");
    unsigned char* der = nullptr;
    const int size = i2d_TS_RESP(response.get(), &der);
    std::string out(reinterpret_cast<char*>(der), static_cast<size_t>(size));
    OPENSSL_free(der);
    return out;
  }

  const AuthorityOptions options_;
  const KeyPtr root_key_{EVP_EC_gen("P-256")};
  const KeyPtr intermediate_key_{EVP_EC_gen("P-256")};
  const KeyPtr signer_key_{EVP_EC_gen("P-256")};
  X509Ptr root_;
  X509Ptr intermediate_;  // null if there is none
  std::string root_pem_;
  std::mutex mutex_;
  int64_t serial_ = 0;
};

}  // namespace

std::unique_ptr<TimeStampAuthority> TimeStampAuthority::Make(const AuthorityOptions& options) {
  return std::make_unique<OpensslTimeStampAuthority>(options);
}

}  // namespace fundledger::test_support
