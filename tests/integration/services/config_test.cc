#include "services/server/config.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ledger/base/status.h"
#include "services/server/files.h"
#include "tests/support/world.h"

#include "absl/strings/str_cat.h"

namespace fundledger::server {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ConfigTest : public ::testing::Test {
 protected:
  std::string Write(const std::string& text) {
    const std::string path = directory_.Sub("server.toml");
    std::ofstream(path) << text;
    return path;
  }
  absl::StatusOr<CommandLine> Parse(const std::string& file, std::vector<std::string> flags = {}) {
    flags.insert(flags.begin(), {"--config", Write(file)});
    return ParseCommandLine(flags);
  }
  // Reason and message of the refusal.
  void ExpectRefused(const absl::StatusOr<CommandLine>& line, const std::string& reason,
                     const std::string& part) {
    EXPECT_EQ(ReasonOf(line.status()), reason) << line.status();
    EXPECT_THAT(std::string(line.status().message()), HasSubstr(part));
  }

  test_support::TemporaryDirectory directory_;
};

constexpr char kAll[] = R"(
ledger = "data/ledger"
log_key = "/etc/log.key"
listen = "[::1]:7000"
endpoints_file = ""
audit_file = "audit.jsonl"
metrics = "127.0.0.1:9"
health = "127.0.0.1:10"
insecure_loopback = true
[tls]
certificate = ""
key = ""
client_ca = ""
reload_seconds = 17
warn_days = 18
[limits]
queue = 9
stream_window = 6
streams = 5
stream_idle_seconds = 30
group = 8
receive_bytes = 70000
send_bytes = 5000000
read_threads = 3
read_queue = 19
check_queue = 20
officer_per_second = 21
calls_per_connection = 22
connections = 24
handshake_seconds = 25
[keepalive]
connection_grace_seconds = 23
[http]
listen = "[::1]:7001"
officers_only = true
connections = 24
idle_seconds = 25
request_seconds = 26
answer_seconds = 27
requests = 28
entry_tiles = 29
[time_stamps]
authorities = ["tsa-1 https://tsa.example.cn/tsr tsa 1.pem", "tsa-2 http://127.0.0.1:8318 /etc/tsa-2.pem"]
interval_seconds = 24
timeout_seconds = 25
[log]
level = "warn"
format = "json"
)";

TEST_F(ConfigTest, ReadsEverySettingAndResolvesPathsAgainstTheFile) {
  const auto line = Parse(kAll);
  ASSERT_TRUE(line.ok()) << line.status();
  EXPECT_EQ(line->config.ledger, directory_.Sub("data/ledger"));
  EXPECT_EQ(line->config.log_key, "/etc/log.key");
  EXPECT_EQ(line->config.listen, "[::1]:7000");
  EXPECT_EQ(line->config.endpoints_file, "");
  EXPECT_EQ(line->config.queue, 9);
  EXPECT_EQ(line->config.stream_window, 6);
  EXPECT_EQ(line->config.streams, 5);
  EXPECT_EQ(line->config.stream_idle_seconds, 30);
  EXPECT_EQ(line->config.group, 8);
  EXPECT_EQ(line->config.receive_bytes, 70000);
  EXPECT_EQ(line->config.read_threads, 3);
  EXPECT_EQ(line->config.audit_file, directory_.Sub("audit.jsonl"));
  EXPECT_EQ(line->config.metrics, "127.0.0.1:9");
  EXPECT_TRUE(line->config.insecure_loopback);
  EXPECT_EQ(line->config.tls_reload_seconds, 17);
  EXPECT_EQ(line->config.tls_warn_days, 18);
  EXPECT_EQ(line->config.send_bytes, 5000000);
  EXPECT_EQ(line->config.read_queue, 19);
  EXPECT_EQ(line->config.check_queue, 20);
  EXPECT_EQ(line->config.officer_per_second, 21);
  EXPECT_EQ(line->config.calls_per_connection, 22);
  EXPECT_EQ(line->config.connections, 24);
  EXPECT_EQ(line->config.handshake_seconds, 25);
  EXPECT_EQ(line->config.connection_grace_seconds, 23);
  EXPECT_EQ(line->config.health, "127.0.0.1:10");
  EXPECT_EQ(line->config.http_listen, "[::1]:7001");
  EXPECT_TRUE(line->config.http_officers_only);
  EXPECT_EQ(line->config.http_connections, 24);
  EXPECT_EQ(line->config.http_idle_seconds, 25);
  EXPECT_EQ(line->config.http_request_seconds, 26);
  EXPECT_EQ(line->config.http_answer_seconds, 27);
  EXPECT_EQ(line->config.http_requests, 28);
  EXPECT_EQ(line->config.http_entry_tiles, 29);
  EXPECT_THAT(
      line->config.stamping_authorities,
      ElementsAre(StampingAuthority{"tsa-1", "https://tsa.example.cn/tsr", directory_.Sub("tsa 1.pem")},
                  StampingAuthority{"tsa-2", "http://127.0.0.1:8318", "/etc/tsa-2.pem"}));
  EXPECT_EQ(line->config.stamping_interval_seconds, 24);
  EXPECT_EQ(line->config.stamping_timeout_seconds, 25);
  EXPECT_EQ(line->config.log_level, "warn");
  EXPECT_EQ(line->config.log_format, "json");
}

