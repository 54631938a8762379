// Many submissions on one stream: in order, in bounds, and each once, whatever breaks.
#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <future>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tests/integration/services/services_testing.h"

namespace fundledger::services_testing {
namespace {

using Stream = grpc::ClientReaderWriter<v1::SubmitStreamRequest, v1::SubmitStreamResponse>;

// Counts what comes in, and can hold it: before it is prepared, or before it is queued.
class WatchingEngine final : public PassingEngine {
 public:
  using PassingEngine::PassingEngine;

  void Submit(std::string envelope, engine::Done done) override {
    auto prepared = Prepare(std::move(envelope));
    if (!prepared.ok()) return done(prepared.status());
    Enqueue(*std::move(prepared), std::move(done));
  }

  absl::StatusOr<engine::Prepared> Prepare(std::string envelope) const override {
    {
      std::unique_lock lock(mutex_);
      const bool is_held = !prepared_last_.empty() && envelope == prepared_last_;
      changed_.wait(lock, [&] { return !is_held || prepared_ >= prepared_before_last_; });
    }
    auto prepared = PassingEngine::Prepare(std::move(envelope));
    const std::lock_guard lock(mutex_);
    ++prepared_;
    changed_.notify_all();
    return prepared;
  }

  void Enqueue(engine::Prepared prepared, engine::Done done) override {
    {
      const std::lock_guard lock(mutex_);
      most_unanswered_ = std::max(most_unanswered_, ++unanswered_);
      engine::Done counted = [this, done = std::move(done)](absl::StatusOr<v1::Receipt> receipt) {
        CountAnswered();
        done(std::move(receipt));
      };
      if (is_holding_) {
        held_.emplace_back(std::move(prepared), std::move(counted));
        changed_.notify_all();
        return;
      }
      done = std::move(counted);
    }
    PassingEngine::Enqueue(std::move(prepared), std::move(done));
  }

  void Stop() override {
    Release();
    PassingEngine::Stop();
  }

  // `envelope` is prepared only once `others` were.
  void PrepareLast(const std::string& envelope, size_t others) {
    prepared_last_ = envelope;
    prepared_before_last_ = others;
  }
  void Hold() { is_holding_ = true; }
  void Release() {
    std::deque<std::pair<engine::Prepared, engine::Done>> held;
    {
      const std::lock_guard lock(mutex_);
      is_holding_ = false;
      held.swap(held_);
    }
    for (auto& [prepared, done] : held) PassingEngine::Enqueue(std::move(prepared), std::move(done));
  }
  void AwaitHeld(size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return held_.size() >= count; });
  }
  size_t prepared() const {
    const std::lock_guard lock(mutex_);
    return prepared_;
  }
  size_t most_unanswered() const {
    const std::lock_guard lock(mutex_);
    return most_unanswered_;
  }

 private:
  void CountAnswered() {
    const std::lock_guard lock(mutex_);
    --unanswered_;
  }

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  mutable size_t prepared_ = 0;
  size_t prepared_before_last_ = 0;
  std::string prepared_last_;
  bool is_holding_ = false;
  std::deque<std::pair<engine::Prepared, engine::Done>> held_;
  size_t unanswered_ = 0;
  size_t most_unanswered_ = 0;
};

class SubmitStreamTest : public ::testing::Test {
 protected:
  void Start(const std::function<void(server::Config*)>& change = {}) {
    ledgerd_ = std::make_unique<Ledgerd>(change,
                                         [this](test_support::World*, std::unique_ptr<engine::Engine> below) {
                                           auto watching = std::make_unique<WatchingEngine>(std::move(below));
                                           engine_ = watching.get();
                                           return watching;
                                         });
    stub_ = v1::LedgerService::NewStub(ledgerd_->channel);
  }

  std::string Envelope(const std::string& organization) {
    return ledgerd_->world.Seal(ledgerd_->world.Register(*ledgerd_->server->engine().view(), organization));
  }
  std::vector<std::string> Envelopes(size_t count) {
    std::vector<std::string> envelopes;
    for (size_t i = 0; i < count; ++i) envelopes.push_back(Envelope("village-" + std::to_string(i)));
    return envelopes;
  }

