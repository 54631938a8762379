#include "ledger/audit/times.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <tuple>
#include <utility>

#include "ledger/base/status.h"

#include "absl/strings/str_cat.h"

namespace fundledger::audit {
namespace {

constexpr int64_t kMicrosPerSecond = 1'000'000;

absl::Status Misdated(std::string_view reason, Sequence sequence, int64_t recorded_at_us,
                      const AttestedTime& attested, std::string_view what) {
  const int64_t off_us = recorded_at_us > attested.time_us ? recorded_at_us - attested.time_us
                                                           : attested.time_us - recorded_at_us;
  return Refuse(absl::StatusCode::kDataLoss, reason,
                absl::StrCat("record ", sequence, " says it was recorded ", off_us / kMicrosPerSecond, " s ",
                             recorded_at_us > attested.time_us ? "after " : "before ", attested.by,
                             " attested the checkpoint of ", attested.size, " records, ", ToAbsl(what),
                             "; five minutes are allowed"));
}

}  // namespace

TimeBounds::TimeBounds(std::vector<AttestedTime> attested) : attested_(std::move(attested)) {
  std::sort(attested_.begin(), attested_.end(), [](const AttestedTime& a, const AttestedTime& b) {
    return std::tie(a.size, a.time_us, a.by) < std::tie(b.size, b.time_us, b.by);
  });
  earliest_from_.resize(attested_.size());
  for (size_t i = attested_.size(); i-- > 0;) {
    const bool is_earlier =
        i + 1 == attested_.size() || attested_[i].time_us <= attested_[earliest_from_[i + 1]].time_us;
    earliest_from_[i] = is_earlier ? i : earliest_from_[i + 1];
  }
  latest_before_.resize(attested_.size() + 1);
  std::set<std::pair<int64_t, size_t>> by_time;  // those before `i`
  for (size_t i = 0; i <= attested_.size(); ++i) {
    // What was said of a checkpoint when somebody had seen the record already, says nothing of the record.
    const auto end = i == attested_.size()
                         ? by_time.end()
                         : by_time.upper_bound({attested_[earliest_from_[i]].time_us, attested_.size()});
    if (end != by_time.begin()) latest_before_[i] = std::prev(end)->second;
    if (i < attested_.size()) by_time.emplace(attested_[i].time_us, i);
  }
}

absl::Status TimeBounds::Check(Sequence sequence, int64_t recorded_at_us) const {
  // Those before `behind` do not hold the record.
  const auto behind = static_cast<size_t>(
      std::upper_bound(attested_.begin(), attested_.end(), sequence,
                       [](Sequence place, const AttestedTime& each) { return place < each.size; }) -
      attested_.begin());
  if (latest_before_[behind].has_value()) {
    const AttestedTime& before = attested_[*latest_before_[behind]];
    if (recorded_at_us < before.time_us - kTimeToleranceUs)
      return Misdated("RECORD_BACKDATED", sequence, recorded_at_us, before, "which it is behind");
  }
  if (behind < attested_.size()) {
    const AttestedTime& after = attested_[earliest_from_[behind]];
    if (recorded_at_us > after.time_us + kTimeToleranceUs)
      return Misdated("RECORD_POSTDATED", sequence, recorded_at_us, after, "which it is in");
  }
  return absl::OkStatus();
}

}  // namespace fundledger::audit
