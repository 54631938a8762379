// A county with a witness of its own: daemon, witness and clients as programs.
#pragma once

#include <memory>
#include <string>

#include "tests/integration/clients/world.h"
#include "tests/support/paths.h"

namespace fundledger::clients_testing {

class WitnessedWorld : public World {
 protected:
  // The daemon asks the witness every second; the client demands it.
  WitnessedWorld() {
    const std::string client = ReadAll(path("county/client.toml"));
    const std::string marker = "verifier_key = \"";
    const size_t key = client.find(marker) + marker.size();
    log_key_ = client.substr(key, client.find('"', key) - key);
    Process init({Program(), "init", path("witness").string(), "--name", "inspection.example/witness",
                  "--log", log_key_, "--plain-key"},
                 {}, path("runs/witness-init.out"), path("runs/witness-init.err"));
    const Finished made = init.Wait();
    EXPECT_EQ(made.exit_code, 0) << made.err;
    const std::string label = "verifier key: ";
    witness_key_ = made.out.substr(label.size(), made.out.find('\n') - label.size());
    StartWitness();
    WriteAll(path("county/policy"),
             "witness inspection " + witness_key_ + " http://" + witness_address_ + "\nquorum inspection\n");
    WriteAll(path("county/client.toml"), "policy = \"policy\"\n" + client);
    WriteAll(path("county/server.toml"), ReadAll(path("county/server.toml")) +
                                             "[witness]\npolicy = \"policy\"\ninterval_seconds = 1\n"
                                             "timeout_seconds = 5\n");
    StartServer();
  }

  // At the address that it had before, if any.
  void StartWitness() {
    const std::filesystem::path endpoints = path("witness/endpoints.json");
    std::filesystem::remove(endpoints);
    witness_ = std::make_unique<Process>(
        std::vector<std::string>{Program(), "--config", path("witness/witness.toml").string(), "--listen",
                                 witness_address_, "--endpoints-file", endpoints.string()},
        std::vector<std::string>{}, path("runs/witness.out"), path("runs/witness.err"));
    ASSERT_TRUE(WaitForFile(endpoints, witness_.get(), std::chrono::seconds(60)))
        << ReadAll(path("runs/witness.err"));
    witness_address_ = nlohmann::json::parse(ReadAll(endpoints)).at("http").get<std::string>();
  }
  void KillWitness() {
    witness_->Kill(SIGKILL);
    (void)witness_->Wait();
  }

  // A report that needs no money to be there.
  const std::vector<std::string> report_ = {"finance", "statement"};
  nlohmann::json Report() { return Json(report_); }
  // Asks until the client itself finds the record witnessed; null where asking fails.
  nlohmann::json AwaitWitnessed(uint64_t sequence) {
    while (true) {
      const nlohmann::json json = Report();
      if (HasFailure() || !json.contains("witnessed")) return {};
      if (!json["witnessed"].is_null() && json["witnessed"]["sequence"] >= sequence) return json;
    }
  }

  std::string log_key_;
  std::string witness_key_;
  std::string witness_address_ = "127.0.0.1:0";
  std::unique_ptr<Process> witness_;

 private:
  static std::string Program() { return test_support::BinDir() + "/fundledger-witness"; }
};

}  // namespace fundledger::clients_testing
