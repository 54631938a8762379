// What the command line does with witnesses, against a daemon and a witness that run: two faces compared,
// receipts brought under cosignatures, and cosignatures demanded.
#include <gmock/gmock.h>

#include "tests/integration/clients/witnessed_world.h"

namespace fundledger::clients_testing {
namespace {

using testing::HasSubstr;
using testing::Not;

class WitnessCommands : public WitnessedWorld {
 protected:
  WitnessCommands() {
    Settle();
    (void)AwaitWitnessed(Size() - 1);
  }
  // A client on another machine, that has seen nothing and keeps nothing of the first one.
  std::string Fresh(const std::string& name) {
    const std::filesystem::path directory = path(name);
    std::filesystem::create_directory(directory);
    for (const char* file : {"client.toml", "policy"}) {
      std::filesystem::copy(path("county") / file, directory / file);
    }
    std::filesystem::create_directory_symlink(path("county/keys"), directory / "keys");
    for (const char* file : {"certificates", "ca.pem"}) {
      if (std::filesystem::exists(path("county") / file)) {
        std::filesystem::create_symlink(path("county") / file, directory / file);
      }
    }
    return name + "/client.toml";
  }
  Finished RunFresh(const std::string& config, std::vector<std::string> arguments) {
    return RunWith(path(config), arguments);
  }
};

TEST_F(WitnessCommands, FacesThatAgreeSaySo) {
  Good({"inspect", "checkpoint", "--out", path("mine").string()});
  const std::string other = Fresh("other");
  // Without --policy the configuration's witnesses are asked.
  const Finished compared = RunFresh(other, {"inspect", "compare", "--checkpoint", path("mine").string()});
  EXPECT_EQ(compared.exit_code, 0) << compared.out << compared.err;
  EXPECT_THAT(compared.out, HasSubstr("inspection: size " + std::to_string(Size()) + ", cosigned "));
  EXPECT_THAT(compared.out, HasSubstr("mine: size " + std::to_string(Size()) + ": one log"));
  const auto json = Json({"inspect", "compare"});
  ASSERT_EQ(json["faces"].size(), 1u);
  EXPECT_TRUE(json["faces"][0]["ok"].get<bool>());
  EXPECT_GT(json["faces"][0]["cosigned_at_s"], 0);

  KillWitness();
  const Finished silent = Run({"inspect", "compare"});
  EXPECT_EQ(silent.exit_code, 3);
  EXPECT_THAT(silent.out, HasSubstr("WITNESS_UNREACHABLE"));
}

// An old copy goes on with other records, up to the size that the witness has cosigned: its clients see a log
// that is consistent to each of them.
TEST_F(WitnessCommands, TwoFacesAreFoundAndConvict) {
  StopServer();
  std::filesystem::copy(path("county/ledger"), path("backup"), std::filesystem::copy_options::recursive);
  StartServer();
  ASSERT_EQ(AddTownship("county/client.toml", "true-1").exit_code, 0);
  const uint64_t size = Size();
  (void)AwaitWitnessed(size - 1);
  Good({"inspect", "checkpoint", "--out", path("true-face").string()});
  StopServer();
  std::filesystem::remove_all(path("county/ledger"));
  std::filesystem::rename(path("backup"), path("county/ledger"));
  StartServer();
  const std::string other = Fresh("other");
  ASSERT_EQ(AddTownship(other, "false-1").exit_code, 0);

  const Finished by_witness = RunFresh(other, {"inspect", "compare"});
  EXPECT_EQ(by_witness.exit_code, 4) << by_witness.out << by_witness.err;
  EXPECT_THAT(by_witness.out, Not(HasSubstr("one log")));
  const std::string third = Fresh("third");
  const Finished by_colleague =
      RunFresh(third, {"inspect", "compare", "--checkpoint", path("true-face").string()});
  EXPECT_EQ(by_colleague.exit_code, 4) << by_colleague.out << by_colleague.err;

  // What is kept convicts before somebody who has the log's key alone.
  for (const char* who : {"other", "third"}) {
    std::vector<std::string> check = {"evidence", "check", "--verifier-key", log_key_};
    for (const auto& entry : std::filesystem::directory_iterator(path(who) / "evidence")) {
      check.push_back(entry.path().string());
    }
    const Finished checked = RunWith(path("none.toml"), check);
    EXPECT_EQ(checked.exit_code, 0) << checked.out << checked.err;
    EXPECT_THAT(checked.out, HasSubstr("signed two different trees of " + std::to_string(size) + " records"));
  }
}

// What a witness keeps of a checkpoint that came with a bad proof, an inspector asks the log about.
TEST_F(WitnessCommands, WhatAWitnessCouldNotReconcileTheLogProves) {
  Good({"inspect", "checkpoint", "--out", path("older").string()});
  ASSERT_EQ(AddTownship("county/client.toml", "west").exit_code, 0);
  Good({"inspect", "checkpoint", "--out", path("newer").string()});
  Good({"evidence", "complain", "--say", "a bad proof", "--checkpoint", path("older").string(),
        "--checkpoint", path("newer").string(), "--out", path("x.unreconciled").string()});
  const auto json = Json({"inspect", "compare", "--checkpoint", path("x.unreconciled").string()});
  ASSERT_EQ(json["faces"].size(), 3u) << json;
  EXPECT_EQ(json["faces"][1]["size"].get<uint64_t>() + 1, json["faces"][2]["size"]);
  for (const auto& face : json["faces"]) EXPECT_TRUE(face["ok"].get<bool>()) << face;
}

TEST_F(WitnessCommands, ReceiptsComeUnderCosignaturesAndKeepThem) {
  const std::string last = path("county/receipts/" + std::to_string(Size() - 1) + ".receipt").string();
  EXPECT_FALSE(Json({"receipt", "check", last})[0]["witnessed"].get<bool>()) << "by the configured policy";
  const Finished before = Run({"receipt", "check", last, "--require-witness"});
  EXPECT_EQ(before.exit_code, 7) << before.out;
  EXPECT_THAT(before.out, HasSubstr("NOT_WITNESSED"));
  EXPECT_EQ(Run({"receipt", "show", last, "--require-witness"}).exit_code, 7);

  EXPECT_THAT(Good({"receipt", "upgrade", "--require-witness"}).out,
              HasSubstr("witnessed by inspection.example/witness"));
  for (const auto& each : Json({"receipt", "list"})) EXPECT_TRUE(each["witnessed"].get<bool>()) << each;
  Good({"receipt", "check", last, "--require-witness"});
  const std::string witnessed = ReadAll(last);

  // Records behind the last cosignature wait for the next; a server that shows none takes none away.
  KillWitness();
  ASSERT_EQ(AddTownship("county/client.toml", "west").exit_code, 0);
  EXPECT_EQ(Run({"receipt", "upgrade", "--require-witness"}).exit_code, 7);
  StopServer();
  WriteAll(path("county/server.toml"), unwitnessed_);
  StartServer();
  Good({"receipt", "upgrade"});
  EXPECT_EQ(ReadAll(last), witnessed);
  EXPECT_EQ(Run({"receipt", "list", "--require-witness"}).exit_code, 7) << "of the latest";
}

TEST_F(WitnessCommands, FiguresAreRefusedWhereWitnessesAreDemanded) {
  std::vector<std::string> demanding = report_;
  demanding.emplace_back("--require-witness");
  Good(demanding);
  const std::string last = std::to_string(Size() - 1);
  KillWitness();
  ASSERT_EQ(AddTownship("county/client.toml", "west").exit_code, 0);
  Good(report_);
  const Finished refused = Run(demanding);
  EXPECT_EQ(refused.exit_code, 7);
  EXPECT_THAT(refused.err, HasSubstr("NOT_WITNESSED"));
  EXPECT_THAT(refused.err, HasSubstr("--as-of-sequence " + last));
  EXPECT_EQ(refused.out, "");
  demanding.insert(demanding.end(), {"--as-of-sequence", last});
  Good(demanding);
  EXPECT_EQ(Run({"inspect", "trail", "--require-witness"}).exit_code, 7);

  const std::string config = ReadAll(path("county/client.toml"));
  WriteAll(path("county/client.toml"), "require_witness = true\n" + config);
  EXPECT_EQ(Run(report_).exit_code, 7) << "the configuration demands it too";
  WriteAll(path("county/client.toml"), config.substr(config.find('\n') + 1));
  EXPECT_THAT(Run({"finance", "statement", "--require-witness"}).err, HasSubstr("POLICY_MISSING"));
}

TEST_F(WitnessCommands, BundlesTakeTheConfiguredPolicyAlong) {
  Good({"inspect", "export", "--out", path("bundle").string()});
  EXPECT_EQ(ReadAll(path("bundle/policy")), ReadAll(path("county/policy")));
}

}  // namespace
}  // namespace fundledger::clients_testing
