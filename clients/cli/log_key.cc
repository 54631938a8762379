// fundledger admin log-key: the log's own key, replaced by a submission that several sign, each where their
// key is. What is to be signed, and the signatures so far, travel in a file; nothing of it is secret.
//
//   {"payload": BASE64, "signatures": {"officer": BASE64, "second_officer": …, "log_key": …, "next_key": …,
//    "standby_key": …}}
#include <filesystem>
#include <iostream>
#include <memory>

#include "clients/cli/commands.h"
#include "clients/cli/confirm.h"
#include "clients/cli/describe.h"
#include "clients/cli/json.h"
#include "clients/cli/key_files.h"
#include "clients/cli/language.h"
#include "clients/cli/receipts.h"
#include "clients/sdk/files.h"
#include "clients/sdk/keys.h"
#include "fundledger/v1/envelope.pb.h"
#include "ledger/base/bytes.h"
#include "ledger/base/time_text.h"
#include "ledger/crypto/dsse.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace fundledger::cli {
namespace {

namespace fs = std::filesystem;

struct LogKeyOptions {
  std::string file;
  std::string next;
  std::string standby;
  std::string second;
  std::string key;
  bool lost = false;
  bool yes = false;
  bool no_passphrase = false;
};

// What is to be signed, and by whom it is. The signatures' places in the envelope are the order of
// `kSigners`.
constexpr const char* kSigners[] = {"officer", "second_officer", "log_key", "next_key", "standby_key"};

struct Draft {
  std::string payload;
  v1::Submission submission;
  std::map<std::string, std::string> signatures;

  const v1::RotateLogKey& what() const { return submission.actions(0).rotate_log_key(); }
  // Whom it takes: all, but for the log's key where it is lost.
  std::vector<std::string> Needed() const {
    std::vector<std::string> needed;
    for (const char* signer : kSigners) {
      if (!what().old_key_lost() || std::string_view(signer) != "log_key") needed.emplace_back(signer);
    }
    return needed;
  }
};

absl::Status Malformed(const std::string& file, std::string_view why) {
  return UsageError("ROTATION_FILE_INVALID",
                    absl::StrCat(file, " is no file of `admin log-key rotate`: ", ToAbsl(why)));
}

absl::StatusOr<std::string> TextOf(const nlohmann::json& json, const std::string& file) {
  const auto bytes = json.is_string() ? Base64Decode(json.get<std::string>()) : std::nullopt;
  if (!bytes.has_value()) return Malformed(file, "it holds something that is not base64");
  return *bytes;
}

absl::StatusOr<Draft> ReadDraft(const std::string& file, const sdk::ClientConfig& config) {
  ASSIGN_OR_RETURN(const std::string text, sdk::ReadFile(file));
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object() || !json.contains("payload") || !json.contains("signatures") ||
      !json["signatures"].is_object()) {
    return Malformed(file, "it is not JSON with payload and signatures");
  }
  Draft draft;
  ASSIGN_OR_RETURN(draft.payload, TextOf(json["payload"], file));
  for (const auto& [signer, signature] : json["signatures"].items()) {
    ASSIGN_OR_RETURN(draft.signatures[signer], TextOf(signature, file));
  }
  // What is shown is what is signed: nothing else may stand in these bytes.
  if (!draft.submission.ParseFromString(draft.payload) || draft.submission.actions_size() != 1 ||
      !draft.submission.actions(0).has_rotate_log_key() ||
      draft.submission.SerializeAsString() != draft.payload ||
      !draft.submission.GetReflection()->GetUnknownFields(draft.submission).empty()) {
    return Malformed(file, "its payload is no rotation of the log's key, and nothing besides");
  }
  if (draft.submission.ledger() != config.ledger.view()) return Malformed(file, "it is for another ledger");
  return draft;
}

absl::Status WriteDraft(const std::string& file, const Draft& draft) {
  nlohmann::ordered_json json;
  json["payload"] = Base64Encode(draft.payload);
  json["signatures"] = nlohmann::ordered_json::object();
  for (const auto& [signer, signature] : draft.signatures)
    json["signatures"][signer] = Base64Encode(signature);
  return sdk::ReplaceFile(file, json.dump(2) + "\n", true);
}

