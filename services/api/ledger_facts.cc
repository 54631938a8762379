#include "services/api/ledger_facts.h"

#include <memory>

#include "ledger/base/date.h"
#include "ledger/base/status.h"
#include "ledger/log/note.h"

namespace fundledger::api {

namespace v1 = ::fundledger::v1;

absl::StatusOr<v1::GetLedgerResponse> LedgerFacts(const engine::Engine& engine, const Witnessed* witnessed) {
  const std::shared_ptr<const engine::View> view = engine.view();
  ASSIGN_OR_RETURN(const books::EntityPtr entity, view->Get({books::EntityKind::kLedger, ""}));
  if (entity == nullptr || !entity->has_ledger()) {
    return Refuse(absl::StatusCode::kDataLoss, "GENESIS_MISSING",
                  "the books hold no genesis; verify the ledger's directory with: fundledger inspect");
  }
  const auto& ledger = entity->ledger();
  const v1::Genesis& genesis = ledger.genesis();
  v1::GetLedgerResponse facts;
  facts.set_ledger(ledger.id());
  facts.set_origin(genesis.origin());
  // The genesis admits Ed25519 only as the log's key.
  facts.set_verifier_key(
      log::VerifierKey(genesis.origin(), {crypto::Algorithm::kEd25519, genesis.log_key().key()}));
  facts.set_checkpoint(view->signed_checkpoint());
  const Date first_day(ledger.first_day());
  facts.mutable_first_day()->set_year(first_day.year());
  facts.mutable_first_day()->set_month(first_day.month());
  facts.mutable_first_day()->set_day(first_day.day());
  facts.set_utc_offset_minutes(genesis.utc_offset_minutes());
  *facts.mutable_policy() = ledger.policy();
  for (int i = 1; i < ledger.log_keys_size(); ++i) {
    facts.add_log_key_rotations(ledger.log_keys(i).from().sequence());
  }
  facts.set_writable(engine.write_status().ok());
  if (const auto mirror = engine.mirror_state(); mirror.has_value()) {
    facts.mutable_mirror()->set_origin_address(mirror->origin_address);
    facts.mutable_mirror()->set_origin_size(mirror->origin_size);
    facts.mutable_mirror()->set_state(std::string(engine::PhaseName(mirror->phase)));
    facts.mutable_mirror()->set_error(mirror->error);
  }
  if (witnessed != nullptr) *facts.mutable_witnessing() = witnessed->State();
  return facts;
}

}  // namespace fundledger::api
