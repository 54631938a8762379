#include "ledger/engine/log_signers.h"

#include <algorithm>

#include "ledger/base/status.h"
#include "ledger/engine/layout.h"
#include "ledger/log/sm2_line.h"

#include "absl/strings/str_cat.h"

namespace fundledger::engine {

using store::Table;

const crypto::Signer* LogSigners::Find(const v1::PublicKey& key) const {
  const auto holds = [&key](const std::shared_ptr<const crypto::Signer>& each) {
    return each != nullptr && static_cast<int>(each->public_key().algorithm) == key.algorithm() &&
           each->public_key().bytes == key.key();
  };
  const auto found = std::find_if(signers_.begin(), signers_.end(), holds);
  return found == signers_.end() ? nullptr : found->get();
}

absl::StatusOr<std::string> LogSigners::Sign(const log::Checkpoint& checkpoint,
                                             const crypto::Signer& log_key) const {
  ASSIGN_OR_RETURN(const std::string note, log::SignCheckpoint(checkpoint, log_key));
  if (sm2_ == nullptr) return note;
  return log::AddSm2Line(note, *sm2_);
}

absl::StatusOr<std::string> LogSigners::Complete(std::string_view note) const {
  if (sm2_ == nullptr) return std::string(note);
  ASSIGN_OR_RETURN(const log::Note parsed, log::ParseNote(note));
  ASSIGN_OR_RETURN(const log::Checkpoint checkpoint, log::ParseCheckpointText(parsed.text));
  ASSIGN_OR_RETURN(const log::Sm2Verifier verifier,
                   log::Sm2Verifier::Parse(log::VerifierKey(checkpoint.origin, sm2_->public_key())));
  if (log::CheckSm2Line(note, verifier).ok()) return std::string(note);
  return log::AddSm2Line(note, *sm2_);
}

absl::StatusOr<audit::LogKeys> LoadLogKeys(const store::Snapshot& snapshot, std::string_view genesis) {
  ASSIGN_OR_RETURN(audit::LogKeys keys, audit::LogKeys::OfGenesis(genesis));
  const books::EntityKey name{books::EntityKind::kLedger, ""};
  ASSIGN_OR_RETURN(const std::optional<std::string> value,
                   snapshot.Get(Table::kEntities, EntityStoreKey(name)));
  if (!value.has_value()) return keys;
  ASSIGN_OR_RETURN(const books::EntityPtr entity, ReadEntity(name, *value));
  for (int i = 1; i < entity->ledger().log_keys_size(); ++i) {
    const Sequence sequence = entity->ledger().log_keys(i).from().sequence();
    ASSIGN_OR_RETURN(const std::optional<std::string> record,
                     snapshot.Get(Table::kRecords, SequenceKey(sequence)));
    if (!record.has_value()) {
      return Refuse(absl::StatusCode::kDataLoss, "RECORD_MISSING",
                    absl::StrCat("record ", sequence, ", which replaced the log's key, is gone"));
    }
    RETURN_IF_ERROR(Annotate(keys.Follow(*record), absl::StrCat("record ", sequence)));
  }
  return keys;
}

}  // namespace fundledger::engine
