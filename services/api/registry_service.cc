#include "services/api/registry_service.h"

#include <optional>
#include <string>

#include "ledger/base/status.h"
#include "ledger/books/officers.h"
#include "services/api/page.h"

#include "absl/strings/str_cat.h"

namespace fundledger::api {
namespace {

namespace v1 = ::fundledger::v1;
namespace sv1 = ::fundledger::storage::v1;

std::optional<books::EntityKind> EntityKindOf(v1::RegistryKind kind) {
  switch (kind) {
    case v1::REGISTRY_KIND_ORGANIZATION:
      return books::EntityKind::kOrganization;
    case v1::REGISTRY_KIND_OFFICER:
      return books::EntityKind::kOfficer;
    case v1::REGISTRY_KIND_TASK_GROUP:
      return books::EntityKind::kTaskGroup;
    case v1::REGISTRY_KIND_PROGRAMME:
      return books::EntityKind::kProgramme;
    case v1::REGISTRY_KIND_CATEGORY:
      return books::EntityKind::kCategory;
    case v1::REGISTRY_KIND_PAYEE:
      return books::EntityKind::kPayee;
    case v1::REGISTRY_KIND_INDICATOR:
      return books::EntityKind::kIndicator;
    default:
      return std::nullopt;
  }
}

const char* NameOf(sv1::KeyEnd end) {
  switch (end) {
    case sv1::KEY_END_REPLACED:
      return "replaced";
    case sv1::KEY_END_REVOKED:
      return "revoked";
    case sv1::KEY_END_DISMISSED:
      return "dismissed";
    default:
      return "";
  }
}

// The key as it stood after record `last`.
v1::KeySpan Shown(const sv1::OfficerKey& key, Sequence last) {
  v1::KeySpan span;
  *span.mutable_key() = key.key();
  span.set_from(key.from().sequence());
  if (!key.has_until() || key.until().sequence() > last) return span;
  span.set_until(key.until().sequence());
  // A replaced key may have been revoked later.
  const bool is_end_known = !key.has_revoked() || key.revoked().sequence() <= last;
  span.set_end(NameOf(is_end_known ? key.end() : sv1::KEY_END_REPLACED));
  if (is_end_known) span.set_reason(key.reason());
  return span;
}

void ShowOfficer(const sv1::Officer& officer, Sequence last, v1::Registered* shown) {
  shown->set_sequence(officer.origin().sequence());
  *shown->mutable_officer() = books::RegistrationAt(officer, last);
  for (const sv1::OfficerKey& key : officer.keys()) {
    if (key.from().sequence() <= last) *shown->add_keys() = Shown(key, last);
  }
  if (officer.has_dismissed() && officer.dismissed().sequence() <= last) {
    shown->set_dismissed(officer.dismissed().sequence());
  }
}

// As after record `last`, which may be earlier than the entity is. What is registered never changes, but for
// officers, who remember.
v1::Registered Shown(const sv1::Entity& entity, Sequence last) {
  v1::Registered shown;
  switch (entity.body_case()) {
    case sv1::Entity::kOrganization:
      shown.set_sequence(entity.organization().origin().sequence());
      *shown.mutable_organization() = entity.organization().registration();
      break;
    case sv1::Entity::kOfficer:
      ShowOfficer(entity.officer(), last, &shown);
      break;
    case sv1::Entity::kTaskGroup:
      shown.set_sequence(entity.task_group().origin().sequence());
      *shown.mutable_task_group() = entity.task_group().registration();
      break;
    case sv1::Entity::kProgramme:
      shown.set_sequence(entity.programme().origin().sequence());
      *shown.mutable_programme() = entity.programme().registration();
      break;
    case sv1::Entity::kCategory:
      shown.set_sequence(entity.category().origin().sequence());
      *shown.mutable_category() = entity.category().registration();
      break;
    case sv1::Entity::kPayee:
      shown.set_sequence(entity.payee().origin().sequence());
      *shown.mutable_payee() = entity.payee().registration();
      break;
    case sv1::Entity::kIndicator:
      shown.set_sequence(entity.indicator().origin().sequence());
      *shown.mutable_indicator() = entity.indicator().registration();
      break;
    default:
      break;
  }
  return shown;
}

absl::Status ListRegistered(const engine::View& view, const Asker&, const v1::ListRegisteredRequest& request,
                            v1::ListRegisteredResponse* response) {
  const std::optional<books::EntityKind> kind = EntityKindOf(request.kind());
  if (!kind.has_value()) {
    return Refuse(absl::StatusCode::kInvalidArgument, "REGISTRY_KIND_INVALID",
                  absl::StrCat("kind is ", static_cast<int>(request.kind()), "; name one of RegistryKind"));
  }
  ASSIGN_OR_RETURN(const size_t page_size, PageSize(request.page_size(), 100, 1000));
  const std::string question = absl::StrCat("registered ", static_cast<int>(request.kind()));
  PageToken page{.size = view.size(), .position = ""};
  if (!request.page_token().empty()) {
    ASSIGN_OR_RETURN(page, DecodePageToken(request.page_token(), question, view.size()));
  }

  RETURN_IF_ERROR(
      view.Scan(*kind, "", page.position, [&](std::string_view id, const books::EntityPtr& entity) {
        v1::Registered shown = Shown(*entity, page.size - 1);
        if (shown.sequence() >= page.size) return true;  // registered after the first page was answered
        if (static_cast<size_t>(response->registered_size()) == page_size) {
          response->set_next_page_token(
              EncodePageToken({.size = page.size, .position = std::string(id)}, question));
          return false;
        }
        response->add_registered()->Swap(&shown);
        return true;
      }));
  response->mutable_basis()->set_sequence(page.size - 1);
  response->mutable_basis()->set_checkpoint(view.signed_checkpoint());
  return absl::OkStatus();
}

}  // namespace

grpc::ServerUnaryReactor* RegistryService::ListRegistered(grpc::CallbackServerContext* call,
                                                          const v1::ListRegisteredRequest* request,
                                                          v1::ListRegisteredResponse* response) {
  return Query(context_, call, request, response, api::ListRegistered);
}

}  // namespace fundledger::api
