// TLS: what is refused before listening, and what a client sees after.
#include "services/rpc/tls.h"

#include <fstream>
#include <sstream>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "ledger/base/status.h"
#include "tests/integration/services/services_testing.h"

#include "absl/strings/str_cat.h"

namespace fundledger::services_testing {
namespace {

std::string Read(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

// An authority, and certificates by it, made with OpenSSL's command.
class TlsTest : public ::testing::Test {
 protected:
  static constexpr char kNewKey[] = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";

  std::string Path(const std::string& name) const { return directory_.Sub(name); }
  void MakeAuthority(const std::string& name) {
    OpenSsl(absl::StrCat("req -x509 ", kNewKey, " -days 2 -subj /CN=", name, " -keyout ", Path(name + ".key"),
                         " -out ", Path(name + ".pem")));
  }
  void MakeCertificate(const std::string& name, const std::string& authority, const std::string& days = "2") {
    std::ofstream(Path("san")) << "subjectAltName=IP:127.0.0.1,DNS:localhost\n";
    OpenSsl(absl::StrCat("req ", kNewKey, " -subj /CN=", name, " -keyout ", Path(name + ".key"), " -out ",
                         Path(name + ".csr")));
    OpenSsl(absl::StrCat("x509 -req -in ", Path(name + ".csr"), " -CA ", Path(authority + ".pem"), " -CAkey ",
                         Path(authority + ".key"), " -CAcreateserial -days ", days, " -extfile ", Path("san"),
                         " -out ", Path(name + ".pem")));
  }
  void SetUp() override {
    MakeAuthority("ca");
    MakeCertificate("server", "ca");
  }

  rpc::TlsFiles Files() const { return {Path("server.pem"), Path("server.key"), ""}; }
  static std::string Refusal(const rpc::TlsFiles& files) {
    return ReasonOf(rpc::ServerCredentialsFromFiles(files).status());
  }
  std::function<void(server::Config*)> Configure(const std::string& client_ca) const {
    return [this, client_ca](server::Config* config) {
      config->tls_certificate = Path("server.pem");
      config->tls_key = Path("server.key");
      config->tls_client_ca = client_ca.empty() ? "" : Path(client_ca);
    };
  }
  // What a client that trusts `authority` and shows the certificate `name`, if any, gets.
  grpc::Status Call(const Ledgerd& ledgerd, const std::string& authority, const std::string& name) const {
    grpc::SslCredentialsOptions options;
    options.pem_root_certs = Read(Path(authority + ".pem"));
    if (!name.empty()) {
      options.pem_cert_chain = Read(Path(name + ".pem"));
      options.pem_private_key = Read(Path(name + ".key"));
    }
    grpc::ClientContext context;
    v1::GetLedgerResponse response;
    return v1::LedgerService::NewStub(ledgerd.Dial(grpc::SslCredentials(options)))
        ->GetLedger(&context, {}, &response);
  }

  test_support::TemporaryDirectory directory_;
};

TEST_F(TlsTest, TakesAPairThatMatches) {
  EXPECT_TRUE(rpc::ServerCredentialsFromFiles(Files()).ok());
  rpc::TlsFiles files = Files();
  files.client_ca = Path("ca.pem");
  EXPECT_TRUE(rpc::ServerCredentialsFromFiles(files).ok());
}

TEST_F(TlsTest, RefusesAKeyOfAnotherCertificate) {
  MakeCertificate("other", "ca");
  rpc::TlsFiles files = Files();
  files.key = Path("other.key");
  const auto credentials = rpc::ServerCredentialsFromFiles(files);
  EXPECT_EQ(ReasonOf(credentials.status()), "TLS_KEY_MISMATCH");
  EXPECT_NE(credentials.status().message().find("other.key"), absl::string_view::npos);
}

TEST_F(TlsTest, RefusesACertificateThatHasExpired) {
  MakeCertificate("old", "ca", "-1");
  EXPECT_EQ(Refusal({Path("old.pem"), Path("old.key"), ""}), "TLS_CERTIFICATE_NOT_VALID_NOW");
  EXPECT_EQ(Refusal({Path("server.pem"), Path("server.key"), Path("old.pem")}),
            "TLS_CERTIFICATE_NOT_VALID_NOW");
}

TEST_F(TlsTest, RefusesFilesThatAreMissingOrNoPem) {
  std::ofstream(Path("text")) << "hello\n";
  std::ofstream(Path("empty"));
  std::ofstream(Path("broken.pem")) << Read(Path("server.pem")) << "-----BEGIN CERTIFICATE-----\nAAAA\n";
  ASSERT_EQ(::chmod(Path("text").c_str(), 0600), 0);
  EXPECT_EQ(Refusal({Path("none"), Path("server.key"), ""}), "TLS_FILE_UNREADABLE");
  EXPECT_EQ(Refusal({Path("empty"), Path("server.key"), ""}), "TLS_FILE_UNREADABLE");
  EXPECT_EQ(Refusal({directory_.path(), Path("server.key"), ""}), "TLS_FILE_UNREADABLE");
  EXPECT_EQ(Refusal({Path("server.pem"), Path("none"), ""}), "TLS_FILE_UNREADABLE");
  EXPECT_EQ(Refusal({Path("text"), Path("server.key"), ""}), "TLS_CERTIFICATE_MALFORMED");
  EXPECT_EQ(Refusal({Path("broken.pem"), Path("server.key"), ""}), "TLS_CERTIFICATE_MALFORMED");
  EXPECT_EQ(Refusal({Path("server.pem"), Path("text"), ""}), "TLS_KEY_MALFORMED");
  EXPECT_EQ(Refusal({Path("server.pem"), Path("server.key"), Path("text")}), "TLS_CERTIFICATE_MALFORMED");
}

TEST_F(TlsTest, RefusesAKeyThatEveryUserMayRead) {
  ASSERT_EQ(::chmod(Path("server.key").c_str(), 0644), 0);
  EXPECT_EQ(Refusal(Files()), "TLS_KEY_EXPOSED");
  ASSERT_EQ(::chmod(Path("server.key").c_str(), 0640), 0);
  EXPECT_EQ(Refusal(Files()), "");
}

TEST_F(TlsTest, RefusesAKeyWithAPassphraseInsteadOfAskingForIt) {
  OpenSsl(absl::StrCat("pkcs8 -topk8 -in ", Path("server.key"), " -passout pass:secret -out ",
                       Path("locked.key")));
  ASSERT_EQ(::chmod(Path("locked.key").c_str(), 0600), 0);
  EXPECT_EQ(Refusal({Path("server.pem"), Path("locked.key"), ""}), "TLS_KEY_MALFORMED");
}

TEST_F(TlsTest, ServesClientsThatTrustItsAuthorityAndNoOthers) {
  MakeAuthority("stranger");
  const Ledgerd ledgerd(Configure(""));
  const grpc::Status status = Call(ledgerd, "ca", "");
  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(Call(ledgerd, "stranger", "").error_code(), grpc::StatusCode::UNAVAILABLE);
  v1::GetLedgerResponse response;
  grpc::ClientContext context;
  EXPECT_FALSE(v1::LedgerService::NewStub(ledgerd.Dial())->GetLedger(&context, {}, &response).ok());
}

TEST_F(TlsTest, AsksForAClientCertificateWhereAnAuthorityForThemIsSet) {
  MakeAuthority("client-ca");
  MakeCertificate("client", "client-ca");
  MakeCertificate("stranger", "ca");
  const Ledgerd ledgerd(Configure("client-ca.pem"));
  const grpc::Status status = Call(ledgerd, "ca", "client");
  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_FALSE(Call(ledgerd, "ca", "").ok());
  EXPECT_FALSE(Call(ledgerd, "ca", "stranger").ok());
}

TEST_F(TlsTest, DoesNotListenInTheClearWhereOthersCanReach) {
  test_support::World world;
  auto engine = world.CreateAndOpen(Path("ledger"));
  ASSERT_TRUE(engine.ok()) << engine.status();
  server::Config config;
  config.ledger = Path("ledger");
  config.log_key = "not read here";
  config.listen = "0.0.0.0:0";
  const auto server = server::Server::Listen(config, *server::MakeCredentials(config), *std::move(engine));
  EXPECT_EQ(ReasonOf(server.status()), "TLS_REQUIRED");
}

}  // namespace
}  // namespace fundledger::services_testing
