// Bundles from a real server and from its directory, checked by fundledger-verify with the server gone.
#include <filesystem>

#include <gmock/gmock.h>

#include "fundledger/v1/resources.pb.h"
#include "ledger/base/bytes.h"
#include "tests/integration/clients/world.h"
#include "tests/support/paths.h"

namespace fundledger::clients_testing {
namespace {

using testing::HasSubstr;
using testing::Not;

class Offline : public World {
 protected:
  Offline() { StartServer(); }

  void Spend() {
    Settle();
    Good({"import", "--as", "admin-1",
          Csv("registry.csv",
              "kind,reference,id,name\n"
              "register_programme,G-1,roads,农村道路\n"
              "register_category,C-1,integrated-funds,统筹整合资金\n"
              "register_category,C-2,poverty-relief-funds,财政扶贫资金\n")});
    Good({"finance", "fund", "register", "--as", "clerk-1", "--id", "f-1", "--name", "中央资金",
          "--document-number", "财农〔2026〕1号", "--fiscal-year", "2026", "--source-tier", "中央",
          "--nature", "fiscal", "--categories", "integrated-funds;poverty-relief-funds"});
    Good({"finance", "payee", "add", "--as", "clerk-1", "--id", "builder", "--name", "示例建筑公司",
          "--credit-code", "91421081EX00000109"});
    Approve("reviewer-1");
    Good({"township", "project", "declare", "--as", "township-1", "--id", "p-1", "--name", "东镇道路",
          "--project-kind", "works", "--organization", "east", "--programme", "roads"});
    Good({"township", "project", "approve", "--as", "department-1", "--project", "p-1", "--plan-year",
          "2026"});
    Good({"finance", "receive", "--as", "clerk-1", "--fund", "f-1", "--amount", "300万"});
    Good({"finance", "plan", "--as", "clerk-1", "--project", "p-1", "--fund", "f-1", "--amount", "200万"});
    Approve("reviewer-1");
    Good(
        {"finance", "allocate", "--as", "clerk-1", "--project", "p-1", "--fund", "f-1", "--amount", "200万"});
    Approve("reviewer-1");
    Good({"township", "pay", "request", "--as", "township-1", "--payment-kind", "advance", "--project", "p-1",
          "--fund", "f-1", "--amount", "60.5万", "--payee", "builder", "--reference", "PAY-1"});
    Good({"township", "approve", "--as", "township-2", "--all", "--yes"});
    Approve("reviewer-1");
    Good({"finance", "pay", "instruct", "--as", "treasury-1", "--payment", "east/PAY-1"});
    Good({"finance", "pay", "confirm", "--as", "treasury-1", "--payment", "east/PAY-1", "--mode", "direct",
          "--voucher-issuer", "国库", "--voucher-type", "支付凭证", "--voucher-year", "2026",
          "--voucher-number", "1"});
    Good({"township", "project", "start", "--as", "township-1", "--project", "p-1"});
  }
  void Approve(const std::string& officer) {
    Good({"finance", "approve", "--as", officer, "--all", "--yes"});
  }

  Finished Verify(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), test_support::BinDir() + "/fundledger-verify");
    const std::string name = "runs/verify-" + std::to_string(++verifications_);
    return Process(arguments, {"LC_ALL=C.UTF-8"}, path(name + ".out"), path(name + ".err")).Wait();
  }
  nlohmann::json Verified(std::vector<std::string> arguments) {
    arguments.push_back("--json");
    const Finished finished = Verify(arguments);
    EXPECT_EQ(finished.exit_code, 0) << finished.out << finished.err;
    return nlohmann::json::parse(finished.out, nullptr, false);
  }
  std::string Place(const std::string& name) const { return path(name).string(); }

 private:
  int verifications_ = 0;
};

