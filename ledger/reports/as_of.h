// The state an answer is about: what was recorded up to one record and had happened by one business day. An
// answer as of record s is the answer that a ledger whose last record is s would give: every entity,
// milestone, step and posting recorded later is left out.
#pragma once

#include <optional>

#include "fundledger/storage/v1/entities.pb.h"
#include "fundledger/v1/resources.pb.h"
#include "ledger/base/date.h"
#include "ledger/reports/reports.h"

#include "absl/status/statusor.h"

namespace fundledger::reports {

struct State {
  Sequence sequence = 0;     // the last record counted
  std::optional<Date> date;  // the last business day counted; nothing: no limit
  bool latest = false;       // all that the source holds, so that the entities' own totals answer

  bool Knows(Sequence recorded) const { return recorded <= sequence; }
  bool Holds(Sequence recorded, int32_t day) const {
    return Knows(recorded) && (!date.has_value() || day <= date->days());
  }
  bool Holds(const ::fundledger::storage::v1::Origin& origin) const {
    return Holds(origin.sequence(), origin.day());
  }
};

// The state that `as_of` asks for; `paged` is the record that the pages before were of, which then decides.
// INVALID_ARGUMENT, reason DATE_INVALID; OUT_OF_RANGE, reason SEQUENCE_NOT_RECORDED; INVALID_ARGUMENT, reason
// PAGE_TOKEN_INVALID, for pages of a record that is not there.
absl::StatusOr<State> ResolveState(const Source& source, const ::fundledger::v1::AsOf& as_of,
                                   std::optional<Sequence> paged);

// Everything but the checkpoint.
void FillBasis(const State& state, ::fundledger::v1::Basis* basis);

// `days` since 1970-01-01 as the answers write it.
void FillDate(int32_t days, ::fundledger::v1::Date* date);

}  // namespace fundledger::reports
