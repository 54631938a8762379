// The daemon and its witnesses: real ones over HTTP, absent ones, and ones that lie.
#include "services/server/witnesses.h"

#include <condition_variable>
#include <deque>
#include <fstream>
#include <future>
#include <map>
#include <mutex>
#include <thread>

#include <gmock/gmock.h>
#include <httplib.h>

#include "fundledger/v1/registry_service.grpc.pb.h"
#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "ledger/engine/attestations.h"
#include "services/witness/http_server.h"
#include "services/witness/state.h"
#include "services/witness/witness.h"
#include "tests/integration/services/services_testing.h"
#include "tests/support/world.h"

#include "absl/strings/str_cat.h"
#include <nlohmann/json.hpp>

namespace fundledger::server {
namespace {

using services_testing::Ledgerd;
using test_support::KeyOf;
using test_support::SubmitAndWait;
using test_support::TemporaryDirectory;
using test_support::World;
using testing::HasSubstr;

// A real witness of the test's log, at an address of its own.
class RealWitness {
 public:
  RealWitness(std::string name, const World& world, Clock clock = SystemClockMicros)
      : name_(std::move(name)), log_(world.verifier()), clock_(std::move(clock)) {
    EXPECT_TRUE(witness::State::Create(directory_.Sub("state"), key()).ok());
  }
  std::string key() const { return log::WitnessKey(name_, KeyOf(name_)->public_key()); }
  const std::string& name() const { return name_; }

  // At the address that it had before, if it had one.
  void Start() {
    witness::Options options;
    options.name = name_;
    options.key = KeyOf(name_);
    options.logs = {log_};
    options.state = directory_.Sub("state");
    options.clock = clock_;
    auto opened = witness::Witness::Open(std::move(options));
    ASSERT_TRUE(opened.ok()) << opened.status();
    witness_ = *std::move(opened);
    auto server = witness::HttpServer::Listen({.listen = address_, .tls_certificate = "", .tls_key = ""},
                                              witness_.get());
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    address_ = server_->address();
  }
  void Stop() {
    server_.reset();
    witness_.reset();
  }
  witness::Witness* operator->() { return witness_.get(); }
  std::string url() const { return "http://" + address_; }

 private:
  const std::string name_;
  const log::NoteVerifier log_;
  const Clock clock_;
  TemporaryDirectory directory_;
  std::string address_ = "127.0.0.1:0";
  std::unique_ptr<witness::Witness> witness_;
  std::unique_ptr<witness::HttpServer> server_;
};

struct Asked {
  std::string witness;
  std::string reason;  // empty: OK
  std::string message;
  bool contradicts = false;
};

class WitnessesTest : public ::testing::Test {
 protected:
  void SetUp() override { engine_ = *world_.CreateAndOpen(directory_.Sub("ledger")); }
  void TearDown() override {
    if (witnesses_ != nullptr) witnesses_->Stop();
  }

  void Grow(int records) {
    for (int i = 0; i < records; ++i) {
      const std::string id = "org-" + std::to_string(next_++);
      ASSERT_TRUE(SubmitAndWait(engine_.get(), world_.Seal(world_.Register(*engine_->view(), id))).ok());
    }
  }
  // Asks those of the policy from now on.
  void Watch(const std::string& policy, engine::Engine* engine = nullptr) {
    WitnessingOptions options;
    auto parsed = log::Policy::Parse(policy);
    ASSERT_TRUE(parsed.ok()) << parsed.status();
    options.policy = *std::move(parsed);
    options.timeout_seconds = 30;
    options.monotonic_clock = [this] { return now_us_.load(); };
    options.on_asked = [this](std::string_view witness, const absl::Status& status, bool contradicts) {
      const std::lock_guard lock(mutex_);
      asked_.push_back({std::string(witness), ReasonOf(status), std::string(status.message()), contradicts});
      came_.notify_all();
    };
    auto started = Witnesses::Start(std::move(options), engine == nullptr ? engine_.get() : engine);
    ASSERT_TRUE(started.ok()) << started.status();
    witnesses_ = *std::move(started);
  }
  static std::string LineOf(const RealWitness& witness) {
    return absl::StrCat("witness ", witness.name(), " ", witness.key(), " ", witness.url(), "\n");
  }
  // Ticks; what the next request came to.
  Asked TickAndAwait() {
    witnesses_->Tick();
    std::unique_lock lock(mutex_);
    came_.wait(lock, [this] { return !asked_.empty(); });
    Asked asked = asked_.front();
    asked_.pop_front();
    return asked;
  }
  void PassSeconds(int64_t seconds) { now_us_ += seconds * 1'000'000; }

