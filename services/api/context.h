// What the handlers of every service have at hand, and the shape that most of them share: one query on one
// view, by somebody who may ask it.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "ledger/base/status.h"
#include "ledger/engine/engine.h"
#include "services/api/access.h"
#include "services/api/confine.h"
#include "services/api/watch.h"
#include "services/rpc/unary.h"

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace fundledger::api {

// All outlive the server that the services are registered with.
struct Context {
  engine::Engine* engine;
  rpc::Runtime* runtime;
  const Access* access;
  Watch* watch;
};

// Tells the operator of a query that was refused for who asked it, or for a limit.
void WatchQuery(const Context& context, const grpc::CallbackServerContext& call, const QueryRule& rule,
                const Caller& caller, const absl::Status& status);

// Who asks, as of a view, and how far.
struct Asker {
  Caller caller;
  Reach reach = Reach::kAll;
};

// Answers with `fill(view, asker, request, response)`, run on `executor` against the latest view, if the rule
// of the request's RPC lets the caller ask. The request is a copy, confined to what the caller may see.
template <typename Request, typename Response, typename Fill>
grpc::ServerUnaryReactor* QueryOn(rpc::Executor* executor, const Context& context,
                                  grpc::CallbackServerContext* call, const Request* request,
                                  Response* response, Fill fill) {
  return rpc::RunOn(executor, *context.runtime, call,
                    [&context, call, request, response, fill](const absl::Status& admitted) {
                      const QueryRule& rule = RuleFor<Request>();
                      Asker asker;
                      const absl::Status status = [&]() -> absl::Status {
                        RETURN_IF_ERROR(admitted);
                        const std::shared_ptr<const engine::View> view = context.engine->view();
                        ASSIGN_OR_RETURN(asker.caller,
                                         context.access->Identify(*call->auth_context(), *view));
                        ASSIGN_OR_RETURN(asker.reach, CheckQuery(asker.caller, rule));
                        if (asker.reach == Reach::kAll) return fill(*view, asker, *request, response);
                        Request confined = *request;
                        RETURN_IF_ERROR(Confine(asker.caller, *view, &confined));
                        return fill(*view, asker, confined, response);
                      }();
                      WatchQuery(context, *call, rule, asker.caller, status);
                      return status;
                    });
}

template <typename Request, typename Response, typename Fill>
grpc::ServerUnaryReactor* Query(const Context& context, grpc::CallbackServerContext* call,
                                const Request* request, Response* response, Fill fill) {
  return QueryOn(context.runtime->executor, context, call, request, response, std::move(fill));
}

// Answers with `fill()` on gRPC's own thread: for what never blocks and every officer may ask.
template <typename Request, typename Fill>
grpc::ServerUnaryReactor* AnswerAtOnce(const Context& context, grpc::CallbackServerContext* call,
                                       const Request*, const Fill& fill) {
  return rpc::Answer(*context.runtime, call, [&]() -> absl::Status {
    const QueryRule& rule = RuleFor<Request>();
    Caller caller;
    const absl::Status status = [&]() -> absl::Status {
      ASSIGN_OR_RETURN(caller, context.access->IdentifyQuickly(*call->auth_context()));
      RETURN_IF_ERROR(CheckQuery(caller, rule).status());
      return fill();
    }();
    WatchQuery(context, *call, rule, caller, status);
    return status;
  });
}

}  // namespace fundledger::api
