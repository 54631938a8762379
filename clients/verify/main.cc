// fundledger-verify: checks a bundle without a server and without believing whoever runs the ledger.
#include <iostream>
#include <string>
#include <string_view>

#include <unistd.h>

#include "clients/bundle/json.h"
#include "clients/verify/core/reader.h"
#include "clients/verify/language.h"
#include "clients/verify/print.h"
#include "clients/verify/reasons.h"
#include "clients/verify/verify.h"
#include "ledger/base/bytes.h"
#include "ledger/base/date.h"
#include "ledger/base/status.h"

#include "absl/strings/str_cat.h"
#include <CLI/CLI.hpp>

namespace fundledger::verify {
namespace {

// As of the other programs (fundledger --help).
enum ExitCode : int { kVerifies = 0, kUsage = 2, kDoesNotVerify = 4 };

constexpr size_t kFileBytesMax = 64 << 20;

struct Arguments {
  std::string bundle;
  std::string verifier_key;
  std::string ledger;
  std::string policy;
  std::string authorities;
  std::vector<std::string> receipts;
  std::vector<std::string> checkpoints;
  std::vector<std::string> evidence;
  std::string figures;
  int32_t briefing_year = 0;
  std::string as_of;
  std::string category;
  std::string invested_category;
  int32_t from_year = 0;
  std::string lang;
  size_t threads = 0;
  bool chain_only = false;
  bool json = false;
};

std::string LanguageGiven(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--lang" && i + 1 < argc) return argv[i + 1];
    if (argument.starts_with("--lang=")) return std::string(argument.substr(7));
  }
  return "";
}

absl::StatusOr<std::vector<NamedText>> ReadAll(const std::vector<std::string>& paths) {
  std::vector<NamedText> texts;
  for (const std::string& path : paths) {
    ASSIGN_OR_RETURN(std::string text, ReadFile(path, kFileBytesMax));
    texts.push_back({path, std::move(text)});
  }
  return texts;
}

absl::Status ReadBriefing(const Arguments& arguments, Options* options) {
  if (!arguments.figures.empty()) {
    ASSIGN_OR_RETURN(const std::string text, ReadFile(arguments.figures, kFileBytesMax));
    const auto json = bundle::ParseJson(text);
    if (!json.ok()) return Annotate(json.status(), arguments.figures);
    options->figures = *json;
  }
  if (arguments.briefing_year == 0) return absl::OkStatus();
  ASSIGN_OR_RETURN(const Date date, Date::Parse(arguments.as_of));
  ::fundledger::v1::GetBriefingRequest request;
  request.set_year(arguments.briefing_year);
  request.set_from_year(arguments.from_year);
  request.set_category(arguments.category);
  request.set_invested_category(arguments.invested_category);
  auto* day = request.mutable_as_of()->mutable_date();
  day->set_year(date.year());
  day->set_month(date.month());
  day->set_day(date.day());
  options->briefing = std::move(request);
  return absl::OkStatus();
}

absl::StatusOr<Options> ReadOptions(const Arguments& arguments) {
  Options options;
  options.bundle = arguments.bundle;
  options.verifier_key = arguments.verifier_key;
  options.chain_only = arguments.chain_only;
  options.threads = arguments.threads;
  if (!arguments.ledger.empty()) {
    options.ledger = Hash256::FromBytes(HexDecode(arguments.ledger).value_or(""));
    if (!options.ledger.has_value()) {
      return Refuse(absl::StatusCode::kInvalidArgument, "LEDGER_MALFORMED",
                    absl::StrCat("\"", arguments.ledger, "\" is no ledger's id: 64 hex digits"));
    }
  }
  if (!arguments.policy.empty()) {
    ASSIGN_OR_RETURN(options.policy, ReadFile(arguments.policy, kFileBytesMax));
  }
  if (!arguments.authorities.empty()) {
    ASSIGN_OR_RETURN(options.authorities_pem, ReadFile(arguments.authorities, kFileBytesMax));
  }
  ASSIGN_OR_RETURN(options.receipts, ReadAll(arguments.receipts));
  ASSIGN_OR_RETURN(options.checkpoints, ReadAll(arguments.checkpoints));
  ASSIGN_OR_RETURN(options.evidence, ReadAll(arguments.evidence));
  RETURN_IF_ERROR(ReadBriefing(arguments, &options));
  if (!arguments.json && ::isatty(STDERR_FILENO) != 0) {
    options.progress = [](uint64_t done, uint64_t total) {
      std::cerr << '\r' << done << " / " << total << (done == total ? "\n" : "") << std::flush;
    };
  }
  return options;
}

absl::StatusOr<int> Run(const Arguments& arguments) {
  ASSIGN_OR_RETURN(const Options options, ReadOptions(arguments));
  ASSIGN_OR_RETURN(const Report report, Verify(options));
  if (arguments.json) {
    std::cout << ReportJson(report).dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
  } else {
    PrintReport(report, std::cout);
  }
  return report.ok() ? kVerifies : kDoesNotVerify;
}

void AddOptions(CLI::App* app, Arguments* a) {
  app->add_option(
         "BUNDLE", a->bundle,
         T("directory that \"fundledger inspect export\" or \"report … --proof\" wrote", "导出的数据包目录"))
      ->required();
  app->add_option("--verifier-key", a->verifier_key,
                  T("the log's key, got by another way", "另行取得的账本公钥"));
  app->add_option("--ledger", a->ledger,
                  T("the ledger's id in hex, got by another way", "另行取得的账本编号"));
  app->add_option("--policy", a->policy,
                  T("tlog-policy file: whose cosignatures are demanded", "见证策略文件"));
  app->add_option("--tsa-ca", a->authorities,
                  T("PEM certificates of time stamping authorities", "时间戳机构证书"));
  app->add_option("--receipt", a->receipts, T("receipts you hold (.tlog-proof or .receipt)", "所持回执"));
  app->add_option("--checkpoint", a->checkpoints, T("checkpoints you hold", "所持检查点"));
  app->add_option(
      "--evidence", a->evidence,
      T("evidence files, judged with the bundle's records beside them", "以数据包记录核对的证据文件"));
  CLI::Option* figures = app->add_option(
      "--figures", a->figures,
      T("a briefing as \"report briefing --json\" printed it, to be compared with the records",
        "待核对的报表 JSON"));
  CLI::Option* year = app->add_option("--briefing", a->briefing_year,
                                      T("compute the briefing of this plan year from the records",
                                        "按记录重新计算该年度报表"))
                          ->check(CLI::Range(1901, 9999));
  CLI::Option* as_of = app->add_option("--as-of", a->as_of, T("its business date", "业务日期"))->needs(year);
  year->needs(as_of);
  app->add_option("--category", a->category,
                  T("category counted as planned and disbursed", "计划与拨付的资金类别"))
      ->needs(year);
  app->add_option("--invested-category", a->invested_category,
                  T("category whose receipts are counted", "累计投入的资金类别"))
      ->needs(year);
  app->add_option("--from-year", a->from_year, T("first year of sums over years", "累计起始年"))
      ->needs(year)
      ->check(CLI::Range(1901, 9999));
  app->add_flag("--chain", a->chain_only,
                T("chain, tree, checkpoints and proofs only", "仅验证链、树、检查点与证明"))
      ->excludes(figures)
      ->excludes(year);
  app->add_option("--threads", a->threads, T("threads; 0: as many as the machine has cores", "线程数"))
      ->check(CLI::Range(0, 1024));
  app->add_option("--lang", a->lang, T("language of the answers", "语言"))
      ->check(CLI::IsMember({"zh", "en"}));
  app->add_flag("--json", a->json, T("answer for programs", "输出 JSON"));
}

int Main(int argc, char** argv) {
  is_chinese = ChoosesChinese(LanguageGiven(argc, argv));
  CLI::App app(T("fundledger-verify: checks a bundle of a ledger, without a server",
                 "fundledger-verify：离线验证账本数据包"),
               "fundledger-verify");
  app.footer(
      T("Exit codes: 0 what was checked holds; 2 usage, or a bundle that cannot be read; 4 it does not "
        "verify.\n"
        "What each line means, and does not: docs/verifying.md.",
        "退出码：0 验证通过；2 用法有误或数据包无法读取；4 验证不通过。\n各项含义见 docs/verifying.md。"));
  app.set_version_flag("--version", "fundledger-verify " FUNDLEDGER_VERSION,
                       T("print the version", "显示版本后退出"));
  Arguments arguments;
  AddOptions(&app, &arguments);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kVerifies : kUsage;
  }
  const absl::StatusOr<int> code = Run(arguments);
  if (code.ok()) return *code;
  const std::string reason = ReasonOf(code.status());
  std::cerr << reason << ReasonGloss(reason) << ": " << code.status().message() << '\n';
  return kUsage;
}

}  // namespace
}  // namespace fundledger::verify

int main(int argc, char** argv) {
  return fundledger::verify::Main(argc, argv);
}
