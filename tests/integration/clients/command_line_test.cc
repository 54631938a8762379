// The command line against a real server: what a county does in its first days.
#include <chrono>

#include <gmock/gmock.h>

#include "ledger/base/clock.h"
#include "ledger/base/date.h"
#include "tests/integration/clients/world.h"
#include "tests/support/paths.h"

namespace fundledger::clients_testing {
namespace {

using testing::HasSubstr;
using testing::Not;

class CommandLine : public World {
 protected:
  CommandLine() { StartServer(); }

  // A programme, a fund with 300万 received, a listed project with 200万 allocated.
  void Fund() {
    Good({"import", "--as", "admin-1",
          Csv("registry.csv",
              "kind,reference,id,name,unit,scale,aggregation\n"
              "register_programme,G-1,roads,农村道路,,,\n"
              "register_category,C-1,integrated-funds,统筹整合资金,,,\n"
              "register_category,C-2,poverty-relief-funds,财政扶贫资金,,,\n"
              "register_indicator,I-1,length,里程,公里,2,sum\n")});
    Good({"finance", "fund", "register", "--as", "clerk-1", "--id", "f-1", "--name", "中央资金",
          "--document-number", "财农〔2026〕1号", "--fiscal-year", "2026", "--source-tier", "中央",
          "--nature", "fiscal", "--categories", "integrated-funds;poverty-relief-funds"});
    Good({"finance", "payee", "add", "--as", "clerk-1", "--id", "builder", "--name", "示例建筑公司",
          "--credit-code", "91421081EX00000109"});
    Approve("reviewer-1");
    Good({"township", "project", "declare", "--as", "township-1", "--id", "p-1", "--name", "东镇道路",
          "--project-kind", "works", "--organization", "east", "--programme", "roads", "--targets",
          "length=12.5"});
    Good({"township", "project", "approve", "--as", "department-1", "--project", "p-1", "--plan-year",
          "2026"});
    Good({"finance", "receive", "--as", "clerk-1", "--fund", "f-1", "--amount", "300万"});
    Good({"finance", "plan", "--as", "clerk-1", "--project", "p-1", "--fund", "f-1", "--amount", "200万"});
    Approve("reviewer-1");
    Good({"finance", "allocate", "--as", "clerk-1", "--project", "p-1", "--fund", "f-1", "--amount",
          "2,000,000.00"});
    Approve("reviewer-1");
  }
  void Approve(const std::string& officer) {
    Good({"finance", "approve", "--as", officer, "--all", "--yes"});
  }
};

TEST_F(CommandLine, PaysFromFundToPayee) {
  Settle();
  Fund();
  Good({"township", "pay", "request", "--as", "township-1", "--payment-kind", "advance", "--project", "p-1",
        "--fund", "f-1", "--amount", "60.5万", "--payee", "builder", "--reference", "PAY-1"});
  EXPECT_THAT(Good({"township", "proposals", "--lang", "zh"}).out, HasSubstr("用款申请"));
  Good({"township", "approve", "--as", "township-2", "--all", "--yes"});
  Approve("reviewer-1");
  const std::vector<std::string> early = {"finance",   "pay",        "fail",     "--as",    "treasury-1",
                                          "--payment", "east/PAY-1", "--reason", "户名不符"};
  const Finished too_early = Run(early);
  EXPECT_EQ(too_early.exit_code, 1);
  EXPECT_THAT(too_early.err,
              testing::AllOf(HasSubstr("PAYMENT_STATE_WRONG"), HasSubstr("(PAY-1) is approved"),
                             HasSubstr("it waits to be instructed; next: finance pay instruct")));
  auto in_chinese = early;
  in_chinese.insert(in_chinese.end(), {"--lang", "zh"});
  EXPECT_THAT(Run(in_chinese).err,
              HasSubstr("该支付现为“已批准”，下一步：签发支付令（finance pay instruct）"));
  Good({"finance", "pay", "instruct", "--as", "treasury-1", "--payment", "east/PAY-1"});
  Good({"finance", "pay", "confirm", "--as", "treasury-1", "--payment", "east/PAY-1", "--mode", "direct",
        "--voucher-issuer", "国库", "--voucher-type", "支付凭证", "--voucher-year", "2026",
        "--voucher-number", "1"});
  Good({"township", "project", "start", "--as", "township-1", "--project", "p-1"});
  Good({"township", "indicator", "report", "--as", "township-1", "--project", "p-1", "--indicator", "length",
        "--value", "3.25"});

  const auto statement = Json({"finance", "statement"});
  EXPECT_EQ(statement["total"]["paid_fen"], 60'500'000);
  EXPECT_EQ(statement["total"]["available_fen"], 139'500'000);
  EXPECT_EQ(statement["lines"].size(), 1U);
  const auto payments = Json({"finance", "payments", "--state", "confirmed"});
  EXPECT_EQ(payments["payments"].size(), 1U);
  const auto project = Json({"township", "project", "show", "p-1"});
  EXPECT_EQ(project["project"]["status"], "started");

  const auto trail = Json({"inspect", "trail", "--project", "p-1"});
  EXPECT_GE(trail["records"].size(), 8U);
  EXPECT_THAT(Good({"inspect", "trail", "--payee", "builder", "--lang", "zh"}).out,
              HasSubstr("金额 605,000.00"));
  EXPECT_THAT(Good({"inspect", "proof", "3"}).out, testing::StartsWith("c2sp.org/tlog-proof@v1\nextra "));
  EXPECT_TRUE(Json({"inspect", "verify"})["ok"].get<bool>());
  EXPECT_TRUE(Json({"inspect", "verify", "--data", path("county/ledger").string()})["ok"].get<bool>());
}

TEST_F(CommandLine, PaysPeopleByTheirRoster) {
  Settle();
  Fund();
  const std::string roster(64, 'a');
  const std::vector<std::string> request = {"township",
                                            "pay",
                                            "request",
                                            "--as",
                                            "township-1",
                                            "--payment-kind",
                                            "subsidy_batch",
                                            "--project",
                                            "p-1",
                                            "--fund",
                                            "f-1",
                                            "--amount",
                                            "1万",
                                            "--subsidy",
                                            "低保",
                                            "--period",
                                            "2026-11",
                                            "--count",
                                            "5",
                                            "--reference",
                                            "PAY-2"};
  const Finished without = Run(request);
  EXPECT_EQ(without.exit_code, 1);
  EXPECT_THAT(without.err, HasSubstr("ROSTER_MISSING"));
  auto with = request;
  with.insert(with.end(), {"--roster", roster});
  const uint64_t size = Size();
  Good(with);
  EXPECT_THAT(Good({"township", "proposals"}).out, HasSubstr(roster)) << "whoever approves sees it";
  Good({"township", "approve", "--as", "township-2", "--all", "--yes"});
  Approve("reviewer-1");
  Good({"finance", "pay", "instruct", "--as", "treasury-1", "--payment", "east/ｐａｙ–2"});  // however typed
  EXPECT_THAT(Good({"inspect", "record", std::to_string(size)}).out,
              testing::AllOf(HasSubstr(roster), Not(HasSubstr("historical"))));
  constexpr int32_t kUtcOffsetMinutes = 480;
  const std::string today = Date::FromUnixMicros(SystemClockMicros(), kUtcOffsetMinutes).ToString();
  const Finished imported =
      Run({"import", "--as", "township-1",
           Csv("batch.csv",
               "事项,业务编号,业务日期,支付类型,项目,资金,金额,补贴名称,所属期,人数,发放名册\n"
               "用款申请,PAY-3," +
                   today + ",补贴批次,p-1,f-1,1万,低保,2026-12,5," + roster + "\n")});
  EXPECT_EQ(imported.exit_code, 0) << imported.err;
}

TEST_F(CommandLine, ATrailOfNothingSaysSo) {
  Settle();
  const auto trail = [this](const std::vector<std::string>& filter) {
    std::vector<std::string> arguments = {"inspect", "trail"};
    arguments.insert(arguments.end(), filter.begin(), filter.end());
    return Run(arguments);
  };
  const Finished nothing = trail({"--officer", "Admin-1"});
  EXPECT_EQ(nothing.exit_code, 0);
  EXPECT_THAT(nothing.out, testing::AllOf(HasSubstr("no record names --officer Admin-1"),
                                          Not(HasSubstr("Every record shown"))));
  EXPECT_THAT(trail({"--project", "nosuch", "--lang", "zh"}).out,
              HasSubstr("没有涉及 --project nosuch 的记录"));
  EXPECT_THAT(trail({"--officer", "admin-1"}).out, HasSubstr("Every record shown"));
  const Finished unknown = trail({"--action", "alocate"});
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_THAT(unknown.err, testing::AllOf(HasSubstr("KIND_UNKNOWN"), HasSubstr("did you mean allocate")));
  EXPECT_EQ(trail({"--voucher", "x"}).exit_code, 2);
  const Finished reversed = trail({"--from", "2026-02-01", "--to", "2026-01-31"});
  EXPECT_EQ(reversed.exit_code, 2);
  EXPECT_THAT(reversed.err, HasSubstr("DATES_REVERSED"));
  EXPECT_THAT(trail({"--from", "1999-01-01", "--to", "1999-01-01"}).out,
              HasSubstr("no record of these days"));
}

TEST_F(CommandLine, BriefsInBothLanguagesAndJson) {
  Settle();
  Fund();
  const std::vector<std::string> briefing = {"report", "briefing", "--year", "2026"};
  const auto json = Json(briefing);
  EXPECT_EQ(json["planned_fen"], 200'000'000);
  EXPECT_EQ(json["projects"], 1);
  EXPECT_EQ(json["township_start_rate_percent"], "0.00");
  EXPECT_EQ(json["disbursement_rate_percent"], "0.00");
  EXPECT_EQ(json["programmes"][0]["growth_percent"], nullptr);
  for (const char* key :
       {"disbursed_by_level", "invested_by_year", "indicators", "checkpoint", "ledger", "as_of"}) {
    EXPECT_TRUE(json.contains(key)) << key;
  }
  auto chinese = briefing;
  chinese.insert(chinese.end(), {"--lang", "zh"});
  const std::string printed = Good(chinese).out;
  EXPECT_THAT(printed, HasSubstr("年初计划统筹资金 200.00万元"));
  EXPECT_THAT(printed, testing::StartsWith("2026年资金与项目情况（截至 "));
  EXPECT_THAT(printed.substr(0, printed.find('\n')), testing::EndsWith("）"));
  EXPECT_THAT(printed,
              testing::ContainsRegex("专项 +工作专班 +当年计划 +同比增长 +当年拨付 +2016年以来累计拨付 "
                                     "+2016年以来累计外部支付 +2016年以来累计发放贷款 +项目数\n"));
  EXPECT_THAT(Good(briefing).out, HasSubstr("Planned initially 2,000,000.00 yuan"));
}

TEST_F(CommandLine, SaysWhyAndHowToGoOn) {
  Settle();
  const Finished refused = Run({"finance", "receive", "--as", "clerk-1", "--fund", "none", "--amount", "1"});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.err, HasSubstr("FUND_NOT_FOUND"));
  const Finished chinese =
      Run({"finance", "receive", "--as", "clerk-1", "--fund", "none", "--amount", "1", "--lang", "zh"});
  EXPECT_THAT(chinese.err, HasSubstr("没有这笔资金"));
  const Finished amount = Run({"finance", "receive", "--as", "clerk-1", "--fund", "f-1", "--amount", "1e9"});
  EXPECT_EQ(amount.exit_code, 2);
  EXPECT_THAT(amount.err, HasSubstr("AMOUNT_MALFORMED"));
  EXPECT_EQ(Run({"finance", "nothing"}).exit_code, 2);
  EXPECT_EQ(Run({"finance", "receive", "--as", "nobody", "--fund", "f", "--amount", "1"}).exit_code, 2);
  EXPECT_EQ(Run({"finance", "approve", "--as", "reviewer-1", "--all"}).exit_code, 0)
      << "there is nothing to approve";
  StopServer();
  const Finished gone = Run({"inspect", "checkpoint", "--patience", "0"});
  EXPECT_EQ(gone.exit_code, 3);
  EXPECT_THAT(gone.err, HasSubstr("SERVER_UNREACHABLE"));
}

// Who asks for patience has it from the first call on; without, nobody waits longer than three seconds.
TEST_F(CommandLine, IsAsPatientAsItWasTold) {
  StopServer();
  const auto began = std::chrono::steady_clock::now();
  EXPECT_EQ(Run({"inspect", "checkpoint", "--patience", "6"}).exit_code, 3);
  EXPECT_GT(std::chrono::steady_clock::now() - began, std::chrono::seconds(4));
}

TEST_F(CommandLine, ApprovesNothingUnasked) {
  Settle();
  Good({"finance", "payee", "add", "--as", "clerk-1", "--id", "builder", "--name", "示例建筑公司",
        "--credit-code", "91421081EX00000109"});
  const uint64_t size = Size();
  const Finished unasked = Run({"finance", "approve", "--as", "reviewer-1", "--all"});
  EXPECT_EQ(unasked.exit_code, 2) << "nobody said yes";
  EXPECT_THAT(unasked.err, testing::AllOf(HasSubstr("give --yes"), Not(HasSubstr("say y"))))
      << "without a terminal no answer is read";
  EXPECT_THAT(Run({"finance", "approve", "--as", "reviewer-1", "--all", "--lang", "zh"}).err,
              testing::AllOf(HasSubstr("请加 --yes"), Not(HasSubstr("请回答 y"))));
  const Finished unseen = Run({"finance", "approve", "--as", "reviewer-1", "--all", "--json"});
  EXPECT_EQ(unseen.exit_code, 2);
  EXPECT_EQ(unseen.out, "");
  EXPECT_THAT(unseen.err, HasSubstr("with --json nothing is shown"));
  EXPECT_EQ(Size(), size);
  const Finished own = Run({"finance", "approve", "--as", "clerk-1", std::to_string(size - 1) + ".0"});
  EXPECT_EQ(own.exit_code, 1);
  Good({"finance", "reject", "--as", "reviewer-1", std::to_string(size - 1) + ".0", "--reason", "重复登记"});
  EXPECT_EQ(Json({"finance", "proposals"}).size(), 0U);
}

TEST_F(CommandLine, ImportsOnceHoweverOften) {
  Settle();
  const std::string file = Csv("funds.csv",
                               "事项,业务编号,编号,名称,指标文号,预算年度,资金级次,资金性质\r\n"
                               "登记资金,F-1,f-1,中央资金,文1号,2026,中央,财政资金\r\n"
                               "登记资金,F-2,f-2,省级资金,文2号,2026,省级,财政资金\r\n");
  const uint64_t before = Size();
  const auto dry = Json({"import", file, "--as", "clerk-1", "--dry-run"});
  EXPECT_EQ(dry["recorded"], 2);
  EXPECT_EQ(Size(), before) << "a dry run records nothing";
  const auto first = Json({"import", file, "--as", "clerk-1"});
  EXPECT_EQ(first["recorded"], 2);
  EXPECT_EQ(first["already"], 0);
  const auto again = Json({"import", file, "--as", "clerk-1"});
  EXPECT_EQ(again["recorded"], 0);
  EXPECT_EQ(again["already"], 2);
  EXPECT_EQ(Json({"import", file, "--as", "clerk-1", "--dry-run"})["already"], 2);
  EXPECT_EQ(Size(), before + 2);

  // A row that was changed after it was recorded is named, and nothing is overwritten.
  std::string changed = ReadAll(file);
  changed.replace(changed.find("省级资金"), std::string("省级资金").size(), "市级资金");
  const Finished reused = Run({"import", Csv("changed.csv", changed), "--as", "clerk-1"});
  EXPECT_EQ(reused.exit_code, 1);
  EXPECT_THAT(reused.err, HasSubstr("REQUEST_ID_REUSED"));
  EXPECT_THAT(reused.err, HasSubstr("   3 "));
  EXPECT_EQ(Size(), before + 2);
}

TEST_F(CommandLine, SendsNothingOfAFileWithAWrongRow) {
  Settle();
  const uint64_t before = Size();
  const std::string file = Csv("bad.csv",
                               "kind,reference,date,fund,amount\n"
                               "receive,R-1,2026-01-05,f-1,1\n"
                               "receive,R-2,2026-02-30,f-1,一百\n");
  const Finished finished = Run({"import", file, "--as", "clerk-1"});
  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_THAT(finished.err, HasSubstr("DATE_INVALID"));
  EXPECT_THAT(finished.err, HasSubstr("AMOUNT_MALFORMED"));
  EXPECT_THAT(finished.err, HasSubstr("2 errors, see above: nothing was sent"));
  const Finished chinese = Run({"import", file, "--as", "clerk-1", "--lang", "zh"});
  EXPECT_THAT(chinese.err, HasSubstr("2 处错误，见上：未发送任何内容"));
  EXPECT_THAT(chinese.err, Not(testing::ContainsRegex("[a-z]+ [a-z]+"))) << "all of it is in Chinese";
  EXPECT_EQ(Size(), before);
}

TEST_F(CommandLine, StopsAtTheFirstRefusalUnlessToldNotTo) {
  const std::string file = Csv("rows.csv",
                               "kind,reference,id,name,parent,tier\n"
                               "register_organization,O-1,a,甲,city,town\n");
  EXPECT_EQ(Run({"import", file, "--as", "admin-1"}).exit_code, 2);
  const std::string rows = Csv("rows.csv",
                               "kind,reference,id,name,parent,tier\n"
                               "register_organization,O-1,a,甲,city,township\n"
                               "register_organization,O-2,b,乙,nowhere,township\n"
                               "register_organization,O-3,c,丙,city,township\n");
  const uint64_t before = Size();
  const Finished stopped = Run({"import", rows, "--as", "admin-1"});
  EXPECT_EQ(stopped.exit_code, 1);
  EXPECT_THAT(stopped.err, testing::AllOf(HasSubstr("ORGANIZATION_NOT_FOUND"), Not(HasSubstr("action 0 ("))));
  EXPECT_EQ(Size(), before + 1);
  const Finished went_on = Run({"import", rows, "--as", "admin-1", "--keep-going"});
  EXPECT_EQ(went_on.exit_code, 1);
  EXPECT_THAT(went_on.out, HasSubstr("recorded 1, already there 1, refused 1, of 3"));
  EXPECT_EQ(Size(), before + 2);
}

TEST_F(CommandLine, NoticesAServerThatLostItsTail) {
  // The ledger is copied, goes on, and is put back as it was: what the client saw is no longer there.
  StopServer();
  std::filesystem::copy(path("county/ledger"), path("copy"), std::filesystem::copy_options::recursive);
  StartServer();
  Good({"admin", "organization", "add", "--as", "admin-1", "--id", "a", "--name", "甲", "--tier", "township",
        "--parent", "city"});
  StopServer();
  std::filesystem::remove_all(path("county/ledger"));
  std::filesystem::rename(path("copy"), path("county/ledger"));
  StartServer();
  const Finished shrank = Run({"finance", "funds"});
  EXPECT_EQ(shrank.exit_code, 4);
  EXPECT_THAT(shrank.err, HasSubstr("LOG_SHRANK"));
  // And forked, once other records stand in the place of those.
  const std::string seen = ReadAll(path("county/client.seen"));
  std::filesystem::remove(path("county/client.seen"));
  Good({"admin", "organization", "add", "--as", "admin-1", "--id", "b", "--name", "乙", "--tier", "township",
        "--parent", "city"});
  WriteAll(path("county/client.seen"), seen);
  const Finished forked = Run({"finance", "funds"});
  EXPECT_EQ(forked.exit_code, 4);
  EXPECT_THAT(forked.err, HasSubstr("LOG_FORKED"));
  EXPECT_FALSE(std::filesystem::is_empty(path("county/evidence")));
}

TEST_F(CommandLine, RefusesAnotherLedgerThanItsOwn) {
  std::string config = ReadAll(path("county/client.toml"));
  const size_t id = config.find("ledger = \"") + 10;
  config[id] = config[id] == 'a' ? 'b' : 'a';
  WriteAll(path("county/client.toml"), config);
  const Finished finished = Run({"finance", "funds"});
  EXPECT_EQ(finished.exit_code, 4);
  EXPECT_THAT(finished.err, HasSubstr("WRONG_LEDGER"));
}

TEST_F(CommandLine, CompletesItsOwnCommands) {
  const std::string script = Good({"completion", "bash"}).out;
  EXPECT_THAT(script, HasSubstr("\"finance pay\") words=\"request instruct confirm fail"));
  EXPECT_THAT(script, Not(HasSubstr("--help-all")));
}

TEST_F(CommandLine, HelpsInChineseThroughout) {
  const std::string help = Good({"finance", "receive", "--help", "--lang", "zh"}).out;
  EXPECT_THAT(help,
              testing::AllOf(HasSubstr("用法: fundledger finance receive"), HasSubstr("显示用法后退出")));
  const std::string group = Good({"finance", "--help", "--lang", "zh"}).out;
  EXPECT_THAT(group, HasSubstr("子命令:\n"));
  for (const char* english : {"Usage", "Options", "OPTIONS", "Subcommands", "Print this", "REQUIRED"}) {
    EXPECT_THAT(help + group, Not(HasSubstr(english)));
  }
  EXPECT_THAT(Good({"report", "briefing", "--help", "--lang", "zh"}).out,
              testing::AllOf(HasSubstr("缺省为 integrated-funds"), HasSubstr("缺省为 2016")));
  EXPECT_THAT(Good({"--help", "--lang", "zh"}).out, HasSubstr("再缺省为 ./client.toml"));
  EXPECT_THAT(Run({"finance", "pay", "--lang", "zh"}).err, HasSubstr("缺少子命令"));
  EXPECT_THAT(Run({"admin", "officer", "add", "--lang", "zh"}).err, HasSubstr("缺少 --id"));
  EXPECT_THAT(Run({"finance", "receive", "--nothing", "--lang", "zh"}).err,
              HasSubstr("不认识的参数：--nothing"));
  EXPECT_THAT(Run({"finance", "pay"}).err, HasSubstr("A subcommand is required"));
}

TEST_F(CommandLine, NamesACommandThatItDoesNotHave) {
  const Finished top = Run({"statment"});
  EXPECT_EQ(top.exit_code, 2);
  EXPECT_THAT(top.err, HasSubstr("fundledger has no command \"statment\""));
  const Finished below = Run({"finance", "pay", "requst", "--amount", "1"});
  EXPECT_EQ(below.exit_code, 2);
  EXPECT_THAT(below.err,
              HasSubstr("fundledger finance pay has no command \"requst\"; did you mean request?\n"));
  EXPECT_THAT(Run({"finance", "pay", "requst", "--lang", "zh"}).err,
              HasSubstr("fundledger finance pay 没有子命令“requst”，是否想用 request？\n"));
}

TEST_F(CommandLine, SaysItsVersion) {
  for (const char* program : {"fundledger", "fundledger-verify", "fundledger-witness", "fundledgerd"}) {
    Process process({test_support::BinDir() + "/" + program, "--version"}, {}, path("out"), path("err"));
    const Finished finished = process.Wait();
    EXPECT_EQ(finished.exit_code, 0) << program;
    EXPECT_THAT(finished.out, testing::MatchesRegex(std::string(program) + " [0-9]+\\.[0-9]+\\.[0-9]+\n"));
  }
}

// Nothing is left behind that would be in the way of the next try.
TEST_F(CommandLine, InitRefusesBeforeItMakesAnything) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{"--origin", "county funds"}, "ORIGIN_MALFORMED"},
      {{"--origin", "county　funds"}, "ORIGIN_MALFORMED"},
      {{"--origin", "county\\funds"}, "ORIGIN_MALFORMED"},
      {{"--origin", "x.example", "--two-reviewer-threshold", "0"}, "threshold above zero"},
      {{"--origin", "x.example", "--two-reviewer-threshold", "-5"}, "AMOUNT_NEGATIVE"},
      {{"--origin", "x.example", "--utc-offset", "8"}, "UTC_OFFSET_INVALID"},
      {{"--origin", "x.example", "--city-name", "  "}, "NAME_MISSING"}};
  for (const auto& [words, reason] : cases) {
    std::vector<std::string> line = {"init", path("new").string(), "--no-passphrase"};
    line.insert(line.end(), words.begin(), words.end());
    const Finished finished = Run(line);
    EXPECT_EQ(finished.exit_code, 2) << reason << ": " << finished.err;
    EXPECT_THAT(finished.err, HasSubstr(reason));
    EXPECT_FALSE(std::filesystem::exists(path("new"))) << reason;
  }
}

TEST_F(CommandLine, InitOverwritesNothing) {
  const Finished finished = Run({"init", path("county").string(), "--origin", "x.example"});
  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_THAT(finished.err, HasSubstr("DIRECTORY_NOT_EMPTY"));
}

}  // namespace
}  // namespace fundledger::clients_testing
