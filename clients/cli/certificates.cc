// Certificates: issued, listed, renewed.
#include "clients/cli/certificates.h"

#include <algorithm>
#include <iostream>

#include "clients/cli/commands.h"
#include "clients/cli/json.h"
#include "clients/cli/key_files.h"
#include "clients/cli/language.h"
#include "clients/cli/table.h"
#include "clients/sdk/files.h"
#include "ledger/base/clock.h"
#include "ledger/base/date.h"
#include "ledger/base/status.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace fundledger::cli {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kSecondsPerDay = 86'400;
constexpr int64_t kWarnDays = 30;

struct CommandOptions {
  std::string officer;
  bool server = false;
  std::vector<std::string> hosts;
  std::string request;
  int32_t days = crypto::kHolderDays;
  bool no_passphrase = false;
};

fs::path AuthorityKeyPath(const sdk::ClientConfig& config) {
  return fs::path(config.tls->ca).replace_extension(".key");
}

absl::StatusOr<const sdk::TlsFiles*> TlsOf(const sdk::ClientConfig& config) {
  if (config.tls.has_value()) return &*config.tls;
  return UsageError("TLS_NEEDED",
                    absl::StrCat(config.path.string(), " has no [tls]: add it with ca and certificates"));
}

// One certificate file, and whose it is.
struct Shown {
  std::string holder;
  fs::path path;
  crypto::Certificate certificate;
};

absl::StatusOr<Shown> Read(const fs::path& path, const std::string& kind) {
  ASSIGN_OR_RETURN(const std::string pem, sdk::ReadFile(path));
  auto read = crypto::ReadCertificate(pem);
  if (!read.ok()) return Annotate(read.status(), path.string());
  const std::string holder = kind.empty() ? read->officer() : kind;
  return Shown{holder, path, *std::move(read)};
}

absl::StatusOr<std::vector<Shown>> AllOf(const sdk::ClientConfig& config) {
  ASSIGN_OR_RETURN(const sdk::TlsFiles* tls, TlsOf(config));
  std::vector<Shown> all;
  ASSIGN_OR_RETURN(Shown authority, Read(tls->ca, T("authority", "证书颁发机构")));
  all.push_back(std::move(authority));
  std::error_code error;
  const fs::path server = config.directory() / "server.pem";
  if (fs::exists(server, error)) {
    ASSIGN_OR_RETURN(Shown shown, Read(server, T("server", "服务器")));
    all.push_back(std::move(shown));
  }
  std::vector<fs::path> paths;
  if (!tls->certificate.empty()) paths.push_back(tls->certificate);
  if (!tls->certificates.empty()) {
    for (const auto& entry : fs::directory_iterator(tls->certificates, error)) {
      if (entry.path().extension() == ".pem") paths.push_back(entry.path());
    }
  }
  std::sort(paths.begin(), paths.end());
  for (const fs::path& path : paths) {
    ASSIGN_OR_RETURN(Shown shown, Read(path, ""));
    all.push_back(std::move(shown));
  }
  return all;
}

std::string DayText(int64_t unix_s) {
  return Date::FromUnixMicros(unix_s * 1'000'000, 0).ToString();
}

std::string DaysLeft(int64_t days) {
  if (days < 0) return T("expired", "已过期");
  return absl::StrCat(days, days < kWarnDays ? T(" – renew it", "，请续期") : "");
}

