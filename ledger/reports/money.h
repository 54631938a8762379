// Sums of postings: what the books say about money, for any state.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "fundledger/storage/v1/entities.pb.h"
#include "fundledger/v1/resources.pb.h"
#include "ledger/books/accounts.h"
#include "ledger/reports/as_of.h"

#include "absl/status/statusor.h"

namespace fundledger::reports {

// Wide enough that no number of postings wraps it; narrowed once, where the answer is written.
using WideFen = __int128;

// OUT_OF_RANGE, reason AMOUNT_OUT_OF_RANGE, naming `what`.
absl::StatusOr<int64_t> NarrowFen(WideFen fen, std::string_view what);

struct Money {
  WideFen received_fen = 0;
  WideFen unallocated_fen = 0;
  WideFen planned_fen = 0;
  WideFen planned_initially_fen = 0;
  WideFen available_fen = 0;
  WideFen reserved_fen = 0;
  WideFen held_fen = 0;
  WideFen paid_fen = 0;
  WideFen outside_fen = 0;
  WideFen loans_granted_fen = 0;
  WideFen loans_repaid_fen = 0;

  Money() = default;
  // What stands on one account.
  explicit Money(const books::AccountBalance& row);
  void Add(const Money& other);

  WideFen allocated_fen() const { return available_fen + reserved_fen + held_fen + paid_fen; }
  WideFen disbursed_fen() const { return held_fen + paid_fen; }
  // The outside account holds loans outstanding too; they are not payments.
  WideFen outside_paid_fen() const { return outside_fen - (loans_granted_fen - loans_repaid_fen); }
};

// OUT_OF_RANGE, reason AMOUNT_OUT_OF_RANGE; `what` names whose money it is, and is asked only then.
absl::Status FillAmounts(const Money& money, const std::function<std::string()>& what,
                         ::fundledger::v1::Amounts* amounts);

// What stands on every account in the state.
absl::StatusOr<books::Balances> LoadBalances(const Source& source, const State& state);

// Budget lines by project and fund, in their order. A line is there once anything was posted on it, even if
// that is zero by now.
class Lines {
 public:
  struct Line {
    std::string_view project;
    std::string_view fund;
    Money money;
  };

  // Lines of `project`, or all if it is empty.
  static absl::StatusOr<Lines> Load(const Source& source, const State& state, std::string_view project);

  const std::vector<Line>& all() const { return lines_; }
  bool Has(std::string_view project) const;
  std::vector<Line> Of(std::string_view project) const;

 private:
  static absl::StatusOr<Lines> ReadTotals(const Source& source, std::string_view project);

  std::vector<Line> lines_;
  std::shared_ptr<const void> storage_;  // of the names
};

absl::Status FillLine(const Lines::Line& line, ::fundledger::v1::StatementLine* out);

// By fund: its own money, its lines' and what other bodies paid out of it. Valid as long as `balances`.
std::map<std::string_view, Money> SumByFund(const books::Balances& balances);

}  // namespace fundledger::reports
