// AuditService.WatchRecords: every record in order, and then each as it is recorded
// (fundledger/v1/audit_service.proto).
//
// Messages are bounded, and end in a signed checkpoint wherever one lies within, so that who follows can
// believe and keep each by itself. The next is read from the store only when the one before was taken by
// HTTP/2's flow control: a slow reader costs one message of memory.
#pragma once

#include <cstddef>
#include <string>

#include <grpcpp/support/server_callback.h>

#include "fundledger/v1/audit_service.pb.h"
#include "ledger/base/mutex.h"
#include "services/api/context.h"
#include "services/api/shares.h"

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"

namespace fundledger::api {

class RecordWatch;

// Those who watch one server's records. Thread-safe. Outlives them, which the server's Shutdown sees to.
class RecordWatches {
 public:
  using Reactor = grpc::ServerWriteReactor<::fundledger::v1::WatchRecordsResponse>;

  // At most `watches_max` at once, of one officer a share of them. The context outlives it.
  RecordWatches(const Context& context, size_t watches_max)
      : context_(context), shares_(watches_max, "watches of the records", "limits.watches", "WATCHES_FULL") {}

  // Serves one call. Ends it, with RESOURCE_EXHAUSTED, reason WATCHES_FULL; OUT_OF_RANGE, reason
  // WATCH_BEYOND_END, where the first record wanted lies beyond the next; UNAVAILABLE, reason
  // SERVER_STOPPING. A caller who may not ask any more is told so within a second.
  Reactor* Open(grpc::CallbackServerContext* call, const ::fundledger::v1::WatchRecordsRequest& request);
  // Each ends, with SERVER_STOPPING, at its next step.
  void Stop();

 private:
  friend class RecordWatch;
  Reactor* Refused(grpc::CallbackServerContext* call, const std::string& officer, const absl::Status& why);
  absl::Status Add(const std::string& officer);
  bool is_stopping();
  void Remove(const std::string& officer);

  const Context& context_;
  Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  Shares shares_ ABSL_GUARDED_BY(mutex_);  // of the open ones
};

}  // namespace fundledger::api
