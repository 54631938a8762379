#include "services/witness/config.h"

#include <filesystem>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>

#include "ledger/base/status.h"
#include "ledger/log/lines.h"
#include "ledger/log/note.h"
#include "services/process/address.h"
#include "services/process/files.h"
#include "services/witness/language.h"

#include "absl/strings/str_cat.h"
#include <CLI/CLI.hpp>
#include <toml++/toml.h>

namespace fundledger::witness {
namespace {

using Texts = std::vector<std::string>;

// One setting: its place in the file, its flag, its field.
struct Setting {
  const char* section;  // empty: top of the file
  const char* key;
  const char* flag;
  std::variant<std::string Config::*, int64_t Config::*, bool Config::*, Texts Config::*> field;
  const char* help;
  const char* help_in_chinese;
  bool is_path = false;
  int64_t min = 0;
  int64_t max = 0;
};

constexpr Setting kSettings[] = {
    {"", "name", "--name", &Config::name, "Name of the witness's key, such as inspection.example/witness",
     "见证密钥的名称，如 inspection.example/witness"},
    {"", "key", "--key", &Config::key, "Its private key, PKCS#8 PEM, readable by its owner only",
     "私钥文件（PKCS#8 PEM），仅所有者可读", true},
    {"", "key_passphrase_file", "--key-passphrase-file", &Config::key_passphrase_file,
     "File with the passphrase of an encrypted key, readable by its owner only",
     "加密私钥的口令文件，仅所有者可读", true},
    {"", "key_passphrase_fd", "--key-passphrase-fd", &Config::key_passphrase_fd,
     "Open descriptor to read it from instead; -1: none", "改从已打开的描述符读取口令；-1 为无", false, -1,
     1 << 20},
    {"", "state", "--state", &Config::state, "Directory of what it has cosigned, made by init",
     "见证状态目录，由 init 建立", true},
    {"", "listen", "--listen", &Config::listen, "HOST:PORT to listen at; port 0 takes a free one",
     "监听地址 HOST:PORT；端口 0 为任取空闲端口"},
    {"", "endpoints_file", "--endpoints-file", &Config::endpoints_file,
     "Written once bound: {\"http\": \"HOST:PORT\"}; removed at a clean stop",
     "监听后写入 {\"http\": \"HOST:PORT\"}，正常停止时删除", true},
    {"", "plain_http", "--plain-http", &Config::plain_http,
     "Allow plain HTTP on an address that other machines can reach, such as behind a proxy",
     "允许在其他机器可达的地址使用明文 HTTP，如在代理之后"},
    {"", "logs", "--log", &Config::logs,
     "Verifier keys of the logs it cosigns; several of one log once it has replaced its key",
     "所见证账本的公钥；账本更换密钥后可有多个"},
    {"tls", "certificate", "--tls-certificate", &Config::tls_certificate, "Certificate chain, PEM",
     "证书链（PEM）", true},
    {"tls", "key", "--tls-key", &Config::tls_key, "Its private key, PEM", "证书私钥（PEM）", true},
    {"limits", "connections", "--connections", &Config::connections,
     "Connections at once; for one more, the one that has been idle longest ends",
     "同时的连接数；再来一个时，断开闲置最久者", false, 1, 4096},
    {"limits", "request_seconds", "--request-seconds", &Config::request_seconds,
     "From a request's first byte to its last; a connection that takes longer ends",
     "请求自首字节至末字节的时限（秒），超时即断开", false, 1, 600},
    {"log", "level", "--log-level", &Config::log_level, "debug, info, warn or error",
     "debug、info、warn 或 error"},
    {"log", "format", "--log-format", &Config::log_format, "text (key=value) or json, a line each, to stderr",
     "text（key=value）或 json，每条一行，写至 stderr"},
};

constexpr char kExamples[] = R"(
Examples:
  fundledger-witness init witness --name inspection.example/witness --log county.example/funds+1f5b7d2c+AT4… \
      --passphrase-file passphrase
  fundledger-witness --config witness/witness.toml --key-passphrase-file passphrase
  fundledger-witness --config witness/witness.toml --listen 127.0.0.1:0 --endpoints-file endpoints.json

SIGTERM and SIGINT stop it: it finishes requests under way. SIGHUP has it read certificate and TLS key again. docs/witness.md says how to run one.

Exit codes: 0 stopped cleanly, or done; 2 bad command line, configuration or key; 3 the state refused to open;
4 cannot listen.
)";

constexpr char kExamplesInChinese[] = R"(
示例：
  fundledger-witness init witness --name inspection.example/witness --log county.example/funds+1f5b7d2c+AT4… \
      --passphrase-file passphrase
  fundledger-witness --config witness/witness.toml --key-passphrase-file passphrase
  fundledger-witness --config witness/witness.toml --listen 127.0.0.1:0 --endpoints-file endpoints.json

SIGTERM 与 SIGINT 使其停止：处理完手头请求后退出。SIGHUP 使其重读证书与 TLS 密钥。运行方法见 docs/witness.md。

退出码：0 正常停止或完成；2 命令行、配置或密钥有误；3 状态无法打开；4 无法监听。
)";