TEST_F(ConfigTest, HasDefaultsForAllButLedgerAndKey) {
  const auto line = Parse("ledger = 'l'\nlog_key = 'k'\n", {"--insecure-loopback"});
  ASSERT_TRUE(line.ok()) << line.status();
  EXPECT_TRUE(line->config.insecure_loopback);
  EXPECT_EQ(line->config.listen, "127.0.0.1:7411");
  EXPECT_EQ(line->config.queue, 64);
  EXPECT_EQ(line->config.receive_bytes, 1 << 20);
  EXPECT_EQ(line->config.http_listen, "");
  EXPECT_EQ(line->config.health, "");
  EXPECT_EQ(line->config.http_connections, 64);
  ExpectRefused(Parse("log_key = 'k'\n"), "CONFIG_INCOMPLETE", "--ledger");
  ExpectRefused(Parse("ledger = 'l'\n"), "CONFIG_INCOMPLETE", "--log-key");
}

TEST_F(ConfigTest, FlagsWinOverTheFileAndTheirPathsAreTheCallers) {
  const auto line = Parse(kAll, {"--listen", "127.0.0.1:0", "--ledger", "here", "--queue", "77"});
  ASSERT_TRUE(line.ok()) << line.status();
  EXPECT_EQ(line->config.listen, "127.0.0.1:0");
  EXPECT_EQ(line->config.ledger, "here");
  EXPECT_EQ(line->config.queue, 77);
  EXPECT_EQ(line->config.group, 8);
}

TEST_F(ConfigTest, TakesTimeStampingAuthoritiesFromFlagsInsteadOfTheFiles) {
  const auto line = Parse(kAll, {"--time-stamp-authority", "tsa-3 http://a/ b c.pem",
                                 "--time-stamp-authority", "tsa-4 http://a/ d.pem"});
  ASSERT_TRUE(line.ok()) << line.status();
  EXPECT_THAT(line->config.stamping_authorities,
              ElementsAre(StampingAuthority{"tsa-3", "http://a/", "b c.pem"},
                          StampingAuthority{"tsa-4", "http://a/", "d.pem"}));
}

