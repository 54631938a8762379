#include "services/rpc/status.h"

#include <string>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "ledger/base/status.h"

#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace fundledger::rpc {
namespace {

// The message goes twice, as text and in the details, and all trailers of a call share 8 KiB.
constexpr size_t kMessageBytesMax = 2000;
constexpr char kRetryDelayUrl[] = "fundledger/retry-delay-ms";

// At most kMessageBytesMax, cut between characters.
std::string Shorten(std::string_view message) {
  if (message.size() <= kMessageBytesMax) return std::string(message);
  size_t end = kMessageBytesMax;
  while (end > 0 && (static_cast<unsigned char>(message[end]) & 0xC0) == 0x80) --end;
  return std::string(message.substr(0, end)) + "…";
}

}  // namespace

int64_t RetryDelayMs(const absl::Status& status) {
  int64_t delay_ms = 0;
  const auto advice = status.GetPayload(kRetryDelayUrl);
  if (advice.has_value() && absl::SimpleAtoi(std::string(*advice), &delay_ms)) return delay_ms;
  return status.code() == absl::StatusCode::kResourceExhausted ? kRetryDelayMs : 0;
}

absl::Status WithRetryDelay(absl::Status status, int64_t delay_ms) {
  status.SetPayload(kRetryDelayUrl, absl::Cord(absl::StrCat(delay_ms)));
  return status;
}

std::string WireMessage(const absl::Status& status) {
  return Shorten(ToStd(status.message()));
}

grpc::Status ToGrpcStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  const std::string message = WireMessage(status);

  google::rpc::Status details;
  details.set_code(static_cast<int>(status.code()));
  details.set_message(message);
  google::rpc::ErrorInfo info;
  info.set_reason(ReasonOf(status));
  info.set_domain(std::string(kErrorDomain));
  details.add_details()->PackFrom(info);
  if (const int64_t delay_ms = RetryDelayMs(status); delay_ms > 0) {
    google::rpc::RetryInfo retry;
    retry.mutable_retry_delay()->set_seconds(delay_ms / 1000);
    retry.mutable_retry_delay()->set_nanos(static_cast<int32_t>(delay_ms % 1000 * 1'000'000));
    details.add_details()->PackFrom(retry);
  }
  // The numbers of absl's codes are gRPC's.
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), message, details.SerializeAsString());
}

absl::Status FromGrpcStatus(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  std::string reason =
      status.error_code() == grpc::StatusCode::UNAVAILABLE ? "SERVER_UNREACHABLE" : "NO_ANSWER";
  google::rpc::Status details;
  google::rpc::ErrorInfo info;
  if (details.ParseFromString(status.error_details())) {
    for (const auto& any : details.details()) {
      const bool is_ours = any.Is<google::rpc::ErrorInfo>() && any.UnpackTo(&info) &&
                           info.domain() == kErrorDomain && !info.reason().empty();
      if (is_ours) reason = info.reason();
    }
  }
  return Refuse(static_cast<absl::StatusCode>(status.error_code()), reason, status.error_message());
}

}  // namespace fundledger::rpc