absl::Status Invalid(std::string_view reason, std::string_view message) {
  return Refuse(absl::StatusCode::kInvalidArgument, reason, message);
}

std::string NameOf(const Setting& setting) {
  return *setting.section == '\0' ? setting.key : absl::StrCat(setting.section, ".", setting.key);
}

// Reads the table of a file into a Config; every key it does not know is refused.
class FileReader {
 public:
  FileReader(std::string path, Config* config) : path_(std::move(path)), config_(config) {}

  absl::Status Read(const toml::table& table, const std::string& section = "") {
    for (const auto& [key, node] : table) {
      const std::string name(key.str());
      if (const toml::table* inner = node.as_table();
          inner != nullptr && section.empty() && IsSection(name)) {
        RETURN_IF_ERROR(Read(*inner, name));
      } else {
        RETURN_IF_ERROR(ReadOne(section, name, node));
      }
    }
    return absl::OkStatus();
  }

 private:
  static bool IsSection(std::string_view name) {
    for (const Setting& setting : kSettings) {
      if (name == setting.section) return true;
    }
    return false;
  }

  absl::Status ReadOne(std::string_view section, const std::string& key, const toml::node& node) {
    for (const Setting& setting : kSettings) {
      if (section == setting.section && key == setting.key) return Set(setting, node);
    }
    return Refused("CONFIG_UNKNOWN_KEY", section.empty() ? key : absl::StrCat(ToAbsl(section), ".", key),
                   node, "is no setting; see fundledger-witness --help");
  }

  absl::Status Set(const Setting& setting, const toml::node& node) {
    if (const auto* text = std::get_if<std::string Config::*>(&setting.field)) {
      const auto value = node.value_exact<std::string>();
      if (!value.has_value()) return Refused("CONFIG_WRONG_TYPE", NameOf(setting), node, "must be a text");
      config_->*(*text) = setting.is_path && !value->empty() ? Resolve(*value) : *value;
    } else if (const auto* number = std::get_if<int64_t Config::*>(&setting.field)) {
      const auto value = node.value_exact<int64_t>();
      if (!value.has_value()) return Refused("CONFIG_WRONG_TYPE", NameOf(setting), node, "must be a number");
      config_->*(*number) = *value;
    } else if (const auto* on = std::get_if<bool Config::*>(&setting.field)) {
      const auto value = node.value_exact<bool>();
      if (!value.has_value())
        return Refused("CONFIG_WRONG_TYPE", NameOf(setting), node, "must be true or false");
      config_->*(*on) = *value;
    } else {
      const toml::array* values = node.as_array();
      if (values == nullptr || !(values->empty() || values->is_homogeneous<std::string>())) {
        return Refused("CONFIG_WRONG_TYPE", NameOf(setting), node, "must be a list of texts");
      }
      Texts& texts = config_->*std::get<Texts Config::*>(setting.field);
      texts.clear();
      for (const toml::node& value : *values) texts.push_back(*value.value_exact<std::string>());
    }
    return absl::OkStatus();
  }

  std::string Resolve(const std::string& value) const {
    return (std::filesystem::path(path_).parent_path() / value).lexically_normal().string();
  }

  absl::Status Refused(std::string_view reason, const std::string& key, const toml::node& node,
                       std::string_view what) const {
    return Invalid(reason, absl::StrCat(path_, ":", node.source().begin.line, ": ", key, " ", ToAbsl(what)));
  }

  const std::string path_;
  Config* const config_;
};

