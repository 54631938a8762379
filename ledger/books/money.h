// The movements of one action: gathered, then applied together, so that legs may stand in any order and an
// action moves all or nothing.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "ledger/books/working.h"

#include "absl/status/status.h"

namespace fundledger::books {

class Money {
 public:
  // What changes on a fund itself. The true accounts of an action sum to zero (checked in Apply).
  struct FundMove {
    int64_t source_fen = 0;
    int64_t unallocated_fen = 0;
  };
  // What changes on a line.
  struct LineMove {
    int64_t available_fen = 0;
    int64_t reserved_fen = 0;
    int64_t held_fen = 0;
    int64_t paid_fen = 0;
    int64_t planned_fen = 0;
    int64_t planned_initially_fen = 0;
    int64_t allocated_fen() const { return available_fen + reserved_fen + held_fen + paid_fen; }
  };

  FundMove& Fund(std::string_view fund) { return funds_[std::string(fund)]; }
  LineMove& Line(std::string_view project, std::string_view fund) {
    return lines_[{std::string(project), std::string(fund)}];
  }

  // Moves everything on the action's business date and posts it; in a trial only finds out whether it could,
  // so an effect moves its money last and looks at no balance after. FAILED_PRECONDITION, reason
  // ACCOUNT_BELOW_ZERO, for an account that would be below zero on that day or after it; OVER_PLAN where more
  // would be allocated on a line than is planned for it.
  absl::Status Apply(const ActionContext& context) const;

 private:
  absl::Status Check(const ActionContext& context) const;

  std::map<std::string, FundMove, std::less<>> funds_;
  std::map<std::pair<std::string, std::string>, LineMove> lines_;
};

}  // namespace fundledger::books