absl::StatusOr<int> RunList(Context& context) {
  ASSIGN_OR_RETURN(const sdk::ClientConfig* config, context.config());
  ASSIGN_OR_RETURN(const std::vector<Shown> all, AllOf(*config));
  Table table({{T("holder", "持有人")},
               {T("file", "文件")},
               {T("names", "名称")},
               {T("valid until", "有效至")},
               {T("days left", "剩余天数"), Table::Align::kRight},
               {T("serial", "序列号")}});
  auto json = nlohmann::ordered_json::array();
  const int64_t now_s = NowSeconds();
  for (const Shown& one : all) {
    const crypto::Certificate& c = one.certificate;
    const int64_t left_s = c.not_after_s - now_s;
    const int64_t days = left_s < 0 ? -1 : left_s / kSecondsPerDay;
    const std::string names = absl::StrJoin(c.hosts.empty() ? c.uris : c.hosts, " ");
    table.Add(
        {one.holder, one.path.filename().string(), names, DayText(c.not_after_s), DaysLeft(days), c.serial});
    json.push_back({{"holder", one.holder},
                    {"file", one.path.string()},
                    {"uris", c.uris},
                    {"hosts", c.hosts},
                    {"not_after_s", c.not_after_s},
                    {"expired", left_s <= 0},
                    {"serial", c.serial},
                    {"sha256", c.fingerprint}});
  }
  if (context.json()) {
    PrintJson(json);
  } else {
    table.Print(std::cout);
  }
  return kExitOk;
}

void PrintIssued(const Context& context, const fs::path& path, const crypto::Certificate& certificate) {
  if (context.json()) {
    PrintJson({{"file", path.string()},
               {"serial", certificate.serial},
               {"not_after_s", certificate.not_after_s},
               {"sha256", certificate.fingerprint}});
    return;
  }
  std::cout << T("issued ", "已签发 ") << path.string() << T(", valid until ", "，有效至 ")
            << DayText(certificate.not_after_s) << '\n';
}

absl::StatusOr<int> RunIssue(Context& context, const CommandOptions& options) {
  if (options.officer.empty() == options.hosts.empty()) {
    return UsageError("FLAGS_DISAGREE", "for whom? give --officer ID, or --host for the server's");
  }
  ASSIGN_OR_RETURN(const sdk::ClientConfig* config, context.config());
  ASSIGN_OR_RETURN(const sdk::TlsFiles* tls, TlsOf(*config));
  ASSIGN_OR_RETURN(const auto authority, OpenAuthority(*config, &context.passphrases()));
  const CertificateOptions how{options.days, NowSeconds()};
  fs::path made = config->directory() / "server.pem";
  if (!options.hosts.empty()) {
    RETURN_IF_ERROR(MakeServerCertificate(*authority, config->directory(), options.hosts, how));
  } else {
    std::string request;
    if (!options.request.empty()) {
      ASSIGN_OR_RETURN(const KeyRequest read, TakeKeyRequest(context, options.request, options.officer));
      request = read.certificate_request;
    }
    sdk::Protection protection;
    if (request.empty()) {
      ASSIGN_OR_RETURN(protection, ProtectionFor(context, options.officer, options.no_passphrase));
    }
    RETURN_IF_ERROR(
        MakeOfficerCertificate(*authority, tls->certificates, options.officer, request, protection, how));
    made = tls->certificate_of(options.officer);
  }
  ASSIGN_OR_RETURN(const Shown shown, Read(made, ""));
  PrintIssued(context, made, shown.certificate);
  return kExitOk;
}

// That it is whose it is said to be: a renewal keeps the key, whoever has it.
absl::Status CheckHolder(const crypto::Certificate& read, const CommandOptions& options) {
  const bool names_officer = std::any_of(read.uris.begin(), read.uris.end(), [](const std::string& uri) {
    return absl::StartsWith(uri, ToAbsl(crypto::kOfficerUriPrefix));
  });
  if (options.server) {
    if (!read.hosts.empty() && !names_officer) return absl::OkStatus();
    return UsageError(
        "CERTIFICATE_OF_OTHER_HOLDER",
        "the certificate is not the server's: it names an officer, or no host; have the server's "
        "issued with admin certificate issue --host");
  }
  if (read.officer() == options.officer) return absl::OkStatus();
  return UsageError("CERTIFICATE_OF_OTHER_HOLDER",
                    absl::StrCat("the certificate names ", names_officer ? read.common_name : "no officer",
                                 ", not ", options.officer,
                                 " alone: put each file back under its own name, or "
                                 "have one issued with admin certificate issue"));
}

