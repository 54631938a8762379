// A replay whose signatures are verified by several threads ahead of the rest:
//
//   audit::Replay replay;
//   audit::ReplayPipeline pipeline(&replay, threads, [&] { Compare(replay.last_effects()); });
//   for (...) RETURN_IF_ERROR(pipeline.Push(record));
//   RETURN_IF_ERROR(pipeline.Finish());
//
// Records are decoded, hashed, admitted and verified in batches on any thread; links, bindings, rules and
// books follow on the caller's, record by record, so that the outcome is that of Replay::Next, whatever the
// number of threads. Memory: some hundred records a thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "ledger/audit/audit.h"

#include "absl/status/status.h"

namespace fundledger::audit {

class ReplayPipeline {
 public:
  // `threads` work, the caller's included; 0: as many as the machine has cores. `visit` runs on the caller's
  // thread after each record that the replay took. `replay` must outlive this, and be left alone meanwhile.
  ReplayPipeline(Replay* replay, size_t threads, std::function<void()> visit);
  // Records that were pushed and not taken are dropped.
  ~ReplayPipeline();

  // The next record. An error is that of Replay::Next for the first record that was not taken – this one or
  // an earlier one: its place is replay->size(), where the replay stands. It comes again at every further
  // call, and no more records are taken.
  absl::Status Push(std::string_view record);
  // Takes what is left.
  absl::Status Finish();

 private:
  struct State;
  const std::unique_ptr<State> state_;
};

}  // namespace fundledger::audit
