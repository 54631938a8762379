#include "ledger/crypto/token.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include "ledger/base/mutex.h"
#include "ledger/base/status.h"
#include "ledger/crypto/digest.h"

#include "absl/strings/str_cat.h"
#include <p11-kit/p11-kit.h>
#include <p11-kit/pkcs11.h>
#include <p11-kit/uri.h>

namespace fundledger::crypto {
namespace {

constexpr size_t kEd25519Bytes = 32;
constexpr size_t kSignatureBytes = 64;
// DER of the object identifier 1.3.101.112: the curve, as CKA_EC_PARAMS.
constexpr unsigned char kEd25519Params[] = {0x06, 0x03, 0x2b, 0x65, 0x70};

struct FreeUri {
  void operator()(P11KitUri* uri) const { p11_kit_uri_free(uri); }
};
using UriPtr = std::unique_ptr<P11KitUri, FreeUri>;

absl::Status Failed(std::string_view what, CK_RV result) {
  const char* why = p11_kit_strerror(result);
  return Refuse(absl::StatusCode::kUnavailable, "TOKEN_FAILED",
                absl::StrCat(ToAbsl(what), ": ", why == nullptr ? "unknown error" : why, " (", result, ")"));
}

absl::Status PinStatus(CK_RV result, const std::string& token) {
  if (result == CKR_OK || result == CKR_USER_ALREADY_LOGGED_IN) return absl::OkStatus();
  if (result == CKR_PIN_LOCKED) {
    return Refuse(
        absl::StatusCode::kUnauthenticated, "TOKEN_PIN_LOCKED",
        absl::StrCat("token ", token, " is locked after too many wrong PINs: whoever issued it unlocks it"));
  }
  if (result == CKR_PIN_INCORRECT || result == CKR_PIN_LEN_RANGE || result == CKR_PIN_INVALID) {
    return Refuse(
        absl::StatusCode::kUnauthenticated, "TOKEN_PIN_WRONG",
        absl::StrCat("the PIN is not the one of token ", token,
                     "; it was tried once, and tokens lock after a few wrong ones: be sure before the next"));
  }
  return Failed(absl::StrCat("token ", token, " refuses the login").c_str(), result);
}

absl::StatusOr<UriPtr> ParseUri(std::string_view text) {
  UriPtr uri(p11_kit_uri_new());
  const int result = uri == nullptr
                         ? P11_KIT_URI_UNEXPECTED
                         : p11_kit_uri_parse(std::string(text).c_str(), P11_KIT_URI_FOR_ANY, uri.get());
  const bool good = result == P11_KIT_URI_OK && p11_kit_uri_any_unrecognized(uri.get()) == 0;
  if (!good) {
    return Refuse(absl::StatusCode::kInvalidArgument, "TOKEN_URI_MALFORMED",
                  absl::StrCat("\"", ToAbsl(text),
                               "\" is no URI of a key on a token: write "
                               "pkcs11:token=LABEL;object=LABEL?module-path=FILE"));
  }
  if (p11_kit_uri_get_pin_value(uri.get()) != nullptr) {
    return Refuse(absl::StatusCode::kInvalidArgument, "TOKEN_URI_MALFORMED",
                  "the URI holds a PIN: take pin-value out, and give pin-source=file:PATH, or type the PIN");
  }
  return uri;
}

std::string LabelOf(const CK_TOKEN_INFO& info) {
  std::string label(reinterpret_cast<const char*>(info.label), sizeof info.label);
  while (!label.empty() && label.back() == ' ') label.pop_back();
  return label;
}

// Loaded and initialized modules, while this lives.
class Modules {
 public:
  Modules() = default;
  ~Modules() {
    if (one_ != nullptr) {
      p11_kit_module_finalize(one_);
      p11_kit_module_release(one_);
    }
    if (all_ != nullptr) p11_kit_modules_finalize_and_release(all_);
  }
  Modules(const Modules&) = delete;
  Modules& operator=(const Modules&) = delete;

