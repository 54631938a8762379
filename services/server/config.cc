#include "services/server/config.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "ledger/base/text.h"
#include "ledger/log/note.h"
#include "services/process/address.h"
#include "services/server/http_client.h"

#include "absl/strings/str_cat.h"
#include <CLI/CLI.hpp>

namespace fundledger::server {
namespace {

using process::HostOf;
using process::IsLoopback;

constexpr Setting kSettings[] = {
    {"", "ledger", "--ledger", &Config::ledger, "Directory of the ledger", true},
    {"", "log_key", "--log-key", &Config::log_key,
     "The log's private key, PKCS#8 PEM, readable by its owner only", true},
    {"", "next_log_key", "--next-log-key", &Config::next_log_key,
     "The key that is to replace it; one of the two must be the log's", true},
    {"", "sm2_key", "--sm2-key", &Config::sm2_key,
     "SM2 key that signs checkpoints too, PKCS#8 PEM: needed by a ledger of suite sm, and by no other", true},
    {"", "log_key_passphrase_file", "--log-key-passphrase-file", &Config::log_key_passphrase_file,
     "File with the passphrase of an encrypted log_key, readable by its owner only", true},
    {"", "log_key_passphrase_fd", "--log-key-passphrase-fd", &Config::log_key_passphrase_fd,
     "Open descriptor to read it from instead; -1: none", false, -1, 1 << 20},
    {"", "listen", "--listen", &Config::listen, "HOST:PORT to listen at; port 0 takes a free one"},
    {"", "endpoints_file", "--endpoints-file", &Config::endpoints_file,
     "Written once bound: {\"grpc\": \"HOST:PORT\"}, and http, health, metrics; removed at a clean stop",
     true},
    {"", "audit_file", "--audit-file", &Config::audit_file,
     "Refused attempts and trails read, a JSON line each, appended; opened anew at SIGHUP", true},
    {"", "metrics", "--metrics", &Config::metrics,
     "HOST:PORT of this machine to serve metrics at, for Prometheus; port 0 takes a free one"},
    {"", "health", "--health", &Config::health,
     "HOST:PORT of this machine to serve GET /health at, a line of JSON; port 0 takes a free one"},
    {"", "insecure_loopback", "--insecure-loopback", &Config::insecure_loopback,
     "Development only: no TLS, everybody on this machine may ask everything; refused on any other address"},
    {"", "mirror_of", "--mirror-of", &Config::mirror_of,
     "HOST:PORT of the ledger to follow with a verified copy, which is then served; it needs [mirror]"},
    {"mirror", "ledger", "--mirror-ledger", &Config::mirror_ledger,
     "Which ledger it is: hex, the leaf hash of record 0, got by another way than from its server"},
    {"mirror", "verifier_key", "--mirror-verifier-key", &Config::mirror_verifier_key,
     "The log's verifier key in record 0, got likewise"},
    {"mirror", "ca", "--mirror-ca", &Config::mirror_ca, "By whom the followed server's certificate is, PEM",
     true},
    {"mirror", "certificate", "--mirror-certificate", &Config::mirror_certificate,
     "Certificate of the inspector or auditor who follows, PEM", true},
    {"mirror", "key", "--mirror-key", &Config::mirror_key, "Its private key, PEM", true},
    {"mirror", "evidence", "--mirror-evidence", &Config::mirror_evidence,
     "Directory for evidence against the ledger; empty: beside the mirror's, with -evidence", true},
    {"mirror", "compare_seconds", "--mirror-compare", &Config::mirror_compare_seconds,
     "Figures and attestations are fetched and compared this often", false, 1, 86'400},
    {"tls", "certificate", "--tls-certificate", &Config::tls_certificate, "Certificate chain, PEM", true},
    {"tls", "key", "--tls-key", &Config::tls_key, "Its private key, PEM", true},
    {"tls", "client_ca", "--tls-client-ca", &Config::tls_client_ca,
     "Clients must show an officer's certificate by one of these authorities, PEM", true},
    {"tls", "reload_seconds", "--tls-reload", &Config::tls_reload_seconds,
     "The three files are looked at again after so long, and at SIGHUP", false, 1, 86'400},
    {"tls", "warn_days", "--tls-warn-days", &Config::tls_warn_days,
     "A certificate that ends within so many days is warned of", false, 0, 3650},
    {"limits", "queue", "--queue", &Config::queue,
     "Submissions under way, one a call; one more is refused. Streams share as many, and wait", false, 1,
     100'000},
    {"limits", "stream_window", "--stream-window", &Config::stream_window,
     "Submissions of one stream under way; with the next it waits", false, 1, 10'000},
    {"limits", "streams", "--streams", &Config::streams,
     "Open streams of submissions; one officer's a quarter", false, 1, 10'000},
    {"limits", "stream_idle_seconds", "--stream-idle", &Config::stream_idle_seconds,
     "A stream on which nothing came for so long ends", false, 1, 86'400},
    {"limits", "group", "--group", &Config::group, "Submissions in one commit, at most", false, 1, 10'000},
    {"limits", "officer_per_second", "--officer-per-second", &Config::officer_per_second,
     "Submissions over one officer's connections a second; one more is refused, a stream waits", false, 1,
     1'000'000},
    {"limits", "connections", "--connections", &Config::connections,
     "Connections at once; one more is closed as soon as it is made", false, 1, 65'536},
    {"limits", "handshake_seconds", "--handshake", &Config::handshake_seconds,
     "A connection that did not show its certificate by then is closed", false, 1, 120},
    {"limits", "calls_per_connection", "--calls-per-connection", &Config::calls_per_connection,
     "Calls at once on one connection; its client holds back the next", false, 1, 100'000},
    {"limits", "receive_bytes", "--receive-bytes", &Config::receive_bytes, "Size of a request, at most",
     false, 64 << 10, 64 << 20},
    {"limits", "send_bytes", "--send-bytes", &Config::send_bytes, "Size of an answer, at most", false,
     4 << 20, 64 << 20},
    {"limits", "read_threads", "--read-threads", &Config::read_threads, "Threads that answer queries", false,
     1, 256},
    {"limits", "read_queue", "--read-queue", &Config::read_queue,
     "Queries that may wait for a thread; one more is refused", false, 1, 100'000},
    {"limits", "check_queue", "--check-queue", &Config::check_queue,
     "Checks that may wait for their one thread; one more is refused", false, 1, 1000},
    {"limits", "watches", "--watches", &Config::watches,
     "Mirrors and others who may watch the records at once; one more is refused", false, 1, 1000},
    {"limits", "stop_seconds", "--stop-seconds", &Config::stop_seconds,
     "How long a stop waits for queries under way; submissions are always finished", false, 0, 3600},
    {"keepalive", "idle_seconds", "--keepalive-idle", &Config::keepalive_seconds,
     "Idle connections are pinged after so long", false, 1, 86'400},
    {"keepalive", "timeout_seconds", "--keepalive-timeout", &Config::keepalive_timeout_seconds,
     "and closed when no answer comes for so long", false, 1, 3600},
    {"keepalive", "client_interval_seconds", "--keepalive-client-interval",
     &Config::ping_interval_seconds_min, "Clients that ping more often are sent away", false, 1, 86'400},
    {"keepalive", "connection_age_seconds", "--connection-age", &Config::connection_age_seconds_max,
     "Connections are renewed after so long, so that certificates are", false, 10, 86'400},
    {"keepalive", "connection_grace_seconds", "--connection-grace", &Config::connection_grace_seconds,
     "and calls under way on them have so long to end", false, 1, 86'400},
    {"http", "listen", "--http-listen", &Config::http_listen,
     "HOST:PORT to serve checkpoint and tiles of the log at, with the TLS files of [tls]; empty: nowhere"},
    {"http", "officers_only", "--http-officers-only", &Config::http_officers_only,
     "Checkpoint and hash tiles, too, for officers only; without it anybody may read these"},
    {"http", "connections", "--http-connections", &Config::http_connections,
     "Connections open at once; the next one waits, and an idle one ends for it", false, 1, 1000},
    {"http", "idle_seconds", "--http-idle", &Config::http_idle_seconds,
     "A connection without a request ends after so long", false, 1, 3600},
    {"http", "request_seconds", "--http-request", &Config::http_request_seconds,
     "and one whose request or TLS handshake takes longer", false, 1, 3600},
    {"http", "answer_seconds", "--http-answer", &Config::http_answer_seconds,
     "and one that takes longer to take its answer", false, 1, 3600},
    {"http", "requests", "--http-requests", &Config::http_requests, "Requests on one connection", false, 1,
     1'000'000},
    {"http", "entry_tiles", "--http-entry-tiles", &Config::http_entry_tiles,
     "Tiles of records, each up to 16 MiB, under way at once; one more is refused", false, 1, 1000},
    {"time_stamps", "authorities", "--time-stamp-authority", &Config::stamping_authorities,
     "Stamps checkpoints (RFC 3161): \"NAME URL FILE\", FILE with its root certificates, PEM; may be "
     "repeated",
     true},
    {"time_stamps", "interval_seconds", "--time-stamp-interval", &Config::stamping_interval_seconds,
     "From one stamp of an authority to its next, if there are new records", false, 1, 604'800},
    {"time_stamps", "timeout_seconds", "--time-stamp-timeout", &Config::stamping_timeout_seconds,
     "An authority that is silent for so long is asked again later", false, 1, 120},
    {"witness", "policy", "--witness-policy", &Config::witness_policy,
     "Policy file: which witnesses are asked for cosignatures, where, and how many are enough", true},
    {"witness", "ca", "--witness-ca", &Config::witness_ca,
     "By whom witnesses' certificates are, PEM, instead of the system's authorities", true},
    {"witness", "interval_seconds", "--witness-interval", &Config::witness_interval_seconds,
     "Each witness is asked so often, while the ledger grows", false, 1, 86'400},
    {"witness", "timeout_seconds", "--witness-timeout", &Config::witness_timeout_seconds,
     "A witness that does not answer for so long is asked again later", false, 1, 300},
    {"log", "level", "--log-level", &Config::log_level, "debug, info, warn or error"},
    {"log", "format", "--log-format", &Config::log_format,
     "text (key=value) or json, a line each, to stderr"},
};

constexpr std::string_view kExamples = R"(
Examples:
  fundledgerd --config server.toml
  fundledgerd --config server.toml --listen 127.0.0.1:0 --endpoints-file endpoints.json
  fundledgerd --config server.toml --listen 0.0.0.0:7411 --tls-certificate server.pem --tls-key server-tls.key \
      --tls-client-ca ca.pem
  fundledgerd --ledger ledger --log-key log.key --insecure-loopback
  fundledgerd --config mirror.toml --mirror-of ledger.example.cn:7411

SIGTERM and SIGINT stop it: it takes no more submissions, finishes those it has, answers queries under way, closes the
store. SIGHUP makes it open the audit file anew and look at its certificates at once. `fundledger init DIR` makes a new ledger with a configuration file.

Exit codes: 0 stopped cleanly; 2 bad command line, configuration, key or certificate; 3 the ledger refused to open;
4 cannot listen.
)";

absl::Status Invalid(std::string_view reason, std::string_view message) {
  return Refuse(absl::StatusCode::kInvalidArgument, reason, message);
}

// What --help shows as the default: what a Config holds.
std::string DefaultOf(const Setting& setting) {
  const Config defaults;
  if (const auto* text = std::get_if<std::string Config::*>(&setting.field)) return defaults.*(*text);
  if (!std::holds_alternative<int64_t Config::*>(setting.field)) return "";
  return absl::StrCat(defaults.*std::get<int64_t Config::*>(setting.field));
}

std::string SettingName(const Setting& setting) {
  return setting.section.empty() ? std::string(setting.key)
                                 : absl::StrCat(ToAbsl(setting.section), ".", ToAbsl(setting.key));
}

absl::Status CheckRanges(const Config& config) {
  for (const Setting& setting : kSettings) {
    const auto* field = std::get_if<int64_t Config::*>(&setting.field);
    if (field == nullptr) continue;
    const int64_t value = config.*(*field);
    if (value < setting.min || value > setting.max) {
      return Invalid("CONFIG_OUT_OF_RANGE",
                     absl::StrCat(SettingName(setting), " (", ToAbsl(setting.flag), ") is ", value,
                                  "; it may be ", setting.min, " to ", setting.max));
    }
  }
  return absl::OkStatus();
}

template <size_t N>
absl::Status CheckOneOf(std::string_view key, std::string_view value,
                        const std::array<std::string_view, N>& known) {
  if (std::find(known.begin(), known.end(), value) != known.end()) return absl::OkStatus();
  std::string list;
  for (const std::string_view one : known) absl::StrAppend(&list, list.empty() ? "" : ", ", ToAbsl(one));
  return Invalid("CONFIG_OUT_OF_RANGE",
                 absl::StrCat(ToAbsl(key), " is \"", ToAbsl(value), "\"; it may be ", list));
}

absl::Status CheckTls(const Config& config) {
  std::string set;
  std::string missing;
  for (const auto& [name, value] : {std::pair{"tls.certificate", &config.tls_certificate},
                                    {"tls.key", &config.tls_key},
                                    {"tls.client_ca", &config.tls_client_ca}}) {
    std::string& list = value->empty() ? missing : set;
    absl::StrAppend(&list, list.empty() ? "" : ", ", name);
  }
  if (config.insecure_loopback && !set.empty()) {
    return Invalid("CONFIG_CONTRADICTORY", absl::StrCat("insecure_loopback means no TLS, and ", set,
                                                        " is set; take one of them out"));
  }
  if (config.insecure_loopback || missing.empty()) return absl::OkStatus();
  return Invalid("TLS_REQUIRED",
                 absl::StrCat(missing,
                              " is not set: clients are told apart by their certificates. Set it; or, "
                              "for development on this machine alone, --insecure-loopback"));
}

// Who the mirror is of is never taken from the server's word.
absl::Status CheckMirror(const Config& config) {
  std::string set;
  std::string missing;
  const bool plain = config.insecure_loopback;
  for (const auto& [name, value, needed] : {std::tuple{"mirror.ledger", &config.mirror_ledger, true},
                                            {"mirror.verifier_key", &config.mirror_verifier_key, true},
                                            {"mirror.ca", &config.mirror_ca, !plain},
                                            {"mirror.certificate", &config.mirror_certificate, !plain},
                                            {"mirror.key", &config.mirror_key, !plain}}) {
    if (value->empty() && !needed) continue;
    std::string& list = value->empty() ? missing : set;
    absl::StrAppend(&list, list.empty() ? "" : ", ", name);
  }
  if (!config.is_mirror()) {
    if (set.empty()) return absl::OkStatus();
    return Invalid("CONFIG_CONTRADICTORY",
                   absl::StrCat(set, " is set and mirror_of is not: set it too, or take [mirror] out"));
  }
  if (!missing.empty())
    return Invalid("CONFIG_INCOMPLETE", absl::StrCat("mirror_of is set, and ", missing, " is not"));
  if (!config.log_key.empty() || !config.next_log_key.empty()) {
    return Invalid("CONFIG_CONTRADICTORY",
                   "mirror_of and log_key are both set: a mirror holds no key of the log");
  }
  const std::optional<std::string> id = HexDecode(config.mirror_ledger);
  if (!id.has_value() || id->size() != 32) {
    return Invalid("CONFIG_OUT_OF_RANGE",
                   absl::StrCat("mirror.ledger is \"", config.mirror_ledger, "\": it is 64 digits of hex"));
  }
  ASSIGN_OR_RETURN(const std::string host, process::HostOf("mirror_of", config.mirror_of));
  if (plain && !process::IsLoopback(host)) {
    return Invalid("INSECURE_NOT_LOOPBACK",
                   absl::StrCat("mirror_of is ", config.mirror_of,
                                ", another machine, and insecure_loopback is set: set [tls] and the [mirror] "
                                "certificate instead"));
  }
  return log::NoteVerifier::Parse(config.mirror_verifier_key).status();
}

absl::Status CheckListen(const Config& config, std::string_view setting, const std::string& listen) {
  ASSIGN_OR_RETURN(const std::string host, HostOf(setting, listen));
  if (!config.insecure_loopback || IsLoopback(host)) return absl::OkStatus();
  return Invalid("INSECURE_NOT_LOOPBACK",
                 absl::StrCat(ToAbsl(setting), " is ", listen,
                              ", which other machines can reach, and "
                              "insecure_loopback is set: set [tls] instead, or listen at 127.0.0.1"));
}

// Metrics and health have no TLS.
absl::Status CheckOwn(std::string_view setting, const std::string& address, std::string_view reason) {
  if (address.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const std::string host, HostOf(setting, address));
  if (IsLoopback(host)) return absl::OkStatus();
  return Invalid(reason, absl::StrCat(ToAbsl(setting), " is ", address,
                                      ", which other machines can reach; serve it at 127.0.0.1, and let a "
                                      "collector on this machine fetch it"));
}

absl::Status CheckStamping(const Config& config) {
  std::set<std::string_view> names;
  for (const StampingAuthority& authority : config.stamping_authorities) {
    if (names.insert(authority.name).second) continue;
    return Invalid("TIME_STAMP_AUTHORITY_REPEATED",
                   absl::StrCat("time_stamps.authorities names ", authority.name,
                                " twice; stamps are kept under these names, so give each its own"));
  }
  return absl::OkStatus();
}

// Flags as they were given; nothing where not.
struct Flags {
  std::string config_file;
  std::array<std::optional<std::string>, std::size(kSettings)> texts;
  std::array<std::vector<std::string>, std::size(kSettings)> lists;
  std::array<std::optional<int64_t>, std::size(kSettings)> numbers;
  std::array<bool, std::size(kSettings)> switches{};
};

void AddFlags(CLI::App* app, Flags* flags) {
  app->add_option("--config", flags->config_file, "Configuration file, TOML")->type_name("FILE");
  app->set_version_flag("--version", "fundledgerd " FUNDLEDGER_VERSION);
  app->footer(std::string(kExamples));
  for (size_t i = 0; i < std::size(kSettings); ++i) {
    const Setting& setting = kSettings[i];
    const std::string flag(setting.flag);
    const std::string group = setting.section.empty() ? "Ledger" : "[" + std::string(setting.section) + "]";
    if (std::holds_alternative<bool Config::*>(setting.field)) {
      app->add_flag(flag, flags->switches[i], std::string(setting.help))->group(group);
      continue;
    }
    if (std::holds_alternative<std::vector<StampingAuthority> Config::*>(setting.field)) {
      app->add_option(flag, flags->lists[i], std::string(setting.help))
          ->type_name("TEXT")
          ->allow_extra_args(false)
          ->group(group);
      continue;
    }
    const bool is_text = std::holds_alternative<std::string Config::*>(setting.field);
    CLI::Option* option = is_text ? app->add_option(flag, flags->texts[i], std::string(setting.help))
                                  : app->add_option(flag, flags->numbers[i], std::string(setting.help));
    option->type_name(setting.is_path ? "PATH" : is_text ? "TEXT" : "NUMBER");
    option->group(group);
    if (const std::string value = DefaultOf(setting); !value.empty()) option->default_str(value);
  }
}

absl::Status ApplyFlags(const Flags& flags, Config* config) {
  for (size_t i = 0; i < std::size(kSettings); ++i) {
    if (const auto* text = std::get_if<std::string Config::*>(&kSettings[i].field)) {
      if (flags.texts[i].has_value()) config->*(*text) = *flags.texts[i];
    } else if (const auto* on = std::get_if<bool Config::*>(&kSettings[i].field)) {
      if (flags.switches[i]) config->*(*on) = true;
    } else if (const auto* list =
                   std::get_if<std::vector<StampingAuthority> Config::*>(&kSettings[i].field)) {
      if (!flags.lists[i].empty()) (config->*(*list)).clear();
      for (const std::string& given : flags.lists[i]) {
        ASSIGN_OR_RETURN(StampingAuthority authority, ParseStampingAuthority(given));
        (config->*(*list)).push_back(std::move(authority));
      }
    } else if (flags.numbers[i].has_value()) {
      config->*std::get<int64_t Config::*>(kSettings[i].field) = *flags.numbers[i];
    }
  }
  return absl::OkStatus();
}

// CLI11 speaks in exceptions; none leaves this function. The text to print, or empty to go on.
absl::StatusOr<std::string> ParseFlags(const std::vector<std::string>& args, Flags* flags) {
  CLI::App app("Keeps a tamper-evident ledger of public money and answers over gRPC.", "fundledgerd");
  AddFlags(&app, flags);
  try {
    app.parse(std::vector<std::string>(args.rbegin(), args.rend()));
  } catch (const CLI::CallForHelp&) {
    return app.help();
  } catch (const CLI::CallForVersion&) {
    return absl::StrCat(app.version(), "\n");
  } catch (const CLI::Error& error) {
    return Invalid("COMMAND_LINE_MALFORMED", absl::StrCat(error.what(), "; see fundledgerd --help"));
  }
  return std::string();
}

}  // namespace

absl::StatusOr<StampingAuthority> ParseStampingAuthority(std::string_view text) {
  const size_t first = text.find(' ');
  const size_t second = first == std::string_view::npos ? first : text.find(' ', first + 1);
  if (second != std::string_view::npos && second + 1 < text.size()) {
    StampingAuthority authority{.name = std::string(text.substr(0, first)),
                                .url = std::string(text.substr(first + 1, second - first - 1)),
                                .certificates = std::string(text.substr(second + 1))};
    if (CheckId("", authority.name).ok() && ParseUrl(authority.url).ok()) return authority;
  }
  return Refuse(absl::StatusCode::kInvalidArgument, "TIME_STAMP_AUTHORITY_MALFORMED",
                absl::StrCat("\"", ToAbsl(text),
                             "\" is no time-stamping authority; write NAME URL FILE, such as "
                             "tsa-1 https://tsa.example.cn/tsr tsa-1.pem"));
}

std::span<const Setting> Settings() {
  return kSettings;
}

absl::Status CheckConfig(const Config& config) {
  if (config.ledger.empty()) return Invalid("CONFIG_INCOMPLETE", "no ledger: set ledger, or --ledger");
  RETURN_IF_ERROR(CheckMirror(config));
  if (config.log_key.empty() && !config.is_mirror())
    return Invalid("CONFIG_INCOMPLETE", "no key for the log: set log_key, or --log-key");
  RETURN_IF_ERROR(CheckRanges(config));
  RETURN_IF_ERROR(CheckOneOf<4>("log.level", config.log_level, {"debug", "info", "warn", "error"}));
  RETURN_IF_ERROR(CheckOneOf<2>("log.format", config.log_format, {"text", "json"}));
  RETURN_IF_ERROR(CheckTls(config));
  RETURN_IF_ERROR(CheckOwn("metrics", config.metrics, "METRICS_NOT_LOOPBACK"));
  RETURN_IF_ERROR(CheckOwn("health", config.health, "HEALTH_NOT_LOOPBACK"));
  if (!config.http_listen.empty()) RETURN_IF_ERROR(CheckListen(config, "http.listen", config.http_listen));
  RETURN_IF_ERROR(CheckStamping(config));
  return CheckListen(config, "listen", config.listen);
}

absl::StatusOr<CommandLine> ParseCommandLine(const std::vector<std::string>& args) {
  Flags flags;
  CommandLine line;
  ASSIGN_OR_RETURN(line.print, ParseFlags(args, &flags));
  if (!line.print.empty()) return line;
  if (!flags.config_file.empty()) RETURN_IF_ERROR(ReadConfigFile(flags.config_file, &line.config));
  RETURN_IF_ERROR(ApplyFlags(flags, &line.config));
  RETURN_IF_ERROR(CheckConfig(line.config));
  return line;
}

}  // namespace fundledger::server
