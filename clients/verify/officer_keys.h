// Signatures of records whose predecessors are not all there: by keys that records in the log name for their
// officers. Whether such a key was approved, replaced or revoked before, only the whole ledger shows.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "clients/verify/core/proof_check.h"
#include "fundledger/storage/v1/entities.pb.h"
#include "ledger/audit/audit.h"
#include "ledger/books/reader.h"

#include "absl/status/statusor.h"

namespace fundledger::verify {

class OfficerKeys final : public books::Reader {
 public:
  // Takes the keys that a record in the log names. In the order of the log.
  void Add(const ProvenRecord& record);
  bool Knows(const std::string& officer) const { return officers_.contains(officer); }
  // That the record is signed by a key that a record before it names for its officer, who is known here; and
  // that each key it registers proves itself. UNAUTHENTICATED, reasons SIGNATURE_INVALID, KEY_PROOF_INVALID.
  absl::Status Check(Sequence sequence, const audit::Admitted& admitted);

  // Officers, with all keys that are named; nothing else.
  absl::StatusOr<books::EntityPtr> Get(const books::EntityKey& key) const override;

 private:
  std::map<std::string, std::shared_ptr<storage::v1::Entity>> officers_;
  std::map<std::string, Sequence> named_at_;  // by key
  audit::VerifierCache verifiers_;
};

}  // namespace fundledger::verify
