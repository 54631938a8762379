#include "tests/integration/clients/world.h"

#include <csignal>
#include <cstdlib>

#include "tests/support/paths.h"

namespace fundledger::clients_testing {
namespace {

constexpr std::chrono::seconds kStartLimit{60};

std::string Binary(const std::string& name) {
  return test_support::BinDir() + "/" + name;
}

std::vector<std::string> Environment(const std::vector<std::string>& variables) {
  // The language is chosen by the test, and so is everything else.
  std::vector<std::string> environment = {"LC_ALL=C.UTF-8", "PATH=/usr/bin:/bin"};
  environment.insert(environment.end(), variables.begin(), variables.end());
  return environment;
}

}  // namespace

World::World(const std::vector<std::string>& init_options) {
  std::string name = testing::TempDir() + "fundledger-world-XXXXXX";
  EXPECT_NE(::mkdtemp(name.data()), nullptr);
  directory_ = name;
  std::filesystem::create_directory(path("runs"));
  std::vector<std::string> arguments = {
      Binary("fundledger"),   "init",     path("county").string(), "--origin",
      "county.example/funds", "--listen", "127.0.0.1:0",           "--no-passphrase"};
  arguments.insert(arguments.end(), init_options.begin(), init_options.end());
  Process init(arguments, Environment(variables_), path("runs/init.out"), path("runs/init.err"));
  const Finished finished = init.Wait();
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
}

World::~World() {
  server_.reset();
  others_.clear();
  std::error_code error;
  std::filesystem::remove_all(directory_, error);
}

void World::StartServer() {
  const std::filesystem::path endpoints = path("county/endpoints.json");
  std::filesystem::remove(endpoints);  // a killed server leaves it
  std::vector<std::string> arguments = {Binary("fundledgerd"), "--config",
                                        path("county/server.toml").string()};
  if (!address_.empty()) arguments.insert(arguments.end(), {"--listen", address_});
  server_ = std::make_unique<Process>(arguments, Environment(variables_), path("runs/server.out"),
                                      path("runs/server.err"));
  ASSERT_TRUE(WaitForFile(endpoints, server_.get(), kStartLimit)) << ReadAll(path("runs/server.err"));
  address_ = nlohmann::json::parse(ReadAll(endpoints)).at("grpc").get<std::string>();
}

Finished World::RunServer() {
  return Process({Binary("fundledgerd"), "--config", path("county/server.toml").string()},
                 Environment(variables_), path("runs/server.out"), path("runs/server.err"))
      .Wait();
}

std::string World::ServerLog() const {
  return ReadAll(path("runs/server.err"));
}

void World::KillServer() {
  server_->Kill(SIGKILL);
  EXPECT_EQ(server_->Wait().exit_code, -1);
}

void World::StopServer() {
  server_->Kill(SIGTERM);
  EXPECT_EQ(server_->Wait().exit_code, 0) << ReadAll(path("runs/server.err"));
}

std::unique_ptr<Process> World::Start(const std::vector<std::string>& arguments) {
  return StartWith(path("county/client.toml"), address_, arguments);
}

std::string World::StartAnother(const std::string& name) {
  const std::filesystem::path endpoints = path(name + "/endpoints.json");
  std::filesystem::remove(endpoints);
  others_.push_back(std::make_unique<Process>(
      std::vector<std::string>{Binary("fundledgerd"), "--config", path(name + "/server.toml").string()},
      Environment(variables_), path("runs/" + name + ".out"), path("runs/" + name + ".err")));
  EXPECT_TRUE(WaitForFile(endpoints, others_.back().get(), kStartLimit))
      << ReadAll(path("runs/" + name + ".err"));
  return nlohmann::json::parse(ReadAll(endpoints)).at("grpc").get<std::string>();
}

Finished World::RunAt(const std::string& address, const std::filesystem::path& config,
                      const std::vector<std::string>& arguments) {
  return StartWith(config, address, arguments)->Wait();
}

std::unique_ptr<Process> World::StartWith(const std::filesystem::path& config, const std::string& address,
                                          const std::vector<std::string>& arguments) {
  std::vector<std::string> all = {Binary("fundledger"), "--config", config.string(), "--server", address};
  all.insert(all.end(), arguments.begin(), arguments.end());
  const std::string name = "runs/" + std::to_string(++runs_);
  return std::make_unique<Process>(all, Environment(variables_), path(name + ".out"), path(name + ".err"));
}

Finished World::Run(const std::vector<std::string>& arguments) {
  return Start(arguments)->Wait();
}

Finished World::RunUnder(std::vector<std::string> program, const std::vector<std::string>& arguments) {
  program.insert(program.end(), {Binary("fundledger"), "--config", path("county/client.toml").string(),
                                 "--server", address_});
  program.insert(program.end(), arguments.begin(), arguments.end());
  const std::string name = "runs/" + std::to_string(++runs_);
  return Process(program, Environment(variables_), path(name + ".out"), path(name + ".err")).Wait();
}

Finished World::RunWith(const std::filesystem::path& config, const std::vector<std::string>& arguments) {
  return StartWith(config, address_, arguments)->Wait();
}

Finished World::Good(const std::vector<std::string>& arguments) {
  const Finished finished = Run(arguments);
  EXPECT_EQ(finished.exit_code, 0) << testing::PrintToString(arguments) << "\n"
                                   << finished.out << finished.err;
  return finished;
}

nlohmann::json World::Json(std::vector<std::string> arguments) {
  arguments.push_back("--json");
  const Finished finished = Good(arguments);
  auto json = nlohmann::json::parse(finished.out, nullptr, false);
  EXPECT_FALSE(json.is_discarded()) << finished.out;
  return json;
}

uint64_t World::Size() {
  return Json({"inspect", "checkpoint"}).at("size").get<uint64_t>();
}

void World::Settle() {
  const std::vector<std::vector<std::string>> organizations = {{"finance", "财政局", "department"},
                                                               {"treasury", "国库", "department"},
                                                               {"works", "住建局", "department"},
                                                               {"east", "东镇", "township"}};
  for (const auto& o : organizations) {
    Good({"admin", "organization", "add", "--as", "admin-1", "--id", o[0], "--name", o[1], "--parent", "city",
          "--tier", o[2]});
  }
  const auto propose = [this](const std::string& id, const std::string& organization,
                              const std::string& role) {
    Good({"admin", "officer", "add", "--as", "admin-1", "--id", id, "--organization", organization, "--role",
          role, "--no-passphrase"});
  };
  propose("inspector-1", "supervision", "inspector");
  Good({"admin", "approve", "--as", "admin-2", "--all", "--yes"});
  propose("clerk-1", "finance", "finance_clerk");
  propose("reviewer-1", "finance", "finance_reviewer");
  propose("reviewer-2", "finance", "finance_reviewer");
  propose("treasury-1", "treasury", "treasury");
  propose("department-1", "works", "department");
  propose("township-1", "east", "township");
  propose("township-2", "east", "township");
  Good({"admin", "approve", "--as", "admin-2", "--all", "--yes"});
  Good({"inspect", "approve", "--as", "inspector-1", "--all", "--yes"});
  // Who asks without saying who: an administrator sees no money.
  std::string config = ReadAll(path("county/client.toml"));
  config.replace(config.find("admin-1"), std::string("admin-1").size(), "inspector-1");
  WriteAll(path("county/client.toml"), config);
}

void World::RestartWithKeys(const std::string& lines) {
  StopServer();
  std::string text = ReadAll(path("county/server.toml"));
  const size_t begin = text.find("log_key = ");
  ASSERT_NE(begin, std::string::npos);
  size_t end = text.find('\n', begin) + 1;
  if (text.compare(end, 13, "next_log_key ") == 0) end = text.find('\n', end) + 1;
  WriteAll(path("county/server.toml"), text.replace(begin, end - begin, lines));
  StartServer();
}

void World::ReplaceLogKey() {
  RotateLogKey();
  RestartWithKeys("log_key = \"next.key\"\n");
}

void World::RotateLogKey() {
  const auto make = [this](const char* file) -> std::string {
    return Json({"admin", "log-key", "make", path(file).string(), "--no-passphrase"})["key"];
  };
  const std::string next = make("county/next.key");
  const std::string standby = make("standby-2.key");
  RestartWithKeys("log_key = \"log.key\"\nnext_log_key = \"next.key\"\n");
  const std::string file = path("replaced.json").string();
  Good({"admin", "log-key", "rotate", "--as", "admin-1", "--second-officer", "admin-2", "--next-key", next,
        "--standby-key", standby, "--out", file});
  Good({"admin", "log-key", "sign", file, "--yes", "--as", "admin-2"});
  for (const char* key : {"county/log.key", "county/next.key", "standby-2.key"})
    Good({"admin", "log-key", "sign", file, "--yes", "--key", path(key).string()});
  Good({"admin", "log-key", "submit", file, "--as", "admin-1"});
}

std::string World::Csv(const std::string& name, const std::string& text) {
  WriteAll(path(name), text);
  return path(name).string();
}

}  // namespace fundledger::clients_testing
