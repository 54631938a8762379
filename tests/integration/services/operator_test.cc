// What the operator is shown of calls: the audit file, metrics, and the limit of each officer.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <future>
#include <thread>

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "services/api/claims.h"
#include "services/api/rate.h"
#include "services/rpc/status.h"
#include "services/server/audit_file.h"
#include "tests/integration/services/certificates.h"
#include "tests/integration/services/services_testing.h"

#include "absl/strings/str_cat.h"
#include <nlohmann/json.hpp>

namespace fundledger::services_testing {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

std::vector<json> LinesOf(const std::string& path) {
  std::vector<json> lines;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) lines.push_back(json::parse(line));
  return lines;
}

TEST(AuditFile, AppendsALineOfJsonEach) {
  const test_support::TemporaryDirectory directory;
  const std::string path = directory.Sub("audit.jsonl");
  for (const char* reason : {"FIRST", "SECOND"}) {
    auto file = server::AuditFile::Open(path);
    ASSERT_TRUE(file.ok()) << file.status();
    (*file)->Append({{"event", "refused"}, {"reason", reason}, {"peer", "a\"b\xff\n"}});
  }
  const std::vector<json> lines = LinesOf(path);
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0].at("reason"), "FIRST");
  EXPECT_EQ(lines[1].at("reason"), "SECOND");
  EXPECT_THAT(std::string(lines[0].at("time")),
              ::testing::MatchesRegex("2[0-9-]+T[0-9:]+\\.[0-9][0-9][0-9][0-9][0-9][0-9]Z"));
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
}

TEST(AuditFile, GoesOnInANewFileAfterTheOldOneWasMoved) {
  const test_support::TemporaryDirectory directory;
  const std::string path = directory.Sub("audit.jsonl");
  {
    auto file = server::AuditFile::Open(path);
    ASSERT_TRUE(file.ok()) << file.status();
    std::filesystem::rename(path, path + ".1");
    ASSERT_TRUE((*file)->Reopen().ok());
    (*file)->Append({{"event", "later"}});
  }
  EXPECT_EQ(LinesOf(path).size(), 1u);
  EXPECT_TRUE(LinesOf(path + ".1").empty());
}

TEST(AuditFile, KeepsItsFileWhenThereIsNoOther) {
  const test_support::TemporaryDirectory directory;
  std::filesystem::create_directory(directory.Sub("d"));
  auto file = server::AuditFile::Open(directory.Sub("d/audit.jsonl"));
  ASSERT_TRUE(file.ok()) << file.status();
  std::filesystem::rename(directory.Sub("d"), directory.Sub("moved"));
  EXPECT_EQ(ReasonOf((*file)->Reopen()), "AUDIT_FILE_NOT_OPENED");
  (*file)->Append({{"event", "kept"}});
  file->reset();
  EXPECT_EQ(LinesOf(directory.Sub("moved/audit.jsonl")).size(), 1u);
}

TEST(AuditFile, DropsAndCountsWhatIsTooMuch) {
  const test_support::TemporaryDirectory directory;
  auto file = server::AuditFile::Open(directory.Sub("audit.jsonl"), {.lines_per_second = 2});
  ASSERT_TRUE(file.ok()) << file.status();
  constexpr int kLines = 1000;
  for (int i = 0; i < kLines; ++i) (*file)->Append({{"event", "refused"}});
  const uint64_t dropped = (*file)->dropped();
  file->reset();
  EXPECT_GE(dropped, 900u);  // unless the loop takes minutes
  EXPECT_EQ(LinesOf(directory.Sub("audit.jsonl")).size(), kLines - dropped);
}

TEST(AuditFile, NeitherBlocksNorFailsWhenTheDiskIsFull) {
  auto file = server::AuditFile::Open("/dev/full");
  ASSERT_TRUE(file.ok()) << file.status();
  (*file)->Append({{"event", "refused"}});
  while ((*file)->dropped() == 0) std::this_thread::yield();
  EXPECT_EQ((*file)->dropped(), 1u);
  EXPECT_EQ(ReasonOf(server::AuditFile::Open("/none/audit.jsonl").status()), "AUDIT_FILE_NOT_OPENED");
}