absl::StatusOr<int> RunRenew(Context& context, const CommandOptions& options) {
  if (options.officer.empty() == !options.server) {
    return UsageError("FLAGS_DISAGREE", "whose? give --officer ID, or --server");
  }
  ASSIGN_OR_RETURN(const sdk::ClientConfig* config, context.config());
  ASSIGN_OR_RETURN(const sdk::TlsFiles* tls, TlsOf(*config));
  const fs::path path =
      options.server ? config->directory() / "server.pem" : tls->certificate_of(options.officer);
  ASSIGN_OR_RETURN(const std::string before, sdk::ReadFile(path));
  ASSIGN_OR_RETURN(const crypto::Certificate read, crypto::ReadCertificate(before));
  ASSIGN_OR_RETURN(const std::string ca, sdk::ReadFile(tls->ca));
  const absl::Status ours = crypto::CheckIssuedBy(before, ca);
  if (!ours.ok()) return Annotate(ours, path.string());
  const absl::Status of_holder = CheckHolder(read, options);
  if (!of_holder.ok()) return Annotate(of_holder, path.string());
  ASSIGN_OR_RETURN(const std::string key, crypto::PublicKeyOfCertificate(before));
  ASSIGN_OR_RETURN(const auto authority, OpenAuthority(*config, &context.passphrases()));
  auto renewed = options.server ? authority->IssueServer(read.hosts, key, NowSeconds(), options.days)
                                : authority->IssueOfficer(options.officer, key, NowSeconds(), options.days);
  RETURN_IF_ERROR(renewed.status());
  // The key stays, so that one file changes as a whole: no moment at which certificate and key do not fit.
  RETURN_IF_ERROR(sdk::ReplaceFile(path, *renewed, true));
  ASSIGN_OR_RETURN(const Shown shown, Read(path, ""));
  PrintIssued(context, path, shown.certificate);
  return kExitOk;
}

}  // namespace

int64_t NowSeconds() {
  return SystemClockMicros() / 1'000'000;
}

absl::StatusOr<std::unique_ptr<crypto::Authority>> MakeAuthority(const fs::path& directory,
                                                                 const std::string& name,
                                                                 const sdk::Protection& protection) {
  ASSIGN_OR_RETURN(const crypto::MadeAuthority made,
                   crypto::Authority::Make(name, NowSeconds(), crypto::kAuthorityDays));
  RETURN_IF_ERROR(sdk::MakeKeyFile(directory / "ca.key", made.key.view(), protection));
  RETURN_IF_ERROR(sdk::ReplaceFile(directory / "ca.pem", made.certificate_pem, true));
  return crypto::Authority::Load(made.certificate_pem, made.key.view());
}

bool HasAuthority(const sdk::ClientConfig& config) {
  std::error_code error;
  return config.tls.has_value() && fs::exists(AuthorityKeyPath(config), error);
}

absl::StatusOr<std::unique_ptr<crypto::Authority>> OpenAuthority(const sdk::ClientConfig& config,
                                                                 sdk::Passphrases* passphrases) {
  RETURN_IF_ERROR(TlsOf(config).status());
  if (!HasAuthority(config)) {
    return Refuse(absl::StatusCode::kNotFound, "AUTHORITY_MISSING",
                  absl::StrCat("there is no key ", AuthorityKeyPath(config).string(),
                               " of an authority here: issue the certificate where it is kept, or have the "
                               "organization's own authority issue it"));
  }
  ASSIGN_OR_RETURN(const std::string certificate, sdk::ReadFile(config.tls->ca));
  ASSIGN_OR_RETURN(const crypto::Secret key, sdk::ReadKeyPem(AuthorityKeyPath(config), passphrases));
  return crypto::Authority::Load(certificate, key.view());
}

