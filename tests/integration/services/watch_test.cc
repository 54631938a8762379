// WatchRecords: every record in order, cut where the log signed, then what comes; and who may.
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "ledger/log/note.h"
#include "ledger/log/record.h"
#include "ledger/log/tile.h"
#include "tests/integration/services/certificates.h"
#include "tests/integration/services/services_testing.h"

#include "absl/strings/str_cat.h"

namespace fundledger::services_testing {
namespace {

class WatchTest : public ::testing::Test {
 protected:
  using Reader = std::unique_ptr<grpc::ClientReader<v1::WatchRecordsResponse>>;

  void Start(const std::function<void(server::Config*)>& change = {}) {
    ledgerd_ = std::make_unique<Ledgerd>(change);
  }
  Reader Watch(grpc::ClientContext* context, uint64_t from, bool until_latest = false) {
    v1::WatchRecordsRequest request;
    request.set_from(from);
    request.set_until_latest(until_latest);
    return v1::AuditService::NewStub(ledgerd_->channel)->WatchRecords(context, request);
  }
  const engine::View& view() { return *(view_ = ledgerd_->server->engine().view()); }
  // Registers so many organizations in one record that it is about 60 KB long.
  void RegisterMany(int number) {
    v1::Submission submission = ledgerd_->world.Draft(view(), test_support::World::kAdmin);
    for (int i = 0; i < 900; ++i) {
      auto& what = *submission.add_actions()->mutable_register_organization();
      what.set_id(absl::StrCat("o-", number, "-", i));
      what.set_name(std::string(40, 'n'));
      what.set_parent("city");
      what.set_tier(v1::TIER_VILLAGE);
    }
    v1::SubmitResponse response;
    const grpc::Status status = ledgerd_->Submit(ledgerd_->world.Seal(submission), &response);
    ASSERT_TRUE(status.ok()) << status.error_message();
  }
  // Takes messages until `size` records are there; each checkpoint is the log's, of the records so far.
  void Follow(Reader::element_type* reader, uint64_t size, log::TreeEdge* edge) {
    v1::WatchRecordsResponse message;
    std::vector<log::Tile> full;
    while (edge->size() < size) {
      ASSERT_TRUE(reader->Read(&message));
      size_t bytes = 0;
      for (const std::string& record : message.records()) {
        EXPECT_EQ(record, *view().Record(edge->size()));
        edge->Append(log::LeafHash(record), &full);
        bytes += record.size();
      }
      EXPECT_LE(bytes, 1u << 20);
      ++messages_;
      if (message.checkpoint().empty()) continue;
      const auto checkpoint = log::OpenCheckpoint(message.checkpoint(), ledgerd_->world.verifier());
      ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
      EXPECT_EQ(checkpoint->size, edge->size());
      EXPECT_EQ(checkpoint->root, edge->Root());
      ++checkpoints_;
    }
  }

  std::unique_ptr<Ledgerd> ledgerd_;
  std::shared_ptr<const engine::View> view_;
  int messages_ = 0;
  int checkpoints_ = 0;
};

TEST_F(WatchTest, GivesEveryRecordAndThenThoseThatCome) {
  Start();
  for (int i = 0; i < 5; ++i) ledgerd_->Register("v-" + std::to_string(i));
  grpc::ClientContext context;
  const Reader reader = Watch(&context, 0);
  log::TreeEdge edge;
  Follow(reader.get(), 6, &edge);
  EXPECT_EQ(messages_, 1) << "what is there already comes together";
  for (int i = 5; i < 8; ++i) {
    ledgerd_->Register("v-" + std::to_string(i));
    Follow(reader.get(), edge.size() + 1, &edge);
  }
  EXPECT_EQ(checkpoints_, messages_);
  context.TryCancel();
  EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::CANCELLED);
}

TEST_F(WatchTest, BoundsItsMessagesAndEndsEachInACheckpoint) {
  Start();
  for (int i = 0; i < 30; ++i) RegisterMany(i);
  grpc::ClientContext context;
  const Reader reader = Watch(&context, 0, /*until_latest=*/true);
  log::TreeEdge edge;
  Follow(reader.get(), 31, &edge);
  EXPECT_GT(messages_, 1);
  EXPECT_EQ(checkpoints_, messages_) << "each was recorded, and signed, by itself";
  v1::WatchRecordsResponse more;
  EXPECT_FALSE(reader->Read(&more));
  EXPECT_TRUE(reader->Finish().ok());
}

TEST_F(WatchTest, BeginsAtTheEndWithTheCheckpointOfWhatTheWatcherHas) {
  Start();
  ledgerd_->Register("v-1");
  grpc::ClientContext context;
  const Reader reader = Watch(&context, 2);
  v1::WatchRecordsResponse message;
  ASSERT_TRUE(reader->Read(&message));
  EXPECT_EQ(message.records_size(), 0);
  EXPECT_EQ(message.checkpoint(), view().signed_checkpoint());
  context.TryCancel();
}

TEST_F(WatchTest, RefusesWhatLiesBeyondTheEnd) {
  Start();
  grpc::ClientContext context;
  const Reader reader = Watch(&context, 2);
  v1::WatchRecordsResponse message;
  EXPECT_FALSE(reader->Read(&message));
  EXPECT_EQ(ErrorOf(reader->Finish()).reason, "WATCH_BEYOND_END");
}

TEST_F(WatchTest, RefusesOneTooManyUntilOneLeaves) {
  Start([](server::Config* config) { config->watches = 1; });
  v1::WatchRecordsResponse message;
  {
    grpc::ClientContext context;
    const Reader reader = Watch(&context, 0);
    ASSERT_TRUE(reader->Read(&message));
    grpc::ClientContext other;
    const Reader refused = Watch(&other, 0);
    EXPECT_FALSE(refused->Read(&message));
    const grpc::Status status = refused->Finish();
    EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
    EXPECT_EQ(ErrorOf(status).reason, "WATCHES_FULL");
    context.TryCancel();
    (void)reader->Finish();
  }
  // The server hears of it when it comes to look.
  bool is_taken = false;
  while (!is_taken) {
    grpc::ClientContext context;
    const Reader reader = Watch(&context, 0, /*until_latest=*/true);
    is_taken = reader->Read(&message);
    while (reader->Read(&message)) {
    }
    const grpc::Status status = reader->Finish();
    ASSERT_TRUE(status.ok() || ErrorOf(status).reason == "WATCHES_FULL") << status.error_message();
  }
}

TEST_F(WatchTest, EndsWhenTheServerStops) {
  Start();
  grpc::ClientContext context;
  const Reader reader = Watch(&context, 0);
  v1::WatchRecordsResponse message;
  ASSERT_TRUE(reader->Read(&message));
  ledgerd_->server->Stop();
  EXPECT_FALSE(reader->Read(&message));
  EXPECT_EQ(ErrorOf(reader->Finish()).reason, "SERVER_STOPPING");
}

}  // namespace
}  // namespace fundledger::services_testing
