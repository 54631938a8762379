#include "services/api/registry_service.h"

#include <optional>
#include <string>

#include "ledger/base/status.h"
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

// What is registered never changes, so the entity of a later state shows it as an earlier one did.
v1::Registered Shown(const sv1::Entity& entity) {
  v1::Registered shown;
  switch (entity.body_case()) {
    case sv1::Entity::kOrganization:
      shown.set_sequence(entity.organization().origin().sequence());
      *shown.mutable_organization() = entity.organization().registration();
      break;
    case sv1::Entity::kOfficer:
      shown.set_sequence(entity.officer().origin().sequence());
      *shown.mutable_officer() = entity.officer().registration();
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

absl::Status ListRegistered(const engine::View& view, const v1::ListRegisteredRequest& request,
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
        v1::Registered shown = Shown(*entity);
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
