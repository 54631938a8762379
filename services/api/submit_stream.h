// LedgerService.SubmitStream: many submissions in flight on one stream, recorded and answered in the order in
// which they came (fundledger/v1/ledger_service.proto).
//
// A stream's submissions are verified in parallel, queued in order, and answered in order. At most a window
// of them is without a written answer; then it reads no further, and HTTP/2's flow control holds the sender
// back. The same where its officer sends faster than one officer may.
#pragma once

#include <set>
#include <string>

#include <grpcpp/support/server_callback.h>

#include "fundledger/v1/ledger_service.pb.h"
#include "ledger/base/mutex.h"
#include "services/api/context.h"
#include "services/api/door.h"
#include "services/api/shares.h"

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace fundledger::api {

class SubmitStream;

// The streams of one server. Thread-safe. Outlives them, which the server's Shutdown sees to.
class SubmitStreams {
 public:
  using Reactor =
      grpc::ServerBidiReactor<::fundledger::v1::SubmitStreamRequest, ::fundledger::v1::SubmitStreamResponse>;

  // All outlive it.
  SubmitStreams(const Context& context, Door* door)
      : context_(context),
        door_(door),
        shares_(door->limits().streams, "streams of submissions", "limits.streams", "STREAMS_FULL") {}

  // Serves one call of `caller`; refuses it if there is none. A stream too many, of all or of its officer's
  // share, ends with RESOURCE_EXHAUSTED, reason STREAMS_FULL; one after Stop with UNAVAILABLE, reason
  // SERVER_STOPPING; one that sent nothing for a while and waits for nothing with UNAVAILABLE, reason
  // STREAM_IDLE. One whose officer is registered no more takes nothing further and ends as a new one would.
  Reactor* Open(grpc::CallbackServerContext* call, absl::StatusOr<Caller> caller);
  // Streams take no more submissions; each ends, with SERVER_STOPPING, once it has answered those it took.
  void Stop();

 private:
  friend class SubmitStream;
  void Remove(SubmitStream* stream, const std::string& officer);
  Reactor* Refused(grpc::CallbackServerContext* call, const std::string& officer, const absl::Status& why);

  const Context& context_;
  Door* const door_;
  Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::set<SubmitStream*> open_ ABSL_GUARDED_BY(mutex_);
  Shares shares_ ABSL_GUARDED_BY(mutex_);  // of the open ones
};

}  // namespace fundledger::api
