#include "clients/sdk/log_keyring.h"

#include "ledger/base/status.h"

#include "absl/strings/str_cat.h"

namespace fundledger::sdk {

absl::StatusOr<std::shared_ptr<LogKeyring>> LogKeyring::FromFacts(const Facts& facts,
                                                                  const log::NoteVerifier& verifier_key) {
  ASSIGN_OR_RETURN(audit::LogKeys keys, audit::LogKeys::OfGenesis(facts.genesis));
  if (!log::IsSameKey(keys.At(0), verifier_key)) {
    return Refuse(
        absl::StatusCode::kFailedPrecondition, "WRONG_LEDGER",
        absl::StrCat("record 0 of the ledger names another key than the configuration's verifier_key, ",
                     verifier_key.name, ": believe neither before you know why"));
  }
  std::vector<std::string> records = {facts.genesis};
  for (const std::string& record : facts.log_key_rotations) {
    RETURN_IF_ERROR(keys.Follow(record));
    records.push_back(record);
  }
  return std::shared_ptr<LogKeyring>(new LogKeyring(std::move(keys), std::move(records)));
}

absl::StatusOr<log::Checkpoint> LogKeyring::OpenByKnown(std::string_view note) const {
  ASSIGN_OR_RETURN(log::Checkpoint checkpoint, keys_.Open(note));
  absl::Status status;
  for (const log::Sm2Verifier& verifier : sm2_) {
    status = log::CheckSm2Line(note, verifier);
    if (status.ok()) return checkpoint;
  }
  RETURN_IF_ERROR(status);
  return checkpoint;
}

absl::StatusOr<log::Checkpoint> LogKeyring::Open(std::string_view note) {
  auto opened = OpenByKnown(note);
  if (opened.ok() || !ask_ || asking_) return opened;
  asking_ = true;
  const auto learned = ask_();
  asking_ = false;
  if (!learned.ok()) return learned.status();
  return *learned ? OpenByKnown(note) : opened;
}

}  // namespace fundledger::sdk
