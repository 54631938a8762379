// What the witness answers, over HTTP, for every status code of the protocol; and what it never cosigns.
#include "services/witness/witness.h"

#include <atomic>
#include <fstream>
#include <random>
#include <set>
#include <thread>

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ledger/base/status.h"
#include "tests/integration/witness/witness_testing.h"

namespace fundledger::witness {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class WitnessTest : public testing::Test {
 protected:
  WitnessTest() {
    EXPECT_TRUE(
        State::Create(directory_ / "state", log::WitnessKey(kWitnessName, KeyOf(0x20)->public_key())).ok());
    Start();
  }

  void Start() {
    Options options = OptionsFor(directory_, {log_.verifier(), second_.verifier(), rotated_.verifier()});
    options.clock = [this] { return now_us_.load(); };
    auto witness = Witness::Open(std::move(options));
    ASSERT_TRUE(witness.ok()) << witness.status();
    witness_ = *std::move(witness);
    auto server =
        HttpServer::Listen({.listen = "127.0.0.1:0", .tls_certificate = "", .tls_key = ""}, witness_.get());
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }
  void Restart() {
    server_.reset();
    witness_.reset();
    Start();
  }

  httplib::Response Post(const std::string& body) {
    auto result = httplib::Client("http://" + server_->address()).Post("/add-checkpoint", body, "text/plain");
    EXPECT_TRUE(result) << httplib::to_string(result.error());
    return result ? *result : httplib::Response();
  }
  httplib::Response Get(const std::string& path) {
    auto result = httplib::Client("http://" + server_->address()).Get(path);
    EXPECT_TRUE(result) << httplib::to_string(result.error());
    return result ? *result : httplib::Response();
  }
  httplib::Response Latest(const TestLog& log) { return Get("/" + OriginHash(log.origin()) + "/checkpoint"); }

  void ExpectCosigned(const TestLog& log, size_t from, size_t to) {
    const httplib::Response answer = Post(log.Request(from, to));
    ASSERT_EQ(answer.status, 200) << answer.body;
    const auto cosignatures = CosignaturesOf(log.Note(to), answer.body);
    ASSERT_EQ(cosignatures.size(), 1u) << answer.body;
    EXPECT_EQ(cosignatures[0].time_s, static_cast<uint64_t>(now_us_ / 1'000'000));
    EXPECT_EQ(Latest(log).body, log.Note(to) + answer.body);
  }
  // Refused so, and nothing changed.
  void ExpectRefused(const std::string& body, int status, const std::string& part = "") {
    const std::string before = Latest(log_).body;
    const httplib::Response answer = Post(body);
    EXPECT_EQ(answer.status, status) << answer.body << body;
    EXPECT_THAT(answer.body, HasSubstr(part));
    EXPECT_EQ(CosignaturesOf(log_.Note(1), answer.body).size(), 0u);
    EXPECT_EQ(Latest(log_).body, before);
  }
  void ExpectConflict(const std::string& body, size_t stored) {
    const httplib::Response answer = Post(body);
    EXPECT_EQ(answer.status, 409);
    EXPECT_EQ(answer.get_header_value("Content-Type"), "text/x.tlog.size");
    EXPECT_EQ(answer.body, std::to_string(stored) + "\n");
  }

