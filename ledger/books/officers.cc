// Officers after their registration: keys replaced, revoked and recovered, other organizations, dismissal.
#include "ledger/books/officers.h"

#include <algorithm>
#include <set>
#include <string>

#include "ledger/books/rules.h"

namespace fundledger::books {
namespace {

namespace v1 = ::fundledger::v1;
namespace sv1 = ::fundledger::storage::v1;

// What is recorded is tried against each.
constexpr int kMaxKeys = 100;

bool IsSame(const v1::PublicKey& a, const v1::PublicKey& b) {
  return a.algorithm() == b.algorithm() && a.key() == b.key();
}

absl::Status Ended(const std::string& id, const sv1::OfficerKey& key) {
  switch (key.end()) {
    case sv1::KEY_END_REPLACED:
      return Refuse(absl::StatusCode::kUnauthenticated, "KEY_REPLACED",
                    absl::StrCat("officer ", id, " has another key since record ", key.until().sequence(),
                                 "; sign with that one"));
    case sv1::KEY_END_DISMISSED:
      return Refuse(absl::StatusCode::kPermissionDenied, "OFFICER_DISMISSED",
                    absl::StrCat("officer ", id, " was dismissed in record ", key.until().sequence(),
                                 "; what was recorded before stays"));
    default:
      return Refuse(
          absl::StatusCode::kUnauthenticated, "KEY_REVOKED",
          absl::StrCat("this key of officer ", id, " was revoked in record ", key.revoked().sequence(), " (",
                       key.reason(), "); what it signed before stays, two administrators can give another"));
  }
}

void EndKey(const sv1::Origin& origin, sv1::KeyEnd end, const std::string& reason, sv1::OfficerKey* key) {
  if (!key->has_until()) *key->mutable_until() = origin;
  key->set_end(end);
  key->set_reason(reason);
  if (end == sv1::KEY_END_REVOKED) *key->mutable_revoked() = origin;
}

// The last of the officer's keys, which is the only one that can count.
sv1::OfficerKey* LastKey(sv1::Officer* officer) {
  return officer->keys().empty() ? nullptr : officer->mutable_keys(officer->keys_size() - 1);
}

absl::StatusOr<sv1::Officer*> ChangeOfficer(const ActionContext& context, const std::string& id) {
  RETURN_IF_ERROR(Need(context.working, EntityKind::kOfficer, id, "officer", "OFFICER_UNKNOWN").status());
  ASSIGN_OR_RETURN(sv1::Entity * entity, context.working.Change({EntityKind::kOfficer, id}));
  return entity->mutable_officer();
}

absl::StatusOr<sv1::Officer*> ChangeOfficerInOffice(const ActionContext& context, const std::string& id) {
  ASSIGN_OR_RETURN(sv1::Officer * officer, ChangeOfficer(context, id));
  if (!officer->has_dismissed()) return officer;
  return Refuse(absl::StatusCode::kFailedPrecondition, "OFFICER_DISMISSED",
                absl::StrCat("officer ", id, " was dismissed in record ", officer->dismissed().sequence(),
                             "; register an officer under another id"));
}

absl::Status GiveKey(const ActionContext& context, const v1::PublicKey& key, sv1::Officer* officer) {
  RETURN_IF_ERROR(CheckKey(key));
  const std::string& id = officer->registration().id();
  if (officer->keys_size() >= kMaxKeys) {
    return Refuse(absl::StatusCode::kFailedPrecondition, "TOO_MANY_KEYS",
                  absl::StrCat("officer ", id, " has had ", officer->keys_size(),
                               " keys; register an officer under another id"));
  }
  RETURN_IF_ERROR(TakeKey(context, key, id));
  AddKey(context.MakeOrigin(), key, officer);
  *officer->mutable_registration()->mutable_key() = key;
  return KeepGuardian(context, *officer);
}

bool IsGuardian(v1::Role role) {
  return role == v1::ROLE_ADMIN || role == v1::ROLE_INSPECTOR;
}

// Of the role, `without` aside: how many organizations, which is more than none if there is anybody.
size_t CountOrganizations(const sv1::Ledger& ledger, v1::Role role, std::string_view without = "") {
  std::set<std::string_view> organizations;
  for (const sv1::Guardian& each : ledger.guardians()) {
    if (each.role() == role && each.officer() != without) organizations.insert(each.organization());
  }
  return organizations.size();
}

void RemoveGuardian(std::string_view officer, sv1::Ledger* ledger) {
  auto* all = ledger->mutable_guardians();
  all->erase(std::remove_if(all->begin(), all->end(),
                            [officer](const sv1::Guardian& each) { return each.officer() == officer; }),
             all->end());
}

void AddGuardian(const v1::RegisterOfficer& officer, sv1::Ledger* ledger) {
  sv1::Guardian* added = ledger->add_guardians();
  added->set_officer(officer.id());
  added->set_organization(officer.organization());
  added->set_role(officer.role());
  auto* all = ledger->mutable_guardians();
  std::sort(all->begin(), all->end(),
            [](const sv1::Guardian& a, const sv1::Guardian& b) { return a.officer() < b.officer(); });
}

}  // namespace

const sv1::OfficerKey* ValidKey(const sv1::Officer& officer) {
  if (officer.keys().empty()) return nullptr;
  const sv1::OfficerKey& last = officer.keys(officer.keys_size() - 1);
  return last.has_until() ? nullptr : &last;
}

const sv1::OfficerKey* KeyAt(const sv1::Officer& officer, Sequence sequence) {
  for (const sv1::OfficerKey& key : officer.keys()) {
    const bool began = key.from().sequence() < sequence || sequence == 0;
    if (began && (!key.has_until() || sequence <= key.until().sequence())) return &key;
  }
  return nullptr;
}

absl::Status CheckKeyCounts(const sv1::Officer& officer, const v1::PublicKey& key) {
  for (const sv1::OfficerKey& each : officer.keys()) {
    if (!IsSame(each.key(), key)) continue;
    return each.has_until() ? Ended(officer.registration().id(), each) : absl::OkStatus();
  }
  return Refuse(absl::StatusCode::kUnauthenticated, "SIGNATURE_INVALID",
                absl::StrCat("the key is none of officer ", officer.registration().id()));
}

absl::Status CheckInOffice(const sv1::Officer& officer) {
  if (ValidKey(officer) != nullptr) return absl::OkStatus();
  if (officer.keys().empty()) {
    return Refuse(absl::StatusCode::kUnauthenticated, "KEY_REVOKED",
                  absl::StrCat("officer ", officer.registration().id(), " has no key"));
  }
  return Ended(officer.registration().id(), officer.keys(officer.keys_size() - 1));
}

bool WasMovedSince(const sv1::Officer& officer, Sequence since) {
  return officer.posts_size() > 1 && officer.posts(officer.posts_size() - 1).from().sequence() >= since;
}

std::string WhyNotStanding(const sv1::Officer& officer, Sequence since) {
  if (officer.has_dismissed()) {
    return absl::StrCat("was dismissed in record ", officer.dismissed().sequence());
  }
  if (WasMovedSince(officer, since)) {
    const sv1::OfficerPost& post = officer.posts(officer.posts_size() - 1);
    return absl::StrCat("was moved to ", post.organization(), " in record ", post.from().sequence());
  }
  return WhyNotTrusted(officer, since);
}

std::string WhyNotTrusted(const sv1::Officer& officer, Sequence since) {
  const sv1::OfficerKey* key = KeyAt(officer, since);
  if (key == nullptr) return "had no key that counted";
  if (key->end() != sv1::KEY_END_REVOKED) return "";
  return absl::StrCat("signed with a key that was revoked in record ", key->revoked().sequence());
}

v1::RegisterOfficer RegistrationAt(const sv1::Officer& officer, Sequence last) {
  v1::RegisterOfficer then = officer.registration();
  for (const sv1::OfficerKey& key : officer.keys()) {
    if (key.from().sequence() <= last) *then.mutable_key() = key.key();
  }
  for (const sv1::OfficerPost& post : officer.posts()) {
    if (post.from().sequence() <= last) then.set_organization(post.organization());
  }
  return then;
}

void AddKey(const sv1::Origin& origin, const v1::PublicKey& key, sv1::Officer* officer) {
  sv1::OfficerKey* added = officer->add_keys();
  *added->mutable_key() = key;
  *added->mutable_from() = origin;
}

void AddPost(const sv1::Origin& origin, const std::string& organization, sv1::Officer* officer) {
  sv1::OfficerPost* added = officer->add_posts();
  added->set_organization(organization);
  *added->mutable_from() = origin;
}

bool HasOtherInspector(const sv1::Ledger& ledger, std::string_view officer) {
  return std::any_of(ledger.guardians().begin(), ledger.guardians().end(), [&](const sv1::Guardian& each) {
    return each.role() == v1::ROLE_INSPECTOR && each.officer() != officer;
  });
}

absl::Status KeepGuardian(const ActionContext& context, const sv1::Officer& officer) {
  const v1::RegisterOfficer& registration = officer.registration();
  if (!IsGuardian(registration.role())) return absl::OkStatus();
  ASSIGN_OR_RETURN(sv1::Entity * entity, context.working.Change({EntityKind::kLedger, ""}));
  sv1::Ledger* ledger = entity->mutable_ledger();
  const size_t before = CountOrganizations(*ledger, registration.role());
  RemoveGuardian(registration.id(), ledger);
  if (ValidKey(officer) != nullptr) AddGuardian(registration, ledger);
  const size_t needed = registration.role() == v1::ROLE_ADMIN ? 2 : 1;
  if (CountOrganizations(*ledger, registration.role()) >= std::min(before, needed)) return absl::OkStatus();
  return Refuse(absl::StatusCode::kFailedPrecondition, "LAST_GUARDIAN",
                absl::StrCat("without officer ", registration.id(), " this ledger would have no ",
                             needed == 2 ? "administrators of two organizations" : "inspector",
                             " any more, and nobody could ever name others; register another first"));
}

namespace {

// One administrator alone ends another's key. Whoever has stolen one key must not be able to end others until
// nobody is left who could give them back: that takes two administrators of different organizations beside
// the thief.
absl::Status CheckOthersCanMend(const ActionContext& context, const sv1::Officer& officer) {
  const v1::RegisterOfficer& registration = officer.registration();
  const std::string& revoker = context.officer.id();
  const bool still_counts = ValidKey(officer) != nullptr;
  if (registration.role() != v1::ROLE_ADMIN || registration.id() == revoker || still_counts)
    return absl::OkStatus();
  ASSIGN_OR_RETURN(const EntityPtr ledger, context.working.Get({EntityKind::kLedger, ""}));
  if (CountOrganizations(ledger->ledger(), v1::ROLE_ADMIN, revoker) >= 2) return absl::OkStatus();
  return Refuse(
      absl::StatusCode::kFailedPrecondition, "ADMINISTRATORS_TOO_FEW",
      absl::StrCat("without officer ", registration.id(),
                   " there would not be administrators of two organizations beside you, and whoever "
                   "has your key could leave nobody to mend it; two administrators can recover the "
                   "key or dismiss the officer"));
}

}  // namespace

absl::Status RotateKey(const ActionContext& context, const v1::RotateKey& what) {
  ASSIGN_OR_RETURN(sv1::Officer * officer, ChangeOfficerInOffice(context, context.officer.id()));
  RETURN_IF_ERROR(CheckInOffice(*officer));
  EndKey(context.MakeOrigin(), sv1::KEY_END_REPLACED, "", LastKey(officer));
  return GiveKey(context, what.key(), officer);
}

absl::Status RevokeKey(const ActionContext& context, const v1::RevokeKey& what) {
  RETURN_IF_ERROR(CheckReason(what.reason()));
  ASSIGN_OR_RETURN(sv1::Officer * officer, ChangeOfficer(context, what.officer()));
  for (sv1::OfficerKey& key : *officer->mutable_keys()) {
    if (!IsSame(key.key(), what.key())) continue;
    if (key.end() == sv1::KEY_END_REVOKED) {
      return Refuse(absl::StatusCode::kFailedPrecondition, "KEY_ALREADY_REVOKED",
                    absl::StrCat("this key of officer ", what.officer(), " was revoked in record ",
                                 key.revoked().sequence()));
    }
    EndKey(context.MakeOrigin(), sv1::KEY_END_REVOKED, what.reason(), &key);
    RETURN_IF_ERROR(KeepGuardian(context, *officer));
    return CheckOthersCanMend(context, *officer);
  }
  return Refuse(absl::StatusCode::kNotFound, "KEY_UNKNOWN",
                absl::StrCat("officer ", what.officer(), " never had this key"));
}

absl::Status RecoverKey(const ActionContext& context, const v1::RecoverKey& what) {
  RETURN_IF_ERROR(CheckReason(what.reason()));
  ASSIGN_OR_RETURN(sv1::Officer * officer, ChangeOfficerInOffice(context, what.officer()));
  if (ValidKey(*officer) != nullptr) {
    EndKey(context.MakeOrigin(), sv1::KEY_END_REVOKED, what.reason(), LastKey(officer));
  }
  return GiveKey(context, what.key(), officer);
}

absl::Status MoveOfficer(const ActionContext& context, const v1::MoveOfficer& what) {
  RETURN_IF_ERROR(CheckReason(what.reason()));
  RETURN_IF_ERROR(Need(context.working, EntityKind::kOrganization, what.organization(), "organization",
                       "ORGANIZATION_NOT_FOUND")
                      .status());
  ASSIGN_OR_RETURN(sv1::Officer * officer, ChangeOfficerInOffice(context, what.officer()));
  if (officer->registration().organization() == what.organization()) {
    return Refuse(
        absl::StatusCode::kFailedPrecondition, "ORGANIZATION_UNCHANGED",
        absl::StrCat("officer ", what.officer(), " is of organization ", what.organization(), " already"));
  }
  officer->mutable_registration()->set_organization(what.organization());
  AddPost(context.MakeOrigin(), what.organization(), officer);
  return KeepGuardian(context, *officer);
}

absl::Status DismissOfficer(const ActionContext& context, const v1::DismissOfficer& what) {
  RETURN_IF_ERROR(CheckReason(what.reason()));
  ASSIGN_OR_RETURN(sv1::Officer * officer, ChangeOfficerInOffice(context, what.officer()));
  *officer->mutable_dismissed() = context.MakeOrigin();
  if (ValidKey(*officer) != nullptr) {
    EndKey(context.MakeOrigin(), sv1::KEY_END_DISMISSED, what.reason(), LastKey(officer));
  }
  return KeepGuardian(context, *officer);
}

}  // namespace fundledger::books
