// Unary calls in a few lines each. gRPC's default reactor lives as long as its call; it must be finished
// exactly once, cancelled calls too, and request, response and context live until then.
//
//   grpc::ServerUnaryReactor* Service::GetThing(grpc::CallbackServerContext* context, const Request* request,
//                                               Response* response) {
//     return rpc::RunOn(runtime_.executor, runtime_, context, [=, this](const absl::Status& admitted) {
//       return admitted.ok() ? Fill(*request, response) : admitted;
//     });
//   }
#pragma once

#include <functional>
#include <utility>

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include "services/rpc/executor.h"

#include "absl/status/status.h"

namespace fundledger::rpc {

// What all handlers share; outlives the server.
struct Runtime {
  Executor* executor;
  // For Check: one call may be a thousand submissions of anybody, and must not stand before every query.
  Executor* checks;
  // Told of answers that a person must look into: DATA_LOSS, INTERNAL, UNKNOWN, and UNAVAILABLE where the
  // store cannot be read. Thread-safe; does not block.
  std::function<void(const absl::Status&)> on_fault;
};

// Tells of `status` if a person must look into it.
void ReportFault(const Runtime& runtime, const absl::Status& status);
// Finishes the call. The only place that does.
void Finish(const Runtime& runtime, grpc::ServerUnaryReactor* reactor, const absl::Status& status);

// Runs `fill` on `executor` and finishes the call with what it returns. It is given OK, or the reason why
// there is no room for it, which it returns. A call cancelled in the meantime is finished without running it.
template <typename Fill>
grpc::ServerUnaryReactor* RunOn(Executor* executor, const Runtime& runtime,
                                grpc::CallbackServerContext* context, Fill fill) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  executor->Run([&runtime, context, reactor, fill = std::move(fill)](const absl::Status& admitted) {
    if (context->IsCancelled()) {
      Finish(runtime, reactor, absl::CancelledError("the caller went away"));
    } else {
      Finish(runtime, reactor, fill(admitted));
    }
  });
  return reactor;
}

// Finishes the call on gRPC's own thread, so that it is answered however many queries wait: for what waits
// for nobody and takes no longer than to read a few keys of the store.
template <typename Fill>
grpc::ServerUnaryReactor* Answer(const Runtime& runtime, grpc::CallbackServerContext* context,
                                 const Fill& fill) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  Finish(runtime, reactor, fill());
  return reactor;
}

}  // namespace fundledger::rpc