TEST_F(ConfigTest, NamesATimeStampingAuthorityThatIsNone) {
  for (const char* bad : {"", "tsa-1", "tsa-1 http://a/", "tsa-1 http://a/ ", "tsa-1 ftp://a/ f",
                          "-1 http://a/ f", "tsa-1  http://a/ f", "http://a/ f"}) {
    ExpectRefused(Parse(absl::StrCat("[time_stamps]\nauthorities = [\"", bad, "\"]\n")),
                  "TIME_STAMP_AUTHORITY_MALFORMED", "server.toml:2: time_stamps.authorities");
    ExpectRefused(Parse(kAll, {"--time-stamp-authority", bad}), "TIME_STAMP_AUTHORITY_MALFORMED",
                  "NAME URL FILE");
  }
  ExpectRefused(Parse("[time_stamps]\nauthorities = \"tsa-1 http://a/ f\"\n"), "CONFIG_WRONG_TYPE", "list");
  ExpectRefused(Parse("[time_stamps]\nauthorities = [5]\n"), "CONFIG_WRONG_TYPE", "texts");
  ExpectRefused(
      Parse(kAll, {"--time-stamp-authority", "a http://a/ f", "--time-stamp-authority", "a http://b/ f"}),
      "TIME_STAMP_AUTHORITY_REPEATED", "a twice");
  ExpectRefused(Parse("[time_stamps]\ninterval_seconds = 0\n"), "CONFIG_OUT_OF_RANGE",
                "interval_seconds is 0");
  ExpectRefused(Parse("[time_stamps]\ninterval_seconds = 604801\n"), "CONFIG_OUT_OF_RANGE", "604800");
  ExpectRefused(Parse(kAll, {"--time-stamp-timeout", "121"}), "CONFIG_OUT_OF_RANGE", "--time-stamp-timeout");
}

TEST_F(ConfigTest, NamesAnUnknownKeyAndItsLine) {
  ExpectRefused(Parse("ledger = 'l'\nlistn = 'x'\n"), "CONFIG_UNKNOWN_KEY", "server.toml:2: listn");
  ExpectRefused(Parse("[limits]\nqueue = 1\nqeue = 2\n"), "CONFIG_UNKNOWN_KEY", "server.toml:3: limits.qeue");
  ExpectRefused(Parse("[limit]\nqueue = 1\n"), "CONFIG_UNKNOWN_KEY", "server.toml:1: limit");
  ExpectRefused(Parse("queue = 1\n"), "CONFIG_UNKNOWN_KEY", "server.toml:1: queue");
}

TEST_F(ConfigTest, NamesAWrongTypeAndItsLine) {
  ExpectRefused(Parse("ledger = 5\n"), "CONFIG_WRONG_TYPE", "server.toml:1: ledger must be text");
  ExpectRefused(Parse("\n[limits]\nqueue = '5'\n"), "CONFIG_WRONG_TYPE",
                "server.toml:3: limits.queue must be");
  ExpectRefused(Parse("[limits]\nqueue = 5.5\n"), "CONFIG_WRONG_TYPE", "limits.queue");
  ExpectRefused(Parse("insecure_loopback = 1\n"), "CONFIG_WRONG_TYPE", "must be true or false");
  ExpectRefused(Parse("tls = 'x'\n"), "CONFIG_WRONG_TYPE", "server.toml:1: tls");
}

TEST_F(ConfigTest, NamesWhatIsOutOfRange) {
  ExpectRefused(Parse("[limits]\nqueue = 0\n"), "CONFIG_OUT_OF_RANGE", "limits.queue is 0");
  ExpectRefused(Parse(kAll, {"--read-threads", "1000"}), "CONFIG_OUT_OF_RANGE", "--read-threads");
  for (const char* flag : {"--http-connections", "--http-idle", "--http-request", "--http-answer",
                           "--http-requests", "--http-entry-tiles"}) {
    ExpectRefused(Parse(kAll, {flag, "0"}), "CONFIG_OUT_OF_RANGE", flag);
    EXPECT_TRUE(Parse(kAll, {flag, "1"}).ok()) << flag;
    ExpectRefused(Parse(kAll, {flag, "1000001"}), "CONFIG_OUT_OF_RANGE", flag);
  }
  EXPECT_TRUE(Parse(kAll, {"--http-connections", "1000"}).ok());
  ExpectRefused(Parse(kAll, {"--http-connections", "1001"}), "CONFIG_OUT_OF_RANGE", "1 to 1000");
  ExpectRefused(Parse(kAll, {"--log-level", "loud"}), "CONFIG_OUT_OF_RANGE", "loud");
}