absl::Status MakeServerCertificate(const crypto::Authority& authority, const fs::path& directory,
                                   const std::vector<std::string>& hosts, const CertificateOptions& options) {
  ASSIGN_OR_RETURN(const crypto::Secret key, crypto::GenerateConnectionKey());
  ASSIGN_OR_RETURN(const std::string public_key, crypto::PublicKeyOfKey(key.view()));
  ASSIGN_OR_RETURN(const std::string pem,
                   authority.IssueServer(hosts, public_key, options.now_s, options.days));
  RETURN_IF_ERROR(sdk::MakeKeyFile(directory / "server-tls.key", key.view(), std::nullopt));
  return sdk::ReplaceFile(directory / "server.pem", pem, true);
}

absl::Status MakeOfficerCertificate(const crypto::Authority& authority, const fs::path& directory,
                                    const std::string& officer, const std::string& request_pem,
                                    const sdk::Protection& protection, const CertificateOptions& options) {
  if (directory.empty()) {
    return UsageError("CONFIG_INVALID",
                      "tls.certificates is missing: the directory of officers' certificates");
  }
  RETURN_IF_ERROR(sdk::MakeDirectory(directory));
  std::string public_key;
  if (request_pem.empty()) {
    ASSIGN_OR_RETURN(const crypto::Secret key, crypto::GenerateConnectionKey());
    ASSIGN_OR_RETURN(public_key, crypto::PublicKeyOfKey(key.view()));
    RETURN_IF_ERROR(sdk::MakeKeyFile(directory / absl::StrCat(officer, ".key"), key.view(), protection));
  } else {
    ASSIGN_OR_RETURN(public_key, crypto::PublicKeyOfRequest(request_pem, officer));
  }
  ASSIGN_OR_RETURN(const std::string pem,
                   authority.IssueOfficer(officer, public_key, options.now_s, options.days));
  return sdk::ReplaceFile(directory / absl::StrCat(officer, ".pem"), pem, true);
}

void AddCertificateCommands(Program* program) {
  const auto options = std::make_shared<CommandOptions>();
  CLI::App* list =
      AddCommand(program, "admin certificate list",
                 T("certificates beside the configuration, and when they expire", "列出本机各证书及到期日"));
  OnCall(program, list, [](Context& context) { return RunList(context); });

  CLI::App* issue = AddCommand(
      program, "admin certificate issue",
      T("issue a certificate for an officer's connection, or the server's", "签发经办人或服务器的连接证书"));
  issue->add_option("--officer", options->officer, T("officer it names", "经办人编号"));
  issue->add_option("--host", options->hosts,
                    T("name or address of the server; repeat it", "服务器名称或地址，可重复"));
  issue->add_option("--request", options->request,
                    T("file that `admin key request` made: the key stays with its holder", "密钥申请文件"));
  issue->add_option("--days", options->days, T("days it is valid", "有效天数"))->check(CLI::Range(1, 3653));
  issue->add_flag("--no-passphrase", options->no_passphrase,
                  T("keep the key in clear: for tests only", "密钥不加密，仅供测试"));
  issue->footer(
      T("Example:\n  fundledger admin certificate issue --officer clerk-1 --request clerk-1.request",
        "示例：\n  fundledger admin certificate issue --officer clerk-1 --request clerk-1.request"));
  OnCall(program, issue, [options](Context& context) { return RunIssue(context, *options); });

  CLI::App* renew =
      AddCommand(program, "admin certificate renew",
                 T("issue a certificate anew, for the same names and key", "证书续期，名称与密钥不变"));
  renew->add_option("--officer", options->officer, T("whose", "经办人编号"));
  renew->add_flag("--server", options->server, T("the server's", "服务器的证书"));
  renew->add_option("--days", options->days, T("days it is valid", "有效天数"))->check(CLI::Range(1, 3653));
  renew->footer(T("Example:\n  fundledger admin certificate renew --server",
                  "示例：\n  fundledger admin certificate renew --server"));
  OnCall(program, renew, [options](Context& context) { return RunRenew(context, *options); });
}

}  // namespace fundledger::cli
