// A bundle: a ledger, or some of its records with their proofs, as a directory that is checked without a
// server (docs/verifying.md).
//
//   ledger.json                  what this is a bundle of; written last, so that half a bundle has none
//   checkpoint                   the signed note that everything is proven under
//   policy                       C2SP tlog-policy: the log's key, and the witnesses the exporter asks for
//   checkpoints/SIZE             checkpoints that witnesses cosigned or authorities stamped
//   stamps/SIZE.AUTHORITY.tsr    their time stamps: RFC 3161 over the note with the log's signature alone
//   keys/SEQUENCE.tlog-proof     records the log's keys come from: the genesis and each that replaced the key
//   receipts/SEQUENCE.tlog-proof receipts of the exporter
//
// of a whole ledger also, as C2SP tlog-tiles lays them out,
//   tile/L/N[.p/W]  tile/entries/N[.p/W]
// of some records
//   records/SEQUENCE.tlog-proof  each with its bytes in `extra`
// and of a report
//   report.json  figures.json    the report, and which record counts how much in which of its figures
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "ledger/base/hash256.h"

#include "absl/status/statusor.h"

namespace fundledger::bundle {

inline constexpr char kManifestFile[] = "ledger.json";
inline constexpr char kCheckpointFile[] = "checkpoint";
inline constexpr char kPolicyFile[] = "policy";
inline constexpr char kReportFile[] = "report.json";
inline constexpr char kFiguresFile[] = "figures.json";
inline constexpr char kRecordsDirectory[] = "records";
inline constexpr char kKeysDirectory[] = "keys";
inline constexpr char kOfficersDirectory[] = "officers";
inline constexpr char kReceiptsDirectory[] = "receipts";
inline constexpr char kCheckpointsDirectory[] = "checkpoints";
inline constexpr char kStampsDirectory[] = "stamps";
inline constexpr char kProofSuffix[] = ".tlog-proof";
inline constexpr char kStampSuffix[] = ".tsr";

// records/12.tlog-proof and the like.
std::string ProofPath(std::string_view directory, Sequence sequence);
std::string CheckpointPath(uint64_t size);
std::string StampPath(uint64_t size, std::string_view authority);

enum class Kind { kWhole, kRecords, kReport };

// What ledger.json says. Nobody signed it: what it claims is compared with what the records prove.
struct Manifest {
  Kind kind = Kind::kWhole;
  Hash256 ledger;            // leaf hash of record 0
  std::string origin;        // of the log
  std::string verifier_key;  // of the genesis
  uint64_t size = 0;         // of the checkpoint
  std::string about;         // of some records: what they have in common, such as "project p-1"
};

std::string FormatManifest(const Manifest& manifest);
// INVALID_ARGUMENT, reason BUNDLE_MALFORMED.
absl::StatusOr<Manifest> ParseManifest(std::string_view json);

}  // namespace fundledger::bundle
