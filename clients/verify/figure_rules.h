// What each figure of a briefing counts, by its name: which actions, and how much of each. That a line is of
// the programme, year or township in the figure's name only the books show.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fundledger/v1/actions.pb.h"

namespace fundledger::verify {

enum class Counting {
  kPlannedInitially,
  kPlanned,
  kAllocated,
  kDisbursed,
  kReceived,
  kOutsidePaid,
  kLoansGranted,
  kListed,
  kStarted,
  kCompleted,
  kReported,
};

// Nothing for what no records add up to: names, rates, and what no briefing has.
std::optional<Counting> CountingOf(std::string_view figure);
// Whether it counts projects, each once, and not money.
bool IsCount(Counting counting);

// What an action in effect counts for: a line (project and fund), a fund, an outside payment (fund and
// programme), a project, or a programme.
struct CountedAmount {
  std::string project;
  std::string fund;
  std::string programme;
  int64_t amount = 0;  // fen; 1 for a project; an indicator's value times 10^scale
};
// Empty if that kind of action does not count. For kDisbursed: of the payment's request, as its confirmation
// counts, and of a refund. `indicator` is the one meant by kReported.
std::vector<CountedAmount> AmountsOf(Counting counting, std::string_view indicator,
                                     const ::fundledger::v1::Action& action);

}  // namespace fundledger::verify
