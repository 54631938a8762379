// Checkpoints stamped by an authority: what is kept, what is refused, and when it is asked again.
#include "services/server/time_stamps.h"

#include <fstream>
#include <future>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>

#include "ledger/base/mutex.h"
#include "ledger/base/status.h"
#include "ledger/engine/attestations.h"
#include "ledger/log/log_signed.h"
#include "services/server/http_client.h"
#include "tests/integration/services/services_testing.h"
#include "tests/support/time_stamps/authority.h"
#include "tests/support/time_stamps/server.h"

#include "absl/strings/str_cat.h"

namespace fundledger::services_testing {
namespace {

using test_support::Answering;
using test_support::HttpAnswer;
using test_support::SubmitAndWait;
using test_support::TimeStampAuthority;
using test_support::TimeStampServer;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr int64_t kSecondUs = 1'000'000;
constexpr int64_t kHourUs = 3600 * kSecondUs;

// A ledger, an authority and what stands between, all by one clock.
class TimeStampsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    engine_ = *world_.CreateAndOpen(directory_.Sub("ledger"));
    server_ = TimeStampServer::Start(authority_.get());
    AnswerRight();
    Start();
  }
  void TearDown() override {
    stamping_ = nullptr;
    engine_ = nullptr;
  }

  void Start() {
    stamping_ = nullptr;
    server::StampingOptions options{.name = "tsa-1",
                                    .url = server_->url(),
                                    .authorities_pem = authority_->authorities_pem(),
                                    .interval_seconds = 3600,
                                    .timeout_seconds = 30,
                                    .clock = world_.clock.clock()};
    options.monotonic_clock = [this] {
      const MutexLock lock(&mutex_);
      ++looks_;
      changed_.NotifyAll();
      return world_.clock.now_us();
    };
    options.on_stamped = [this](uint64_t size, const crypto::StampedTime&) { Tell(absl::StrCat(size)); };
    options.on_failed = [this](const absl::Status& why) { Tell(ReasonOf(why)); };
    auto started = server::Stamping::Start(std::move(options), engine_.get());
    ASSERT_TRUE(started.ok()) << started.status();
    stamping_ = *std::move(started);
  }

  void AnswerRight() { Answer({}); }
  void Answer(Answering how) {
    server_->AnswerBy([this, how](const std::string& request) mutable {
      if (how.time_us == 0) how.time_us = world_.clock.now_us();
      return HttpAnswer{.body = authority_->Answer(request, how)};
    });
  }

  // Lets the stamping thread look, and waits until it has done all that is due: the second look is after the
  // first was acted on.
  void Tick() {
    for (int i = 0; i < 2; ++i) {
      const MutexLock lock(&mutex_);
      const int before = looks_;
      stamping_->Tick();
      while (looks_ == before) changed_.Wait(&mutex_);
    }
  }
  // What was told since the last call: sizes that were stamped, reasons why not.
  std::vector<std::string> Told() {
    const MutexLock lock(&mutex_);
    return std::exchange(told_, {});
  }
  void Tell(const std::string& what) {
    const MutexLock lock(&mutex_);
    told_.push_back(what);
    changed_.NotifyAll();
  }

  void Append(const std::string& organization) {
    ASSERT_TRUE(
        SubmitAndWait(engine_.get(), world_.Seal(world_.Register(*engine_->view(), organization))).ok());
  }
  std::vector<v1::TimeStamp> KeptAt(uint64_t size) {
    const auto attested = engine::ReadAttested(*engine_->view(), size);
    EXPECT_TRUE(attested.ok()) << attested.status();
    return {attested->time_stamps().begin(), attested->time_stamps().end()};
  }

  test_support::TemporaryDirectory directory_;
  test_support::World world_;
  Mutex mutex_;
  CondVar changed_;
  int looks_ = 0;
  std::vector<std::string> told_;
  std::unique_ptr<engine::Engine> engine_;
  const std::unique_ptr<TimeStampAuthority> authority_ = TimeStampAuthority::Make();
  std::unique_ptr<TimeStampServer> server_;
  std::unique_ptr<server::Stamping> stamping_;
};

TEST_F(TimeStampsTest, KeepsAStampOfTheLatestCheckpointsNote) {
  Append("org-1");
  Tick();
  EXPECT_THAT(Told(), ElementsAre("2"));
  const auto kept = KeptAt(2);
  ASSERT_EQ(kept.size(), 1u);
  EXPECT_EQ(kept[0].authority(), "tsa-1");
  const auto stamped = crypto::VerifyTimeStamp(kept[0].response(), engine_->view()->signed_checkpoint(),
                                               authority_->authorities_pem());
  ASSERT_TRUE(stamped.ok()) << stamped.status();
  EXPECT_EQ(stamped->time_us, world_.clock.now_us());
}