// Receipts of other ledgers lie in the same place, and two of one number may be all that shows a fork.
TEST_F(Offline, ReceiptsOfOthersAreLeftAndNoneReplacesAnother) {
  Spend();
  const auto all = Json({"inspect", "export", "--out", Place("before"), "--receipts"});
  const std::filesystem::path kept = *std::filesystem::directory_iterator(path("county/receipts"));
  fundledger::v1::Receipt receipt;
  ASSERT_TRUE(receipt.ParseFromString(ReadAll(kept)));
  const std::string ledger = *HexDecode(all["ledger"].get<std::string>());
  const size_t at = receipt.envelope().find(ledger);
  ASSERT_NE(at, std::string::npos);
  fundledger::v1::Receipt other = receipt;
  other.mutable_envelope()->at(at) ^= 1;
  WriteAll(kept.string() + "-other.receipt", other.SerializeAsString());
  const auto again = Json({"inspect", "export", "--out", Place("again"), "--receipts"});
  EXPECT_EQ(again["receipts"], all["receipts"]);
  (void)Verified({Place("again")});

  other = receipt;
  other.mutable_envelope()->back() ^= 1;
  WriteAll(kept.string() + "-second.receipt", other.SerializeAsString());
  const Finished refused = Run({"inspect", "export", "--out", Place("refused"), "--receipts"});
  EXPECT_EQ(refused.exit_code, 2) << refused.err;
  EXPECT_THAT(refused.err, testing::AllOf(HasSubstr("RECEIPTS_CONTRADICT"), HasSubstr("-second.receipt")));
}

TEST_F(Offline, AWholeLedgerAndItsFigures) {
  Spend();
  const std::string policy =
      "witness w example.com/witness+098ef77f+BCmsuuFBvMrwsi4alNNNC8c2HlJtC/4SyJeUvJMilm3X\nquorum none\n";
  WriteAll(path("policy"), policy);
  const auto exported =
      Json({"inspect", "export", "--out", Place("bundle"), "--receipts", "--policy", Place("policy")});
  EXPECT_EQ(ReadAll(path("bundle/policy")), policy);
  EXPECT_EQ(exported["records"], Size());
  EXPECT_GT(exported["receipts"], 10);
  const std::vector<std::string> briefing = {"report", "briefing", "--year", "2026"};
  const auto answered = Json(briefing);
  WriteAll(path("briefing.json"), answered.dump());
  const auto report = Json({"report", "briefing", "--year", "2026", "--proof", Place("report")});
  EXPECT_EQ(report["disbursed_fen"], 60'500'000);
  Good({"inspect", "export", "--out", Place("p-1"), "--project", "p-1"});
  EXPECT_EQ(Run({"inspect", "export", "--out", Place("none"), "--project", "nothing"}).exit_code, 2);
  EXPECT_EQ(Run({"inspect", "export", "--out", Place("p-1"), "--project", "p-1"}).exit_code, 2)
      << "it is there";
  EXPECT_EQ(Run({"inspect", "export", "--out", Place("x"), "--project", "p-1", "--fund", "f-1"}).exit_code,
            2);
  StopServer();

  const auto whole = Verified({Place("bundle"), "--figures", Place("briefing.json"), "--briefing", "2026",
                               "--as-of", answered["as_of"].get<std::string>()});
  EXPECT_EQ(whole["records"], exported["records"]);
  EXPECT_EQ(whole["receipts"], exported["receipts"]);
  EXPECT_EQ(whole["ledger"], exported["ledger"]);
  EXPECT_TRUE(whole["complete"].get<bool>());
  EXPECT_EQ(whole["briefing"]["planned_fen"], 200'000'000);
  EXPECT_EQ(whole["briefing"]["disbursed_fen"], 60'500'000);
  EXPECT_EQ(whole["briefing"]["programmes"], answered["programmes"]);
  EXPECT_GT(whole["figures"], 20);

  const std::string as_of = answered["as_of"].get<std::string>();
  const std::string told = Verify({Place("bundle"), "--briefing", "2026", "--as-of", as_of}).out;
  EXPECT_THAT(told, testing::AllOf(HasSubstr("planned 2,000,000.00 yuan, disbursed 605,000.00 yuan (30.25%)"),
                                   HasSubstr("the bundle verifies"), testing::Not(HasSubstr("{"))));
  EXPECT_THAT(Verify({Place("bundle"), "--briefing", "2026", "--as-of", as_of, "--lang", "zh"}).out,
              HasSubstr("年初计划 200.00万元，已拨付 60.50万元（30.25%）"));

  const auto traced = Verified({Place("report")});
  EXPECT_GT(traced["figures"], 20);
  EXPECT_EQ(traced["claim"], "included, not complete");
  const auto part = Verified({Place("p-1")});
  EXPECT_EQ(part["claim"], "included, not complete");
  EXPECT_GE(part["records"], 10);
  EXPECT_THAT(Verify({Place("p-1")}).out, HasSubstr("Included, not complete"));
  EXPECT_THAT(Verify({Place("p-1"), "--lang", "zh"}).out, HasSubstr("已收录，不代表完整"));

  auto changed = answered;
  changed["disbursed_fen"] = 60'500'001;
  WriteAll(path("changed.json"), changed.dump());
  const Finished differs = Verify({Place("bundle"), "--figures", Place("changed.json")});
  EXPECT_EQ(differs.exit_code, 4);
  EXPECT_THAT(differs.out,
              HasSubstr("FIGURE_DIFFERS: disbursed_fen: the briefing given says 60500001, the records "
                        "give 60500000"));
  EXPECT_THAT(differs.out, HasSubstr("THE BUNDLE DOES NOT VERIFY"));
}

