#include "ledger/engine/facts.h"

#include "ledger/audit/audit.h"
#include "ledger/base/status.h"
#include "ledger/crypto/digest.h"
#include "ledger/log/record.h"

#include "absl/strings/str_cat.h"

namespace fundledger::engine {

absl::StatusOr<LedgerFacts> FactsOfGenesis(const v1::Genesis& genesis, const Hash256& ledger) {
  LedgerFacts facts;
  facts.ledger = ledger;
  facts.origin = genesis.origin();
  ASSIGN_OR_RETURN(facts.log_key, audit::ToPublicKey(genesis.log_key()));
  if (facts.log_key.algorithm != crypto::Algorithm::kEd25519) {
    return Refuse(absl::StatusCode::kInvalidArgument, "KEY_MALFORMED",
                  "the log's key in the genesis is not Ed25519");
  }
  RETURN_IF_ERROR(log::NoteVerifier::Parse(log::VerifierKey(facts.origin, facts.log_key)).status());
  facts.has_sm3_links = genesis.suite() == v1::SUITE_SM;
  return facts;
}

absl::StatusOr<LedgerFacts> FactsOfRecord(std::string_view bytes) {
  ASSIGN_OR_RETURN(const log::Record record, log::DecodeRecord(bytes));
  ASSIGN_OR_RETURN(const audit::Admitted admitted, audit::Admit(record.envelope));
  if (!audit::IsGenesis(admitted.submission())) {
    return Refuse(absl::StatusCode::kDataLoss, "GENESIS_MISPLACED", "record 0 is not a genesis");
  }
  return FactsOfGenesis(admitted.submission().actions(0).genesis(), log::LeafHash(bytes));
}

absl::Status CheckLogKey(const LedgerFacts& facts, const crypto::Signer* key) {
  if (key != nullptr && key->public_key() == facts.log_key) return absl::OkStatus();
  return Refuse(absl::StatusCode::kFailedPrecondition, "LOG_KEY_MISMATCH",
                absl::StrCat("the key given is ",
                             key == nullptr ? "none" : log::VerifierKey(facts.origin, key->public_key()),
                             ", the ledger's is ", log::VerifierKey(facts.origin, facts.log_key),
                             ": give the key that signed the genesis"));
}

void LogEnd::Append(std::string_view record, int64_t recorded_at, bool has_sm3_links,
                    std::vector<log::Tile>* full) {
  leaf = log::LeafHash(record);
  edge.Append(leaf, full);
  if (has_sm3_links) sm3 = crypto::Sm3(record);
  recorded_at_us = recorded_at;
}

}  // namespace fundledger::engine