TEST_F(TimeStampsTest, StampsEveryIntervalWhileTheLedgerGrowsAndAnIdleOneOnce) {
  Tick();
  EXPECT_THAT(Told(), ElementsAre("1"));
  world_.clock.Advance(5 * kHourUs);
  Tick();
  EXPECT_EQ(server_->asked(), 1) << "nothing new";
  Append("org-1");
  Append("org-2");
  Tick();
  EXPECT_THAT(Told(), ElementsAre("3")) << "due for long: at once, and the latest";
  Append("org-3");
  world_.clock.Advance(kHourUs - 1);
  Tick();
  EXPECT_EQ(server_->asked(), 2) << "not before its time";
  world_.clock.Advance(1);
  Tick();
  EXPECT_THAT(Told(), ElementsAre("4"));
  EXPECT_TRUE(KeptAt(2).empty());
}

TEST_F(TimeStampsTest, RemembersWhatWasStampedBefore) {
  Tick();
  EXPECT_THAT(Told(), ElementsAre("1"));
  stamping_ = nullptr;
  engine_ = nullptr;
  engine_ = *engine::Engine::Open(world_.OptionsAt(directory_.Sub("ledger")));
  Start();
  Tick();
  EXPECT_THAT(Told(), ElementsAre("1")) << "told of what is kept";
  EXPECT_EQ(server_->asked(), 1);
}

TEST_F(TimeStampsTest, KeepsNothingThatDoesNotVerifyAndAsksAgainLater) {
  const auto other = TimeStampAuthority::Make();
  const auto web = TimeStampAuthority::Make({.usage = "critical,serverAuth"});
  struct Case {
    std::function<HttpAnswer(const std::string&)> answer;
    std::string reason;
  };
  const auto by = [&](TimeStampAuthority* authority, Answering how) {
    how.time_us = how.time_us == 0 ? world_.clock.now_us() : how.time_us;
    return [authority, how](const std::string& request) {
      return HttpAnswer{.body = authority->Answer(request, how)};
    };
  };
  const std::vector<Case> cases = {
      {by(authority_.get(), {.wrong_nonce = true}), "TIME_STAMP_NONCE_MISMATCH"},
      {by(authority_.get(), {.wrong_imprint = true}), "TIME_STAMP_OF_OTHER_BYTES"},
      {by(authority_.get(), {.reject = true}), "TIME_STAMP_REJECTED"},
      {by(authority_.get(), {.accuracy_s = 300}), "TIME_STAMP_INACCURATE"},
      {by(other.get(), {}), "TIME_STAMP_UNVERIFIED"},
      {by(web.get(), {}), "TIME_STAMP_UNVERIFIED"},
      {[](const std::string&) { return HttpAnswer{.body = "<html>welcome</html>"}; }, "TIME_STAMP_MALFORMED"},
      {[](const std::string&) { return HttpAnswer{.body = ""}; }, "TIME_STAMP_MALFORMED"},
      {[](const std::string&) { return HttpAnswer{.status = 503}; }, "TIME_STAMP_NOT_ANSWERED"},
      {[](const std::string&) { return HttpAnswer{.status = 302}; }, "TIME_STAMP_NOT_ANSWERED"},
      {[](const std::string&) { return HttpAnswer{.body = std::string(65537, 'x')}; },
       "HTTP_ANSWER_TOO_LONG"},
  };
  for (const Case& each : cases) {
    server_->AnswerBy(each.answer);
    Tick();
    EXPECT_THAT(Told(), ElementsAre(each.reason));
    EXPECT_TRUE(KeptAt(1).empty()) << each.reason;
    world_.clock.Advance(kHourUs);
  }
  AnswerRight();
  Tick();
  EXPECT_THAT(Told(), ElementsAre("1"));
}

