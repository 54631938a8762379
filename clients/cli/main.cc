// fundledger: the command line of a ledger of public money.
#include <algorithm>
#include <cstdlib>
#include <initializer_list>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "clients/cli/commands.h"
#include "clients/cli/language.h"
#include "clients/cli/suggest.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/synchronization/mutex.h"
#include <CLI/CLI.hpp>

namespace fundledger::cli {
namespace {

// The language of the help must be known before the options that say it are read.
Language LanguageOf(int argc, char** argv) {
  std::string_view given;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--lang" && i + 1 < argc) given = argv[i + 1];
    if (argument.starts_with("--lang=")) given = argument.substr(7);
  }
  return ChooseLanguage(given);
}

const char* Footer() {
  return T(
      "Amounts are written as people do: 12,345.67 (yuan), 120.5万, 1.466亿. Dates: 2020-06-16.\n"
      "Exit codes: 0 done; 1 refused by the ledger; 2 usage, file, configuration or key; 3 the server cannot "
      "be\n"
      "reached; 4 verification failed: evidence against the server; 5 a submission was sent and not "
      "answered\n"
      "(fundledger outbox send sends the same again, and nothing is recorded twice); 6 signed without a "
      "connection,\n"
      "and waiting in the outbox; 7 not witnessed, although that is demanded; 8 recorded, and that the log "
      "only\n"
      "grew is still to be proven: do not submit it anew.\n"
      "Start: fundledger init --help. Completion: source <(fundledger completion bash)",
      "金额按习惯书写：12,345.67（元）、120.5万、1.466亿；日期：2020-06-16。\n"
      "退出码：0 完成；1 账本拒绝；2 用法、文件、配置或密钥有误；3 连不上服务器；4 "
      "验证失败，即对服务器不利的证据；\n"
      "5 报送已发出但未获答复（fundledger outbox send 可原样重发，不会重复入账）；6 离线签署，待发；7 "
      "要求见证而见证不足；\n"
      "8 已入账，但尚未核实账本只增不改，请勿重复报送。\n"
      "入门：fundledger init --help。命令补全：source <(fundledger completion bash)");
}

void AddGlobals(CLI::App* app, Globals* globals) {
  app->add_option("--config", globals->config,
                  T("client configuration; else $FUNDLEDGER_CONFIG, else ./client.toml",
                    "客户端配置文件；缺省为 $FUNDLEDGER_CONFIG，再缺省为 ./client.toml"));
  app->add_option("--server", globals->server,
                  T("HOST:PORT instead of the configuration's", "服务器地址 HOST:PORT，代替配置文件所载"))
      ->envname("FUNDLEDGER_SERVER");
  app->add_option("--as", globals->officer, T("officer who signs", "签名的经办人"));
  app->add_option("--passphrase-file", globals->passphrase_file,
                  T("file with the passphrase of the keys; else $FUNDLEDGER_PASSPHRASE_FILE, else asked for",
                    "密钥口令文件；缺省为 $FUNDLEDGER_PASSPHRASE_FILE，再缺省则询问"));
  app->add_option("--lang", globals->lang, T("language of the answers", "语言"))
      ->check(CLI::IsMember({"zh", "en"}));
  app->add_flag("--json", globals->json, T("answer for programs", "输出 JSON"));
  app->add_flag("--offline", globals->offline,
                T("sign and keep in the outbox, without a connection: see township outbox",
                  "不连接服务器：签名后存入发件箱，见 township outbox"));
  app->add_flag("--require-witness", globals->require_witness,
                T("refuse figures and receipts that the policy's witnesses do not vouch for",
                  "未经策略所列见证人见证的数字与回执一律拒绝"));
  app->add_option("--patience", globals->patience_s,
                  T("seconds to go on trying while the server cannot be reached", "连不上时重试的秒数"))
      ->check(CLI::Range(0, 3600));
}

// Where a word of the line stands for no command: which one, and what may have been meant. Else empty.
std::string UnknownCommand(const CLI::App* root) {
  const std::vector<std::string> left = root->remaining(/*recurse=*/true);
  const auto word =
      std::find_if(left.begin(), left.end(), [](const std::string& each) { return !each.starts_with("-"); });
  if (word == left.end()) return "";
  const CLI::App* known = root;
  std::string group = root->get_name();
  while (!known->get_subcommands().empty()) {
    known = known->get_subcommands().back();
    absl::StrAppend(&group, " ", known->get_name());
  }
  std::vector<std::string> names;
  for (const CLI::App* each : known->get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(each->get_name());
  }
  const std::string like = absl::StrJoin(WordsLike(*word, names), T(" or ", " 或 "));
  std::string said = absl::StrCat(group, T(" has no command \"", " 没有子命令“"), *word, T("\"", "”"));
  if (!like.empty()) absl::StrAppend(&said, T("; did you mean ", "，是否想用 "), like, T("?", "？"));
  return said;
}

// What CLI11 would say of a command line that is wrong.
std::string WhatIsWrong(const CLI::App* app, const CLI::Error& error) {
  const bool lacks_command = std::string_view(error.what()) == "A subcommand is required";
  if (const std::string unknown = lacks_command ? UnknownCommand(app) : ""; !unknown.empty()) {
    return absl::StrCat(unknown, "\n", T("Run with --help for more information.", "用法见 --help"), "\n");
  }
  if (CurrentLanguage() == Language::kEnglish) return CLI::FailureMessage::simple(app, error);
  const std::string said = error.what();
  const std::string_view text = said;
  constexpr std::string_view kRequired = " is required";
  std::string chinese = said;
  if (text == "A subcommand is required") {
    chinese = "缺少子命令";
  } else if (text.ends_with(kRequired)) {
    chinese = "缺少 " + said.substr(0, said.size() - kRequired.size());
  } else if (const size_t at = said.find(" not expected: "); at != std::string::npos) {
    chinese = "不认识的参数：" + said.substr(at + std::string_view(" not expected: ").size());
  }
  return "错误：" + chinese + "\n用法见 --help\n";
}

// CLI11 makes each help flag before a subcommand takes over the name of its group.
class ChineseFormatter : public CLI::Formatter {
 public:
  std::string make_group(std::string group, bool is_positional,
                         std::vector<const CLI::Option*> options) const override {
    return CLI::Formatter::make_group(group == "Options" ? "选项" : group, is_positional, std::move(options));
  }
};

// CLI11's own words. Subcommands take them over, so that it comes before they are made.
void SpeakChinese(CLI::App* app) {
  app->group("子命令");
  app->formatter(std::make_shared<ChineseFormatter>());
  app->set_help_flag("-h,--help", "显示用法后退出");
  for (const auto& [english, chinese] :
       std::initializer_list<std::pair<const char*, const char*>>{{"Usage", "用法"},
                                                                  {"OPTIONS", "选项"},
                                                                  {"SUBCOMMAND", "子命令"},
                                                                  {"SUBCOMMANDS", "子命令"},
                                                                  {"Positionals", "参数"},
                                                                  {"REQUIRED", "[必填]"},
                                                                  {"Env", "环境变量"}}) {
    app->get_formatter()->label(english, chinese);
  }
}

int Run(int argc, char** argv) {
  // The packaged absl is built with its search for deadlocks, which takes every lock of gRPC's through one
  // graph.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  SetLanguage(LanguageOf(argc, argv));
  CLI::App app(T("fundledger: a tamper-evident ledger of public money", "fundledger：防篡改的公共资金账本"),
               "fundledger");
  app.footer(Footer());
  app.failure_message(WhatIsWrong);
  app.set_version_flag("--version", "fundledger " FUNDLEDGER_VERSION,
                       T("print the version", "显示版本后退出"));
  if (CurrentLanguage() == Language::kChinese) SpeakChinese(&app);
  app.require_subcommand(1);
  app.fallthrough();  // --json and the like may stand behind the command
  Context context;
  Program program{&app, nullptr};
  AddGlobals(&app, &context.globals);
  AddInit(&program);
  AddRegistryCommands(&program);
  AddOfficerCommands(&program);
  AddLogKeyCommands(&program);
  AddKeyCommands(&program);
  AddCertificateCommands(&program);
  AddAgentCommand(&program);
  AddFormCommands(&program);
  AddDecisionCommands(&program);
  AddOutboxCommands(&program);
  AddListCommands(&program);
  AddInspectCommands(&program);
  AddReceiptCommands(&program);
  AddEvidenceCommands(&program);
  AddReportCommands(&program);
  AddImportCommand(&program);
  AddPromoteCommand(&program);
  AddCompletionCommand(&program);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kExitOk : kExitUsage;
  }
  const absl::StatusOr<int> chosen = program.chosen(context);
  const int code = chosen.ok() ? *chosen : ExitCodeOf(chosen.status());
  if (!chosen.ok()) std::cerr << ErrorLine(chosen.status()) << '\n';
  if (context.unsettled().ok()) return code;
  std::cerr << ErrorLine(context.unsettled()) << '\n';
  // Whoever reads "unreachable" takes it that nothing was sent.
  return code == kExitOk || code == kExitUnreachable ? kExitUnsettled : code;
}

}  // namespace
}  // namespace fundledger::cli

int main(int argc, char** argv) {
  // gRPC logs to standard error what its statuses say too. Whoever wants it sets the variable.
  (void)::setenv("GRPC_VERBOSITY", "NONE", 0);  // NOLINT(concurrency-mt-unsafe): at start, by one thread
  return fundledger::cli::Run(argc, argv);
}
