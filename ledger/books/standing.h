// Where a project stands on a day, from its milestones.
#pragma once

#include <cstdint>
#include <set>

#include "fundledger/storage/v1/entities.pb.h"

namespace fundledger::books {

struct Standing {
  bool approved = false;
  bool started = false;
  bool completed = false;
  bool suspended = false;
  bool terminated = false;
  int32_t progress_basis_points = 0;
  std::set<int32_t> plan_years;  // 0 among them: approved, and on no plan list
};

// By milestones dated on or before `day`, in the order of their days and, on one day, of the log.
Standing StandingOn(const ::fundledger::storage::v1::Project& project, int32_t day);

}  // namespace fundledger::books
