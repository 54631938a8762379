#include "ledger/reports/as_of.h"

#include "ledger/base/status.h"

#include "absl/strings/str_cat.h"

namespace fundledger::reports {

namespace v1 = ::fundledger::v1;

absl::StatusOr<State> ResolveState(const Source& source, const v1::AsOf& as_of,
                                   std::optional<Sequence> paged) {
  State state;
  if (as_of.has_date()) {
    ASSIGN_OR_RETURN(state.date,
                     Date::FromCivil(as_of.date().year(), as_of.date().month(), as_of.date().day()));
  }
  if (as_of.has_sequence() && as_of.sequence() > source.last) {
    return Refuse(absl::StatusCode::kOutOfRange, "SEQUENCE_NOT_RECORDED",
                  absl::StrCat("asked for as of record ", as_of.sequence(), "; the last record is ",
                               source.last, "; ask for one of 0 to ", source.last));
  }
  if (paged.has_value() && *paged > source.last) {
    return Refuse(absl::StatusCode::kInvalidArgument, "PAGE_TOKEN_INVALID",
                  absl::StrCat("the page token is of record ", *paged, "; the last record here is ",
                               source.last, "; start again from the first page"));
  }
  state.sequence = as_of.has_sequence() ? as_of.sequence() : source.last;
  if (paged.has_value()) state.sequence = *paged;
  state.latest = !state.date.has_value() && state.sequence == source.last;
  return state;
}

void FillBasis(const State& state, v1::Basis* basis) {
  basis->set_sequence(state.sequence);
  if (state.date.has_value()) FillDate(state.date->days(), basis->mutable_date());
}

void FillDate(int32_t days, v1::Date* date) {
  const Date day(days);
  date->set_year(day.year());
  date->set_month(day.month());
  date->set_day(day.day());
}

}  // namespace fundledger::reports
