// Which funds and projects a question is about. A filter that names nothing the state knows is an error and
// never an empty answer.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "fundledger/storage/v1/entities.pb.h"
#include "ledger/books/reader.h"
#include "ledger/reports/as_of.h"

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace fundledger::reports {

// Organizations, programmes or categories and what lies above each.
class Tree {
 public:
  struct Node {
    std::string name;
    std::string parent;
    ::fundledger::v1::Tier tier = ::fundledger::v1::TIER_UNSPECIFIED;  // of an organization
    std::string task_group;                                            // of a programme
  };

  // `kind` is organization, programme or category.
  static absl::StatusOr<Tree> Load(const Source& source, const State& state, books::EntityKind kind);

  // Null if the state knows none of this id.
  const Node* Find(std::string_view id) const;
  // Whether `id` is `ancestor` or lies below it.
  bool IsWithin(std::string_view id, std::string_view ancestor) const;
  const std::map<std::string, Node, std::less<>>& nodes() const { return nodes_; }

 private:
  std::map<std::string, Node, std::less<>> nodes_;
};

// The entity if the state knows it. NOT_FOUND, reason such as FUND_NOT_FOUND, which tells an id that was
// never there from one recorded after the state asked for.
absl::StatusOr<books::EntityPtr> NeedKnown(const Source& source, const State& state, books::EntityKind kind,
                                           std::string_view id);
// OK for an empty filter.
absl::Status CheckFilter(const Source& source, const State& state, books::EntityKind kind,
                         std::string_view id);
// 0, or 1900 to 9999. INVALID_ARGUMENT, reason YEAR_INVALID.
absl::Status CheckYearFilter(std::string_view what, int32_t year);

// Where the entity was first recorded.
const ::fundledger::storage::v1::Origin& OriginOf(const ::fundledger::storage::v1::Entity& entity);

// Entities by id, in their order.
using Selection = std::map<std::string, books::EntityPtr, std::less<>>;

// Empty or 0: any.
struct FundFilter {
  std::string fund;
  std::string category;
  int32_t fiscal_year = 0;
  bool IsOpen() const { return fund.empty() && category.empty() && fiscal_year == 0; }
};
absl::StatusOr<Selection> SelectFunds(const Source& source, const State& state, const FundFilter& filter);

// Empty: any.
struct ProjectFilter {
  std::string project;
  std::string organization;
  std::string programme;
  bool IsOpen() const { return project.empty() && organization.empty() && programme.empty(); }
};
absl::StatusOr<Selection> SelectProjects(const Source& source, const State& state,
                                         const ProjectFilter& filter);

// Whether one of the fund's categories is `category` or lies below it.
bool IsInCategory(const ::fundledger::v1::RegisterFund& fund, const Tree& categories,
                  std::string_view category);

}  // namespace fundledger::reports
