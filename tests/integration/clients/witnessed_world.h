// A county with a witness of its own: daemon, witness and clients as programs.
#pragma once

#include <memory>
#include <string>

#include "tests/integration/clients/live_witness.h"
#include "tests/integration/clients/world.h"

namespace fundledger::clients_testing {

class WitnessedWorld : public World {
 protected:
  // The daemon asks the witness every second; the client demands it.
  WitnessedWorld() {
    const std::string client = ReadAll(path("county/client.toml"));
    const std::string marker = "verifier_key = \"";
    const size_t key = client.find(marker) + marker.size();
    log_key_ = client.substr(key, client.find('"', key) - key);
    witness_ = std::make_unique<LiveWitness>(path("witness"), log_key_);
    WriteAll(path("county/policy"), witness_->Policy());
    WriteAll(path("county/client.toml"), "policy = \"policy\"\n" + client);
    unwitnessed_ = ReadAll(path("county/server.toml"));
    WriteAll(path("county/server.toml"), unwitnessed_ + kAsksWitnesses);
    StartServer();
  }

  void StartWitness() { witness_->Start(); }
  void KillWitness() { witness_->Kill(); }
  Finished AddTownship(const std::string& config, const std::string& id) {
    return RunWith(path(config), {"admin", "organization", "add", "--as", "admin-1", "--id", id, "--name",
                                  "乡镇", "--parent", "city", "--tier", "township"});
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
  std::string unwitnessed_;  // the daemon's configuration without a witness
  std::unique_ptr<LiveWitness> witness_;
};

}  // namespace fundledger::clients_testing