  static bool Send(Stream* stream, const std::string& envelope) {
    v1::SubmitStreamRequest request;
    request.set_envelope(envelope);
    return stream->Write(request);
  }
  static void SendAll(Stream* stream, const std::vector<std::string>& envelopes) {
    for (const std::string& envelope : envelopes) {
      if (!Send(stream, envelope)) return;
    }
    stream->WritesDone();
  }
  // Until the end.
  static std::vector<v1::SubmitStreamResponse> ReadAll(Stream* stream) {
    std::vector<v1::SubmitStreamResponse> answers;
    v1::SubmitStreamResponse answer;
    while (stream->Read(&answer)) answers.push_back(answer);
    return answers;
  }

  // Answers to `envelopes`, in order, all recorded; gives their sequences.
  std::vector<Sequence> ExpectRecorded(const std::vector<std::string>& envelopes,
                                       const std::vector<v1::SubmitStreamResponse>& answers) {
    std::vector<Sequence> sequences;
    EXPECT_EQ(answers.size(), envelopes.size());
    for (size_t i = 0; i < std::min(answers.size(), envelopes.size()); ++i) {
      EXPECT_EQ(answers[i].index(), i);
      EXPECT_TRUE(answers[i].has_receipt()) << answers[i].ShortDebugString();
      const auto sequence =
          test_support::VerifyReceipt(answers[i].receipt(), envelopes[i], ledgerd_->world.verifier());
      EXPECT_TRUE(sequence.ok()) << i << ": " << sequence.status();
      sequences.push_back(sequence.value_or(0));
    }
    return sequences;
  }

  std::unique_ptr<Ledgerd> ledgerd_;
  WatchingEngine* engine_ = nullptr;
  std::unique_ptr<v1::LedgerService::Stub> stub_;
};

TEST_F(SubmitStreamTest, RecordsInTheOrderSentWhateverIsVerifiedFirst) {
  Start();
  const std::vector<std::string> envelopes = Envelopes(50);
  engine_->PrepareLast(envelopes[0], 20);
  grpc::ClientContext context;
  const auto stream = stub_->SubmitStream(&context);
  SendAll(stream.get(), envelopes);
  const std::vector<Sequence> sequences = ExpectRecorded(envelopes, ReadAll(stream.get()));
  EXPECT_TRUE(stream->Finish().ok());
  for (size_t i = 0; i < sequences.size(); ++i) EXPECT_EQ(sequences[i], i + 1);
}

TEST_F(SubmitStreamTest, AnswersARefusedOneAsSubmitDoesAndGoesOn) {
  Start();
  std::vector<std::string> envelopes = Envelopes(6);
  envelopes[1] = "no envelope";
  envelopes[2].back() ^= 1;
  envelopes[4] = Envelope("village-0");  // it is registered before
  grpc::ClientContext context;
  const auto stream = stub_->SubmitStream(&context);
  SendAll(stream.get(), envelopes);
  const auto answers = ReadAll(stream.get());
  EXPECT_TRUE(stream->Finish().ok());
  ASSERT_EQ(answers.size(), envelopes.size());
  for (const size_t i : {1, 2, 4}) {
    EXPECT_EQ(answers[i].index(), i);
    v1::SubmitResponse response;
    const WireError alone = ErrorOf(ledgerd_->Submit(envelopes[i], &response));
    EXPECT_EQ(answers[i].error().code(), alone.code);
    EXPECT_EQ(answers[i].error().reason(), alone.reason);
    EXPECT_EQ(answers[i].error().message(), alone.message);
    EXPECT_EQ(answers[i].error().retry_delay_ms(), 0);
    EXPECT_NE(alone.code, 0);
  }
  for (const size_t i : {0, 3, 5}) EXPECT_TRUE(answers[i].has_receipt()) << answers[i].ShortDebugString();
  EXPECT_EQ(engine_->view()->size(), 4u);
}

TEST_F(SubmitStreamTest, HasNoMoreThanAWindowUnderWay) {
  Start([](server::Config* config) { config->stream_window = 3; });
  const std::vector<std::string> envelopes = Envelopes(20);
  engine_->Hold();
  grpc::ClientContext context;
  const auto stream = stub_->SubmitStream(&context);
  std::thread sender([&] { SendAll(stream.get(), envelopes); });
  engine_->AwaitHeld(3);
  EXPECT_EQ(engine_->prepared(), 3u);
  engine_->Release();
  ExpectRecorded(envelopes, ReadAll(stream.get()));
  sender.join();
  EXPECT_TRUE(stream->Finish().ok());
  EXPECT_EQ(engine_->most_unanswered(), 3u);
}