  absl::Status Load(const P11KitUri* uri) {
    const char* path = p11_kit_uri_get_module_path(uri);
    if (path == nullptr) {
      all_ = p11_kit_modules_load_and_initialize(0);
      for (CK_FUNCTION_LIST** at = all_; at != nullptr && *at != nullptr; ++at) list_.push_back(*at);
      return list_.empty() ? Missing("no PKCS#11 module is configured on this machine (p11-kit list-modules)")
                           : absl::OkStatus();
    }
    CK_FUNCTION_LIST* module = p11_kit_module_load(path, 0);
    if (module == nullptr) {
      const char* why = p11_kit_message();
      return Missing(absl::StrCat("cannot load the PKCS#11 module ", path, ": ", why == nullptr ? "" : why));
    }
    const CK_RV result = p11_kit_module_initialize(module);
    if (result != CKR_OK) {
      p11_kit_module_release(module);
      return Failed(absl::StrCat("cannot start the PKCS#11 module ", path), result);
    }
    one_ = module;
    list_.push_back(module);
    return absl::OkStatus();
  }
  const std::vector<CK_FUNCTION_LIST*>& list() const { return list_; }

 private:
  static absl::Status Missing(const std::string& message) {
    return Refuse(absl::StatusCode::kNotFound, "TOKEN_MODULE_MISSING", message);
  }

  CK_FUNCTION_LIST* one_ = nullptr;
  CK_FUNCTION_LIST** all_ = nullptr;
  std::vector<CK_FUNCTION_LIST*> list_;
};

struct Token {
  CK_FUNCTION_LIST* module = nullptr;
  CK_SLOT_ID slot = 0;
  CK_TOKEN_INFO info{};
};

void FindTokensOf(CK_FUNCTION_LIST* module, P11KitUri* uri, std::vector<Token>* found) {
  CK_ULONG count = 0;
  if (module->C_GetSlotList(CK_TRUE, nullptr, &count) != CKR_OK) return;
  std::vector<CK_SLOT_ID> slots(count);
  if (count == 0 || module->C_GetSlotList(CK_TRUE, slots.data(), &count) != CKR_OK) return;
  slots.resize(std::min<size_t>(slots.size(), count));
  for (const CK_SLOT_ID slot : slots) {
    Token token{module, slot, {}};
    if (module->C_GetTokenInfo(slot, &token.info) != CKR_OK) continue;
    const bool usable = (token.info.flags & CKF_TOKEN_INITIALIZED) != 0;
    if (usable && p11_kit_uri_match_token_info(uri, &token.info) != 0) found->push_back(token);
  }
}

absl::StatusOr<Token> FindToken(const Modules& modules, P11KitUri* uri) {
  std::vector<Token> found;
  for (CK_FUNCTION_LIST* module : modules.list()) FindTokensOf(module, uri, &found);
  if (found.empty()) {
    return Refuse(
        absl::StatusCode::kNotFound, "TOKEN_MISSING",
        "the token of this URI is not there: plug it in, and check its label (p11tool or pkcs11-tool "
        "lists tokens)");
  }
  if (found.size() == 1) return found.front();
  std::string labels;
  for (const Token& token : found) absl::StrAppend(&labels, labels.empty() ? "" : ", ", LabelOf(token.info));
  return Refuse(absl::StatusCode::kFailedPrecondition, "TOKEN_AMBIGUOUS",
                absl::StrCat("several tokens fit the URI (", labels, "): name one by token= or serial="));
}

// A logged-in session of one token.
class Session {
 public:
  static absl::StatusOr<std::unique_ptr<Session>> Open(std::string_view uri_text, const AskPin& ask,
                                                       bool to_make) {
    std::unique_ptr<Session> session(new Session());
    ASSIGN_OR_RETURN(session->uri_, ParseUri(uri_text));
    RETURN_IF_ERROR(session->modules_.Load(session->uri_.get()));
    ASSIGN_OR_RETURN(session->token_, FindToken(session->modules_, session->uri_.get()));
    RETURN_IF_ERROR(session->NeedMechanism(to_make ? CKM_EC_EDWARDS_KEY_PAIR_GEN : CKM_EDDSA));
    RETURN_IF_ERROR(session->Login(ask, to_make));
    return session;
  }
  ~Session() {
    if (handle_ != CK_INVALID_HANDLE) token_.module->C_CloseSession(handle_);
  }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  CK_FUNCTION_LIST* functions() const { return token_.module; }
  CK_SESSION_HANDLE handle() const { return handle_; }
  std::string label() const { return LabelOf(token_.info); }

