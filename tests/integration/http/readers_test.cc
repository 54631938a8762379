// Who may read what over HTTP: everybody checkpoint and hashes, unless told otherwise; records whoever may
// read every record over gRPC as well, by the same table.
#include <filesystem>
#include <fstream>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/integration/http/http_testing.h"
#include "tests/integration/services/services_testing.h"

#include "absl/strings/str_cat.h"
#include <nlohmann/json.hpp>

namespace fundledger::http_testing {
namespace {

using nlohmann::json;
using services_testing::Certificates;
using services_testing::Ledgerd;
using ::testing::HasSubstr;

constexpr char kEntries[] = "/tile/entries/000.p/1";
constexpr char kHashes[] = "/tile/0/000.p/1";
constexpr char kCheckpoint[] = "/checkpoint";

class ReadersTest : public ::testing::Test {
 protected:
  void Start(const std::function<void(server::Config*)>& change = {}) {
    ledgerd_ = std::make_unique<Ledgerd>(
        [&](server::Config* config) {
          tls_.Configure(config);
          config->http_listen = "127.0.0.1:0";
          config->metrics = "127.0.0.1:0";
          config->audit_file = files_.Sub("audit.jsonl");
          if (change) change(config);
        },
        [this](test_support::World* world, std::unique_ptr<engine::Engine> engine) {
          EXPECT_EQ(world->RegisterStaff(engine.get()), absl::OkStatus());
          v1::Action action;
          *action.mutable_register_officer() =
              world->Officer(*engine->view(), "township", "town", v1::ROLE_TOWNSHIP);
          const auto registered =
              world->Decide(engine.get(), World::kAdmin, action, {std::string(World::kOtherAdmin)});
          EXPECT_TRUE(registered.ok()) << registered.status();
          world_ = world;
          engine_ = engine.get();
          return engine;
        });
    address_ = ledgerd_->server->http_address();
  }

  httplib::Result Get(const std::string& path, const std::string& shown,
                      const std::string& authority = "ca") {
    return DialTls(address_, tls_, shown, authority)->Get(path);
  }
  void ExpectAnswered(const std::string& path, const std::string& shown) {
    const auto answer = Get(path, shown);
    ASSERT_TRUE(answer) << httplib::to_string(answer.error());
    EXPECT_EQ(answer->status, 200) << path << " " << shown << " " << answer->body;
  }
  void ExpectRefused(const std::string& path, const std::string& shown, const std::string& reason) {
    const auto answer = Get(path, shown);
    ASSERT_TRUE(answer) << httplib::to_string(answer.error());
    EXPECT_EQ(answer->status, 403) << path << " " << shown;
    EXPECT_EQ(ReasonOf(answer), reason) << path << " " << shown;
    EXPECT_EQ(answer->get_header_value("Cache-Control"), "no-store");
  }
  // Lines of the audit file, once all are written.
  std::vector<json> Audit() {
    ledgerd_->server->Stop();
    ledgerd_->server.reset();
    std::vector<json> lines;
    std::ifstream file(files_.Sub("audit.jsonl"));
    for (std::string line; std::getline(file, line);) lines.push_back(json::parse(line));
    return lines;
  }
  std::string Metrics() {
    const auto answer = Dial(ledgerd_->server->metrics_address())->Get("/metrics");
    return answer ? answer->body : "";
  }

