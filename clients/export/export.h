// Makes bundles (clients/bundle) out of a ledger: from a server whose answers are verified as they come, or
// from a ledger's directory. No network here.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "clients/bundle/layout.h"
#include "clients/bundle/writer.h"
#include "fundledger/v1/audit_service.pb.h"
#include "fundledger/v1/resources.pb.h"
#include "ledger/base/hash256.h"
#include "ledger/log/note.h"
#include "ledger/log/proof_file.h"

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace fundledger::exporting {

namespace v1 = ::fundledger::v1;

// Where a bundle comes from. Everything is of one checkpoint.
class Source {
 public:
  using VisitRecord = std::function<absl::Status(Sequence sequence, const std::string& record)>;
  virtual ~Source() = default;
  // With the cosignatures that are there.
  virtual const std::string& note() const = 0;
  virtual const log::Checkpoint& checkpoint() const = 0;
  // Records of a trail, oldest first; without a dimension all, in their order without a gap.
  virtual absl::Status ForEachRecord(const v1::ListTrailRequest& trail, const VisitRecord& visit) = 0;
  virtual absl::StatusOr<std::string> Record(Sequence sequence) = 0;
  // The record with its proof under the checkpoint.
  virtual absl::StatusOr<log::ProofFile> Prove(Sequence sequence, const std::string& record) = 0;
  // Checkpoints that were attested, up to this one.
  virtual absl::Status ForEachAttested(
      const std::function<absl::Status(const v1::AttestedCheckpoint&)>& visit) = 0;
};

// A ledger's directory; a daemon may be running on it. NOT_FOUND, reason STORE_MISSING; DATA_LOSS as of
// engine::OpenReadOnly.
absl::StatusOr<std::unique_ptr<Source>> SourceOfDirectory(const std::string& directory);

struct Options {
  std::filesystem::path out;
  v1::ListTrailRequest trail;      // without a dimension: the whole ledger
  std::string about;               // what the records have in common
  std::string policy;              // text; empty: one with the log's key alone
  std::filesystem::path receipts;  // directory of receipts; empty: none go along
  std::function<void(uint64_t done, uint64_t total)> progress;
};

struct Exported {
  bundle::Manifest manifest;
  uint64_t records = 0;
  uint64_t checkpoints = 0;
  uint64_t receipts = 0;
};

// Errors of the source and of bundle::Writer. DATA_LOSS, reasons RECORD_MISSING, LOG_FORKED, where the
// source's records are not those under its checkpoint; NOT_FOUND, reason RECORD_NOT_FOUND, where there is
// none about it; FAILED_PRECONDITION, reason RECEIPTS_CONTRADICT, where two receipts hold different records
// of one number.
absl::StatusOr<Exported> ExportBundle(Source* source, const Options& options);

// What every bundle needs besides records: the checkpoint and the policy. Gives what the manifest says of the
// ledger.
absl::StatusOr<bundle::Manifest> WriteFrame(Source* source, const std::string& policy,
                                            bundle::Writer* writer);
// The records that the log's keys come from, for a bundle of some records.
absl::Status WriteKeys(Source* source, bundle::Writer* writer);
// The records that name keys of these officers (ids), as far as the source shows them.
absl::Status WriteOfficerKeys(Source* source, const std::set<std::string>& officers, bundle::Writer* writer);
// A record with its proof into a directory of the bundle.
absl::Status WriteProof(Source* source, std::string_view directory, Sequence sequence,
                        const std::string& record, bundle::Writer* writer);

}  // namespace fundledger::exporting