TEST_F(TimeStampsTest, AsksAnAuthorityThatIsAwayLessAndLessOftenAndCatchesUp) {
  const int port = server_->port();
  server_ = nullptr;
  std::vector<int64_t> waited;
  Tick();
  EXPECT_THAT(Told(), ElementsAre("HTTP_UNREACHABLE"));
  for (const int64_t seconds : {15, 30, 60, 120, 240, 480, 960, 1920, 3600, 3600}) {
    world_.clock.Advance(seconds * kSecondUs - 1);
    Tick();
    EXPECT_TRUE(Told().empty()) << seconds;
    world_.clock.Advance(1);
    Tick();
    EXPECT_THAT(Told(), ElementsAre("HTTP_UNREACHABLE")) << seconds;
  }
  Append("org-1");  // the ledger goes on
  server_ = TimeStampServer::StartAt(authority_.get(), port);
  AnswerRight();
  world_.clock.Advance(kHourUs);
  Tick();
  EXPECT_THAT(Told(), ElementsAre("2"));
}

TEST_F(TimeStampsTest, ThrowsAwayAStampThatCameTooLateForTheNextRecord) {
  server_->AnswerBy([this](const std::string& request) {
    if (engine_->view()->size() == 1) {
      Append("org-1");
      world_.clock.Advance(server::kStampMarginUs + kSecondUs);
    }
    return HttpAnswer{.body = authority_->Answer(request, {.time_us = world_.clock.now_us()})};
  });
  // The clock passes the time of the next attempt while the first is answered: either look may make it.
  Tick();
  world_.clock.Advance(15 * kSecondUs);
  Tick();
  EXPECT_THAT(Told(), ElementsAre("TIME_STAMP_TOO_LATE", "2")) << "the latest, asked for again";
  EXPECT_TRUE(KeptAt(1).empty());
}

TEST_F(TimeStampsTest, KeepsNoStampByAClockFarFromThisOne) {
  for (const int64_t off_us : {-server::kStampMarginUs - kSecondUs, server::kStampMarginUs + kSecondUs}) {
    Answer({.time_us = world_.clock.now_us() + off_us});
    Tick();
    EXPECT_THAT(Told(), ElementsAre("TIME_STAMP_CLOCKS_DIFFER"));
    world_.clock.Advance(kHourUs);
  }
  Answer({.time_us = world_.clock.now_us() + server::kStampMarginUs});
  Tick();
  EXPECT_THAT(Told(), ElementsAre("1"));
}

TEST_F(TimeStampsTest, StopsWhileTheAuthorityIsSilent) {
  std::promise<void> released;
  const std::shared_future<void> release = released.get_future().share();
  server_->AnswerBy([release](const std::string&) {
    release.wait();
    return HttpAnswer{};
  });
  stamping_->Tick();
  server_->WaitUntilAsked(1);
  stamping_->Stop();
  EXPECT_TRUE(Told().empty());
  released.set_value();
}

TEST(StampFits, AllowsFourMinutesEitherWay) {
  test_support::TemporaryDirectory directory;
  test_support::World world;
  const auto engine = *world.CreateAndOpen(directory.Sub("ledger"));
  const int64_t first_us = world.clock.now_us();
  world.clock.Advance(kHourUs);
  ASSERT_TRUE(SubmitAndWait(engine.get(), world.Seal(world.Register(*engine->view(), "org-1"))).ok());
  const int64_t second_us = world.clock.now_us();
  const auto reason = [&](uint64_t size, int64_t time_us, int64_t asked_us, int64_t now_us) {
    crypto::StampedTime stamped;
    stamped.time_us = time_us;
    return ReasonOf(server::CheckStampFits(stamped, size, *engine->view(), asked_us, now_us));
  };
  constexpr int64_t kMargin = server::kStampMarginUs;
  // Of the first record; the second follows an hour later.
  EXPECT_EQ(reason(1, first_us, first_us, second_us), "");
  EXPECT_EQ(reason(1, first_us - kMargin, first_us, second_us), "");
  EXPECT_EQ(reason(1, first_us - kMargin - 1, first_us, second_us), "TIME_STAMP_CLOCKS_DIFFER");
  EXPECT_EQ(reason(1, second_us + kMargin, first_us, second_us), "");
  EXPECT_EQ(reason(1, second_us + kMargin + 1, first_us, second_us + 1), "TIME_STAMP_TOO_LATE");
  // Of both; nothing follows. A clock that was asked before the record's time is behind.
  EXPECT_EQ(reason(2, second_us + kMargin, second_us, second_us), "");
  EXPECT_EQ(reason(2, second_us + kMargin + 1, second_us, second_us), "TIME_STAMP_CLOCKS_DIFFER");
  EXPECT_EQ(reason(2, second_us - kMargin - 1, second_us - kHourUs, second_us), "TIME_STAMP_CLOCKS_DIFFER");
}

