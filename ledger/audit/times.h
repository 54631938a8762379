// Time: what others said of checkpoints, and when, bounds the times that the operator wrote into the records.
// A checkpoint that somebody outside saw at t holds no record made after t, and every record behind it was
// made after t; give or take five minutes, for clocks, and for what is recorded while somebody is asked.
// Pure.
//
//   audit::TimeBounds bounds(attested);
//   for (…) RETURN_IF_ERROR(bounds.Check(sequence, header.recorded_at_us));
//
// It shows a record that was dated before a checkpoint which it is not in, or after one which it is in. Where
// no checkpoint was attested for long, the operator could have dated a record anywhere in between.
//
// Anybody can have an old checkpoint attested today. So an attestation bounds no record that a larger
// checkpoint, attested earlier, holds already; only where no such one is given, an old checkpoint is taken
// for the latest.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ledger/base/hash256.h"

#include "absl/status/status.h"

namespace fundledger::audit {

inline constexpr int64_t kTimeToleranceUs = 300'000'000;

// Somebody outside saw the checkpoint of `size` records, the latest then, at that time.
struct AttestedTime {
  uint64_t size = 0;
  int64_t time_us = 0;  // microseconds since 1970 UTC
  std::string by;       // witness or authority, for messages
};

class TimeBounds {
 public:
  // In any order. That each was verified is the caller's to see to.
  explicit TimeBounds(std::vector<AttestedTime> attested);

  // DATA_LOSS, reason RECORD_BACKDATED: recorded too early for a record behind an attested checkpoint; reason
  // RECORD_POSTDATED: too late for one in it. Names record and checkpoint.
  absl::Status Check(Sequence sequence, int64_t recorded_at_us) const;

 private:
  std::vector<AttestedTime> attested_;  // by size
  // By place in attested_: where the earliest time from there on stands; and where the latest of those before
  // the place stands that is not later than that.
  std::vector<size_t> earliest_from_;
  std::vector<std::optional<size_t>> latest_before_;
};

}  // namespace fundledger::audit
