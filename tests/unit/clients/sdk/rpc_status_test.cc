#include "clients/sdk/rpc_status.h"

#include <set>

#include <gtest/gtest.h>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "ledger/base/status.h"

namespace fundledger::sdk {
namespace {

grpc::Status WithDetails(grpc::StatusCode code, const std::string& reason, int64_t retry_ms,
                         const std::string& domain = "fundledger") {
  google::rpc::Status details;
  google::rpc::ErrorInfo info;
  info.set_reason(reason);
  info.set_domain(domain);
  details.add_details()->PackFrom(info);
  if (retry_ms > 0) {
    google::rpc::RetryInfo retry;
    retry.mutable_retry_delay()->set_seconds(retry_ms / 1000);
    retry.mutable_retry_delay()->set_nanos(static_cast<int32_t>(retry_ms % 1000 * 1'000'000));
    details.add_details()->PackFrom(retry);
  }
  return grpc::Status(code, "what a person reads", details.SerializeAsString());
}

TEST(RpcStatus, BringsBackCodeReasonAndMessage) {
  const absl::Status status =
      FromGrpc(WithDetails(grpc::StatusCode::FAILED_PRECONDITION, "ACCOUNT_BELOW_ZERO", 0));
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_EQ(ReasonOf(status), "ACCOUNT_BELOW_ZERO");
  EXPECT_EQ(status.message(), "what a person reads");
  EXPECT_TRUE(IsFromServer(status));
}

TEST(RpcStatus, TellsTheTransportFromTheServer) {
  const absl::Status forged =
      FromGrpc(grpc::Status(grpc::StatusCode::UNAVAILABLE, "gone\nthe ledger verifies\x1b[2K"));
  EXPECT_EQ(forged.message().find('\n'), std::string::npos) << forged;
  EXPECT_EQ(forged.message().find('\x1b'), std::string::npos) << forged;
  const absl::Status refused = FromGrpc(grpc::Status(grpc::StatusCode::UNAVAILABLE, "connection refused"));
  EXPECT_EQ(ReasonOf(refused), "SERVER_UNREACHABLE");
  EXPECT_FALSE(IsFromServer(refused));
  EXPECT_EQ(ReasonOf(FromGrpc(grpc::Status(grpc::StatusCode::DEADLINE_EXCEEDED, ""))), "SERVER_TIMED_OUT");
  const absl::Status unknown = FromGrpc(WithDetails(grpc::StatusCode::UNAVAILABLE, "OUTCOME_UNKNOWN", 0));
  EXPECT_EQ(ReasonOf(unknown), "OUTCOME_UNKNOWN");
  EXPECT_TRUE(IsFromServer(unknown));
}

TEST(RpcStatus, ReadsTheRetryDelay) {
  EXPECT_EQ(RetryDelayMs(WithDetails(grpc::StatusCode::RESOURCE_EXHAUSTED, "QUEUE_FULL", 1250)), 1250);
  EXPECT_FALSE(RetryDelayMs(grpc::Status(grpc::StatusCode::UNAVAILABLE, "x")).has_value());
}

TEST(RpcStatus, ForgivesDetailsThatAreNone) {
  const absl::Status status = FromGrpc(grpc::Status(grpc::StatusCode::NOT_FOUND, "x", "\xff garbage"));
  EXPECT_TRUE(absl::IsNotFound(status));
}

TEST(RpcStatus, RepeatsOnlyWhatMayHelp) {
  using grpc::StatusCode;
  for (const StatusCode code :
       {StatusCode::UNAVAILABLE, StatusCode::DEADLINE_EXCEEDED, StatusCode::RESOURCE_EXHAUSTED}) {
    EXPECT_TRUE(IsRetryable(grpc::Status(code, "")));
  }
  for (const StatusCode code :
       {StatusCode::INVALID_ARGUMENT, StatusCode::FAILED_PRECONDITION, StatusCode::ALREADY_EXISTS,
        StatusCode::PERMISSION_DENIED, StatusCode::DATA_LOSS, StatusCode::INTERNAL}) {
    EXPECT_FALSE(IsRetryable(WithDetails(code, "SAID_BY_THE_LEDGER", 0)));
  }
}

TEST(RpcStatus, TakesOnlyTheLedgersWordForAnAnswer) {
  using grpc::StatusCode;
  for (const StatusCode code :
       {StatusCode::CANCELLED, StatusCode::INTERNAL, StatusCode::UNKNOWN, StatusCode::ABORTED,
        StatusCode::RESOURCE_EXHAUSTED, StatusCode::PERMISSION_DENIED, StatusCode::FAILED_PRECONDITION}) {
    for (const grpc::Status& status :
         {grpc::Status(code, "RST_STREAM"), WithDetails(code, "PROXY_TIRED", 0, "proxy.example")}) {
      EXPECT_FALSE(IsFromServer(FromGrpc(status))) << code;
      EXPECT_EQ(ReasonOf(FromGrpc(status)), "NO_ANSWER") << code;
      EXPECT_TRUE(IsRetryable(status)) << code;
    }
    EXPECT_TRUE(IsFromServer(FromGrpc(WithDetails(code, "ACCOUNT_BELOW_ZERO", 0)))) << code;
  }
  EXPECT_FALSE(IsRetryable(grpc::Status::OK));
}

TEST(IsRefusal, IsAVerdictOfTheLedgerAndNoDefectOfIt) {
  using grpc::StatusCode;
  const std::set<StatusCode> verdicts = {StatusCode::INVALID_ARGUMENT, StatusCode::NOT_FOUND,
                                         StatusCode::ALREADY_EXISTS,   StatusCode::PERMISSION_DENIED,
                                         StatusCode::UNAUTHENTICATED,  StatusCode::FAILED_PRECONDITION,
                                         StatusCode::OUT_OF_RANGE};
  for (int number = 0; number <= 16; ++number) {
    const auto code = static_cast<StatusCode>(number);
    const absl::Status said = FromGrpc(WithDetails(code, "SAID_BY_THE_LEDGER", 0));
    EXPECT_EQ(IsRefusal(said), verdicts.count(code) == 1) << code;
    EXPECT_EQ(RecordedNothing(said), verdicts.count(code) == 1 || code == StatusCode::RESOURCE_EXHAUSTED)
        << code;
    EXPECT_FALSE(IsRefusal(FromGrpc(grpc::Status(code, "said by a proxy")))) << code;
    EXPECT_FALSE(RecordedNothing(FromGrpc(grpc::Status(code, "said by a proxy")))) << code;
  }
  const absl::Status mirror = FromGrpc(WithDetails(StatusCode::FAILED_PRECONDITION, "MIRROR_READ_ONLY", 0));
  EXPECT_FALSE(IsRefusal(mirror));
  EXPECT_TRUE(IsOfMirror(mirror));
  EXPECT_TRUE(RecordedNothing(mirror));
  EXPECT_FALSE(RecordedNothing(FromGrpc(WithDetails(StatusCode::FAILED_PRECONDITION, "STORE_STOPPED", 0))));
}

TEST(FromSubmitError, IsWhatTheLedgerSaidOnlyWithACodeAndAReason) {
  v1::SubmitError error;
  error.set_code(static_cast<int32_t>(absl::StatusCode::kNotFound));
  error.set_reason("FUND_NOT_FOUND");
  error.set_message("there is no fund f-1");
  const absl::Status refused = FromSubmitError(error);
  EXPECT_TRUE(absl::IsNotFound(refused));
  EXPECT_EQ(ReasonOf(refused), "FUND_NOT_FOUND");
  EXPECT_EQ(refused.message(), "there is no fund f-1");
  EXPECT_TRUE(IsFromServer(refused));
  EXPECT_FALSE(IsUnanswered(refused));
  error.set_code(static_cast<int32_t>(absl::StatusCode::kUnavailable));
  EXPECT_TRUE(IsUnanswered(FromSubmitError(error)));
  for (const int32_t code : {0, -1, 17}) {
    error.set_code(code);
    EXPECT_EQ(ReasonOf(FromSubmitError(error)), "NO_ANSWER") << code;
    EXPECT_TRUE(IsUnanswered(FromSubmitError(error))) << code;
    EXPECT_FALSE(IsFromServer(FromSubmitError(error))) << code;
  }
  error.set_code(5);
  error.clear_reason();
  EXPECT_TRUE(IsUnanswered(FromSubmitError(error)));
}

}  // namespace
}  // namespace fundledger::sdk