TEST_F(ConfigTest, TakesEveryNumberUpToItsLimitsAndNotOneFurther) {
  int numbers = 0;
  for (const Setting& setting : Settings()) {
    if (!std::holds_alternative<int64_t Config::*>(setting.field) || setting.max == 0) continue;
    ++numbers;
    const auto with = [&](int64_t value) {
      const std::string line = std::string(setting.key) + " = " + std::to_string(value) + "\n";
      const std::string section =
          setting.section.empty() ? line : "[" + std::string(setting.section) + "]\n" + line;
      return Parse("ledger = 'l'\nlog_key = 'k'\n" + section, {"--insecure-loopback"});
    };
    for (const int64_t good : {setting.min, setting.max}) {
      const auto line = with(good);
      EXPECT_TRUE(line.ok()) << setting.key << " " << good << ": " << line.status();
    }
    for (const int64_t bad : {setting.min - 1, setting.max + 1}) {
      ExpectRefused(with(bad), "CONFIG_OUT_OF_RANGE", std::string(setting.key));
    }
    EXPECT_FALSE(setting.help.empty()) << setting.key;
  }
  EXPECT_GT(numbers, 15);
}

TEST_F(ConfigTest, RefusesFilesThatAreNotThereOrNotToml) {
  const auto missing = ParseCommandLine({"--config", directory_.Sub("none.toml")});
  EXPECT_EQ(ReasonOf(missing.status()), "CONFIG_MISSING");
  EXPECT_EQ(ReasonOf(ParseCommandLine({"--config", directory_.path()}).status()), "CONFIG_MISSING");
  ExpectRefused(Parse("ledger = 'l'\nlog_key = \n"), "CONFIG_MALFORMED", "server.toml:2");
}

TEST_F(ConfigTest, RefusesUnknownFlags) {
  EXPECT_EQ(ReasonOf(ParseCommandLine({"--lister", "x"}).status()), "COMMAND_LINE_MALFORMED");
  EXPECT_EQ(ReasonOf(ParseCommandLine({"--queue", "many"}).status()), "COMMAND_LINE_MALFORMED");
}

TEST_F(ConfigTest, PrintsHelpAndVersionWithoutAConfiguration) {
  const auto help = ParseCommandLine({"--help"});
  ASSERT_TRUE(help.ok());
  for (const char* part : {"--ledger", "--tls-client-ca", "Examples:", "Exit codes:", "4 cannot listen"}) {
    EXPECT_THAT(help->print, HasSubstr(part));
  }
  const auto version = ParseCommandLine({"--version"});
  ASSERT_TRUE(version.ok());
  EXPECT_THAT(version->print, ::testing::MatchesRegex("fundledgerd [0-9]+\\.[0-9]+\\.[0-9]+\n"));
}

constexpr char kBare[] = "ledger = 'l'\nlog_key = 'k'\n";

