// The whole verification of a bundle: the core (core/: chain, tree, notes, proofs), and on top of it
// signatures, rules, times and figures, computed anew by the same code that the ledger itself runs
// (ledger/audit, books, reports) and by nothing that could vouch for a server.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "clients/bundle/layout.h"
#include "clients/verify/core/findings.h"
#include "clients/verify/options.h"

#include "absl/status/statusor.h"

namespace fundledger::verify {

struct Witnessed {
  uint64_t size = 0;  // the largest witnessed checkpoint's
  uint64_t since_s = 0;
  std::vector<std::string> by;
};

// What an evidence file shows.
struct JudgedFile {
  std::string name;
  std::string convicts;  // whoever holds this key; empty: a complaint, which convicts nobody
  std::string shows;
};

struct Report {
  bundle::Kind kind = bundle::Kind::kWhole;
  std::string about;  // of a bundle of some records: what the exporter says they are
  Hash256 ledger;
  std::string origin;
  std::string verifier_key;  // of the genesis
  bool key_was_given = false;
  bool policy_was_given = false;
  uint64_t size = 0;  // of the checkpoint
  Hash256 root;       // of the checkpoint
  std::string note;

  uint64_t records = 0;   // verified: in the log, as they were logged
  bool replayed = false;  // signatures, rules and books as well
  // Of officers and proofs of their keys, where replayed; otherwise records that are signed by a key which a
  // record in the log names for their officer.
  uint64_t signatures = 0;
  uint64_t checkpoints = 0;            // attested ones that fit
  std::vector<std::string> witnesses;  // of the policy
  bool asks_witnesses = false;
  std::optional<Witnessed> witnessed;
  uint64_t attested_times = 0;  // witnesses' and authorities', that records' times were compared with
  uint64_t receipts = 0;        // the bundle's and the inspector's, that fit
  std::vector<JudgedFile> evidence;
  // Briefings: recomputed, or of a bundle of a report.
  std::optional<nlohmann::ordered_json> briefing;
  uint64_t figures = 0;            // that were compared and are the same, or that their records sum up to
  std::vector<std::string> notes;  // what was not checked, or is worth a word; no findings

  std::vector<Finding> findings;  // empty: what was checked holds
  bool ok() const { return findings.empty(); }
};

// Whatever is wrong with the bundle's content is a finding; an error is what keeps it from being looked at:
// errors of Reader::Open; INVALID_ARGUMENT, reasons VERIFIER_KEY_MALFORMED, POLICY_MALFORMED,
// CERTIFICATE_MALFORMED, BRIEFING_MALFORMED, BUNDLE_OF_ANOTHER_KIND (figures need a whole ledger); errors of
// the briefing asked for.
absl::StatusOr<Report> Verify(const Options& options);

}  // namespace fundledger::verify
