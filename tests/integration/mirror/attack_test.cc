// What a mirror finds out: a history rewritten behind it, a ledger that went back, and one that lies to it.
#include <atomic>
#include <chrono>
#include <functional>
#include <future>

#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include "fundledger/v1/audit_service.grpc.pb.h"
#include "fundledger/v1/fund_service.grpc.pb.h"
#include "fundledger/v1/ledger_service.grpc.pb.h"
#include "fundledger/v1/report_service.grpc.pb.h"
#include "fundledger/v1/resources.pb.h"
#include "ledger/base/bytes.h"
#include "ledger/crypto/dsse.h"
#include "ledger/crypto/signature.h"
#include "tests/integration/mirror/mirror_testing.h"
#include "tests/support/paths.h"

namespace fundledger::mirror_testing {
namespace {

namespace v1 = ::fundledger::v1;
using testing::HasSubstr;

// Stands between mirror and ledger with the server's own certificate, as an operator who lies to the mirror
// alone: passes everything on, and changes what it is told to.
class Liar final : public v1::LedgerService::Service,
                   public v1::AuditService::Service,
                   public v1::FundService::Service,
                   public v1::ReportService::Service {
 public:
  Liar(const std::filesystem::path& county, const std::string& origin) {
    grpc::SslCredentialsOptions client;
    client.pem_root_certs = ReadAll(county / "ca.pem");
    client.pem_cert_chain = ReadAll(county / "certificates/inspector-1.pem");
    client.pem_private_key = ReadAll(county / "certificates/inspector-1.key");
    const auto channel = grpc::CreateChannel(origin, grpc::SslCredentials(client));
    ledger_ = v1::LedgerService::NewStub(channel);
    audit_ = v1::AuditService::NewStub(channel);
    funds_ = v1::FundService::NewStub(channel);
    reports_ = v1::ReportService::NewStub(channel);

    grpc::SslServerCredentialsOptions options(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
    options.pem_root_certs = ReadAll(county / "ca.pem");
    options.pem_key_cert_pairs = {{ReadAll(county / "server-tls.key"), ReadAll(county / "server.pem")}};
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::SslServerCredentials(options), &port);
    builder.RegisterService(static_cast<v1::LedgerService::Service*>(this));
    builder.RegisterService(static_cast<v1::AuditService::Service*>(this));
    builder.RegisterService(static_cast<v1::FundService::Service*>(this));
    builder.RegisterService(static_cast<v1::ReportService::Service*>(this));
    server_ = builder.BuildAndStart();
    address = "127.0.0.1:" + std::to_string(port);
  }
  ~Liar() override { server_->Shutdown(std::chrono::system_clock::now()); }

  std::string address;
  // Set before the mirror starts.
  std::function<void(v1::WatchRecordsResponse*)> change_records;
  std::function<void(v1::GetStatementResponse*)> change_statement;
  std::function<void(v1::ListFundsResponse*)> change_funds;
  std::function<void(const v1::ListCheckpointsRequest&, v1::ListCheckpointsResponse*)> change_checkpoints;
  std::function<void()> hold_ledger;  // before its answer is passed on
  std::function<void(v1::GetLedgerResponse*)> change_ledger;

  grpc::Status GetLedger(grpc::ServerContext*, const v1::GetLedgerRequest* request,
                         v1::GetLedgerResponse* response) override {
    grpc::ClientContext context;
    const grpc::Status status = ledger_->GetLedger(&context, *request, response);
    if (hold_ledger) hold_ledger();
    if (change_ledger) change_ledger(response);
    return status;
  }
  grpc::Status WatchRecords(grpc::ServerContext* call, const v1::WatchRecordsRequest* request,
                            grpc::ServerWriter<v1::WatchRecordsResponse>* writer) override {
    const auto context = grpc::ClientContext::FromServerContext(*call);
    const auto reader = audit_->WatchRecords(context.get(), *request);
    v1::WatchRecordsResponse message;
    while (reader->Read(&message)) {
      if (change_records) change_records(&message);
      writer->Write(message);
    }
    return reader->Finish();
  }
  grpc::Status GetRecord(grpc::ServerContext*, const v1::GetRecordRequest* request,
                         v1::GetRecordResponse* response) override {
    grpc::ClientContext context;
    return audit_->GetRecord(&context, *request, response);
  }
  grpc::Status ListCheckpoints(grpc::ServerContext*, const v1::ListCheckpointsRequest* request,
                               v1::ListCheckpointsResponse* response) override {
    grpc::ClientContext context;
    const grpc::Status status = audit_->ListCheckpoints(&context, *request, response);
    if (change_checkpoints) change_checkpoints(*request, response);
    return status;
  }
  grpc::Status GetStatement(grpc::ServerContext*, const v1::GetStatementRequest* request,
                            v1::GetStatementResponse* response) override {
    grpc::ClientContext context;
    const grpc::Status status = funds_->GetStatement(&context, *request, response);
    if (change_statement) change_statement(response);
    return status;
  }
  grpc::Status ListFunds(grpc::ServerContext*, const v1::ListFundsRequest* request,
                         v1::ListFundsResponse* response) override {
    grpc::ClientContext context;
    const grpc::Status status = funds_->ListFunds(&context, *request, response);
    if (change_funds) change_funds(response);
    return status;
  }
  grpc::Status GetBriefing(grpc::ServerContext*, const v1::GetBriefingRequest* request,
                           v1::GetBriefingResponse* response) override {
    grpc::ClientContext context;
    return reports_->GetBriefing(&context, *request, response);
  }

 private:
  std::unique_ptr<v1::LedgerService::Stub> ledger_;
  std::unique_ptr<v1::AuditService::Stub> audit_;
  std::unique_ptr<v1::FundService::Stub> funds_;
  std::unique_ptr<v1::ReportService::Stub> reports_;
  std::unique_ptr<grpc::Server> server_;
};

class MirrorAttack : public MirrorWorld {
 protected:
  // The latest signed checkpoint, as the ledger shows it.
  std::string Checkpoint(const std::string& name) {
    Good({"inspect", "checkpoint", "--out", path(name).string()});
    return ReadAll(path(name));
  }
  // The ledger's directory as it is now, put back later.
  void KeepOldCopy() {
    StopServer();
    std::filesystem::copy(path("county/ledger"), path("old"), std::filesystem::copy_options::recursive);
    StartServer();
  }
  void PutOldCopyBack() {
    StopServer();
    std::filesystem::remove_all(path("county/ledger"));
    std::filesystem::rename(path("old"), path("county/ledger"));
    // The operator's own client remembers as little.
    std::filesystem::remove(path("county/client.seen"));
    StartServer();
  }
  std::string StateOfMirror() {
    const Finished finished = AskMirror({"inspect", "checkpoint"});
    EXPECT_EQ(finished.exit_code, 0) << "it serves what it verified: " << finished.err;
    return MirrorLog();
  }
};

TEST_F(MirrorAttack, ARewrittenHistoryConvictsByTheLogsOwnSignatures) {
  KeepOldCopy();
  StartMirror(Origin());
  AddOrganization("v-true");
  AwaitMirror(Size());
  StopMirror();
  PutOldCopyBack();
  AddOrganization("v-false");
  StartMirror(Origin());
  const log::EvidenceFile file = AwaitAlarm();
  const auto shown = log::CheckContradiction(file, {LogKey()});
  ASSERT_TRUE(shown.ok()) << shown.status();
  EXPECT_EQ(shown->kind, log::EvidenceKind::kTwoRoots);
  EXPECT_THAT(StateOfMirror(), HasSubstr("mirror_alarm"));
}

TEST_F(MirrorAttack, AHistoryRewrittenFurtherThanTheMirrorConvictsTwoLeaves) {
  KeepOldCopy();
  StartMirror(Origin());
  AddOrganization("v-true");
  AwaitMirror(Size());
  StopMirror();
  PutOldCopyBack();
  AddOrganization("v-false");
  AddOrganization("v-false-2");
  StartMirror(Origin());
  const log::EvidenceFile file = AwaitAlarm();
  const auto shown = log::CheckContradiction(file, {LogKey()});
  ASSERT_TRUE(shown.ok()) << shown.status();
  EXPECT_EQ(shown->kind, log::EvidenceKind::kTwoLeaves);
}

// One face when it is greeted, another when records are asked for: the first is not forgotten.
TEST_F(MirrorAttack, ACheckpointShownBeforeItsRecordsConvictsThoseThatFollow) {
  StartMirror(Origin());
  AwaitMirror(Size());
  StopMirror();
  KeepOldCopy();
  AddOrganization("v-true");
  const std::string first_face = Checkpoint("first-face");
  PutOldCopyBack();
  AddOrganization("v-false");
  Liar two_faced(path("county"), Origin());
  two_faced.change_ledger = [&](v1::GetLedgerResponse* response) { response->set_checkpoint(first_face); };
  StartMirror(two_faced.address);
  const log::EvidenceFile file = AwaitAlarm();
  const auto shown = log::CheckContradiction(file, {LogKey()});
  ASSERT_TRUE(shown.ok()) << shown.status();
  EXPECT_EQ(shown->kind, log::EvidenceKind::kTwoRoots);
}

TEST_F(MirrorAttack, ALedgerThatForgotRecordsIsComplainedOf) {
  KeepOldCopy();
  StartMirror(Origin());
  AddOrganization("v-lost");
  AwaitMirror(Size());
  PutOldCopyBack();
  const log::EvidenceFile file = AwaitAlarm();
  EXPECT_EQ(file.kind, log::EvidenceKind::kComplaint);
  EXPECT_THAT(ReadAll(path("evidence/ALARM")), HasSubstr("ORIGIN_WENT_BACK"));
}

// The ledger grows while its answer is under way: that is no going back.
TEST_F(MirrorAttack, AnAnswerThatTheMirrorOvertookAccusesNobody) {
  constexpr std::chrono::seconds kLimit(60);
  Liar slow(path("county"), Origin());
  std::atomic<bool> is_armed = false;
  std::promise<void> held;
  std::promise<void> released;
  std::promise<void> asked_again;
  std::atomic<int> answers = 0;
  slow.hold_ledger = [&] {
    if (!is_armed) return;
    const int answer = ++answers;
    if (answer == 1) {
      held.set_value();
      released.get_future().wait_for(kLimit);
    } else if (answer == 2) {
      asked_again.set_value();
    }
  };
  StartMirror(slow.address);
  AwaitMirror(Size());
  is_armed = true;
  ASSERT_EQ(held.get_future().wait_for(kLimit), std::future_status::ready) << MirrorLog();
  AddOrganization("v-meanwhile");
  AwaitMirror(Size());
  released.set_value();
  // It compares again, as it would not if it were alarmed.
  EXPECT_EQ(asked_again.get_future().wait_for(kLimit), std::future_status::ready) << MirrorLog();
  EXPECT_FALSE(std::filesystem::exists(path("evidence/ALARM"))) << MirrorLog();
  StopMirror();
}

// An answer that does not come keeps nobody from stopping.
class SilentLedger : public MirrorAttack {
 protected:
  static constexpr std::chrono::seconds kLimit{60};

