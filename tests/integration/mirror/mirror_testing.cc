#include "tests/integration/mirror/mirror_testing.h"

#include <csignal>

#include "tests/support/paths.h"

namespace fundledger::mirror_testing {
namespace {

constexpr std::chrono::seconds kLimit{120};

const std::vector<std::string>& Environment() {
  static const auto* const environment = new std::vector<std::string>{"LC_ALL=C.UTF-8", "PATH=/usr/bin:/bin"};
  return *environment;
}

}  // namespace

MirrorWorld::MirrorWorld() {
  StartServer();
  Settle();
  WriteAll(path("county/mirror-client.toml"), ReadAll(path("county/client.toml")));
  WriteAll(path("county/mirror-server.toml"),
           "ledger = \"" + path("mirror").string() +
               "\"\nlisten = \"127.0.0.1:0\"\nendpoints_file = \"mirror-endpoints.json\"\n"
               "[tls]\ncertificate = \"server.pem\"\nkey = \"server-tls.key\"\nclient_ca = \"ca.pem\"\n"
               "[mirror]\nledger = \"" +
               Configured("ledger") + "\"\nverifier_key = \"" + Configured("verifier_key") +
               "\"\nca = \"ca.pem\"\ncertificate = \"certificates/inspector-1.pem\"\n"
               "key = \"certificates/inspector-1.key\"\nevidence = \"" +
               path("evidence").string() + "\"\ncompare_seconds = 1\n");
  std::filesystem::create_directory(path("evidence"));
}

std::string MirrorWorld::Configured(const std::string& key) const {
  const std::string text = ReadAll(path("county/client.toml"));
  const std::string begin = key + " = \"";
  const size_t at = text.find(begin) + begin.size();
  return text.substr(at, text.find('"', at) - at);
}

std::string MirrorWorld::AddressIn(const std::string& file) const {
  return nlohmann::json::parse(ReadAll(path(file))).at("grpc").get<std::string>();
}

std::unique_ptr<Process> MirrorWorld::Begin(const std::string& origin) {
  return std::make_unique<Process>(
      std::vector<std::string>{test_support::BinDir() + "/fundledgerd", "--config",
                               path("county/mirror-server.toml").string(), "--mirror-of", origin},
      Environment(), path("mirror.out"), path("mirror.err"));
}

Finished MirrorWorld::RunMirror(const std::string& origin) {
  return Begin(origin)->Wait();
}

void MirrorWorld::StartMirror(const std::string& origin) {
  std::filesystem::remove(path("county/mirror-endpoints.json"));
  mirror_ = Begin(origin);
  ASSERT_TRUE(clients_testing::WaitForFile(path("county/mirror-endpoints.json"), mirror_.get(), kLimit))
      << MirrorLog();
}

void MirrorWorld::KillMirror() {
  mirror_->Kill(SIGKILL);
  EXPECT_EQ(mirror_->Wait().exit_code, -1);
}

void MirrorWorld::StopMirror() {
  mirror_->Kill(SIGTERM);
  EXPECT_EQ(mirror_->Wait().exit_code, 0) << MirrorLog();
}

Finished MirrorWorld::AskMirror(const std::vector<std::string>& arguments) {
  std::vector<std::string> all = {test_support::BinDir() + "/fundledger", "--config",
                                  path("county/mirror-client.toml").string(), "--server", Mirror()};
  all.insert(all.end(), arguments.begin(), arguments.end());
  const std::string name = "asked-" + std::to_string(++asked_);
  return Process(all, Environment(), path(name + ".out"), path(name + ".err")).Wait();
}

uint64_t MirrorWorld::MirrorSize() {
  const Finished finished = AskMirror({"inspect", "checkpoint", "--json"});
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  return nlohmann::json::parse(finished.out).at("size").get<uint64_t>();
}

void MirrorWorld::AwaitMirror(uint64_t size) {
  const auto until = std::chrono::steady_clock::now() + kLimit;
  while (MirrorSize() < size) {
    ASSERT_LT(std::chrono::steady_clock::now(), until) << MirrorLog();
  }
}

void MirrorWorld::AddOrganization(const std::string& id) {
  Good({"admin", "organization", "add", "--as", "admin-1", "--id", id, "--name", "村", "--parent", "city",
        "--tier", "village"});
}

log::EvidenceFile MirrorWorld::AwaitAlarm() {
  EXPECT_TRUE(clients_testing::WaitForFile(path("evidence/ALARM"), mirror_.get(), kLimit)) << MirrorLog();
  for (const auto& entry : std::filesystem::directory_iterator(path("evidence"))) {
    if (entry.path().extension() != ".txt") continue;
    const auto file = log::ParseEvidence(ReadAll(entry.path()));
    EXPECT_TRUE(file.ok()) << file.status();
    if (file.ok()) return *file;
  }
  ADD_FAILURE() << "no evidence: " << MirrorLog();
  return {};
}

log::NoteVerifier MirrorWorld::LogKey() const {
  return *log::NoteVerifier::Parse(Configured("verifier_key"));
}

}  // namespace fundledger::mirror_testing