absl::Status ReadConfigFile(const std::string& path, Config* config) {
  const auto text = process::ReadFile(path);
  if (!text.ok()) {
    return Refuse(absl::StatusCode::kNotFound, "CONFIG_MISSING",
                  absl::StrCat(path, ": cannot be read, or is empty; `fundledger-witness init` writes one"));
  }
  toml::table table;
  try {  // toml++ speaks in exceptions; none leaves this function
    table = toml::parse(*text, path);
  } catch (const toml::parse_error& error) {
    return Invalid("CONFIG_MALFORMED",
                   absl::StrCat(path, ":", error.source().begin.line, ": ", ToAbsl(error.description())));
  }
  return FileReader(path, config).Read(table);
}

// Flags as they were given; nothing where not.
struct Flags {
  std::string config_file;
  std::optional<std::string> texts[std::size(kSettings)];
  std::optional<int64_t> numbers[std::size(kSettings)];
  bool switches[std::size(kSettings)] = {};
  Texts lists[std::size(kSettings)];
};

void AddSetting(size_t i, CLI::App* app, Flags* flags) {
  const Setting& setting = kSettings[i];
  const Config defaults;
  CLI::Option* option = nullptr;
  if (const auto* text = std::get_if<std::string Config::*>(&setting.field)) {
    option = app->add_option(setting.flag, flags->texts[i], T(setting.help, setting.help_in_chinese));
    option->type_name(setting.is_path ? "PATH" : "TEXT");
    if (!(defaults.*(*text)).empty()) option->default_str(defaults.*(*text));
  } else if (const auto* number = std::get_if<int64_t Config::*>(&setting.field)) {
    option = app->add_option(setting.flag, flags->numbers[i], T(setting.help, setting.help_in_chinese))
                 ->type_name("NUMBER");
    option->default_str(absl::StrCat(defaults.*(*number)));
  } else if (std::holds_alternative<bool Config::*>(setting.field)) {
    option = app->add_flag(setting.flag, flags->switches[i], T(setting.help, setting.help_in_chinese));
  } else {
    option = app->add_option(setting.flag, flags->lists[i], T(setting.help, setting.help_in_chinese))
                 ->type_name("KEY");
  }
  option->group(*setting.section == '\0' ? "Witness" : absl::StrCat("[", setting.section, "]"));
}

void ApplyFlags(const Flags& flags, Config* config) {
  for (size_t i = 0; i < std::size(kSettings); ++i) {
    const auto& field = kSettings[i].field;
    if (const auto* text = std::get_if<std::string Config::*>(&field); text != nullptr && flags.texts[i]) {
      config->*(*text) = *flags.texts[i];
    }
    if (const auto* number = std::get_if<int64_t Config::*>(&field); number != nullptr && flags.numbers[i]) {
      config->*(*number) = *flags.numbers[i];
    }
    if (const auto* on = std::get_if<bool Config::*>(&field); on != nullptr && flags.switches[i]) {
      config->*(*on) = true;
    }
    if (const auto* list = std::get_if<Texts Config::*>(&field); list != nullptr && !flags.lists[i].empty()) {
      config->*(*list) = flags.lists[i];
    }
  }
}

CLI::App* AddInit(CLI::App* app, InitOptions* init) {
  CLI::App* command = app->add_subcommand(
      "init", T("Make a new witness: key, state and configuration", "新建见证：密钥、状态与配置"));
  command
      ->add_option("DIR", init->directory,
                   T("Directory to make; empty or missing", "要建立的目录，须为空或不存在"))
      ->required();
  command
      ->add_option("--name", init->name,
                   T("Name of its key, such as inspection.example/witness; for ever",
                     "密钥名称，如 inspection.example/witness，永久不变"))
      ->required();
  command
      ->add_option("--log", init->logs,
                   T("Verifier key of a log to cosign; repeatable", "所见证账本的公钥，可重复"))
      ->required();
  command->add_option(
      "--url", init->url,
      T("Where it will be reached, for the policy line that is printed", "对外网址，用于所输出的策略行"));
  command->add_option(
      "--passphrase-file", init->passphrase_file,
      T("Encrypt the key under what this file says, at least 8 bytes; else asked for at the terminal",
        "以该文件所载口令加密密钥，至少 8 字节；缺省在终端询问"));
  command->add_flag("--plain-key", init->plain_key, T("Do not encrypt the key", "不加密密钥"));
  return command;
}

