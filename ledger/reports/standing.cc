#include "ledger/reports/standing.h"

#include <algorithm>
#include <array>
#include <tuple>

namespace fundledger::reports {
namespace {

namespace sv1 = ::fundledger::storage::v1;

constexpr std::array<std::string_view, 5> kWork = {"", "declared", "approved", "started", "completed"};
enum Work { kNone, kDeclared, kApproved, kStarted, kCompleted };

bool HappenedBefore(const sv1::Milestone* a, const sv1::Milestone* b) {
  const auto key = [](const sv1::Milestone& m) {
    return std::make_tuple(m.origin().day(), m.origin().sequence(), m.origin().action());
  };
  return key(*a) < key(*b);
}

class Status {
 public:
  void Add(sv1::MilestoneKind kind) {
    switch (kind) {
      case sv1::MILESTONE_KIND_DECLARED:
        return Reach(kDeclared);
      case sv1::MILESTONE_KIND_APPROVED:
        return Reach(kApproved);
      case sv1::MILESTONE_KIND_STARTED:
        return Reach(kStarted);
      case sv1::MILESTONE_KIND_COMPLETED:
        return Reach(kCompleted);
      case sv1::MILESTONE_KIND_SUSPENDED:
        suspended_ = true;
        return;
      case sv1::MILESTONE_KIND_RESUMED:
        suspended_ = false;
        return;
      case sv1::MILESTONE_KIND_TERMINATED:
        terminated_ = true;
        return;
      default:
        return;
    }
  }

  std::string_view name() const {
    if (terminated_) return "terminated";
    return suspended_ ? "suspended" : kWork[work_];
  }

 private:
  void Reach(Work work) { work_ = std::max(work_, work); }

  Work work_ = kNone;
  bool suspended_ = false;
  bool terminated_ = false;
};

}  // namespace

ProjectStanding StandingIn(const State& state, const sv1::Project& project) {
  ProjectStanding standing;
  for (const sv1::Milestone& milestone : project.milestones()) {
    if (state.Holds(milestone.origin())) standing.milestones.push_back(&milestone);
  }
  std::stable_sort(standing.milestones.begin(), standing.milestones.end(), HappenedBefore);
  Status status;
  for (const sv1::Milestone* milestone : standing.milestones) {
    status.Add(milestone->kind());
    if (milestone->kind() == sv1::MILESTONE_KIND_PROGRESS) {
      standing.progress_basis_points = milestone->value();
    }
    // 0: approved, and on no plan list.
    if (milestone->kind() == sv1::MILESTONE_KIND_APPROVED && milestone->value() != 0) {
      standing.plan_years.insert(milestone->value());
    }
    if (milestone->kind() == sv1::MILESTONE_KIND_COMPLETED) standing.completed = true;
    if (milestone->kind() == sv1::MILESTONE_KIND_STARTED) standing.started = true;
  }
  standing.started = standing.started || standing.completed;
  standing.status = status.name();
  return standing;
}

bool WaitsForApproval(const sv1::Project& project) {
  return std::ranges::none_of(project.milestones(), [](const sv1::Milestone& milestone) {
    return milestone.kind() == sv1::MILESTONE_KIND_APPROVED ||
           milestone.kind() == sv1::MILESTONE_KIND_TERMINATED;
  });
}

bool IsProjectStatus(std::string_view status) {
  return status == "suspended" || status == "terminated" ||
         (!status.empty() && std::find(kWork.begin(), kWork.end(), status) != kWork.end());
}

}  // namespace fundledger::reports
