// The log's own keys from the command line: several sign a rotation, each where their key is; clients follow
// it from the genesis on; a ledger of suite sm has its checkpoints signed by an SM2 key too.
#include <gmock/gmock.h>

#include "tests/integration/clients/world.h"
#include "tests/support/paths.h"

namespace fundledger::clients_testing {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class LogKeyBase : public World {
 protected:
  explicit LogKeyBase(const std::vector<std::string>& init_options = {}) : World(init_options) {
    StartServer();
    AddOrganization("before");
  }

  void AddOrganization(const std::string& id) {
    Good({"admin", "organization", "add", "--as", "admin-1", "--id", id, "--name", id, "--parent", "city",
          "--tier", "township"});
  }
  // Replaces text in a file of the ledger, which must be there.
  void Edit(const std::string& file, const std::string& from, const std::string& to) {
    std::string text = ReadAll(path(file));
    const size_t at = text.find(from);
    ASSERT_NE(at, std::string::npos) << from << " in " << text;
    WriteAll(path(file), text.replace(at, from.size(), to));
  }
  // Ends the server in order, and starts it with another line in its configuration.
  void Restart(const std::string& from, const std::string& to) {
    StopServer();
    Edit("county/server.toml", from, to);
    StartServer();
  }
  // A client of another machine, which never saw the ledger: only what came by another way.
  fs::path Elsewhere(const std::string& name) {
    fs::create_directory(path(name));
    for (const char* shared : {"keys", "certificates"})
      fs::copy(path("county") / shared, path(name) / shared);
    for (const char* file : {"client.toml", "ca.pem"}) fs::copy(path("county") / file, path(name) / file);
    return path(name) / "client.toml";
  }
};

class LogKey : public LogKeyBase {
 protected:
  std::string Make(const std::string& file) {
    return Json({"admin", "log-key", "make", path(file).string(), "--no-passphrase"})["key"];
  }
  Finished Rotate(const std::string& next, const std::string& standby, std::vector<std::string> more = {}) {
    file_ = path("rotation-" + std::to_string(++files_) + ".json").string();
    std::vector<std::string> arguments = {
        "admin", "log-key",       "rotate", "--as",  "admin-1", "--second-officer", "admin-2", "--next-key",
        next,    "--standby-key", standby,  "--out", file_};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return Run(arguments);
  }
  Finished Sign(std::vector<std::string> how) {
    how.insert(how.begin(), {"admin", "log-key", "sign", file_, "--yes"});
    return Run(how);
  }
  Finished SignWith(const std::string& key) { return Sign({"--key", path(key).string()}); }
  Finished Submit() { return Run({"admin", "log-key", "submit", file_}); }

  std::string file_;
  int files_ = 0;
};

TEST_F(LogKey, IsReplacedBySeveralSignaturesAndFollowedByClients) {
  const auto old_client = Elsewhere("old");
  ASSERT_EQ(RunWith(old_client, {"inspect", "checkpoint"}).exit_code, 0);
  const std::string next = Make("county/next.key");
  const std::string standby = Make("standby-2.key");
  Restart("log_key = \"log.key\"\n", "log_key = \"log.key\"\nnext_log_key = \"next.key\"\n");
  ASSERT_EQ(Rotate(next, standby).exit_code, 0);

  const Finished early = Submit();
  EXPECT_EQ(early.exit_code, 2);
  EXPECT_THAT(early.err, HasSubstr("SIGNATURE_MISSING"));
  EXPECT_THAT(Sign({"--as", "inspector-1"}).err, HasSubstr("SIGNER_NOT_ASKED"));
  EXPECT_THAT(SignWith("county/keys/admin-1.key").err, HasSubstr("KEY_UNKNOWN"));
  EXPECT_THAT(Run({"admin", "log-key", "sign", file_, "--as", "admin-2"}).err, HasSubstr("NOT_CONFIRMED"));
  const Finished second = Sign({"--as", "admin-2"});
  EXPECT_EQ(second.exit_code, 0) << second.err;
  EXPECT_THAT(second.out, testing::AllOf(HasSubstr(next), HasSubstr(standby), HasSubstr("second_officer")));
  for (const char* key : {"county/log.key", "county/next.key"}) EXPECT_EQ(SignWith(key).exit_code, 0) << key;
  EXPECT_EQ(Json({"admin", "log-key", "show", file_})["missing"], nlohmann::json({"standby_key"}));
  EXPECT_EQ(SignWith("standby-2.key").exit_code, 0);
  const Finished submitted = Submit();
  ASSERT_EQ(submitted.exit_code, 0) << submitted.err;

  // Clients that knew the ledger, and those that never saw it, go on; each holds nothing but the genesis'
  // key.
  AddOrganization("behind");
  for (const auto& config : {old_client, Elsewhere("new")}) {
    const Finished seen = RunWith(config, {"inspect", "checkpoint"});
    EXPECT_EQ(seen.exit_code, 0) << seen.err;
    EXPECT_EQ(RunWith(config, {"inspect", "checkpoint"}).exit_code, 0) << "from what is kept";
  }
  Restart("log_key = \"log.key\"\nnext_log_key = \"next.key\"\n", "log_key = \"next.key\"\n");
  AddOrganization("later");

  // The next is lost, too.
  const std::string standby3 = Make("standby-3.key");
  StopServer();
  fs::copy(path("standby-2.key"), path("county/standby-2.key"));
  Edit("county/server.toml", "log_key = \"next.key\"\n", "log_key = \"standby-2.key\"\n");
  StartServer();
  EXPECT_EQ(Run({"admin", "organization", "add", "--as", "admin-1", "--id", "x", "--name", "x", "--parent",
                 "city", "--tier", "township"})
                .exit_code,
            1);
  ASSERT_EQ(Rotate(standby, standby3, {"--old-key-lost"}).exit_code, 0);
  EXPECT_EQ(Sign({"--as", "admin-2"}).exit_code, 0);
  for (const char* key : {"standby-2.key", "standby-3.key"}) EXPECT_EQ(SignWith(key).exit_code, 0) << key;
  const Finished lost = Submit();
  ASSERT_EQ(lost.exit_code, 0) << lost.err;
  AddOrganization("last");
  for (const auto& config : {old_client, Elsewhere("newest")}) {
    EXPECT_EQ(RunWith(config, {"inspect", "checkpoint"}).exit_code, 0);
  }
  EXPECT_TRUE(Json({"inspect", "verify", "--data", path("county/ledger").string()})["ok"].get<bool>());
}

TEST_F(LogKey, RotationsAreSignedAsTheyAreShown) {
  const std::string next = Make("county/next.key");
  ASSERT_EQ(Rotate(next, Make("standby-2.key")).exit_code, 0);
  const Finished again = Run({"admin", "log-key", "rotate", "--as", "admin-1", "--second-officer", "admin-2",
                              "--next-key", next, "--standby-key", next, "--out", file_});
  EXPECT_THAT(again.err, HasSubstr("FILE_EXISTS"));
  EXPECT_EQ(Rotate("ed25519:00", next).exit_code, 2);
  EXPECT_EQ(Rotate(next.substr(8), next).exit_code, 2);
  file_ = path("rotation-1.json").string();
  const auto json = nlohmann::json::parse(ReadAll(file_));
  for (const char* bad :
       {"", "{}", "[]", "{\"payload\": 1, \"signatures\": {}}", "{\"payload\": \"AAAA\", \"signatures\": {}}",
        "{\"payload\": \"AAAA\", \"signatures\": []}"}) {
    WriteAll(file_, bad);
    const Finished signed_it = Sign({"--as", "admin-2"});
    EXPECT_EQ(signed_it.exit_code, 2);
    EXPECT_THAT(signed_it.err, HasSubstr("ROTATION_FILE_INVALID")) << bad;
  }
  // Another's signature in a place is not seen here, and refused by the ledger.
  auto forged = json;
  for (const char* place : {"second_officer", "log_key", "next_key", "standby_key"}) {
    forged["signatures"][place] = json["signatures"]["officer"];
  }
  WriteAll(file_, forged.dump());
  const Finished refused = Submit();
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.err, HasSubstr("SIGNATURE_INVALID"));
}

