// What the handlers of every service have at hand, and the shape that most of them share: one query on one
// view, by somebody who may ask it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "fundledger/v1/resources.pb.h"
#include "ledger/base/status.h"
#include "ledger/engine/engine.h"
#include "services/api/access.h"
#include "services/api/confine.h"
#include "services/api/watch.h"
#include "services/api/witnessed.h"
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
  const Witnessed* witnessed = nullptr;  // null: the ledger has no witnesses
};

// Tells the operator of a query that was refused for who asked it, or for a limit.
void WatchQuery(const Context& context, const grpc::CallbackServerContext& call, const QueryRule& rule,
                const Caller& caller, const absl::Status& status);

// Has the engine sign a response to a request, both serialized, as the answer of the RPC that `rule` is of,
// into the response's basis. INVALID_ARGUMENT, reason ANSWER_TOO_LARGE: with its signed copy it would not fit
// a message. Otherwise as of Engine::SignAnswer.
absl::Status SignAnswer(const Context& context, const engine::View& view, const QueryRule& rule,
                        std::string request, std::string response, ::fundledger::v1::Basis* basis);

// The same, if the request asks for it. The request is what was answered: confined, where that is needed.
template <typename Request, typename Response>
absl::Status SignIfAsked(const Context& context, const engine::View& view, const Request& asked,
                         Response* response) {
  if constexpr (requires { asked.sign_answer(); }) {
    if (asked.sign_answer()) {
      return SignAnswer(context, view, RuleFor<Request>(), asked.SerializeAsString(),
                        response->SerializeAsString(), response->mutable_basis());
    }
  }
  return absl::OkStatus();
}

// Names the witnessed checkpoint in what has a basis.
template <typename Response>
void FillWitnessed(const Context& context, const engine::View& view, Response* response) {
  if constexpr (requires { response->mutable_basis()->set_witnessed_checkpoint(""); }) {
    if (context.witnessed == nullptr) return;
    response->mutable_basis()->set_witnessed_checkpoint(context.witnessed->NoteUpTo(view.size()));
  }
}

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
                        const Request* asked = request;
                        Request confined;
                        if (asker.reach != Reach::kAll) {
                          confined = *request;
                          RETURN_IF_ERROR(Confine(asker.caller, *view, &confined));
                          asked = &confined;
                        }
                        RETURN_IF_ERROR(fill(*view, asker, *asked, response));
                        FillWitnessed(context, *view, response);
                        return SignIfAsked(context, *view, *asked, response);
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

// Answers with `fill()` on gRPC's own thread, as rpc::Answer does: for what reads a few keys at most and
// every officer may ask. Who asks is one more, of the caller's first call and then now and then.
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
