#include "clients/sdk/bulk.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <random>
#include <thread>

#include "clients/sdk/files.h"
#include "ledger/base/status.h"
#include "services/rpc/status.h"
#include "tests/unit/clients/sdk/little_server.h"

namespace fundledger::sdk {
namespace {

using ServerStream = grpc::ServerReaderWriter<v1::SubmitStreamResponse, v1::SubmitStreamRequest>;

// What the server does with one request of a stream.
enum class Do {
  kAnswer,
  kBreak,
  kRecordAndBreak,
  kBusy,
  kRefuse,
  kDamaged,
  kSilence,
  kSpoil,
  kMisnumber,
  kSayNothing
};

// A server that takes streams, and treats each request as it is told.
class BulkTest : public LittleServer {
 protected:
  BulkTest() {
    log_.Append("the first envelope");
    Serve({.patience_ms = 20'000, .first_patience_ms = 20'000});
  }
  ~BulkTest() override { StopServing(); }

  // Another client of the same server.
  void Reconnect(const ClientOptions& options) {
    auto client = Client::Connect(client_->config(), options);
    ASSERT_TRUE(client.ok()) << client.status();
    client_ = *std::move(client);
  }

  std::vector<Unsealed> Drafts(size_t count) {
    std::vector<Unsealed> drafts;
    for (size_t i = 0; i < count; ++i) {
      v1::Action action;
      action.set_reference("R-" + std::to_string(i));
      action.mutable_receive()->set_fund("f-1");
      drafts.push_back({client_->Draft("clerk-1", NewRequestId(), {action}), officer_.get()});
    }
    return drafts;
  }

  // Runs, and expects every report in order, with its receipt on disk by then.
  absl::Status Run(const std::vector<Unsealed>& drafts, size_t window = 16) {
    BulkSubmitter bulk(client_.get(), {.window = window});
    absl::Status status = bulk.Run(drafts, [&](size_t index, const Sealed& sealed, const auto& outcome) {
      EXPECT_EQ(index, reports_.size());
      EXPECT_EQ(sealed.request_id, drafts[index].submission.request_id());
      reports_.push_back(outcome.status());
      if (!outcome.ok()) return keep_going_;
      const auto path = client_->config().receipts_path() / (std::to_string(outcome->sequence) + ".receipt");
      EXPECT_TRUE(std::filesystem::exists(path)) << path;
      sequences_.push_back(outcome->sequence);
      EXPECT_EQ(outcome->receipt.envelope(), sealed.envelope);
      return true;
    });
    unanswered_ = bulk.unanswered();
    return status;
  }
  void ExpectEachOnceAndInOrder(size_t count) {
    EXPECT_EQ(reports_.size(), count);
    EXPECT_EQ(log_.size(), count + 1);
    EXPECT_EQ(sequences_.size(), count);
    EXPECT_TRUE(std::is_sorted(sequences_.begin(), sequences_.end()));
    EXPECT_EQ(client_->seen().size, log_.size());
  }

  grpc::Status SubmitStream(grpc::ServerContext*, ServerStream* stream) override {
    const size_t number = streams_++;
    if (!streaming_) return grpc::Status(grpc::StatusCode::UNIMPLEMENTED, "");
    v1::SubmitStreamRequest in;
    for (uint64_t i = 0; stream->Read(&in); ++i) {
      const std::lock_guard lock(mutex_);
      arrived_.push_back(in.envelope());
      const Do what = script_ ? script_(number, i, in.envelope()) : Do::kAnswer;
      if (what == Do::kBreak) return grpc::Status(grpc::StatusCode::UNAVAILABLE, "gone");
      if (what == Do::kSilence) continue;
      v1::SubmitStreamResponse out;
      out.set_index(what == Do::kMisnumber ? i + 1 : i);
      if (what == Do::kBusy || what == Do::kRefuse || what == Do::kDamaged) {
        FillError(what, out.mutable_error());
      } else if (what != Do::kSayNothing) {
        *out.mutable_receipt() = Record(in.envelope());
      }
      if (what == Do::kSpoil) (*out.mutable_receipt()->mutable_header())[5] ^= 1;
      if (what == Do::kRecordAndBreak) return grpc::Status(grpc::StatusCode::CANCELLED, "RST_STREAM");
      stream->Write(out);
    }
    return grpc::Status::OK;
  }
  grpc::Status Submit(grpc::ServerContext*, const v1::SubmitRequest* in, v1::SubmitResponse* out) override {
    const std::lock_guard lock(mutex_);
    ++calls_;
    if (damaged_at_call_ == calls_) {
      return rpc::ToGrpcStatus(Refuse(absl::StatusCode::kDataLoss, "STORE_DAMAGED", "as told"));
    }
    *out->mutable_receipt() = Record(in->envelope());
    return grpc::Status::OK;
  }
  grpc::Status GetConsistencyProof(grpc::ServerContext* context, const v1::GetConsistencyProofRequest* in,
                                   v1::GetConsistencyProofResponse* out) override {
    const std::lock_guard lock(mutex_);
    return LittleServer::GetConsistencyProof(context, in, out);
  }

