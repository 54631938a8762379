// Receipts and signed answers as the command line keeps them.
#include <gmock/gmock.h>

#include "tests/integration/clients/world.h"

namespace fundledger::clients_testing {
namespace {

using testing::HasSubstr;

class Receipts : public World {
 protected:
  Receipts() {
    StartServer();
    Settle();
  }
  std::string VerifierKey() {
    const std::string config = ReadAll(path("county/client.toml"));
    const size_t at = config.find('"', config.find("verifier_key")) + 1;
    return config.substr(at, config.find('"', at) - at);
  }
  // Neither configuration nor server: the public key alone.
  Finished Alone(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--verifier-key", VerifierKey()});
    return RunWith(path("none.toml"), arguments);
  }
  std::string Receipt(uint64_t sequence) {
    return path("county/receipts/" + std::to_string(sequence) + ".receipt").string();
  }
};

TEST_F(Receipts, AreCheckedShownAndExportedWithoutAServer) {
  const uint64_t last = Size() - 1;
  StopServer();
  const auto list = Json({"receipt", "list"});
  ASSERT_EQ(list.size(), last) << "one for each submission since the genesis";
  for (const auto& each : list) EXPECT_TRUE(each["ok"].get<bool>()) << each;
  EXPECT_EQ(list.back()["sequence"], last);

  const Finished checked = Alone({"receipt", "check", Receipt(last), Receipt(1)});
  EXPECT_EQ(checked.exit_code, 0) << checked.out << checked.err;
  EXPECT_THAT(checked.out, HasSubstr("record " + std::to_string(last) + " stands in the tree of "));
  EXPECT_THAT(Alone({"receipt", "show", Receipt(1)}).out, HasSubstr("officer     admin-1"));

  EXPECT_THAT(Alone({"receipt", "show", Receipt(1)}).out, testing::ContainsRegex("recorded    [^\n]* UTC\n"));
  EXPECT_THAT(Good({"receipt", "show", Receipt(1)}).out, testing::Not(HasSubstr(" UTC")))
      << "in the ledger's time, as everywhere";

  const std::string exported = path("1.tlog-proof").string();
  EXPECT_EQ(Alone({"receipt", "export", Receipt(1), "--out", exported}).exit_code, 0);
  EXPECT_THAT(ReadAll(exported), testing::StartsWith("c2sp.org/tlog-proof@v1\nextra "));
  EXPECT_EQ(Alone({"receipt", "check", exported}).exit_code, 0);
  EXPECT_EQ(Alone({"receipt", "export", Receipt(1), "--out", exported}).exit_code, 2) << "never overwritten";

  // What is wrong with it is said.
  std::string spoilt = ReadAll(exported);
  const size_t index = spoilt.find("\nindex 1\n");
  spoilt.replace(index, 9, "\nindex 0\n");
  WriteAll(path("spoilt.tlog-proof"), spoilt);
  const Finished bad = Alone({"receipt", "check", path("spoilt.tlog-proof").string(), exported});
  EXPECT_EQ(bad.exit_code, 4);
  EXPECT_THAT(bad.out, HasSubstr("its record says it is number 1, its proof is of number 0"));
  EXPECT_EQ(RunWith(path("none.toml"), {"receipt", "check", exported, "--verifier-key", VerifierKey(),
                                        "--ledger", std::string(64, '0')})
                .exit_code,
            4);
}

TEST_F(Receipts, AreListedNewestLastAndTwentyAtATime) {
  for (uint64_t i = 0; Size() < 25; ++i) {
    Good({"admin", "organization", "add", "--as", "admin-1", "--id", "village-" + std::to_string(i), "--name",
          "示例村", "--tier", "village", "--parent", "east"});
  }
  const uint64_t last = Size() - 1;  // and one receipt for each record since the genesis
  const auto lists = [this](uint64_t sequence, const std::string& printed) {
    return printed.find(Receipt(sequence)) != std::string::npos;
  };
  const std::string some = Good({"receipt", "list"}).out;
  EXPECT_TRUE(lists(last, some));
  EXPECT_TRUE(lists(last - 19, some));
  EXPECT_FALSE(lists(last - 20, some));
  EXPECT_LT(some.find(Receipt(last - 1)), some.find(Receipt(last)));
  EXPECT_THAT(some, HasSubstr("the newest 20; " + std::to_string(last - 20) +
                              " older ones neither shown nor checked: receipt list --all\n"));
  EXPECT_THAT(Good({"receipt", "list", "--lang", "zh"}).out, HasSubstr("最新 20 份；另有 "));
  const std::string all = Good({"receipt", "list", "--all"}).out;
  for (uint64_t i = 1; i <= last; ++i) EXPECT_TRUE(lists(i, all)) << i;
  EXPECT_EQ(all.find("older"), std::string::npos);
  EXPECT_EQ(Json({"receipt", "list"}).size(), last) << "programs get all";
}

TEST_F(Receipts, AreProvenAnewUnderALaterCheckpoint) {
  const uint64_t before = Json({"receipt", "check", Receipt(1)})[0]["tree_size"];
  Good({"receipt", "upgrade"});
  const auto after = Json({"receipt", "list"});
  for (const auto& each : after) {
    EXPECT_TRUE(each["ok"].get<bool>()) << each;
    EXPECT_EQ(each["tree_size"], Size()) << each;
  }
  EXPECT_LT(before, Size());
}

TEST_F(Receipts, AnAnswerIsKeptWithItsSignature) {
  const std::string file = path("statement.answer").string();
  const Finished kept = Good({"finance", "statement", "--signed", file});
  EXPECT_THAT(kept.err, HasSubstr("signed answer kept in " + file));
  EXPECT_THAT(Good({"evidence", "figure", file}).out, HasSubstr("the records give the answer"));
  // Without a name, beside the configuration.
  Good({"finance", "funds", "--signed"});
  size_t answers = 0;
  for (const auto& entry : std::filesystem::directory_iterator(path("county/answers"))) {
    answers += entry.path().extension() == ".answer" ? 1 : 0;
  }
  EXPECT_EQ(answers, 1U);
}

}  // namespace
}  // namespace fundledger::clients_testing