TEST_F(Offline, ADirectoryGivesTheSameBundleAsTheServer) {
  Settle();
  Good({"inspect", "export", "--out", Place("server")});
  Good({"inspect", "export", "--data", Place("county/ledger"), "--out", Place("live")});
  StopServer();
  Good({"inspect", "export", "--data", Place("county/ledger"), "--out", Place("rest")});
  for (const char* name : {"live", "rest"}) {
    EXPECT_EQ(Verified({Place(name)})["root"], Verified({Place("server")})["root"]);
    for (const auto& entry : std::filesystem::recursive_directory_iterator(path("server"))) {
      if (!entry.is_regular_file()) continue;
      const auto file = std::filesystem::relative(entry.path(), path("server"));
      EXPECT_EQ(ReadAll(path(name) / file), ReadAll(entry.path())) << name << "/" << file;
    }
  }
}

TEST_F(Offline, SaysWhatIsWrongWithTheCommand) {
  Settle();
  Good({"inspect", "export", "--out", Place("bundle")});
  EXPECT_EQ(Verify({}).exit_code, 2);
  EXPECT_EQ(Verify({"--help"}).exit_code, 0);
  EXPECT_EQ(Verify({Place("nowhere")}).exit_code, 2);
  EXPECT_THAT(Verify({Place("nowhere")}).err, HasSubstr("BUNDLE_MISSING"));
  EXPECT_THAT(Verify({Place("bundle"), "--ledger", "12"}).err, HasSubstr("LEDGER_MALFORMED"));
  EXPECT_THAT(Verify({Place("bundle"), "--verifier-key", "x"}).err, HasSubstr("VERIFIER_KEY_MALFORMED"));
  EXPECT_THAT(Verify({Place("bundle"), "--policy", Place("bundle/ledger.json")}).err,
              HasSubstr("POLICY_MALFORMED"));
  EXPECT_THAT(Verify({Place("bundle"), "--figures", Place("bundle/checkpoint")}).err,
              HasSubstr("JSON_MALFORMED"));
  EXPECT_EQ(Verify({Place("bundle"), "--briefing", "2026"}).exit_code, 2) << "as of when?";
  EXPECT_EQ(Verify({Place("bundle"), "--threads", "1025"}).exit_code, 2);
  const Finished chain = Verify({Place("bundle"), "--chain"});
  EXPECT_EQ(chain.exit_code, 0);
  EXPECT_THAT(chain.out, HasSubstr("NOT checked: the officers' signatures"));
  EXPECT_THAT(chain.out, HasSubstr("The log's key was taken from the bundle itself"));
  const std::string key = Verified({Place("bundle")})["verifier_key"];
  EXPECT_THAT(Verify({Place("bundle"), "--verifier-key", key}).out,
              Not(HasSubstr("taken from the bundle itself")));
}

}  // namespace
}  // namespace fundledger::clients_testing
