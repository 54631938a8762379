// fundledger init: a new ledger, its keys, and the files that server and clients start with.
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <map>
#include <memory>

#include "clients/cli/certificates.h"
#include "clients/cli/commands.h"
#include "clients/cli/json.h"
#include "clients/cli/key_files.h"
#include "clients/cli/language.h"
#include "clients/sdk/files.h"
#include "ledger/base/bytes.h"
#include "ledger/base/clock.h"
#include "ledger/base/fen.h"
#include "ledger/base/text.h"
#include "ledger/crypto/dsse.h"
#include "ledger/engine/engine.h"
#include "ledger/log/note.h"
#include "ledger/log/record.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace fundledger::cli {
namespace {

namespace fs = std::filesystem;

struct InitOptions {
  std::string directory;
  std::string origin;
  std::string city_name = "市";
  std::string supervision_name = "纪检监察机关";
  std::string threshold = "100万";
  int32_t proposal_days = 90;
  std::string utc_offset = "+08:00";
  std::string listen = "127.0.0.1:7411";
  std::vector<std::string> hosts;
  std::string suite = "international";
  std::string algorithm = "ed25519";
  int32_t certificate_days = crypto::kHolderDays;
  bool no_authority = false;
  bool no_passphrase = false;
};

struct Keys {
  std::shared_ptr<const crypto::Signer> log;
  std::unique_ptr<crypto::Signer> standby;
  std::shared_ptr<const crypto::Signer> sm2;  // null but for suite sm
  std::unique_ptr<crypto::Signer> admins[2];
};

constexpr const char* kAdmins[] = {"admin-1", "admin-2"};
constexpr const char* kOrganizations[] = {"city", "supervision"};

absl::StatusOr<int32_t> ParseOffset(const std::string& text) {
  const bool form = text.size() == 6 && (text[0] == '+' || text[0] == '-') && text[3] == ':';
  int hours = 0;
  int minutes = 0;
  if (form && absl::SimpleAtoi(text.substr(1, 2), &hours) && absl::SimpleAtoi(text.substr(4), &minutes) &&
      hours <= 14 && minutes < 60) {
    return (text[0] == '-' ? -1 : 1) * (hours * 60 + minutes);
  }
  return UsageError("UTC_OFFSET_INVALID", absl::StrCat("\"", text, "\" is no offset from UTC: write +08:00"));
}

absl::Status CheckTarget(const fs::path& directory) {
  std::error_code error;
  if (!fs::exists(directory, error) ||
      (fs::is_directory(directory, error) && fs::is_empty(directory, error))) {
    return absl::OkStatus();
  }
  return UsageError("DIRECTORY_NOT_EMPTY",
                    absl::StrCat(directory.string(),
                                 " is not an empty directory: a ledger is made in one of its "
                                 "own, and nothing is ever overwritten"));
}

// What each of the keys is kept under. Each has a holder of its own, and a person at a terminal is asked for
// each; all are asked for before anything is made.
using Protections = std::map<std::string, sdk::Protection>;

absl::StatusOr<Protections> AskProtections(Context& context, const InitOptions& options) {
  std::vector<std::string> holders = {"log", "standby", kAdmins[0], kAdmins[1]};
  if (options.suite == "sm") holders.emplace_back("log-sm2");
  if (!options.no_authority) holders.emplace_back("ca");
  Protections protections;
  for (const std::string& holder : holders) {
    ASSIGN_OR_RETURN(protections[holder], ProtectionFor(context, holder, options.no_passphrase));
  }
  return protections;
}

absl::StatusOr<Keys> MakeKeys(const fs::path& directory, crypto::Algorithm algorithm,
                              const Protections& protections) {
  RETURN_IF_ERROR(sdk::MakeDirectory(directory / "keys"));
  Keys keys;
  ASSIGN_OR_RETURN(keys.log,
                   MakeOfficerKey(directory / "log.key", crypto::Algorithm::kEd25519, protections.at("log")));
  ASSIGN_OR_RETURN(keys.standby, MakeOfficerKey(directory / "standby.key", crypto::Algorithm::kEd25519,
                                                protections.at("standby")));
  if (protections.count("log-sm2") != 0) {
    ASSIGN_OR_RETURN(keys.sm2, MakeOfficerKey(directory / "log-sm2.key", crypto::Algorithm::kSm2,
                                              protections.at("log-sm2")));
  }
  for (int i = 0; i < 2; ++i) {
    ASSIGN_OR_RETURN(keys.admins[i], MakeOfficerKey(directory / "keys" / absl::StrCat(kAdmins[i], ".key"),
                                                    algorithm, protections.at(kAdmins[i])));
  }
  return keys;
}

// Names and addresses the server's certificate is for.
std::vector<std::string> HostsOf(const InitOptions& options) {
  std::vector<std::string> hosts = options.hosts;
  for (const char* local : {"localhost", "127.0.0.1", "::1"}) {
    if (std::find(hosts.begin(), hosts.end(), local) == hosts.end()) hosts.emplace_back(local);
  }
  return hosts;
}

// The authority, and the certificates of the server and of the first administrators.
absl::Status MakeCertificates(const fs::path& directory, const InitOptions& options,
                              const Protections& protections) {
  ASSIGN_OR_RETURN(const auto authority, MakeAuthority(directory, options.origin, protections.at("ca")));
  const CertificateOptions how{options.certificate_days, NowSeconds()};
  RETURN_IF_ERROR(MakeServerCertificate(*authority, directory, HostsOf(options), how));
  for (const char* admin : kAdmins) {
    RETURN_IF_ERROR(MakeOfficerCertificate(*authority, directory / "certificates", admin, "",
                                           protections.at(admin), how));
  }
  return absl::OkStatus();
}

void SetKey(const crypto::Signer& signer, v1::PublicKey* key) {
  key->set_algorithm(static_cast<v1::KeyAlgorithm>(signer.public_key().algorithm));
  key->set_key(signer.public_key().bytes);
}

absl::StatusOr<v1::Genesis> BuildGenesis(const InitOptions& options, const Keys& keys) {
  v1::Genesis genesis;
  genesis.set_origin(options.origin);
  SetKey(*keys.log, genesis.mutable_log_key());
  SetKey(*keys.standby, genesis.mutable_standby_key());
  genesis.set_suite(options.suite == "sm" ? v1::SUITE_SM : v1::SUITE_INTERNATIONAL);
  ASSIGN_OR_RETURN(const int32_t offset, ParseOffset(options.utc_offset));
  genesis.set_utc_offset_minutes(offset);
  const std::string names[] = {options.city_name, options.supervision_name};
  for (int i = 0; i < 2; ++i) {
    auto* organization = genesis.add_organizations();
    organization->set_id(kOrganizations[i]);
    organization->set_name(names[i]);
    organization->set_tier(v1::TIER_CITY);
    if (i == 1) organization->set_parent(kOrganizations[0]);
    auto* admin = genesis.add_administrators();
    admin->set_id(kAdmins[i]);
    admin->set_organization(kOrganizations[i]);
    admin->set_role(v1::ROLE_ADMIN);
    SetKey(*keys.admins[i], admin->mutable_key());
  }
  ASSIGN_OR_RETURN(const int64_t threshold, ParseFen(options.threshold));
  genesis.mutable_policy()->set_two_reviewer_threshold_fen(threshold);
  genesis.mutable_policy()->set_proposal_valid_days(options.proposal_days);
  return genesis;
}

// What the ledger would refuse of its first record, or a reader of its checkpoints' name, is refused before
// any file is made: the same record is made under keys that nobody keeps.
absl::Status Rehearse(const InitOptions& options, crypto::Algorithm algorithm) {
  Keys keys;
  ASSIGN_OR_RETURN(keys.log, crypto::GenerateKey(crypto::Algorithm::kEd25519));
  ASSIGN_OR_RETURN(keys.standby, crypto::GenerateKey(crypto::Algorithm::kEd25519));
  for (auto& admin : keys.admins) {
    ASSIGN_OR_RETURN(admin, crypto::GenerateKey(algorithm));
  }
  const auto parsed = log::NoteVerifier::Parse(log::VerifierKey(options.origin, keys.log->public_key()));
  if (!parsed.ok() || options.origin.find_first_of("\"\\") != std::string::npos) {
    return UsageError(
        "ORIGIN_MALFORMED",
        absl::StrCat("\"", options.origin,
                     "\" is no origin, which has no space, '+', quote or backslash: write it as "
                     "city.example/funds"));
  }
  ASSIGN_OR_RETURN(const v1::Genesis genesis, BuildGenesis(options, keys));
  return engine::MakeGenesis(genesis, sdk::NewRequestId(), *keys.log,
                             {keys.admins[0].get(), keys.admins[1].get()})
      .status();
}

// Makes the ledger, and gives its id: the leaf hash of its first record.
absl::StatusOr<Hash256> MakeLedger(const fs::path& directory, const v1::Genesis& genesis, const Keys& keys) {
  ASSIGN_OR_RETURN(const std::string envelope,
                   engine::MakeGenesis(genesis, sdk::NewRequestId(), *keys.log,
                                       {keys.admins[0].get(), keys.admins[1].get()}));
  engine::CreateOptions create;
  create.directory = (directory / "ledger").string();
  create.log_key = keys.log;
  create.sm2_key = keys.sm2;
  create.genesis_envelope = envelope;
  RETURN_IF_ERROR(engine::Engine::Create(create));
  engine::Options open;
  open.directory = create.directory;
  open.log_key = keys.log;
  open.sm2_key = keys.sm2;
  ASSIGN_OR_RETURN(const auto engine, engine::Engine::Open(open));
  ASSIGN_OR_RETURN(const std::string record, engine->view()->Record(0));
  return log::LeafHash(record);
}

// A string of TOML, which escapes as JSON does.
std::string Quoted(const std::string& text) {
  return nlohmann::json(text).dump();
}

std::string ServerToml(const InitOptions& options) {
  return absl::StrCat(
      "# fundledgerd. Paths are relative to this file.\n"
      "ledger = \"ledger\"\n"
      "log_key = \"log.key\"\n",
      options.suite == "sm" ? "# Signs checkpoints too.\nsm2_key = \"log-sm2.key\"\n" : "", "listen = \"",
      options.listen,
      "\"\n"
      "endpoints_file = \"endpoints.json\"\n",
      options.no_passphrase ? ""
                            : "# A file of the daemon's own user with the passphrase of the log's keys.\n",
      options.no_passphrase ? "" : "log_key_passphrase_file = \"log.passphrase\"\n",
      "\n"
      "# Both sides show a certificate: the server its own, each client its officer's.\n"
      "[tls]\n"
      "certificate = \"server.pem\"\n"
      "key = \"server-tls.key\"\n"
      "client_ca = \"ca.pem\"\n\n"
      "[log]\n"
      "level = \"info\"\n"
      "format = \"text\"\n");
}

std::string ClientToml(const InitOptions& options, const Hash256& ledger, const std::string& verifier_key,
                       const std::string& sm2_verifier_key) {
  return absl::StrCat(
      "# fundledger. Paths are relative to this file.\n"
      "server = ",
      Quoted(options.listen),
      "\n\n"
      "# Which ledger this is. Get both by another way than from the server, and compare.\n"
      "ledger = \"",
      HexEncode(ledger.view()),
      "\"\n"
      "verifier_key = \"",
      verifier_key, "\"\n",
      sm2_verifier_key.empty() ? "" : absl::StrCat("sm2_verifier_keys = [\"", sm2_verifier_key, "\"]\n"),
      "\n"
      "keys = \"keys\"\n"
      "officer = \"",
      kAdmins[0],
      "\"\n\n"
      "[tls]\n"
      "ca = \"ca.pem\"\n"
      "certificates = \"certificates\"\n");
}

void PrintMade(const InitOptions& options, const fs::path& directory, const std::string& verifier_key,
               const std::string& sm2_verifier_key, const Hash256& ledger) {
  const std::string d = directory.string();
  std::cout
      << T("Made a ledger in ", "已建账于 ") << d << ":\n"
      << T("  ledger/         the records; back them up\n", "  ledger/         记录本体，请备份\n")
      << T("  log.key         signs the log; the server's alone\n",
           "  log.key         账本签名密钥，仅服务器使用\n")
      << (sm2_verifier_key.empty() ? ""
                                   : T("  log-sm2.key     signs checkpoints too; the server's alone\n",
                                       "  log-sm2.key     检查点的 SM2 签名密钥，仅服务器使用\n"))
      << T("  standby.key     replaces log.key if it is lost; take it offline now\n",
           "  standby.key     备用密钥，请立即离线保存\n")
      << (options.no_authority
              ? T("  no certificates: ca.pem, server.pem, server-tls.key and certificates/ come from "
                  "your own authority\n",
                  "  未建证书：ca.pem、server.pem、server-tls.key 及 certificates/ 由本单位证书机构提供\n")
              : T("  ca.pem, ca.key  the authority of the connections; take ca.key offline\n"
                  "  server.pem, server-tls.key   the server's certificate\n"
                  "  certificates/   the officers' certificates\n",
                  "  ca.pem、ca.key  连接证书颁发机构，请将 ca.key 离线保存\n"
                  "  server.pem、server-tls.key   服务器证书\n"
                  "  certificates/   经办人证书\n"))
      << T("  keys/admin-1.key, keys/admin-2.key   two administrators of two organizations; give each to its "
           "officer\n",
           "  keys/admin-1.key、keys/admin-2.key   两单位各一名管理员，请分别移交本人\n")
      << T("  server.toml, client.toml\n\n", "  server.toml、client.toml\n\n")
      << T("Give these to the inspectors by another way than through the server:\n",
           "以下各项请经服务器以外的途径交给纪检监察机关：\n")
      << T("  verifier key  ", "  验证公钥  ") << verifier_key << '\n'
      << (sm2_verifier_key.empty() ? "" : T("  SM2 key       ", "  SM2 公钥  ")) << sm2_verifier_key
      << (sm2_verifier_key.empty() ? "" : "\n") << T("  ledger id     ", "  账本编号  ")
      << HexEncode(ledger.view()) << "\n\n"
      << T("Next:\n", "接下来：\n")
      << (options.no_passphrase
              ? ""
              : T("  put the passphrase of log.key into log.passphrase, chmod 600, or set where the daemon "
                  "finds it\n",
                  "  将 log.key 的口令写入 log.passphrase（chmod 600），或在 server.toml 中另行指定\n"))
      << "  fundledgerd --config " << d << "/server.toml\n"
      << "  export FUNDLEDGER_CONFIG=" << d << "/client.toml\n"
      << "  fundledger admin officer add --as admin-1 --id inspector-1 --organization supervision --role "
         "inspector\n"
      << "  fundledger admin approve --as admin-2 --all\n";
}

absl::StatusOr<int> RunInit(Context& context, const InitOptions& options) {
  const fs::path directory = fs::path(options.directory);
  RETURN_IF_ERROR(CheckTarget(directory));
  // What would be refused is refused before any key is made.
  RETURN_IF_ERROR(CheckText("--city-name", options.city_name, 200));
  RETURN_IF_ERROR(CheckText("--supervision-name", options.supervision_name, 200));
  ASSIGN_OR_RETURN(const crypto::Algorithm algorithm, ParseAlgorithm(options.algorithm));
  RETURN_IF_ERROR(Rehearse(options, algorithm));
  ASSIGN_OR_RETURN(const Protections protections, AskProtections(context, options));
  ASSIGN_OR_RETURN(const Keys keys, MakeKeys(directory, algorithm, protections));
  if (!options.no_authority) RETURN_IF_ERROR(MakeCertificates(directory, options, protections));
  ASSIGN_OR_RETURN(const v1::Genesis genesis, BuildGenesis(options, keys));
  ASSIGN_OR_RETURN(const Hash256 ledger, MakeLedger(directory, genesis, keys));
  const std::string verifier_key = log::VerifierKey(options.origin, keys.log->public_key());
  const std::string sm2_verifier_key =
      keys.sm2 == nullptr ? "" : log::VerifierKey(options.origin, keys.sm2->public_key());
  RETURN_IF_ERROR(sdk::ReplaceFile(directory / "server.toml", ServerToml(options), true));
  RETURN_IF_ERROR(sdk::ReplaceFile(directory / "client.toml",
                                   ClientToml(options, ledger, verifier_key, sm2_verifier_key), true));
  if (context.json()) {
    nlohmann::ordered_json json;
    json["directory"] = directory.string();
    json["origin"] = options.origin;
    json["verifier_key"] = verifier_key;
    if (!sm2_verifier_key.empty()) json["sm2_verifier_key"] = sm2_verifier_key;
    json["ledger"] = HexEncode(ledger.view());
    PrintJson(json);
  } else {
    PrintMade(options, directory, verifier_key, sm2_verifier_key, ledger);
  }
  return kExitOk;
}

}  // namespace

