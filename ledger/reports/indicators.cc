#include "ledger/reports/indicators.h"

#include <algorithm>
#include <tuple>

#include "ledger/base/status.h"
#include "ledger/reports/money.h"

#include "absl/strings/str_cat.h"

namespace fundledger::reports {
namespace {

namespace v1 = ::fundledger::v1;
namespace sv1 = ::fundledger::storage::v1;

bool HappenedBefore(const sv1::IndicatorReport* a, const sv1::IndicatorReport* b) {
  const auto key = [](const sv1::IndicatorReport& report) {
    return std::make_tuple(report.origin().day(), report.origin().sequence(), report.origin().action());
  };
  return key(*a) < key(*b);
}

}  // namespace

IndicatorReports::IndicatorReports(const State& state, const Reports& reports) {
  for (const sv1::IndicatorReport& report : reports) {
    if (state.Holds(report.origin())) by_indicator_[report.indicator()].push_back(&report);
  }
  for (auto& [indicator, values] : by_indicator_) {
    std::stable_sort(values.begin(), values.end(), HappenedBefore);
  }
}

void IndicatorTotal::Add(const std::vector<const sv1::IndicatorReport*>& reports_of_one_subject) {
  if (reports_of_one_subject.empty()) return;
  for (const sv1::IndicatorReport* report : reports_of_one_subject) sum_ += report->value();
  latest_ += reports_of_one_subject.back()->value();
  ++subjects_;
}

absl::Status IndicatorTotal::Fill(const v1::RegisterIndicator& indicator, v1::IndicatorFigure* figure) const {
  figure->set_id(indicator.id());
  figure->set_name(indicator.name());
  figure->set_unit(indicator.unit());
  figure->set_scale(indicator.scale());
  figure->set_aggregation(indicator.aggregation());
  if (indicator.aggregation() == v1::AGGREGATION_DISTINCT && subjects_ != 1) return absl::OkStatus();
  const bool adds = indicator.aggregation() == v1::AGGREGATION_SUM;
  ASSIGN_OR_RETURN(const int64_t value,
                   NarrowFen(adds ? sum_ : latest_, absl::StrCat("indicator ", indicator.id())));
  figure->set_value(value);
  return absl::OkStatus();
}

}  // namespace fundledger::reports
