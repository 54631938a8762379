// Bounds of the HTTP server, each at its limit; health, which stands apart; and an orderly stop.
#include <array>
#include <atomic>
#include <future>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include "ledger/base/status.h"
#include "services/http/listener.h"
#include "services/web/health.h"
#include "tests/integration/http/http_testing.h"
#include "tests/integration/services/services_testing.h"

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include <nlohmann/json.hpp>

namespace fundledger::http_testing {
namespace {

using nlohmann::json;
using services_testing::Ledgerd;
using services_testing::PassingEngine;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kAsk[] = "GET /x HTTP/1.1\r\nHost: x\r\n\r\n";
constexpr char kAnswerEnd[] = "\r\n\r\nyes";

// A listener that cannot be woken would never stop.
TEST(Listener, DoesNotStartWithoutTheDescriptorsThatItStopsBy) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const int next = ::dup(STDOUT_FILENO);
  ASSERT_GE(next, 0);
  ::close(next);
  for (const rlim_t more : {0, 1, 2}) {  // nothing; the socket; and one of the two beside it
    SCOPED_TRACE(more);
    const rlimit few{.rlim_cur = static_cast<rlim_t>(next) + more, .rlim_max = before.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
    const auto listener = http::Listener::Listen({.address = "127.0.0.1:0"}, nullptr);
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
    EXPECT_EQ(fundledger::ReasonOf(listener.status()), "CANNOT_LISTEN") << listener.status();
    const int after = ::dup(STDOUT_FILENO);
    EXPECT_EQ(after, next) << "what it had taken is given back";
    ::close(after);
  }
}

class ListenerTest : public ::testing::Test {
 protected:
  void Listen(http::ListenerOptions options) {
    options.address = "127.0.0.1:0";
    auto listener = http::Listener::Listen(std::move(options), [this](const http::Request& request) {
      if (request.target == "/held") {
        ++held_;
        go_on_.WaitForNotification();
      }
      return http::Response{.content_type = "text/plain", .body = "yes"};
    });
    ASSERT_TRUE(listener.ok()) << listener.status();
    listener_ = *std::move(listener);
  }
  void ExpectAnswered(const Wire& wire) {
    wire.Send(kAsk);
    EXPECT_THAT(wire.ReadUntil(kAnswerEnd), HasSubstr("HTTP/1.1 200 "));
  }
  // Sends a question whose answer waits for `go_on_`, the handler's `nth` to do so.
  void AskHeld(const Wire& wire, int nth) const {
    wire.Send("GET /held HTTP/1.1\r\nHost: x\r\n\r\n");
    while (held_ < nth) std::this_thread::yield();
  }
  ~ListenerTest() override {
    if (!go_on_.HasBeenNotified()) go_on_.Notify();
  }