  // Objects of a class that the URI's object and id fit.
  absl::StatusOr<std::vector<CK_OBJECT_HANDLE>> FindByUri(CK_OBJECT_CLASS object_class) const {
    std::vector<CK_ATTRIBUTE> wanted = {{CKA_CLASS, &object_class, sizeof object_class}};
    for (const CK_ATTRIBUTE_TYPE type : {CKA_LABEL, CKA_ID}) {
      CK_ATTRIBUTE* named = p11_kit_uri_get_attribute(uri_.get(), type);
      if (named != nullptr) wanted.push_back(*named);
    }
    return Find(&wanted);
  }
  absl::StatusOr<std::vector<CK_OBJECT_HANDLE>> Find(std::vector<CK_ATTRIBUTE>* wanted) const {
    CK_RV result = functions()->C_FindObjectsInit(handle_, wanted->data(), wanted->size());
    if (result != CKR_OK) return Failed("the token does not search", result);
    CK_OBJECT_HANDLE objects[16];
    CK_ULONG count = 0;
    result = functions()->C_FindObjects(handle_, objects, std::size(objects), &count);
    functions()->C_FindObjectsFinal(handle_);
    if (result != CKR_OK) return Failed("the token does not search", result);
    return std::vector<CK_OBJECT_HANDLE>(objects, objects + count);
  }
  // An attribute's bytes; none if the object has it not.
  std::optional<std::string> Attribute(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type) const {
    CK_ATTRIBUTE attribute{type, nullptr, 0};
    if (functions()->C_GetAttributeValue(handle_, object, &attribute, 1) != CKR_OK ||
        attribute.ulValueLen == CK_UNAVAILABLE_INFORMATION) {
      return std::nullopt;
    }
    std::string bytes(attribute.ulValueLen, '\0');
    attribute.pValue = bytes.data();
    if (functions()->C_GetAttributeValue(handle_, object, &attribute, 1) != CKR_OK) return std::nullopt;
    bytes.resize(attribute.ulValueLen);
    return bytes;
  }
  // The object label the URI names; empty if none.
  std::string wanted_label() const {
    const CK_ATTRIBUTE* named = p11_kit_uri_get_attribute(uri_.get(), CKA_LABEL);
    return named == nullptr ? "" : std::string(static_cast<const char*>(named->pValue), named->ulValueLen);
  }

 private:
  Session() = default;

  absl::Status NeedMechanism(CK_MECHANISM_TYPE mechanism) const {
    CK_MECHANISM_INFO info{};
    if (functions()->C_GetMechanismInfo(token_.slot, mechanism, &info) == CKR_OK) return absl::OkStatus();
    return Refuse(
        absl::StatusCode::kFailedPrecondition, "TOKEN_CANNOT",
        absl::StrCat("token ", label(), " has no Ed25519 (CKM_EDDSA): use another token, or a key file"));
  }

  absl::Status Login(const AskPin& ask, bool to_make) {
    if ((token_.info.flags & CKF_USER_PIN_LOCKED) != 0) return PinStatus(CKR_PIN_LOCKED, label());
    const CK_FLAGS flags = CKF_SERIAL_SESSION | (to_make ? CKF_RW_SESSION : 0);
    const CK_RV opened = functions()->C_OpenSession(token_.slot, flags, nullptr, nullptr, &handle_);
    if (opened != CKR_OK) return Failed("the token opens no session", opened);
    const bool last_try = (token_.info.flags & CKF_USER_PIN_FINAL_TRY) != 0;
    ASSIGN_OR_RETURN(const Secret pin, ask(label(), last_try));
    std::string bytes(pin.view());
    const CK_RV result =
        functions()->C_Login(handle_, CKU_USER, reinterpret_cast<unsigned char*>(bytes.data()), bytes.size());
    ::explicit_bzero(bytes.data(), bytes.size());
    return PinStatus(result, label());
  }

