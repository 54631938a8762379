#include "clients/cli/trail.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "clients/cli/describe.h"

namespace fundledger::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::optional<uint32_t> NoScale(const std::string&) {
  return std::nullopt;
}

v1::Submission Plans() {
  v1::Submission submission;
  auto* action = submission.add_actions();
  action->set_reference("P-1");
  for (const char* project : {"p-1", "p-2", "p-3"}) {
    auto* line = action->mutable_plan()->add_lines();
    line->set_project(project);
    line->set_fund("f-1");
    line->set_amount_fen(10'000);
  }
  return submission;
}

v1::Submission Approvals(Sequence first, int count) {
  v1::Submission submission;
  for (int i = 0; i < count; ++i) {
    submission.add_actions()->mutable_approve()->mutable_proposal()->set_sequence(first +
                                                                                  static_cast<Sequence>(i));
  }
  return submission;
}

TEST(TrailFilter, TakesNoKindAndNoVoucherThatCannotBe) {
  const auto fill = [](v1::TrailDimension dimension, const std::string& id) {
    TrailFilter filter;
    filter.ids[dimension] = id;
    v1::ListTrailRequest request;
    const absl::Status status = filter.Fill(&request);
    return status.ok() ? request.id() : ReasonOf(status);
  };
  EXPECT_EQ(fill(v1::TRAIL_DIMENSION_ACTION, "nonsense"), "KIND_UNKNOWN");
  EXPECT_EQ(fill(v1::TRAIL_DIMENSION_ACTION, "分配"), "allocate");
  EXPECT_EQ(fill(v1::TRAIL_DIMENSION_ACTION, "approve"), "approve");
  EXPECT_EQ(fill(v1::TRAIL_DIMENSION_VOUCHER, "x"), "VOUCHER_MALFORMED");
  EXPECT_EQ(fill(v1::TRAIL_DIMENSION_VOUCHER, "国库/支付凭证/2026/1"), "国库/支付凭证/2026/1");
}

TEST(TrailStory, TellsOnlyTheLinesAboutTheProject) {
  TrailStory story("p-2", NoScale);
  EXPECT_THAT(story.Tell(7, Plans()), ElementsAre("plan: reference P-1\n"
                                                  "  project p-2, fund f-1, amount 100.00\n"
                                                  "  lines 3, total 300.00"));
}

TEST(TrailStory, TellsOnlyTheApprovalOfWhatWasTold) {
  TrailStory story("p-2", NoScale);
  (void)story.Tell(7, Plans());
  EXPECT_THAT(story.Tell(50, Approvals(1, 40)), ElementsAre("approve: proposal 7.0 (plan P-1)"));
}

TEST(TrailStory, CutsShortWhatIsAboutNothingInParticular) {
  TrailStory story("", NoScale);
  const auto texts = story.Tell(50, Approvals(1, 40));
  ASSERT_EQ(texts.size(), 6U);
  EXPECT_THAT(texts.back(), HasSubstr("35 more: inspect record 50"));
}

TEST(TrailStory, TellsAllWhereItCannotSayWhatIsAboutIt) {
  TrailStory story("p-2", NoScale);
  EXPECT_EQ(story.Tell(50, Approvals(1, 3)).size(), 3U);
}

TEST(TrailStory, TellsOnlyTheActionWithTheDocument) {
  v1::Submission plans;
  for (int i = 0; i < 20; ++i) {
    v1::Action& action = *plans.add_actions();
    action.set_reference("P-" + std::to_string(i));
    action.mutable_plan()->add_lines()->set_project("p-1");
  }
  plans.mutable_actions(17)->add_documents()->set_id(std::string(32, 'd'));
  std::string id;
  for (int i = 0; i < 32; ++i) id += "64";
  TrailStory story(id, NoScale);
  const auto texts = story.Tell(7, plans);
  ASSERT_EQ(texts.size(), 1U);
  EXPECT_THAT(texts.front(), HasSubstr("P-17"));
}

TEST(Describe, FindsIdsInListsAndVouchers) {
  v1::Action fund;
  fund.mutable_register_fund()->add_categories("c-1");
  fund.mutable_register_fund()->add_categories("c-2");
  EXPECT_TRUE(Mentions(fund, "c-2"));
  EXPECT_FALSE(Mentions(fund, "c"));
  v1::Action confirm;
  auto* voucher = confirm.mutable_confirm()->mutable_voucher();
  voucher->set_issuer("国库");
  voucher->set_type("凭证");
  voucher->set_year(2020);
  voucher->set_number("13");
  EXPECT_TRUE(Mentions(confirm, "国库/凭证/2020/13"));
  EXPECT_FALSE(Mentions(confirm, "国库/凭证/2020/1"));
}

}  // namespace
}  // namespace fundledger::cli
