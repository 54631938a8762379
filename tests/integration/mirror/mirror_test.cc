// A mirror follows, serves, outlives kills, and takes the ledger's place.
#include <csignal>

#include <gmock/gmock.h>

#include "tests/integration/mirror/mirror_testing.h"

namespace fundledger::mirror_testing {
namespace {

using testing::HasSubstr;

class MirrorTest : public MirrorWorld {};

TEST_F(MirrorTest, FollowsServesTheSameFiguresAndTakesNothing) {
  StartMirror(Origin());
  AwaitMirror(Size());
  AddOrganization("v-1");
  AwaitMirror(Size());
  const auto own = nlohmann::json::parse(AskMirror({"finance", "statement", "--json"}).out);
  auto origin = Json({"finance", "statement"});
  EXPECT_EQ(own, origin);
  const Finished refused = AskMirror({"admin", "organization", "add", "--as", "admin-1", "--id", "v-2",
                                      "--name", "村", "--parent", "city", "--tier", "village"});
  EXPECT_NE(refused.exit_code, 0);
  EXPECT_THAT(refused.err, HasSubstr("MIRROR_READ_ONLY"));
  StopMirror();
  EXPECT_TRUE(Json({"inspect", "verify", "--data", path("mirror").string()})["ok"].get<bool>());
  EXPECT_FALSE(std::filesystem::exists(path("evidence/ALARM"))) << MirrorLog();
}

TEST_F(MirrorTest, RefusesNothingForGoodOfWhatWaits) {
  StartMirror(Origin());
  const uint64_t before = Size();
  AwaitMirror(before);
  const auto add = [](const std::string& id) {
    return std::vector<std::string>{"admin",   "organization", "add", "--as",     "admin-1", "--id",
                                    id,        "--name",       "村",  "--parent", "city",    "--tier",
                                    "village", "--offline"};
  };
  EXPECT_EQ(Run(add("v-1")).exit_code, 6);
  EXPECT_EQ(Run(add("v-2")).exit_code, 6);
  const Finished sent = AskMirror({"outbox", "send"});
  EXPECT_EQ(sent.exit_code, 1);
  EXPECT_THAT(sent.err, HasSubstr("MIRROR_READ_ONLY"));
  const auto listed = Json({"outbox", "list"});
  ASSERT_EQ(listed.size(), 2U);
  for (const auto& each : listed) EXPECT_EQ(each["state"], "unsent");
  EXPECT_EQ(Json({"outbox", "send"}).size(), 2U);
  EXPECT_EQ(Size(), before + 2);
}

// Killed at whatever it was doing, while the ledger grows: it goes on where it was.
TEST_F(MirrorTest, GoesOnAfterItWasKilledInTheMiddle) {
  std::string text = "kind,reference,id,name,parent,tier\n";
  for (int i = 1; i <= 400; ++i) {
    const std::string n = std::to_string(i);
    text += "register_organization,O-" + n + ",v-" + n + ",村" + n + ",city,village\n";
  }
  const auto import = Start({"import", Csv("villages.csv", text), "--as", "admin-1"});
  for (int i = 0; i < 4; ++i) {
    StartMirror(Origin());
    KillMirror();
  }
  const Finished imported = import->Wait();
  EXPECT_EQ(imported.exit_code, 0) << imported.err;
  StartMirror(Origin());
  AwaitMirror(Size());
  // The ledger comes back at the same place.
  KillServer();
  StartServer();
  AddOrganization("v-401");
  AwaitMirror(Size());
  StopMirror();
  EXPECT_TRUE(Json({"inspect", "verify", "--data", path("mirror").string()})["ok"].get<bool>());
}

// The ledger's own key is replaced behind the mirror's back, which knows the first alone.
TEST_F(MirrorTest, FollowsAReplacedLogKey) {
  StartMirror(Origin());
  AwaitMirror(Size());
  StopMirror();
  ReplaceLogKey();
  AddOrganization("v-1");
  StartMirror(Origin());
  AwaitMirror(Size());
  AddOrganization("v-2");
  AwaitMirror(Size());
  EXPECT_EQ(nlohmann::json::parse(AskMirror({"finance", "statement", "--json"}).out),
            Json({"finance", "statement"}));
  StopMirror();
  EXPECT_FALSE(std::filesystem::exists(path("evidence/ALARM"))) << MirrorLog();
  EXPECT_TRUE(Json({"inspect", "verify", "--data", path("mirror").string()})["ok"].get<bool>());
}

TEST_F(MirrorTest, IsPromotedUnderTheStandbyKeyAndFollowsNoMore) {
  StartMirror(Origin());
  AwaitMirror(Size());
  StopMirror();
  const std::string origin = Origin();
  KillServer();
  WriteAll(path("policy"), "log " + Configured("verifier_key") + "\nquorum none\n");
  const Finished promoted = Run(
      {"admin", "promote", "--data", path("mirror").string(), "--policy", path("policy").string(), "--json"});
  ASSERT_EQ(promoted.exit_code, 0) << promoted.err;
  EXPECT_GT(nlohmann::json::parse(promoted.out).at("size").get<uint64_t>(), 1u);
  const Finished again =
      Run({"admin", "promote", "--data", path("mirror").string(), "--policy", path("policy").string()});
  EXPECT_THAT(again.err, HasSubstr("NOT_A_MIRROR"));

  // It opens as a ledger of its own, with the standby key, and as nothing else.
  std::string config = ReadAll(path("county/server.toml"));
  config.replace(config.find("ledger = \"ledger\""), 17, "ledger = \"" + path("mirror").string() + "\"");
  config.replace(config.find("\"log.key\""), 9, "\"standby.key\"");
  WriteAll(path("county/server.toml"), config);
  StartServer();
  const Finished refused = Run({"admin", "organization", "add", "--as", "admin-1", "--id", "v-9", "--name",
                                "村", "--parent", "city", "--tier", "village"});
  EXPECT_THAT(refused.err, HasSubstr("LOG_KEY_NOT_HELD"));
  StopServer();
  const Finished follows = RunMirror(origin);
  EXPECT_EQ(follows.exit_code, 3);
  EXPECT_THAT(follows.err, HasSubstr("NOT_A_MIRROR"));
}

// As a ledger's: before anything is made or opened.
TEST_F(MirrorTest, ABadWitnessPolicyIsAnErrorOfTheConfiguration) {
  WriteAll(path("county/mirror-server.toml"),
           ReadAll(path("county/mirror-server.toml")) + "[witness]\npolicy = \"policy\"\n");
  WriteAll(path("county/policy"), "quorum of-whom\n");
  const Finished refused = RunMirror(Origin());
  EXPECT_EQ(refused.exit_code, 2) << refused.err;
  EXPECT_THAT(refused.err, HasSubstr("POLICY_MALFORMED"));
  EXPECT_FALSE(std::filesystem::exists(path("mirror")));
}

}  // namespace
}  // namespace fundledger::mirror_testing
