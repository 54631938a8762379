// Many submissions at once: signed on all cores, sent over one stream with a bounded number in flight,
// answered in order, and each believed and kept as a single one is.
//
//   BulkSubmitter bulk(client);
//   absl::Status status = bulk.Run(drafts, [](size_t i, const Sealed&, const auto& outcome) {
//     return outcome.ok();  // false: send no more
//   });
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "clients/sdk/client.h"
#include "clients/sdk/receipt.h"
#include "clients/sdk/submission.h"

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace fundledger::sdk {

struct BulkOptions {
  // Sent and not yet answered, at most: so many may be recorded without a receipt here when this program
  // dies. Sending them again brings the receipts.
  size_t window = 256;
};

// Not thread-safe; uses the client, which nobody else may use during a run. Its own threads live only during
// a run.
class BulkSubmitter {
 public:
  // What became of one draft: its receipt, on disk already; or why the ledger refused it. Called on the
  // thread of Run, in the drafts' order, once for each. False: send no more. What was sent by then is
  // reported still.
  using Report =
      std::function<bool(size_t index, const Sealed& sealed, const absl::StatusOr<CheckedReceipt>& outcome)>;

  // `client` outlives this.
  explicit BulkSubmitter(Client* client, BulkOptions options = {}) : client_(client), options_(options) {}

  // Returns when all drafts are reported, or it was told to stop. A stream that breaks, or says nothing for
  // the client's attempt_ms, is opened again, and what was not answered is sent again, in order and byte for
  // byte, until nothing was answered for the client's patience; likewise what the ledger could not take,
  // after the delay it asks for. A server that does not know streams gets one call after the other.
  //
  // An error is about the first draft that was not reported, and about those behind it: those sent may be
  // recorded or not; send them again. UNAVAILABLE, DEADLINE_EXCEEDED or RESOURCE_EXHAUSTED: as of
  // Client::Submit. Any other error from the server that is no refusal (IsRefusal): that ends the run at
  // once. Evidence, reasons RECEIPT_INVALID, ANSWER_MISMATCH (an answer to something else), and those of
  // Client::Settle. UNAVAILABLE, reason FILE_UNWRITABLE: a receipt could not be kept, and is not reported.
  // FAILED_PRECONDITION, reason NOT_SETTLED: as of Client::Settle.
  absl::Status Run(const std::vector<Unsealed>& drafts, const Report& report);
  // Of the last run, whether it was stopped or failed: sent and never reported. They may be recorded, and
  // follow what was reported.
  size_t unanswered() const { return unanswered_; }

 private:
  Client* client_;
  BulkOptions options_;
  size_t unanswered_ = 0;
  bool streams_ = true;  // until the server says that it knows none
};

}  // namespace fundledger::sdk