std::string KeyText(const v1::PublicKey& key) {
  return absl::StrCat("ed25519:", HexEncode(key.key()));
}

absl::StatusOr<v1::PublicKey> ReadPublicKey(const std::string& flag, const std::string& text) {
  v1::PublicKey key;
  key.set_algorithm(v1::KEY_ALGORITHM_ED25519);
  constexpr std::string_view kPrefix = "ed25519:";
  const bool named = std::string_view(text).substr(0, kPrefix.size()) == kPrefix;
  const auto bytes = named ? HexDecode(std::string_view(text).substr(kPrefix.size())) : std::nullopt;
  if (!bytes.has_value() || bytes->size() != 32) {
    return UsageError("KEY_MALFORMED", absl::StrCat(flag, " \"", text,
                                                    "\" is no key of the log: write ed25519:HEX, "
                                                    "as `admin log-key make` printed it"));
  }
  key.set_key(*bytes);
  return key;
}

void PrintDraft(const Context& context, const Draft& draft, int32_t utc_offset_minutes) {
  std::vector<std::string> missing;
  for (const std::string& signer : draft.Needed()) {
    if (draft.signatures.find(signer) == draft.signatures.end()) missing.push_back(signer);
  }
  if (context.json()) {
    nlohmann::ordered_json json;
    json["submission"] = ToJson(draft.submission);
    json["missing"] = missing;
    PrintJson(json);
    return;
  }
  std::cout << T("ledger          ", "账本          ") << HexEncode(draft.submission.ledger()) << '\n'
            << T("officer         ", "经办人        ") << draft.submission.officer() << '\n'
            << T("second officer  ", "第二经办人    ") << draft.what().second_officer() << '\n'
            << T("next log key    ", "新账本公钥    ") << KeyText(draft.what().log_key()) << '\n'
            << T("next standby    ", "新备用公钥    ") << KeyText(draft.what().standby_key()) << '\n'
            << T("key so far lost ", "原密钥遗失    ")
            << (draft.what().old_key_lost() ? T("yes", "是") : T("no", "否")) << '\n'
            << T("taken until     ", "有效期至      ")
            << TimeText(draft.submission.not_after_us(), utc_offset_minutes) << '\n'
            << T("still to sign   ", "尚待签名      ")
            << (missing.empty() ? T("nobody", "无") : absl::StrJoin(missing, ", ")) << '\n';
}

absl::StatusOr<int> RunMake(Context& context, const LogKeyOptions& options) {
  ASSIGN_OR_RETURN(const sdk::Protection protection,
                   ProtectionFor(context, options.file, options.no_passphrase));
  ASSIGN_OR_RETURN(const auto signer, MakeOfficerKey(options.file, crypto::Algorithm::kEd25519, protection));
  const std::string key = absl::StrCat("ed25519:", HexEncode(signer->public_key().bytes));
  if (context.json()) {
    PrintJson({{"key", key}});
  } else {
    std::cout << key << '\n';
  }
  return kExitOk;
}

absl::StatusOr<int> RunRotate(Context& context, const LogKeyOptions& options) {
  ASSIGN_OR_RETURN(const std::string officer, context.officer());
  ASSIGN_OR_RETURN(const crypto::Signer* signer, context.signer(officer));
  v1::Action action;
  v1::RotateLogKey& what = *action.mutable_rotate_log_key();
  ASSIGN_OR_RETURN(*what.mutable_log_key(), ReadPublicKey("--next-key", options.next));
  ASSIGN_OR_RETURN(*what.mutable_standby_key(), ReadPublicKey("--standby-key", options.standby));
  what.set_second_officer(options.second);
  what.set_old_key_lost(options.lost);
  ASSIGN_OR_RETURN(sdk::Client * client, context.client());
  Draft draft;
  draft.submission = client->Draft(officer, sdk::NewRequestId(), {action});
  draft.payload = draft.submission.SerializeAsString();
  ASSIGN_OR_RETURN(draft.signatures["officer"],
                   signer->Sign(crypto::PreAuthEncoding(crypto::kSubmissionType, draft.payload)));
  std::error_code error;
  if (fs::exists(options.file, error)) {
    return UsageError("FILE_EXISTS",
                      absl::StrCat(options.file, " is there already: give --out another name"));
  }
  RETURN_IF_ERROR(WriteDraft(options.file, draft));
  PrintDraft(context, draft, client->utc_offset_minutes());
  return kExitOk;
}