void AddInit(Program* program) {
  CLI::App* app =
      AddCommand(program, "init", T("make a new ledger in an empty directory", "在空目录中建立新账本"));
  const auto options = std::make_shared<InitOptions>();
  app->add_option("DIR", options->directory, T("the directory", "目录"))->required();
  app->add_option("--origin", options->origin,
                  T("name of the ledger in its checkpoints, for ever", "账本名称，写入检查点，永久不变"))
      ->required();
  app->add_option("--city-name", options->city_name,
                  T("name of the organization `city`", "单位 city 的名称"));
  app->add_option("--supervision-name", options->supervision_name,
                  T("name of the organization `supervision`", "单位 supervision 的名称"));
  app->add_option("--two-reviewer-threshold", options->threshold,
                  T("payments from this total on take two reviewers", "达到此金额的支付须双人复核"));
  app->add_option("--proposal-valid-days", options->proposal_days,
                  T("days a proposal can be approved; 0: for ever", "提议有效天数，0 为长期"))
      ->check(CLI::Range(0, 36500));
  app->add_option("--utc-offset", options->utc_offset,
                  T("the ledger's time zone, for ever", "账本时区，永久不变"));
  app->add_option("--listen", options->listen, T("address of the server, HOST:PORT", "服务器地址"));
  app->add_option(
      "--host", options->hosts,
      T("name or address clients call the server by, in its certificate; repeat it. localhost always is",
        "写入服务器证书的名称或地址，可重复；localhost 总在其中"));
  app->add_option(
         "--suite", options->suite,
         T("international, or sm: an SM3 link in every record and an SM2 line in every checkpoint besides",
           "international，或 sm：每条记录附加 SM3 链接，每个检查点附加 SM2 签名"))
      ->check(CLI::IsMember({"international", "sm"}));
  app->add_option("--algorithm", options->algorithm,
                  T("of the administrators' keys: ed25519 or sm2", "管理员密钥算法：ed25519 或 sm2"));
  app->add_option("--certificate-days", options->certificate_days,
                  T("days the certificates are valid", "证书有效天数"))
      ->check(CLI::Range(1, 3653));
  app->add_flag("--no-authority", options->no_authority,
                T("make no certificates: the organization's own authority issues them",
                  "不签发证书，由单位自有机构签发"));
  app->add_flag("--no-passphrase", options->no_passphrase,
                T("keep all keys in clear: for tests only", "密钥不加密，仅供测试"));
  app->footer(T("Example:\n  fundledger init ./demo --origin shishou.example/funds --city-name 石首市",
                "示例：\n  fundledger init ./demo --origin shishou.example/funds --city-name 石首市"));
  OnCall(program, app, [options](Context& context) { return RunInit(context, *options); });
}

}  // namespace fundledger::cli
