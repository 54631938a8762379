#include "clients/sdk/rpc_status.h"

#include <string>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "ledger/base/one_line.h"
#include "ledger/base/status.h"

#include "absl/strings/cord.h"

namespace fundledger::sdk {
namespace {

// Calls `visit` with each detail of type T.
template <typename T, typename Visit>
void EachDetail(const grpc::Status& status, const Visit& visit) {
  google::rpc::Status details;
  if (!details.ParseFromString(status.error_details())) return;
  for (const auto& any : details.details()) {
    T detail;
    if (any.Is<T>() && any.UnpackTo(&detail)) visit(detail);
  }
}

constexpr char kRemoteUrl[] = "type.fundledger/remote";
constexpr std::string_view kDomain = "fundledger";

// The ledger's own ErrorInfo. What has none was said by something in between: a proxy, gRPC, this machine.
std::optional<google::rpc::ErrorInfo> LedgersInfo(const grpc::Status& status) {
  std::optional<google::rpc::ErrorInfo> found;
  EachDetail<google::rpc::ErrorInfo>(status, [&found](const google::rpc::ErrorInfo& info) {
    if (info.domain() == kDomain && !info.reason().empty()) found = info;
  });
  return found;
}

std::string DefaultReason(grpc::StatusCode code) {
  switch (code) {
    case grpc::StatusCode::UNAVAILABLE:
      return "SERVER_UNREACHABLE";
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return "SERVER_TIMED_OUT";
    default:
      return "NO_ANSWER";
  }
}

}  // namespace

absl::Status FromGrpc(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  const auto info = LedgersInfo(status);
  const std::string reason = info.has_value() ? info->reason() : DefaultReason(status.error_code());
  // Shown on terminals: whoever serves must not forge lines of ours.
  const std::string message = status.error_message().empty() ? reason : OneLine(status.error_message());
  absl::Status refused = Refuse(static_cast<absl::StatusCode>(status.error_code()), reason, message);
  if (info.has_value()) refused.SetPayload(kRemoteUrl, absl::Cord("1"));
  return refused;
}

absl::Status FromSubmitError(const v1::SubmitError& error) {
  const bool answered = error.code() > 0 && error.code() <= 16 && !error.reason().empty();
  const auto code = answered ? static_cast<absl::StatusCode>(error.code()) : absl::StatusCode::kUnavailable;
  absl::Status refused = Refuse(code, answered ? error.reason() : "NO_ANSWER", OneLine(error.message()));
  if (answered) refused.SetPayload(kRemoteUrl, absl::Cord("1"));
  return refused;
}

bool IsUnanswered(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status) ||
         absl::IsResourceExhausted(status) || (!status.ok() && !IsFromServer(status));
}

bool IsRefusal(const absl::Status& status) {
  if (!IsFromServer(status) || IsOfMirror(status)) return false;
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kOutOfRange:
      return true;
    case absl::StatusCode::kFailedPrecondition:
      // The store's own state, of which no rule speaks.
      return ReasonOf(status) != "STORE_STOPPED";
    default:
      return false;
  }
}

bool IsOfMirror(const absl::Status& status) {
  return IsFromServer(status) && ReasonOf(status) == "MIRROR_READ_ONLY";
}

bool RecordedNothing(const absl::Status& status) {
  const bool had_no_room = IsFromServer(status) && absl::IsResourceExhausted(status);
  return IsRefusal(status) || IsOfMirror(status) || had_no_room;
}

bool IsFromServer(const absl::Status& status) {
  return status.GetPayload(kRemoteUrl).has_value();
}

std::optional<int64_t> RetryDelayMs(const grpc::Status& status) {
  std::optional<int64_t> delay_ms;
  EachDetail<google::rpc::RetryInfo>(status, [&delay_ms](const google::rpc::RetryInfo& info) {
    delay_ms = info.retry_delay().seconds() * 1000 + info.retry_delay().nanos() / 1'000'000;
  });
  return delay_ms;
}

bool IsRetryable(const grpc::Status& status) {
  const grpc::StatusCode code = status.error_code();
  return code == grpc::StatusCode::UNAVAILABLE || code == grpc::StatusCode::DEADLINE_EXCEEDED ||
         code == grpc::StatusCode::RESOURCE_EXHAUSTED || (!status.ok() && !LedgersInfo(status).has_value());
}

}  // namespace fundledger::sdk