// Whose signature a key's is: one of the keys that the rotation names, or the log's so far.
absl::StatusOr<std::string> RoleOfKey(Context& context, const Draft& draft, const crypto::PublicKey& key) {
  if (key.bytes == draft.what().log_key().key()) return std::string("next_key");
  if (key.bytes == draft.what().standby_key().key()) return std::string("standby_key");
  ASSIGN_OR_RETURN(const sdk::ClientConfig* config, context.config());
  ASSIGN_OR_RETURN(const sdk::Facts* facts, context.facts());
  ASSIGN_OR_RETURN(const auto keys, sdk::LogKeyring::FromFacts(*facts, config->log));
  if (key.bytes == keys->keys().current().key()) return std::string("log_key");
  return UsageError("KEY_UNKNOWN",
                    absl::StrCat("the key ", HexEncode(key.bytes),
                                 " is neither the log's so far, nor its next, nor the next standby's"));
}

absl::StatusOr<int> RunSign(Context& context, const LogKeyOptions& options) {
  ASSIGN_OR_RETURN(const sdk::ClientConfig* config, context.config());
  ASSIGN_OR_RETURN(Draft draft, ReadDraft(options.file, *config));
  ASSIGN_OR_RETURN(const sdk::Facts* facts, context.facts());
  if (!context.json()) PrintDraft(context, draft, facts->utc_offset_minutes);
  if (!options.yes)
    RETURN_IF_ERROR(Confirm(T("Sign this?", "签名？"), T("nothing was signed", "未签名"), !context.json()));
  std::unique_ptr<crypto::Signer> loaded;
  const crypto::Signer* signer = nullptr;
  std::string role;
  if (!options.key.empty()) {
    ASSIGN_OR_RETURN(loaded, sdk::LoadSigner(options.key, &context.passphrases()));
    signer = loaded.get();
    ASSIGN_OR_RETURN(role, RoleOfKey(context, draft, signer->public_key()));
  } else {
    ASSIGN_OR_RETURN(const std::string officer, context.officer());
    if (officer != draft.submission.officer() && officer != draft.what().second_officer()) {
      return UsageError("SIGNER_NOT_ASKED", absl::StrCat("officer ", officer, " is not asked to sign this"));
    }
    role = officer == draft.what().second_officer() ? "second_officer" : "officer";
    ASSIGN_OR_RETURN(signer, context.signer(officer));
  }
  ASSIGN_OR_RETURN(draft.signatures[role],
                   signer->Sign(crypto::PreAuthEncoding(crypto::kSubmissionType, draft.payload)));
  RETURN_IF_ERROR(WriteDraft(options.file, draft));
  if (context.json()) {
    PrintDraft(context, draft, facts->utc_offset_minutes);
  } else {
    std::cout << T("signed as ", "已签名：") << role << '\n';
  }
  return kExitOk;
}

absl::StatusOr<int> RunShow(Context& context, const LogKeyOptions& options) {
  ASSIGN_OR_RETURN(const sdk::ClientConfig* config, context.config());
  ASSIGN_OR_RETURN(const Draft draft, ReadDraft(options.file, *config));
  ASSIGN_OR_RETURN(const sdk::Facts* facts, context.facts());
  PrintDraft(context, draft, facts->utc_offset_minutes);
  return kExitOk;
}

