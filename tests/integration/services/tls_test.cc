// TLS files: what is refused before listening, and what changes while the server runs.
#include "services/process/tls.h"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "ledger/base/clock.h"
#include "ledger/base/status.h"
#include "services/rpc/tls_credentials.h"
#include "tests/integration/services/certificates.h"
#include "tests/integration/services/services_testing.h"

#include "absl/strings/str_cat.h"

namespace fundledger::services_testing {
namespace {

class TlsTest : public ::testing::Test {
 protected:
  std::string Path(const std::string& name) const { return tls_.Path(name); }
  process::TlsFiles Files() const { return {Path("server.pem"), Path("server.key"), Path("ca.pem")}; }
  static std::string Refusal(const process::TlsFiles& files) {
    return ReasonOf(process::ReadTlsFiles(files).status());
  }
  // Puts the certificate and key of `name` where the server's are.
  void Replace(const std::string& name) const {
    for (const char* kind : {".pem", ".key"}) {
      std::filesystem::copy_file(Path(name + kind), Path(std::string("server") + kind),
                                 std::filesystem::copy_options::overwrite_existing);
    }
  }
  // Whether a client that shows `name` and trusts `authority` is answered.
  static bool IsAnswered(const Ledgerd& ledgerd, std::shared_ptr<grpc::ChannelCredentials> credentials) {
    grpc::ClientContext context;
    v1::GetLedgerResponse response;
    return v1::LedgerService::NewStub(ledgerd.Dial(std::move(credentials)))
        ->GetLedger(&context, {}, &response)
        .ok();
  }

