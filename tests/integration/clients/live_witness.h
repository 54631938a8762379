// A fundledger-witness that runs, for a log.
#pragma once

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/integration/clients/process.h"
#include "tests/support/paths.h"

#include <nlohmann/json.hpp>

namespace fundledger::clients_testing {

class LiveWitness {
 public:
  // Makes it in `directory`, which does not exist, and starts it at a free port.
  LiveWitness(std::filesystem::path directory, const std::string& log_key)
      : directory_(std::move(directory)), output_(directory_.string() + "-") {
    Process init({Program(), "init", directory_.string(), "--name", "inspection.example/witness", "--log",
                  log_key, "--plain-key"},
                 {}, output_ + "init.out", output_ + "init.err");
    const Finished made = init.Wait();
    EXPECT_EQ(made.exit_code, 0) << made.err;
    const std::string label = "verifier key: ";
    key_ = made.out.substr(label.size(), made.out.find('\n') - label.size());
    Start();
  }

  // At the address that it had before, if any.
  void Start() {
    const std::filesystem::path endpoints = directory_ / "endpoints.json";
    std::filesystem::remove(endpoints);
    std::vector<std::string> args = {Program(),         "--config", (directory_ / "witness.toml").string(),
                                     "--listen",        address_,   "--endpoints-file",
                                     endpoints.string()};
    if (is_tls_) args.insert(args.end(), {"--tls-certificate", authority(), "--tls-key", TlsKey()});
    process_ =
        std::make_unique<Process>(args, std::vector<std::string>{}, output_ + "run.out", output_ + "run.err");
    ASSERT_TRUE(WaitForFile(endpoints, process_.get(), std::chrono::seconds(60)))
        << ReadAll(output_ + "run.err");
    address_ = nlohmann::json::parse(ReadAll(endpoints)).at("http").get<std::string>();
  }
  // From now on, with a certificate that none of the system's authorities vouches for: authority() does.
  void ServeOverTls() {
    Kill();
    const std::string made =
        "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext "
        "subjectAltName=IP:127.0.0.1 -keyout " +
        TlsKey() + " -out " + authority() + " 2>/dev/null";
    ASSERT_EQ(std::system(made.c_str()), 0);
    is_tls_ = true;
    Start();
  }
  // From now on, checkpoints of the log that it knows by `known` by another key too.
  void TakeAnotherKey(const std::string& known, const std::string& next) {
    Kill();
    std::string config = ReadAll(directory_ / "witness.toml");
    const size_t at = config.find(known);
    ASSERT_NE(at, std::string::npos) << config;
    WriteAll(directory_ / "witness.toml", config.insert(at, next + "\", \""));
    Start();
  }
  std::string authority() const { return output_ + "tls.pem"; }
  void Kill() {
    process_->Kill(SIGKILL);
    (void)process_->Wait();
  }
  // That asks for its cosignature.
  std::string Policy() const {
    return "witness inspection " + key_ + (is_tls_ ? " https://" : " http://") + address_ +
           "\nquorum inspection\n";
  }

 private:
  std::string TlsKey() const { return output_ + "tls.key"; }
  static std::string Program() { return test_support::BinDir() + "/fundledger-witness"; }

  const std::filesystem::path directory_;
  const std::string output_;
  std::string key_;
  bool is_tls_ = false;
  std::string address_ = "127.0.0.1:0";
  std::unique_ptr<Process> process_;
};

// [witness] of a daemon that asks those of the file `policy` beside its configuration every second.
inline constexpr char kAsksWitnesses[] =
    "[witness]\npolicy = \"policy\"\ninterval_seconds = 1\ntimeout_seconds = 5\n";

}  // namespace fundledger::clients_testing
