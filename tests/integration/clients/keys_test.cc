// The life of keys and certificates with the real programs: who gets in, who signs, and who no longer does.
#include <filesystem>

#include <gmock/gmock.h>

#include "tests/integration/clients/world.h"
#include "tests/support/paths.h"

namespace fundledger::clients_testing {
namespace {

namespace fs = std::filesystem;

using testing::HasSubstr;
using testing::Not;

constexpr char kSoftHsm[] = "/usr/lib/softhsm/libsofthsm2.so";

class Keys : public World {
 protected:
  Keys() { StartServer(); }

  // Another machine: its own directory with the configuration and the authority's certificate, and no key.
  fs::path Machine(const std::string& name) {
    fs::create_directory(path(name));
    fs::copy(path("county/client.toml"), path(name));
    fs::copy(path("county/ca.pem"), path(name));
    return path(name) / "client.toml";
  }
  std::string Secret(const std::string& name, const std::string& text) {
    WriteAll(path(name), text);
    fs::permissions(path(name), fs::perms::owner_read | fs::perms::owner_write);
    return path(name).string();
  }
  void GoodWith(const fs::path& config, const std::vector<std::string>& arguments) {
    const Finished finished = RunWith(config, arguments);
    EXPECT_EQ(finished.exit_code, 0) << testing::PrintToString(arguments) << finished.out << finished.err;
  }
  void ApproveAll(const std::vector<std::string>& officers) {
    for (const std::string& officer : officers) {
      Good({"admin", "approve", "--as", officer, "--all", "--yes"});
    }
  }
  void AddInspector() {
    Good({"admin", "officer", "add", "--as", "admin-1", "--id", "inspector-1", "--organization",
          "supervision", "--role", "inspector", "--no-passphrase"});
    ApproveAll({"admin-2"});
  }
  // A submission that the ledger takes of any officer in office whose key counts.
  static std::vector<std::string> Organization(const std::string& id, const std::string& officer) {
    return {"admin",  "organization", "add",      "--as", officer,  "--id",      id,
            "--name", "某单位",       "--parent", "city", "--tier", "department"};
  }
};

TEST_F(Keys, OfAnOfficerAreMadeOnTheOfficersMachineAndNeverLeaveIt) {
  AddInspector();
  const fs::path machine = Machine("clerk");
  GoodWith(machine, {"admin", "key", "make", "--officer", "clerk-1", "--no-passphrase"});
  const std::string request = path("clerk-1.request").string();
  GoodWith(machine, {"admin", "key", "request", "--officer", "clerk-1", "--no-passphrase", "--out", request});
  EXPECT_THAT(ReadAll(request), Not(HasSubstr("PRIVATE")));
  const Finished for_programs = RunWith(machine, {"admin", "key", "request", "--officer", "clerk-1",
                                                  "--no-passphrase", "--out", request, "--json"});
  const auto told = nlohmann::json::parse(for_programs.out, nullptr, false);
  ASSERT_FALSE(told.is_discarded()) << for_programs.out;
  EXPECT_EQ(told["written"], request);
  EXPECT_EQ(told["key"], nlohmann::json::parse(ReadAll(request))["key"]);
  const Finished other = Run({"admin", "officer", "add", "--as", "admin-1", "--id", "clerk-2",
                              "--organization", "city", "--role", "finance_clerk", "--request", request});
  EXPECT_EQ(other.exit_code, 2);
  EXPECT_THAT(other.err, HasSubstr("KEY_REQUEST_INVALID"));
  Good({"admin", "officer", "add", "--as", "admin-1", "--id", "clerk-1", "--organization", "city", "--role",
        "finance_clerk", "--request", request});
  EXPECT_FALSE(fs::exists(path("county/keys/clerk-1.key")));
  EXPECT_FALSE(fs::exists(path("county/certificates/clerk-1.key")));
  const Finished without = RunWith(machine, {"finance", "funds", "--as", "clerk-1"});
  EXPECT_EQ(without.exit_code, 2);
  EXPECT_THAT(without.err, HasSubstr("CERTIFICATE_MISSING"));
  fs::copy(path("county/certificates/clerk-1.pem"), path("clerk/certificates"));
  EXPECT_THAT(RunWith(machine, {"finance", "funds", "--as", "clerk-1"}).err,
              HasSubstr("CERTIFICATE_OFFICER_UNKNOWN"))
      << "not approved yet";
  ApproveAll({"admin-2", "inspector-1"});
  GoodWith(machine, {"finance", "funds", "--as", "clerk-1"});
}

// Whoever intercepts the request has a connection key of their own to put in.
TEST_F(Keys, OfAConnectionAreBoundToTheOnesThatSign) {
  const fs::path machine = Machine("clerk");
  const fs::path thief = Machine("thief");
  for (const fs::path& at : {machine, thief}) {
    GoodWith(at, {"admin", "key", "make", "--officer", "clerk-1", "--no-passphrase"});
    GoodWith(at, {"admin", "key", "request", "--officer", "clerk-1", "--no-passphrase", "--out",
                  at.parent_path() / "request"});
  }
  const auto honest = nlohmann::json::parse(ReadAll(path("clerk/request")));
  const auto stolen = nlohmann::json::parse(ReadAll(path("thief/request")));
  const std::string altered = path("altered.request").string();
  const std::vector<std::string> issue = {"admin",   "certificate", "issue", "--officer",
                                          "clerk-1", "--request",   altered};
  const std::vector<std::string> add = {
      "admin",          "officer", "add",    "--as",          "admin-1",   "--id", "clerk-1",
      "--organization", "city",    "--role", "finance_clerk", "--request", altered};
  const auto refused = [&](const nlohmann::json& request, const std::string& why) {
    WriteAll(altered, request.dump());
    for (const auto& command : {issue, add}) {
      const Finished finished = Run(command);
      EXPECT_EQ(finished.exit_code, 2) << finished.out;
      EXPECT_THAT(finished.err, testing::AllOf(HasSubstr("KEY_REQUEST_INVALID"), HasSubstr(why)));
      EXPECT_FALSE(fs::exists(path("county/certificates/clerk-1.pem")));
    }
  };
  const uint64_t before = Size();
  auto swapped = honest;
  swapped["certificate_request"] = stolen["certificate_request"];
  refused(swapped, "altered on its way");
  swapped["certificate_proof"] = stolen["certificate_proof"];
  refused(swapped, "altered on its way");
  auto other_key = honest;
  other_key["key"] = stolen["key"];
  refused(other_key, "does not prove itself");
  auto older = honest;
  older.erase("certificate_proof");
  refused(older, "have the officer make it again");
  EXPECT_EQ(Size(), before);

  WriteAll(altered, honest.dump());
  EXPECT_THAT(Good(issue).out,
              testing::AllOf(HasSubstr(honest["key"].get<std::string>()), HasSubstr("by voice")));
  EXPECT_TRUE(fs::exists(path("county/certificates/clerk-1.pem")));
}

TEST_F(Keys, ThatAreRevokedSignNothingMoreAndARecoveredOneDoes) {
  AddInspector();
  Good({"admin", "officer", "add", "--as", "admin-1", "--id", "clerk-1", "--organization", "city", "--role",
        "finance_clerk", "--no-passphrase"});
  ApproveAll({"admin-2", "inspector-1"});
  const std::vector<std::string> propose = {
      "finance", "payee",  "add",          "--as",          "clerk-1",           "--id",
      "builder", "--name", "示例建筑公司", "--credit-code", "91421081EX00000109"};
  Good(propose);
  Good({"admin", "officer", "revoke-key", "--as", "admin-2", "--officer", "clerk-1", "--reason", "被盗"});
  const Finished refused = Run(propose);
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.err, HasSubstr("KEY_REVOKED"));
  EXPECT_NE(Run({"finance", "funds", "--as", "clerk-1"}).exit_code, 0) << "whoever has the key may look";
  EXPECT_THAT(Run({"admin", "officer", "recover-key", "--as", "admin-1", "--officer", "clerk-1", "--reason",
                   "被盗", "--no-passphrase"})
                  .err,
              HasSubstr("KEY_UNCHANGED"))
      << "the stolen key again";
  fs::rename(path("county/keys/clerk-1.key"), path("stolen.key"));
  Good({"admin", "officer", "recover-key", "--as", "admin-1", "--officer", "clerk-1", "--reason", "被盗",
        "--algorithm", "sm2", "--no-passphrase"});
  EXPECT_NE(Run({"finance", "funds", "--as", "clerk-1"}).exit_code, 0) << "not approved yet";
  ApproveAll({"admin-2", "inspector-1"});
  Good({"finance", "funds", "--as", "clerk-1"});
  Good({"finance", "proposals", "--as", "clerk-1"});
  EXPECT_TRUE(Json({"inspect", "verify", "--as", "inspector-1"})["ok"].get<bool>())
      << "what it signed before stays";
}

TEST_F(Keys, AreReplacedByTheirOwnersAndTheOldOneCountsNoMore) {
  AddInspector();
  Good({"admin", "officer", "rotate-key", "--as", "inspector-1", "--algorithm", "sm2", "--no-passphrase"});
  ASSERT_TRUE(fs::exists(path("county/keys/inspector-1.old-1.key")));
  EXPECT_FALSE(fs::exists(path("county/keys/inspector-1.next.key")));
  Good({"admin", "officer", "add", "--as", "admin-1", "--id", "clerk-1", "--organization", "city", "--role",
        "finance_clerk", "--no-passphrase"});
  ApproveAll({"admin-2", "inspector-1"});

  // Of a money role it waits for approval; until then the old key signs, and asking again changes nothing.
  const std::vector<std::string> rotate = {"admin", "officer", "rotate-key",
                                           "--as",  "clerk-1", "--no-passphrase"};
  Good(rotate);
  EXPECT_TRUE(fs::exists(path("county/keys/clerk-1.next.key")));
  ApproveAll({"admin-1", "admin-2", "inspector-1"});
  Good(rotate);
  EXPECT_FALSE(fs::exists(path("county/keys/clerk-1.next.key")));
  const std::vector<std::string> propose = {
      "finance", "payee",  "add",          "--as",          "clerk-1",           "--id",
      "builder", "--name", "示例建筑公司", "--credit-code", "91421081EX00000109"};
  Good(propose);
  fs::rename(path("county/keys/clerk-1.key"), path("county/keys/clerk-1.new"));
  fs::copy(path("county/keys/clerk-1.old-1.key"), path("county/keys/clerk-1.key"));
  EXPECT_EQ(Run(propose).exit_code, 1) << "the old key signed";
}

TEST_F(Keys, ThatWereReplacedStillMakeAnImportSafeToRepeat) {
  AddInspector();
  Good({"admin", "officer", "add", "--as", "admin-1", "--id", "clerk-1", "--organization", "city", "--role",
        "finance_clerk", "--no-passphrase"});
  ApproveAll({"admin-2", "inspector-1"});
  const std::string header = "kind,reference,id,name,unit,scale,aggregation\n";
  const std::string rows =
      "register_programme,G-1,roads,农村道路,,,\nregister_category,C-1,integrated-funds,统筹整合资金,,,\n";
  const std::string file = Csv("registry.csv", header + rows);
  EXPECT_EQ(Json({"import", file, "--as", "admin-1"})["recorded"], 2);
  const std::string funds = Csv("funds.csv",
                                "事项,业务编号,编号,名称,指标文号,预算年度,资金级次,资金性质\r\n"
                                "登记资金,F-1,f-1,中央资金,文1号,2026,中央,财政资金\r\n");
  EXPECT_EQ(Json({"import", funds, "--as", "clerk-1"})["recorded"], 1);
  // Of an administrator of the genesis, and of an officer whose key was registered and is rotated twice, the
  // second time with an approval in between.
  Good({"admin", "officer", "rotate-key", "--as", "admin-1", "--no-passphrase"});
  for (const char* algorithm : {"sm2", "ed25519"}) {
    const std::vector<std::string> rotate = {"admin",   "officer",     "rotate-key", "--as",
                                             "clerk-1", "--algorithm", algorithm,    "--no-passphrase"};
    Good(rotate);
    ApproveAll({"admin-1", "admin-2", "inspector-1"});
    Good(rotate);
  }
  ASSERT_TRUE(fs::exists(path("county/keys/admin-1.old-1.key")));
  ASSERT_TRUE(fs::exists(path("county/keys/clerk-1.old-2.key")));
  const uint64_t before = Size();
  for (const auto& [what, officer, already] :
       {std::tuple{file, "admin-1", 2}, std::tuple{funds, "clerk-1", 1}}) {
    const auto again = Json({"import", what, "--as", officer});
    EXPECT_EQ(again["already"], already) << again;
    EXPECT_EQ(again["recorded"], 0) << again;
  }
  EXPECT_EQ(Size(), before);
  // One row more: what an import that was cut off had still to send.
  const auto rest =
      Json({"import", Csv("more.csv", header + rows + "register_indicator,I-1,length,里程,公里,2,sum\n"),
            "--as", "admin-1"});
  EXPECT_EQ(rest["already"], 2) << rest;
  EXPECT_EQ(rest["recorded"], 1) << rest;
}

TEST_F(Keys, UnderAPassphraseAreOpenedByItAlone) {
  const std::string old_one = Secret("old", "correct horse\n");
  const std::string new_one = Secret("new", "battery staple\n");
  EXPECT_EQ(Json({"admin", "key", "passphrase", "--officer", "admin-1", "--new-passphrase-file", old_one})
                .at("changed")
                .size(),
            2U);
  EXPECT_THAT(ReadAll(path("county/keys/admin-1.key")), HasSubstr("ENCRYPTED"));
  EXPECT_THAT(ReadAll(path("county/certificates/admin-1.key")), HasSubstr("ENCRYPTED"));
  const Finished nobody = Run({"inspect", "checkpoint"});
  EXPECT_EQ(nobody.exit_code, 2);
  EXPECT_THAT(nobody.err, HasSubstr("PASSPHRASE_NEEDED"));
  Good({"inspect", "checkpoint", "--passphrase-file", old_one});
  Good({"admin", "key", "passphrase", "--officer", "admin-1", "--passphrase-file", old_one,
        "--new-passphrase-file", new_one});
  EXPECT_THAT(Run({"inspect", "checkpoint", "--passphrase-file", old_one}).err,
              HasSubstr("PASSPHRASE_WRONG"));
  SetVariable("FUNDLEDGER_PASSPHRASE_FILE=" + new_one);
  Good(Organization("a", "admin-1"));
  // The variable gives the old one: the new one does not come from there.
  const std::string encrypted = ReadAll(path("county/keys/admin-1.key"));
  const Finished same = Run({"admin", "key", "passphrase", "--officer", "admin-1"});
  EXPECT_EQ(same.exit_code, 2) << same.out;
  EXPECT_THAT(same.err, testing::AllOf(HasSubstr("PASSPHRASE_NEEDED"), HasSubstr("--new-passphrase-file")));
  EXPECT_THAT(
      Run({"admin", "key", "passphrase", "--officer", "admin-1", "--new-passphrase-file", new_one}).err,
      HasSubstr("PASSPHRASE_UNCHANGED"));
  EXPECT_EQ(ReadAll(path("county/keys/admin-1.key")), encrypted);
  Good({"admin", "key", "passphrase", "--officer", "admin-1", "--new-passphrase-file", old_one});
  EXPECT_THAT(Run({"inspect", "checkpoint"}).err, HasSubstr("PASSPHRASE_WRONG"));
  fs::permissions(new_one, fs::perms::others_read, fs::perm_options::add);
  EXPECT_THAT(Run({"inspect", "checkpoint"}).err, HasSubstr("KEY_FILE_EXPOSED"));
}

// One file for whoever makes the key and for the daemon, wherever it was written.
TEST_F(Keys, AreOpenedByTheDaemonWithTheFileTheyWereMadeWith) {
  const std::string passphrase = Secret("passphrase", "correct horse\r\n");
  Good({"init", path("other").string(), "--origin", "other.example/funds", "--listen", "127.0.0.1:0",
        "--passphrase-file", passphrase});
  EXPECT_THAT(ReadAll(path("other/log.key")), HasSubstr("ENCRYPTED"));
  EXPECT_THAT(ReadAll(path("other/server.toml")), HasSubstr("log_key_passphrase_file = \"log.passphrase\""));
  fs::copy(passphrase, path("other/log.passphrase"));
  EXPECT_NE(StartAnother("other"), "");
}

TEST_F(Keys, OnATokenAreNotMovedIntoAFileUnasked) {
  const std::string uri = "pkcs11:token=ukey;object=admin-1?module-path=/nowhere/pkcs11.so\n";
  fs::remove(path("county/keys/admin-1.key"));
  Secret("county/keys/admin-1.key", uri);
  const std::vector<std::string> rotate = {"admin", "officer", "rotate-key",
                                           "--as",  "admin-1", "--no-passphrase"};
  const Finished refused = Run(rotate);
  EXPECT_EQ(refused.exit_code, 2) << refused.out;
  EXPECT_THAT(refused.err,
              testing::AllOf(HasSubstr("KEY_ON_TOKEN"), HasSubstr("--token URI"), HasSubstr("--to-file")));
  EXPECT_FALSE(fs::exists(path("county/keys/admin-1.next.key")));
  auto to_file = rotate;
  to_file.emplace_back("--to-file");
  EXPECT_THAT(Run(to_file).err, HasSubstr("TOKEN_MODULE_MISSING")) << "the old key is asked to sign";
}

TEST_F(Keys, AreHeldByAnAgentThatSignsAndGivesNoSigningKeyOut) {
  const std::string passphrase = Secret("passphrase", "correct horse\n");
  Good({"admin", "key", "passphrase", "--officer", "admin-1", "--new-passphrase-file", passphrase});
  SetVariable("FUNDLEDGER_AGENT=" + path("agent.sock").string());
  EXPECT_THAT(Run({"agent", "--passphrase-file", Secret("wrong", "battery staple\n")}).err,
              HasSubstr("PASSPHRASE_WRONG"));
  Good({"agent", "--passphrase-file", passphrase});  // returns when it serves, in the background
  EXPECT_EQ(fs::status(path("agent.sock")).permissions() & (fs::perms::group_all | fs::perms::others_all),
            fs::perms::none);
  Good({"inspect", "checkpoint"});
  Good(Organization("a", "admin-1"));
  EXPECT_THAT(Run({"agent", "--passphrase-file", passphrase}).err, HasSubstr("AGENT_RUNNING"));
  const Finished changed = Run({"admin", "key", "passphrase", "--officer", "admin-1", "--no-passphrase"});
  EXPECT_EQ(changed.exit_code, 2) << "the agent gave a signing key out";
  Good({"agent", "--stop"});
  EXPECT_FALSE(fs::exists(path("agent.sock")));
  EXPECT_THAT(Run({"inspect", "checkpoint"}).err, HasSubstr("PASSPHRASE_NEEDED"));
  EXPECT_THAT(Run({"agent", "--stop"}).err, HasSubstr("AGENT_MISSING"));
}

TEST_F(Keys, OnATokenSignAndStayThere) {
  if (!fs::exists(kSoftHsm)) GTEST_SKIP() << "softhsm2 is not installed";
  fs::create_directory(path("tokens"));
  WriteAll(path("softhsm2.conf"),
           "directories.tokendir = " + path("tokens").string() + "\nlog.level = ERROR\n");
  SetVariable("SOFTHSM2_CONF=" + path("softhsm2.conf").string());
  Process init({"/usr/bin/softhsm2-util", "--init-token", "--free", "--label", "ukey", "--pin", "123456",
                "--so-pin", "87654321"},
               {"SOFTHSM2_CONF=" + path("softhsm2.conf").string(), "PATH=/usr/bin:/bin"},
               path("runs/hsm.out"), path("runs/hsm.err"));
  ASSERT_EQ(init.Wait().exit_code, 0);
  const std::string pin = Secret("pin", "123456\n");
  const std::string uri =
      std::string("pkcs11:token=ukey;object=inspector-1?module-path=") + kSoftHsm + "&pin-source=file:" + pin;
  Good({"admin", "key", "make", "--officer", "inspector-1", "--token", uri});
  EXPECT_EQ(ReadAll(path("county/keys/inspector-1.key")), uri + "\n") << "a name, and no key";
  AddInspector();
  Good({"admin", "organization", "add", "--as", "admin-1", "--id", "a", "--name", "甲", "--parent", "city",
        "--tier", "department"});
  Good({"admin", "officer", "add", "--as", "admin-1", "--id", "clerk-1", "--organization", "a", "--role",
        "finance_clerk", "--no-passphrase"});
  ApproveAll({"admin-2", "inspector-1"});
  EXPECT_TRUE(Json({"inspect", "verify", "--as", "inspector-1"})["ok"].get<bool>());
  Secret("pin", "654321\n");
  const std::vector<std::string> rotate = {"admin", "officer", "rotate-key", "--as", "inspector-1"};
  auto to_token = rotate;
  to_token.insert(to_token.end(),
                  {"--token", std::string("pkcs11:token=ukey;object=inspector-1-next?module-path=") +
                                  kSoftHsm + "&pin-source=file:" + pin});
  const Finished wrong = Run(to_token);
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_THAT(wrong.err, HasSubstr("TOKEN_PIN_WRONG"));
  Secret("pin", "123456\n");
  EXPECT_THAT(Run(rotate).err, HasSubstr("KEY_ON_TOKEN"));
  Good(to_token);
  EXPECT_THAT(ReadAll(path("county/keys/inspector-1.key")), HasSubstr("object=inspector-1-next"));
  EXPECT_EQ(ReadAll(path("county/keys/inspector-1.old-1.key")), uri + "\n");
  auto to_file = rotate;
  to_file.insert(to_file.end(), {"--to-file", "--no-passphrase"});
  Good(to_file);
  EXPECT_THAT(ReadAll(path("county/keys/inspector-1.key")), HasSubstr("PRIVATE KEY"));
  EXPECT_TRUE(Json({"inspect", "verify", "--as", "inspector-1"})["ok"].get<bool>());
}

TEST_F(Keys, OfAnotherAuthorityOpenNoConnection) {
  Process init({test_support::BinDir() + "/fundledger", "init", path("other").string(), "--origin",
                "county.example/funds", "--no-passphrase"},
               {"PATH=/usr/bin:/bin"}, path("runs/other.out"), path("runs/other.err"));
  ASSERT_EQ(init.Wait().exit_code, 0);
  // A client that shows a certificate by another authority for an officer of ours.
  const fs::path forger = Machine("forger");
  fs::copy(path("other/certificates"), path("forger/certificates"));
  EXPECT_EQ(RunWith(forger, {"inspect", "checkpoint", "--patience", "1"}).exit_code, 3);
  // A client that believes another authority, and so not this server: a man in the middle.
  const fs::path misled = Machine("misled");
  fs::copy(path("county/certificates"), path("misled/certificates"));
  fs::copy(path("other/ca.pem"), path("misled/ca.pem"), fs::copy_options::overwrite_existing);
  const Finished disbelieved = RunWith(misled, {"inspect", "checkpoint", "--patience", "1"});
  EXPECT_EQ(disbelieved.exit_code, 3);
  EXPECT_THAT(disbelieved.err, testing::AllOf(testing::StartsWith("error SERVER_UNREACHABLE"),
                                              HasSubstr("this machine's clock says"),
                                              Not(HasSubstr("ssl_transport_security"))));
  // A certificate with another's key, and a truncated one.
  const fs::path mixed = Machine("mixed");
  fs::copy(path("county/certificates"), path("mixed/certificates"));
  fs::copy(path("other/certificates/admin-1.key"), path("mixed/certificates/admin-1.key"),
           fs::copy_options::overwrite_existing);
  EXPECT_THAT(RunWith(mixed, {"inspect", "checkpoint"}).err, HasSubstr("CERTIFICATE_KEY_MISMATCH"));
  fs::resize_file(path("mixed/certificates/admin-1.pem"), 300);
  EXPECT_THAT(RunWith(mixed, {"inspect", "checkpoint"}).err, HasSubstr("CERTIFICATE_MALFORMED"));
}

TEST_F(Keys, CertificatesAreListedAndRenewedWithoutARestart) {
  const auto before = Json({"admin", "certificate", "list"});
  ASSERT_EQ(before.size(), 4U);
  Good({"admin", "certificate", "renew", "--officer", "admin-1", "--days", "30"});
  Good({"admin", "certificate", "renew", "--server", "--days", "30"});
  const auto after = Json({"admin", "certificate", "list"});
  for (const size_t renewed : {1, 2}) {
    EXPECT_LT(after[renewed]["not_after_s"], before[renewed]["not_after_s"]);
    EXPECT_NE(after[renewed]["serial"], before[renewed]["serial"]);
  }
  Good({"inspect", "checkpoint"});
  // A file under another's name is no certificate of that one's.
  const auto misplaced = [&](const std::string& from, const std::string& to,
                             const std::vector<std::string>& whose) {
    const std::string kept = fs::exists(path(to)) ? ReadAll(path(to)) : "";
    fs::copy(path(from), path(to), fs::copy_options::overwrite_existing);
    std::vector<std::string> renew = {"admin", "certificate", "renew"};
    renew.insert(renew.end(), whose.begin(), whose.end());
    const Finished refused = Run(renew);
    EXPECT_EQ(refused.exit_code, 2) << to;
    EXPECT_THAT(refused.err, HasSubstr("CERTIFICATE_OF_OTHER_HOLDER"));
    EXPECT_EQ(ReadAll(path(to)), ReadAll(path(from)));
    WriteAll(path(to), kept);
  };
  misplaced("county/certificates/admin-2.pem", "county/certificates/clerk-1.pem", {"--officer", "clerk-1"});
  misplaced("county/server.pem", "county/certificates/clerk-1.pem", {"--officer", "clerk-1"});
  misplaced("county/certificates/admin-2.pem", "county/server.pem", {"--server"});
  fs::remove(path("county/ca.key"));
  EXPECT_THAT(Run({"admin", "certificate", "renew", "--server"}).err, HasSubstr("AUTHORITY_MISSING"));
}

}  // namespace
}  // namespace fundledger::clients_testing
