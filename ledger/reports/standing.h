// Where a project stands in a state, from its milestones.
#pragma once

#include <cstdint>
#include <set>
#include <string_view>
#include <vector>

#include "fundledger/storage/v1/entities.pb.h"
#include "ledger/reports/as_of.h"

namespace fundledger::reports {

// Valid as long as the project it was read from.
struct ProjectStanding {
  // declared, approved, started, completed, suspended, terminated; empty while nothing of the project has
  // happened. Work goes one way: an approval into another year's list, or a start reported late, takes
  // nothing back. A suspension lasts until work is resumed, completed or not: then the project stands where
  // its work stands. Termination is the end, whatever is reported after it.
  std::string_view status;
  int32_t progress_basis_points = 0;  // of the latest report
  std::set<int32_t> plan_years;
  bool started = false;  // started or completed: what is completed has certainly begun
  bool completed = false;
  // Those of the state, by day and, on one day, in the order of the log.
  std::vector<const ::fundledger::storage::v1::Milestone*> milestones;
};

ProjectStanding StandingIn(const State& state, const ::fundledger::storage::v1::Project& project);

// Whether it still waits, as of its latest record, to be approved for the first time: work may have been
// reported of it before, but it was not terminated.
bool WaitsForApproval(const ::fundledger::storage::v1::Project& project);

// Whether `status` is one of those above; not for the empty one.
bool IsProjectStatus(std::string_view status);

}  // namespace fundledger::reports