TEST_F(ConfigTest, AsksForTlsEverywhere) {
  const std::vector<std::string> tls = {"--tls-certificate", "c", "--tls-key", "k", "--tls-client-ca", "a"};
  for (const char* listen :
       {"0.0.0.0:7411", "[::]:7411", "192.168.1.5:7411", "example.org:0", "127.0.0.1:0"}) {
    ExpectRefused(Parse(kBare, {"--listen", listen}), "TLS_REQUIRED",
                  "tls.certificate, tls.key, tls.client_ca");
    std::vector<std::string> flags = tls;
    flags.insert(flags.end(), {"--listen", listen});
    EXPECT_TRUE(Parse(kBare, flags).ok()) << listen;
  }
  // Clients that show no certificate cannot be told apart: the authority is needed too.
  ExpectRefused(Parse(kBare, {"--tls-certificate", "c", "--tls-key", "k"}), "TLS_REQUIRED",
                "tls.client_ca is");
  ExpectRefused(Parse(kBare, {"--tls-certificate", "c"}), "TLS_REQUIRED", "tls.key");
  ExpectRefused(Parse(kBare, {"--tls-client-ca", "c"}), "TLS_REQUIRED", "tls.certificate");
}

TEST_F(ConfigTest, IsInsecureOnThisMachineOnlyAndOnlyIfTold) {
  for (const char* own : {"127.0.0.1:0", "127.8.8.8:1", "localhost:7411", "[::1]:7411"}) {
    EXPECT_TRUE(Parse(kBare, {"--insecure-loopback", "--listen", own}).ok()) << own;
  }
  // Names that only begin like this machine's own lead elsewhere.
  for (const char* open : {"0.0.0.0:7411", "[::]:7411", "192.168.1.5:7411", "example.org:0", "128.0.0.1:1",
                           "127.example.org:1"}) {
    ExpectRefused(Parse(kBare, {"--insecure-loopback", "--listen", open}), "INSECURE_NOT_LOOPBACK", open);
    ExpectRefused(Parse(kBare, {"--insecure-loopback", "--metrics", open}), "METRICS_NOT_LOOPBACK", open);
    ExpectRefused(Parse(kBare, {"--insecure-loopback", "--health", open}), "HEALTH_NOT_LOOPBACK", open);
    ExpectRefused(Parse(kBare, {"--insecure-loopback", "--http-listen", open}), "INSECURE_NOT_LOOPBACK",
                  open);
  }
  for (const char* flag : {"--tls-certificate", "--tls-key", "--tls-client-ca"})
    ExpectRefused(Parse(kBare, {"--insecure-loopback", flag, "x"}), "CONFIG_CONTRADICTORY",
                  "insecure_loopback");
}

TEST_F(ConfigTest, RefusesAddressesThatAreNone) {
  for (const char* bad : {"", "7411", ":7411", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:70000",
                          "::1:7411", "127.0.0.1:-1", "[]:1"}) {
    ExpectRefused(Parse(kAll, {"--listen", bad}), "LISTEN_MALFORMED", bad);
    if (std::string(bad).empty()) continue;  // switches these off
    ExpectRefused(Parse(kAll, {"--http-listen", bad}), "LISTEN_MALFORMED", bad);
    ExpectRefused(Parse(kAll, {"--health", bad}), "LISTEN_MALFORMED", bad);
  }
}

TEST_F(ConfigTest, TakesSecretsOnlyFromFilesThatAreTheOwnersAlone) {
  const std::string path = directory_.Sub("log.key");
  std::ofstream(path) << "secret";
  for (const mode_t mode : {0644, 0640, 0604, 0660}) {
    ASSERT_EQ(::chmod(path.c_str(), mode), 0);
    const auto secret = ReadSecretFile(path);
    EXPECT_EQ(ReasonOf(secret.status()), "KEY_FILE_EXPOSED");
    EXPECT_THAT(std::string(secret.status().message()), HasSubstr("chmod 600"));
  }
  ASSERT_EQ(::chmod(path.c_str(), 0600), 0);
  const auto secret = ReadSecretFile(path);
  ASSERT_TRUE(secret.ok()) << secret.status();
  EXPECT_EQ(*secret, "secret");
  EXPECT_EQ(ReasonOf(ReadSecretFile(path + "x").status()), "KEY_FILE_UNREADABLE");
}

