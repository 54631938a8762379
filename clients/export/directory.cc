// A ledger's directory as the source of a bundle.
#include <algorithm>

#include "clients/export/export.h"
#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "ledger/engine/attestations.h"
#include "ledger/engine/read_only.h"
#include "ledger/log/record.h"

#include "absl/strings/str_cat.h"

namespace fundledger::exporting {
namespace {

class DirectorySource : public Source {
 public:
  DirectorySource(engine::ReadOnlyLedger ledger, std::string note)
      : ledger_(std::move(ledger)), note_(std::move(note)) {}

  const std::string& note() const override { return note_; }
  const log::Checkpoint& checkpoint() const override { return view().checkpoint(); }

  absl::Status ForEachRecord(const v1::ListTrailRequest& trail, const VisitRecord& visit) override {
    if (trail.dimension() == v1::TRAIL_DIMENSION_UNSPECIFIED) return ForEachOfAll(visit);
    engine::TrailFilter filter;
    ASSIGN_OR_RETURN(filter.key,
                     engine::TrailKeyOf(static_cast<books::TrailDimension>(trail.dimension()), trail.id()));
    constexpr size_t kAtOnce = 1000;
    Sequence from = 0;
    while (true) {
      ASSIGN_OR_RETURN(const std::vector<Sequence> found, view().Trail(filter, from, kAtOnce));
      for (const Sequence sequence : found) {
        ASSIGN_OR_RETURN(const std::string record, view().Record(sequence));
        RETURN_IF_ERROR(visit(sequence, record));
      }
      if (found.size() < kAtOnce) return absl::OkStatus();
      from = found.back() + 1;
    }
  }

  absl::StatusOr<std::string> Record(Sequence sequence) override { return view().Record(sequence); }

  absl::StatusOr<log::ProofFile> Prove(Sequence sequence, const std::string& record) override {
    ASSIGN_OR_RETURN(std::vector<Hash256> proof, view().InclusionProof(sequence, checkpoint().size));
    return log::ProofFile{record, sequence, std::move(proof), note_};
  }

  absl::Status ForEachAttested(
      const std::function<absl::Status(const v1::AttestedCheckpoint&)>& visit) override {
    absl::Status status;
    RETURN_IF_ERROR(engine::ScanAttested(view(), 0, checkpoint().size,
                                         [&](uint64_t, const v1::AttestedCheckpoint& attested) {
                                           status = visit(attested);
                                           return status.ok();
                                         }));
    return status;
  }

 private:
  const engine::View& view() const { return *ledger_.view; }

  absl::Status ForEachOfAll(const VisitRecord& visit) {
    absl::Status status;
    RETURN_IF_ERROR(view().ScanRecords(0, [&](Sequence sequence, std::string_view record) {
      status = visit(sequence, std::string(record));
      return status.ok();
    }));
    return status;
  }

  const engine::ReadOnlyLedger ledger_;
  const std::string note_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Source>> SourceOfDirectory(const std::string& directory) {
  ASSIGN_OR_RETURN(engine::ReadOnlyLedger ledger, engine::OpenReadOnly(directory));
  ASSIGN_OR_RETURN(v1::AttestedCheckpoint latest, engine::ReadAttested(*ledger.view, ledger.view->size()));
  return std::make_unique<DirectorySource>(std::move(ledger), std::move(*latest.mutable_checkpoint()));
}

}  // namespace fundledger::exporting