  // Of an answer: it does not go on before `released_`.
  void Hold() {
    if (++held_calls_ == 1) held_.set_value();
    release_.wait_for(kLimit / 2);
  }
  void ExpectStopsAtOnce() {
    EXPECT_EQ(held_.get_future().wait_for(kLimit), std::future_status::ready) << MirrorLog();
    const auto begun = std::chrono::steady_clock::now();
    StopMirror();
    EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(10));
    released_.set_value();
  }

  std::promise<void> held_;
  std::promise<void> released_;
  const std::shared_future<void> release_ = released_.get_future().share();
  std::atomic<int> held_calls_ = 0;
};

TEST_F(SilentLedger, LetsTheMirrorStopThatIsMadeFromIt) {
  Liar silent(path("county"), Origin());
  silent.change_records = [&](v1::WatchRecordsResponse*) { Hold(); };
  mirror_ = Begin(silent.address);
  ExpectStopsAtOnce();
  EXPECT_FALSE(std::filesystem::exists(path("mirror")));
}

TEST_F(SilentLedger, LetsTheMirrorStopThatAsksIt) {
  Liar silent(path("county"), Origin());
  silent.hold_ledger = [&] { Hold(); };
  StartMirror(silent.address);
  ExpectStopsAtOnce();
}

// The same of two programs of one client, which share what they have seen.
TEST_F(MirrorAttack, AnAnswerThatAnotherProgramOvertookAccusesNobody) {
  constexpr std::chrono::seconds kLimit(60);
  Liar slow(path("county"), Origin());
  std::atomic<int> answers = 0;
  std::promise<void> held;
  std::promise<void> released;
  slow.hold_ledger = [&] {
    if (++answers > 1) return;
    held.set_value();
    released.get_future().wait_for(kLimit);
  };
  Process asking({test_support::BinDir() + "/fundledger", "--config", path("county/client.toml").string(),
                  "--server", slow.address, "finance", "funds"},
                 {"LC_ALL=C.UTF-8", "PATH=/usr/bin:/bin"}, path("asking.out"), path("asking.err"));
  ASSERT_EQ(held.get_future().wait_for(kLimit), std::future_status::ready);
  AddOrganization("v-meanwhile");
  released.set_value();
  const Finished finished = asking.Wait();
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_GT(answers, 1) << "it asks again";
}

TEST_F(MirrorAttack, ARecordChangedOnTheWayIsNotKeptAndComplainedOf) {
  Liar liar(path("county"), Origin());
  const uint64_t honest = Size();
  uint64_t sent = 0;
  liar.change_records = [&](v1::WatchRecordsResponse* message) {
    for (std::string& record : *message->mutable_records()) {
      if (sent++ == honest) record[record.size() / 2] ^= 1;
    }
  };
  StartMirror(liar.address);
  AwaitMirror(honest);
  sent = honest;
  AddOrganization("v-1");
  const log::EvidenceFile file = AwaitAlarm();
  EXPECT_EQ(file.kind, log::EvidenceKind::kComplaint);
  EXPECT_EQ(MirrorSize(), honest);
  // Over a restart too, until a person takes the alarm away.
  StopMirror();
  StartMirror(Origin());
  EXPECT_THAT(StateOfMirror(), HasSubstr("MIRROR_ALARMED"));
  EXPECT_EQ(MirrorSize(), honest);
  StopMirror();
  std::filesystem::remove(path("evidence/ALARM"));
  StartMirror(Origin());
  AwaitMirror(Size());
}

TEST_F(MirrorAttack, AFigureThatTheRecordsDoNotGiveIsFound) {
  Liar liar(path("county"), Origin());
  liar.change_statement = [](v1::GetStatementResponse* response) {
    response->mutable_total()->set_paid_fen(response->total().paid_fen() + 1);
  };
  StartMirror(liar.address);
  (void)AwaitAlarm();
  EXPECT_THAT(ReadAll(path("evidence/ALARM")), HasSubstr("FIGURE_DIFFERS"));
  EXPECT_THAT(ReadAll(path("evidence/ALARM")), HasSubstr("paid_fen: stated 1, the records give 0"));
  EXPECT_THAT(StateOfMirror(), HasSubstr("mirror_alarm"));
}

// A page holds a hundred funds. What stands behind it is compared too.
TEST_F(MirrorAttack, AFigureBehindTheFirstPageIsFound) {
  Good({"import", "--as", "admin-1",
        Csv("categories.csv", "kind,reference,id,name\nregister_category,C-1,integrated-funds,统筹\n")});
  std::string rows = "kind,reference,id,name,document_number,fiscal_year,source_tier,nature,categories\n";
  for (int i = 0; i < 101; ++i) {
    const std::string id = "f-" + std::to_string(100 + i);
    rows += "register_fund,F-" + id + "," + id + ",资金,文号,2020,central,fiscal,integrated-funds\n";
  }
  Good({"import", "--as", "clerk-1", Csv("funds.csv", rows)});
  Good({"finance", "approve", "--as", "reviewer-1", "--all", "--yes"});
  Liar liar(path("county"), Origin());
  liar.change_funds = [](v1::ListFundsResponse* response) {
    for (v1::FundState& fund : *response->mutable_funds()) {
      if (fund.fund().id() == "f-200") fund.mutable_amounts()->set_paid_fen(1);
    }
  };
  StartMirror(liar.address);
  (void)AwaitAlarm();
  EXPECT_THAT(ReadAll(path("evidence/ALARM")), HasSubstr("FIGURE_DIFFERS"));
  EXPECT_THAT(ReadAll(path("evidence/ALARM")), HasSubstr("paid_fen: stated 1, the records give 0"));
}

// A witness that was slow, or a second one: its word of a checkpoint comes after somebody's of the next.
TEST_F(MirrorAttack, WhatIsSaidLaterOfASmallerCheckpointIsFetchedToo) {
  const uint64_t smaller = Size();
  const std::string line = "— witness.example/w " + Base64Encode(std::string(76, 'w')) + "\n";
  const std::string smaller_note = Checkpoint("smaller") + line;
  AddOrganization("v-1");
  const std::string larger_note = Checkpoint("larger") + line;
  Liar late(path("county"), Origin());
  std::atomic<int> rounds = 0;
  late.change_checkpoints = [&](const v1::ListCheckpointsRequest& request,
                                v1::ListCheckpointsResponse* response) {
    response->Clear();
    // After the larger one was fetched and kept.
    const bool has_come = ++rounds > 1;
    if (has_come && request.size_min() <= smaller) response->add_checkpoints()->set_checkpoint(smaller_note);
    response->add_checkpoints()->set_checkpoint(larger_note);
  };
  StartMirror(late.address);
  AwaitMirror(Size());
  Liar mirror(path("county"), Mirror());
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (true) {
    v1::ListCheckpointsRequest request;
    v1::ListCheckpointsResponse kept;
    ASSERT_TRUE(mirror.ListCheckpoints(nullptr, &request, &kept).ok());
    if (kept.checkpoints_size() == 2) {
      EXPECT_EQ(kept.checkpoints(0).checkpoint(), smaller_note);
      EXPECT_EQ(kept.checkpoints(1).checkpoint(), larger_note);
      break;
    }
    ASSERT_LT(std::chrono::steady_clock::now(), until) << MirrorLog();
  }
}

// The operator signs the figure that it shows: with the records under the checkpoint, that convicts.
TEST_F(MirrorAttack, AFigureThatWasSignedWrongConvictsByItsKind) {
  Liar liar(path("county"), Origin());
  const auto key = crypto::SignerFromPem(ReadAll(path("county/log.key")));
  ASSERT_TRUE(key.ok()) << key.status();
  liar.change_statement = [&key](v1::GetStatementResponse* response) {
    response->mutable_total()->set_paid_fen(response->total().paid_fen() + 1);
    const auto opened = crypto::OpenEnvelope(response->basis().signed_answer());
    v1::Answer answer;
    v1::GetStatementResponse stated;
    // Where none was asked for there is none to sign.
    if (!opened.ok() || !answer.ParseFromString(opened->payload) ||
        !stated.ParseFromString(answer.response())) {
      return;
    }
    stated.mutable_total()->set_paid_fen(response->total().paid_fen());
    answer.set_response(stated.SerializeAsString());
    response->mutable_basis()->set_signed_answer(
        *crypto::SealEnvelope(crypto::kAnswerType, answer.SerializeAsString(), {key->get()}));
  };
  StartMirror(liar.address);
  const log::EvidenceFile file = AwaitAlarm();
  EXPECT_EQ(file.kind, log::EvidenceKind::kWrongFigure);
  EXPECT_THAT(ReadAll(path("evidence/ALARM")), HasSubstr("FIGURE_DIFFERS"));
  // Anybody checks it, by the public key alone.
  WriteAll(path("wrong.txt"), *log::FormatEvidence(file));
  const Finished checked = Run({"evidence", "check", path("wrong.txt").string(), "--verifier-key",
                                Configured("verifier_key"), "--json"});
  EXPECT_EQ(checked.exit_code, 0) << checked.out << checked.err;
  const auto json = nlohmann::json::parse(checked.out, nullptr, false);
  ASSERT_TRUE(json.is_array()) << checked.out;
  EXPECT_EQ(json[0]["kind"], "wrong-figure");
  EXPECT_EQ(json[0]["convicts"], true);
  EXPECT_THAT(json[0]["differences"].dump(), HasSubstr("total.paid_fen: stated 1, the records give 0"));
}

}  // namespace
}  // namespace fundledger::mirror_testing
