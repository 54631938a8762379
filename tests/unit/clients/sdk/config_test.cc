#include "clients/sdk/config.h"

#include "clients/sdk/channel.h"
#include "clients/sdk/files.h"
#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "tests/unit/clients/sdk/little_log.h"

namespace fundledger::sdk {
namespace {

class ConfigTest : public testing::Test {
 protected:
  ConfigTest() {
    good_ = "server = \"127.0.0.1:7411\"\nledger = \"" + std::string(64, 'a') + "\"\nverifier_key = \"" +
            log::VerifierKey("log.example", KeyOf('L')->public_key()) + "\"\nofficer = \"clerk-1\"\n";
  }
  absl::StatusOr<ClientConfig> Load(const std::string& text) {
    EXPECT_TRUE(ReplaceFile(directory_ / "client.toml", text, false).ok());
    return LoadConfig(directory_ / "client.toml");
  }
  void ExpectRefused(const std::string& text, const std::string& named) {
    const auto config = Load(text);
    ASSERT_FALSE(config.ok()) << text;
    EXPECT_EQ(ReasonOf(config.status()), "CONFIG_INVALID");
    EXPECT_NE(config.status().message().find(named), std::string::npos) << config.status();
  }
  TestDirectory directory_;
  std::string good_;
};

TEST_F(ConfigTest, ReadsASmallFile) {
  const auto config = Load(good_);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->server, "127.0.0.1:7411");
  EXPECT_EQ(config->officer, "clerk-1");
  EXPECT_EQ(config->log.name, "log.example");
  EXPECT_EQ(config->key_path("clerk-1"), directory_ / "keys" / "clerk-1.key");
  EXPECT_EQ(config->seen_path(), directory_ / "client.seen");
  EXPECT_FALSE(config->tls.has_value());
}

TEST_F(ConfigTest, ResolvesTlsFilesBesideTheFile) {
  const auto config = Load(good_ + "[tls]\nca = \"ca.pem\"\n");
  ASSERT_TRUE(config.ok()) << config.status();
  ASSERT_TRUE(config->tls.has_value());
  EXPECT_EQ(config->tls->ca, directory_ / "ca.pem");
  EXPECT_TRUE(config->tls->certificate.empty());
}

TEST_F(ConfigTest, DemandsWitnessesOnlyWhereAPolicyNamesThem) {
  EXPECT_FALSE(Load(good_)->require_witness);
  ExpectRefused(good_ + "require_witness = true\n", "no policy");
  ExpectRefused(good_ + "require_witness = 1\n", "true or false");
  ASSERT_TRUE(ReplaceFile(directory_ / "policy", "quorum none\n", false).ok());
  ExpectRefused(good_ + "policy = \"policy\"\nrequire_witness = true\n", "no policy");
  const std::string key = log::WitnessKey("w.example", KeyOf('W')->public_key());
  const std::string policy = "witness w " + key + "\nquorum w\n";
  ASSERT_TRUE(ReplaceFile(directory_ / "policy", policy, false).ok());
  const auto config = Load(good_ + "policy = \"policy\"\nrequire_witness = true\n");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_TRUE(config->require_witness);
  EXPECT_EQ(config->policy_text, policy);
}

TEST_F(ConfigTest, ReadsThePolicyBesideTheFile) {
  ASSERT_EQ(Load(good_)->policy, nullptr);
  const std::string text = good_ + "policy = \"policy\"\n";
  EXPECT_EQ(ReasonOf(Load(text).status()), "FILE_MISSING");
  ASSERT_TRUE(ReplaceFile(directory_ / "policy", "quorum none\n", false).ok());
  const auto config = Load(text);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_FALSE(config->policy->AsksWitnesses());
  ASSERT_TRUE(ReplaceFile(directory_ / "policy", "quorum nobody\n", false).ok());
  EXPECT_EQ(ReasonOf(Load(text).status()), "POLICY_MALFORMED");
}

TEST_F(ConfigTest, NamesWhatIsWrong) {
  ExpectRefused("server = ", "line 1");
  ExpectRefused(good_ + "oficer = \"x\"\n", "oficer");
  ExpectRefused(good_ + "[tls]\nca = \"ca.pem\"\ncertificate = \"c.pem\"\n", "tls.key");
  ExpectRefused(good_ + "[tls]\ncert = \"ca.pem\"\n", "tls.cert");
  ExpectRefused("server = 1\n", "server");
  ExpectRefused("server = \"a\"\n", "ledger is missing");
  ExpectRefused("server = \"a\"\nledger = \"12\"\n", "64 hex digits");
  ExpectRefused("server = \"a\"\nledger = \"" + std::string(64, 'a') + "\"\nverifier_key = \"x\"\n",
                "verifier_key");
}

TEST_F(ConfigTest, FindsTheFileGiven) {
  ASSERT_TRUE(Load(good_).ok());
  EXPECT_EQ(*FindConfig((directory_ / "client.toml").string()), directory_ / "client.toml");
  EXPECT_EQ(ReasonOf(FindConfig((directory_ / "none.toml").string()).status()), "CONFIG_MISSING");
}

TEST_F(ConfigTest, NeedsTlsForOtherMachines) {
  for (const char* local : {"127.0.0.1:1", "127.9.9.9:1", "localhost:1", "[::1]:1", "unix:/run/x"}) {
    EXPECT_TRUE(IsLoopback(local)) << local;
  }
  for (const char* other :
       {"10.0.0.1:1", "[2001:db8::1]:1", "localhost.example:1", "127.0.0.1.example:1", "0.0.0.0:1"}) {
    EXPECT_FALSE(IsLoopback(other)) << other;
  }
  auto config = Load(good_);
  ASSERT_TRUE(config.ok());
  config->server = "10.0.0.1:7411";
  EXPECT_EQ(ReasonOf(OpenChannel(*config, nullptr).status()), "TLS_NEEDED");
}

}  // namespace
}  // namespace fundledger::sdk
