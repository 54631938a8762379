// fundledger admin key: keys on the machine of whoever holds them.
#include "clients/cli/key_files.h"

#include <iostream>

#include "clients/cli/commands.h"
#include "clients/cli/json.h"
#include "clients/cli/language.h"
#include "clients/sdk/files.h"
#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "ledger/base/text.h"
#include "ledger/crypto/certificate.h"
#include "ledger/crypto/digest.h"
#include "ledger/crypto/dsse.h"
#include "ledger/crypto/pkcs8.h"

#include "absl/strings/str_cat.h"

namespace fundledger::cli {
namespace {

namespace fs = std::filesystem;

struct CommandOptions {
  std::string officer;
  std::string algorithm = "ed25519";
  std::string out;
  std::string token;
  bool no_passphrase = false;
};

const char* NameOf(crypto::Algorithm algorithm) {
  return algorithm == crypto::Algorithm::kSm2 ? "sm2" : "ed25519";
}

// What the key of a request signs of its request for a certificate. It is no part of the ledger, so the type
// stands here.
constexpr std::string_view kConnectionKeyType = "application/vnd.fundledger.connection-key.v1";

std::string CertificateMessage(std::string_view ledger, const std::string& officer,
                               const std::string& request_pem) {
  return crypto::PreAuthEncoding(
      kConnectionKeyType,
      absl::StrCat(ToAbsl(ledger), officer, ToAbsl(crypto::Sha256({request_pem}).view())));
}

absl::Status RequestInvalid(const std::string& why) {
  return UsageError("KEY_REQUEST_INVALID", absl::StrCat(why,
                                                        ": have the officer make it again with fundledger "
                                                        "admin key request"));
}

absl::StatusOr<int> PrintKey(const Context& context, const fs::path& path, const crypto::Signer& signer) {
  if (context.json()) {
    PrintJson({{"file", path.string()},
               {"algorithm", NameOf(signer.public_key().algorithm)},
               {"key", HexEncode(signer.public_key().bytes)}});
  } else {
    std::cout << T("made the key ", "已生成密钥 ") << path.string() << '\n';
  }
  return kExitOk;
}

absl::StatusOr<int> RunMake(Context& context, const CommandOptions& options) {
  RETURN_IF_ERROR(CheckId("--officer", options.officer));
  ASSIGN_OR_RETURN(const sdk::ClientConfig* config, context.config());
  ASSIGN_OR_RETURN(const crypto::Algorithm algorithm, ParseAlgorithm(options.algorithm));
  const fs::path path = config->key_path(options.officer);
  if (!options.token.empty()) {
    RETURN_IF_ERROR(sdk::MakeDirectory(config->keys));
    ASSIGN_OR_RETURN(const auto signer, MakeOfficerKeyOnToken(context, path, options.token, algorithm));
    return PrintKey(context, path, *signer);
  }
  ASSIGN_OR_RETURN(const sdk::Protection protection,
                   ProtectionFor(context, options.officer, options.no_passphrase));
  RETURN_IF_ERROR(sdk::MakeDirectory(config->keys));
  ASSIGN_OR_RETURN(const auto signer, MakeOfficerKey(path, algorithm, protection));
  return PrintKey(context, path, *signer);
}

// The key of the officer's connection on this machine, made if there is none.
absl::StatusOr<std::string> RequestCertificate(Context& context, const sdk::ClientConfig& config,
                                               const CommandOptions& options) {
  if (!config.tls.has_value() || config.tls->certificates.empty()) return std::string();
  const fs::path path = config.tls->key_of(options.officer);
  std::error_code error;
  if (!fs::exists(path, error)) {
    RETURN_IF_ERROR(sdk::MakeDirectory(config.tls->certificates));
    ASSIGN_OR_RETURN(const sdk::Protection protection,
                     ProtectionFor(context, options.officer, options.no_passphrase));
    ASSIGN_OR_RETURN(const crypto::Secret key, crypto::GenerateConnectionKey());
    RETURN_IF_ERROR(sdk::MakeKeyFile(path, key.view(), protection));
  }
  ASSIGN_OR_RETURN(const crypto::Secret key, sdk::ReadKeyPem(path, &context.passphrases()));
  return crypto::MakeCertificateRequest(key.view(), options.officer);
}

absl::StatusOr<int> RunRequest(Context& context, const CommandOptions& options) {
  RETURN_IF_ERROR(CheckId("--officer", options.officer));
  ASSIGN_OR_RETURN(const sdk::ClientConfig* config, context.config());
  ASSIGN_OR_RETURN(const auto signer,
                   sdk::LoadSigner(config->key_path(options.officer), &context.passphrases()));
  ASSIGN_OR_RETURN(const std::string proof, sdk::ProveKey(config->ledger.view(), options.officer, *signer));
  ASSIGN_OR_RETURN(const std::string certificate_request, RequestCertificate(context, *config, options));
  nlohmann::ordered_json json;
  json["officer"] = options.officer;
  json["ledger"] = HexEncode(config->ledger.view());
  json["algorithm"] = NameOf(signer->public_key().algorithm);
  json["key"] = HexEncode(signer->public_key().bytes);
  json["key_proof"] = HexEncode(proof);
  json["certificate_request"] = certificate_request;
  if (!certificate_request.empty()) {
    ASSIGN_OR_RETURN(
        const std::string signature,
        signer->Sign(CertificateMessage(config->ledger.view(), options.officer, certificate_request)));
    json["certificate_proof"] = HexEncode(signature);
  }
  if (options.out.empty()) {
    PrintJson(json);
    return kExitOk;
  }
  RETURN_IF_ERROR(sdk::ReplaceFile(options.out, json.dump(2) + "\n", true));
  if (context.json()) {
    json["written"] = options.out;
    PrintJson(json);
    return kExitOk;
  }
  std::cout << T("wrote ", "已写入 ") << options.out
            << T(": give it to an administrator; it holds nothing secret. Read the key to them by voice: ",
                 "，请交管理员（不含秘密），并口头核对公钥：")
            << HexEncode(signer->public_key().bytes) << '\n';
  return kExitOk;
}

// Encrypts one file anew. The file is replaced as a whole.
absl::Status ChangePassphrase(const fs::path& path, const crypto::Secret& plain,
                              const sdk::Protection& protection) {
  std::string pem(plain.view());
  if (protection.has_value()) {
    ASSIGN_OR_RETURN(pem, crypto::EncryptKey(plain.view(), protection->view()));
  }
  return sdk::ReplaceFile(path, pem, true);
}

// From the file that was named for it, or typed: never from where the old one comes, which would give it
// back.
absl::StatusOr<sdk::Protection> NewPassphrase(const CommandOptions& options) {
  if (options.no_passphrase) return sdk::Protection();
  sdk::Passphrases fresh = options.out.empty() ? sdk::Passphrases::OfPerson() : sdk::Passphrases(options.out);
  auto asked = fresh.AskNew(options.officer,
                            absl::StrCat(T("new passphrase of ", "新口令，用于密钥："), options.officer));
  if (options.out.empty() && ReasonOf(asked.status()) == "PASSPHRASE_NEEDED") {
    return Refuse(asked.status().code(), "PASSPHRASE_NEEDED",
                  T("nobody sits at a terminal to type the new passphrase: give --new-passphrase-file FILE",
                    "无终端可输入新口令：请用 --new-passphrase-file 给出"));
  }
  RETURN_IF_ERROR(asked.status());
  return sdk::Protection(*std::move(asked));
}

// Whether every one of the files opens under it already. Some may, after a crash between two of them.
absl::StatusOr<bool> IsUnchanged(const std::vector<fs::path>& paths, const sdk::Protection& protection) {
  if (!protection.has_value()) return false;
  for (const fs::path& path : paths) {
    ASSIGN_OR_RETURN(const std::string pem, sdk::ReadSecretFile(path));
    if (!crypto::IsEncryptedKey(pem) || !crypto::DecryptKey(pem, protection->view()).ok()) return false;
  }
  return true;
}

absl::StatusOr<int> RunPassphrase(Context& context, const CommandOptions& options) {
  RETURN_IF_ERROR(CheckId("--officer", options.officer));
  ASSIGN_OR_RETURN(const sdk::ClientConfig* config, context.config());
  std::vector<fs::path> paths = {config->key_path(options.officer)};
  std::error_code error;
  if (config->tls.has_value() && fs::exists(config->tls->key_of(options.officer), error)) {
    paths.push_back(config->tls->key_of(options.officer));
  }
  // All are opened under the old one before any is written under the new.
  std::vector<crypto::Secret> plain;
  for (const fs::path& path : paths) {
    ASSIGN_OR_RETURN(crypto::Secret key, sdk::ReadKeyPem(path, &context.passphrases()));
    plain.push_back(std::move(key));
  }
  ASSIGN_OR_RETURN(const sdk::Protection protection, NewPassphrase(options));
  ASSIGN_OR_RETURN(const bool unchanged, IsUnchanged(paths, protection));
  if (unchanged) {
    return UsageError("PASSPHRASE_UNCHANGED", T("the new passphrase is the old one: nothing was changed",
                                                "新口令与原口令相同：未作更改"));
  }
  auto changed = nlohmann::ordered_json::array();
  for (size_t i = 0; i < paths.size(); ++i) {
    RETURN_IF_ERROR(ChangePassphrase(paths[i], plain[i], protection));
    changed.push_back(paths[i].string());
    if (!context.json()) std::cout << T("changed ", "已更改 ") << paths[i].string() << '\n';
  }
  if (context.json()) PrintJson({{"officer", options.officer}, {"changed", changed}});
  return kExitOk;
}

}  // namespace

absl::StatusOr<sdk::Protection> ProtectionFor(Context& context, const std::string& holder,
                                              bool no_passphrase) {
  if (no_passphrase) return sdk::Protection();
  ASSIGN_OR_RETURN(
      crypto::Secret passphrase,
      context.passphrases().AskNew(
          holder, absl::StrCat(T("new passphrase for the keys of ", "新口令，用于密钥："), holder)));
  return sdk::Protection(std::move(passphrase));
}

absl::StatusOr<crypto::Algorithm> ParseAlgorithm(const std::string& text) {
  if (text == "ed25519") return crypto::Algorithm::kEd25519;
  if (text == "sm2") return crypto::Algorithm::kSm2;
  return UsageError("WORD_UNKNOWN", absl::StrCat("--algorithm \"", text, "\": write ed25519 or sm2"));
}

absl::StatusOr<std::unique_ptr<crypto::Signer>> MakeOfficerKey(const fs::path& path,
                                                               crypto::Algorithm algorithm,
                                                               const sdk::Protection& protection) {
  ASSIGN_OR_RETURN(auto signer, crypto::GenerateKey(algorithm));
  RETURN_IF_ERROR(sdk::MakeKeyFile(path, *signer, protection));
  return signer;
}

absl::StatusOr<std::unique_ptr<crypto::Signer>> MakeOfficerKeyOnToken(Context& context, const fs::path& path,
                                                                      const std::string& uri,
                                                                      crypto::Algorithm algorithm) {
  if (algorithm != crypto::Algorithm::kEd25519) {
    return UsageError("TOKEN_CANNOT",
                      "keys on tokens are Ed25519: PKCS#11 has no SM2; keep an SM2 key in a file");
  }
  return sdk::MakeTokenKeyFile(path, uri, &context.passphrases());
}

namespace {

absl::StatusOr<KeyRequest> ReadKeyRequest(const fs::path& path) {
  ASSIGN_OR_RETURN(const std::string text, sdk::ReadFile(path));
  const auto json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  const auto field = [&json](const char* name) {
    return json.is_object() && json.contains(name) && json[name].is_string() ? json[name].get<std::string>()
                                                                             : "";
  };
  KeyRequest request;
  request.officer = field("officer");
  request.certificate_request = field("certificate_request");
  const auto algorithm = ParseAlgorithm(field("algorithm"));
  const auto ledger = HexDecode(field("ledger"));
  const auto key = HexDecode(field("key"));
  const auto proof = HexDecode(field("key_proof"));
  const auto certificate_proof = HexDecode(field("certificate_proof"));
  if (!algorithm.ok() || !ledger.has_value() || !key.has_value() || !proof.has_value() ||
      !certificate_proof.has_value()) {
    return RequestInvalid(absl::StrCat(path.string(), " is not a request of a key"));
  }
  request.ledger = *ledger;
  request.key = {*algorithm, *key};
  request.key_proof = *proof;
  request.certificate_proof = *certificate_proof;
  return request;
}

absl::Status CheckKeyRequest(const KeyRequest& request, const sdk::ClientConfig& config,
                             const std::string& officer) {
  if (request.officer != officer) {
    return RequestInvalid(absl::StrCat("the request is of officer ", request.officer, ", not of ", officer));
  }
  if (request.ledger != config.ledger.view()) {
    return RequestInvalid(absl::StrCat("the request is for ledger ", HexEncode(request.ledger), ", this is ",
                                       HexEncode(config.ledger.view())));
  }
  const auto verifier = crypto::Verifier::Make(request.key);
  if (!verifier.ok()) return RequestInvalid(std::string(verifier.status().message()));
  if (!(*verifier)->Verify(sdk::KeyProofMessage(request.ledger, request.officer), request.key_proof).ok()) {
    return RequestInvalid("the key of the request does not prove itself: it was altered on its way");
  }
  if (request.certificate_request.empty()) return absl::OkStatus();
  // The key is what its holder reads out. What it did not sign, anybody may have put there: a connection key
  // of their own, for a certificate in the officer's name.
  if (request.certificate_proof.empty()) {
    return RequestInvalid("its key did not sign the request for a certificate, as an older program made it");
  }
  if (!(*verifier)
           ->Verify(CertificateMessage(request.ledger, request.officer, request.certificate_request),
                    request.certificate_proof)
           .ok()) {
    return RequestInvalid("its key signed another request for a certificate: it was altered on its way");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<KeyRequest> TakeKeyRequest(Context& context, const fs::path& path,
                                          const std::string& officer) {
  ASSIGN_OR_RETURN(const sdk::ClientConfig* config, context.config());
  ASSIGN_OR_RETURN(KeyRequest request, ReadKeyRequest(path));
  RETURN_IF_ERROR(CheckKeyRequest(request, *config, officer));
  if (!context.json()) {
    std::cout << T("the request's key is ", "申请文件中的公钥为 ") << HexEncode(request.key.bytes)
              << T(": it must be what the officer reads to you by voice\n", "：须与经办人口头核对的一致\n");
  }
  return request;
}

void AddKeyCommands(Program* program) {
  const auto options = std::make_shared<CommandOptions>();
  const auto add = [&](const char* path, const char* help,
                       absl::StatusOr<int> (*run)(Context&, const CommandOptions&)) {
    CLI::App* app = AddCommand(program, path, help);
    app->add_option("--officer", options->officer, T("whose key", "经办人编号"))->required();
    app->add_flag("--no-passphrase", options->no_passphrase,
                  T("keep keys in clear: for tests only", "密钥不加密，仅供测试"));
    OnCall(program, app, [options, run](Context& context) { return run(context, *options); });
    return app;
  };
  CLI::App* make = add("admin key make",
                       T("make the key that signs an officer's submissions", "生成经办人签名密钥"), RunMake);
  make->add_option("--algorithm", options->algorithm, "ed25519 (default) or sm2");
  make->add_option(
      "--token", options->token,
      T("make it on a token: pkcs11:token=LABEL;object=LABEL?module-path=FILE; the file only names it",
        "在 UKey 上生成：pkcs11:token=标签;object=标签?module-path=模块"));
  make->footer(T(
      "Made where it is used: the officer's own machine.\n"
      "Example:\n  fundledger admin key make --officer clerk-1 --algorithm sm2",
      "请在经办人本人的机器上生成。\n示例：\n  fundledger admin key make --officer clerk-1 --algorithm sm2"));
  CLI::App* request = add("admin key request",
                          T("write what an administrator needs to register the key; nothing of it is secret",
                            "生成密钥申请文件，供管理员登记，不含秘密"),
                          RunRequest);
  request->add_option("--out", options->out, T("file to write; else standard output", "输出文件"));
  CLI::App* passphrase =
      add("admin key passphrase", T("put an officer's keys under another passphrase", "更换密钥口令"),
          RunPassphrase);
  passphrase->add_option(
      "--new-passphrase-file", options->out,
      T("file with the new one; else it is asked for at the terminal", "新口令文件，默认在终端输入"));
}

}  // namespace fundledger::cli
