// fundledger report briefing: the yearly report's figures, computed from the records.
#include "clients/export/report.h"

#include <iostream>
#include <memory>

#include "clients/bundle/briefing_json.h"
#include "clients/cli/commands.h"
#include "clients/cli/export.h"
#include "clients/cli/json.h"
#include "clients/cli/language.h"
#include "clients/cli/signed_answers.h"
#include "clients/cli/table.h"
#include "ledger/base/bytes.h"
#include "ledger/base/fen.h"

#include "absl/strings/str_cat.h"

namespace fundledger::cli {
namespace {

using Json = nlohmann::ordered_json;

struct BriefingOptions {
  int32_t year = 0;
  AsOfOptions as_of;
  std::string category;
  std::string invested_category;
  int32_t from_year = 0;
  SignedAnswers answers;
  std::string proof;
};

std::string Wan(int64_t fen) {
  return CurrentLanguage() == Language::kChinese ? absl::StrCat(FormatWan(fen), "万元")
                                                 : absl::StrCat(FormatYuan(fen), " yuan");
}

std::string Rate(int64_t part, int64_t whole, int decimals) {
  const std::string percent = FormatPercent(part, whole, decimals);
  return percent == "n/a" ? T("n/a", "无") : percent + "%";
}

void PrintChinese(const v1::GetBriefingResponse& b) {
  const std::string as_of = b.basis().has_date() ? FormatDate(b.basis().date()) : "目前";
  std::cout << b.year() << "年资金与项目情况（截至 " << as_of << "）\n\n"
            << "一、资金\n"
            << "年初计划统筹资金 " << Wan(b.planned_fen()) << "，已拨付 " << Wan(b.disbursed_fen())
            << "（其中：乡镇 " << Wan(b.disbursed_township_fen()) << "，市直 " << Wan(b.disbursed_city_fen())
            << "），资金拨付率 " << Rate(b.disbursed_fen(), b.planned_fen(), 1) << "。\n"
            << "当年接收 " << Wan(b.received_fen()) << "，已分配 " << Wan(b.allocated_fen()) << "。\n"
            << "自" << b.from_year() << "年以来累计投入" << b.invested_category_name() << " "
            << Wan(b.invested_since_fen()) << "。\n\n"
            << "二、项目\n"
            << "全市共实施项目 " << b.projects() << " 个，其中乡镇 " << b.township_projects()
            << " 个，资金总规模 " << Wan(b.projects_size_fen()) << "。\n"
            << "乡镇项目已开工 " << b.township_started() << " 个，开工率 "
            << Rate(b.township_started(), b.township_projects(), 2) << "；已完工 " << b.township_completed()
            << " 个，完工率 " << Rate(b.township_completed(), b.township_projects(), 2) << "。\n\n";
}

void PrintEnglish(const v1::GetBriefingResponse& b) {
  const std::string as_of = b.basis().has_date() ? FormatDate(b.basis().date()) : "now";
  std::cout << "Money and projects of " << b.year() << ", as of " << as_of << "\n\n"
            << "1. Money\n"
            << "Planned initially " << Wan(b.planned_fen()) << "; disbursed " << Wan(b.disbursed_fen())
            << " (townships " << Wan(b.disbursed_township_fen()) << ", city " << Wan(b.disbursed_city_fen())
            << "), disbursement rate " << Rate(b.disbursed_fen(), b.planned_fen(), 1) << ".\n"
            << "Received for the year " << Wan(b.received_fen()) << "; allocated " << Wan(b.allocated_fen())
            << ".\n"
            << "Invested since " << b.from_year() << " (" << b.invested_category_name() << ") "
            << Wan(b.invested_since_fen()) << ".\n\n"
            << "2. Projects\n"
            << b.projects() << " projects, " << b.township_projects() << " of them of townships; total size "
            << Wan(b.projects_size_fen()) << ".\n"
            << "Of the township projects " << b.township_started() << " started, start rate "
            << Rate(b.township_started(), b.township_projects(), 2) << "; " << b.township_completed()
            << " completed, completion rate " << Rate(b.township_completed(), b.township_projects(), 2)
            << ".\n\n";
}

void PrintProgrammes(const v1::GetBriefingResponse& b) {
  using Align = Table::Align;
  const auto since = [&b](const char* english, const char* chinese) {
    return CurrentLanguage() == Language::kChinese ? absl::StrCat(b.from_year(), "年以来累计", chinese)
                                                   : absl::StrCat(english, " since ", b.from_year());
  };
  Table table({{T("programme", "专项")},
               {T("task group", "工作专班")},
               {T("planned", "当年计划"), Align::kRight},
               {T("growth", "同比增长"), Align::kRight},
               {T("disbursed", "当年拨付"), Align::kRight},
               {since("disbursed", "拨付"), Align::kRight},
               {since("paid by others", "外部支付"), Align::kRight},
               {since("loans", "发放贷款"), Align::kRight},
               {T("projects", "项目数"), Align::kRight}});
  for (const auto& p : b.programmes()) {
    const Json growth = bundle::GrowthJson(p);
    table.Add({p.name(), p.task_group(), Wan(p.planned_fen()),
               growth.is_null() ? T("n/a", "无") : growth.get<std::string>() + "%", Wan(p.disbursed_fen()),
               Wan(p.disbursed_since_fen()), Wan(p.outside_paid_since_fen()),
               Wan(p.loans_granted_since_fen()), absl::StrCat(p.projects())});
  }
  std::cout << T("3. Programmes\n", "三、专项\n");
  table.Print(std::cout);
  Table indicators({{T("programme", "专项")},
                    {T("indicator", "绩效指标")},
                    {T("value", "完成值"), Align::kRight},
                    {T("unit", "单位")}});
  for (const auto& p : b.programmes()) {
    for (const auto& i : p.indicators()) {
      indicators.Add({p.name(), i.name(),
                      i.has_value() ? FormatDecimal(i.value(), i.scale()) : T("does not add up", "不可相加"),
                      i.unit()});
    }
  }
  if (indicators.size() == 0) return;
  std::cout << T("\n4. Indicators\n", "\n四、绩效指标\n");
  indicators.Print(std::cout);
}

void PrintMeasures(const v1::GetBriefingResponse& b, const log::Checkpoint& checkpoint,
                   const Hash256& ledger) {
  std::cout
      << '\n'
      << T("Measures: planned = planned initially on lines of funds in category ",
           "口径：年初计划 = 资金类别“")
      << b.category_name()
      << T(", projects of the year's plan list; disbursed = held by units + paid, net of refunds, the same "
           "lines; disbursement rate = disbursed / planned; size = planned for the listed projects, all "
           "funds; "
           "start and completion rate = started and completed / listed township projects; growth = planned "
           "against the whole year before; invested = received, net, funds in category ",
           "”、列入当年项目计划的项目的首次批复计划；拨付 = 在单位 + 已支付（扣除退回），同一明细；拨付率 = "
           "拨付 "
           "/ "
           "年初计划；资金总规模 = 计划内项目全部资金的计划；开工率、完工率 = 已开工、已完工 / "
           "计划内乡镇项目；增长 = "
           "当年计划比上年全年计划；累计投入 = 净接收，资金类别“")
      << b.invested_category_name() << T(".\n", "”。\n") << BasisLine(b.basis(), checkpoint) << '\n'
      << T("Ledger ", "账本 ") << checkpoint.origin << ", " << HexEncode(ledger.view()) << '\n';
}

absl::StatusOr<int> RunBriefing(Context& context, BriefingOptions& options) {
  ASSIGN_OR_RETURN(sdk::Client * client, context.client());
  v1::GetBriefingRequest request;
  request.set_year(options.year);
  RETURN_IF_ERROR(options.as_of.Fill(request.mutable_as_of()));
  if (!request.as_of().has_date()) SetDate(client->Today(), request.mutable_as_of()->mutable_date());
  request.set_category(options.category);
  request.set_invested_category(options.invested_category);
  request.set_from_year(options.from_year);
  AskSigned(options.answers, &request);
  ASSIGN_OR_RETURN(const v1::GetBriefingResponse briefing,
                   client->Call(client->reports(), &v1::ReportService::Stub::GetBriefing, request));
  // Nothing is printed that does not rest on a checkpoint this client believes.
  ASSIGN_OR_RETURN(const log::Checkpoint checkpoint, client->BelieveBasis(briefing.basis()));
  RETURN_IF_ERROR(context.CheckWitnessed(briefing.basis()));
  if (options.answers.is_wanted()) RETURN_IF_ERROR(options.answers.Take(context, request, briefing));
  if (!options.proof.empty()) {
    // An answer's checkpoint is as the log signed it; who reads the bundle wants to know who else did.
    ASSIGN_OR_RETURN(std::string note, Cosigned(client, checkpoint, briefing.basis().checkpoint()));
    ASSIGN_OR_RETURN(const auto source, SourceOfServer(client, std::move(note)));
    RETURN_IF_ERROR(
        AgainstServer(exporting::WriteReportBundle(source.get(), request, &briefing, options.proof)));
  }
  if (context.json()) {
    Json json = bundle::BriefingJson(request, briefing, client->config().ledger);
    json["witnessed"] = context.WitnessedJson();
    PrintJson(json);
    return kExitOk;
  }
  if (CurrentLanguage() == Language::kChinese) {
    PrintChinese(briefing);
  } else {
    PrintEnglish(briefing);
  }
  PrintProgrammes(briefing);
  PrintMeasures(briefing, checkpoint, client->config().ledger);
  std::cout << context.WitnessedLine();
  if (!options.proof.empty()) {
    std::cout << T("Proof written: fundledger-verify ", "证明已写出：fundledger-verify ") << options.proof
              << '\n';
  }
  return kExitOk;
}

}  // namespace

void AddReportCommands(Program* program) {
  CLI::App* app =
      AddCommand(program, "report briefing",
                 T("money and projects of a plan year, as the yearly report has them", "年度资金与项目情况"));
  const auto options = std::make_shared<BriefingOptions>();
  app->add_option("--year", options->year, T("plan year", "计划年度"))
      ->required()
      ->check(CLI::Range(1900, 9999));
  options->as_of.AddTo(app);
  app->add_option("--category", options->category,
                  T("category counted as planned and disbursed; integrated-funds if not given",
                    "计划与拨付的资金类别，缺省为 integrated-funds"));
  app->add_option("--invested-category", options->invested_category,
                  T("category whose receipts are counted as invested; poverty-relief-funds if not given",
                    "累计投入的资金类别，缺省为 poverty-relief-funds"));
  app->add_option("--from-year", options->from_year,
                  T("first year of sums over years; 2016 if not given", "累计起始年，缺省为 2016"));
  options->answers.AddTo(app);
  app->add_option("--proof", options->proof,
                  T("directory to be made: the records each figure comes from, with their proofs",
                    "输出目录（新建）：各项数字所依据的记录及其证明"));
  app->footer(T("Example:\n  fundledger report briefing --year 2020 --as-of 2020-06-16",
                "示例：\n  fundledger report briefing --year 2020 --as-of 2020-06-16"));
  OnCall(program, app, [options](Context& context) { return RunBriefing(context, *options); });
}

}  // namespace fundledger::cli