  const Certificates tls_;
};

TEST_F(TlsTest, TakesAPairThatMatches) {
  const auto material = process::ReadTlsFiles(Files());
  ASSERT_TRUE(material.ok()) << material.status();
  const int64_t in_two_days_s = SystemClockMicros() / 1'000'000 + 2 * 86'400;
  EXPECT_NEAR(static_cast<double>(material->certificate_ends_s), static_cast<double>(in_two_days_s), 3600);
  EXPECT_NEAR(static_cast<double>(material->client_ca_ends_s), static_cast<double>(in_two_days_s), 3600);
}

TEST_F(TlsTest, KnowsTheFirstOfSeveralEnds) {
  tls_.Make("soon", "DNS:x", "ca", "1");
  std::ofstream(Path("both.pem")) << tls_.Read("ca.pem") << tls_.Read("soon.pem");
  process::TlsFiles files = Files();
  files.client_ca = Path("both.pem");
  const auto material = process::ReadTlsFiles(files);
  ASSERT_TRUE(material.ok()) << material.status();
  EXPECT_LT(material->client_ca_ends_s, material->certificate_ends_s - 3600);
}

TEST_F(TlsTest, RefusesAKeyOfAnotherCertificate) {
  tls_.MakeServer("other");
  process::TlsFiles files = Files();
  files.key = Path("other.key");
  const auto material = process::ReadTlsFiles(files);
  EXPECT_EQ(ReasonOf(material.status()), "TLS_KEY_MISMATCH");
  EXPECT_NE(material.status().message().find("other.key"), absl::string_view::npos);
}

TEST_F(TlsTest, RefusesACertificateThatHasExpired) {
  tls_.Make("old", "IP:127.0.0.1", "ca", "-1");
  EXPECT_EQ(Refusal({Path("old.pem"), Path("old.key"), Path("ca.pem")}), "TLS_CERTIFICATE_NOT_VALID_NOW");
  EXPECT_EQ(Refusal({Path("server.pem"), Path("server.key"), Path("old.pem")}),
            "TLS_CERTIFICATE_NOT_VALID_NOW");
}

TEST_F(TlsTest, RefusesACertificateThatNoServerCanUse) {
  OpenSsl(absl::StrCat("req -x509 -newkey rsa:1024 -nodes -days 2 -subj /CN=weak -keyout ", Path("weak.key"),
                       " -out ", Path("weak.pem")));
  EXPECT_EQ(Refusal({Path("weak.pem"), Path("weak.key"), Path("ca.pem")}), "TLS_CERTIFICATE_UNUSABLE");
}

TEST_F(TlsTest, RefusesFilesThatAreMissingOrNoPem) {
  std::ofstream(Path("text")) << "hello\n";
  std::ofstream(Path("empty"));
  std::ofstream(Path("broken.pem")) << tls_.Read("server.pem") << "-----BEGIN CERTIFICATE-----\nAAAA\n";
  ASSERT_EQ(::chmod(Path("text").c_str(), 0600), 0);
  const std::string ca = Path("ca.pem");
  EXPECT_EQ(Refusal({Path("none"), Path("server.key"), ca}), "TLS_FILE_UNREADABLE");
  EXPECT_EQ(Refusal({Path("empty"), Path("server.key"), ca}), "TLS_FILE_UNREADABLE");
  EXPECT_EQ(Refusal({Path(""), Path("server.key"), ca}), "TLS_FILE_UNREADABLE");
  EXPECT_EQ(Refusal({Path("server.pem"), Path("none"), ca}), "TLS_FILE_UNREADABLE");
  EXPECT_EQ(Refusal({Path("server.pem"), Path("server.key"), ""}), "TLS_FILE_UNREADABLE");
  EXPECT_EQ(Refusal({Path("text"), Path("server.key"), ca}), "TLS_CERTIFICATE_MALFORMED");
  EXPECT_EQ(Refusal({Path("broken.pem"), Path("server.key"), ca}), "TLS_CERTIFICATE_MALFORMED");
  EXPECT_EQ(Refusal({Path("server.pem"), Path("text"), ca}), "TLS_KEY_MALFORMED");
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
  EXPECT_EQ(Refusal({Path("server.pem"), Path("locked.key"), Path("ca.pem")}), "TLS_KEY_MALFORMED");
}

TEST_F(TlsTest, ServesARenewedCertificateWithoutARestart) {
  tls_.MakeOfficer("admin-city");
  const Ledgerd ledgerd([this](server::Config* config) { tls_.Configure(config); });
  const auto old = ledgerd.Dial(tls_.Show("admin-city"));
  ASSERT_TRUE(IsAnswered(ledgerd, tls_.Show("admin-city")));
  v1::GetLedgerResponse response;
  grpc::ClientContext before;
  ASSERT_TRUE(v1::LedgerService::NewStub(old)->GetLedger(&before, {}, &response).ok());

  tls_.MakeAuthority("next");
  tls_.MakeServer("renewed", "next");
  Replace("renewed");
  ledgerd.server->Reload();
  EXPECT_FALSE(IsAnswered(ledgerd, tls_.Show("admin-city", "ca")));
  EXPECT_TRUE(IsAnswered(ledgerd, tls_.Show("admin-city", "next")));
  // A connection that is open keeps what it began with.
  grpc::ClientContext after;
  EXPECT_TRUE(v1::LedgerService::NewStub(old)->GetLedger(&after, {}, &response).ok());
}

TEST_F(TlsTest, TakesAnotherClientAuthorityWithoutARestart) {
  tls_.MakeOfficer("admin-city");
  std::filesystem::copy_file(Path("ca.pem"), Path("clients.pem"));
  const Ledgerd ledgerd([this](server::Config* config) { tls_.Configure(config, "clients"); });
  tls_.MakeAuthority("next");
  tls_.MakeOfficer("admin-inspection", "next");
  ASSERT_TRUE(IsAnswered(ledgerd, tls_.Show("admin-city")));
  ASSERT_FALSE(IsAnswered(ledgerd, tls_.Show("admin-inspection")));
  std::filesystem::copy_file(Path("next.pem"), Path("clients.pem"),
                             std::filesystem::copy_options::overwrite_existing);
  ledgerd.server->Reload();
  EXPECT_FALSE(IsAnswered(ledgerd, tls_.Show("admin-city")));
  EXPECT_TRUE(IsAnswered(ledgerd, tls_.Show("admin-inspection")));
}

// A certificate is in place before its key is: what is halfway is not taken.
TEST_F(TlsTest, KeepsTheOldPairUntilTheNewOneIsWhole) {
  const auto credentials = rpc::TlsCredentials::Load(Files());
  ASSERT_TRUE(credentials.ok()) << credentials.status();
  EXPECT_EQ(*(*credentials)->Reload(), false);
  const std::string old = (*credentials)->material().certificate_pem;

  tls_.MakeServer("renewed");
  const auto overwrite = std::filesystem::copy_options::overwrite_existing;
  std::filesystem::copy_file(Path("renewed.pem"), Path("server.pem"), overwrite);
  EXPECT_EQ(ReasonOf((*credentials)->Reload().status()), "TLS_KEY_MISMATCH");
  EXPECT_EQ((*credentials)->material().certificate_pem, old);

  std::filesystem::copy_file(Path("renewed.key"), Path("server.key"), overwrite);
  EXPECT_EQ(*(*credentials)->Reload(), true);
  EXPECT_EQ((*credentials)->material().certificate_pem, tls_.Read("renewed.pem"));
  EXPECT_EQ(*(*credentials)->Reload(), false);

  std::filesystem::remove(Path("server.pem"));
  EXPECT_EQ(ReasonOf((*credentials)->Reload().status()), "TLS_FILE_UNREADABLE");
  EXPECT_EQ((*credentials)->material().certificate_pem, tls_.Read("renewed.pem"));
}

TEST_F(TlsTest, GoesOnWithTheOldPairWhenTheNewOneIsBad) {
  tls_.MakeOfficer("admin-city");
  const Ledgerd ledgerd([this](server::Config* config) { tls_.Configure(config); });
  tls_.MakeServer("other");
  std::filesystem::copy_file(Path("other.key"), Path("server.key"),
                             std::filesystem::copy_options::overwrite_existing);
  ledgerd.server->Reload();
  EXPECT_TRUE(IsAnswered(ledgerd, tls_.Show("admin-city")));
}

TEST_F(TlsTest, DoesNotListenInTheClearWhereOthersCanReach) {
  test_support::World world;
  auto engine = world.CreateAndOpen(Path("ledger"));
  ASSERT_TRUE(engine.ok()) << engine.status();
  server::Config config;
  config.ledger = Path("ledger");
  config.log_key = "not read here";
  config.listen = "0.0.0.0:0";
  config.insecure_loopback = true;
  EXPECT_EQ(ReasonOf(server::Server::Listen(config, nullptr, *std::move(engine)).status()),
            "INSECURE_NOT_LOOPBACK");
}

}  // namespace
}  // namespace fundledger::services_testing
