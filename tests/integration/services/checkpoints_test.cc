// Checkpoints with what others said of them, over gRPC: one of a size, and all of them page by page.
#include <future>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ledger/log/cosignature.h"
#include "tests/integration/services/services_testing.h"

namespace fundledger::services_testing {
namespace {

using test_support::KeyOf;
using testing::ElementsAre;

class CheckpointsTest : public testing::Test {
 protected:
  CheckpointsTest()
      : ledgerd_({}, [this](test_support::World*, std::unique_ptr<engine::Engine> engine) {
          engine_ = engine.get();
          return engine;
        }) {}

  // Keeps a cosignature of the checkpoint of `size`; gives its line.
  std::string Cosign(uint64_t size, const std::string& witness) {
    v1::GetCheckpointResponse response;
    EXPECT_TRUE(Get(size, &response).ok());
    std::string line =
        *log::Cosign(log::ParseNote(response.checkpoint())->text, size, witness, *KeyOf(witness));
    std::promise<absl::Status> kept;
    engine_->Keep({.size = size, .cosignatures = {line}, .time_stamps = {}},
                  [&kept](absl::Status status) { kept.set_value(std::move(status)); });
    const absl::Status status = kept.get_future().get();
    EXPECT_TRUE(status.ok()) << status;
    return line;
  }
  grpc::Status Get(uint64_t size, v1::GetCheckpointResponse* response) {
    grpc::ClientContext context;
    v1::GetCheckpointRequest request;
    request.set_size(size);
    return v1::AuditService::NewStub(ledgerd_.channel)->GetCheckpoint(&context, request, response);
  }
  grpc::Status List(const v1::ListCheckpointsRequest& request, v1::ListCheckpointsResponse* response) {
    grpc::ClientContext context;
    response->Clear();
    return v1::AuditService::NewStub(ledgerd_.channel)->ListCheckpoints(&context, request, response);
  }
  std::vector<uint64_t> SizesOf(const v1::ListCheckpointsResponse& response) {
    std::vector<uint64_t> sizes;
    for (const auto& each : response.checkpoints()) {
      const auto checkpoint = log::OpenCheckpoint(each.checkpoint(), ledgerd_.world.verifier());
      EXPECT_TRUE(checkpoint.ok()) << checkpoint.status();
      sizes.push_back(checkpoint->size);
    }
    return sizes;
  }
  // All pages, `page_size` at a time.
  std::vector<uint64_t> ListAll(v1::ListCheckpointsRequest request, int* pages) {
    std::vector<uint64_t> sizes;
    v1::ListCheckpointsResponse response;
    do {
      EXPECT_TRUE(List(request, &response).ok());
      for (const uint64_t size : SizesOf(response)) sizes.push_back(size);
      request.set_page_token(response.next_page_token());
      ++*pages;
    } while (!request.page_token().empty());
    return sizes;
  }

  engine::Engine* engine_ = nullptr;
  Ledgerd ledgerd_;
};

TEST_F(CheckpointsTest, OneHasTheCosignaturesThatCame) {
  ledgerd_.Register("org-1");
  const std::string a = Cosign(2, "w.a");
  const std::string b = Cosign(2, "w.b");
  v1::GetCheckpointResponse response;
  ASSERT_TRUE(Get(2, &response).ok());
  EXPECT_THAT(response.checkpoint(), testing::EndsWith(a + b));
  EXPECT_TRUE(log::OpenCheckpoint(response.checkpoint(), ledgerd_.world.verifier()).ok());
  v1::GetCheckpointResponse latest;
  ASSERT_TRUE(Get(0, &latest).ok());
  EXPECT_EQ(latest.checkpoint(), response.checkpoint());
  ledgerd_.Register("org-2");
  ASSERT_TRUE(Get(2, &latest).ok());
  EXPECT_EQ(latest.checkpoint(), response.checkpoint()) << "for ever";
  const grpc::Status missing = Get(9, &latest);
  EXPECT_EQ(missing.error_code(), grpc::NOT_FOUND);
  EXPECT_EQ(ErrorOf(missing).reason, "CHECKPOINT_NOT_FOUND");
}

TEST_F(CheckpointsTest, AreListedPageByPage) {
  for (int i = 1; i <= 9; ++i) ledgerd_.Register("org-" + std::to_string(i));
  for (const uint64_t size : {2u, 3u, 5u, 8u, 10u}) (void)Cosign(size, "w.a");
  for (const int page_size : {0, 1, 2, 5, 1000}) {
    v1::ListCheckpointsRequest request;
    request.set_page_size(page_size);
    int pages = 0;
    EXPECT_THAT(ListAll(request, &pages), ElementsAre(2, 3, 5, 8, 10));
    EXPECT_EQ(pages, page_size == 1 ? 5 : page_size == 2 ? 3 : 1);
  }
  v1::ListCheckpointsRequest request;
  request.set_size_min(3);
  request.set_size_max(8);
  int pages = 0;
  EXPECT_THAT(ListAll(request, &pages), ElementsAre(3, 5, 8));
  request.set_size_min(11);
  request.set_size_max(0);
  EXPECT_THAT(ListAll(request, &pages), ElementsAre());
}

// What is added while somebody reads on changes none of their pages.
TEST_F(CheckpointsTest, APageGoesOnInTheStateOfTheFirst) {
  for (int i = 1; i <= 3; ++i) ledgerd_.Register("org-" + std::to_string(i));
  for (const uint64_t size : {2u, 4u}) (void)Cosign(size, "w.a");
  v1::ListCheckpointsRequest request;
  request.set_page_size(1);
  v1::ListCheckpointsResponse response;
  ASSERT_TRUE(List(request, &response).ok());
  ledgerd_.Register("org-4");
  (void)Cosign(5, "w.a");
  request.set_page_token(response.next_page_token());
  ASSERT_TRUE(List(request, &response).ok());
  EXPECT_THAT(SizesOf(response), ElementsAre(4));
  EXPECT_EQ(response.next_page_token(), "");
}

TEST_F(CheckpointsTest, RefusesPagesThatAreNone) {
  ledgerd_.Register("org-1");
  (void)Cosign(1, "w.a");
  (void)Cosign(2, "w.a");
  v1::ListCheckpointsRequest request;
  request.set_page_size(1);
  v1::ListCheckpointsResponse response;
  ASSERT_TRUE(List(request, &response).ok());
  request.set_page_token(response.next_page_token());
  request.set_size_min(2);  // another question
  EXPECT_EQ(List(request, &response).error_code(), grpc::INVALID_ARGUMENT);
  request.set_page_token("nonsense");
  EXPECT_EQ(List(request, &response).error_code(), grpc::INVALID_ARGUMENT);
  request.clear_page_token();
  for (const int size : {-1, 1001}) {
    request.set_page_size(size);
    EXPECT_EQ(List(request, &response).error_code(), grpc::INVALID_ARGUMENT) << size;
  }
}

}  // namespace
}  // namespace fundledger::services_testing
