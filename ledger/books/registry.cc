// Who and what is registered: organizations, officers, and the words that funds and projects are sorted by.
#include <algorithm>
#include <string>

#include "ledger/base/text.h"
#include "ledger/books/officers.h"
#include "ledger/books/rules.h"

#include "absl/strings/ascii.h"

namespace fundledger::books {
namespace {

namespace v1 = ::fundledger::v1;
namespace sv1 = ::fundledger::storage::v1;

constexpr size_t kMaxNameCharacters = 200;

absl::Status Malformed(std::string_view reason, const std::string& message) {
  return Refuse(absl::StatusCode::kInvalidArgument, reason, message);
}

absl::Status CheckName(std::string_view what, std::string_view name) {
  if (Fold(name).empty()) {
    return Malformed("NAME_MISSING", absl::StrCat(ToAbsl(what), " needs a name"));
  }
  return CheckText(absl::StrCat(ToAbsl(what), " name"), name, kMaxNameCharacters);
}

// A fresh entity under `id`. ALREADY_EXISTS, reason ALREADY_REGISTERED.
absl::StatusOr<sv1::Entity*> Fresh(const ActionContext& context, EntityKind kind, std::string_view id,
                                   std::string_view what) {
  RETURN_IF_ERROR(CheckId(what, id));
  const EntityKey key{kind, std::string(id)};
  ASSIGN_OR_RETURN(bool exists, context.working.Has(key));
  if (exists) {
    return Refuse(
        absl::StatusCode::kAlreadyExists, "ALREADY_REGISTERED",
        absl::StrCat("there is a ", ToAbsl(what), " '", ToAbsl(id), "' already; choose another id"));
  }
  return context.working.Change(key);
}

absl::Status NeedParent(const ActionContext& context, EntityKind kind, std::string_view parent,
                        std::string_view what, std::string_view reason) {
  if (parent.empty()) return absl::OkStatus();
  return Need(context.working, kind, parent, what, reason).status();
}

// Weights of GB 32100-2015, the unified social credit code's check character.
bool IsCreditCode(std::string_view code) {
  constexpr std::string_view kAlphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY";
  constexpr int kWeights[17] = {1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28};
  if (code.size() != 18) return false;
  size_t sum = 0;
  for (size_t i = 0; i < 17; ++i) {
    const size_t value = kAlphabet.find(code[i]);
    if (value == std::string_view::npos) return false;
    sum += value * static_cast<size_t>(kWeights[i]);
  }
  return code[17] == kAlphabet[(31 - sum % 31) % 31];
}

// Digits as banks print them: never a name, which would be a person's.
bool IsAccountNumber(std::string_view number) {
  return !number.empty() && number.size() <= 40 && std::all_of(number.begin(), number.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-';
  });
}

}  // namespace

absl::Status RegisterOrganization(const ActionContext& context, const v1::RegisterOrganization& what) {
  RETURN_IF_ERROR(CheckName("organization", what.name()));
  if (what.tier() == v1::TIER_UNSPECIFIED) return Malformed("TIER_MISSING", "an organization needs its tier");
  const bool genesis = context.working.record().sequence == 0;
  if (what.parent().empty() && !genesis) {
    return Malformed("PARENT_MISSING", absl::StrCat("organization '", what.id(), "' needs the one above it"));
  }
  RETURN_IF_ERROR(NeedParent(context, EntityKind::kOrganization, what.parent(), "organization",
                             "ORGANIZATION_NOT_FOUND"));
  ASSIGN_OR_RETURN(sv1::Entity * entity,
                   Fresh(context, EntityKind::kOrganization, what.id(), "organization"));
  *entity->mutable_organization()->mutable_registration() = what;
  *entity->mutable_organization()->mutable_origin() = context.MakeOrigin();
  return absl::OkStatus();
}

absl::Status CheckKey(const v1::PublicKey& key) {
  const bool ed25519 = key.algorithm() == v1::KEY_ALGORITHM_ED25519 && key.key().size() == 32;
  const bool sm2 = key.algorithm() == v1::KEY_ALGORITHM_SM2 && key.key().size() == 65;
  if (ed25519 || sm2) return absl::OkStatus();
  return Malformed("KEY_MALFORMED",
                   absl::StrCat("a key is 32 bytes of Ed25519 or 65 bytes of SM2; this one has ",
                                key.key().size(), " bytes"));
}

absl::Status TakeKey(const ActionContext& context, const v1::PublicKey& key, const std::string& officer) {
  const EntityKey name{EntityKind::kKeyOwner, std::string(1, static_cast<char>(key.algorithm())) + key.key()};
  ASSIGN_OR_RETURN(const EntityPtr owner, context.working.Get(name));
  if (owner != nullptr) {
    return Refuse(absl::StatusCode::kAlreadyExists, "KEY_IN_USE",
                  absl::StrCat("this key belongs to officer '", owner->key_owner().officer(),
                               "' for ever; make another"));
  }
  ASSIGN_OR_RETURN(sv1::Entity * owned, context.working.Change(name));
  owned->mutable_key_owner()->set_officer(officer);
  return absl::OkStatus();
}

