// Verification of a ledger's directory, without a daemon and without believing anything in it but the log's
// key: every record, link, signature and rule, the tree, and every stored index against what the records
// give.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "ledger/base/hash256.h"

#include "absl/status/statusor.h"

namespace fundledger::engine {

struct VerifyOptions {
  // The ledger's directory (db/ and anchor). Only read; a daemon may be running on it.
  std::string directory;
  // Verifier key of the log, as given by another way (NAME+HEX+BASE64). Without it the genesis' own word is
  // taken, and the report says so.
  std::optional<std::string> verifier_key;
  // Called now and then with records done and in all.
  std::function<void(uint64_t done, uint64_t total)> progress;
};

struct VerifyFinding {
  std::optional<Sequence> record;  // the record concerned, where one can be named
  std::string reason;              // stable code
  std::string message;             // for people
};

struct VerifyReport {
  uint64_t records = 0;     // verified
  uint64_t signatures = 0;  // checked
  std::string origin;
  std::string verifier_key;  // of the genesis
  bool key_was_given = false;
  Hash256 ledger;                       // leaf hash of record 0
  Hash256 root;                         // recomputed
  std::string checkpoint;               // the latest signed note
  std::vector<VerifyFinding> findings;  // empty: the ledger verifies
  bool ok() const { return findings.empty(); }
};

// NOT_FOUND, reason STORE_MISSING, if there is no ledger; otherwise what was found, however bad.
absl::StatusOr<VerifyReport> VerifyDirectory(const VerifyOptions& options);

}  // namespace fundledger::engine
