#include "services/witness/config.h"

#include <cstdlib>
#include <fstream>

#include <gmock/gmock.h>

#include "ledger/base/status.h"
#include "tests/integration/witness/witness_testing.h"

namespace fundledger::witness {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class WitnessConfigTest : public testing::Test {
 protected:
  const std::string log_key_ = TestLog().verifier_key();
  std::vector<std::string> With(const std::vector<std::string>& more) const {
    std::vector<std::string> args = {"--name", "w.example", "--key", "k", "--state", "s", "--log", log_key_};
    args.insert(args.end(), more.begin(), more.end());
    return args;
  }
  void ExpectRefused(const std::vector<std::string>& args, const std::string& reason,
                     const std::string& part) {
    const auto line = ParseCommandLine(args);
    EXPECT_EQ(ReasonOf(line.status()), reason) << line.status();
    EXPECT_THAT(std::string(line.status().message()), HasSubstr(part));
  }
  std::string File(const std::string& text) {
    const std::string path = directory_ / "witness.toml";
    std::ofstream(path) << text;
    return path;
  }
  TestDirectory directory_;
};

TEST_F(WitnessConfigTest, ReadsAFileAndFlagsWinOverIt) {
  const std::string path =
      File("name = \"w.example\"\nkey = \"witness.key\"\nstate = \"/var/state\"\nlogs = [\"" + log_key_ +
           "\"]\n[tls]\ncertificate = \"c.pem\"\nkey = \"k.pem\"\n[limits]\nconnections = 3\nrequest_seconds "
           "= 7\n[log]\nformat = "
           "\"json\"\n");
  const auto line = ParseCommandLine({"--config", path, "--connections", "4"});
  ASSERT_TRUE(line.ok()) << line.status();
  EXPECT_EQ(line->command, CommandLine::Command::kServe);
  EXPECT_EQ(line->config.name, "w.example");
  EXPECT_EQ(line->config.key, directory_ / "witness.key") << "relative to the file";
  EXPECT_EQ(line->config.state, "/var/state");
  EXPECT_THAT(line->config.logs, ElementsAre(log_key_));
  EXPECT_EQ(line->config.tls_key, directory_ / "k.pem");
  EXPECT_EQ(line->config.connections, 4);
  EXPECT_EQ(line->config.request_seconds, 7);
  EXPECT_EQ(line->config.log_format, "json");
  EXPECT_EQ(line->config.listen, "127.0.0.1:7431");
}

TEST_F(WitnessConfigTest, NamesFileLineAndKey) {
  const auto refused = [&](const std::string& text, const std::string& reason, const std::string& part) {
    ExpectRefused({"--config", File(text)}, reason, part);
  };
  refused("name = \"a\"\nnmae = \"b\"\n", "CONFIG_UNKNOWN_KEY", "witness.toml:2: nmae");
  refused("[limits]\nconnection = 3\n", "CONFIG_UNKNOWN_KEY", "limits.connection");
  refused("name = 3\n", "CONFIG_WRONG_TYPE", "witness.toml:1: name must be a text");
  refused("logs = \"x\"\n", "CONFIG_WRONG_TYPE", "list of texts");
  refused("logs = [1]\n", "CONFIG_WRONG_TYPE", "list of texts");
  refused("plain_http = \"yes\"\n", "CONFIG_WRONG_TYPE", "true or false");
  refused("[limits]\nconnections = \"3\"\n", "CONFIG_WRONG_TYPE", "a number");
  refused("name = \n", "CONFIG_MALFORMED", "witness.toml:1");
  ExpectRefused({"--config", directory_ / "nowhere"}, "CONFIG_MISSING", "nowhere");
}

TEST_F(WitnessConfigTest, ChecksWhatIsMissingAndLimits) {
  EXPECT_TRUE(ParseCommandLine(With({})).ok());
  ExpectRefused({}, "CONFIG_INCOMPLETE", "name");
  ExpectRefused({"--name", "w"}, "CONFIG_INCOMPLETE", "key");
  ExpectRefused({"--name", "w", "--key", "k"}, "CONFIG_INCOMPLETE", "state");
  ExpectRefused({"--name", "w", "--key", "k", "--state", "s"}, "CONFIG_INCOMPLETE", "logs");
  ExpectRefused({"--name", "a b"}, "CONFIG_INCOMPLETE", "white space");
  ExpectRefused(With({"--log", "nonsense"}), "VERIFIER_KEY_MALFORMED", "nonsense");
  ExpectRefused(With({"--connections", "0"}), "CONFIG_OUT_OF_RANGE", "1 to 4096");
  ExpectRefused(With({"--connections", "4097"}), "CONFIG_OUT_OF_RANGE", "1 to 4096");
  EXPECT_TRUE(ParseCommandLine(With({"--connections", "1"})).ok());
  EXPECT_TRUE(ParseCommandLine(With({"--connections", "4096"})).ok());
  ExpectRefused(With({"--key-passphrase-fd", "-2"}), "CONFIG_OUT_OF_RANGE", "key_passphrase_fd");
  ExpectRefused(With({"--log-level", "loud"}), "CONFIG_OUT_OF_RANGE", "log.level");
  ExpectRefused(With({"--log-format", "xml"}), "CONFIG_OUT_OF_RANGE", "log.format");
  ExpectRefused(With({"--tls-key", "k"}), "CONFIG_INCOMPLETE", "together");
  ExpectRefused(With({"--listen", "nowhere"}), "LISTEN_MALFORMED", "nowhere");
  ExpectRefused(With({"--nonsense"}), "COMMAND_LINE_MALFORMED", "--help");
  ExpectRefused({"init", "x"}, "COMMAND_LINE_MALFORMED", "--name");
}

TEST_F(WitnessConfigTest, IsPlainOnlyWhereItIsAskedTo) {
  ExpectRefused(With({"--listen", "0.0.0.0:7431"}), "INSECURE_NOT_LOOPBACK", "plain_http");
  EXPECT_TRUE(ParseCommandLine(With({"--listen", "0.0.0.0:7431", "--plain-http"})).ok());
  EXPECT_TRUE(
      ParseCommandLine(With({"--listen", "0.0.0.0:7431", "--tls-certificate", "c", "--tls-key", "k"})).ok());
  ExpectRefused(With({"--plain-http", "--tls-certificate", "c", "--tls-key", "k"}), "CONFIG_CONTRADICTORY",
                "choose one");
}

TEST_F(WitnessConfigTest, HelpNamesEverySetting) {
  const auto line = ParseCommandLine({"--help"});
  ASSERT_TRUE(line.ok());
  EXPECT_EQ(line->command, CommandLine::Command::kPrint);
  for (const char* flag :
       {"--config", "--name", "--key", "--state", "--listen", "--endpoints-file", "--plain-http", "--log",
        "--tls-certificate", "--connections", "init", "Exit codes"}) {
    EXPECT_THAT(line->print, HasSubstr(flag));
  }
  EXPECT_THAT(ParseCommandLine({"init", "--help"})->print, HasSubstr("--plain-key"));
}

TEST_F(WitnessConfigTest, HelpIsInTheLanguageOfWhoeverAsks) {
  ASSERT_EQ(::setenv("LC_ALL", "zh_CN.UTF-8", 1), 0);
  const std::string chinese = ParseCommandLine({"--help"})->print;
  const std::string init = ParseCommandLine({"init", "--help"})->print;
  ASSERT_EQ(::setenv("LC_ALL", "C.UTF-8", 1), 0);
  EXPECT_THAT(chinese, HasSubstr("监听地址"));
  EXPECT_THAT(chinese, HasSubstr("退出码"));
  EXPECT_THAT(init, HasSubstr("不加密密钥"));
  EXPECT_THAT(ParseCommandLine({"--help"})->print, HasSubstr("HOST:PORT to listen at"));
}

}  // namespace
}  // namespace fundledger::witness