absl::Status RegisterOfficer(const ActionContext& context, const v1::RegisterOfficer& what) {
  if (what.role() == v1::ROLE_UNSPECIFIED) return Malformed("ROLE_MISSING", "an officer needs a role");
  if (!what.person_code().empty() && what.person_code().size() != 32) {
    return Malformed("PERSON_CODE_MALFORMED", "a person code is 32 bytes, or absent");
  }
  if (what.person_code().empty() && context.ledger.policy().person_code_required()) {
    return Malformed("PERSON_CODE_MISSING", "the policy in force has officers registered with a person code");
  }
  RETURN_IF_ERROR(CheckKey(what.key()));
  RETURN_IF_ERROR(Need(context.working, EntityKind::kOrganization, what.organization(), "organization",
                       "ORGANIZATION_NOT_FOUND")
                      .status());
  ASSIGN_OR_RETURN(sv1::Entity * entity, Fresh(context, EntityKind::kOfficer, what.id(), "officer"));
  RETURN_IF_ERROR(TakeKey(context, what.key(), what.id()));
  sv1::Officer* officer = entity->mutable_officer();
  *officer->mutable_registration() = what;
  *officer->mutable_origin() = context.MakeOrigin();
  AddKey(context.MakeOrigin(), what.key(), officer);
  AddPost(context.MakeOrigin(), what.organization(), officer);
  return KeepGuardian(context, *officer);
}

absl::Status RegisterTaskGroup(const ActionContext& context, const v1::RegisterTaskGroup& what) {
  RETURN_IF_ERROR(CheckName("task group", what.name()));
  ASSIGN_OR_RETURN(sv1::Entity * entity, Fresh(context, EntityKind::kTaskGroup, what.id(), "task group"));
  *entity->mutable_task_group()->mutable_registration() = what;
  *entity->mutable_task_group()->mutable_origin() = context.MakeOrigin();
  return absl::OkStatus();
}

absl::Status RegisterProgramme(const ActionContext& context, const v1::RegisterProgramme& what) {
  RETURN_IF_ERROR(CheckName("programme", what.name()));
  RETURN_IF_ERROR(
      NeedParent(context, EntityKind::kProgramme, what.parent(), "programme", "PROGRAMME_NOT_FOUND"));
  RETURN_IF_ERROR(
      NeedParent(context, EntityKind::kTaskGroup, what.task_group(), "task group", "TASK_GROUP_NOT_FOUND"));
  ASSIGN_OR_RETURN(sv1::Entity * entity, Fresh(context, EntityKind::kProgramme, what.id(), "programme"));
  *entity->mutable_programme()->mutable_registration() = what;
  *entity->mutable_programme()->mutable_origin() = context.MakeOrigin();
  return absl::OkStatus();
}

absl::Status RegisterCategory(const ActionContext& context, const v1::RegisterCategory& what) {
  RETURN_IF_ERROR(CheckName("category", what.name()));
  RETURN_IF_ERROR(
      NeedParent(context, EntityKind::kCategory, what.parent(), "category", "CATEGORY_NOT_FOUND"));
  ASSIGN_OR_RETURN(sv1::Entity * entity, Fresh(context, EntityKind::kCategory, what.id(), "category"));
  *entity->mutable_category()->mutable_registration() = what;
  *entity->mutable_category()->mutable_origin() = context.MakeOrigin();
  return absl::OkStatus();
}

absl::Status RegisterPayee(const ActionContext& context, const v1::RegisterPayee& what) {
  RETURN_IF_ERROR(CheckName("payee", what.name()));
  if (!IsCreditCode(what.credit_code())) {
    return Malformed("CREDIT_CODE_INVALID",
                     absl::StrCat("payee '", what.id(), "': '", what.credit_code(),
                                  "' is not a unified social credit code (18 characters with "
                                  "a check character); people are paid in batches"));
  }
  for (const v1::BankAccount& account : what.accounts()) {
    if (account.bank().empty() || !IsAccountNumber(account.account_number())) {
      return Malformed(
          "ACCOUNT_MALFORMED",
          absl::StrCat("payee '", what.id(),
                       "': an account needs a bank and a number of 1 to 40 digits, letters or '-'"));
    }
  }
  ASSIGN_OR_RETURN(sv1::Entity * entity, Fresh(context, EntityKind::kPayee, what.id(), "payee"));
  *entity->mutable_payee()->mutable_registration() = what;
  *entity->mutable_payee()->mutable_origin() = context.MakeOrigin();
  return absl::OkStatus();
}

absl::Status RegisterIndicator(const ActionContext& context, const v1::RegisterIndicator& what) {
  RETURN_IF_ERROR(CheckName("indicator", what.name()));
  if (what.unit().empty()) return Malformed("UNIT_MISSING", "an indicator needs a unit");
  if (what.scale() > 9) return Malformed("SCALE_INVALID", "an indicator has 0 to 9 decimal places");
  if (what.aggregation() == v1::AGGREGATION_UNSPECIFIED) {
    return Malformed("AGGREGATION_MISSING", "say how the indicator's reports add up");
  }
  ASSIGN_OR_RETURN(sv1::Entity * entity, Fresh(context, EntityKind::kIndicator, what.id(), "indicator"));
  *entity->mutable_indicator()->mutable_registration() = what;
  *entity->mutable_indicator()->mutable_origin() = context.MakeOrigin();
  return absl::OkStatus();
}

}  // namespace fundledger::books