absl::Status CheckTls(const Config& config) {
  const bool has_tls = !config.tls_certificate.empty();
  if (has_tls != !config.tls_key.empty()) {
    return Invalid("CONFIG_INCOMPLETE", "tls.certificate and tls.key are set together, or neither is");
  }
  ASSIGN_OR_RETURN(const std::string host, process::HostOf("listen", config.listen));
  if (has_tls && config.plain_http) {
    return Invalid("CONFIG_CONTRADICTORY", "plain_http is set, and so is [tls]: choose one");
  }
  if (has_tls || config.plain_http || process::IsLoopback(host)) return absl::OkStatus();
  return Invalid("INSECURE_NOT_LOOPBACK",
                 absl::StrCat("listen is ", config.listen,
                              ", which other machines can reach: set [tls], listen at 127.0.0.1 behind a "
                              "proxy that has it, or allow it with plain_http"));
}

}  // namespace

absl::Status CheckConfig(const Config& config) {
  if (!log::IsKeyName(config.name)) {
    return Invalid("CONFIG_INCOMPLETE",
                   "name is empty, or has white space or '+' in it: set name, or --name");
  }
  if (config.key.empty()) return Invalid("CONFIG_INCOMPLETE", "no key: set key, or --key");
  if (config.state.empty()) return Invalid("CONFIG_INCOMPLETE", "no state: set state, or --state");
  if (config.logs.empty()) return Invalid("CONFIG_INCOMPLETE", "no logs: set logs, or --log");
  for (const std::string& key : config.logs) {
    const auto parsed = log::NoteVerifier::Parse(key);
    if (!parsed.ok()) return Annotate(parsed.status(), absl::StrCat("logs, ", key));
  }
  for (const Setting& setting : kSettings) {
    const auto* field = std::get_if<int64_t Config::*>(&setting.field);
    if (field == nullptr) continue;
    const int64_t value = config.*(*field);
    if (value < setting.min || value > setting.max) {
      return Invalid("CONFIG_OUT_OF_RANGE", absl::StrCat(NameOf(setting), " (", setting.flag, ") is ", value,
                                                         "; it may be ", setting.min, " to ", setting.max));
    }
  }
  constexpr std::string_view kLevels = " debug info warn error ";
  if (kLevels.find(" " + config.log_level + " ") == std::string_view::npos) {
    return Invalid("CONFIG_OUT_OF_RANGE", absl::StrCat("log.level is \"", config.log_level,
                                                       "\"; it may be debug, info, warn, error"));
  }
  if (config.log_format != "text" && config.log_format != "json") {
    return Invalid("CONFIG_OUT_OF_RANGE",
                   absl::StrCat("log.format is \"", config.log_format, "\"; it may be text, json"));
  }
  return CheckTls(config);
}

absl::StatusOr<CommandLine> ParseCommandLine(const std::vector<std::string>& args) {
  CommandLine line;
  Flags flags;
  CLI::App app(T("Cosigns checkpoints of logs, each an extension of the one before, and never two histories.",
                 "为账本检查点作见证：每个都须是前一个的延续，绝不见证两份历史。"),
               "fundledger-witness");
  app.add_option("--config", flags.config_file, T("Configuration file, TOML", "配置文件（TOML）"))
      ->type_name("FILE");
  app.set_version_flag("--version", "fundledger-witness " FUNDLEDGER_VERSION,
                       T("print the version", "显示版本后退出"));
  app.footer(T(kExamples, kExamplesInChinese));
  app.require_subcommand(0, 1);
  for (size_t i = 0; i < std::size(kSettings); ++i) AddSetting(i, &app, &flags);
  const CLI::App* init = AddInit(&app, &line.init);
  try {  // CLI11 speaks in exceptions; none leaves this function
    app.parse(Texts(args.rbegin(), args.rend()));
  } catch (const CLI::CallForHelp&) {
    line.command = CommandLine::Command::kPrint;
    line.print = app.help();
    return line;
  } catch (const CLI::CallForVersion&) {
    line.command = CommandLine::Command::kPrint;
    line.print = absl::StrCat(app.version(), "\n");
    return line;
  } catch (const CLI::Error& error) {
    return Invalid("COMMAND_LINE_MALFORMED", absl::StrCat(error.what(), "; see fundledger-witness --help"));
  }
  if (init->parsed()) {
    line.command = CommandLine::Command::kInit;
    return line;
  }
  if (!flags.config_file.empty()) RETURN_IF_ERROR(ReadConfigFile(flags.config_file, &line.config));
  ApplyFlags(flags, &line.config);
  RETURN_IF_ERROR(CheckConfig(line.config));
  return line;
}

}  // namespace fundledger::witness