  UriPtr uri_;
  Modules modules_;
  Token token_;
  CK_SESSION_HANDLE handle_ = CK_INVALID_HANDLE;
};

// 32 bytes of a point: plain, or in a DER octet string, as PKCS#11 3.0 has it.
std::optional<std::string> PointOf(std::string point) {
  if (point.size() == kEd25519Bytes + 2 && point[0] == 0x04 && point[1] == kEd25519Bytes) point.erase(0, 2);
  if (point.size() != kEd25519Bytes) return std::nullopt;
  return point;
}

absl::StatusOr<PublicKey> PublicKeyFor(const Session& session, CK_OBJECT_HANDLE private_key) {
  // The public key beside the private one has the same id; some tokens keep the point with the private key.
  std::optional<std::string> point = session.Attribute(private_key, CKA_EC_POINT);
  std::optional<std::string> id = session.Attribute(private_key, CKA_ID);
  if (!point.has_value() && id.has_value()) {
    CK_OBJECT_CLASS object_class = CKO_PUBLIC_KEY;
    std::vector<CK_ATTRIBUTE> wanted = {{CKA_CLASS, &object_class, sizeof object_class},
                                        {CKA_ID, id->data(), id->size()}};
    ASSIGN_OR_RETURN(const auto found, session.Find(&wanted));
    if (found.size() == 1) point = session.Attribute(found[0], CKA_EC_POINT);
  }
  if (point.has_value()) point = PointOf(*std::move(point));
  if (point.has_value()) return PublicKey{Algorithm::kEd25519, *std::move(point)};
  return Refuse(absl::StatusCode::kNotFound, "TOKEN_KEY_MISSING",
                absl::StrCat("token ", session.label(), " does not show the public key of that key"));
}

class TokenSigner final : public Signer {
 public:
  TokenSigner(std::unique_ptr<Session> session, CK_OBJECT_HANDLE key,
              std::shared_ptr<const Verifier> verifier)
      : session_(std::move(session)), key_(key), verifier_(std::move(verifier)) {}

  const PublicKey& public_key() const override { return verifier_->public_key(); }

  absl::StatusOr<std::string> Sign(std::string_view message) const override {
    std::string signature(kSignatureBytes, '\0');
    CK_ULONG size = signature.size();
    CK_RV result = CKR_OK;
    {
      MutexLock lock(&mutex_);  // a session does one thing at a time
      CK_MECHANISM mechanism{CKM_EDDSA, nullptr, 0};
      result = session_->functions()->C_SignInit(session_->handle(), &mechanism, key_);
      if (result == CKR_OK) {
        std::string bytes(
            message);  // PKCS#11 takes what it does not change by a pointer it could write through
        result = session_->functions()->C_Sign(session_->handle(),
                                               reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(),
                                               reinterpret_cast<unsigned char*>(signature.data()), &size);
      }
    }
    if (result != CKR_OK) return CannotSign(std::string(Failed("it does not sign", result).message()));
    if (size != kSignatureBytes || !verifier_->Verify(message, signature).ok()) {
      return CannotSign("it gave a signature that its own public key does not verify");
    }
    return signature;
  }

 private:
  absl::Status CannotSign(const std::string& why) const {
    return Refuse(absl::StatusCode::kInternal, "KEY_CANNOT_SIGN",
                  absl::StrCat("token ", session_->label(), ": ", why));
  }

