#include "services/api/ledger_service.h"

#include <string>
#include <utility>
#include <vector>

#include "ledger/base/status.h"
#include "services/api/claims.h"
#include "services/api/ledger_facts.h"

#include "absl/strings/str_cat.h"

namespace fundledger::api {
namespace {

namespace v1 = ::fundledger::v1;

// Bounds how long one call, whose submissions need no signature, keeps the others waiting.
constexpr int kCheckMax = 1000;

absl::Status Check(const engine::Engine& engine, const v1::CheckRequest& request,
                   v1::CheckResponse* response) {
  if (request.submissions_size() > kCheckMax) {
    return Refuse(absl::StatusCode::kInvalidArgument, "TOO_MANY_SUBMISSIONS",
                  absl::StrCat("asked to check ", request.submissions_size(), " submissions; ", kCheckMax,
                               " are checked in one call"));
  }
  const std::vector<engine::CheckOutcome> outcomes =
      engine.Check({request.submissions().begin(), request.submissions().end()});
  for (const engine::CheckOutcome& outcome : outcomes) {
    v1::CheckResult& result = *response->add_results();
    result.set_code(static_cast<int>(outcome.status.code()));
    result.set_reason(ReasonOf(outcome.status));
    result.set_message(std::string(outcome.status.message()));
    result.set_repeated_request(outcome.repeated_request);
  }
  return absl::OkStatus();
}

}  // namespace

void LedgerService::StopTaking() {
  streams_.Stop();
  door_.Stop();
}

// Whose connection it is says who is counted; who signed is the books' to judge. So an officer may carry what
// a colleague signed.
absl::StatusOr<Caller> LedgerService::Admit(grpc::CallbackServerContext* call) {
  ASSIGN_OR_RETURN(Caller caller, context_.access->IdentifyQuickly(*call->auth_context()));
  RETURN_IF_ERROR(CheckQuery(caller, RuleFor<v1::SubmitRequest>()).status());
  return caller;
}

// Nothing of the call crosses into the sequencer but a copy of the bytes; its thread only moves the receipt
// over and finishes the call, which does not block.
grpc::ServerUnaryReactor* LedgerService::Submit(grpc::CallbackServerContext* call,
                                                const v1::SubmitRequest* request,
                                                v1::SubmitResponse* response) {
  grpc::ServerUnaryReactor* reactor = call->DefaultReactor();
  absl::StatusOr<Caller> caller = Admit(call);
  const std::string officer = caller.ok() ? caller->officer : "";
  engine::Done done = [this, call, request, response, reactor, officer](absl::StatusOr<v1::Receipt> receipt) {
    if (receipt.ok()) {
      *response->mutable_receipt() = *std::move(receipt);
      context_.watch->OnRecorded();
    } else {
      const QueryRule& rule = RuleFor<v1::SubmitRequest>();
      context_.watch->OnRefused(
          {rule.method, call->peer(), officer, ClaimsOf(request->envelope()), receipt.status()});
    }
    rpc::Finish(*context_.runtime, reactor, receipt.status());
  };
  absl::Status admitted = caller.status();
  if (admitted.ok() && caller->is_known()) admitted = door_.rate().Take(officer);
  if (admitted.ok()) {
    door_.Submit(request->envelope(), std::move(done));
  } else {
    done(admitted);
  }
  return reactor;
}

SubmitStreams::Reactor* LedgerService::SubmitStream(grpc::CallbackServerContext* call) {
  return streams_.Open(call, Admit(call));
}

grpc::ServerUnaryReactor* LedgerService::Check(grpc::CallbackServerContext* call,
                                               const v1::CheckRequest* request, v1::CheckResponse* response) {
  return QueryOn(
      context_.runtime->checks, context_, call, request, response,
      [engine = context_.engine](const engine::View&, const Asker&, const v1::CheckRequest& asked,
                                 v1::CheckResponse* answer) { return api::Check(*engine, asked, answer); });
}

grpc::ServerUnaryReactor* LedgerService::GetLedger(grpc::CallbackServerContext* call,
                                                   const v1::GetLedgerRequest* request,
                                                   v1::GetLedgerResponse* response) {
  return AnswerAtOnce(context_, call, request, [this, response]() -> absl::Status {
    ASSIGN_OR_RETURN(*response, LedgerFacts(*context_.engine, context_.witnessed));
    return absl::OkStatus();
  });
}

}  // namespace fundledger::api