  TestDirectory directory_;
  const TestLog log_;
  const TestLog fork_{"example.com/log", 0, 5};
  const TestLog second_{"example.com/second", 1};
  const TestLog rotated_{"example.com/log", 2};  // the first log under its next key
  const TestLog stranger_{"example.com/stranger", 3};
  std::atomic<int64_t> now_us_ = 1'700'000'000'000'000;
  std::unique_ptr<Witness> witness_;
  std::unique_ptr<HttpServer> server_;
};

// A few bytes could stand for as many as fill the memory, and anybody may send them.
TEST_F(WitnessTest, TakesNothingThatIsPacked) {
  httplib::Client client("http://" + server_->address());
  client.set_compress(true);
  const auto answer = client.Post("/add-checkpoint", log_.Request(0, 3), "text/plain");
  ASSERT_TRUE(answer) << httplib::to_string(answer.error());
  EXPECT_EQ(answer->status, 415) << answer->body;
  EXPECT_EQ(Post(log_.Request(0, 3)).status, 200) << "the same as it is";
}

TEST_F(WitnessTest, CosignsALogAsItGrows) {
  size_t from = 0;
  for (const size_t to : {1u, 2u, 5u, 8u, 8u, 255u, 256u, 257u, 300u}) {
    ExpectCosigned(log_, from, to);
    now_us_ += 1'000'000;
    from = to;
  }
  Restart();
  ExpectCosigned(log_, 300, 300);
}

TEST_F(WitnessTest, KeepsLogsApart) {
  ExpectCosigned(log_, 0, 8);
  ExpectConflict(second_.Request(8, 9), 0);
  ExpectCosigned(second_, 0, 3);
  ExpectCosigned(log_, 8, 9);
}

TEST_F(WitnessTest, CosignsTheEmptyTreeOnlyWithTheEmptyRoot) {
  log::Checkpoint empty = log_.At(0);
  ExpectCosigned(log_, 0, 0);
  empty.root = log::LeafHash("x");
  ExpectRefused(log::FormatWitnessRequest({0, {}, *log::SignCheckpoint(empty, log_.key())}), 422,
                "0 records");
  ExpectCosigned(log_, 0, 4);
}

TEST_F(WitnessTest, FollowsALogThroughItsNextKey) {
  ExpectCosigned(log_, 0, 8);
  ExpectCosigned(rotated_, 8, 12);
  // Signed by both: one answer.
  const std::string both = rotated_.Note(13) + log_.Note(13).substr(log_.Note(13).rfind("\n\n") + 2);
  const httplib::Response answer = Post(log::FormatWitnessRequest({12, log_.Proof(12, 13), both}));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(Latest(log_).body, both + answer.body);
}

TEST_F(WitnessTest, Answers400WhereTheRequestHasNoForm) {
  const std::string note = log_.Note(8);
  for (const std::string& bad :
       {std::string(), std::string("\n"), note, "old 0\n" + note, "old 00\n\n" + note, "old -1\n\n" + note,
        "old  0\n\n" + note, "OLD 0\n\n" + note, "old 0\r\n\r\n" + note, "old 0\nAA==\n\n" + note,
        std::string("old 0\n\n"), std::string("old 0\n\nno note\n"), "old 0\n\n\n" + note.substr(1),
        "old 0\n\n" + note.substr(0, note.size() - 1),
        "old 0\n\n" + *log::SignNote("example.com/log\nx\n", log_.origin(), log_.key())}) {
    ExpectRefused(bad, 400);
  }
  std::string hashes;
  for (int i = 0; i < 64; ++i) hashes += Base64Encode(log::LeafHash("x").view()) + "\n";
  ExpectRefused("old 1\n" + hashes + "\n" + note, 400, "63");
}

TEST_F(WitnessTest, Answers400WhereTheOldSizeIsMoreThanTheCheckpoints) {
  ExpectCosigned(log_, 0, 8);
  ExpectRefused(log::FormatWitnessRequest({8, {}, log_.Note(7)}), 400, "old size");
  // Before 409: what is stored does not matter.
  ExpectRefused(log::FormatWitnessRequest({300, {}, log_.Note(7)}), 400, "old size");
}

TEST_F(WitnessTest, Answers403WithoutAGoodSignatureOfATrustedKey) {
  const std::string text = log::FormatCheckpoint(log_.At(8));
  const auto other = KeyOf(9);
  ExpectRefused("old 0\n\n" + *log::SignNote(text, log_.origin(), *other), 403);
  ExpectRefused("old 0\n\n" + *log::SignNote(text, "example.com/other", log_.key()), 403);
  ExpectRefused("old 0\n\n" + *log::SignNote(text, second_.origin(), second_.key()), 403);
  // A good signature and a spoiled one of a trusted key.
  const std::string spoiled = log_.Note(9).substr(log_.Note(9).rfind("\n\n") + 2);
  ExpectRefused("old 0\n\n" + log_.Note(8) + spoiled, 403);
  // Before 400: the signature is checked first.
  ExpectRefused("old 9\n\n" + *log::SignNote(text, log_.origin(), *other), 403);
}

TEST_F(WitnessTest, Answers404ForALogItIsNotToldOf) {
  ExpectRefused(stranger_.Request(0, 8), 404, "example.com/stranger");
  // Before 403 and 400.
  ExpectRefused(log::FormatWitnessRequest(
                    {9, {}, *log::SignNote(log::FormatCheckpoint(stranger_.At(8)), "x", log_.key())}),
                404);
  EXPECT_EQ(Latest(stranger_).status, 404);
  EXPECT_EQ(Latest(log_).status, 404) << "nothing cosigned yet";
  EXPECT_EQ(Get("/" + std::string(64, '0') + "/checkpoint").status, 404);
  EXPECT_EQ(Get("/add-checkpoint").status, 404);
  EXPECT_EQ(Get("/" + OriginHash(log_.origin())).status, 404);
  EXPECT_EQ(Get("/../state/verifier-key").status, 404);
}

TEST_F(WitnessTest, Answers409WithTheSizeItHas) {
  ExpectConflict(log_.Request(3, 8), 0);
  ExpectCosigned(log_, 0, 8);
  ExpectConflict(log_.Request(0, 9), 8);
  ExpectConflict(log_.Request(7, 9), 8);
  ExpectConflict(log_.Request(9, 9), 8);
  ExpectConflict(log_.Request(0, 8), 8);
  // An older checkpoint; and before 422: a proof that is bad as well.
  ExpectConflict(log_.Request(5, 7), 8);
  ExpectConflict(log::FormatWitnessRequest({7, {log::LeafHash("x")}, log_.Note(9)}), 8);
}

TEST_F(WitnessTest, Answers422ToAProofThatIsNone) {
  ExpectRefused(log::FormatWitnessRequest({0, {log::LeafHash("x")}, log_.Note(8)}), 422, "size 0");
  ExpectCosigned(log_, 0, 5);
  const std::vector<Hash256> proof = log_.Proof(5, 8);
  ExpectRefused(log::FormatWitnessRequest({5, {}, log_.Note(8)}), 422, "does not show");
  for (size_t i = 0; i < proof.size(); ++i) {
    std::vector<Hash256> spoiled = proof;
    log::FlipBit(i, &spoiled[i]);
    ExpectRefused(log::FormatWitnessRequest({5, spoiled, log_.Note(8)}), 422);
    spoiled.erase(spoiled.begin() + static_cast<long>(i));
    ExpectRefused(log::FormatWitnessRequest({5, spoiled, log_.Note(8)}), 422);
  }
  ExpectRefused(log::FormatWitnessRequest({5, {log::LeafHash("x")}, log_.Note(5)}), 422);
  ExpectCosigned(log_, 5, 8);
}

TEST_F(WitnessTest, Answers413ToMoreThanARequestCanHave) {
  ExpectRefused("old 0\n\n" + std::string(log::kWitnessRequestBytesMax, 'x'), 413);
}

TEST_F(WitnessTest, KeepsOnlySignaturesOfKeysItKnows) {
  const std::string junk = "\xe2\x80\x94 junk " + Base64Encode(std::string(1000, 'x')) + "\n";
  const httplib::Response answer = Post("old 0\n\n" + log_.Note(8) + junk);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(Latest(log_).body, log_.Note(8) + answer.body);
}

// Anybody can repeat the log's own signature. What is kept must be readable at the next start.
TEST_F(WitnessTest, KeepsEachSignatureOnce) {
  const std::string note = log_.Note(8);
  std::string repeated = note;
  for (int i = 1; i < 100; ++i) repeated += note.substr(note.find("\n\n") + 2);
  const httplib::Response answer = Post("old 0\n\n" + repeated);
  ASSERT_EQ(answer.status, 200);
  EXPECT_EQ(Latest(log_).body, note + answer.body);
  Restart();
  ExpectCosigned(log_, 8, 9);
}

// A text that leaves no room for the cosignature; only the log itself can sign it.
TEST_F(WitnessTest, CosignsNothingThatItCouldNotReadAgain) {
  const std::string text = log::FormatCheckpoint(log_.At(8));
  const size_t frame = log_.Note(8).size();
  const auto note =
      log::SignNote(text + std::string((128 << 10) - frame - 1, 'x') + "\n", log_.origin(), log_.key());
  ASSERT_TRUE(note.ok()) << note.status();
  ExpectRefused("old 0\n\n" + *note, 400);
  Restart();
  ExpectCosigned(log_, 0, 9);
}

TEST_F(WitnessTest, RepeatsItsTimeWhereTheClockWentBackALittleAndStopsWhereMore) {
  ExpectCosigned(log_, 0, 8);
  const int64_t then_us = now_us_;
  now_us_ = then_us - 300'000'000;
  const httplib::Response answer = Post(log_.Request(8, 9));
  ASSERT_EQ(answer.status, 200);
  EXPECT_EQ(CosignaturesOf(log_.Note(9), answer.body).at(0).time_s,
            static_cast<uint64_t>(then_us / 1'000'000));
  now_us_ = then_us - 301'000'000;
  ExpectRefused(log_.Request(9, 10), 503);
  now_us_ = then_us + 1'000'000;
  ExpectCosigned(log_, 9, 10);
}

// Many at once, of one log and two histories: of all that is cosigned, each is an extension of the one
// before.
TEST_F(WitnessTest, GivesOneConsistentOutcomeToManyAtOnce) {
  std::mutex mutex;
  std::vector<std::pair<size_t, bool>> cosigned;  // size, of the fork
  std::vector<std::thread> threads;
  for (int t = 0; t < 6; ++t) {
    threads.emplace_back([&, t] {
      const bool is_fork = t % 2 == 1;
      const TestLog& log = is_fork ? fork_ : log_;
      httplib::Client client("http://" + server_->address());
      for (size_t size = 6 + t / 2, stored = 0; size < 60; size += 3) {
        if (stored > size) continue;  // others were faster
        for (int attempt = 0; attempt < 20; ++attempt) {
          const auto answer = client.Post("/add-checkpoint", log.Request(stored, size), "text/plain");
          ASSERT_TRUE(answer);
          if (answer->status == 409) {
            stored = std::stoul(answer->body);
            if (stored > size) break;
            continue;
          }
          ASSERT_TRUE(answer->status == 200 || answer->status == 422) << answer->status;
          if (answer->status == 200) {
            const std::lock_guard lock(mutex);
            cosigned.emplace_back(size, is_fork);
          }
          break;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  ASSERT_FALSE(cosigned.empty());
  std::set<bool> histories;
  for (const auto& [size, is_fork] : cosigned) histories.insert(is_fork);
  EXPECT_EQ(histories.size(), 1u) << "sizes over 5 of two histories were cosigned";
}

// What the child process stored before it died is there, although nobody heard of it.
TEST_F(WitnessTest, HasOnDiskWhatItWasAboutToAnswer) {
  ExpectCosigned(log_, 0, 5);
  server_.reset();
  witness_.reset();
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    Options options = OptionsFor(directory_, {log_.verifier()});
    options.stored = [] { ::_exit(9); };
    auto witness = Witness::Open(std::move(options));
    if (witness.ok()) (void)(*witness)->AddCheckpoint(log_.Request(5, 8));
    ::_exit(1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_EQ(WEXITSTATUS(status), 9);
  now_us_ = SystemClockMicros() + 1'000'000;
  Start();
  EXPECT_THAT(Latest(log_).body, StartsWith(log_.Note(8)));
  ExpectConflict(log_.Request(5, 8), 8);
  EXPECT_EQ(Post(fork_.Request(8, 9)).status, 422);
  ExpectCosigned(log_, 8, 9);
}

TEST_F(WitnessTest, CosignsNothingThatItCannotStore) {
  ExpectCosigned(log_, 0, 5);
  std::filesystem::rename(directory_ / "state", directory_ / "away");
  ExpectRefused(log_.Request(5, 8), 500, "cannot store");
  std::filesystem::rename(directory_ / "away", directory_ / "state");
  ExpectCosigned(log_, 5, 8);
}

// Random requests and damaged good ones: an answer of the protocol, and the state moves only forward along
// one history.
TEST_F(WitnessTest, SurvivesDamage) {
  const uint32_t seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 2000; ++round) {
    std::string body = log_.Request(random() % 10, random() % 10);
    for (uint32_t edits = random() % 3; edits > 0; --edits) {
      const size_t at = random() % body.size();
      if (random() % 2 == 0)
        body[at] = static_cast<char>(random());
      else
        body.erase(at, random() % 9);
      if (body.empty()) body = "x";
    }
    const Answer answer = witness_->AddCheckpoint(body);
    EXPECT_THAT(answer.status, testing::AnyOf(200, 400, 403, 404, 409, 422)) << body;
  }
  const auto opened = log::OpenCheckpoint(Latest(log_).body, log_.verifier());
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(*opened, log_.At(opened->size));
}

TEST_F(WitnessTest, TakesNoStateThatItCannotReadForAnEmptyOne) {
  const std::string key = log::WitnessKey("w.example", KeyOf(0x22)->public_key());
  ASSERT_TRUE(State::Create(directory_ / "other", key).ok());
  const auto state = State::Open(directory_ / "other", key);
  ASSERT_TRUE(state.ok()) << state.status();
  ASSERT_TRUE((*state)->KeepFile(FileKind::kEvidence, log_.origin(), "1", "text").ok());
  EXPECT_EQ((*state)->ReadFiles(FileKind::kEvidence, log_.origin())->size(), 1u);
  std::filesystem::rename(directory_ / "other", directory_ / "away");
  std::ofstream(directory_ / "other") << "in the way";
  EXPECT_EQ(ReasonOf((*state)->ReadFiles(FileKind::kEvidence, log_.origin()).status()), "FILE_UNREADABLE");
  EXPECT_EQ(ReasonOf((*state)->KeepFile(FileKind::kEvidence, log_.origin(), "2", "text").status()),
            "FILE_UNREADABLE");
}

TEST_F(WitnessTest, SharesItsStateAndItsPortWithNobody) {
  const auto second = Witness::Open(OptionsFor(directory_, {log_.verifier()}));
  EXPECT_EQ(ReasonOf(second.status()), "WITNESS_STATE_LOCKED");
  const auto listener = HttpServer::Listen(
      {.listen = server_->address(), .tls_certificate = "", .tls_key = ""}, witness_.get());
  EXPECT_EQ(ReasonOf(listener.status()), "CANNOT_LISTEN");
}

TEST_F(WitnessTest, OpensNoStateThatIsNotItsOwn) {
  ExpectCosigned(log_, 0, 5);
  const std::string kept = Latest(log_).body;
  server_.reset();
  witness_.reset();
  Options other = OptionsFor(directory_, {log_.verifier()});
  other.key = KeyOf(0x21);
  EXPECT_EQ(ReasonOf(Witness::Open(other).status()), "WITNESS_STATE_OF_ANOTHER");
  Options nowhere = OptionsFor(directory_, {log_.verifier()});
  nowhere.state = directory_ / "nowhere";
  EXPECT_EQ(ReasonOf(Witness::Open(nowhere).status()), "WITNESS_STATE_MISSING");
  EXPECT_FALSE(std::filesystem::exists(directory_ / "nowhere")) << "an empty disk does not become a witness";
  EXPECT_EQ(ReasonOf(State::Create(directory_ / "state", "x")), "WITNESS_STATE_EXISTS");

  const std::string path = directory_ / ("state/" + OriginHash(log_.origin()) + ".checkpoint");
  const auto put = [&](const std::string& text) { std::ofstream(path, std::ios::binary) << text; };
  const size_t log_line = kept.find("\n\n") + 2;
  for (size_t byte = 0; byte < kept.size(); ++byte) {
    const bool is_logs = byte >= log_line && byte < kept.rfind("\xe2\x80\x94");  // not the witness's to judge
    std::string spoiled = kept;
    spoiled[byte] = static_cast<char>(spoiled[byte] ^ 1);
    put(spoiled);
    const auto opened = Witness::Open(OptionsFor(directory_, {log_.verifier()}));
    if (!is_logs) {
      EXPECT_EQ(ReasonOf(opened.status()), "WITNESS_STATE_DAMAGED") << byte;
    }
  }
  for (const std::string& text :
       {std::string(), log_.Note(9), second_.Note(5), kept.substr(0, kept.size() - 1)}) {
    put(text);
    EXPECT_EQ(ReasonOf(Witness::Open(OptionsFor(directory_, {log_.verifier()})).status()),
              "WITNESS_STATE_DAMAGED");
  }
  put(kept);
  Start();
  ExpectCosigned(log_, 5, 8);
}

}  // namespace
}  // namespace fundledger::witness