TEST_F(ConfigTest, TakesSecretsOnlyFromFilesOfItsOwnUser) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root gives files away";
  const std::string path = directory_.Sub("log.key");
  std::ofstream(path) << "secret";
  ASSERT_EQ(::chmod(path.c_str(), 0600), 0);
  ASSERT_EQ(::chown(path.c_str(), 65534, 65534), 0);
  const auto secret = ReadSecretFile(path);
  EXPECT_EQ(ReasonOf(secret.status()), "KEY_FILE_EXPOSED");
  EXPECT_THAT(std::string(secret.status().message()), HasSubstr("chown"));
}

TEST_F(ConfigTest, ReplacesAFileWhole) {
  const std::string path = directory_.Sub("endpoints.json");
  ASSERT_TRUE(ReplaceFile(path, "long content\n").ok());
  ASSERT_TRUE(ReplaceFile(path, "short\n").ok());
  std::ifstream file(path);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), "short\n");
  const auto entries = std::filesystem::directory_iterator(directory_.path());
  EXPECT_EQ(std::distance(begin(entries), end(entries)), 1);
  EXPECT_EQ(ReasonOf(ReplaceFile(directory_.Sub("none/x"), "")), "FILE_NOT_WRITTEN");
}

constexpr char kMirror[] = R"(
ledger = "copy"
mirror_of = "127.0.0.1:7000"
insecure_loopback = true
[mirror]
ledger = "0000000000000000000000000000000000000000000000000000000000000000"
verifier_key = "example.com/log+d455c521+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"
compare_seconds = 17
evidence = "found"
)";

std::string Without(std::string text, const std::string& line) {
  const size_t at = text.find(line);
  return text.erase(at, text.find('\n', at) + 1 - at);
}

TEST_F(ConfigTest, ReadsAMirrorThatHoldsNoKey) {
  const auto line = Parse(kMirror);
  ASSERT_TRUE(line.ok()) << line.status();
  EXPECT_TRUE(line->config.is_mirror());
  EXPECT_EQ(line->config.mirror_compare_seconds, 17);
  EXPECT_EQ(line->config.mirror_evidence, directory_.Sub("found"));
  ExpectRefused(Parse("log_key = 'log.key'\n" + std::string(kMirror)), "CONFIG_CONTRADICTORY", "log_key");
  ExpectRefused(Parse(Without(kMirror, "mirror_of")), "CONFIG_CONTRADICTORY", "mirror.ledger");
  ExpectRefused(Parse(Without(kMirror, "verifier_key")), "CONFIG_INCOMPLETE", "mirror.verifier_key");
  ExpectRefused(Parse(Without(kMirror, "insecure_loopback")), "CONFIG_INCOMPLETE", "mirror.certificate");
  std::string text = kMirror;
  ExpectRefused(Parse(text.replace(text.find("127.0.0.1"), 9, "192.0.2.7")), "INSECURE_NOT_LOOPBACK",
                "mirror_of");
  text = kMirror;
  ExpectRefused(Parse(text.replace(text.find("\"00"), 2, "\"x")), "CONFIG_OUT_OF_RANGE", "mirror.ledger");
  text = kMirror;
  ExpectRefused(Parse(text.replace(text.find("= 17"), 4, "= 0")), "CONFIG_OUT_OF_RANGE",
                "mirror.compare_seconds");
}

TEST_F(ConfigTest, BoundsTheWatches) {
  EXPECT_TRUE(Parse(std::string(kAll) + "\n").ok());
  std::string text = kAll;
  const size_t at = text.find("queue = 9");
  ExpectRefused(Parse(std::string(text).replace(at, 9, "queue = 9\nwatches = 0")), "CONFIG_OUT_OF_RANGE",
                "limits.watches is 0");
  const auto most = Parse(std::string(text).replace(at, 9, "queue = 9\nwatches = 1000"));
  ASSERT_TRUE(most.ok()) << most.status();
  EXPECT_EQ(most->config.watches, 1000);
}

}  // namespace
}  // namespace fundledger::server
