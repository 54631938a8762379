#include "clients/verify/officer_keys.h"

#include "clients/bundle/named_keys.h"
#include "ledger/base/status.h"
#include "ledger/log/record.h"

#include "absl/strings/str_cat.h"

namespace fundledger::verify {

void OfficerKeys::Add(const ProvenRecord& record) {
  const auto decoded = log::DecodeRecord(record.bytes);
  const auto admitted = decoded.ok() ? audit::Admit(decoded->envelope) : decoded.status();
  if (!admitted.ok()) return;  // names none
  for (const bundle::NamedKey& named : bundle::KeysNamedIn(admitted->submission())) {
    if (!named_at_.emplace(named.key.key(), record.header.sequence).second) continue;
    auto& officer = officers_[named.officer];
    if (officer == nullptr) officer = std::make_shared<storage::v1::Entity>();
    *officer->mutable_officer()->add_keys()->mutable_key() = named.key;
  }
}

absl::Status OfficerKeys::Check(Sequence sequence, const audit::Admitted& admitted) {
  ASSIGN_OR_RETURN(const ::fundledger::v1::PublicKey signer, audit::FindSigner(*this, admitted, &verifiers_));
  const auto named = named_at_.find(signer.key());
  if (audit::IsGenesis(admitted.submission()) || (named != named_at_.end() && named->second < sequence)) {
    return absl::OkStatus();
  }
  return Refuse(absl::StatusCode::kUnauthenticated, "SIGNATURE_INVALID",
                absl::StrCat("it is signed by a key that was not named for officer ",
                             admitted.submission().officer(), " before it"));
}

absl::StatusOr<books::EntityPtr> OfficerKeys::Get(const books::EntityKey& key) const {
  const auto it = key.kind == books::EntityKind::kOfficer ? officers_.find(key.id) : officers_.end();
  return it == officers_.end() ? books::EntityPtr() : books::EntityPtr(it->second);
}

}  // namespace fundledger::verify