TEST_F(SubmitStreamTest, StreamsShareTheQueueAndEachGoesOn) {
  Start([](server::Config* config) { config->queue = 2; });
  constexpr size_t kStreams = 4;
  const std::vector<std::string> envelopes = Envelopes(kStreams * 20);
  std::vector<std::thread> threads;
  for (size_t s = 0; s < kStreams; ++s) {
    threads.emplace_back([&, s] {
      const std::vector<std::string> own(envelopes.begin() + static_cast<long>(s * 20),
                                         envelopes.begin() + static_cast<long>(s * 20 + 20));
      grpc::ClientContext context;
      const auto stream = stub_->SubmitStream(&context);
      SendAll(stream.get(), own);
      ExpectRecorded(own, ReadAll(stream.get()));
      EXPECT_TRUE(stream->Finish().ok());
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(engine_->view()->size(), 1 + envelopes.size());
  EXPECT_LE(engine_->most_unanswered(), 2 + kStreams);
}

TEST_F(SubmitStreamTest, RefusesOneStreamTooMany) {
  Start([](server::Config* config) { config->streams = 1; });
  const std::vector<std::string> envelopes = Envelopes(2);
  grpc::ClientContext context;
  const auto stream = stub_->SubmitStream(&context);
  ASSERT_TRUE(Send(stream.get(), envelopes[0]));
  v1::SubmitStreamResponse answer;
  ASSERT_TRUE(stream->Read(&answer));  // it is open
  grpc::ClientContext other;
  const auto refused = stub_->SubmitStream(&other);
  EXPECT_FALSE(refused->Read(&answer));
  const grpc::Status status = refused->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(ErrorOf(status).reason, "STREAMS_FULL");
  EXPECT_GT(ErrorOf(status).retry_delay_ms, 0);
  stream->WritesDone();
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(SubmitStreamTest, EndsOneOnWhichNothingComes) {
  Start([](server::Config* config) {
    config->streams = 1;
    config->stream_idle_seconds = 1;
  });
  const std::vector<std::string> envelopes = Envelopes(2);
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
  const auto stream = stub_->SubmitStream(&context);
  ASSERT_TRUE(Send(stream.get(), envelopes[0]));
  ExpectRecorded({envelopes[0]}, ReadAll(stream.get()));
  const grpc::Status status = stream->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(ErrorOf(status).reason, "STREAM_IDLE");
  // Its place is free, as soon as the server has seen to the end.
  for (bool is_taken = false; !is_taken;) {
    grpc::ClientContext other;
    const auto next = stub_->SubmitStream(&other);
    SendAll(next.get(), {envelopes[1]});
    (void)ReadAll(next.get());
    const grpc::Status ended = next->Finish();
    is_taken = ended.ok();
    ASSERT_TRUE(is_taken || ErrorOf(ended).reason == "STREAMS_FULL") << ended.error_message();
  }
  EXPECT_EQ(engine_->view()->size(), 3u);
}

TEST_F(SubmitStreamTest, ABrokenStreamSentAgainRecordsEachOnce) {
  Start();
  const std::vector<std::string> envelopes = Envelopes(40);
  {
    grpc::ClientContext context;
    const auto stream = stub_->SubmitStream(&context);
    SendAll(stream.get(), envelopes);
    v1::SubmitStreamResponse answer;
    for (int i = 0; i < 7; ++i) ASSERT_TRUE(stream->Read(&answer));
    context.TryCancel();
    EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
  }
  grpc::ClientContext context;
  const auto stream = stub_->SubmitStream(&context);
  SendAll(stream.get(), envelopes);
  const auto answers = ReadAll(stream.get());
  EXPECT_TRUE(stream->Finish().ok());
  const std::vector<Sequence> sequences = ExpectRecorded(envelopes, answers);
  for (size_t i = 0; i < sequences.size(); ++i) EXPECT_EQ(sequences[i], i + 1);
  for (size_t i = 0; i < 7; ++i) EXPECT_TRUE(answers[i].receipt().repeated_request());
  EXPECT_EQ(engine_->view()->size(), 1 + envelopes.size());
}

TEST_F(SubmitStreamTest, StoppingAnswersWhatWasTakenAndEndsTheStream) {
  Start([](server::Config* config) { config->stream_window = 5; });
  const std::vector<std::string> envelopes = Envelopes(12);
  engine_->Hold();
  grpc::ClientContext context;
  const auto stream = stub_->SubmitStream(&context);
  std::thread sender([&] { SendAll(stream.get(), envelopes); });
  engine_->AwaitHeld(5);
  ledgerd_->server->Stop();
  sender.join();
  const auto answers = ReadAll(stream.get());
  const grpc::Status status = stream->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(ErrorOf(status).reason, "SERVER_STOPPING");
  ExpectRecorded({envelopes.begin(), envelopes.begin() + 5}, answers);
}

// Idle streams, one whose answers nobody reads, one whose caller went away: none holds up the stop.
TEST_F(SubmitStreamTest, StopsWhoeverIsConnected) {
  Start([](server::Config* config) {
    config->stop_seconds = 0;
    config->stream_window = 4;
  });
  grpc::ClientContext idle_context;
  const auto idle = stub_->SubmitStream(&idle_context);
  ASSERT_TRUE(Send(idle.get(), Envelope("idle")));
  v1::SubmitStreamResponse answer;
  ASSERT_TRUE(idle->Read(&answer));

  grpc::ClientContext deaf_context;
  const auto deaf = stub_->SubmitStream(&deaf_context);
  const std::string repeated = Envelope("deaf");
  // Every answer carries the envelope again: soon flow control holds them back, and the sender with them.
  std::thread sender([&] {
    while (Send(deaf.get(), repeated)) {
    }
  });

  grpc::ClientContext gone_context;
  const auto gone = stub_->SubmitStream(&gone_context);
  engine_->Hold();
  ASSERT_TRUE(Send(gone.get(), Envelope("gone")));
  engine_->AwaitHeld(1);
  gone_context.TryCancel();

  ledgerd_->server->Stop();
  sender.join();
  EXPECT_FALSE(idle->Read(&answer));
  EXPECT_EQ(idle->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  deaf_context.TryCancel();
  EXPECT_FALSE(deaf->Finish().ok());
  EXPECT_EQ(gone->Finish().error_code(), grpc::StatusCode::CANCELLED);
}

// A call that somebody else finishes.
struct SubmitCall {
  grpc::ClientContext context;
  v1::SubmitRequest request;
  v1::SubmitResponse response;
  std::promise<grpc::Status> done;
};

TEST_F(SubmitStreamTest, RefusesAtTheDoorBeforeItPaysForASignature) {
  Start([](server::Config* config) { config->queue = 3; });
  const std::vector<std::string> envelopes = Envelopes(5);
  engine_->Hold();
  std::vector<SubmitCall> calls(3);
  for (size_t i = 0; i < calls.size(); ++i) {
    SubmitCall& call = calls[i];
    call.request.set_envelope(envelopes[i]);
    stub_->async()->Submit(&call.context, &call.request, &call.response,
                           [&call](grpc::Status status) { call.done.set_value(std::move(status)); });
  }
  engine_->AwaitHeld(calls.size());  // at the limit: all three are in
  v1::SubmitResponse response;
  const grpc::Status refused = ledgerd_->Submit(envelopes[3], &response);
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(ErrorOf(refused).reason, "QUEUE_FULL");
  EXPECT_GT(ErrorOf(refused).retry_delay_ms, 0);
  EXPECT_EQ(engine_->prepared(), calls.size());
  // A stream has room of its own.
  grpc::ClientContext context;
  const auto stream = stub_->SubmitStream(&context);
  SendAll(stream.get(), {envelopes[4]});
  engine_->AwaitHeld(calls.size() + 1);
  engine_->Release();
  for (SubmitCall& call : calls) EXPECT_TRUE(call.done.get_future().get().ok());
  ExpectRecorded({envelopes[4]}, ReadAll(stream.get()));
  EXPECT_TRUE(stream->Finish().ok());
  // And there is room again.
  EXPECT_TRUE(ledgerd_->Submit(envelopes[3], &response).ok());
}

}  // namespace
}  // namespace fundledger::services_testing
