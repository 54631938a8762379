// A mirror of a ledger whose witness runs: it names what was cosigned, and is not promoted below that in
// silence.
#include <gmock/gmock.h>

#include "tests/integration/clients/live_witness.h"
#include "tests/integration/mirror/mirror_testing.h"

namespace fundledger::mirror_testing {
namespace {

using testing::HasSubstr;

class WitnessedMirror : public MirrorWorld {
 protected:
  WitnessedMirror() : witness_(path("witness"), Configured("verifier_key")) {
    StopServer();
    WriteAll(path("county/policy"), witness_.Policy());
    WriteAll(path("county/client.toml"), "policy = \"policy\"\n" + ReadAll(path("county/client.toml")));
    WriteAll(path("county/server.toml"),
             ReadAll(path("county/server.toml")) + clients_testing::kAsksWitnesses);
    WriteAll(path("county/mirror-client.toml"),
             "policy = \"policy\"\n" + ReadAll(path("county/mirror-client.toml")));
    WriteAll(path("county/mirror-server.toml"),
             ReadAll(path("county/mirror-server.toml")) + clients_testing::kAsksWitnesses);
    StartServer();
    StartMirror(Origin());
    AwaitWitnessed();
    AwaitMirror(Size());
  }
  // Until a client finds the latest record witnessed.
  void AwaitWitnessed() {
    const uint64_t last = Size() - 1;
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (true) {
      const auto json = Json({"finance", "statement"});
      if (!json["witnessed"].is_null() && json["witnessed"]["sequence"] >= last) return;
      ASSERT_LT(std::chrono::steady_clock::now(), until) << json;
    }
  }
  Finished Promote(const std::vector<std::string>& more = {}) {
    std::vector<std::string> all = {
        "admin", "promote", "--data", path("mirror").string(), "--policy", path("county/policy").string()};
    all.insert(all.end(), more.begin(), more.end());
    return Run(all);
  }

  clients_testing::LiveWitness witness_;
};

// What the mirror fetched of the ledger's witnesses, it names in its own answers, under its own policy; while
// it runs, and after a restart without the ledger.
TEST_F(WitnessedMirror, NamesWhatItFetchedOfWitnesses) {
  AddOrganization("v-1");
  AwaitWitnessed();
  const uint64_t last = Size() - 1;
  const auto is_witnessed = [&] {
    const Finished finished = AskMirror({"finance", "statement", "--json"});
    EXPECT_EQ(finished.exit_code, 0) << finished.err;
    const auto witnessed = nlohmann::json::parse(finished.out).at("witnessed");
    return !witnessed.is_null() && witnessed["sequence"] >= last;
  };
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!is_witnessed()) ASSERT_LT(std::chrono::steady_clock::now(), until) << MirrorLog();
  StopMirror();
  const std::string origin = Origin();
  KillServer();
  StartMirror(origin);
  EXPECT_TRUE(is_witnessed());
}

TEST_F(WitnessedMirror, IsPromotedWhereItHasAllThatWasCosigned) {
  const uint64_t size = Size();
  StopMirror();
  KillServer();
  const Finished promoted = Promote();
  ASSERT_EQ(promoted.exit_code, 0) << promoted.err;
  EXPECT_THAT(promoted.out, HasSubstr(std::to_string(size) + " records"));
}

// Whose certificate no authority of the system vouches for.
TEST_F(WitnessedMirror, IsPromotedByAWitnessOverHttpsThatTheAuthorityGivenVouchesFor) {
  const uint64_t size = Size();
  StopMirror();
  KillServer();
  witness_.ServeOverTls();
  WriteAll(path("county/policy"), witness_.Policy());
  const Finished unvouched = Promote();
  EXPECT_NE(unvouched.exit_code, 0);
  EXPECT_THAT(unvouched.err, HasSubstr("WITNESS_UNREACHABLE"));
  const Finished promoted = Promote({"--witness-ca", witness_.authority()});
  ASSERT_EQ(promoted.exit_code, 0) << promoted.err;
  EXPECT_THAT(promoted.out, HasSubstr(std::to_string(size) + " records"));
}

TEST_F(WitnessedMirror, IsPromotedWhereItHasMore) {
  witness_.Kill();
  AddOrganization("v-1");
  AwaitMirror(Size());
  StopMirror();
  KillServer();
  witness_.Start();
  const Finished promoted = Promote();
  EXPECT_EQ(promoted.exit_code, 0) << promoted.err;
}

TEST_F(WitnessedMirror, IsNotPromotedBelowWhatWasCosigned) {
  const uint64_t copied = Size();
  StopMirror();
  AddOrganization("v-1");
  AwaitWitnessed();
  KillServer();
  const Finished below = Promote();
  EXPECT_NE(below.exit_code, 0);
  EXPECT_THAT(below.err, HasSubstr("MIRROR_BELOW_WITNESSED"));
  EXPECT_THAT(below.err, HasSubstr("cosigned " + std::to_string(copied + 1) + " records, the copy has " +
                                   std::to_string(copied)));
  // So may one whose URL leads elsewhere, where nothing is known.
  const std::string policy = ReadAll(path("county/policy"));
  std::string elsewhere = policy;
  elsewhere.insert(elsewhere.find("\nquorum"), "/elsewhere");
  WriteAll(path("county/policy"), elsewhere);
  const Finished unknown = Promote();
  EXPECT_NE(unknown.exit_code, 0);
  EXPECT_THAT(unknown.err, HasSubstr("has cosigned nothing of this log"));
  WriteAll(path("county/policy"), policy);
  // A witness that is silent may have seen more: it is left out by name only.
  witness_.Kill();
  const Finished silent = Promote();
  EXPECT_NE(silent.exit_code, 0);
  EXPECT_THAT(silent.err, HasSubstr("WITNESS_UNREACHABLE"));
  EXPECT_THAT(silent.err, HasSubstr("--without inspection"));
  EXPECT_THAT(Promote({"--without", "audit"}).err, HasSubstr("WITNESS_UNKNOWN"));
  const Finished promoted = Promote({"--without", "inspection"});
  EXPECT_EQ(promoted.exit_code, 0) << promoted.err;
}

}  // namespace
}  // namespace fundledger::mirror_testing