// A file system that is full after so many bytes of a file, for the test's own process.
class FullAfter {
 public:
  explicit FullAfter(rlim_t bytes) {
    (void)::signal(SIGXFSZ, SIG_IGN);
    EXPECT_EQ(::getrlimit(RLIMIT_FSIZE, &before_), 0);
    const rlimit limit{.rlim_cur = bytes, .rlim_max = before_.rlim_max};
    EXPECT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
  }
  ~FullAfter() { EXPECT_EQ(::setrlimit(RLIMIT_FSIZE, &before_), 0); }

 private:
  rlimit before_{};
};

// The reason of each line; empty where it is no JSON.
std::vector<std::string> ReasonsIn(const std::string& path) {
  std::vector<std::string> reasons;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    const json parsed = json::parse(line, nullptr, /*allow_exceptions=*/false);
    reasons.push_back(parsed.is_object() ? std::string(parsed.at("reason")) : "");
  }
  return reasons;
}

// What a full disk cut off takes no whole line with it: not the next, and not the first after a restart.
TEST(AuditFile, BeginsANewLineAfterHalfAOne) {
  const test_support::TemporaryDirectory directory;
  const std::string path = directory.Sub("audit.jsonl");
  const auto open_cut = [&path](const char* reason) {
    auto file = server::AuditFile::Open(path);
    EXPECT_TRUE(file.ok()) << file.status();
    std::error_code error;
    const FullAfter full(std::filesystem::file_size(path, error) + 20);
    (*file)->Append({{"reason", reason}});
    (*file)->Append({{"reason", "NOTHING_OF_IT"}});
    while ((*file)->dropped() < 2) std::this_thread::yield();
    return *std::move(file);
  };
  {
    const auto file = open_cut("CUT");
    file->Append({{"reason", "NEXT"}});
  }
  (void)open_cut("CUT_AGAIN");
  {
    auto file = server::AuditFile::Open(path);
    ASSERT_TRUE(file.ok()) << file.status();
    (*file)->Append({{"reason", "AFTER_A_RESTART"}});
    (*file)->Append({{"reason", "LAST"}});
    EXPECT_EQ((*file)->dropped(), 0u);
  }
  EXPECT_THAT(ReasonsIn(path), ::testing::ElementsAre("", "NEXT", "", "AFTER_A_RESTART", "LAST"));
}

TEST(ClaimsOf, ReadsOfficerAndRequestIdOfWhatWasNotVerified) {
  const test_support::World world;
  v1::Submission submission;
  submission.set_ledger(std::string(32, 'l'));
  submission.set_officer("admin-city");
  submission.set_request_id(std::string(16, 'r'));
  submission.add_actions()->set_note("n");
  const std::string envelope = world.Seal(submission);
  EXPECT_EQ(api::ClaimsOf(envelope).officer, "admin-city");
  EXPECT_EQ(api::ClaimsOf(envelope).request_id, std::string(16, 'r'));
  // Whatever comes, it comes to an end, and gives no more than an id's length.
  for (size_t size = 0; size < envelope.size(); ++size) (void)api::ClaimsOf(envelope.substr(0, size));
  submission.set_officer(std::string(5000, 'x'));
  EXPECT_EQ(api::ClaimsOf(submission.SerializeAsString()).officer, "");
  v1::SubmitRequest wrapped;
  wrapped.set_envelope(submission.SerializeAsString());
  EXPECT_EQ(api::ClaimsOf(wrapped.SerializeAsString()).officer.size(), 64u);
  EXPECT_EQ(api::ClaimsOf(std::string(100, '\xff')).officer, "");
}

class RateLimitTest : public ::testing::Test {
 protected:
  test_support::TestClock clock_;
  api::RateLimit rate_{10, clock_.clock()};
};

TEST_F(RateLimitTest, LetsASecondsWorthThroughAndNotOneMore) {
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(rate_.Take("clerk").ok()) << i;
  const absl::Status refused = rate_.Take("clerk");
  EXPECT_EQ(refused.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ReasonOf(refused), "OFFICER_TOO_FAST");
  EXPECT_EQ(rpc::RetryDelayMs(refused), 101);
  EXPECT_EQ(ErrorOf(rpc::ToGrpcStatus(refused)).retry_delay_ms, 101);
  // Each has a bucket of its own.
  EXPECT_TRUE(rate_.Take("reviewer").ok());
}

