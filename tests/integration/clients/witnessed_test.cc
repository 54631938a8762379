// Daemon, witness and command line together: every report says up to where it is witnessed.
#include <csignal>

#include <gmock/gmock.h>

#include "tests/integration/clients/witnessed_world.h"

namespace fundledger::clients_testing {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST_F(WitnessedWorld, EveryReportSaysUpToWhereItIsWitnessed) {
  Settle();
  const uint64_t last = Size() - 1;
  const nlohmann::json json = AwaitWitnessed(last);
  ASSERT_FALSE(json.is_null());
  EXPECT_EQ(json["witnessed"]["witnesses"], nlohmann::json({"inspection.example/witness"}));
  EXPECT_GT(json["witnessed"]["since_us"], 0);
  EXPECT_THAT(Good(report_).out, HasSubstr("Witnessed up to record " + std::to_string(last) + ", since "));
  EXPECT_THAT(Good(report_).out, HasSubstr("by inspection.example/witness"));
  auto chinese = report_;
  chinese.insert(chinese.end(), {"--lang", "zh"});
  EXPECT_THAT(Good(chinese).out, HasSubstr("已见证至记录 " + std::to_string(last)));
  EXPECT_TRUE(Json({"inspect", "verify", "--data", path("county/ledger").string()})["ok"].get<bool>());
}

TEST_F(WitnessedWorld, AReportsRecordsGoUnderTheWitnessedCheckpoint) {
  Settle();
  Good({"import", "--as", "admin-1",
        Csv("categories.csv",
            "kind,reference,id,name\nregister_category,C-1,integrated-funds,统筹整合资金\n"
            "register_category,C-2,poverty-relief-funds,财政扶贫资金\n")});
  (void)AwaitWitnessed(Size() - 1);
  Good({"report", "briefing", "--year", "2026", "--proof", path("report").string()});
  EXPECT_THAT(ReadAll(path("report/checkpoint")), HasSubstr("\n— inspection.example/witness "));
}

TEST_F(WitnessedWorld, TheLedgerGoesOnWithoutItsWitnessAndIsWitnessedAgain) {
  Settle();
  const uint64_t before = Size() - 1;
  (void)AwaitWitnessed(before);
  KillWitness();
  Good({"admin", "organization", "add", "--as", "admin-1", "--id", "west", "--name", "西镇", "--parent",
        "city", "--tier", "township"});
  EXPECT_EQ(Report()["witnessed"]["sequence"], before) << "what was witnessed stays so";
  KillServer();
  StartServer();
  EXPECT_EQ(Report()["witnessed"]["sequence"], before) << "and is kept";
  StartWitness();
  (void)AwaitWitnessed(before + 1);
}

// A client whose policy names another witness is not satisfied by this one, whatever the operator configured.
TEST_F(WitnessedWorld, AClientJudgesByItsOwnPolicy) {
  Settle();
  (void)AwaitWitnessed(Size() - 1);
  Process other({test_support::BinDir() + "/fundledger-witness", "init", path("other").string(), "--name",
                 "other.example", "--log", log_key_, "--plain-key"},
                {}, path("runs/other.out"), path("runs/other.err"));
  const std::string out = other.Wait().out;
  const std::string key = out.substr(14, out.find('\n') - 14);
  WriteAll(path("county/other-policy"), "witness other " + key + "\nquorum other\n");
  std::string config = ReadAll(path("county/client.toml"));
  config.replace(config.find("\"policy\""), 8, "\"other-policy\"");
  WriteAll(path("county/other.toml"), config);
  const Finished report = RunWith(path("county/other.toml"), report_);
  EXPECT_EQ(report.exit_code, 0) << report.err;
  EXPECT_THAT(report.out, HasSubstr("Not witnessed"));
  EXPECT_THAT(report.out, Not(HasSubstr("Witnessed up to")));
}

// The witness answers 403 until whoever runs it has looked at the rotation and added the key; its history of
// the log goes on.
TEST_F(WitnessedWorld, TheNextCheckpointIsCosignedAfterTheLogsKeyWasReplaced) {
  Settle();
  (void)AwaitWitnessed(Size() - 1);
  const uint64_t before = Size() - 1;
  RotateLogKey();
  ASSERT_EQ(Size() - 2, before);
  while (ServerLog().find("HTTP status 403") == std::string::npos) ASSERT_TRUE(Report().is_object());
  EXPECT_EQ(Report()["witnessed"]["sequence"], before);

  const auto keys = Json({"inspect", "log-keys"})["log_keys"];
  ASSERT_EQ(keys.size(), 2U);
  witness_->TakeAnotherKey(log_key_, keys[1]["verifier_key"]);
  const nlohmann::json rotated = AwaitWitnessed(before + 1);
  ASSERT_FALSE(rotated.is_null());
  EXPECT_EQ(rotated["witnessed"]["witnesses"], nlohmann::json({"inspection.example/witness"}));
  ASSERT_EQ(AddTownship("county/client.toml", "west").exit_code, 0);
  EXPECT_FALSE(AwaitWitnessed(before + 2).is_null());
  EXPECT_EQ(Run({"inspect", "compare"}).exit_code, 0);
}

}  // namespace
}  // namespace fundledger::clients_testing
