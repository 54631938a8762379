// A ledger made with `fundledger init`, a fundledgerd on a free port, and the command line against it.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/integration/clients/process.h"

#include <nlohmann/json.hpp>

namespace fundledger::clients_testing {

class World : public testing::Test {
 protected:
  // With options for `fundledger init` besides.
  explicit World(const std::vector<std::string>& init_options = {});
  ~World() override;

  std::filesystem::path path(const std::string& name) const { return directory_ / name; }
  // Where the server listens, or did.
  const std::string& address() const { return address_; }

  // Starts the server on the ledger; on the port it had before, if any.
  void StartServer();
  // One that is expected to end by itself.
  Finished RunServer();
  // What the server that was started last has logged.
  std::string ServerLog() const;
  // kill -9.
  void KillServer();
  // SIGTERM, and waits.
  void StopServer();

  // For all programs started from now on: NAME=value.
  void SetVariable(const std::string& variable) { variables_.push_back(variable); }

  // Starts a further server with the configuration of another directory; its address.
  std::string StartAnother(const std::string& name);
  // Runs fundledger against it.
  Finished RunAt(const std::string& address, const std::filesystem::path& config,
                 const std::vector<std::string>& arguments);

  // Starts fundledger with the ledger's configuration and server.
  std::unique_ptr<Process> Start(const std::vector<std::string>& arguments);
  Finished Run(const std::vector<std::string>& arguments);
  // The same under another program, whose command line comes before it.
  Finished RunUnder(std::vector<std::string> program, const std::vector<std::string>& arguments);
  // The same with another configuration, as on another machine.
  Finished RunWith(const std::filesystem::path& config, const std::vector<std::string>& arguments);
  // Runs and expects success.
  Finished Good(const std::vector<std::string>& arguments);
  // Runs with --json, expects success, and reads the answer.
  nlohmann::json Json(std::vector<std::string> arguments);
  // Number of records.
  uint64_t Size();

  // Registers organizations and officers for a small county, approved by those who must: finance (clerk-1,
  // reviewer-1, reviewer-2), treasury (treasury-1), works (department-1), east (township-1, township-2),
  // inspector-1.
  void Settle();
  // Replaces the log's key by county/next.key, of which standby-2.key is the standby; from then on the server
  // has that key alone.
  void ReplaceLogKey();
  // As far as that goes while the server runs: it holds both keys, and signs with the next.
  void RotateLogKey();
  // Writes a file to import and gives its path.
  std::string Csv(const std::string& name, const std::string& text);

 private:
  // Starts the server anew with its configuration's keys as `lines`.
  void RestartWithKeys(const std::string& lines);
  std::unique_ptr<Process> StartWith(const std::filesystem::path& config, const std::string& address,
                                     const std::vector<std::string>& arguments);

  std::filesystem::path directory_;
  std::unique_ptr<Process> server_;
  std::vector<std::unique_ptr<Process>> others_;
  std::string address_;
  std::vector<std::string> variables_;
  int runs_ = 0;
};

}  // namespace fundledger::clients_testing
