#include "services/server/config.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include <arpa/inet.h>

#include "ledger/base/status.h"

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include <CLI/CLI.hpp>

namespace fundledger::server {
namespace {

constexpr Setting kSettings[] = {
    {"", "ledger", "--ledger", &Config::ledger, "Directory of the ledger", true},
    {"", "log_key", "--log-key", &Config::log_key,
     "The log's private key, PKCS#8 PEM, readable by its owner only", true},
    {"", "listen", "--listen", &Config::listen, "HOST:PORT to listen at; port 0 takes a free one"},
    {"", "endpoints_file", "--endpoints-file", &Config::endpoints_file,
     "Written once bound: {\"grpc\": \"HOST:PORT\"}; removed at a clean stop", true},
    {"tls", "certificate", "--tls-certificate", &Config::tls_certificate, "Certificate chain, PEM", true},
    {"tls", "key", "--tls-key", &Config::tls_key, "Its private key, PEM", true},
    {"tls", "client_ca", "--tls-client-ca", &Config::tls_client_ca,
     "Clients must show a certificate by one of these authorities, PEM", true},
    {"limits", "queue", "--queue", &Config::queue,
     "Submissions under way, one a call; one more is refused. Streams share as many, and wait", false, 1,
     100'000},
    {"limits", "stream_window", "--stream-window", &Config::stream_window,
     "Submissions of one stream under way; with the next it waits", false, 1, 10'000},
    {"limits", "streams", "--streams", &Config::streams, "Open streams of submissions", false, 1, 10'000},
    {"limits", "group", "--group", &Config::group, "Submissions in one commit, at most", false, 1, 10'000},
    {"limits", "receive_bytes", "--receive-bytes", &Config::receive_bytes, "Size of a request, at most",
     false, 64 << 10, 64 << 20},
    {"limits", "read_threads", "--read-threads", &Config::read_threads, "Threads that answer queries", false,
     1, 256},
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
    {"log", "level", "--log-level", &Config::log_level, "debug, info, warn or error"},
    {"log", "format", "--log-format", &Config::log_format,
     "text (key=value) or json, a line each, to stderr"},
};

constexpr std::string_view kExamples = R"(
Examples:
  fundledgerd --config server.toml
  fundledgerd --config server.toml --listen 127.0.0.1:0 --endpoints-file endpoints.json
  fundledgerd --ledger ledger --log-key log.key
  fundledgerd --config server.toml --listen 0.0.0.0:7411 --tls-certificate server.pem --tls-key server.key

SIGTERM and SIGINT stop it: it takes no more submissions, finishes those it has, answers queries under way, closes the
store. `fundledger init DIR` makes a new ledger with a configuration file.

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

// The host of HOST:PORT or [HOST]:PORT.
absl::StatusOr<std::string> HostOf(const std::string& listen) {
  const size_t colon = listen.rfind(':');
  int port = -1;
  const bool has_port = colon != std::string::npos && absl::SimpleAtoi(listen.substr(colon + 1), &port);
  std::string host = listen.substr(0, has_port ? colon : 0);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (host.empty() || port < 0 || port > 65535 ||
      (!bracketed && host.find_first_of(":[]") != std::string::npos)) {
    return Invalid(
        "LISTEN_MALFORMED",
        absl::StrCat("listen is \"", listen, "\"; write HOST:PORT, such as 127.0.0.1:7411 or [::1]:7411"));
  }
  return host;
}

// Addresses only: of names, "localhost" alone means this machine everywhere.
bool IsLoopback(const std::string& host) {
  in_addr ipv4{};
  const bool is_ipv4 = inet_pton(AF_INET, host.c_str(), &ipv4) == 1;
  return host == "localhost" || host == "::1" || (is_ipv4 && host.starts_with("127."));
}

absl::Status CheckListen(const Config& config) {
  ASSIGN_OR_RETURN(const std::string host, HostOf(config.listen));
  if (config.has_tls() || IsLoopback(host)) return absl::OkStatus();
  return Invalid(
      "TLS_REQUIRED",
      absl::StrCat("listen is ", config.listen,
                   ", which other machines can reach: set tls.certificate and tls.key, or listen at "
                   "127.0.0.1"));
}

// Flags as they were given; nothing where not.
struct Flags {
  std::string config_file;
  std::array<std::optional<std::string>, std::size(kSettings)> texts;
  std::array<std::optional<int64_t>, std::size(kSettings)> numbers;
};

void AddFlags(CLI::App* app, Flags* flags) {
  app->add_option("--config", flags->config_file, "Configuration file, TOML")->type_name("FILE");
  app->set_version_flag("--version", "fundledgerd " FUNDLEDGER_VERSION);
  app->footer(std::string(kExamples));
  for (size_t i = 0; i < std::size(kSettings); ++i) {
    const Setting& setting = kSettings[i];
    const std::string flag(setting.flag);
    const bool is_text = std::holds_alternative<std::string Config::*>(setting.field);
    CLI::Option* option = is_text ? app->add_option(flag, flags->texts[i], std::string(setting.help))
                                  : app->add_option(flag, flags->numbers[i], std::string(setting.help));
    option->type_name(setting.is_path ? "PATH" : is_text ? "TEXT" : "NUMBER");
    option->group(setting.section.empty() ? "Ledger" : "[" + std::string(setting.section) + "]");
    if (const std::string value = DefaultOf(setting); !value.empty()) option->default_str(value);
  }
}

void ApplyFlags(const Flags& flags, Config* config) {
  for (size_t i = 0; i < std::size(kSettings); ++i) {
    if (const auto* text = std::get_if<std::string Config::*>(&kSettings[i].field)) {
      if (flags.texts[i].has_value()) config->*(*text) = *flags.texts[i];
    } else if (flags.numbers[i].has_value()) {
      config->*std::get<int64_t Config::*>(kSettings[i].field) = *flags.numbers[i];
    }
  }
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

std::span<const Setting> Settings() {
  return kSettings;
}

absl::Status CheckConfig(const Config& config) {
  if (config.ledger.empty()) return Invalid("CONFIG_INCOMPLETE", "no ledger: set ledger, or --ledger");
  if (config.log_key.empty())
    return Invalid("CONFIG_INCOMPLETE", "no key for the log: set log_key, or --log-key");
  if (config.tls_certificate.empty() != config.tls_key.empty()) {
    return Invalid("CONFIG_INCOMPLETE",
                   "tls.certificate and tls.key go together, and one of them is missing");
  }
  if (!config.has_tls() && !config.tls_client_ca.empty()) {
    return Invalid("CONFIG_INCOMPLETE",
                   "tls.client_ca asks for client certificates, which needs tls.certificate");
  }
  RETURN_IF_ERROR(CheckRanges(config));
  RETURN_IF_ERROR(CheckOneOf<4>("log.level", config.log_level, {"debug", "info", "warn", "error"}));
  RETURN_IF_ERROR(CheckOneOf<2>("log.format", config.log_format, {"text", "json"}));
  return CheckListen(config);
}

absl::StatusOr<CommandLine> ParseCommandLine(const std::vector<std::string>& args) {
  Flags flags;
  CommandLine line;
  ASSIGN_OR_RETURN(line.print, ParseFlags(args, &flags));
  if (!line.print.empty()) return line;
  if (!flags.config_file.empty()) RETURN_IF_ERROR(ReadConfigFile(flags.config_file, &line.config));
  ApplyFlags(flags, &line.config);
  RETURN_IF_ERROR(CheckConfig(line.config));
  return line;
}

}  // namespace fundledger::server