TEST_F(RateLimitTest, FillsAsTimePassesAndNoFurtherThanASecond) {
  for (int i = 0; i < 10; ++i) (void)rate_.Take("clerk");
  clock_.Advance(99'999);
  EXPECT_FALSE(rate_.Take("clerk").ok());
  clock_.Advance(1);
  EXPECT_TRUE(rate_.Take("clerk").ok());
  EXPECT_FALSE(rate_.Take("clerk").ok());
  clock_.Advance(3'600'000'000);
  int taken = 0;
  while (rate_.Take("clerk").ok()) ++taken;
  EXPECT_EQ(taken, 10);
}

TEST_F(RateLimitTest, LetsStreamsTakeAheadAndWait) {
  for (int i = 0; i < 10; ++i) rate_.TakeAhead("clerk");
  EXPECT_EQ(rate_.DelayUs("clerk"), 100'000);
  rate_.TakeAhead("clerk");
  EXPECT_EQ(rate_.DelayUs("clerk"), 200'000);
  clock_.Advance(200'000);
  EXPECT_EQ(rate_.DelayUs("clerk"), 0);
}

// The answer to GET /metrics at HOST:PORT.
std::string Fetch(const std::string& address) {
  const size_t colon = address.rfind(':');
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_port = htons(static_cast<uint16_t>(std::stoi(address.substr(colon + 1))));
  EXPECT_EQ(::inet_pton(AF_INET, address.substr(0, colon).c_str(), &where.sin_addr), 1);
  const int connection = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  EXPECT_EQ(::connect(connection, reinterpret_cast<const sockaddr*>(&where), sizeof(where)), 0);
  const std::string request = "GET /metrics HTTP/1.0\r\nHost: x\r\n\r\n";
  EXPECT_EQ(::write(connection, request.data(), request.size()), static_cast<ssize_t>(request.size()));
  std::string answer;
  char buffer[4096];
  for (ssize_t got = 0; (got = ::read(connection, buffer, sizeof(buffer))) > 0;)
    answer.append(buffer, static_cast<size_t>(got));
  ::close(connection);
  return answer;
}

class OperatorTest : public ::testing::Test {
 protected:
  void Start(const std::function<void(server::Config*)>& change = {}) {
    tls_.MakeOfficer("admin-city");
    ledgerd_ = std::make_unique<Ledgerd>([&](server::Config* config) {
      tls_.Configure(config);
      config->audit_file = tls_.Path("audit.jsonl");
      if (change) change(config);
    });
    channel_ = ledgerd_->Dial(tls_.Show("admin-city"));
  }
  grpc::Status Submit(const std::string& envelope) {
    v1::SubmitRequest request;
    request.set_envelope(envelope);
    v1::SubmitResponse response;
    grpc::ClientContext context;
    return v1::LedgerService::NewStub(channel_)->Submit(&context, request, &response);
  }
  void StartWithMetrics() {
    Start([this](server::Config* config) {
      config->metrics = "127.0.0.1:0";
      config->endpoints_file = tls_.Path("endpoints.json");
    });
  }
  // Everything that was written when the server is gone.
  std::vector<json> Lines() {
    ledgerd_.reset();
    return LinesOf(tls_.Path("audit.jsonl"));
  }
  std::string Metrics() {
    EXPECT_TRUE(ledgerd_->server->Tend().ok());
    return Fetch(ledgerd_->server->metrics_address());
  }

  const Certificates tls_;
  std::unique_ptr<Ledgerd> ledgerd_;
  std::shared_ptr<grpc::Channel> channel_;
};

TEST_F(OperatorTest, WritesRefusedSubmissionsWithoutAnythingAnybodyTyped) {
  Start();
  v1::Submission submission = ledgerd_->world.Register(*ledgerd_->server->engine().view(), "v-1");
  submission.set_ledger(std::string(32, 'x'));
  submission.mutable_actions(0)->set_note("Zhang San, 12 Main Street");
  ASSERT_FALSE(Submit(ledgerd_->world.Seal(submission)).ok());
  submission.set_officer("Zhang San");
  ASSERT_FALSE(Submit(submission.SerializeAsString()).ok());
  const std::vector<json> lines = Lines();
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0].at("event"), "refused");
  EXPECT_EQ(lines[0].at("method"), "LedgerService.Submit");
  EXPECT_EQ(lines[0].at("officer"), "admin-city");
  EXPECT_EQ(lines[0].at("submission_officer"), "admin-city");
  EXPECT_EQ(lines[0].at("reason"), "WRONG_LEDGER");
  EXPECT_EQ(lines[0].at("request_id"), HexEncode(submission.request_id()));
  EXPECT_THAT(std::string(lines[0].at("peer")), HasSubstr("127.0.0.1"));
  EXPECT_EQ(lines[1].at("reason"), "ENVELOPE_MALFORMED");
  for (const json& line : lines) EXPECT_THAT(line.dump(), Not(HasSubstr("Zhang")));
}

TEST_F(OperatorTest, WritesWhoWasNotLetInAndWhatWasNotAllowed) {
  StartWithMetrics();
  tls_.MakeOfficer("nobody");
  grpc::ClientContext c1;
  v1::GetLedgerResponse facts;
  const auto stranger = ledgerd_->Dial(tls_.Show("nobody"));
  ASSERT_FALSE(v1::LedgerService::NewStub(stranger)->GetLedger(&c1, {}, &facts).ok());
  grpc::ClientContext c2;
  v1::ListFundsResponse funds;
  ASSERT_FALSE(v1::FundService::NewStub(channel_)->ListFunds(&c2, {}, &funds).ok());
  // An error of the question is no attempt.
  grpc::ClientContext c3;
  v1::GetRecordRequest beyond;
  beyond.set_sequence(99);
  v1::GetRecordResponse record;
  ASSERT_FALSE(v1::AuditService::NewStub(channel_)->GetRecord(&c3, beyond, &record).ok());
  EXPECT_THAT(Metrics(), HasSubstr("fundledger_queries_refused_total{reason=\"QUERY_NOT_ALLOWED\"} 1"));
  const std::vector<json> lines = Lines();
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0].at("reason"), "CERTIFICATE_OFFICER_UNKNOWN");
  EXPECT_FALSE(lines[0].contains("officer"));
  EXPECT_EQ(lines[1].at("reason"), "QUERY_NOT_ALLOWED");
  EXPECT_EQ(lines[1].at("method"), "FundService.ListFunds");
  EXPECT_EQ(lines[1].at("officer"), "admin-city");
}

TEST_F(OperatorTest, CountsAndServesWhatPrometheusFetches) {
  StartWithMetrics();
  ASSERT_TRUE(
      Submit(ledgerd_->world.Seal(ledgerd_->world.Register(*ledgerd_->server->engine().view(), "v-1"))).ok());
  ASSERT_FALSE(Submit("no envelope").ok());
  const std::string text = Metrics();
  for (const char* line : {"fundledger_submissions_recorded_total 1",
                           "fundledger_submissions_refused_total{reason=\"ENVELOPE_MALFORMED\"} 1",
                           "fundledger_records 2", "fundledger_writable 1",
                           "fundledger_submissions_under_way 0", "fundledger_audit_lines_dropped_total 0",
                           "fundledger_certificate_end_timestamp_seconds{certificate=\"server\"}",
                           "fundledger_certificate_end_timestamp_seconds{certificate=\"client_ca\"}"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
  const json endpoints = json::parse(std::ifstream(tls_.Path("endpoints.json")));
  EXPECT_EQ(endpoints.at("metrics"), ledgerd_->server->metrics_address());
}

TEST_F(OperatorTest, CountsTlsFilesThatWereRefusedOnceAndTaken) {
  StartWithMetrics();
  tls_.MakeServer("renewed");
  const auto overwrite = std::filesystem::copy_options::overwrite_existing;
  std::filesystem::copy_file(tls_.Path("renewed.pem"), tls_.Path("server.pem"), overwrite);
  ledgerd_->server->Reload();
  ledgerd_->server->Reload();
  EXPECT_THAT(Metrics(), HasSubstr("fundledger_certificate_reloads_total{outcome=\"refused\"} 1"));
  std::filesystem::copy_file(tls_.Path("renewed.key"), tls_.Path("server.key"), overwrite);
  ledgerd_->server->Reload();
  EXPECT_THAT(Metrics(), HasSubstr("fundledger_certificate_reloads_total{outcome=\"taken\"} 1"));
}

TEST_F(OperatorTest, DoesNotServeMetricsToOtherMachines) {
  server::Config config;
  config.ledger = "l";
  config.log_key = "k";
  config.insecure_loopback = true;
  config.metrics = "0.0.0.0:0";
  EXPECT_EQ(ReasonOf(server::CheckConfig(config)), "METRICS_NOT_LOOPBACK");
}

TEST_F(OperatorTest, RefusesAnOfficerWhoSendsTooFastInCalls) {
  Start([](server::Config* config) { config->officer_per_second = 1; });
  constexpr int kCalls = 20;
  const auto stub = v1::LedgerService::NewStub(channel_);
  struct Call {
    grpc::ClientContext context;
    v1::SubmitRequest request;
    v1::SubmitResponse response;
    std::promise<grpc::Status> done;
  };
  std::vector<Call> calls(kCalls);
  for (Call& call : calls) {
    call.request.set_envelope("no envelope");
    stub->async()->Submit(&call.context, &call.request, &call.response,
                          [&call](grpc::Status status) { call.done.set_value(std::move(status)); });
  }
  int too_fast = 0;
  for (Call& call : calls) {
    const WireError error = ErrorOf(call.done.get_future().get());
    if (error.reason != "OFFICER_TOO_FAST") continue;
    ++too_fast;
    EXPECT_GT(error.retry_delay_ms, 0);
    EXPECT_LE(error.retry_delay_ms, 1001);
  }
  EXPECT_GT(too_fast, 0);
  EXPECT_LT(too_fast, kCalls);
}

// What is sent too fast is read later, not refused: every one is recorded, in order.
TEST_F(OperatorTest, LetsAStreamWaitThatSendsTooFast) {
  constexpr int kSent = 30;
  Start([](server::Config* config) { config->officer_per_second = 10; });
  grpc::ClientContext context;
  const auto stream = v1::LedgerService::NewStub(channel_)->SubmitStream(&context);
  const auto view = ledgerd_->server->engine().view();
  const auto begun = std::chrono::steady_clock::now();
  for (int i = 0; i < kSent; ++i) {
    v1::SubmitStreamRequest request;
    request.set_envelope(ledgerd_->world.Seal(ledgerd_->world.Register(*view, absl::StrCat("v-", i))));
    ASSERT_TRUE(stream->Write(request));
  }
  ASSERT_TRUE(stream->WritesDone());
  v1::SubmitStreamResponse response;
  for (int i = 0; i < kSent; ++i) {
    ASSERT_TRUE(stream->Read(&response));
    EXPECT_EQ(response.index(), static_cast<uint64_t>(i));
    EXPECT_TRUE(response.has_receipt()) << response.error().message();
  }
  EXPECT_TRUE(stream->Finish().ok());
  // A second's worth at once, the others at the rate.
  EXPECT_GE(std::chrono::steady_clock::now() - begun, std::chrono::milliseconds(1900));
}

TEST_F(OperatorTest, StopsWhileAStreamWaits) {
  Start([](server::Config* config) { config->officer_per_second = 1; });
  grpc::ClientContext context;
  const auto stream = v1::LedgerService::NewStub(channel_)->SubmitStream(&context);
  v1::SubmitStreamRequest request;
  request.set_envelope("no envelope");
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(stream->Write(request));
  v1::SubmitStreamResponse response;
  ASSERT_TRUE(stream->Read(&response));
  ledgerd_->server->Stop();
  while (stream->Read(&response)) {
  }
  EXPECT_EQ(ErrorOf(stream->Finish()).reason, "SERVER_STOPPING");
}

}  // namespace
}  // namespace fundledger::services_testing