class SmSuite : public LogKeyBase {
 protected:
  SmSuite() : LogKeyBase({"--suite", "sm", "--algorithm", "sm2"}) {}

  std::string Sm2Key() {
    const std::string text = ReadAll(path("county/client.toml"));
    const size_t begin = text.find("sm2_verifier_keys = [\"") + std::string("sm2_verifier_keys = [\"").size();
    return text.substr(begin, text.find('"', begin) - begin);
  }
  // A key of the same name that is another's.
  std::string OtherKey() {
    const Finished made =
        RunWith(path("none"), {"init", path("other").string(), "--origin", "county.example/funds", "--suite",
                               "sm", "--no-passphrase", "--json"});
    EXPECT_EQ(made.exit_code, 0) << made.err;
    return nlohmann::json::parse(made.out)["sm2_verifier_key"];
  }
};

TEST_F(SmSuite, SignsEveryCheckpointTwice) {
  const std::string note = Json({"inspect", "checkpoint"})["checkpoint"];
  size_t lines = 0;
  for (size_t at = note.find("\u2014 "); at != std::string::npos; at = note.find("\u2014 ", at + 1)) ++lines;
  EXPECT_EQ(lines, 2U) << note;
  StopServer();
  const std::string data = path("county/ledger").string();
  EXPECT_TRUE(Json({"inspect", "verify", "--data", data, "--sm2-verifier-key", Sm2Key()})["ok"].get<bool>());
  EXPECT_EQ(Run({"inspect", "verify", "--data", data, "--sm2-verifier-key", OtherKey()}).exit_code, 4);
  EXPECT_EQ(Run({"inspect", "verify", "--data", data, "--sm2-verifier-key", "x"}).exit_code, 2);
}

TEST_F(SmSuite, ClientsBelieveNothingThatItsKeyDidNotSign) {
  const std::string key = Sm2Key();
  const std::string other = OtherKey();
  Edit("county/client.toml", key, other);
  const Finished refused = Run({"inspect", "checkpoint"});
  EXPECT_EQ(refused.exit_code, 4);
  EXPECT_THAT(refused.err, HasSubstr("CHECKPOINT_UNVERIFIED"));
  // While a key is replaced, both are listed.
  Edit("county/client.toml", other, other + "\", \"" + key);
  EXPECT_EQ(Run({"inspect", "checkpoint"}).exit_code, 0);
  // Whoever asks for none is content with the log's own.
  Edit("county/client.toml", "sm2_verifier_keys", "# sm2_verifier_keys");
  EXPECT_EQ(Run({"inspect", "checkpoint"}).exit_code, 0);
}

TEST_F(SmSuite, IsNotServedWithoutItsKey) {
  StopServer();
  Edit("county/server.toml", "sm2_key = ", "# sm2_key = ");
  Process server({test_support::BinDir() + "/fundledgerd", "--config", path("county/server.toml").string()},
                 {"PATH=/usr/bin:/bin"}, path("runs/none.out"), path("runs/none.err"));
  EXPECT_EQ(server.Wait().exit_code, 3);
  EXPECT_THAT(ReadAll(path("runs/none.err")), HasSubstr("SM2_KEY_MISSING"));
}

}  // namespace
}  // namespace fundledger::clients_testing
