// By whose keys files are judged that are checked without a server.
#pragma once

#include <memory>
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
  std::string log_keys;
  void AddTo(CLI::App* app);
  // --verifier-key, --ledger and --log-keys, else the configuration's and what was learned of the ledger with
  // it. VERIFIER_KEY_MALFORMED, LEDGER_MALFORMED, LOG_KEYS_MALFORMED.
  absl::StatusOr<evidence::Trust> Read(Context& context) const;
};

// The policy of `file`; where that is empty, the configuration's, null if it has none. Errors of ReadInput
// and Context::config; POLICY_MALFORMED.
absl::StatusOr<std::shared_ptr<const log::Policy>> PolicyOf(Context& context, const std::string& file);

// A file's bytes. Errors of sdk::ReadFile.
absl::StatusOr<std::string> ReadInput(const std::string& path);
// Writes `bytes` to a new file, durable on return. ALREADY_EXISTS, reason FILE_EXISTS: nothing is
// overwritten.
absl::Status WriteOutput(const std::string& path, std::string_view bytes);

}  // namespace fundledger::cli
