// The log's own keys from the command line: several sign a rotation, each where their key is; clients follow
// it from the genesis on; a ledger of suite sm has its checkpoints signed by an SM2 key too.
#include <gmock/gmock.h>

#include "clients/sdk/keys.h"
#include "ledger/log/note.h"
#include "ledger/log/proof_file.h"
#include "tests/integration/clients/world.h"
#include "tests/support/paths.h"

namespace fundledger::clients_testing {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

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
  std::string Receipt(uint64_t sequence) {
    return path("county/receipts/" + std::to_string(sequence) + ".receipt").string();
  }
  std::string VerifierKey() {
    const std::string text = ReadAll(path("county/client.toml"));
    const std::string before = "\nverifier_key = \"";
    const size_t begin = text.find(before) + before.size();
    return text.substr(begin, text.find('"', begin) - begin);
  }
  // As somebody without a configuration, who knows the key of the genesis alone.
  Finished Alone(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--verifier-key", VerifierKey()});
    return RunWith(path("none.toml"), arguments);
  }
  std::unique_ptr<crypto::Signer> Signer(const std::string& key) {
    sdk::Passphrases passphrases;
    auto signer = sdk::LoadSigner(path(key), &passphrases);
    EXPECT_TRUE(signer.ok()) << signer.status();
    return *std::move(signer);
  }

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
  EXPECT_THAT(Run({"admin", "log-key", "sign", file_, "--as", "admin-2"}).err,
              testing::AllOf(HasSubstr("NOT_CONFIRMED"), HasSubstr("give --yes"), Not(HasSubstr("say y"))));
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

// What is checked without a server is checked by the key that the log had at that size.
TEST_F(LogKey, ReceiptsFollowIt) {
  const uint64_t before = Size() - 1;
  ReplaceLogKey();
  AddOrganization("behind");
  const uint64_t after = Size() - 1;
  const auto checked = Json({"receipt", "check", Receipt(before), Receipt(after)});
  EXPECT_TRUE(checked[0]["ok"].get<bool>()) << checked;
  EXPECT_TRUE(checked[1]["ok"].get<bool>()) << checked;

  // A stranger needs the records that replaced the key.
  const Finished unknown = Alone({"receipt", "check", Receipt(after)});
  EXPECT_EQ(unknown.exit_code, 4);
  EXPECT_THAT(unknown.out, HasSubstr("the log replaced its key, which is not known here"));
  EXPECT_EQ(Alone({"receipt", "check", Receipt(before)}).exit_code, 0);
  const std::string log_keys = path("log-keys.txt").string();
  const auto listed = Json({"inspect", "log-keys", "--out", log_keys})["log_keys"];
  ASSERT_EQ(listed.size(), 2U);
  EXPECT_EQ(listed[0]["verifier_key"], VerifierKey());
  EXPECT_EQ(Alone({"receipt", "check", Receipt(before), Receipt(after), "--log-keys", log_keys}).exit_code,
            0);
  WriteAll(path("bad.txt"), ReadAll(log_keys).substr(4));
  EXPECT_NE(Alone({"receipt", "check", Receipt(after), "--log-keys", path("bad.txt").string()}).exit_code, 0);
  WriteAll(path("bad.txt"), "no base64\n");
  EXPECT_THAT(Alone({"receipt", "check", Receipt(after), "--log-keys", path("bad.txt").string()}).err,
              HasSubstr("LOG_KEYS_MALFORMED"));

  // The key before it signs nothing any more, and the next signed nothing before.
  for (const auto& [sequence, key] : {std::pair(after, "county/log.key"), {before, "county/next.key"}}) {
    const std::string file = path(std::to_string(sequence) + ".tlog-proof").string();
    Good({"receipt", "export", Receipt(sequence), "--out", file});
    EXPECT_EQ(Run({"receipt", "check", file}).exit_code, 0);
    log::ProofFile proof = *log::ParseProofFile(ReadAll(file));
    const auto note = log::ParseNote(proof.checkpoint);
    proof.checkpoint = *log::SignCheckpoint(*log::ParseCheckpointText(note->text), *Signer(key));
    WriteAll(file, log::FormatProofFile(proof));
    EXPECT_EQ(Run({"receipt", "check", file}).exit_code, 4) << key;
    EXPECT_EQ(Alone({"receipt", "check", file, "--log-keys", log_keys}).exit_code, 4) << key;
  }

  Good({"receipt", "upgrade"});
  for (const auto& each : Json({"receipt", "list"})) {
    EXPECT_TRUE(each["ok"].get<bool>()) << each;
    EXPECT_EQ(each["tree_size"], Size()) << each;
  }
  // A client that never saw a rotation learns it on the way.
  const auto other = Elsewhere("other");
  fs::copy(path("county/receipts"), path("other/receipts"));
  EXPECT_EQ(RunWith(other, {"receipt", "check", Receipt(before)}).exit_code, 4);
  EXPECT_EQ(RunWith(other, {"receipt", "upgrade"}).exit_code, 0);
  EXPECT_EQ(RunWith(other, {"receipt", "check", Receipt(before)}).exit_code, 0);
}

TEST_F(LogKey, AnswersAndEvidenceFollowIt) {
  Settle();
  const std::string colleague = path("colleague.note").string();
  ReplaceLogKey();
  const std::string file = path("funds.answer").string();
  Good({"finance", "statement", "--signed", file});
  EXPECT_THAT(Good({"evidence", "figure", file}).out, HasSubstr("the records give the answer"));
  Good({"inspect", "checkpoint", "--out", colleague});
  EXPECT_EQ(Run({"inspect", "compare", "--checkpoint", colleague}).exit_code, 0);

  // So do bundles, of the whole ledger and of one thing.
  for (const std::vector<std::string>& what : {std::vector<std::string>{}, {"--organization", "east"}}) {
    const std::string bundle = path("bundle-" + std::to_string(what.size())).string();
    std::vector<std::string> arguments = {"inspect", "export", "--out", bundle};
    arguments.insert(arguments.end(), what.begin(), what.end());
    Good(arguments);
    Process verify({test_support::BinDir() + "/fundledger-verify", bundle, "--verifier-key", VerifierKey()},
                   {"LC_ALL=C.UTF-8"}, path("verify.out"), path("verify.err"));
    const Finished verified = verify.Wait();
    EXPECT_EQ(verified.exit_code, 0) << verified.out << verified.err;
  }

  // A colleague was shown another log of this size, by the key that signs now.
  const auto shown = log::ParseCheckpointText(log::ParseNote(ReadAll(colleague))->text);
  ASSERT_TRUE(shown.ok());
  log::Checkpoint forked = *shown;
  forked.root.bytes[0] ^= 1;
  const std::string other = path("other.note").string();
  WriteAll(other, *log::SignCheckpoint(forked, *Signer("county/next.key")));
  const Finished compared = Run({"inspect", "compare", "--checkpoint", colleague, "--checkpoint", other});
  EXPECT_EQ(compared.exit_code, 4);
  EXPECT_THAT(compared.out, HasSubstr("LOG_FORKED"));
  std::string evidence;
  for (const auto& entry : fs::directory_iterator(path("county/evidence"))) evidence = entry.path();
  EXPECT_THAT(ReadAll(evidence), HasSubstr("LOG KEYS"));
  const Finished convicted = Alone({"evidence", "check", evidence});
  EXPECT_EQ(convicted.exit_code, 0) << convicted.out << convicted.err;

  // By the key before it, it is nobody's word about this log.
  forked.root.bytes[1] ^= 1;
  WriteAll(other, *log::SignCheckpoint(forked, *Signer("county/log.key")));
  const Finished old = Run({"inspect", "compare", "--checkpoint", colleague, "--checkpoint", other});
  EXPECT_EQ(old.exit_code, 3);
  EXPECT_THAT(old.out, HasSubstr("NOTE_UNVERIFIED"));
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