  std::atomic<int> held_ = 0;
  absl::Notification go_on_;
  std::unique_ptr<http::Listener> listener_;
};

TEST_F(ListenerTest, EndsTheIdlestConnectionForOneMore) {
  Listen({.connections = 2});
  Wire first(listener_->address());
  ExpectAnswered(first);
  Wire second(listener_->address());
  ExpectAnswered(second);
  ExpectAnswered(first);  // so the second has been idle longer
  while (listener_->idle() < 2) std::this_thread::yield();
  Wire third(listener_->address());
  ExpectAnswered(third);
  EXPECT_EQ(second.ReadAll(), "");
  ExpectAnswered(first);
  EXPECT_LE(listener_->open(), 2u);
}

TEST_F(ListenerTest, LetsOneMoreWaitWhereAllAreBusy) {
  Listen({.connections = 1});
  Wire first(listener_->address());
  AskHeld(first, 1);
  Wire second(listener_->address());
  second.Send(kAsk);
  while (!listener_->wants_room()) std::this_thread::yield();
  EXPECT_EQ(listener_->open(), 1u);
  go_on_.Notify();
  EXPECT_THAT(first.ReadAll(), HasSubstr("HTTP/1.1 200 "));  // and makes room
  EXPECT_THAT(second.ReadUntil(kAnswerEnd), HasSubstr("HTTP/1.1 200 "));
}

// All are busy when one more comes, and done at about the same time.
TEST_F(ListenerTest, EndsNoMoreThanOneForOneMore) {
  Listen({.connections = 3});
  const std::array<Wire, 3> busy = {Wire(listener_->address()), Wire(listener_->address()),
                                    Wire(listener_->address())};
  for (int i = 0; i < 3; ++i) AskHeld(busy[static_cast<size_t>(i)], i + 1);
  const Wire more(listener_->address());
  while (!listener_->wants_room()) std::this_thread::yield();
  go_on_.Notify();
  ExpectAnswered(more);
  int open = 0;
  for (const Wire& wire : busy) {
    EXPECT_THAT(wire.ReadUntil(kAnswerEnd), HasSubstr("HTTP/1.1 200 "));
    wire.TrySend(kAsk);
    if (wire.ReadUntil(kAnswerEnd).ends_with(kAnswerEnd)) ++open;
  }
  EXPECT_EQ(open, 2);
}

// One that is accepted at the moment of the stop is not left open, with nobody to serve it.
TEST_F(ListenerTest, StopsWhileConnectionsCome) {
  for (int i = 0; i < 300; ++i) {
    Listen({.connections = 4});
    // No more than the backlog holds, which nobody empties after the stop.
    std::thread client([&] {
      for (int k = 0; k < 50; ++k) (void)Wire(listener_->address());
    });
    listener_->Stop(absl::Now() + absl::Seconds(5));
    EXPECT_EQ(listener_->open(), 0u);
    client.join();
  }
}

// Many more than fit, all at once: each is answered in the end.
TEST_F(ListenerTest, AnswersEachOfManyMoreThanFit) {
  Listen({.connections = 3});
  std::atomic<int> answered = 0;
  std::vector<std::thread> clients;
  for (int i = 0; i < 40; ++i) {
    clients.emplace_back([&] {
      // One that was ended before it was heard asks again, as browsers do.
      for (int tries = 0; tries < 1000; ++tries) {
        const Wire wire(listener_->address());
        wire.Send("GET /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        if (wire.ReadAll().find("yes") == std::string::npos) continue;
        ++answered;
        return;
      }
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(answered, 40);
}

TEST_F(ListenerTest, EndsAConnectionAfterItsLastRequest) {
  Listen({.patience = {.requests = 2}});
  Wire wire(listener_->address());
  ExpectAnswered(wire);
  wire.Send(kAsk);
  const std::string last = wire.ReadAll();
  EXPECT_THAT(last, HasSubstr("HTTP/1.1 200 "));
  EXPECT_THAT(last, HasSubstr("Connection: close"));
}

TEST_F(ListenerTest, EndsAConnectionThatAsksNothing) {
  Listen({.patience = {.idle_seconds = 1}});
  Wire silent(listener_->address());
  EXPECT_EQ(silent.ReadAll(), "");
  Wire wire(listener_->address());
  ExpectAnswered(wire);
  EXPECT_EQ(wire.ReadAll(), "");
}

TEST_F(ListenerTest, EndsAConnectionThatAsksTooSlowly) {
  Listen({.patience = {.idle_seconds = 3600, .request_seconds = 1}});
  Wire wire(listener_->address());
  wire.Send("GET /x HTTP/1.1\r\nHost");
  EXPECT_THAT(wire.ReadAll(), Not(HasSubstr("200")));
}

// Byte after byte, each well before any pause could end it: the question as a whole has its time.
TEST_F(ListenerTest, EndsAConnectionThatAsksByteAfterByte) {
  Listen({.connections = 1, .patience = {.idle_seconds = 3600, .request_seconds = 1}});
  const Wire wire(listener_->address());
  wire.Send("GET /x HTTP/1.1\r\nHost: ");
  while (listener_->open() == 0) std::this_thread::yield();
  const absl::Time begin = absl::Now();
  for (; listener_->open() > 0; absl::SleepFor(absl::Milliseconds(20))) wire.TrySend("x");
  EXPECT_LT(absl::Now() - begin, absl::Seconds(20));
  Wire next(listener_->address());
  ExpectAnswered(next);
}

TEST_F(ListenerTest, EndsAConnectionThatDoesNotTakeItsAnswer) {
  http::ListenerOptions options{.address = "127.0.0.1:0", .patience = {.answer_seconds = 1}};
  auto listener = http::Listener::Listen(options, [](const http::Request&) {
    return http::Response{.content_type = "text/plain", .body = std::string(64 << 20, 'x')};
  });
  ASSERT_TRUE(listener.ok()) << listener.status();
  Wire wire((*listener)->address());
  wire.Send(kAsk);
  (void)wire.ReadUntil("\r\n\r\n");
  while ((*listener)->open() > 0) std::this_thread::yield();
  EXPECT_LT(wire.ReadAll().size(), size_t{64} << 20);
}

TEST_F(ListenerTest, RefusesAnAddressThatIsTaken) {
  Listen({});
  const auto other = http::Listener::Listen({.address = listener_->address()},
                                            [](const http::Request&) { return http::Response(); });
  EXPECT_EQ(fundledger::ReasonOf(other.status()), "CANNOT_LISTEN");
}

TEST_F(ListenerTest, StopsWithConnectionsThatAreIdle) {
  Listen({.patience = {.idle_seconds = 3600}});
  Wire idle(listener_->address());
  ExpectAnswered(idle);
  Wire silent(listener_->address());
  Wire half(listener_->address());
  half.Send("GET /x HT");
  listener_->Stop(absl::InfinitePast());
  EXPECT_EQ(idle.ReadAll(), "");
  EXPECT_EQ(listener_->open(), 0u);
  listener_->Stop(absl::InfinitePast());
}

TEST_F(ListenerTest, AnswersWhatIsUnderWayBeforeItStops) {
  Listen({});
  Wire wire(listener_->address());
  AskHeld(wire, 1);
  auto stopped = std::async(std::launch::async, [this] { listener_->Stop(absl::InfiniteFuture()); });
  go_on_.Notify();
  EXPECT_THAT(wire.ReadAll(), HasSubstr("yes"));
  stopped.get();
}

// Holds whoever asks for a view until told otherwise.
class HoldingEngine final : public PassingEngine {
 public:
  HoldingEngine(std::unique_ptr<engine::Engine> below, std::atomic<int>* holds, std::atomic<int>* held,
                absl::Notification* go_on)
      : PassingEngine(std::move(below)), holds_(holds), held_(held), go_on_(go_on) {}
  std::shared_ptr<const engine::View> view() const override {
    if (*holds_ > 0) {
      ++*held_;
      go_on_->WaitForNotification();
    }
    return PassingEngine::view();
  }

 private:
  std::atomic<int>* const holds_;
  std::atomic<int>* const held_;
  absl::Notification* const go_on_;
};

// Everybody who reads tiles is held, as by a slow disk, and as many as may be; health answers all the same.
TEST(Health, AnswersWhileReadersOfTilesAreAsManyAsFit) {
  std::atomic<int> holds = 0;
  std::atomic<int> held = 0;
  absl::Notification go_on;
  const Ledgerd ledgerd(
      [](server::Config* config) {
        config->http_listen = "127.0.0.1:0";
        config->health = "127.0.0.1:0";
        config->http_connections = 2;
      },
      [&](test_support::World*, std::unique_ptr<engine::Engine> below) {
        return std::make_unique<HoldingEngine>(std::move(below), &holds, &held, &go_on);
      });
  holds = 1;
  std::vector<std::unique_ptr<Wire>> readers;
  for (int i = 0; i < 3; ++i) {
    readers.push_back(std::make_unique<Wire>(ledgerd.server->http_address()));
    readers.back()->Send("GET /checkpoint HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  }
  while (held < 2) std::this_thread::yield();
  holds = 0;
  const auto answer = Dial(ledgerd.server->health_address())->Get("/health");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200);
  go_on.Notify();
  for (const auto& reader : readers) EXPECT_THAT(reader->ReadAll(), HasSubstr("HTTP/1.1 200 "));
}

class StoppableEngine final : public PassingEngine {
 public:
  StoppableEngine(std::unique_ptr<engine::Engine> below, std::atomic<bool>* writes)
      : PassingEngine(std::move(below)), writes_(writes) {}
  absl::Status write_status() const override {
    return *writes_ ? absl::OkStatus()
                    : Refuse(absl::StatusCode::kUnavailable, "LEDGER_READ_ONLY", "the disk is gone");
  }

 private:
  std::atomic<bool>* const writes_;
};

TEST(Health, SaysWhetherTheLedgerWritesAndHowManyRecords) {
  std::atomic<bool> writes = true;
  Ledgerd ledgerd([](server::Config* config) { config->health = "127.0.0.1:0"; },
                  [&](test_support::World*, std::unique_ptr<engine::Engine> below) {
                    return std::make_unique<StoppableEngine>(std::move(below), &writes);
                  });
  (void)ledgerd.Register("org-1");
  const auto client = Dial(ledgerd.server->health_address());
  auto answer = client->Get("/health");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->get_header_value("Content-Type"), "application/json");
  EXPECT_EQ(json::parse(answer->body),
            json({{"writable", true}, {"size", 2}, {"witnessed", nullptr}, {"mirror", nullptr}}));
  writes = false;
  answer = client->Get("/health");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 503);
  EXPECT_EQ(json::parse(answer->body).at("writable"), false);
  EXPECT_EQ(ReasonOf(answer), "LEDGER_READ_ONLY");
  answer = client->Get("/checkpoint");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 404);
  EXPECT_EQ(ReasonOf(answer), "HTTP_NOT_FOUND");
}

TEST(Health, SaysWhatWitnessesAndAMirrorSay) {
  v1::GetLedgerResponse facts;
  facts.mutable_witnessing()->set_size(7);
  facts.mutable_witnessing()->set_since_us(1'592'265'600'000'000);
  facts.mutable_witnessing()->set_quorum(1);
  facts.mutable_witnessing()->add_witnesses()->set_name("witness.example");
  facts.mutable_witnessing()->mutable_witnesses(0)->set_error("away");
  facts.mutable_mirror()->set_origin_address("ledger.example:7411");
  facts.mutable_mirror()->set_origin_size(9);
  facts.mutable_mirror()->set_state("following");
  const http::Response answer =
      web::HealthAnswer({.method = "GET", .target = "/health", .peer = ""}, 8, facts, absl::OkStatus());
  const json body = json::parse(answer.body);
  EXPECT_EQ(body.at("witnessed").at("size"), 7);
  EXPECT_EQ(body.at("witnessed").at("since"), "2020-06-16T00:00:00Z");
  EXPECT_EQ(body.at("witnessed").at("witnesses").at(0).at("error"), "away");
  EXPECT_EQ(body.at("witnessed").at("witnesses").at(0).at("cosigned_at"), nullptr);
  EXPECT_EQ(body.at("mirror").at("state"), "following");
  EXPECT_EQ(body.at("mirror").at("origin_size"), 9);
}

TEST(EntryTiles, AreBoundedTogether) {
  constexpr char kEntries[] = "GET /tile/entries/000 HTTP/1.1\r\nHost: x\r\n\r\n";
  Ledgerd ledgerd([](server::Config* config) {
    config->http_listen = "127.0.0.1:0";
    config->http_entry_tiles = 1;
  });
  auto* const engine = const_cast<engine::Engine*>(&ledgerd.server->engine());
  // Records that fill the tile beyond what sockets take at once.
  std::string note;
  for (int i = 0; i < 500; ++i) note += "记";
  for (int i = 1; i < 256; ++i) {
    v1::Submission submission = ledgerd.world.Register(*engine->view(), absl::StrCat("org-", i));
    for (int j = 0; j < 35; ++j) {
      *submission.add_actions() = submission.actions(0);
      v1::Action& last = *submission.mutable_actions(submission.actions_size() - 1);
      last.mutable_register_organization()->set_id(absl::StrCat("org-", i, "-", j));
      last.set_note(note);
    }
    const auto receipt = test_support::SubmitAndWait(engine, ledgerd.world.Seal(submission));
    ASSERT_TRUE(receipt.ok()) << receipt.status();
  }
  const std::string& address = ledgerd.server->http_address();
  Wire slow(address);
  slow.Send(kEntries);
  (void)slow.ReadUntil("\r\n\r\n");  // on its way, and not taken
  const auto refused = Dial(address)->Get("/tile/entries/000");
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 503);
  EXPECT_EQ(ReasonOf(refused), "ENTRY_TILES_FULL");
  EXPECT_EQ(refused->get_header_value("Retry-After"), "1");
  // Hashes go on.
  EXPECT_EQ(Dial(address)->Get("/tile/0/000")->status, 200);
}

TEST(Stop, EndsConnectionsOverHttp) {
  Ledgerd ledgerd([](server::Config* config) {
    config->http_listen = "127.0.0.1:0";
    config->health = "127.0.0.1:0";
    config->http_idle_seconds = 3600;
    config->stop_seconds = 3600;
  });
  Wire reader(ledgerd.server->http_address());
  Wire watcher(ledgerd.server->health_address());
  reader.Send("GET /checkpoint HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(reader.ReadUntil("=\n"), HasSubstr("HTTP/1.1 200 "));
  ledgerd.server->Stop();
  EXPECT_THAT(reader.ReadAll(), Not(HasSubstr("HTTP/1.1")));
  EXPECT_EQ(watcher.ReadAll(), "");
}

}  // namespace
}  // namespace fundledger::http_testing
