#include "ledger/audit/log_keys.h"

#include <utility>

#include "ledger/audit/audit.h"
#include "ledger/base/status.h"
#include "ledger/log/record.h"

#include "absl/strings/str_cat.h"

namespace fundledger::audit {
namespace {

absl::Status Invalid(std::string_view why) {
  return Refuse(absl::StatusCode::kDataLoss, "LOG_KEY_ROTATION_INVALID",
                absl::StrCat("the log's key was not replaced so: ", ToAbsl(why)));
}

}  // namespace

absl::StatusOr<LogKeys::Key> LogKeys::MakeKey(Sequence from, std::string_view origin,
                                              const v1::PublicKey& key) {
  Key made{from, key, {}};
  ASSIGN_OR_RETURN(const crypto::PublicKey decoded, ToPublicKey(key));
  ASSIGN_OR_RETURN(made.verifier, log::NoteVerifier::Parse(log::VerifierKey(origin, decoded)));
  return made;
}

absl::StatusOr<LogKeys> LogKeys::OfGenesis(std::string_view bytes) {
  ASSIGN_OR_RETURN(const log::Record record, log::DecodeRecord(bytes));
  ASSIGN_OR_RETURN(const Admitted admitted, Admit(record.envelope));
  if (!IsGenesis(admitted.submission())) {
    return Refuse(absl::StatusCode::kDataLoss, "GENESIS_MISPLACED", "record 0 is not a genesis");
  }
  const v1::Genesis& genesis = admitted.submission().actions(0).genesis();
  LogKeys keys;
  keys.ledger_ = log::LeafHash(bytes);
  keys.standby_ = genesis.standby_key();
  ASSIGN_OR_RETURN(Key first, MakeKey(0, genesis.origin(), genesis.log_key()));
  keys.keys_.push_back(std::move(first));
  return keys;
}

LogKeys LogKeys::Of(log::NoteVerifier key) {
  LogKeys keys;
  keys.keys_.push_back({0, {}, std::move(key)});
  return keys;
}

absl::Status LogKeys::Follow(std::string_view bytes) {
  const auto record = log::DecodeRecord(bytes);
  if (!record.ok()) return Invalid(ToStd(record.status().message()));
  const auto admitted = Admit(record->envelope);
  if (!admitted.ok()) return Invalid(ToStd(admitted.status().message()));
  if (!IsLogKeyRotation(admitted->submission())) return Invalid("the record does not replace it");
  if (admitted->submission().ledger() != ledger_.view()) return Invalid("the record is for another ledger");
  if (record->header.sequence <= keys_.back().from) return Invalid("the record is not behind the one before");
  VerifierCache verifiers;
  const absl::Status is_signed = CheckLogSignatures(*admitted, current(), standby_, &verifiers);
  if (!is_signed.ok()) return Invalid(ToStd(is_signed.message()));
  const v1::RotateLogKey& what = admitted->submission().actions(0).rotate_log_key();
  ASSIGN_OR_RETURN(Key next, MakeKey(record->header.sequence, keys_.back().verifier.name, what.log_key()));
  keys_.push_back(std::move(next));
  standby_ = what.standby_key();
  return absl::OkStatus();
}

std::vector<log::NoteVerifier> LogKeys::verifiers() const {
  std::vector<log::NoteVerifier> verifiers;
  for (const Key& key : keys_) verifiers.push_back(key.verifier);
  return verifiers;
}

const log::NoteVerifier& LogKeys::At(uint64_t size) const {
  for (auto key = keys_.rbegin(); key != keys_.rend(); ++key) {
    if (key->from < size) return key->verifier;
  }
  return keys_.front().verifier;
}

absl::StatusOr<log::Checkpoint> LogKeys::Open(std::string_view note) const {
  ASSIGN_OR_RETURN(const log::Note parsed, log::ParseNote(note));
  ASSIGN_OR_RETURN(const log::Checkpoint stated, log::ParseCheckpointText(parsed.text));
  return log::OpenCheckpoint(note, At(stated.size));
}

}  // namespace fundledger::audit
