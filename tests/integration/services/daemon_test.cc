// fundledgerd as a process: what it logs, where it listens, how it ends.
#include "services/server/daemon.h"

#include <cstdio>
#include <filesystem>
#include <fstream>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/ssl.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ledger/base/bytes.h"
#include "ledger/crypto/signature.h"
#include "tests/integration/services/certificates.h"
#include "tests/integration/services/services_testing.h"
#include "tests/support/paths.h"
#include "tests/support/wire.h"

#include <nlohmann/json.hpp>

extern char** environ;

namespace fundledger::services_testing {
namespace {

using ::testing::HasSubstr;

// fundledgerd with its standard error read line by line.
class Process {
 public:
  explicit Process(std::vector<std::string> args) {
    args.insert(args.begin(), test_support::BinDir() + "/fundledgerd");
    std::vector<char*> argv;
    for (std::string& arg : args) argv.push_back(arg.data());
    argv.push_back(nullptr);
    int ends[2];
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    EXPECT_EQ(::posix_spawn(&pid_, argv[0], &actions, nullptr, argv.data(), environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    ::close(ends[1]);
    output_ = ::fdopen(ends[0], "r");
  }
  ~Process() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      (void)Wait();
    }
    (void)std::fclose(output_);
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  // Reads on until a line with `part`; empty if the output ends before.
  std::string LineWith(const std::string& part) {
    char* line = nullptr;
    size_t capacity = 0;
    std::string found;
    while (found.empty() && ::getline(&line, &capacity, output_) > 0) {
      all_ += line;
      if (std::string(line).find(part) != std::string::npos) found = line;
    }
    std::free(line);
    return found;
  }
  // Everything it wrote, to the end.
  const std::string& All() {
    while (!LineWith("\n").empty()) {
    }
    return all_;
  }
  void Signal(int signal) const { ::kill(pid_, signal); }
  // Exit code; -1 if a signal ended it.
  int Wait() {
    int status = 0;
    EXPECT_EQ(::waitpid(pid_, &status, 0), pid_);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = -1;
  std::FILE* output_ = nullptr;
  std::string all_;
};

class DaemonTest : public ::testing::Test {
 protected:
  void SetUp() override {
    world_.clock.Set(SystemClockMicros());
    ASSERT_TRUE(engine::Engine::Create(world_.CreateOptionsAt(Path("ledger"))).ok());
    std::ofstream(Path("log.key")) << *crypto::SignerToPem(*world_.log_key());
    ASSERT_EQ(::chmod(Path("log.key").c_str(), 0600), 0);
    std::ofstream(Path("server.toml")) << "ledger = 'ledger'\nlog_key = 'log.key'\nlisten = '127.0.0.1:0'\n"
                                          "endpoints_file = 'endpoints.json'\ninsecure_loopback = true\n";
  }
  std::string Path(const std::string& name) const { return directory_.Sub(name); }
  std::vector<std::string> Args(std::vector<std::string> more = {}) const {
    more.insert(more.begin(), {"--config", Path("server.toml")});
    return more;
  }
  std::string Address() const {
    std::ifstream file(Path("endpoints.json"));
    return nlohmann::json::parse(file).at("grpc");
  }
  // Expects it to end at once, with an exit code and a reason in its log.
  static void ExpectEnd(const std::vector<std::string>& args, int code, const std::string& reason) {
    Process process(args);
    EXPECT_THAT(process.All(), HasSubstr(reason));
    EXPECT_EQ(process.Wait(), code) << reason;
  }

  test_support::TemporaryDirectory directory_;
  test_support::World world_;
};

TEST_F(DaemonTest, ServesUntilItIsToldToStop) {
  Process process(Args());
  const std::string line = process.LineWith("event=serving");
  EXPECT_THAT(line, HasSubstr("pid=" + std::to_string(process.pid())));
  EXPECT_THAT(line, HasSubstr("address=" + Address()));
  EXPECT_THAT(line, HasSubstr("origin=" + std::string(test_support::World::kOrigin)));
  EXPECT_THAT(line, HasSubstr("size=1"));

  const auto stub =
      v1::LedgerService::NewStub(grpc::CreateChannel(Address(), grpc::InsecureChannelCredentials()));
  v1::GetLedgerResponse facts;
  grpc::ClientContext context;
  ASSERT_TRUE(stub->GetLedger(&context, {}, &facts).ok());
  EXPECT_THAT(line, HasSubstr("ledger=" + HexEncode(facts.ledger())));
  EXPECT_THAT(line, HasSubstr(facts.verifier_key()));

  process.Signal(SIGTERM);
  EXPECT_THAT(process.LineWith("event=stopping"), HasSubstr("signal=SIGTERM"));
  EXPECT_NE(process.LineWith("event=stopped"), "");
  EXPECT_EQ(process.Wait(), server::kExitClean);
  EXPECT_FALSE(std::filesystem::exists(Path("endpoints.json")));
}

// Anybody who connects can send it; the log is not theirs to fill.
TEST_F(DaemonTest, SaysNothingOfTextThatIsNotUtf8) {
  Process process(Args());
  ASSERT_NE(process.LineWith("event=serving"), "");
  const auto channel = grpc::CreateChannel(Address(), grpc::InsecureChannelCredentials());
  std::string response;
  // GetPaymentRequest{organization = 2}.
  EXPECT_FALSE(
      CallRaw(channel, "/fundledger.v1.FundService/GetPayment", std::string("\x12\x01\xff", 3), &response)
          .ok());
  process.Signal(SIGTERM);
  EXPECT_THAT(process.All(), ::testing::Not(HasSubstr("UTF-8")));
  EXPECT_EQ(process.Wait(), server::kExitClean);
}

TEST_F(DaemonTest, IgnoresASecondSignal) {
  Process process(Args());
  ASSERT_NE(process.LineWith("event=serving"), "");
  for (const int signal : {SIGINT, SIGTERM, SIGINT, SIGTERM}) process.Signal(signal);
  EXPECT_NE(process.LineWith("event=stopped"), "");
  EXPECT_EQ(process.Wait(), server::kExitClean);
}

TEST_F(DaemonTest, SaysLoudlyThatItIsInsecure) {
  Process process(Args());
  EXPECT_THAT(process.LineWith("event=insecure"), HasSubstr("level=warning"));
  process.Signal(SIGTERM);
  EXPECT_EQ(process.Wait(), server::kExitClean);
}

// Who moves the file away, as logrotate does, says so with SIGHUP.
TEST_F(DaemonTest, OpensItsAuditFileAnewAtSighup) {
  Process process(Args({"--audit-file", Path("audit.jsonl")}));
  ASSERT_NE(process.LineWith("event=insecure"), "");
  std::filesystem::rename(Path("audit.jsonl"), Path("audit.jsonl.1"));
  process.Signal(SIGHUP);
  EXPECT_THAT(process.LineWith("event=audit_file_opened"), HasSubstr("audit.jsonl"));
  EXPECT_TRUE(std::filesystem::exists(Path("audit.jsonl")));
  process.Signal(SIGTERM);
  EXPECT_EQ(process.Wait(), server::kExitClean);
}

// TLS tells nobody who it was; that it happened is told.
TEST_F(DaemonTest, WritesHandshakesThatFailedToTheAuditFile) {
  const Certificates tls;
  const std::vector<std::string> args = {
      "--ledger",     Path("ledger"),         "--log-key",         Path("log.key"),
      "--listen",     "127.0.0.1:0",          "--endpoints-file",  Path("endpoints.json"),
      "--audit-file", Path("audit.jsonl"),    "--tls-certificate", tls.Path("server.pem"),
      "--tls-key",    tls.Path("server.key"), "--tls-client-ca",   tls.Path("ca.pem")};
  Process process(args);
  ASSERT_NE(process.LineWith("event=serving"), "");
  grpc::ClientContext context;
  v1::GetLedgerResponse facts;
  const auto channel = grpc::CreateChannel(Address(), tls.Show(""));
  EXPECT_FALSE(v1::LedgerService::NewStub(channel)->GetLedger(&context, {}, &facts).ok());
  process.Signal(SIGTERM);
  EXPECT_EQ(process.Wait(), server::kExitClean);
  std::ifstream file(Path("audit.jsonl"));
  const std::string lines((std::istreambuf_iterator<char>(file)), {});
  EXPECT_THAT(lines, HasSubstr("TLS_HANDSHAKE_FAILED"));
}

// What a client of TLS says first.
std::string ClientHello() {
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_client_method()),
                                                                  SSL_CTX_free);
  const std::unique_ptr<SSL, decltype(&SSL_free)> tls(SSL_new(context.get()), SSL_free);
  BIO* const said = BIO_new(BIO_s_mem());
  SSL_set_bio(tls.get(), BIO_new(BIO_s_mem()), said);
  EXPECT_LT(SSL_connect(tls.get()), 0);
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(said, &bytes);
  return {bytes, static_cast<size_t>(size)};
}

// Its first connections over HTTPS are cut off in the handshake: what it answers, it writes to nobody.
TEST_F(DaemonTest, OutlivesHandshakesThatAreCutOff) {
  const Certificates tls;
  Process process({"--ledger", Path("ledger"), "--log-key", Path("log.key"), "--listen", "127.0.0.1:0",
                   "--endpoints-file", Path("endpoints.json"), "--tls-certificate", tls.Path("server.pem"),
                   "--tls-key", tls.Path("server.key"), "--tls-client-ca", tls.Path("ca.pem"),
                   "--http-listen", "127.0.0.1:0"});
  ASSERT_NE(process.LineWith("event=serving"), "");
  std::ifstream file(Path("endpoints.json"));
  const std::string address = nlohmann::json::parse(file).at("http");
  const std::string no_record = "\x16\x03\x03" + std::string(1, '\0') + "\x10" + std::string(16, '\xff');
  for (int i = 0; i < 20; ++i) {
    const test_support::Wire wire(address);
    wire.TrySend(ClientHello() + no_record);
  }
  grpc::ClientContext context;
  v1::GetLedgerResponse facts;
  tls.MakeOfficer(std::string(test_support::World::kAdmin));
  const auto channel = grpc::CreateChannel(Address(), tls.Show(std::string(test_support::World::kAdmin)));
  const grpc::Status status = v1::LedgerService::NewStub(channel)->GetLedger(&context, {}, &facts);
  EXPECT_TRUE(status.ok()) << status.error_message();
  process.Signal(SIGTERM);
  EXPECT_NE(process.LineWith("event=stopped"), "");
  EXPECT_EQ(process.Wait(), server::kExitClean);
}

TEST_F(DaemonTest, LogsJsonLinesWhenAskedTo) {
  Process process(Args({"--log-format", "json"}));
  const std::string line = process.LineWith("serving");
  const auto json = nlohmann::json::parse(line, nullptr, false);
  ASSERT_FALSE(json.is_discarded()) << line;
  EXPECT_EQ(json.at("event"), "serving");
  EXPECT_EQ(json.at("level"), "info");
  EXPECT_EQ(json.at("address"), Address());
  process.Signal(SIGINT);
  EXPECT_EQ(process.Wait(), server::kExitClean);
}

TEST_F(DaemonTest, KeepsWhatItAnsweredForWhenItIsKilled) {
  v1::SubmitResponse response;
  std::string envelope;
  {
    Process process(Args());
    ASSERT_NE(process.LineWith("event=serving"), "");
    const auto channel = grpc::CreateChannel(Address(), grpc::InsecureChannelCredentials());
    v1::GetLedgerResponse facts;
    grpc::ClientContext facts_context;
    ASSERT_TRUE(v1::LedgerService::NewStub(channel)->GetLedger(&facts_context, {}, &facts).ok());
    const auto checkpoint = log::OpenCheckpoint(facts.checkpoint(), world_.verifier());
    ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();

    v1::Submission submission;
    submission.set_ledger(facts.ledger());
    submission.set_officer(std::string(test_support::World::kAdmin));
    submission.set_request_id(std::string(16, 'r'));
    submission.set_not_after_us(SystemClockMicros() + 3'600'000'000);
    submission.mutable_seen()->set_size(checkpoint->size);
    submission.mutable_seen()->set_root(checkpoint->root.str());
    auto& organization = *submission.add_actions()->mutable_register_organization();
    organization.set_id("v-1");
    organization.set_name("村");
    organization.set_parent("city");
    organization.set_tier(v1::TIER_VILLAGE);
    v1::SubmitRequest request;
    envelope = world_.Seal(submission);
    request.set_envelope(envelope);
    grpc::ClientContext context;
    const grpc::Status status = v1::LedgerService::NewStub(channel)->Submit(&context, request, &response);
    ASSERT_TRUE(status.ok()) << status.error_message();
    process.Signal(SIGKILL);
    EXPECT_EQ(process.Wait(), -1);
  }
  EXPECT_TRUE(test_support::VerifyReceipt(response.receipt(), envelope, world_.verifier()).ok());
  Process again(Args());
  EXPECT_THAT(again.LineWith("event=serving"), HasSubstr("size=2"));
  again.Signal(SIGTERM);
  EXPECT_EQ(again.Wait(), server::kExitClean);
}

TEST_F(DaemonTest, EndsWith2WhenToldSomethingWrong) {
  ExpectEnd(Args({"--listen", "0.0.0.0:0"}), server::kExitBadConfiguration, "INSECURE_NOT_LOOPBACK");
  ExpectEnd({"--ledger", Path("ledger"), "--log-key", Path("log.key"), "--listen", "127.0.0.1:0"},
            server::kExitBadConfiguration, "TLS_REQUIRED");
  ExpectEnd(Args({"--no-such-flag"}), server::kExitBadConfiguration, "COMMAND_LINE_MALFORMED");
  ExpectEnd({"--config", Path("none.toml")}, server::kExitBadConfiguration, "CONFIG_MISSING");
  ExpectEnd({"--ledger", Path("ledger"), "--log-key", Path("log.key"), "--tls-certificate", "none",
             "--tls-key", "none", "--tls-client-ca", "none"},
            server::kExitBadConfiguration, "TLS_FILE_UNREADABLE");
  ExpectEnd(Args({"--log-key", Path("server.toml")}), server::kExitBadConfiguration, "KEY_FILE_EXPOSED");
  ExpectEnd(Args({"--time-stamp-authority", "tsa-1 http://127.0.0.1:1/ " + Path("server.toml")}),
            server::kExitBadConfiguration, "CERTIFICATE_MALFORMED");
  std::ofstream(Path("bad.key")) << "no key\n";
  ASSERT_EQ(::chmod(Path("bad.key").c_str(), 0600), 0);
  ExpectEnd(Args({"--log-key", Path("bad.key")}), server::kExitBadConfiguration, "KEY_MALFORMED");
}

TEST_F(DaemonTest, EndsWith3WhenTheLedgerDoesNotOpen) {
  ExpectEnd(Args({"--ledger", Path("none")}), server::kExitLedgerRefused, "reason=");
  EXPECT_FALSE(std::filesystem::exists(Path("none")));
  std::ofstream(Path("other.key")) << *crypto::SignerToPem(*test_support::KeyOf("other"));
  ASSERT_EQ(::chmod(Path("other.key").c_str(), 0600), 0);
  ExpectEnd(Args({"--log-key", Path("other.key")}), server::kExitLedgerRefused, "reason=");

  Process first(Args());
  ASSERT_NE(first.LineWith("event=serving"), "");
  ExpectEnd(Args({"--endpoints-file", Path("second.json")}), server::kExitLedgerRefused, "STORE_LOCKED");
  first.Signal(SIGTERM);
  EXPECT_EQ(first.Wait(), server::kExitClean);
}

TEST_F(DaemonTest, EndsWith4WhenThePortIsTaken) {
  Process first(Args());
  ASSERT_NE(first.LineWith("event=serving"), "");
  ASSERT_TRUE(engine::Engine::Create(world_.CreateOptionsAt(Path("ledger-2"))).ok());
  ExpectEnd(
      Args({"--ledger", Path("ledger-2"), "--listen", Address(), "--endpoints-file", Path("second.json")}),
      server::kExitCannotListen, "CANNOT_LISTEN");
  EXPECT_FALSE(std::filesystem::exists(Path("second.json")));
  first.Signal(SIGTERM);
  EXPECT_EQ(first.Wait(), server::kExitClean);
}

TEST_F(DaemonTest, SaysWhatItIs) {
  ExpectEnd({"--help"}, server::kExitClean, "Exit codes:");
  ExpectEnd({"--version"}, server::kExitClean, "fundledgerd ");
}

}  // namespace
}  // namespace fundledger::services_testing
