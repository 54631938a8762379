// ListTrail: which records, and in which pages.
#include <gtest/gtest.h>

#include "tests/integration/services/services_testing.h"

namespace fundledger::services_testing {
namespace {

class TrailTest : public ::testing::Test {
 protected:
  grpc::Status List(const v1::ListTrailRequest& request, v1::ListTrailResponse* response) {
    grpc::ClientContext context;
    return v1::AuditService::NewStub(ledgerd_.channel)->ListTrail(&context, request, response);
  }
  // Sequences of all pages; `between` is called after each.
  std::vector<uint64_t> All(v1::ListTrailRequest request, const std::function<void()>& between = {}) {
    std::vector<uint64_t> found;
    do {
      v1::ListTrailResponse response;
      const grpc::Status status = List(request, &response);
      EXPECT_TRUE(status.ok()) << status.error_message();
      for (const auto& record : response.records()) found.push_back(record.sequence());
      request.set_page_token(response.next_page_token());
      if (between) between();
    } while (!request.page_token().empty());
    return found;
  }
  std::string Refusal(const v1::ListTrailRequest& request) {
    v1::ListTrailResponse response;
    return ErrorOf(List(request, &response)).reason;
  }

  Ledgerd ledgerd_;
};

v1::ListTrailRequest Trail(v1::TrailDimension dimension, const std::string& id) {
  v1::ListTrailRequest request;
  request.set_dimension(dimension);
  request.set_id(id);
  return request;
}

TEST_F(TrailTest, ListsTheRecordsOfOneThing) {
  for (const char* id : {"v-1", "v-2", "v-3"}) ledgerd_.Register(id);
  using Sequences = std::vector<uint64_t>;
  EXPECT_EQ(All({}), (Sequences{0, 1, 2, 3}));
  EXPECT_EQ(All(Trail(v1::TRAIL_DIMENSION_ORGANIZATION, "v-2")), (Sequences{2}));
  EXPECT_EQ(All(Trail(v1::TRAIL_DIMENSION_OFFICER, "admin-city")), (Sequences{0, 1, 2, 3}));
  EXPECT_EQ(All(Trail(v1::TRAIL_DIMENSION_ACTION, "register_organization")), (Sequences{1, 2, 3}));
  EXPECT_EQ(All(Trail(v1::TRAIL_DIMENSION_FUND, "none")), (Sequences{}));
}

TEST_F(TrailTest, GivesRecordsAsTheyWereHashed) {
  ledgerd_.Register("v-1");
  v1::ListTrailResponse response;
  ASSERT_TRUE(List({}, &response).ok());
  for (const auto& record : response.records()) {
    EXPECT_EQ(record.record(), *ledgerd_.server->engine().view()->Record(record.sequence()));
  }
}

TEST_F(TrailTest, PagesOfOneStateWhileTheLedgerGoesOn) {
  for (int i = 0; i < 6; ++i) ledgerd_.Register("v-" + std::to_string(i));
  v1::ListTrailRequest request = Trail(v1::TRAIL_DIMENSION_OFFICER, "admin-city");
  for (const int page_size : {1, 2, 3, 7, 1000}) {
    request.set_page_size(page_size);
    const uint64_t size = ledgerd_.server->engine().view()->size();
    int more = 0;
    const std::vector<uint64_t> found = All(
        request, [&] { ledgerd_.Register("p" + std::to_string(page_size) + "-" + std::to_string(more++)); });
    ASSERT_EQ(found.size(), size) << page_size;
    for (uint64_t i = 0; i < size; ++i) EXPECT_EQ(found[i], i);
  }
}

TEST_F(TrailTest, NamesTheStateOfTheFirstPageOnEveryPage) {
  for (const char* id : {"v-1", "v-2"}) ledgerd_.Register(id);
  v1::ListTrailRequest request;
  request.set_page_size(2);
  v1::ListTrailResponse response;
  ASSERT_TRUE(List(request, &response).ok());
  EXPECT_EQ(response.basis().sequence(), 2u);
  ledgerd_.Register("v-3");
  request.set_page_token(response.next_page_token());
  ASSERT_TRUE(List(request, &response).ok());
  EXPECT_EQ(response.basis().sequence(), 2u);
  EXPECT_EQ(response.records_size(), 1);
  EXPECT_EQ(response.next_page_token(), "");
}

TEST_F(TrailTest, ListsBetweenTwoTimes) {
  const int64_t start_us = ledgerd_.world.clock.now_us();
  for (const char* id : {"v-1", "v-2", "v-3"}) {
    ledgerd_.world.clock.Advance(1'000'000);
    ledgerd_.Register(id);
  }
  v1::ListTrailRequest request;
  request.set_recorded_from_us(start_us + 1'000'000);
  request.set_recorded_until_us(start_us + 3'000'000);
  EXPECT_EQ(All(request), (std::vector<uint64_t>{1, 2}));
}

TEST_F(TrailTest, FindsADocumentByItsHash) {
  for (const bool with_document : {true, false, true}) {
    v1::Submission submission = ledgerd_.world.Register(
        *ledgerd_.server->engine().view(), "v-" + std::to_string(ledgerd_.server->engine().view()->size()));
    if (with_document) submission.mutable_actions(0)->add_documents()->set_id(std::string(32, '\x5d'));
    v1::SubmitResponse receipt;
    const grpc::Status status = ledgerd_.Submit(ledgerd_.world.Seal(submission), &receipt);
    ASSERT_TRUE(status.ok()) << status.error_message();
  }
  std::string id;
  for (int i = 0; i < 32; ++i) id += "5d";
  EXPECT_EQ(All(Trail(v1::TRAIL_DIMENSION_DOCUMENT, id)), (std::vector<uint64_t>{1, 3}));
  id.back() = 'D';
  EXPECT_EQ(All(Trail(v1::TRAIL_DIMENSION_DOCUMENT, id)), (std::vector<uint64_t>{1, 3}));
  id.back() = 'e';
  EXPECT_TRUE(All(Trail(v1::TRAIL_DIMENSION_DOCUMENT, id)).empty());
}

TEST_F(TrailTest, EndsAPageBeforeItIsTooLargeForAMessage) {
  constexpr int kRecords = 56;
  std::string note;
  for (int i = 0; i < 500; ++i) note += "款";
  int made = 0;
  for (int i = 0; i < kRecords; ++i) {
    v1::Submission submission = ledgerd_.world.Draft(*ledgerd_.server->engine().view(), "admin-city");
    for (int n = 0; n < 40; ++n) {
      v1::Action& action = *submission.add_actions();
      action.set_note(note);
      auto& organization = *action.mutable_register_organization();
      organization.set_id("v-" + std::to_string(made++));
      organization.set_name("村");
      organization.set_parent("city");
      organization.set_tier(v1::TIER_VILLAGE);
    }
    v1::SubmitResponse receipt;
    const grpc::Status status = ledgerd_.Submit(ledgerd_.world.Seal(submission), &receipt);
    ASSERT_TRUE(status.ok()) << status.error_message();
  }
  v1::ListTrailRequest request;
  request.set_page_size(1000);
  v1::ListTrailResponse response;
  const grpc::Status status = List(request, &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_LT(response.records_size(), kRecords + 1);
  EXPECT_GT(response.ByteSizeLong(), size_t{2} << 20);
  EXPECT_LT(response.ByteSizeLong(), (size_t{3} << 20) + 4096);
  EXPECT_EQ(All(request).size(), 1u + kRecords);
}

TEST_F(TrailTest, RefusesQuestionsThatMeanNothing) {
  EXPECT_EQ(Refusal(Trail(v1::TRAIL_DIMENSION_FUND, "")), "TRAIL_ID_INVALID");
  EXPECT_EQ(Refusal(Trail(v1::TRAIL_DIMENSION_UNSPECIFIED, "x")), "TRAIL_ID_INVALID");
  EXPECT_EQ(Refusal(Trail(v1::TRAIL_DIMENSION_DOCUMENT, "invoice.pdf")), "TRAIL_ID_INVALID");
  EXPECT_EQ(Refusal(Trail(v1::TRAIL_DIMENSION_DOCUMENT, "abcd")), "TRAIL_ID_INVALID");
  EXPECT_EQ(Refusal(Trail(static_cast<v1::TrailDimension>(99), "x")), "TRAIL_DIMENSION_INVALID");
  v1::ListTrailRequest request;
  request.set_recorded_from_us(-1);
  EXPECT_EQ(Refusal(request), "TRAIL_TIME_INVALID");
  request.set_recorded_from_us(2);
  request.set_recorded_until_us(1);
  EXPECT_EQ(Refusal(request), "TRAIL_TIME_INVALID");
}

TEST_F(TrailTest, RefusesPageSizesAndTokensOfItsOwnMaking) {
  for (const char* id : {"v-1", "v-2"}) ledgerd_.Register(id);
  v1::ListTrailRequest request;
  for (const int bad : {-1, 1001}) {
    request.set_page_size(bad);
    EXPECT_EQ(Refusal(request), "PAGE_SIZE_INVALID");
  }
  request.set_page_size(1);
  v1::ListTrailResponse response;
  ASSERT_TRUE(List(request, &response).ok());
  v1::ListTrailRequest other = Trail(v1::TRAIL_DIMENSION_OFFICER, "admin-city");
  other.set_page_token(response.next_page_token());
  EXPECT_EQ(Refusal(other), "PAGE_TOKEN_INVALID");
  request.set_page_token("guess");
  EXPECT_EQ(Refusal(request), "PAGE_TOKEN_INVALID");
}

}  // namespace
}  // namespace fundledger::services_testing