  v1::Receipt Record(const std::string& envelope) {
    const auto [at, added] = recorded_.emplace(envelope, log_.size());
    if (added) log_.Append(envelope);
    v1::Receipt receipt = log_.Receipt(at->second, log_.size());
    receipt.set_repeated_request(!added);
    if (!added) receipt.set_envelope(envelope);
    return receipt;
  }
  static void FillError(Do what, v1::SubmitError* error) {
    const bool busy = what == Do::kBusy;
    const bool damaged = what == Do::kDamaged;
    error->set_code(static_cast<int32_t>(busy      ? absl::StatusCode::kResourceExhausted
                                         : damaged ? absl::StatusCode::kDataLoss
                                                   : absl::StatusCode::kNotFound));
    error->set_reason(busy ? "QUEUE_FULL" : damaged ? "STORE_DAMAGED" : "FUND_NOT_FOUND");
    error->set_message("as told");
    error->set_retry_delay_ms(busy ? 1 : 0);
  }

  std::unique_ptr<crypto::Signer> officer_ = KeyOf('o');
  bool streaming_ = true;
  bool keep_going_ = true;
  std::function<Do(size_t stream, uint64_t index, const std::string& envelope)> script_;
  std::atomic<size_t> streams_{0};
  std::mutex mutex_;  // guards the log and what follows while calls run
  std::map<std::string, Sequence> recorded_;
  std::vector<std::string> arrived_;
  size_t calls_ = 0;
  size_t damaged_at_call_ = 0;  // counted from 1
  std::vector<absl::Status> reports_;
  std::vector<Sequence> sequences_;
  size_t unanswered_ = 0;
};

TEST_F(BulkTest, RecordsManyOnOneStream) {
  const auto result = Run(Drafts(200));
  ASSERT_TRUE(result.ok()) << result;
  EXPECT_EQ(unanswered_, 0U);
  EXPECT_EQ(streams_, 1U);
  ExpectEachOnceAndInOrder(200);
}

TEST_F(BulkTest, DoesNothingWithNothing) {
  ASSERT_TRUE(Run({}).ok());
  EXPECT_EQ(streams_, 0U);
}

TEST_F(BulkTest, SendsTheVeryBytesAgainThatABrokenStreamLeftOpen) {
  script_ = [](size_t stream, uint64_t i, const std::string&) {
    if (stream == 0 && i == 20) return Do::kRecordAndBreak;
    return stream == 1 && i == 5 ? Do::kBreak : Do::kAnswer;
  };
  const auto result = Run(Drafts(60));
  ASSERT_TRUE(result.ok()) << result;
  EXPECT_EQ(streams_, 3U);
  ExpectEachOnceAndInOrder(60);
  // The second stream begins at the first one left open, the third likewise.
  EXPECT_EQ(arrived_[21], arrived_[20]);
  EXPECT_EQ(arrived_[27], arrived_[26]);
}

TEST_F(BulkTest, RecordsEachOnceWhereverStreamsBreak) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  script_ = [&random](size_t, uint64_t, const std::string&) {
    switch (random() % 12) {
      case 0:
        return Do::kBreak;
      case 1:
        return Do::kRecordAndBreak;
      default:
        return Do::kAnswer;
    }
  };
  const auto result = Run(Drafts(100), 1 + random() % 20);
  ASSERT_TRUE(result.ok()) << result;
  ExpectEachOnceAndInOrder(100);
}

TEST_F(BulkTest, GoesOnBehindARefusedOne) {
  script_ = [](size_t, uint64_t i, const std::string&) { return i % 10 == 3 ? Do::kRefuse : Do::kAnswer; };
  ASSERT_TRUE(Run(Drafts(50)).ok());
  ASSERT_EQ(reports_.size(), 50U);
  for (size_t i = 0; i < reports_.size(); ++i) {
    EXPECT_EQ(ReasonOf(reports_[i]), i % 10 == 3 ? "FUND_NOT_FOUND" : "");
    EXPECT_EQ(IsFromServer(reports_[i]), i % 10 == 3);
  }
  EXPECT_EQ(log_.size(), 46U);
}

TEST_F(BulkTest, ReportsWhatWasSentWhenItIsStopped) {
  keep_going_ = false;
  script_ = [](size_t, uint64_t i, const std::string&) { return i == 3 ? Do::kRefuse : Do::kAnswer; };
  const auto result = Run(Drafts(100), 8);
  ASSERT_TRUE(result.ok()) << result;
  EXPECT_EQ(unanswered_, 0U);
  // Of those behind, the window's at most.
  EXPECT_LE(reports_.size(), 3U + 8U);
  EXPECT_EQ(reports_.size(), arrived_.size());
  EXPECT_EQ(log_.size(), arrived_.size());
}

TEST_F(BulkTest, SaysHowManyItDoesNotKnowWhenTheServerFallsSilentAfterItWasStopped) {
  Reconnect({.patience_ms = 0, .first_patience_ms = 20'000, .attempt_ms = 200});
  keep_going_ = false;
  script_ = [](size_t, uint64_t i, const std::string&) {
    if (i < 3) return Do::kAnswer;
    return i == 3 ? Do::kRefuse : Do::kSilence;
  };
  const auto result = Run(Drafts(100), 8);
  ASSERT_TRUE(result.ok()) << result;
  EXPECT_EQ(reports_.size(), 4U);
  EXPECT_EQ(reports_.size() + unanswered_, arrived_.size());
}

TEST_F(BulkTest, SaysHowManyItDoesNotKnowWhenItGivesUp) {
  Reconnect({.patience_ms = 0, .first_patience_ms = 20'000});
  script_ = [](size_t, uint64_t i, const std::string&) { return i < 3 ? Do::kAnswer : Do::kRecordAndBreak; };
  EXPECT_FALSE(Run(Drafts(4), 8).ok());
  EXPECT_EQ(reports_.size(), 3U);
  EXPECT_EQ(unanswered_, 1U);
  EXPECT_EQ(log_.size(), 5U) << "it was recorded";
}

TEST_F(BulkTest, KnowsThatABusyLedgerDidNotTakeIt) {
  Reconnect({.patience_ms = 0, .first_patience_ms = 20'000});
  script_ = [](size_t, uint64_t i, const std::string&) { return i < 3 ? Do::kAnswer : Do::kBusy; };
  EXPECT_TRUE(absl::IsResourceExhausted(Run(Drafts(4), 8)));
  EXPECT_EQ(unanswered_, 0U);
}

TEST_F(BulkTest, TakesADamagedStoreForNoRefusal) {
  script_ = [](size_t, uint64_t i, const std::string&) { return i < 3 ? Do::kAnswer : Do::kDamaged; };
  EXPECT_EQ(ReasonOf(Run(Drafts(4), 8)), "STORE_DAMAGED");
  EXPECT_EQ(reports_.size(), 3U);
  EXPECT_EQ(unanswered_, 1U) << "it may be recorded";
  EXPECT_EQ(streams_, 1U) << "sent again for nothing";

  streaming_ = false;
  reports_.clear();
  damaged_at_call_ = 2;
  EXPECT_EQ(ReasonOf(Run(Drafts(4))), "STORE_DAMAGED");
  EXPECT_EQ(reports_.size(), 1U);
  EXPECT_EQ(unanswered_, 1U);
}

TEST_F(BulkTest, SendsAgainWhatTheLedgerCouldNotTakeAndWhatItRefusedBehindIt) {
  // Request 4 is not taken the first time; what needs it is refused until it is there.
  script_ = [](size_t stream, uint64_t i, const std::string&) {
    if (stream > 0) return Do::kAnswer;
    if (i == 4) return Do::kBusy;
    return i > 4 && i % 2 == 0 ? Do::kRefuse : Do::kAnswer;
  };
  const auto result = Run(Drafts(12));
  ASSERT_TRUE(result.ok()) << result;
  EXPECT_EQ(streams_, 2U);
  EXPECT_EQ(reports_.size(), 12U);
  EXPECT_EQ(sequences_.size(), 12U);
  EXPECT_EQ(log_.size(), 13U);
}

TEST_F(BulkTest, GivesUpWhenThePatienceIsAtItsEnd) {
  Reconnect({.patience_ms = 0, .first_patience_ms = 20'000});
  script_ = [](size_t, uint64_t i, const std::string&) { return i < 5 ? Do::kAnswer : Do::kBusy; };
  const auto result = Run(Drafts(20));
  EXPECT_EQ(ReasonOf(result), "QUEUE_FULL") << result;
  EXPECT_EQ(reports_.size(), 5U);
  script_ = [](size_t, uint64_t, const std::string&) { return Do::kBreak; };
  EXPECT_EQ(ReasonOf(Run(Drafts(20))), "SERVER_UNREACHABLE");
}

TEST_F(BulkTest, GivesUpOnAServerThatSaysNothing) {
  Reconnect({.patience_ms = 0, .first_patience_ms = 20'000, .attempt_ms = 50});
  script_ = [](size_t, uint64_t, const std::string&) { return Do::kSilence; };
  const auto result = Run(Drafts(20));
  EXPECT_EQ(ReasonOf(result), "SERVER_TIMED_OUT") << result;
  EXPECT_TRUE(reports_.empty());
}

// A token whose owner has to touch it.
class SlowSigner : public crypto::Signer {
 public:
  SlowSigner(const crypto::Signer& signer, std::chrono::milliseconds takes)
      : signer_(signer), takes_(takes) {}
  const crypto::PublicKey& public_key() const override { return signer_.public_key(); }
  absl::StatusOr<std::string> Sign(std::string_view message) const override {
    std::this_thread::sleep_for(takes_);
    return signer_.Sign(message);
  }

 private:
  const crypto::Signer& signer_;
  const std::chrono::milliseconds takes_;
};

TEST_F(BulkTest, TakesNoServerForSilentThatWasAskedNothing) {
  Reconnect({.patience_ms = 20'000, .first_patience_ms = 20'000, .attempt_ms = 1000});
  const SlowSigner slow(*officer_, std::chrono::milliseconds(1500));
  std::vector<Unsealed> drafts = Drafts(1);
  drafts[0].signer = &slow;
  const auto result = Run(drafts);
  ASSERT_TRUE(result.ok()) << result;
  EXPECT_EQ(streams_, 1U) << "it was given up while the first was sealed";
  ExpectEachOnceAndInOrder(1);
}

TEST_F(BulkTest, CallsOneAfterTheOtherWhereTheServerKnowsNoStreams) {
  streaming_ = false;
  const auto result = Run(Drafts(30));
  ASSERT_TRUE(result.ok()) << result;
  EXPECT_EQ(calls_, 30U);
  ExpectEachOnceAndInOrder(30);
}

TEST_F(BulkTest, ReportsNothingFromAWrongAnswerOn) {
  const std::vector<std::pair<Do, std::string>> wrong = {{Do::kSpoil, "RECEIPT_INVALID"},
                                                         {Do::kMisnumber, "ANSWER_MISMATCH"},
                                                         {Do::kSayNothing, "ANSWER_MISMATCH"}};
  for (const auto& [what, reason] : wrong) {
    reports_.clear();
    script_ = [what = what](size_t, uint64_t i, const std::string&) { return i == 7 ? what : Do::kAnswer; };
    const auto result = Run(Drafts(40));
    EXPECT_EQ(ReasonOf(result), reason) << result;
    EXPECT_TRUE(IsEvidence(result));
    EXPECT_EQ(reports_.size(), 7U);
  }
}

TEST_F(BulkTest, ReportsNothingWhoseReceiptCouldNotBeKept) {
  ASSERT_TRUE(ReplaceFile(client_->config().receipts_path(), "in the way", false).ok());
  const auto result = Run(Drafts(10));
  EXPECT_EQ(ReasonOf(result), "FILE_UNWRITABLE") << result;
  EXPECT_TRUE(reports_.empty());
}

}  // namespace
}  // namespace fundledger::sdk
