// The log's own key: who may replace it, and by what. That they signed is the caller's to check (audit).
#include <algorithm>
#include <string>

#include "ledger/books/officers.h"
#include "ledger/books/rules.h"

namespace fundledger::books {
namespace {

namespace v1 = ::fundledger::v1;
namespace sv1 = ::fundledger::storage::v1;

absl::Status CheckSecond(const ActionContext& context, const std::string& id) {
  const auto wrong = [&id](std::string_view why) {
    return Refuse(absl::StatusCode::kPermissionDenied, "SECOND_OFFICER_WRONG",
                  absl::StrCat("officer '", id, "' ", ToAbsl(why),
                               "; the second who signs is an administrator of another organization"));
  };
  ASSIGN_OR_RETURN(const EntityPtr entity, context.working.Get({EntityKind::kOfficer, id}));
  if (entity == nullptr) return wrong("is not registered");
  RETURN_IF_ERROR(CheckInOffice(entity->officer()));
  const v1::RegisterOfficer& second = entity->officer().registration();
  if (second.role() != v1::ROLE_ADMIN) return wrong("is no administrator");
  if (second.organization() == context.officer.organization()) return wrong("is of the same organization");
  if (!second.person_code().empty() && second.person_code() == context.officer.person_code()) {
    return wrong("is the same person");
  }
  return absl::OkStatus();
}

absl::Status CheckLogKeys(const sv1::Ledger& ledger, const v1::RotateLogKey& what) {
  const auto wrong = [](const char* why) {
    return Refuse(absl::StatusCode::kInvalidArgument, "LOG_KEY_INVALID", why);
  };
  if (!IsEd25519(what.log_key()) || !IsEd25519(what.standby_key()) ||
      what.log_key().key() == what.standby_key().key()) {
    return wrong("the log's key and its standby are two different Ed25519 keys");
  }
  const bool was_used =
      std::any_of(ledger.log_keys().begin(), ledger.log_keys().end(), [&what](const sv1::LogKey& each) {
        return each.key().key() == what.log_key().key() || each.key().key() == what.standby_key().key();
      });
  if (was_used) return wrong("a key that is or was the log's does not become it again");
  if (what.old_key_lost() && what.log_key().key() != ledger.standby_key().key()) {
    return wrong("a lost key is replaced by the standby key and no other");
  }
  return absl::OkStatus();
}

}  // namespace

bool IsEd25519(const v1::PublicKey& key) {
  return key.algorithm() == v1::KEY_ALGORITHM_ED25519 && key.key().size() == 32;
}

absl::Status RotateLogKey(const ActionContext& context, const v1::RotateLogKey& what) {
  RETURN_IF_ERROR(CheckSecond(context, what.second_officer()));
  RETURN_IF_ERROR(CheckLogKeys(context.ledger, what));
  ASSIGN_OR_RETURN(sv1::Entity * entity, context.working.Change({EntityKind::kLedger, ""}));
  sv1::Ledger* ledger = entity->mutable_ledger();
  sv1::LogKey* key = ledger->add_log_keys();
  *key->mutable_key() = what.log_key();
  *key->mutable_from() = context.MakeOrigin();
  *ledger->mutable_standby_key() = what.standby_key();
  return absl::OkStatus();
}

}  // namespace fundledger::books