TEST(Url, IsHttpWithHostPortAndPathAndNothingElse) {
  const auto url = server::ParseUrl("https://tsa.example.cn:8443/tsr/v1");
  ASSERT_TRUE(url.ok()) << url.status();
  EXPECT_EQ(url->origin, "https://tsa.example.cn:8443");
  EXPECT_EQ(url->path, "/tsr/v1");
  EXPECT_EQ(server::ParseUrl("http://127.0.0.1")->path, "/");
  for (const char* bad : {"", "tsa.example.cn", "ftp://a/", "http://", "http:///x", "http://a:0/",
                          "http://a:65536/", "http://a:b/", "http://u@a/", "http://a/?q", "http://a/#f",
                          "http://a/ b", "http://a/\n", "https://[::1]/", "HTTP://a/"}) {
    EXPECT_EQ(ReasonOf(server::ParseUrl(bad).status()), "URL_MALFORMED") << bad;
  }
}

// --- the whole server ---

std::string WriteTo(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
  return path;
}

TEST(ServerTimeStamps, ShowsThemWithTheCheckpointAndCountsThem) {
  const auto authority = TimeStampAuthority::Make();
  const auto tsa = TimeStampServer::Start(authority.get());
  const test_support::TemporaryDirectory files;
  const std::string root = WriteTo(files.Sub("root.pem"), authority->authorities_pem());
  Ledgerd ledgerd([&](server::Config* config) {
    config->stamping_authorities = {{"tsa-1", tsa->url(), root}, {"tsa-2", "http://127.0.0.1:1/", root}};
    config->metrics = "127.0.0.1:0";
  });
  // The thread is on its own: what a client sees is waited for.
  const auto audit = v1::AuditService::NewStub(ledgerd.channel);
  v1::ListCheckpointsResponse listed;
  while (listed.checkpoints().empty()) {
    (void)ledgerd.server->Tend();
    grpc::ClientContext context;
    ASSERT_TRUE(audit->ListCheckpoints(&context, {}, &listed).ok());
  }
  ASSERT_EQ(listed.checkpoints_size(), 1);
  ASSERT_EQ(listed.checkpoints(0).time_stamps_size(), 1);
  EXPECT_EQ(listed.checkpoints(0).time_stamps(0).authority(), "tsa-1");
  EXPECT_TRUE(crypto::VerifyTimeStamp(listed.checkpoints(0).time_stamps(0).response(),
                                      log::LogSigned(listed.checkpoints(0).checkpoint()),
                                      authority->authorities_pem())
                  .ok());
  grpc::ClientContext context;
  v1::GetCheckpointResponse latest;
  ASSERT_TRUE(audit->GetCheckpoint(&context, {}, &latest).ok());
  EXPECT_EQ(latest.time_stamps_size(), 1);
  std::string metrics;
  while (metrics.find("fundledger_time_stamped_records") == std::string::npos ||
         metrics.find("fundledger_time_stamp_failures_total") == std::string::npos) {
    const auto scraped = httplib::Client("http://" + ledgerd.server->metrics_address()).Get("/metrics");
    ASSERT_TRUE(scraped);
    metrics = scraped->body;
  }
  EXPECT_THAT(metrics, HasSubstr("fundledger_time_stamped_records{authority=\"tsa-1\"} 1"));
  EXPECT_THAT(metrics, HasSubstr("fundledger_time_stamp_timestamp_seconds{authority=\"tsa-1\"}"));
  EXPECT_THAT(
      metrics,
      HasSubstr("fundledger_time_stamp_failures_total{authority=\"tsa-2\",reason=\"HTTP_UNREACHABLE\"}"));
}

TEST(ServerTimeStamps, RefusesCertificatesThatCannotBeRead) {
  const test_support::TemporaryDirectory files;
  const std::string bad = WriteTo(files.Sub("bad.pem"), "none");
  server::Config config;
  config.stamping_authorities = {{"tsa-1", "http://127.0.0.1:1/", bad}};
  EXPECT_EQ(ReasonOf(server::LoadStamping(config).status()), "CERTIFICATE_MALFORMED");
  EXPECT_THAT(std::string(server::LoadStamping(config).status().message()), HasSubstr("bad.pem"));
  config.stamping_authorities[0].certificates = files.Sub("none.pem");
  EXPECT_EQ(ReasonOf(server::LoadStamping(config).status()), "FILE_UNREADABLE");
}

}  // namespace
}  // namespace fundledger::services_testing
