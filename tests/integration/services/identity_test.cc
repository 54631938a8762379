// Who is let in: certificates good and bad, and that no RPC answers without one.
#include "services/rpc/identity.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "clients/sdk/channel.h"
#include "ledger/base/status.h"
#include "services/api/access.h"
#include "tests/integration/services/certificates.h"
#include "tests/integration/services/services_testing.h"

#include "absl/strings/str_cat.h"

namespace fundledger::services_testing {
namespace {

constexpr char kOfficer[] = "urn:fundledger:officer:admin-city";

std::string RefusalOf(const std::vector<std::string_view>& uris) {
  return ReasonOf(rpc::OfficerOfUris(uris).status());
}

TEST(OfficerOfUris, TakesTheOneThatNamesAnOfficer) {
  EXPECT_EQ(*rpc::OfficerOfUris({kOfficer}), "admin-city");
  EXPECT_EQ(*rpc::OfficerOfUris({"https://example.org", kOfficer, "urn:other:officer:x"}), "admin-city");
}

TEST(OfficerOfUris, RefusesNoneSeveralAndMalformed) {
  EXPECT_EQ(RefusalOf({}), "CERTIFICATE_NAMES_NO_OFFICER");
  EXPECT_EQ(RefusalOf({"urn:fundledger:officers:admin-city", "admin-city"}), "CERTIFICATE_NAMES_NO_OFFICER");
  EXPECT_EQ(RefusalOf({kOfficer, "urn:fundledger:officer:clerk"}), "CERTIFICATE_NAMES_SEVERAL");
  EXPECT_EQ(RefusalOf({kOfficer, kOfficer}), "CERTIFICATE_NAMES_SEVERAL");
  // One written in other letters must neither count nor be overlooked.
  EXPECT_EQ(RefusalOf({kOfficer, "URN:Fundledger:Officer:clerk"}), "CERTIFICATE_NAMES_SEVERAL");
  EXPECT_EQ(RefusalOf({"URN:fundledger:officer:admin-city"}), "CERTIFICATE_OFFICER_MALFORMED");
  for (const std::string& id : {std::string(), std::string("a b"), std::string("../x"), std::string(65, 'a'),
                                std::string("admin-city\0x", 12), std::string("-x")}) {
    EXPECT_EQ(RefusalOf({absl::StrCat(ToAbsl(rpc::kOfficerUrn), id)}), "CERTIFICATE_OFFICER_MALFORMED") << id;
  }
}

class IdentityTest : public ::testing::Test {
 protected:
  // What a client with these credentials gets.
  grpc::Status Call(std::shared_ptr<grpc::ChannelCredentials> credentials) const {
    grpc::ClientContext context;
    v1::GetLedgerResponse response;
    return v1::LedgerService::NewStub(ledgerd_.Dial(std::move(credentials)))
        ->GetLedger(&context, {}, &response);
  }
  // Ends in the handshake.
  void ExpectNoConnection(const std::string& name, const std::string& authority = "ca") const {
    EXPECT_EQ(Call(tls_.Show(name, authority)).error_code(), grpc::StatusCode::UNAVAILABLE) << name;
  }
  void ExpectRefused(const std::string& names, const std::string& reason) const {
    tls_.Make("tried", names);
    const grpc::Status status = Call(tls_.Show("tried"));
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAUTHENTICATED) << status.error_message();
    EXPECT_EQ(ErrorOf(status).reason, reason) << names;
  }

