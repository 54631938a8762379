#include "services/api/context.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace fundledger::api {
namespace {

// A message may be 4 MiB, and a signed answer is in it twice.
constexpr size_t kSignedBytesMax = 3 << 19;

}  // namespace

absl::Status SignAnswer(const Context& context, const engine::View& view, const QueryRule& rule,
                        std::string request, std::string response, ::fundledger::v1::Basis* basis) {
  if (response.size() > kSignedBytesMax) {
    return Refuse(absl::StatusCode::kInvalidArgument, "ANSWER_TOO_LARGE",
                  absl::StrCat("the answer has ", response.size(), " bytes, and at most ", kSignedBytesMax,
                               " can be signed: ask for smaller pages, or without a signature"));
  }
  ASSIGN_OR_RETURN(const books::EntityPtr ledger, view.Get({books::EntityKind::kLedger, ""}));
  ::fundledger::v1::Answer answer;
  if (ledger != nullptr) answer.set_ledger(ledger->ledger().id());
  answer.set_method(rule.FullMethod());
  answer.set_request(std::move(request));
  answer.set_response(std::move(response));
  answer.set_checkpoint(view.signed_checkpoint());
  ASSIGN_OR_RETURN(*basis->mutable_signed_answer(),
                   context.engine->SignAnswer(view, answer.SerializeAsString()));
  return absl::OkStatus();
}

void WatchQuery(const Context& context, const grpc::CallbackServerContext& call, const QueryRule& rule,
                const Caller& caller, const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kResourceExhausted:
      context.watch->OnRefused({rule.method, call.peer(), caller.officer, {}, status});
      break;
    default:
      break;
  }
}

}  // namespace fundledger::api
