// Sums of postings: what the books say about money, for any state.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "fundledger/storage/v1/entities.pb.h"
#include "fundledger/v1/resources.pb.h"
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

  void Add(const ::fundledger::storage::v1::Posting& posting);
  void Add(const Money& other);

  WideFen allocated_fen() const { return available_fen + reserved_fen + held_fen + paid_fen; }
  WideFen disbursed_fen() const { return held_fen + paid_fen; }
  // The outside account holds loans outstanding too; they are not payments.
  WideFen outside_paid_fen() const { return outside_fen - (loans_granted_fen - loans_repaid_fen); }
};

// OUT_OF_RANGE, reason AMOUNT_OUT_OF_RANGE; `what` names whose money it is.
absl::Status FillAmounts(const Money& money, std::string_view what, ::fundledger::v1::Amounts* amounts);

// By project and fund, in their order. A line is there once anything was posted on it, even if that is zero
// by now.
using LineMoney = std::map<std::pair<std::string, std::string>, Money>;

// Lines of `project`, or all if it is empty.
absl::StatusOr<LineMoney> LoadLines(const Source& source, const State& state, std::string_view project);

// By fund: its own money, its lines' and what other bodies paid out of it.
absl::StatusOr<std::map<std::string, Money>> LoadFunds(const Source& source, const State& state);

}  // namespace fundledger::reports