  log::WitnessedCheckpoint Attested(uint64_t size, const std::string& policy) {
    const auto attested = engine::ReadAttested(*engine_->view(), size);
    EXPECT_TRUE(attested.ok()) << attested.status();
    const auto opened =
        log::OpenWitnessed(attested->checkpoint(), world_.verifier(), *log::Policy::Parse(policy));
    EXPECT_TRUE(opened.ok()) << opened.status();
    return *opened;
  }

  World world_;
  TemporaryDirectory directory_;
  std::unique_ptr<engine::Engine> engine_;
  std::atomic<int64_t> now_us_ = 1;
  int next_ = 1;
  std::mutex mutex_;
  std::condition_variable came_;
  std::deque<Asked> asked_;
  std::unique_ptr<Witnesses> witnesses_;
};

TEST_F(WitnessesTest, KeepsCosignaturesOfTheLatestCheckpointWhileTheLedgerGrows) {
  RealWitness witness("w.a", world_);
  witness.Start();
  const std::string policy = LineOf(witness) + "quorum w.a\n";
  Watch(policy);
  EXPECT_EQ(witnesses_->State().size(), 0u);
  EXPECT_EQ(witnesses_->State().quorum(), 1);
  EXPECT_EQ(witnesses_->NoteUpTo(100), "");
  for (const int records : {0, 3, 1, 20}) {
    Grow(records);
    PassSeconds(60);
    const Asked asked = TickAndAwait();
    EXPECT_EQ(asked.reason, "") << asked.message;
    const uint64_t size = engine_->view()->size();
    const v1::Witnessing state = witnesses_->State();
    EXPECT_EQ(state.size(), size);
    EXPECT_GT(state.since_us(), 0);
    ASSERT_EQ(state.witnesses_size(), 1);
    EXPECT_EQ(state.witnesses(0).name(), "w.a");
    EXPECT_EQ(state.witnesses(0).size(), size);
    EXPECT_EQ(state.witnesses(0).error(), "");
    EXPECT_TRUE(Attested(size, policy).witnessed);
    EXPECT_EQ(witnesses_->NoteUpTo(size), engine::ReadAttested(*engine_->view(), size)->checkpoint());
  }
  // A view of a moment ago is not told of what it does not have.
  EXPECT_EQ(log::OpenCheckpoint(witnesses_->NoteUpTo(24), world_.verifier())->size, 5u);
  EXPECT_EQ(witnesses_->NoteUpTo(0), "");
}

TEST_F(WitnessesTest, AsksNothingWhileNothingIsNewOrDue) {
  RealWitness witness("w.a", world_);
  witness.Start();
  Watch(LineOf(witness) + "quorum w.a\n");
  EXPECT_EQ(TickAndAwait().reason, "");
  PassSeconds(3600);
  witnesses_->Tick();  // the ledger is idle
  Grow(1);
  EXPECT_EQ(TickAndAwait().reason, "");
  Grow(1);
  PassSeconds(59);
  witnesses_->Tick();  // not due
  PassSeconds(1);
  EXPECT_EQ(TickAndAwait().reason, "");
  witnesses_->Stop();
  EXPECT_TRUE(asked_.empty()) << "three requests and no more";
  EXPECT_EQ(witnesses_->State().size(), 3u);
}

TEST_F(WitnessesTest, GoesOnWhileOneIsAwayAndCatchesUp) {
  RealWitness near("w.a", world_);
  RealWitness far("w.b", world_);
  near.Start();
  far.Start();
  far.Stop();  // its address is known, and nobody is there
  const std::string policy = LineOf(near) + LineOf(far) + "group both all w.a w.b\nquorum both\n";
  Watch(policy);
  const auto tick = [&] {
    std::map<std::string, std::string> reasons;
    for (int i = 0; i < 2; ++i) {
      const Asked asked = TickAndAwait();
      reasons[asked.witness] = asked.reason;
    }
    return reasons;
  };
  Grow(4);
  EXPECT_EQ(tick(), (std::map<std::string, std::string>{{"w.a", ""}, {"w.b", "HTTP_UNREACHABLE"}}));
  EXPECT_EQ(witnesses_->State().size(), 0u) << "one is not enough";
  EXPECT_EQ(witnesses_->State().quorum(), 2);
  EXPECT_EQ(witnesses_->State().witnesses(0).size(), 5u);
  EXPECT_THAT(witnesses_->State().witnesses(1).error(), HasSubstr("HTTP_UNREACHABLE"));
  Grow(4);
  PassSeconds(60);
  EXPECT_EQ(tick().at("w.b"), "HTTP_UNREACHABLE");
  far.Start();
  Grow(1);
  PassSeconds(60);
  EXPECT_EQ(tick(), (std::map<std::string, std::string>{{"w.a", ""}, {"w.b", ""}}));
  EXPECT_EQ(witnesses_->State().size(), 10u) << "the latest at once";
  EXPECT_EQ(witnesses_->State().witnesses(1).error(), "");
  EXPECT_TRUE(Attested(10, policy).witnessed);
  EXPECT_FALSE(Attested(5, policy).witnessed);
}

TEST_F(WitnessesTest, LearnsFromAConflictWhatTheWitnessHas) {
  RealWitness witness("w.a", world_);
  witness.Start();
  Grow(2);
  ASSERT_EQ(
      witness->AddCheckpoint(log::FormatWitnessRequest({0, {}, engine_->view()->signed_checkpoint()})).status,
      200);
  Grow(5);
  Watch(LineOf(witness) + "quorum w.a\n");
  EXPECT_EQ(TickAndAwait().reason, "");
  EXPECT_EQ(witnesses_->State().size(), 8u);
}

TEST_F(WitnessesTest, KnowsAfterARestartWhatWasKept) {
  RealWitness witness("w.a", world_);
  witness.Start();
  const std::string policy = LineOf(witness) + "quorum w.a\n";
  Watch(policy);
  Grow(2);
  EXPECT_EQ(TickAndAwait().reason, "");
  const v1::Witnessing before = witnesses_->State();
  const std::string note = witnesses_->NoteUpTo(3);
  witnesses_.reset();
  Grow(3);
  engine_.reset();
  engine_ = *engine::Engine::Open(world_.OptionsAt(directory_.Sub("ledger")));
  witness.Stop();
  Watch(policy);
  EXPECT_EQ(witnesses_->State().SerializeAsString(), before.SerializeAsString());
  EXPECT_EQ(witnesses_->NoteUpTo(6), note);
  witness.Start();
  EXPECT_EQ(TickAndAwait().reason, "");
  EXPECT_EQ(witnesses_->State().size(), 6u);
}

// The operator restores an old copy, or rewrites: the witness remembers.
TEST_F(WitnessesTest, SaysLoudlyWhatDoesNotFit) {
  RealWitness witness("w.a", world_);
  witness.Start();
  World other;  // the same keys, another history
  other.clock.Advance(1'000'000);
  TemporaryDirectory other_directory;
  const auto fork = *other.CreateAndOpen(other_directory.Sub("ledger"));
  ASSERT_TRUE(SubmitAndWait(fork.get(), other.Seal(other.Register(*fork->view(), "org-1"))).ok());
  ASSERT_EQ(
      witness->AddCheckpoint(log::FormatWitnessRequest({0, {}, fork->view()->signed_checkpoint()})).status,
      200);
  Watch(LineOf(witness) + "quorum w.a\n");
  Asked asked = TickAndAwait();
  EXPECT_EQ(asked.reason, "WITNESS_CONTRADICTS");
  EXPECT_TRUE(asked.contradicts);
  EXPECT_THAT(asked.message, HasSubstr("cosigned a tree of 2 records, and this ledger has 1"));
  for (const int more : {1, 3}) {
    Grow(more);
    PassSeconds(60);
    asked = TickAndAwait();
    EXPECT_EQ(asked.reason, "WITNESS_CONTRADICTS");
    EXPECT_THAT(asked.message, HasSubstr("does not extend"));
    EXPECT_THAT(witnesses_->State().witnesses(0).error(), testing::StartsWith("WITNESS_CONTRADICTS"));
    // What the witness has was asked for, and is held against the ledger's own.
    EXPECT_THAT(witnesses_->State().witnesses(0).error(),
                HasSubstr(absl::StrCat(
                    "it cosigned 2 records, root ", HexEncode(fork->view()->checkpoint().root.view()),
                    "; this ledger's root of that size is ", HexEncode(engine_->view()->RootAt(2)->view()))));
  }
  EXPECT_EQ(witnesses_->State().size(), 0u);
}

TEST_F(WitnessesTest, KeepsNothingOfAWitnessWhoseClockIsWrong) {
  for (const int64_t off_s : {-600, 600}) {
    RealWitness witness("w.a", world_, [off_s] { return SystemClockMicros() + off_s * 1'000'000; });
    witness.Start();
    Watch(LineOf(witness) + "quorum w.a\n");
    Grow(1);
    PassSeconds(60);
    EXPECT_EQ(TickAndAwait().reason, "WITNESS_CLOCKS_DIFFER");
    EXPECT_EQ(witnesses_->State().size(), 0u);
    witnesses_.reset();
  }
  std::string note = engine::ReadAttested(*engine_->view(), 3)->checkpoint();
  EXPECT_EQ(note, engine_->view()->signed_checkpoint());
}

// What a witness may answer that is none, or another's, or of another checkpoint: never kept, never believed.
TEST_F(WitnessesTest, BelievesNoLiar) {
  const std::string name = "w.a";
  const auto key = KeyOf(name);
  int status = 200;
  std::string type = "text/plain";
  std::string body;
  httplib::Server server;
  server.Post("/prefix/add-checkpoint", [&](const httplib::Request&, httplib::Response& response) {
    response.status = status;
    response.set_content(body, type);
  });
  const int port = server.bind_to_any_port("127.0.0.1");
  std::thread serving([&] { server.listen_after_bind(); });
  Watch(absl::StrCat("witness a ", log::WitnessKey(name, key->public_key()), " http://127.0.0.1:", port,
                     "/prefix\nquorum a\n"));
  const auto expect = [&](int with_status, const std::string& with_body, const std::string& reason,
                          const std::string& with_type = "text/plain") {
    status = with_status;
    body = with_body;
    type = with_type;
    PassSeconds(60);
    EXPECT_EQ(TickAndAwait().reason, reason) << with_body;
    EXPECT_EQ(witnesses_->State().size(), 0u);
    EXPECT_EQ(engine::ReadAttested(*engine_->view(), 1)->checkpoint(), engine_->view()->signed_checkpoint());
  };
  const std::string text = log::ParseNote(engine_->view()->signed_checkpoint())->text;
  const auto now_s = static_cast<uint64_t>(SystemClockMicros() / 1'000'000);
  const std::string good = *log::Cosign(text, now_s, name, *key);
  expect(200, "", "NOTE_UNVERIFIED");
  expect(200, "junk\n", "NOTE_MALFORMED");
  expect(200, std::string(100'000, 'x'), "HTTP_ANSWER_TOO_LONG");
  expect(200, *log::Cosign(text, now_s, "w.b", *KeyOf("w.b")), "NOTE_UNVERIFIED");
  expect(200, *log::Cosign(text, now_s, name, *KeyOf("w.b")), "NOTE_UNVERIFIED");
  expect(200, *log::Cosign(text + "more\n", now_s, name, *key), "NOTE_UNVERIFIED");
  expect(200, good.substr(0, good.size() - 1), "NOTE_MALFORMED");
  expect(409, "1\n", "WITNESS_NOT_ANSWERED");
  expect(409, "x\n", "WITNESS_NOT_ANSWERED", std::string(log::kTreeSizeType));
  expect(409, "0\n", "WITNESS_NOT_ANSWERED", std::string(log::kTreeSizeType));  // again and again
  for (const int other : {201, 301, 400, 403, 404, 500, 503}) expect(other, good, "WITNESS_NOT_ANSWERED");
  expect(409, "7\n", "WITNESS_CONTRADICTS", std::string(log::kTreeSizeType));
  witnesses_->Stop();
  server.stop();
  serving.join();
}

TEST_F(WitnessesTest, AsksAgainForWhatCouldNotBeKept) {
  class Unkeeping final : public services_testing::PassingEngine {
   public:
    using PassingEngine::PassingEngine;
    void Keep(engine::Attestation attestation, engine::Kept kept) override {
      if (std::exchange(fails_, false)) {
        return kept(Refuse(absl::StatusCode::kUnavailable, "STORE_REFUSED", "the disk is full"));
      }
      PassingEngine::Keep(std::move(attestation), std::move(kept));
    }

   private:
    bool fails_ = true;
  };
  RealWitness witness("w.a", world_);
  witness.Start();
  Unkeeping engine(std::move(engine_));
  Watch(LineOf(witness) + "quorum w.a\n", &engine);
  EXPECT_EQ(TickAndAwait().reason, "STORE_REFUSED");
  EXPECT_EQ(witnesses_->State().size(), 0u);
  PassSeconds(15);
  EXPECT_EQ(TickAndAwait().reason, "");
  EXPECT_EQ(witnesses_->State().size(), 1u);
  witnesses_.reset();
}

// Into whose store cosignatures come from elsewhere, and whose view can be held back.
class Mirrored final : public services_testing::PassingEngine {
 public:
  using PassingEngine::PassingEngine;
  std::optional<engine::MirrorState> mirror_state() const override { return engine::MirrorState(); }
  std::shared_ptr<const engine::View> view() const override {
    if (is_held.exchange(false)) {
      entered.set_value();
      go_on.get_future().wait();
    }
    return PassingEngine::view();
  }

  mutable std::atomic<bool> is_held = false;
  mutable std::promise<void> entered;
  mutable std::promise<void> go_on;
};

class MirroredWitnessesTest : public WitnessesTest {
 protected:
  void SetUp() override {
    WitnessesTest::SetUp();
    Grow(3);
    mirror_ = std::make_unique<Mirrored>(std::move(engine_));
  }
  void TearDown() override { witnesses_.reset(); }
  // A line of the witness `name` under the checkpoint of `size`, as it is fetched.
  void Fetch(uint64_t size, const std::string& name) {
    const auto attested = engine::ReadAttested(*mirror_->view(), size);
    ASSERT_TRUE(attested.ok()) << attested.status();
    const std::string line =
        *log::Cosign(log::ParseNote(attested->checkpoint())->text, 1'600'000'000, name, *KeyOf(name));
    std::promise<absl::Status> kept;
    mirror_->Keep({.size = size, .cosignatures = {line}, .time_stamps = {}},
                  [&kept](absl::Status status) { kept.set_value(std::move(status)); });
    ASSERT_TRUE(kept.get_future().get().ok());
  }
  // An interval later.
  void ExpectQuorumAt(uint64_t size) {
    PassSeconds(60);
    witnesses_->Tick();
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (witnesses_->State().size() != size) {
      ASSERT_LT(std::chrono::steady_clock::now(), until) << witnesses_->State().size();
      std::this_thread::yield();
    }
  }

  const std::string policy_ = absl::StrCat(
      "witness w.a ", log::WitnessKey("w.a", KeyOf("w.a")->public_key()), "\nwitness w.b ",
      log::WitnessKey("w.b", KeyOf("w.b")->public_key()), "\ngroup both all w.a w.b\nquorum both\n");
  std::unique_ptr<Mirrored> mirror_;
};

TEST_F(MirroredWitnessesTest, SeeWhatIsFetchedUnderACheckpointThatTheyLookedAt) {
  Fetch(4, "w.a");
  Fetch(3, "w.a");
  Watch(policy_, mirror_.get());
  EXPECT_EQ(witnesses_->State().size(), 0u);
  EXPECT_EQ(witnesses_->State().witnesses(0).size(), 4u);
  Fetch(3, "w.b");
  ExpectQuorumAt(3);
  Fetch(4, "w.b");
  ExpectQuorumAt(4);
  Fetch(2, "w.a");
  Fetch(2, "w.b");
  ExpectQuorumAt(4);
  EXPECT_EQ(log::OpenCheckpoint(witnesses_->NoteUpTo(3), world_.verifier())->size, 3u);
}

// Health, certificates and the order to stop wait for whoever ticks.
TEST_F(MirroredWitnessesTest, AreReadBesideWhoeverTicks) {
  Fetch(4, "w.a");
  Fetch(4, "w.b");
  Watch(policy_, mirror_.get());
  EXPECT_EQ(witnesses_->State().size(), 4u);
  mirror_->is_held = true;
  witnesses_->Tick();
  mirror_->entered.get_future().wait();
  witnesses_->Tick();
  mirror_->go_on.set_value();
  witnesses_->Stop();
}

TEST_F(WitnessesTest, RefusesAnAddressThatIsNone) {
  WitnessingOptions options;
  options.policy = *log::Policy::Parse(
      absl::StrCat("witness a ", log::WitnessKey("w.a", KeyOf("w.a")->public_key()), " ftp://x\nquorum a\n"));
  const auto started = Witnesses::Start(std::move(options), engine_.get());
  EXPECT_EQ(ReasonOf(started.status()), "URL_MALFORMED");
  EXPECT_THAT(std::string(started.status().message()), HasSubstr("witness a"));
}

// Through the daemon: settings, GetLedger, and the basis of every answer.
TEST(WitnessedLedgerd, NamesTheWitnessedCheckpointInItsAnswers) {
  const World world;
  RealWitness witness("w.a", world);
  witness.Start();
  TemporaryDirectory directory;
  const std::string policy =
      absl::StrCat("witness w.a ", witness.key(), " ", witness.url(), "\nquorum w.a\n");
  std::ofstream(directory.Sub("policy")) << policy;
  Ledgerd ledgerd([&](Config* config) {
    config->witness_policy = directory.Sub("policy");
    config->witness_interval_seconds = 1;
    config->health = "127.0.0.1:0";
  });
  ledgerd.Register("org-1");
  const auto get = [&] {
    grpc::ClientContext context;
    v1::GetLedgerResponse response;
    EXPECT_TRUE(v1::LedgerService::NewStub(ledgerd.channel)->GetLedger(&context, {}, &response).ok());
    return response;
  };
  while (get().witnessing().size() < 2) (void)ledgerd.server->Tend();
  EXPECT_EQ(get().witnessing().quorum(), 1);
  EXPECT_EQ(get().witnessing().witnesses(0).name(), "w.a");
  const auto health = httplib::Client("http://" + ledgerd.server->health_address()).Get("/health");
  ASSERT_TRUE(health);
  const auto witnessed = nlohmann::json::parse(health->body).at("witnessed");
  EXPECT_EQ(witnessed.at("size"), get().witnessing().size());
  EXPECT_EQ(witnessed.at("quorum"), 1);
  EXPECT_EQ(witnessed.at("witnesses").at(0).at("name"), "w.a");
  EXPECT_EQ(witnessed.at("witnesses").at(0).at("size"), witnessed.at("size"));
  EXPECT_TRUE(witnessed.at("since").is_string());
  ledgerd.Register("org-2");

  grpc::ClientContext context;
  v1::ListRegisteredRequest request;
  request.set_kind(v1::REGISTRY_KIND_ORGANIZATION);
  v1::ListRegisteredResponse response;
  const grpc::Status status =
      v1::RegistryService::NewStub(ledgerd.channel)->ListRegistered(&context, request, &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  const auto opened = log::OpenWitnessed(response.basis().witnessed_checkpoint(), world.verifier(),
                                         *log::Policy::Parse(policy));
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_TRUE(opened->witnessed);
  EXPECT_GE(opened->checkpoint.size, 2u);
  EXPECT_LE(opened->checkpoint.size, response.basis().sequence() + 1);
}

TEST(WitnessedLedgerd, RefusesAPolicyThatIsNone) {
  TemporaryDirectory directory;
  Config config;
  config.witness_policy = directory.Sub("policy");
  EXPECT_EQ(ReasonOf(LoadWitnessing(config).status()), "FILE_UNREADABLE");
  std::ofstream(directory.Sub("policy")) << "quorum nobody\n";
  EXPECT_EQ(ReasonOf(LoadWitnessing(config).status()), "POLICY_MALFORMED");
  EXPECT_THAT(std::string(LoadWitnessing(config).status().message()), HasSubstr(config.witness_policy));
  config.witness_policy.clear();
  EXPECT_EQ(*LoadWitnessing(config), nullptr);
}

}  // namespace
}  // namespace fundledger::server