absl::StatusOr<int> RunSubmit(Context& context, const LogKeyOptions& options) {
  ASSIGN_OR_RETURN(const sdk::ClientConfig* config, context.config());
  ASSIGN_OR_RETURN(const Draft draft, ReadDraft(options.file, *config));
  v1::Envelope envelope;
  envelope.set_payload(draft.payload);
  envelope.set_payload_type(std::string(crypto::kSubmissionType));
  for (const std::string& signer : draft.Needed()) {
    const auto found = draft.signatures.find(signer);
    if (found == draft.signatures.end()) {
      return UsageError("SIGNATURE_MISSING",
                        absl::StrCat(signer, " has not signed it: see admin log-key sign --help"));
    }
    envelope.add_signatures()->set_sig(found->second);
  }
  const sdk::Sealed sealed{draft.submission.request_id(), draft.payload, envelope.SerializeAsString()};
  ASSIGN_OR_RETURN(const sdk::CheckedReceipt receipt,
                   context.SubmitSealed(draft.submission.officer(), sealed));
  PrintRecorded(context, receipt, {draft.submission.actions(0)});
  return kExitOk;
}

using Run = absl::StatusOr<int> (*)(Context&, const LogKeyOptions&);

CLI::App* Add(Program* program, const char* path, const char* help, Run run,
              std::shared_ptr<LogKeyOptions>* options) {
  *options = std::make_shared<LogKeyOptions>();
  CLI::App* app = AddCommand(program, path, help);
  OnCall(program, app, [kept = *options, run](Context& context) { return run(context, *kept); });
  return app;
}

void AddFile(CLI::App* app, const std::shared_ptr<LogKeyOptions>& options) {
  app->add_option("FILE", options->file, T("file that `admin log-key rotate` wrote", "密钥更换文件"))
      ->required();
}

void AddRotate(Program* program) {
  std::shared_ptr<LogKeyOptions> options;
  CLI::App* rotate = Add(program, "admin log-key rotate",
                         T("begin to replace the log's key: writes what the others sign",
                           "发起更换账本密钥，写出待各方签名的文件"),
                         RunRotate, &options);
  rotate->add_option("--next-key", options->next, T("the next key, ed25519:HEX", "新账本公钥"))->required();
  rotate->add_option("--standby-key", options->standby, T("the standby behind it, ed25519:HEX", "新备用公钥"))
      ->required();
  rotate
      ->add_option("--second-officer", options->second,
                   T("administrator of another organization, who signs too", "另一单位的管理员，共同签名"))
      ->required();
  rotate->add_flag("--old-key-lost", options->lost,
                   T("the key so far is lost: --next-key is its standby", "原密钥遗失，以备用密钥接替"));
  rotate->add_option("--out", options->file, T("file to write", "输出文件"))->required();
  rotate->footer(
      T("Then each signs the file where their key is (admin log-key sign): the second officer, and with\n"
        "--key the key so far (unless lost), the next key and the next standby; then admin log-key submit.\n"
        "The daemon needs the next key beforehand: docs/operations.md, Another key for the log.",
        "随后各方在各自机器上签名（admin log-key sign）：第二经办人；并用 --key 以原密钥（遗失除外）、\n"
        "新密钥、新备用密钥签名；最后 admin log-key submit。服务器须先配置新密钥，见 docs/operations.md。"));
}

}  // namespace

void AddLogKeyCommands(Program* program) {
  std::shared_ptr<LogKeyOptions> options;
  CLI::App* make = Add(program, "admin log-key make",
                       T("make a key for the log, or its standby, and print the public one",
                         "生成账本密钥或备用密钥，输出公钥"),
                       RunMake, &options);
  make->add_option("FILE", options->file, T("file to make", "密钥文件"))->required();
  make->add_flag("--no-passphrase", options->no_passphrase,
                 T("keep it in clear: for tests only", "密钥不加密，仅供测试"));
  AddRotate(program);
  CLI::App* show =
      Add(program, "admin log-key show", T("show what is to be signed", "查看待签名内容"), RunShow, &options);
  AddFile(show, options);
  CLI::App* sign = Add(program, "admin log-key sign", T("sign it: as an officer, or with --key", "签名"),
                       RunSign, &options);
  AddFile(sign, options);
  sign->add_option("--key", options->key,
                   T("key file of the log, its next key, or the next standby", "密钥文件"));
  sign->add_flag("--yes", options->yes, T("do not ask", "不再询问"));
  CLI::App* submit = Add(program, "admin log-key submit",
                         T("send it, when all have signed", "各方签名后提交"), RunSubmit, &options);
  AddFile(submit, options);
}

}  // namespace fundledger::cli
