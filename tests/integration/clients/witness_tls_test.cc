// A witness over HTTPS whose certificate no authority of the system vouches for: daemon and client believe it
// by the authority that they are told, and by no other.
#include <gmock/gmock.h>

#include "tests/integration/clients/witnessed_world.h"

namespace fundledger::clients_testing {
namespace {

using testing::HasSubstr;

class WitnessTls : public WitnessedWorld {
 protected:
  WitnessTls() {
    StopServer();
    witness_->ServeOverTls();
    WriteAll(path("county/policy"), witness_->Policy());
    WriteAll(path("county/witness-ca.pem"), ReadAll(witness_->authority()));
    server_ = ReadAll(path("county/server.toml"));
    client_ = ReadAll(path("county/client.toml"));
  }
  void TellServer() { WriteAll(path("county/server.toml"), server_ + "ca = \"witness-ca.pem\"\n"); }
  void TellClient() { WriteAll(path("county/client.toml"), "witness_ca = \"witness-ca.pem\"\n" + client_); }

  std::string server_;
  std::string client_;
};

TEST_F(WitnessTls, DaemonAndClientBelieveTheAuthorityTheyAreTold) {
  TellServer();
  TellClient();
  StartServer();
  Settle();
  (void)AwaitWitnessed(Size() - 1);
  const Finished compared = Run({"inspect", "compare"});
  EXPECT_EQ(compared.exit_code, 0) << compared.out << compared.err;
  EXPECT_THAT(compared.out, HasSubstr("inspection: size " + std::to_string(Size()) + ", cosigned "));
}

TEST_F(WitnessTls, ABriefingThatDemandsWitnessesIsGivenUpToWhatTheyCosigned) {
  TellServer();
  StartServer();
  Settle();
  for (const char* category : {"integrated-funds", "poverty-relief-funds"}) {
    Good({"admin", "category", "add", "--as", "admin-1", "--id", category, "--name", category});
  }
  const std::string last = std::to_string(Size() - 1);
  (void)AwaitWitnessed(Size() - 1);
  std::vector<std::string> briefing = {"report",  "briefing",   "--year",           "2020",
                                       "--as-of", "2020-06-16", "--require-witness"};
  EXPECT_THAT(Good(briefing).out, HasSubstr("inspection.example/witness"));
  KillWitness();
  ASSERT_EQ(AddTownship("county/client.toml", "west").exit_code, 0);
  const Finished refused = Run(briefing);
  EXPECT_EQ(refused.exit_code, 7) << refused.out << refused.err;
  EXPECT_THAT(refused.err, HasSubstr("NOT_WITNESSED"));
  EXPECT_EQ(refused.out, "");
  briefing.insert(briefing.end(), {"--as-of-sequence", last});
  Good(briefing);
}

TEST_F(WitnessTls, ByTheSystemsAuthoritiesTheClientBelievesItNot) {
  TellServer();
  StartServer();
  Settle();
  (void)AwaitWitnessed(Size() - 1);
  const Finished compared = Run({"inspect", "compare"});
  EXPECT_EQ(compared.exit_code, 3) << compared.out << compared.err;
  EXPECT_THAT(compared.out, HasSubstr("WITNESS_UNREACHABLE"));
}

TEST_F(WitnessTls, ByTheSystemsAuthoritiesTheDaemonBelievesItNot) {
  StartServer();
  Settle();
  while (ServerLog().find("event=witness_failed") == std::string::npos) ASSERT_TRUE(Report().is_object());
  EXPECT_THAT(ServerLog(), HasSubstr("HTTP_UNREACHABLE"));
  // What it cosigned in the clear, before, stands still.
  const auto witnessed = Report()["witnessed"];
  EXPECT_TRUE(witnessed.is_null() || witnessed["sequence"] < Size() - 1) << witnessed;
}

TEST_F(WitnessTls, AFileWithoutACertificateIsRefusedBeforeAnythingIsAsked) {
  WriteAll(path("county/witness-ca.pem"), "nothing of the kind\n");
  TellServer();
  const Finished daemon = RunServer();
  EXPECT_EQ(daemon.exit_code, 2) << daemon.err;
  EXPECT_THAT(daemon.err, HasSubstr("witness-ca.pem"));
  EXPECT_THAT(daemon.err, HasSubstr("CERTIFICATE_MALFORMED"));
  TellClient();
  const Finished client = Run({"inspect", "compare"});
  EXPECT_THAT(client.err, HasSubstr("CONFIG_INVALID"));
  EXPECT_THAT(client.err, HasSubstr("witness-ca.pem"));
}

}  // namespace
}  // namespace fundledger::clients_testing
