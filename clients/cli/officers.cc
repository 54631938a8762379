// fundledger admin officer: officers, and the life of their keys.
#include <iostream>
#include <memory>

#include "clients/cli/certificates.h"
#include "clients/cli/commands.h"
#include "clients/cli/json.h"
#include "clients/cli/key_files.h"
#include "clients/cli/language.h"
#include "clients/cli/receipts.h"
#include "clients/sdk/files.h"
#include "ledger/base/bytes.h"
#include "ledger/base/text.h"

#include "absl/strings/str_cat.h"

namespace fundledger::cli {
namespace {

namespace fs = std::filesystem;

struct OfficerOptions {
  std::string id;
  std::string organization;
  std::string role;
  std::string person_code;
  std::string request;
  std::string algorithm = "ed25519";
  std::string key;
  std::string reason;
  int32_t days = crypto::kHolderDays;
  bool no_passphrase = false;
  bool no_certificate = false;
  std::string token;
  bool to_file = false;
};

// A key that is to be registered, and its proof.
struct ProvenKey {
  crypto::PublicKey key;
  std::string proof;
  std::string certificate_request;  // PEM; empty where the key was made here
};

void SetKey(const crypto::PublicKey& from, v1::PublicKey* to) {
  to->set_algorithm(static_cast<v1::KeyAlgorithm>(from.algorithm));
  to->set_key(from.bytes);
}

// The key of an officer to be registered, or to be given another: the one of a request; else the one in the
// key directory; else a new one put there.
absl::StatusOr<ProvenKey> KeyFor(Context& context, const OfficerOptions& options) {
  ASSIGN_OR_RETURN(const sdk::ClientConfig* config, context.config());
  if (!options.request.empty()) {
    ASSIGN_OR_RETURN(const KeyRequest request, TakeKeyRequest(context, options.request, options.id));
    return ProvenKey{request.key, request.key_proof, request.certificate_request};
  }
  const fs::path path = config->key_path(options.id);
  std::error_code error;
  if (!fs::exists(path, error)) {
    RETURN_IF_ERROR(sdk::MakeDirectory(config->keys));
    ASSIGN_OR_RETURN(const crypto::Algorithm algorithm, ParseAlgorithm(options.algorithm));
    ASSIGN_OR_RETURN(const sdk::Protection protection,
                     ProtectionFor(context, options.id, options.no_passphrase));
    RETURN_IF_ERROR(MakeOfficerKey(path, algorithm, protection).status());
    if (!context.json()) {
      std::cout << T("made the key ", "已生成密钥 ") << path.string()
                << T(": move it to its officer, and leave no copy\n", "，请移交本人，勿留副本\n");
    }
  }
  ASSIGN_OR_RETURN(const crypto::Signer* signer, context.signer(options.id));
  ASSIGN_OR_RETURN(std::string proof, sdk::ProveKey(config->ledger.view(), options.id, *signer));
  return ProvenKey{signer->public_key(), std::move(proof), ""};
}

// The certificate that opens the officer's connection, where this machine has the authority and there is none
// yet.
absl::Status CertificateFor(Context& context, const OfficerOptions& options, const std::string& request) {
  ASSIGN_OR_RETURN(const sdk::ClientConfig* config, context.config());
  if (options.no_certificate || !config->tls.has_value() || config->tls->certificates.empty()) {
    return absl::OkStatus();
  }
  const fs::path path = config->tls->certificate_of(options.id);
  std::error_code error;
  if (fs::exists(path, error)) return absl::OkStatus();
  if (!HasAuthority(*config)) {
    if (!context.json()) {
      std::cout << T("no authority here: have the officer's certificate issued where it is kept\n",
                     "本机无证书颁发机构，请另行签发其连接证书\n");
    }
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const auto authority, OpenAuthority(*config, &context.passphrases()));
  sdk::Protection protection;
  if (request.empty()) {
    ASSIGN_OR_RETURN(protection, ProtectionFor(context, options.id, options.no_passphrase));
  }
  RETURN_IF_ERROR(MakeOfficerCertificate(*authority, config->tls->certificates, options.id, request,
                                         protection, {options.days, NowSeconds()}));
  if (!context.json()) std::cout << T("issued ", "已签发 ") << path.string() << '\n';
  return absl::OkStatus();
}

absl::StatusOr<int> Send(Context& context, const v1::Action& action) {
  ASSIGN_OR_RETURN(const std::string officer, context.officer());
  ASSIGN_OR_RETURN(const sdk::CheckedReceipt receipt, context.Submit(officer, {action}));
  PrintRecorded(context, receipt, {action});
  return kExitOk;
}

absl::StatusOr<int> RunAdd(Context& context, const OfficerOptions& options) {
  RETURN_IF_ERROR(CheckId("--id", options.id));
  const auto role = NumberOf(kRoleWords, options.role);
  if (!role.has_value()) {
    return UsageError("WORD_UNKNOWN",
                      absl::StrCat("--role \"", options.role, "\": write ", ListWords(kRoleWords)));
  }
  const auto person_code = HexDecode(options.person_code);
  if (!person_code.has_value()) return UsageError("VALUE_INVALID", "--person-code is not hex");
  // Before a key is made for nothing: that we may sign, and that the ledger is there.
  ASSIGN_OR_RETURN(const std::string officer, context.officer());
  RETURN_IF_ERROR(context.signer(officer).status());
  RETURN_IF_ERROR(context.client().status());
  ASSIGN_OR_RETURN(const ProvenKey key, KeyFor(context, options));
  RETURN_IF_ERROR(CertificateFor(context, options, key.certificate_request));
  v1::Action action;
  auto* registration = action.mutable_register_officer();
  registration->set_id(options.id);
  registration->set_organization(options.organization);
  registration->set_role(static_cast<v1::Role>(*role));
  registration->set_person_code(*person_code);
  SetKey(key.key, registration->mutable_key());
  registration->set_key_proof(key.proof);
  return Send(context, action);
}

// What the ledger says about an officer. NOT_FOUND, reason OFFICER_NOT_FOUND.
absl::StatusOr<v1::Registered> FindOfficer(Context& context, const std::string& id) {
  ASSIGN_OR_RETURN(sdk::Client * client, context.client());
  v1::ListRegisteredRequest request;
  request.set_kind(v1::REGISTRY_KIND_OFFICER);
  request.set_page_size(1000);
  std::optional<v1::Registered> found;
  RETURN_IF_ERROR(EachPage(client, client->registry(), &v1::RegistryService::Stub::ListRegistered, request,
                           [&](const v1::ListRegisteredResponse& page) {
                             for (const auto& one : page.registered()) {
                               if (one.officer().id() == id) found = one;
                             }
                             return absl::OkStatus();
                           }));
  if (found.has_value()) return *std::move(found);
  return Refuse(absl::StatusCode::kNotFound, "OFFICER_NOT_FOUND",
                absl::StrCat("there is no officer ", id, ": see admin officer list"));
}

fs::path NextKeyPath(const sdk::ClientConfig& config, const std::string& officer) {
  return config.keys / absl::StrCat(officer, ".next.key");
}

// Puts the next key into the place of the present one, which is kept: it proves nothing any more, but the
// officer may want to show that it was theirs.
absl::Status UseNextKey(const sdk::ClientConfig& config, const std::string& officer) {
  const fs::path present = config.key_path(officer);
  std::error_code error;
  fs::path old;
  for (int n = 1; old.empty() || fs::exists(old, error); ++n) {
    old = config.keys / absl::StrCat(officer, ".old-", n, ".key");
  }
  // The old name stays a link until the new one is in place: no moment without a key.
  fs::create_hard_link(present, old, error);
  if (!error) fs::rename(NextKeyPath(config, officer), present, error);
  if (!error) return absl::OkStatus();
  return Refuse(absl::StatusCode::kUnavailable, "FILE_UNWRITABLE",
                absl::StrCat("cannot put ", NextKeyPath(config, officer).string(), " in the place of ",
                             present.string(), ": ", error.message()));
}

absl::StatusOr<bool> IsRegistered(Context& context, const std::string& officer,
                                  const crypto::PublicKey& key) {
  ASSIGN_OR_RETURN(const v1::Registered registered, FindOfficer(context, officer));
  return registered.officer().key().key() == key.bytes;
}

absl::StatusOr<int> FinishRotation(Context& context, const sdk::ClientConfig& config,
                                   const std::string& officer) {
  RETURN_IF_ERROR(UseNextKey(config, officer));
  if (!context.json()) {
    std::cout << config.key_path(officer).string()
              << T(" is the new key; the one before lies beside it as .old\n",
                   " 已换为新密钥，旧密钥保留为 .old\n");
  }
  return kExitOk;
}

// Makes the key that is to follow the present one: where it was told, and where that one is.
absl::Status MakeNextKey(Context& context, const fs::path& path, const std::string& officer,
                         const OfficerOptions& options) {
  ASSIGN_OR_RETURN(const crypto::Algorithm algorithm, ParseAlgorithm(options.algorithm));
  if (!options.token.empty()) {
    return MakeOfficerKeyOnToken(context, path, options.token, algorithm).status();
  }
  ASSIGN_OR_RETURN(const sdk::Protection protection, ProtectionFor(context, officer, options.no_passphrase));
  return MakeOfficerKey(path, algorithm, protection).status();
}

// The next key is made before anything is sent, and takes its place when the ledger has it: a crash in
// between is mended by calling again.
absl::StatusOr<int> RunRotate(Context& context, const OfficerOptions& options) {
  ASSIGN_OR_RETURN(const std::string officer, context.officer());
  ASSIGN_OR_RETURN(const sdk::ClientConfig* config, context.config());
  const fs::path path = NextKeyPath(*config, officer);
  std::error_code error;
  const bool begun = fs::exists(path, error);
  ASSIGN_OR_RETURN(const bool on_token, sdk::IsOnToken(config->key_path(officer)));
  if (!begun && on_token && options.token.empty() && !options.to_file) {
    return UsageError(
        "KEY_ON_TOKEN",
        absl::StrCat(config->key_path(officer).string(),
                     T(" is a key on a token, which a file would replace: give --token URI, with "
                       "another object, to make the next one on a token, or --to-file to keep it "
                       "in a file from now on",
                       " 是 UKey 中的密钥，不会自动换成密钥文件：用 --token URI（另取 object）在 UKey "
                       "上生成新密钥，或用 --to-file 改存为文件")));
  }
  RETURN_IF_ERROR(context.signer(officer).status());
  if (!begun) RETURN_IF_ERROR(MakeNextKey(context, path, officer, options));
  ASSIGN_OR_RETURN(const auto next, sdk::LoadSigner(path, &context.passphrases()));
  if (begun) {
    ASSIGN_OR_RETURN(const bool registered, IsRegistered(context, officer, next->public_key()));
    if (registered) return FinishRotation(context, *config, officer);
  }
  v1::Action action;
  SetKey(next->public_key(), action.mutable_rotate_key()->mutable_key());
  ASSIGN_OR_RETURN(*action.mutable_rotate_key()->mutable_key_proof(),
                   sdk::ProveKey(config->ledger.view(), officer, *next));
  ASSIGN_OR_RETURN(const sdk::CheckedReceipt receipt, context.Submit(officer, {action}));
  PrintRecorded(context, receipt, {action});
  ASSIGN_OR_RETURN(const bool registered, IsRegistered(context, officer, next->public_key()));
  if (registered) return FinishRotation(context, *config, officer);
  if (!context.json()) {
    std::cout << T(
        "it waits for approval; when it is approved, give the same command again to use the new key\n",
        "等待批准；批准后请再执行一次本命令，启用新密钥\n");
  }
  return kExitOk;
}

absl::StatusOr<int> RunRevoke(Context& context, const OfficerOptions& options) {
  ASSIGN_OR_RETURN(const v1::Registered registered, FindOfficer(context, options.id));
  v1::Action action;
  auto* revoke = action.mutable_revoke_key();
  revoke->set_officer(options.id);
  *revoke->mutable_key() = registered.officer().key();
  revoke->set_reason(options.reason);
  if (!options.key.empty()) {
    const auto key = HexDecode(options.key);
    if (!key.has_value()) return UsageError("VALUE_INVALID", "--key is not hex");
    revoke->mutable_key()->set_key(*key);
    revoke->mutable_key()->set_algorithm(key->size() == 32 ? v1::KEY_ALGORITHM_ED25519
                                                           : v1::KEY_ALGORITHM_SM2);
  }
  if (!context.json()) {
    std::cout << T("revoking the key ", "吊销密钥 ") << HexEncode(revoke->key().key()) << '\n';
  }
  return Send(context, action);
}

absl::StatusOr<int> RunRecover(Context& context, const OfficerOptions& options) {
  ASSIGN_OR_RETURN(const v1::Registered registered, FindOfficer(context, options.id));
  ASSIGN_OR_RETURN(const ProvenKey key, KeyFor(context, options));
  if (registered.officer().key().key() == key.key.bytes) {
    ASSIGN_OR_RETURN(const sdk::ClientConfig* config, context.config());
    return UsageError("KEY_UNCHANGED",
                      absl::StrCat(config->key_path(options.id).string(),
                                   " is the key that is registered: move it away, or give the "
                                   "--request of another"));
  }
  v1::Action action;
  auto* recover = action.mutable_recover_key();
  recover->set_officer(options.id);
  recover->set_reason(options.reason);
  SetKey(key.key, recover->mutable_key());
  recover->set_key_proof(key.proof);
  return Send(context, action);
}

using Run = absl::StatusOr<int> (*)(Context&, const OfficerOptions&);

CLI::App* AddOfficerCommand(Program* program, const std::shared_ptr<OfficerOptions>& options,
                            const char* path, const char* help, Run run) {
  CLI::App* app = AddCommand(program, path, help);
  OnCall(program, app, [options, run](Context& context) { return run(context, *options); });
  return app;
}

void AddKeyOptions(CLI::App* app, OfficerOptions* options, bool by_request) {
  app->add_option(
      "--algorithm", options->algorithm,
      T("of a key that is made: ed25519 (default) or sm2", "生成密钥的算法：ed25519（默认）或 sm2"));
  app->add_flag("--no-passphrase", options->no_passphrase,
                T("keep keys that are made in clear: for tests only", "密钥不加密，仅供测试"));
  if (!by_request) return;
  app->add_option("--request", options->request,
                  T("file that the officer made with `admin key request`", "经办人生成的密钥申请文件"));
}

void AddReason(CLI::App* app, OfficerOptions* options) {
  app->add_option("--officer", options->id, T("whose key", "经办人编号"))->required();
  app->add_option("--reason", options->reason, T("why", "原因"))->required();
}

void AddAdd(Program* program, const std::shared_ptr<OfficerOptions>& options) {
  CLI::App* add = AddOfficerCommand(
      program, options, "admin officer add",
      T("propose an officer, and issue the certificate of the officer's connection (needs approval)",
        "提议登记经办人，并签发其连接证书（须审批）"),
      RunAdd);
  add->add_option("--id", options->id, T("id of the officer", "经办人编号"))->required();
  add->add_option("--organization", options->organization, T("organization the officer acts for", "所属单位"))
      ->required();
  add->add_option("--role", options->role,
                  absl::StrCat(T("the one role: ", "唯一角色："), ListWords(kRoleWords)))
      ->required();
  add->add_option("--person-code", options->person_code,
                  T("keyed hash of the person, 64 hex digits", "人员代码（64 位十六进制）"));
  add->add_option("--days", options->days, T("days the certificate is valid", "证书有效天数"))
      ->check(CLI::Range(1, 3653));
  add->add_flag("--no-certificate", options->no_certificate, T("issue none", "不签发证书"));
  AddKeyOptions(add, options.get(), true);
  add->footer(T(
      "The key comes from --request, which the officer made (admin key make, admin key request); else from\n"
      "keys/<id>.key, which is made if there is none. Needs the approval of an administrator of another\n"
      "organization; finance_clerk, finance_reviewer and treasury also that of an inspector.\n"
      "Example:\n  fundledger admin officer add --as admin-1 --id clerk-1 --organization finance "
      "--role finance_clerk --request clerk-1.request",
      "密钥取自 --request（经办人用 admin key make、admin key request 生成），否则取自 keys/<编号>.key，\n"
      "没有则生成。须由其他单位的管理员批准；财政经办、财政复核、国库另须纪检监察批准。\n"
      "示例：\n  fundledger admin officer add --as admin-1 --id clerk-1 --organization finance "
      "--role finance_clerk --request clerk-1.request"));
}

}  // namespace

void AddOfficerCommands(Program* program) {
  const auto options = std::make_shared<OfficerOptions>();
  AddAdd(program, options);
  CLI::App* rotate = AddOfficerCommand(
      program, options, "admin officer rotate-key",
      T("replace one's own key by a new one (money roles need approval)", "更换本人密钥（资金岗位须审批）"),
      RunRotate);
  AddKeyOptions(rotate, options.get(), false);
  CLI::Option* token =
      rotate->add_option("--token", options->token,
                         T("make the new key on a token: a pkcs11: URI, as for admin key make",
                           "在 UKey 上生成新密钥：pkcs11: URI，同 admin key make"));
  rotate
      ->add_flag("--to-file", options->to_file,
                 T("keep the new key in a file though the present one is on a token",
                   "现密钥在 UKey 中，而新密钥改存为文件"))
      ->excludes(token);
  rotate->footer(T("Example:\n  fundledger admin officer rotate-key --as clerk-1",
                   "示例：\n  fundledger admin officer rotate-key --as clerk-1"));
  CLI::App* revoke = AddOfficerCommand(
      program, options, "admin officer revoke-key",
      T("end a key at once: it was stolen, or may have been", "立即吊销密钥（被盗或疑似被盗）"), RunRevoke);
  AddReason(revoke, options.get());
  revoke->add_option("--key", options->key,
                     T("the key in hex; else the one registered", "公钥，默认为已登记的"));
  revoke->footer(
      T("Example:\n  fundledger admin officer revoke-key --as admin-1 --officer clerk-1 --reason lost",
        "示例：\n  fundledger admin officer revoke-key --as admin-1 --officer clerk-1 --reason 遗失"));
  CLI::App* recover =
      AddOfficerCommand(program, options, "admin officer recover-key",
                        T("propose a new key for an officer whose key is lost or revoked (needs approval)",
                          "为密钥遗失或被吊销的经办人提议新密钥（须审批）"),
                        RunRecover);
  AddReason(recover, options.get());
  AddKeyOptions(recover, options.get(), true);
  recover->footer(
      T("Example:\n  fundledger admin officer recover-key --as admin-1 --officer clerk-1 "
        "--request clerk-1.request --reason lost",
        "示例：\n  fundledger admin officer recover-key --as admin-1 --officer clerk-1 "
        "--request clerk-1.request --reason 遗失"));
}

}  // namespace fundledger::cli
