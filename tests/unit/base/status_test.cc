#include "ledger/base/status.h"

#include <gtest/gtest.h>

#include "absl/strings/cord.h"

namespace fundledger {
namespace {

TEST(Refuse, CarriesCodeReasonAndMessage) {
  const absl::Status status =
      Refuse(absl::StatusCode::kFailedPrecondition, "ACCOUNT_BELOW_ZERO", "line 7: 余额不足");
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(status.message(), "line 7: 余额不足");
  EXPECT_EQ(ReasonOf(status), "ACCOUNT_BELOW_ZERO");
  EXPECT_EQ(status.GetPayload("type.fundledger/reason"), absl::Cord("ACCOUNT_BELOW_ZERO"));
}

TEST(RefuseDeathTest, AbortsWhereTheRefusalSaysNothing) {
  EXPECT_DEATH((void)Refuse(absl::StatusCode::kOk, "X", ""), "invariant");
  EXPECT_DEATH((void)Refuse(absl::StatusCode::kInternal, "", ""), "invariant");
}

TEST(ReasonOf, NamesTheCodeWhereThereIsNoReason) {
  EXPECT_EQ(ReasonOf(absl::OkStatus()), "");
  EXPECT_EQ(ReasonOf(absl::NotFoundError("x")), "NOT_FOUND");
  EXPECT_EQ(ReasonOf(absl::DataLossError("")), "DATA_LOSS");
}

TEST(Annotate, KeepsCodeReasonAndOtherPayloads) {
  absl::Status status = Refuse(absl::StatusCode::kNotFound, "FUND_UNKNOWN", "no fund F1");
  status.SetPayload("other", absl::Cord("kept"));
  const absl::Status annotated = Annotate(status, "action 3");
  EXPECT_EQ(annotated.message(), "action 3: no fund F1");
  EXPECT_EQ(annotated.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ReasonOf(annotated), "FUND_UNKNOWN");
  EXPECT_EQ(annotated.GetPayload("other"), absl::Cord("kept"));
  EXPECT_TRUE(Annotate(absl::OkStatus(), "action 3").ok());
}

absl::StatusOr<int> Half(int n) {
  if (n % 2 != 0) return Refuse(absl::StatusCode::kInvalidArgument, "ODD", "odd");
  return n / 2;
}

absl::StatusOr<int> Quarter(int n) {
  ASSIGN_OR_RETURN(const int half, Half(n));
  ASSIGN_OR_RETURN(const int quarter, Half(half));
  RETURN_IF_ERROR(absl::OkStatus());
  return quarter;
}

TEST(Macros, PassErrorsOn) {
  EXPECT_EQ(*Quarter(8), 2);
  EXPECT_EQ(ReasonOf(Quarter(6).status()), "ODD");
}

}  // namespace
}  // namespace fundledger
