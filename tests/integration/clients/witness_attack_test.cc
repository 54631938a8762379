// The operator against a ledger that is witnessed.
#include <csignal>

#include <gmock/gmock.h>

#include "tests/integration/clients/witnessed_world.h"

namespace fundledger::clients_testing {
namespace {

using testing::HasSubstr;

// An old copy is restored, and the ledger goes on from there with other records. The daemon says so itself,
// the witness cosigns nothing of it, and a client that never saw the old history learns that what it is shown
// is not witnessed to its end.
TEST_F(WitnessedWorld, AnOldCopyThatGoesOnIsNeverWitnessed) {
  Settle();
  (void)AwaitWitnessed(Size() - 1);
  StopServer();
  std::filesystem::copy(path("county/ledger"), path("backup"), std::filesystem::copy_options::recursive);
  StartServer();
  EXPECT_EQ(AddTownship("county/client.toml", "true-1").exit_code, 0);
  EXPECT_EQ(AddTownship("county/client.toml", "true-2").exit_code, 0);
  const uint64_t size = Size();
  (void)AwaitWitnessed(size - 1);

  StopServer();
  std::filesystem::remove_all(path("county/ledger"));
  std::filesystem::rename(path("backup"), path("county/ledger"));
  StartServer();
  // A client on another machine, that has seen nothing.
  std::filesystem::copy(path("county/client.toml"), path("county/fresh.toml"));
  ASSERT_EQ(AddTownship("county/fresh.toml", "false-1").exit_code, 0);
  for (int i = 2; ReadAll(path("runs/server.err")).find("event=witness_contradicts") == std::string::npos;
       ++i) {
    ASSERT_EQ(AddTownship("county/fresh.toml", "false-" + std::to_string(i)).exit_code, 0);
  }
  EXPECT_THAT(ReadAll(path("runs/server.err")), HasSubstr("reason=WITNESS_CONTRADICTS"));
  const Finished report = RunWith(path("county/fresh.toml"), {"finance", "statement", "--json"});
  ASSERT_EQ(report.exit_code, 0) << report.err;
  const auto json = nlohmann::json::parse(report.out);
  EXPECT_EQ(json["witnessed"]["sequence"], size - 3) << "up to where the copy was made";
  EXPECT_GT(json["basis"]["sequence"], json["witnessed"]["sequence"]);
  // Whoever saw the true history has the evidence at hand.
  EXPECT_EQ(Run(report_).exit_code, 4);
}

}  // namespace
}  // namespace fundledger::clients_testing
