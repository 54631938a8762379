#include "ledger/reports/select.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "ledger/base/status.h"
#include "ledger/base/utf8.h"

#include "absl/strings/str_cat.h"

namespace fundledger::reports {
namespace {

namespace v1 = ::fundledger::v1;
namespace sv1 = ::fundledger::storage::v1;
using books::EntityKind;

struct KindName {
  EntityKind kind;
  const char* name;
  const char* reason;
};

constexpr KindName kKindNames[] = {
    {EntityKind::kOrganization, "organization", "ORGANIZATION_NOT_FOUND"},
    {EntityKind::kOfficer, "officer", "OFFICER_NOT_FOUND"},
    {EntityKind::kProgramme, "programme", "PROGRAMME_NOT_FOUND"},
    {EntityKind::kCategory, "category", "CATEGORY_NOT_FOUND"},
    {EntityKind::kFund, "fund", "FUND_NOT_FOUND"},
    {EntityKind::kProject, "project", "PROJECT_NOT_FOUND"},
};

const KindName& NameOf(EntityKind kind) {
  for (const KindName& each : kKindNames) {
    if (each.kind == kind) return each;
  }
  (void)std::fprintf(stderr, "invariant broken: no filter names entities of kind %d\n",
                     static_cast<int>(kind));
  std::abort();
}

Tree::Node NodeOf(const sv1::Entity& entity) {
  if (entity.has_organization()) {
    const v1::RegisterOrganization& what = entity.organization().registration();
    return {what.name(), what.parent(), what.tier(), ""};
  }
  if (entity.has_programme()) {
    const v1::RegisterProgramme& what = entity.programme().registration();
    return {what.name(), what.parent(), v1::TIER_UNSPECIFIED, what.task_group()};
  }
  return {entity.category().registration().name(), entity.category().registration().parent(),
          v1::TIER_UNSPECIFIED, ""};
}

}  // namespace

const sv1::Origin& OriginOf(const sv1::Entity& entity) {
  switch (entity.body_case()) {
    case sv1::Entity::kOrganization:
      return entity.organization().origin();
    case sv1::Entity::kOfficer:
      return entity.officer().origin();
    case sv1::Entity::kTaskGroup:
      return entity.task_group().origin();
    case sv1::Entity::kProgramme:
      return entity.programme().origin();
    case sv1::Entity::kCategory:
      return entity.category().origin();
    case sv1::Entity::kIndicator:
      return entity.indicator().origin();
    case sv1::Entity::kFund:
      return entity.fund().origin();
    case sv1::Entity::kProposal:
      return entity.proposal().origin();
    case sv1::Entity::kProject:
      // Its first milestone in the order of the log is its declaration.
      if (entity.project().milestones_size() > 0) return entity.project().milestones(0).origin();
      return sv1::Origin::default_instance();
    default:
      return sv1::Origin::default_instance();
  }
}

absl::StatusOr<Tree> Tree::Load(const Source& source, const State& state, EntityKind kind) {
  Tree tree;
  RETURN_IF_ERROR(
      source.entities.Scan(kind, "", "", [&](std::string_view id, const books::EntityPtr& entity) {
        if (state.Knows(OriginOf(*entity).sequence())) tree.nodes_.emplace(id, NodeOf(*entity));
        return true;
      }));
  return tree;
}

const Tree::Node* Tree::Find(std::string_view id) const {
  const auto found = nodes_.find(id);
  return found == nodes_.end() ? nullptr : &found->second;
}

bool Tree::IsWithin(std::string_view id, std::string_view ancestor) const {
  // A parent is registered before what lies below it, so the walk ends; the bound is for a damaged store.
  for (size_t depth = 0; depth <= nodes_.size(); ++depth) {
    if (id == ancestor) return true;
    const Node* node = Find(id);
    if (node == nullptr || node->parent.empty()) return false;
    id = node->parent;
  }
  return false;
}

absl::StatusOr<books::EntityPtr> NeedKnown(const Source& source, const State& state, EntityKind kind,
                                           std::string_view id) {
  const KindName& name = NameOf(kind);
  ASSIGN_OR_RETURN(books::EntityPtr entity, source.entities.Get({kind, std::string(id)}));
  if (entity == nullptr) {
    return Refuse(absl::StatusCode::kNotFound, name.reason,
                  absl::StrCat("there is no ", name.name, " ", Quote(id), "; list them to see their ids"));
  }
  if (!state.Knows(OriginOf(*entity).sequence())) {
    return Refuse(absl::StatusCode::kNotFound, name.reason,
                  absl::StrCat(name.name, " ", Quote(id), " is of record ", OriginOf(*entity).sequence(),
                               "; as of record ", state.sequence, " there was none"));
  }
  return entity;
}

absl::Status CheckFilter(const Source& source, const State& state, EntityKind kind, std::string_view id) {
  return id.empty() ? absl::OkStatus() : NeedKnown(source, state, kind, id).status();
}

absl::Status CheckYearFilter(std::string_view what, int32_t year) {
  if (year == 0 || (year >= 1900 && year <= 9999)) return absl::OkStatus();
  return Refuse(absl::StatusCode::kInvalidArgument, "YEAR_INVALID",
                absl::StrCat(ToAbsl(what), " is ", year, "; a year is 1900 to 9999"));
}

bool IsInCategory(const v1::RegisterFund& fund, const Tree& categories, std::string_view category) {
  return std::any_of(fund.categories().begin(), fund.categories().end(),
                     [&](const std::string& each) { return categories.IsWithin(each, category); });
}

absl::StatusOr<Selection> SelectFunds(const Source& source, const State& state, const FundFilter& filter) {
  RETURN_IF_ERROR(CheckFilter(source, state, EntityKind::kFund, filter.fund));
  RETURN_IF_ERROR(CheckFilter(source, state, EntityKind::kCategory, filter.category));
  RETURN_IF_ERROR(CheckYearFilter("fiscal_year", filter.fiscal_year));
  Tree categories;
  if (!filter.category.empty()) {
    ASSIGN_OR_RETURN(categories, Tree::Load(source, state, EntityKind::kCategory));
  }
  Selection funds;
  RETURN_IF_ERROR(source.entities.Scan(
      EntityKind::kFund, "", filter.fund, [&](std::string_view id, const books::EntityPtr& entity) {
        const v1::RegisterFund& fund = entity->fund().registration();
        if (!filter.fund.empty() && id != filter.fund) return false;
        const bool wanted = state.Knows(entity->fund().origin().sequence()) &&
                            (filter.fiscal_year == 0 || fund.fiscal_year() == filter.fiscal_year) &&
                            (filter.category.empty() || IsInCategory(fund, categories, filter.category));
        if (wanted) funds.emplace(id, entity);
        return true;
      }));
  return funds;
}

absl::StatusOr<Selection> SelectProjects(const Source& source, const State& state,
                                         const ProjectFilter& filter) {
  RETURN_IF_ERROR(CheckFilter(source, state, EntityKind::kProject, filter.project));
  RETURN_IF_ERROR(CheckFilter(source, state, EntityKind::kOrganization, filter.organization));
  RETURN_IF_ERROR(CheckFilter(source, state, EntityKind::kProgramme, filter.programme));
  Tree organizations;
  Tree programmes;
  if (!filter.organization.empty()) {
    ASSIGN_OR_RETURN(organizations, Tree::Load(source, state, EntityKind::kOrganization));
  }
  if (!filter.programme.empty()) {
    ASSIGN_OR_RETURN(programmes, Tree::Load(source, state, EntityKind::kProgramme));
  }
  Selection projects;
  RETURN_IF_ERROR(source.entities.Scan(
      EntityKind::kProject, "", filter.project, [&](std::string_view id, const books::EntityPtr& entity) {
        const v1::DeclareProject& what = entity->project().declaration();
        if (!filter.project.empty() && id != filter.project) return false;
        const bool wanted =
            state.Knows(OriginOf(*entity).sequence()) &&
            (filter.organization.empty() ||
             organizations.IsWithin(what.organization(), filter.organization)) &&
            (filter.programme.empty() || programmes.IsWithin(what.programme(), filter.programme));
        if (wanted) projects.emplace(id, entity);
        return true;
      }));
  return projects;
}

}  // namespace fundledger::reports