  using World = test_support::World;
  const test_support::TemporaryDirectory files_;
  const Certificates tls_;
  std::unique_ptr<Ledgerd> ledgerd_;
  World* world_ = nullptr;
  engine::Engine* engine_ = nullptr;
  std::string address_;
};

TEST_F(ReadersTest, ShowsHashesToAnybodyAndRecordsToWhoMayReadThemAll) {
  Start();
  for (const char* officer : {"inspector", "clerk", "reviewer", "township", "admin-city", "nobody"})
    tls_.MakeOfficer(officer);
  tls_.Make("unnamed", "");
  for (const char* shown : {"", "inspector", "clerk", "township", "admin-city", "nobody", "unnamed"}) {
    ExpectAnswered(kCheckpoint, shown);
    ExpectAnswered(kHashes, shown);
  }
  for (const char* shown : {"inspector", "clerk", "reviewer"}) ExpectAnswered(kEntries, shown);
  ExpectRefused(kEntries, "", "CERTIFICATE_NEEDED");
  ExpectRefused(kEntries, "unnamed", "CERTIFICATE_NAMES_NO_OFFICER");
  ExpectRefused(kEntries, "nobody", "CERTIFICATE_OFFICER_UNKNOWN");
  ExpectRefused(kEntries, "township", "QUERY_NOT_ALLOWED");
  ExpectRefused(kEntries, "admin-city", "QUERY_NOT_ALLOWED");
}

TEST_F(ReadersTest, ShowsNothingButToOfficersWhereToldSo) {
  Start([](server::Config* config) { config->http_officers_only = true; });
  for (const char* officer : {"inspector", "township", "admin-city", "nobody"}) tls_.MakeOfficer(officer);
  for (const char* path : {kCheckpoint, kHashes}) {
    ExpectRefused(path, "", "CERTIFICATE_NEEDED");
    ExpectRefused(path, "nobody", "CERTIFICATE_OFFICER_UNKNOWN");
    for (const char* shown : {"inspector", "township", "admin-city"}) ExpectAnswered(path, shown);
  }
  EXPECT_THAT(Get(kHashes, "inspector")->get_header_value("Cache-Control"), HasSubstr("private"));
}

TEST_F(ReadersTest, RefusesADismissedOfficerOnAnOpenConnection) {
  Start();
  tls_.MakeOfficer("clerk");
  const auto client = DialTls(address_, tls_, "clerk");
  auto answer = client->Get(kEntries);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200);
  v1::Action dismissal;
  dismissal.mutable_dismiss_officer()->set_officer("clerk");
  dismissal.mutable_dismiss_officer()->set_reason("left");
  const auto decided =
      world_->Decide(engine_, World::kAdmin, dismissal, {std::string(World::kOtherAdmin), "inspector"});
  ASSERT_TRUE(decided.ok()) << decided.status();
  answer = client->Get(kEntries);
  ASSERT_TRUE(answer);
  EXPECT_EQ(ReasonOf(answer), "CERTIFICATE_OFFICER_DISMISSED") << answer->status;
}

TEST_F(ReadersTest, HasNoConnectionWithACertificateByAnotherAuthority) {
  Start();
  tls_.MakeAuthority("stranger");
  tls_.MakeOfficer("clerk", "stranger");
  EXPECT_FALSE(Get(kCheckpoint, "clerk"));
  tls_.Make("expired", "URI:urn:fundledger:officer:clerk", "ca", "-1");
  EXPECT_FALSE(Get(kCheckpoint, "expired"));
  // In the clear.
  Wire wire(address_);
  wire.Send("GET /checkpoint HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(wire.ReadAll().find("HTTP/1.1 200"), std::string::npos);
  // Clients hear of it before it is counted.
  while (Metrics().find("fundledger_handshakes_failed_total 3") == std::string::npos)
    std::this_thread::yield();
  int handshakes = 0;
  for (const json& line : Audit()) {
    if (line.at("reason") == "TLS_HANDSHAKE_FAILED") ++handshakes;
  }
  EXPECT_EQ(handshakes, 3);
}

TEST_F(ReadersTest, TellsTheOperatorOfRefusalsAndOfInspectorsWhoReadRecords) {
  Start();
  for (const char* officer : {"inspector", "clerk", "township"}) tls_.MakeOfficer(officer);
  ExpectAnswered(kCheckpoint, "");
  ExpectAnswered(kEntries, "clerk");  // not told: clerks see all money in their daily work
  ExpectAnswered(kEntries, "inspector");
  ExpectRefused(kEntries, "township", "QUERY_NOT_ALLOWED");
  ExpectRefused(kEntries, "", "CERTIFICATE_NEEDED");
  const std::string metrics = Metrics();
  EXPECT_THAT(metrics, HasSubstr("fundledger_http_answers_total{status=\"200\",what=\"entries\"} 2"));
  EXPECT_THAT(metrics, HasSubstr("fundledger_http_answers_total{status=\"403\",what=\"entries\"} 2"));
  EXPECT_THAT(metrics, HasSubstr("fundledger_queries_refused_total{reason=\"QUERY_NOT_ALLOWED\"} 1"));
  const std::vector<json> lines = Audit();
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[0].at("event"), "entries_read");
  EXPECT_EQ(lines[0].at("method"), "HTTP.GetEntryTile");
  EXPECT_EQ(lines[0].at("officer"), "inspector");
  EXPECT_EQ(lines[0].at("first"), "0");
  EXPECT_EQ(lines[0].at("count"), "1");
  EXPECT_THAT(std::string(lines[0].at("peer")), HasSubstr("ipv4:127.0.0.1:"));
  EXPECT_EQ(lines[1].at("event"), "refused");
  EXPECT_EQ(lines[1].at("officer"), "township");
  EXPECT_EQ(lines[1].at("reason"), "QUERY_NOT_ALLOWED");
  EXPECT_FALSE(lines[2].contains("officer"));
  EXPECT_EQ(lines[2].at("reason"), "CERTIFICATE_NEEDED");
}

TEST_F(ReadersTest, TakesARenewedCertificateAndAuthorityWithoutARestart) {
  Start();
  tls_.MakeOfficer("clerk");
  const auto before = DialTls(address_, tls_, "clerk");
  ASSERT_TRUE(before->Get(kEntries));
  tls_.MakeAuthority("other");
  tls_.MakeServer("renewed", "other");
  for (const char* kind : {".pem", ".key"}) {
    std::filesystem::copy_file(tls_.Path(std::string("renewed") + kind),
                               tls_.Path(std::string("server") + kind),
                               std::filesystem::copy_options::overwrite_existing);
  }
  std::filesystem::copy_file(tls_.Path("ca.pem"), tls_.Path("before.pem"));
  std::filesystem::copy_file(tls_.Path("other.pem"), tls_.Path("ca.pem"),
                             std::filesystem::copy_options::overwrite_existing);
  ledgerd_->server->Reload();
  EXPECT_TRUE(before->Get(kEntries));  // keeps what it began with
  EXPECT_FALSE(Get(kCheckpoint, "", "before"));
  EXPECT_TRUE(Get(kCheckpoint, "", "other"));
  EXPECT_FALSE(Get(kEntries, "clerk", "other"));  // by an authority that is no more
  tls_.MakeOfficer("inspector", "other");
  const auto answer = Get(kEntries, "inspector", "other");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200);
}

TEST_F(ReadersTest, ShowsEverythingOnOneMachineInInsecureMode) {
  const Ledgerd insecure([](server::Config* config) { config->http_listen = "127.0.0.1:0"; });
  const auto answer = Dial(insecure.server->http_address())->Get(kEntries);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200);
}

}  // namespace
}  // namespace fundledger::http_testing
