// Verification of a ledger's directory, without a daemon and without believing anything in it but the log's
// key: every record, link, signature and rule, the tree, and every stored index against what the records
// give.
//
// Memory: the books' entities and, a record, 64 bytes for the tree and 20 to 40 for request ids – 2,000,000
// records take about 200 MB beside their entities; 48 bytes a checkpoint. Only if something is found, it is
// looked at again, more slowly and with some 200 bytes a record, to name what it is. The chain alone takes
// the memory of its checkpoints, and 100 bytes a record if something is found.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "ledger/base/hash256.h"
#include "ledger/log/sm2_line.h"

#include "absl/status/statusor.h"

namespace fundledger::engine {

enum class VerifyDepth {
  // Everything.
  kFull,
  // That the records are those that the log signed: form, link, place and time of each, tree, tiles, every
  // checkpoint and the anchor. Not whether they were rightly recorded: no officer's signature, no rule, no
  // books, and none of the tables computed from them (entities, postings, trail, requests).
  kChain,
};

struct VerifyOptions {
  // The ledger's directory (db/ and anchor). Only read; a daemon may be running on it.
  std::string directory;
  // Verifier key of the log, as given by another way (NAME+HEX+BASE64). Without it the genesis' own word is
  // taken, and the report says so.
  std::optional<std::string> verifier_key;
  // Where given, every checkpoint must have the SM2 line of this key too.
  std::optional<log::Sm2Verifier> sm2_key;
  // Called now and then with records done and in all, on the caller's thread. It begins anew where something
  // was found and is looked for.
  std::function<void(uint64_t done, uint64_t total)> progress;
  VerifyDepth depth = VerifyDepth::kFull;
  // How many threads work, the caller's included; 0: as many as the machine has cores. The findings do not
  // depend on it.
  size_t threads = 0;
};

struct VerifyFinding {
  std::optional<Sequence> record;  // the record concerned, where one can be named
  std::string reason;              // stable code
  std::string message;             // for people
};

struct VerifyReport {
  uint64_t records = 0;     // verified
  uint64_t signatures = 0;  // of officers, and proofs of their keys, checked; none unless in full
  std::string origin;
  std::string verifier_key;  // of the genesis
  bool key_was_given = false;
  Hash256 ledger;                       // leaf hash of record 0
  Hash256 root;                         // recomputed
  std::string checkpoint;               // the latest signed note
  std::vector<VerifyFinding> findings;  // empty: the ledger verifies
  bool ok() const { return findings.empty(); }
};

// NOT_FOUND, reason STORE_MISSING, if there is no ledger; UNAVAILABLE, reasons STORE_NOT_OPENED and
// STORE_UNREADABLE, if it cannot be read now; otherwise what was found, however bad.
absl::StatusOr<VerifyReport> VerifyDirectory(const VerifyOptions& options);

}  // namespace fundledger::engine