  const std::unique_ptr<Session> session_;
  const CK_OBJECT_HANDLE key_;
  const std::shared_ptr<const Verifier> verifier_;
  mutable Mutex mutex_;
};

absl::StatusOr<std::unique_ptr<Signer>> SignerOf(std::unique_ptr<Session> session, CK_OBJECT_HANDLE key) {
  ASSIGN_OR_RETURN(const PublicKey public_key, PublicKeyFor(*session, key));
  ASSIGN_OR_RETURN(std::shared_ptr<const Verifier> verifier, Verifier::Make(public_key));
  return std::make_unique<TokenSigner>(std::move(session), key, std::move(verifier));
}

CK_ATTRIBUTE Yes(CK_ATTRIBUTE_TYPE type) {
  static CK_BBOOL yes = CK_TRUE;
  return {type, &yes, sizeof yes};
}

CK_ATTRIBUTE No(CK_ATTRIBUTE_TYPE type) {
  static CK_BBOOL no = CK_FALSE;
  return {type, &no, sizeof no};
}

absl::StatusOr<CK_OBJECT_HANDLE> Generate(const Session& session, std::string label) {
  std::string id = RandomBytes(16);
  std::string params(reinterpret_cast<const char*>(kEd25519Params), sizeof kEd25519Params);
  const CK_ATTRIBUTE named = {CKA_LABEL, label.data(), label.size()};
  const CK_ATTRIBUTE identified = {CKA_ID, id.data(), id.size()};
  std::vector<CK_ATTRIBUTE> public_half = {
      Yes(CKA_TOKEN), Yes(CKA_VERIFY), named, identified, {CKA_EC_PARAMS, params.data(), params.size()}};
  std::vector<CK_ATTRIBUTE> private_half = {Yes(CKA_TOKEN), Yes(CKA_PRIVATE),    Yes(CKA_SENSITIVE),
                                            Yes(CKA_SIGN),  No(CKA_EXTRACTABLE), named,
                                            identified};
  CK_MECHANISM mechanism{CKM_EC_EDWARDS_KEY_PAIR_GEN, nullptr, 0};
  CK_OBJECT_HANDLE public_key = 0;
  CK_OBJECT_HANDLE private_key = 0;
  const CK_RV result = session.functions()->C_GenerateKeyPair(
      session.handle(), &mechanism, public_half.data(), public_half.size(), private_half.data(),
      private_half.size(), &public_key, &private_key);
  if (result != CKR_OK) return Failed("the token makes no key", result);
  return private_key;
}

}  // namespace

bool IsTokenUri(std::string_view text) {
  return text.starts_with("pkcs11:");
}

absl::StatusOr<std::string> PinSource(std::string_view text) {
  ASSIGN_OR_RETURN(const UriPtr uri, ParseUri(text));
  const char* source = p11_kit_uri_get_pin_source(uri.get());
  std::string path = source == nullptr ? "" : source;
  if (path.starts_with("file:")) path.erase(0, 5);
  return path;
}

absl::StatusOr<std::unique_ptr<Signer>> OpenTokenKey(std::string_view uri, const AskPin& ask) {
  ASSIGN_OR_RETURN(auto session, Session::Open(uri, ask, /*to_make=*/false));
  ASSIGN_OR_RETURN(const auto found, session->FindByUri(CKO_PRIVATE_KEY));
  if (found.empty()) {
    return Refuse(absl::StatusCode::kNotFound, "TOKEN_KEY_MISSING",
                  absl::StrCat("token ", session->label(), " has no private key of this object and id"));
  }
  if (found.size() > 1) {
    return Refuse(
        absl::StatusCode::kFailedPrecondition, "TOKEN_KEY_AMBIGUOUS",
        absl::StrCat("token ", session->label(), " has several keys that fit: name one by object= or id="));
  }
  CK_KEY_TYPE type = 0;
  const std::optional<std::string> bytes = session->Attribute(found[0], CKA_KEY_TYPE);
  if (bytes.has_value() && bytes->size() == sizeof type) std::memcpy(&type, bytes->data(), sizeof type);
  if (type != CKK_EC_EDWARDS) {
    return Refuse(absl::StatusCode::kFailedPrecondition, "TOKEN_CANNOT",
                  absl::StrCat("the key on token ", session->label(), " is no Ed25519 key"));
  }
  const CK_OBJECT_HANDLE key = found[0];
  return SignerOf(std::move(session), key);
}

absl::StatusOr<std::unique_ptr<Signer>> MakeTokenKey(std::string_view uri, const AskPin& ask) {
  ASSIGN_OR_RETURN(auto session, Session::Open(uri, ask, /*to_make=*/true));
  const std::string label = session->wanted_label();
  if (label.empty()) {
    return Refuse(absl::StatusCode::kInvalidArgument, "TOKEN_URI_MALFORMED",
                  "a key that is made needs a label: add object=LABEL to the URI");
  }
  ASSIGN_OR_RETURN(const auto found, session->FindByUri(CKO_PRIVATE_KEY));
  if (!found.empty()) {
    return Refuse(
        absl::StatusCode::kAlreadyExists, "TOKEN_KEY_EXISTS",
        absl::StrCat("token ", session->label(), " has a key ", label, " already; it is left as it is"));
  }
  ASSIGN_OR_RETURN(const CK_OBJECT_HANDLE key, Generate(*session, label));
  return SignerOf(std::move(session), key);
}

}  // namespace fundledger::crypto
