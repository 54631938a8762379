// Actual values of indicators, added up over subjects: a programme, those below it, and their projects.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "fundledger/storage/v1/entities.pb.h"
#include "fundledger/v1/report_service.pb.h"
#include "ledger/reports/as_of.h"

#include "absl/status/statusor.h"

namespace fundledger::reports {

// What one subject reported in the state.
class IndicatorReports {
 public:
  using Reports = ::google::protobuf::RepeatedPtrField<::fundledger::storage::v1::IndicatorReport>;
  explicit IndicatorReports(const State& state, const Reports& reports);

  // By indicator: in the order of day and log.
  const std::map<std::string, std::vector<const ::fundledger::storage::v1::IndicatorReport*>>& by_indicator()
      const {
    return by_indicator_;
  }

 private:
  std::map<std::string, std::vector<const ::fundledger::storage::v1::IndicatorReport*>> by_indicator_;
};

// One indicator over several subjects. SUM: all reports add; LAST: each subject's latest, which add;
// DISTINCT: the latest, if there is one subject – people counted twice do not add up, so over more there is
// no value.
class IndicatorTotal {
 public:
  void Add(const std::vector<const ::fundledger::storage::v1::IndicatorReport*>& reports_of_one_subject);
  // OUT_OF_RANGE, reason AMOUNT_OUT_OF_RANGE.
  absl::Status Fill(const ::fundledger::v1::RegisterIndicator& indicator,
                    ::fundledger::v1::IndicatorFigure* figure) const;

 private:
  __int128 sum_ = 0;
  __int128 latest_ = 0;
  int subjects_ = 0;
};

}  // namespace fundledger::reports
