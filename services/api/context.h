// What the handlers of every service have at hand, and the shape that most of them share: one query on one
// view.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "ledger/engine/engine.h"
#include "services/rpc/unary.h"

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace fundledger::api {

// Both outlive the server that the services are registered with.
struct Context {
  engine::Engine* engine;
  rpc::Runtime* runtime;
};

// Answers with `fill(view, request, response)`, run on the executor against the latest view.
template <typename Request, typename Response, typename Fill>
grpc::ServerUnaryReactor* Query(const Context& context, grpc::CallbackServerContext* call,
                                const Request* request, Response* response, Fill fill) {
  return rpc::Read(*context.runtime, call,
                   [engine = context.engine, request, response, fill]() -> absl::Status {
                     const std::shared_ptr<const engine::View> view = engine->view();
                     return fill(*view, *request, response);
                   });
}

}  // namespace fundledger::api