  const Certificates tls_;
  const Ledgerd ledgerd_{[this](server::Config* config) { tls_.Configure(config); }};
};

TEST_F(IdentityTest, LetsARegisteredOfficerIn) {
  tls_.MakeOfficer("admin-city");
  const grpc::Status status = Call(tls_.Show("admin-city"));
  EXPECT_TRUE(status.ok()) << status.error_message();
  tls_.Make("more-names",
            "DNS:desk-7.example.org,URI:https://example.org,URI:urn:fundledger:officer:admin-city");
  EXPECT_TRUE(Call(tls_.Show("more-names")).ok());
}

TEST_F(IdentityTest, RefusesCertificatesThatNameNoRegisteredOfficer) {
  ExpectRefused("", "CERTIFICATE_NAMES_NO_OFFICER");
  // The common name says who it is for, and counts for nothing.
  ExpectRefused("DNS:admin-city", "CERTIFICATE_NAMES_NO_OFFICER");
  ExpectRefused("URI:urn:fundledger:officer:admin-city,URI:urn:fundledger:officer:admin-inspection",
                "CERTIFICATE_NAMES_SEVERAL");
  ExpectRefused("URI:urn:fundledger:officer:nobody", "CERTIFICATE_OFFICER_UNKNOWN");
  ExpectRefused("URI:urn:fundledger:officer:admin city", "CERTIFICATE_OFFICER_MALFORMED");
}

TEST_F(IdentityTest, HasNoConnectionWithoutACertificateByItsAuthority) {
  ExpectNoConnection("");
  tls_.MakeAuthority("stranger");
  tls_.MakeOfficer("admin-city", "stranger");
  ExpectNoConnection("admin-city");
  tls_.Make("expired", "URI:urn:fundledger:officer:admin-city", "ca", "-1");
  ExpectNoConnection("expired");
  // Signed by an officer's certificate, which is no authority.
  tls_.MakeOfficer("admin-city");
  tls_.Make("by-officer", "URI:urn:fundledger:officer:admin-city", "admin-city");
  std::ofstream(tls_.Path("by-officer.pem"), std::ios::app) << tls_.Read("admin-city.pem");
  ExpectNoConnection("by-officer");
  // In the clear.
  EXPECT_FALSE(Call(grpc::InsecureChannelCredentials()).ok());
}

TEST_F(IdentityTest, HasNoConnectionWithATruncatedOrAlteredCertificate) {
  tls_.MakeOfficer("admin-city");
  const std::string pem = tls_.Read("admin-city.pem");
  const std::string key = tls_.Read("admin-city.key");
  const auto expect_none = [&](const std::string& name, const std::string& altered) {
    std::ofstream(tls_.Path(name + ".pem")) << altered;
    std::ofstream(tls_.Path(name + ".key")) << key;
    EXPECT_FALSE(Call(tls_.Show(name)).ok()) << name;
  };
  expect_none("truncated", pem.substr(0, pem.size() / 2) + "\n-----END CERTIFICATE-----\n");
  // A byte of the signature, which stands at the end.
  std::string altered = pem;
  const size_t place = altered.find("\n-----END") - 6;
  altered[place] = altered[place] == 'A' ? 'B' : 'A';
  expect_none("altered", altered);
}

// The client has the ledger's authority; whoever sits between has a certificate for this address by another.
TEST_F(IdentityTest, ClientsDoNotTalkToAManInTheMiddle) {
  tls_.MakeOfficer("admin-city");
  Certificates attacker;
  const Ledgerd between([&](server::Config* config) { attacker.Configure(config); });
  sdk::ClientConfig config;
  config.server = between.server->address();
  config.tls.emplace();
  config.tls->ca = tls_.Path("ca.pem");
  config.tls->certificate = tls_.Path("admin-city.pem");
  config.tls->key = tls_.Path("admin-city.key");
  const auto identity = sdk::ReadIdentity(config, "admin-city", SystemClockMicros() / 1'000'000, nullptr);
  ASSERT_TRUE(identity.ok()) << identity.status();
  const auto channel = sdk::OpenChannel(config, identity->get());
  ASSERT_TRUE(channel.ok()) << channel.status();
  grpc::ClientContext context;
  v1::SubmitRequest request;
  request.set_envelope("secret");
  v1::SubmitResponse response;
  const grpc::Status status = v1::LedgerService::NewStub(*channel)->Submit(&context, request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE) << status.error_message();

  // The right one is spoken to.
  config.server = ledgerd_.server->address();
  grpc::ClientContext own_context;
  v1::GetLedgerResponse facts;
  EXPECT_TRUE(v1::LedgerService::NewStub(*sdk::OpenChannel(config, identity->get()))
                  ->GetLedger(&own_context, {}, &facts)
                  .ok());
}

// Whatever is added later: no RPC answers somebody who is nobody.
TEST_F(IdentityTest, NoRpcAnswersAnUnknownOfficer) {
  tls_.MakeOfficer("nobody");
  const auto channel = ledgerd_.Dial(tls_.Show("nobody"));
  for (const api::QueryRule& rule : api::QueryRules()) {
    std::string path = absl::StrCat("/fundledger.v1.", ToAbsl(rule.method));
    path[path.rfind('.')] = '/';
    std::string response;
    const grpc::Status status = CallRaw(channel, path, "", &response);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAUTHENTICATED) << path << status.error_message();
    EXPECT_EQ(ErrorOf(status).reason, "CERTIFICATE_OFFICER_UNKNOWN") << path;
  }
}

}  // namespace
}  // namespace fundledger::services_testing
