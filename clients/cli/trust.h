// By whose keys files are judged that are checked without a server.
#pragma once

#include <string>
#include <vector>

#include "clients/cli/context.h"
#include "clients/evidence/check.h"
#include "ledger/log/policy.h"

#include <CLI/CLI.hpp>

namespace fundledger::cli {

struct TrustOptions {
  std::string verifier_key;
  std::string ledger;
  void AddTo(CLI::App* app);
  // --verifier-key and --ledger, else the configuration's. VERIFIER_KEY_MALFORMED, LEDGER_MALFORMED.
  absl::StatusOr<evidence::Trust> Read(Context& context) const;
};

// A file's bytes. Errors of sdk::ReadFile.
absl::StatusOr<std::string> ReadInput(const std::string& path);
// Writes `bytes` to a new file, durable on return. ALREADY_EXISTS, reason FILE_EXISTS: nothing is
// overwritten.
absl::Status WriteOutput(const std::string& path, std::string_view bytes);

}  // namespace fundledger::cli
