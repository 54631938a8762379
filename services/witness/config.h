// What fundledger-witness is told: a TOML file, and flags that win over it.
//
//   name = "inspection.example/witness"
//   key = "witness.key"                     # PKCS#8 PEM
//   state = "state"                         # directory
//   listen = "127.0.0.1:7431"
//   logs = ["county.example/funds+1f5b7d2c+AT4…"]
//   [tls]
//   certificate = "witness.pem"
//   key = "witness-tls.key"
//
// Relative paths in the file are relative to the file, on the command line to where it was called.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace fundledger::witness {

struct Config {
  std::string name;
  std::string key;
  std::string key_passphrase_file;
  int64_t key_passphrase_fd = -1;
  std::string state;
  std::string listen = "127.0.0.1:7431";
  std::string endpoints_file;
  bool plain_http = false;
  std::vector<std::string> logs;  // verifier keys

  std::string tls_certificate;
  std::string tls_key;

  int64_t connections = 64;
  int64_t request_seconds = 10;

  std::string log_level = "info";
  std::string log_format = "text";
};

// INVALID_ARGUMENT: CONFIG_INCOMPLETE, CONFIG_OUT_OF_RANGE, CONFIG_CONTRADICTORY, LISTEN_MALFORMED,
// VERIFIER_KEY_MALFORMED; INSECURE_NOT_LOOPBACK, for plain HTTP that other machines can reach unless
// plain_http allows it.
absl::Status CheckConfig(const Config& config);

// What `fundledger-witness init` is told.
struct InitOptions {
  std::string directory;
  std::string name;
  std::vector<std::string> logs;
  std::string url;              // for the policy line it prints; may be empty
  std::string passphrase_file;  // the key is encrypted under what it says
  bool plain_key = false;       // the key is not encrypted
};

struct CommandLine {
  enum class Command { kPrint, kServe, kInit };
  Command command = Command::kServe;
  std::string print;  // kPrint: this, and be done
  Config config;      // kServe
  InitOptions init;   // kInit
};
// `args` without the program's name. Errors of the above; INVALID_ARGUMENT, reasons COMMAND_LINE_MALFORMED,
// CONFIG_MALFORMED, CONFIG_UNKNOWN_KEY, CONFIG_WRONG_TYPE; NOT_FOUND, reason CONFIG_MISSING.
absl::StatusOr<CommandLine> ParseCommandLine(const std::vector<std::string>& args);

}  // namespace fundledger::witness
