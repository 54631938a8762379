// Townships without a connection: what is signed waits on disk, is sent in order, once, and survives kill -9
// at every step.
#include "clients/sdk/outbox.h"

#include <cstdio>
#include <functional>

#include <gmock/gmock.h>

#include "clients/sdk/config.h"
#include "clients/sdk/keys.h"
#include "clients/sdk/passphrase.h"
#include "clients/sdk/submission.h"
#include "ledger/base/clock.h"
#include "ledger/base/status.h"
#include "services/rpc/status.h"
#include "tests/integration/clients/cut_line.h"
#include "tests/integration/clients/world.h"

namespace fundledger::clients_testing {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr char kStrace[] = "/usr/bin/strace";

class OutboxTest : public World {
 protected:
  OutboxTest() {
    StartServer();
    Settle();
    Good({"admin", "programme", "add", "--as", "admin-1", "--id", "water", "--name", "饮水"});
    Good({"admin", "approve", "--as", "admin-2", "--all", "--yes"});
  }

  std::vector<std::string> Declare(const std::string& id) {
    return {"township", "project",     "declare",    "--as",           "township-1", "--id",
            id,         "--name",      "水厂 " + id, "--project-kind", "works",      "--organization",
            "east",     "--programme", "water"};
  }
  static std::vector<std::string> Progress(const std::string& id, int basis_points) {
    char percent[16];
    (void)std::snprintf(percent, sizeof percent, "%d.%02d%%", basis_points / 100, basis_points % 100);
    return {"township", "project", "progress", "--as", "township-1", "--project", id, "--progress", percent};
  }
  static std::vector<std::string> Payee(const std::string& id) {
    return {"finance", "payee",  "add",          "--as",          "clerk-1",           "--id",
            id,        "--name", "示例建筑公司", "--credit-code", "91421081EX00000109"};
  }
  static std::vector<std::string> Offline(std::vector<std::string> arguments) {
    arguments.emplace_back("--offline");
    return arguments;
  }
  void Keep(const std::vector<std::string>& arguments) {
    const Finished kept = Run(Offline(arguments));
    EXPECT_EQ(kept.exit_code, 6) << kept.out << kept.err;
  }
  nlohmann::json Listed() { return Json({"township", "outbox", "list"}); }
  std::string State(size_t at) { return Listed().at(at).at("state").get<std::string>(); }
};

TEST_F(OutboxTest, ATownshipGoesOnWithoutAServer) {
  const uint64_t before = Size();
  StopServer();
  const Finished declared = Run(Declare("p-1"));
  EXPECT_EQ(declared.exit_code, 6) << declared.err;
  EXPECT_THAT(declared.out, HasSubstr("signed, and not sent"));
  EXPECT_THAT(declared.err, HasSubstr("SERVER_UNREACHABLE"));
  auto start =
      std::vector<std::string>{"township", "project", "start", "--as", "township-1", "--project", "p-1"};
  EXPECT_EQ(Run(start).exit_code, 6);
  auto progress = Progress("p-1", 1250);
  progress.emplace_back("--json");
  const Finished reported = Run(progress);
  EXPECT_EQ(reported.exit_code, 6);
  EXPECT_TRUE(nlohmann::json::parse(reported.out)["waiting"].get<bool>()) << reported.out;
  const auto listed = Listed();
  ASSERT_EQ(listed.size(), 3U);
  for (const auto& each : listed) {
    EXPECT_EQ(each["state"], "unsent");
    EXPECT_EQ(each["officer"], "township-1");
    EXPECT_EQ(each["not_after_us"].get<int64_t>() - each["signed_at_us"].get<int64_t>(),
              30LL * 86'400'000'000);
  }
  EXPECT_TRUE(listed[0]["actions"][0].contains("declare_project")) << listed[0];
  EXPECT_TRUE(listed[2]["actions"][0].contains("report_progress")) << listed[2];
  EXPECT_EQ(Run({"township", "outbox", "send"}).exit_code, 3);
  EXPECT_EQ(State(0), "unsent") << "nothing was sent";
  EXPECT_EQ(Listed().size(), 3U);
  EXPECT_THAT(Good({"township", "outbox", "--lang", "zh"}).out, HasSubstr("未发送"));
  StartServer();
  // What waits goes before the officer's next, in order.
  const Finished next = Good({"township", "project", "complete", "--as", "township-1", "--project", "p-1"});
  EXPECT_THAT(next.out, HasSubstr("recorded as " + std::to_string(before + 3)));
  EXPECT_THAT(next.err, HasSubstr("which waited, was recorded as " + std::to_string(before)));
  EXPECT_EQ(Size(), before + 4);
  EXPECT_TRUE(Listed().empty());
  for (uint64_t sequence = before; sequence < before + 4; ++sequence) {
    EXPECT_TRUE(fs::exists(path("county/receipts/" + std::to_string(sequence) + ".receipt"))) << sequence;
  }
  const auto trail = Json({"inspect", "trail", "--officer", "township-1"});
  std::vector<std::string> kinds;
  for (const auto& record : trail["records"]) {
    if (record["sequence"].get<uint64_t>() >= before) kinds.push_back(record.dump());
  }
  ASSERT_EQ(kinds.size(), 4U);
  for (size_t i = 0; i < 4; ++i) {
    const char* const in_order[] = {"declare_project", "start_project", "report_progress",
                                    "complete_project"};
    EXPECT_THAT(kinds[i], HasSubstr(in_order[i]));
  }
}

TEST_F(OutboxTest, WaitsForOthersOnlyWhereTold) {
  StopServer();
  const std::vector<std::string> fund = {
      "finance",     "fund",          "register", "--as",          "clerk-1",
      "--id",        "f-1",           "--name",   "饮水资金",      "--document-number",
      "鄂财〔1〕号", "--fiscal-year", "2020",     "--source-tier", "city",
      "--nature",    "fiscal"};
  const Finished unsent = Run(fund);
  EXPECT_EQ(unsent.exit_code, 3) << "nothing is kept for whoever did not ask";
  EXPECT_THAT(unsent.err, testing::AllOf(HasSubstr("SERVER_UNREACHABLE"), HasSubstr("check the address"),
                                         HasSubstr("with --offline to sign it and keep it")));
  auto chinese = fund;
  chinese.insert(chinese.end(), {"--lang", "zh"});
  EXPECT_THAT(Run(chinese).err,
              testing::AllOf(HasSubstr("请检查：服务器地址"), HasSubstr("加 --offline 签名后存入发件箱")));
  EXPECT_TRUE(Listed().empty());
  EXPECT_EQ(Run(Offline(fund)).exit_code, 6);
  EXPECT_EQ(Listed().size(), 1U);
  // A question has to be asked.
  EXPECT_EQ(Run({"inspect", "checkpoint", "--offline"}).exit_code, 2);
  EXPECT_EQ(Run(Offline({"finance", "approve", "3.0", "--as", "reviewer-1"})).exit_code, 2);
  auto tried = Declare("p-1");
  tried.insert(tried.end(), {"--offline", "--dry-run"});
  EXPECT_EQ(Run(tried).exit_code, 2);
}

TEST_F(OutboxTest, ARefusedOneStaysWithItsReasonAndStopsNobody) {
  Keep(Declare("p-1"));
  Keep(Declare("p-1"));
  Keep(Progress("p-2", 100));
  Keep(Progress("p-1", 100));
  const uint64_t before = Size();
  const Finished sent = Run({"township", "outbox", "send", "--json"});
  EXPECT_EQ(sent.exit_code, 1) << sent.err;
  const auto outcome = nlohmann::json::parse(sent.out);
  ASSERT_EQ(outcome.size(), 4U) << sent.out;
  EXPECT_EQ(outcome[0]["sequence"].get<uint64_t>(), before);
  EXPECT_EQ(outcome[1]["reason"], "ALREADY_REGISTERED");
  EXPECT_EQ(outcome[2]["reason"], "PROJECT_NOT_FOUND");
  EXPECT_EQ(outcome[3]["sequence"].get<uint64_t>(), before + 1);
  const auto listed = Listed();
  ASSERT_EQ(listed.size(), 2U);
  EXPECT_EQ(listed[0]["state"], "refused");
  EXPECT_EQ(listed[0]["reason"], "ALREADY_REGISTERED");
  EXPECT_GT(listed[0]["refused_at_us"].get<int64_t>(), 0);
  EXPECT_THAT(Good({"township", "outbox", "--lang", "zh"}).out,
              testing::AllOf(HasSubstr("被拒"), HasSubstr("编号已登记"), HasSubstr("没有这个项目")));
  // They wait no longer, until told.
  EXPECT_THAT(Good({"township", "outbox", "send"}).out,
              testing::AllOf(HasSubstr("still in the outbox: 2"), HasSubstr("send --refused"),
                             testing::Not(HasSubstr("nothing waits"))));
  EXPECT_EQ(Json({"township", "outbox", "send"}).size(), 0U);
  Good(Declare("p-2"));
  EXPECT_EQ(Size(), before + 3);
  EXPECT_EQ(Run({"township", "outbox", "send", "--refused"}).exit_code, 1);
  EXPECT_EQ(Size(), before + 4) << "p-2 is there now";
  ASSERT_EQ(Listed().size(), 1U);
  const std::string id = Listed()[0]["request_id"];
  EXPECT_EQ(Run({"township", "outbox", "discard", id}).exit_code, 2) << "a word is needed";
  EXPECT_EQ(Run({"township", "outbox", "discard", "ffffffffffff", "--reason", "x"}).exit_code, 2);
  EXPECT_EQ(Json({"township", "outbox", "discard", id.substr(0, 12), "--reason", "twice"})["discarded"][0],
            id);
  EXPECT_TRUE(Listed().empty());
  bool kept = false;
  for (const auto& entry : fs::directory_iterator(path("county/outbox/discarded"))) {
    kept = kept || ReadAll(entry.path()).find("twice\nALREADY_REGISTERED") != std::string::npos;
  }
  EXPECT_TRUE(kept);
}

// It was refused for good, and its officer may have paid otherwise since.
TEST_F(OutboxTest, ARefusedOneThatCouldNotBeSentAgainStaysRefused) {
  Good(Declare("p-1"));
  Keep(Progress("p-2", 100));
  EXPECT_EQ(Run({"outbox", "send"}).exit_code, 1);
  EXPECT_EQ(Run({"outbox", "send", "--refused", "--offline"}).exit_code, 2);
  EXPECT_EQ(State(0), "refused");
  StopServer();
  EXPECT_EQ(Run({"outbox", "send", "--refused"}).exit_code, 3);
  EXPECT_EQ(State(0), "refused");
  EXPECT_EQ(Listed()[0]["reason"], "PROJECT_NOT_FOUND");
  StartServer();
  Good(Declare("p-2"));
  const uint64_t before = Size();
  Good(Progress("p-1", 100));
  EXPECT_EQ(Size(), before + 1) << "the refused one went along";
  EXPECT_EQ(
      Run({"outbox", "discard", Listed()[0]["request_id"].get<std::string>(), "--reason", "paid in cash"})
          .exit_code,
      0);
}

TEST_F(OutboxTest, WhatMayBeRecordedIsNotDiscarded) {
  Keep(Declare("p-1"));
  for (const auto& entry : fs::directory_iterator(path("county/outbox"))) {
    if (entry.path().extension() != ".unsent") continue;
    fs::path sent = entry.path();
    fs::rename(entry.path(), sent.replace_extension(".envelope"));
    break;
  }
  EXPECT_EQ(State(0), "unanswered");
  const std::string id = Listed()[0]["request_id"];
  const Finished discarded = Run({"outbox", "discard", id, "--reason", "x"});
  EXPECT_EQ(discarded.exit_code, 2);
  EXPECT_THAT(discarded.err, HasSubstr("OUTBOX_UNANSWERED"));
  Keep(Declare("p-2"));
  EXPECT_EQ(
      Run({"outbox", "discard", Listed()[1]["request_id"].get<std::string>(), "--reason", "typo"}).exit_code,
      0)
      << "what never left can be taken back";
  EXPECT_EQ(Listed().size(), 1U);
}

TEST_F(OutboxTest, NamesWhatExpired) {
  const auto signer_path = path("county/keys/township-1.key");
  sdk::Passphrases none;
  const auto signer = sdk::LoadSigner(signer_path, &none);
  ASSERT_TRUE(signer.ok()) << signer.status();
  const auto config = sdk::LoadConfig(path("county/client.toml"));
  ASSERT_TRUE(config.ok()) << config.status();
  const Hash256 id = config->ledger;
  v1::Action action;
  action.mutable_start_project()->set_project("p-1");
  const int64_t long_ago = SystemClockMicros() - 31LL * 86'400'000'000;
  const auto sealed = sdk::Seal(
      sdk::DraftSubmission(id, {"", 1, id}, long_ago, "township-1", sdk::NewRequestId(), {action}), **signer);
  ASSERT_TRUE(sealed.ok());
  ASSERT_TRUE(sdk::Outbox(path("county/outbox")).Store(*sealed, true).ok());
  EXPECT_EQ(State(0), "expired");
  EXPECT_THAT(Good({"township", "outbox"}).out, HasSubstr("expired"));
  const uint64_t before = Size();
  EXPECT_EQ(Run({"township", "outbox", "send"}).exit_code, 1);
  EXPECT_EQ(Listed()[0]["reason"], "EXPIRED");
  EXPECT_THAT(Listed()[0]["message"].get<std::string>(),
              testing::ContainsRegex("not to be recorded after [0-9-]+ [0-9:]+ UTC and it is"));
  EXPECT_EQ(Size(), before);
}

TEST_F(OutboxTest, TwoSendersSendEachOnce) {
  constexpr int kMany = 12;
  Good(Declare("p-1"));
  for (int i = 1; i <= kMany; ++i) Keep(Progress("p-1", i));
  const uint64_t before = Size();
  const auto one = Start({"township", "outbox", "send"});
  const auto other = Start(Progress("p-1", kMany + 1));
  EXPECT_EQ(one->Wait().exit_code, 0);
  EXPECT_EQ(other->Wait().exit_code, 0);
  EXPECT_EQ(Size(), before + kMany + 1) << "progress going down would have been refused: the order was kept";
  EXPECT_TRUE(Listed().empty());
}

// Kills a command at the n-th of the calls that change files or the network, for every n, until it is not
// killed any more; `check` looks at what is left each time.
class Killed : public OutboxTest {
 protected:
  void SetUp() override {
    if (!fs::exists(kStrace)) GTEST_SKIP() << "strace is not installed";
  }
  void AtEveryStep(const std::vector<std::string>& calls,
                   const std::function<std::vector<std::string>(int)>& command,
                   const std::function<void(bool)>& check) {
    int kills = 0;
    // strace counts each call by itself.
    for (const std::string& call : calls) kills += AtEvery(call, command, check);
    EXPECT_GT(kills, 2);
  }
  int AtEvery(const std::string& call, const std::function<std::vector<std::string>(int)>& command,
              const std::function<void(bool)>& check) {
    constexpr int kMost = 200;
    bool killed = true;
    int kills = 0;
    for (int n = 1; killed && n < kMost && !HasFailure(); ++n) {
      SCOPED_TRACE(call + " " + std::to_string(n));
      const Finished finished =
          RunUnder({kStrace, "-f", "-qqq", "-o", "/dev/null", "-e", "trace=" + call, "-e",
                    "inject=" + call + ":signal=SIGKILL:when=" + std::to_string(n)},
                   command(n));
      killed = finished.exit_code == -1 || finished.exit_code == 137;
      kills += killed ? 1 : 0;
      check(killed);
    }
    EXPECT_FALSE(killed) << call;
    return kills;
  }
  std::vector<std::string> NextProgress() { return Progress("p-1", ++progress_); }

  int progress_ = 0;
};

const std::vector<std::string> kFiles = {"flock", "fsync", "rename", "unlink"};
const std::vector<std::string> kNetwork = {"sendmsg"};

TEST_F(Killed, WhileSigningKeepsAllOrNothing) {
  Good(Declare("p-1"));
  uint64_t size = Size();
  AtEveryStep(
      kFiles, [this](int) { return Offline(NextProgress()); },
      [&](bool killed) {
        const auto waits = Listed().size();
        EXPECT_LE(waits, 1U);
        if (!killed) {
          EXPECT_EQ(waits, 1U);
        }
        Good({"township", "outbox", "send"});
        size += waits;
        EXPECT_EQ(Size(), size);
        EXPECT_TRUE(Listed().empty());
      });
}

TEST_F(Killed, WhileSendingLosesNothingAndDoublesNothing) {
  Good(Declare("p-1"));
  uint64_t size = Size();
  for (const auto& calls : {kFiles, kNetwork}) {
    AtEveryStep(
        calls,
        [this](int) {
          Keep(NextProgress());
          Keep(NextProgress());
          return std::vector<std::string>{"township", "outbox", "send", "--as", "township-1"};
        },
        [&](bool) {
          Good({"township", "outbox", "send"});
          size += 2;
          EXPECT_EQ(Size(), size);
          EXPECT_TRUE(Listed().empty());
          for (uint64_t n = size - 2; n < size; ++n) {
            EXPECT_TRUE(fs::exists(path("county/receipts/" + std::to_string(n) + ".receipt"))) << n;
          }
        });
  }
}

TEST_F(Killed, WhileSubmittingIsRecordedOnceOrNotAtAll) {
  Good(Declare("p-1"));
  uint64_t size = Size();
  for (const auto& calls : {kFiles, kNetwork}) {
    AtEveryStep(
        calls, [this](int) { return NextProgress(); },
        [&](bool killed) {
          Good({"township", "outbox", "send"});
          const uint64_t now = Size();
          EXPECT_TRUE(now == size || now == size + 1) << now << " after " << size;
          if (!killed) {
            EXPECT_EQ(now, size + 1);
          }
          size = now;
          EXPECT_TRUE(Listed().empty());
        });
  }
}

TEST_F(Killed, WhileDiscardingNeverSendsWhatWasRefused) {
  Good(Declare("p-1"));
  const uint64_t size = Size();
  int made = 0;
  AtEveryStep(
      kFiles,
      [&](int) {
        for (const auto& each : Listed()) {
          Good({"outbox", "discard", each["request_id"].get<std::string>(), "--reason", "rest"});
        }
        Keep(Progress("p-9", ++made));
        EXPECT_EQ(Run({"outbox", "send"}).exit_code, 1);
        return std::vector<std::string>{"outbox", "discard", Listed()[0]["request_id"], "--reason", "gone"};
      },
      [&](bool) {
        EXPECT_EQ(Json({"outbox", "send"}).size(), 0U) << "it is refused or gone, and waits no more";
        EXPECT_EQ(Size(), size);
      });
}

// The line is cut in the middle of what a command does.
class Cut : public OutboxTest {
 protected:
  Cut() : line_(path("county"), address(), "township-1") {
    Good(Declare("p-1"));
    // The line is to be cut behind the greeting, which asks for no proof then.
    size_ = Size();
  }
  Finished RunCut(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--patience", "0"});
    return RunAt(line_.address(), path("county/client.toml"), arguments);
  }

  CutLine line_;
  uint64_t size_ = 0;
};

TEST_F(Cut, BehindTheReceiptAReportIsRecordedAndNotSignedAnew) {
  line_.CutAt("GetConsistencyProof", false);
  const Finished sent = RunCut(Progress("p-1", 100));
  EXPECT_EQ(sent.exit_code, 8) << sent.out << sent.err;
  EXPECT_THAT(sent.out, HasSubstr("recorded as " + std::to_string(size_)));
  EXPECT_THAT(sent.err, testing::AllOf(HasSubstr("NOT_SETTLED"), HasSubstr("do not submit it anew")));
  EXPECT_TRUE(Listed().empty()) << "it is recorded";
  EXPECT_EQ(Size(), size_ + 1);
  line_.CutAt("GetConsistencyProof", false);
  auto in_chinese = Progress("p-1", 200);
  in_chinese.insert(in_chinese.end(), {"--lang", "zh", "--json"});
  const Finished again = RunCut(in_chinese);
  EXPECT_EQ(again.exit_code, 8) << again.out << again.err;
  EXPECT_EQ(nlohmann::json::parse(again.out)["sequence"].get<uint64_t>(), size_ + 1);
  EXPECT_THAT(again.err, HasSubstr("请勿重复报送"));
  EXPECT_EQ(Json({"township", "outbox", "send"}).size(), 0U);
  EXPECT_EQ(Size(), size_ + 2);
}

TEST_F(Cut, BehindTheReceiptNobodyIsToldThatNothingWasSent) {
  line_.CutAt("GetConsistencyProof", false);
  const Finished sent = RunCut(Payee("builder"));
  EXPECT_EQ(sent.exit_code, 8) << sent.out << sent.err;
  EXPECT_THAT(sent.out, HasSubstr("recorded as " + std::to_string(size_)));
  EXPECT_THAT(sent.err, testing::Not(HasSubstr("give the command again")));
  EXPECT_TRUE(Listed().empty());
  EXPECT_EQ(Size(), size_ + 1);
}

TEST_F(Cut, BehindTheReceiptOfWhatWaitedItLeavesTheOutbox) {
  Keep(Progress("p-1", 100));
  Keep(Progress("p-1", 200));
  line_.CutAt("GetConsistencyProof", false);
  const Finished sent = RunCut({"township", "outbox", "send"});
  EXPECT_EQ(sent.exit_code, 8) << sent.out << sent.err;
  EXPECT_THAT(sent.out, HasSubstr(": recorded as " + std::to_string(size_)));
  EXPECT_EQ(Listed().size(), 1U) << "the second waits still";
  EXPECT_EQ(State(0), "unsent");
  EXPECT_EQ(Json({"township", "outbox", "send"}).size(), 1U);
  EXPECT_EQ(Size(), size_ + 2);
}

// What waits goes first. Where it is not answered, the report that is given then is kept behind it.
TEST_F(Cut, UnderWhatWaitsTheNextReportIsKept) {
  Keep(Progress("p-1", 100));
  line_.CutAt("Submit", true);
  const Finished next = RunCut(Progress("p-1", 200));
  EXPECT_EQ(next.exit_code, 6) << next.out << next.err;
  EXPECT_THAT(next.err, HasSubstr("this was not sent: what waits in the outbox goes first"));
  EXPECT_THAT(next.out, HasSubstr("signed, and not sent"));
  ASSERT_EQ(Listed().size(), 2U);
  EXPECT_EQ(State(0), "unanswered");
  EXPECT_EQ(State(1), "unsent");
  // Recorded, and not settled: no more of an answer to the next.
  EXPECT_EQ(Size(), size_ + 1);
  line_.CutAt("GetConsistencyProof", false);
  EXPECT_EQ(RunCut(Progress("p-1", 300)).exit_code, 6);
  EXPECT_EQ(Listed().size(), 1U);
  EXPECT_EQ(Json({"township", "outbox", "send"}).size(), 1U);
  EXPECT_EQ(Size(), size_ + 3);
}

// The ledger recorded it, and what it reads of it afterwards is damaged.
TEST_F(Cut, ByADamagedStoreNobodyIsToldThatItWasRefused) {
  line_.Say(
      rpc::ToGrpcStatus(Refuse(absl::StatusCode::kDataLoss, "STORE_DAMAGED", "block checksum mismatch")));
  line_.CutAt("Submit", true);
  const Finished sent = RunCut(Progress("p-1", 100));
  EXPECT_EQ(sent.exit_code, 5) << sent.out << sent.err;
  EXPECT_THAT(sent.err, testing::AllOf(HasSubstr("STORE_DAMAGED"), HasSubstr("send the same again")));
  ASSERT_EQ(Listed().size(), 1U);
  EXPECT_EQ(State(0), "unanswered");
  // Nor by sending what waits.
  line_.CutAt("Submit", true);
  EXPECT_EQ(RunCut({"outbox", "send"}).exit_code, 5);
  EXPECT_EQ(State(0), "unanswered");
  EXPECT_EQ(
      Run({"outbox", "discard", Listed()[0]["request_id"].get<std::string>(), "--reason", "x"}).exit_code, 2);
  EXPECT_EQ(Json({"outbox", "send"})[0]["sequence"].get<uint64_t>(), size_);
  EXPECT_EQ(Size(), size_ + 1);
}

TEST_F(Cut, UnderWhatWaitsOthersAreToldThatTheirsIsNotKept) {
  Keep(Payee("builder-1"));
  line_.CutAt("Submit", true);
  const Finished next = RunCut(Payee("builder-2"));
  EXPECT_EQ(next.exit_code, 3) << next.out << next.err;
  EXPECT_THAT(next.err, testing::AllOf(HasSubstr("this was not sent: what waits in the outbox goes first"),
                                       HasSubstr("yours was not sent, and is not kept")));
  EXPECT_EQ(Listed().size(), 1U);
  EXPECT_EQ(Json({"outbox", "send"}).size(), 1U);
  EXPECT_EQ(Size(), size_ + 1);
}

TEST_F(OutboxTest, AmongApprovalsThoseBeforeTheLineWasCutAreSaid) {
  CutLine line(path("county"), address(), "reviewer-1");
  // Three, of which the second is refused, so that each is sent by itself; the third is not answered.
  const auto approve_cut = [&](std::vector<std::string> more) {
    const uint64_t first = Size();
    more.insert(more.begin(), {"finance", "approve", "--as", "reviewer-1", "--yes", "--patience", "0"});
    for (uint64_t sequence = first; sequence < first + 3; ++sequence) {
      Good(Payee("builder-" + std::to_string(sequence)));
      more.push_back(std::to_string(sequence) + ".0");
    }
    Good({"finance", "reject", "--as", "reviewer-1", std::to_string(first + 1) + ".0", "--reason", "x"});
    line.CutAt("Submit", true, 3);
    return RunAt(line.address(), path("county/client.toml"), more);
  };
  const Finished cut = approve_cut({});
  EXPECT_EQ(cut.exit_code, 5) << cut.out << cut.err;
  EXPECT_THAT(cut.out, HasSubstr("approved 1, refused 1"));
  EXPECT_THAT(cut.err, HasSubstr("send the same again"));
  Good({"outbox", "send"});
  const uint64_t size = Size();
  const Finished for_program = approve_cut({"--json"});
  EXPECT_EQ(for_program.exit_code, 5) << for_program.out << for_program.err;
  const auto said = nlohmann::json::parse(for_program.out, nullptr, false);
  ASSERT_FALSE(said.is_discarded()) << for_program.out;
  EXPECT_EQ(said["approved"], 1);
  EXPECT_EQ(said["records"], nlohmann::json({size + 4}));
  EXPECT_EQ(said["refused"][0]["proposal"], std::to_string(size + 1) + ".0");
}

}  // namespace
}  // namespace fundledger::clients_testing
