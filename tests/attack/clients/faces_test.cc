// Histories that are not one: two shown to two readers, an old one put back, a record taken out.
#include <algorithm>

#include <gmock/gmock.h>

#include "tests/integration/clients/world.h"

namespace fundledger::clients_testing {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class Faces : public World {
 protected:
  Faces() {
    StartServer();
    Settle();
  }

  // Evidence files of a kind beside a configuration.
  std::vector<std::string> Evidence(const std::string& county, const std::string& kind) {
    std::vector<std::string> files;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(path(county + "/evidence"), error)) {
      if (entry.path().filename().string().starts_with(kind)) files.push_back(entry.path().string());
    }
    return files;
  }
  std::string VerifierKey() {
    const std::string config = ReadAll(path("county/client.toml"));
    const size_t at = config.find('"', config.find("verifier_key")) + 1;
    return config.substr(at, config.find('"', at) - at);
  }
  // By the public key alone: no configuration, no server.
  Finished CheckAlone(const std::string& file) {
    return RunWith(path("none.toml"), {"evidence", "check", file, "--verifier-key", VerifierKey()});
  }
  void ExpectConvicts(const std::string& file) {
    const Finished checked = CheckAlone(file);
    EXPECT_EQ(checked.exit_code, 0) << checked.out << checked.err;
    EXPECT_THAT(checked.out, HasSubstr("CONVICTS whoever held the log's key county.example/funds+"));
    // Spoilt anywhere, it convicts nobody.
    const std::string text = ReadAll(file);
    for (size_t at = 30; at < text.size(); at += text.size() / 7) {
      std::string spoilt = text;
      spoilt[at] = spoilt[at] == 'A' ? 'B' : 'A';
      WriteAll(path("spoilt.txt"), spoilt);
      EXPECT_NE(CheckAlone(path("spoilt.txt").string()).exit_code, 0) << "byte " << at;
    }
  }
  void ExpectComplaint(const std::string& file) {
    const Finished checked = CheckAlone(file);
    EXPECT_EQ(checked.exit_code, 1) << checked.out << checked.err;
    EXPECT_THAT(checked.out, HasSubstr("it convicts nobody"));
  }
  void AddOrganization(const std::string& id) {
    Good({"admin", "organization", "add", "--as", "admin-1", "--id", id, "--name", "单位" + id, "--parent",
          "city", "--tier", "township"});
  }
};

TEST_F(Faces, TwoReadersWhoCompareConvictByTheirCheckpoints) {
  StopServer();
  fs::copy(path("county"), path("other"), fs::copy_options::recursive);
  StartServer();
  const std::string other = StartAnother("other");
  const auto at_other = [&](const std::vector<std::string>& arguments) {
    return RunAt(other, path("other/client.toml"), arguments);
  };
  // Each reader is shown a history of their own, and neither can tell.
  AddOrganization("north");
  ASSERT_EQ(at_other({"admin", "organization", "add", "--as", "admin-1", "--id", "south", "--name", "南镇",
                      "--parent", "city", "--tier", "township"})
                .exit_code,
            0);
  Good({"inspect", "checkpoint", "--out", path("a.txt").string()});
  ASSERT_EQ(at_other({"inspect", "checkpoint", "--out", path("b.txt").string()}).exit_code, 0);

  const Finished compared = Run({"inspect", "compare", "--checkpoint", path("b.txt").string()});
  EXPECT_EQ(compared.exit_code, 4) << compared.out;
  EXPECT_THAT(compared.out, HasSubstr("LOG_FORKED"));
  const auto convicting = Evidence("county", "two-roots");
  ASSERT_EQ(convicting.size(), 1U);
  ExpectConvicts(convicting[0]);

  // The other history goes on; its own proof shows that it does not begin as the first.
  ASSERT_EQ(at_other({"admin", "organization", "add", "--as", "admin-1", "--id", "west", "--name", "西镇",
                      "--parent", "city", "--tier", "township"})
                .exit_code,
            0);
  const Finished older = at_other({"inspect", "compare", "--checkpoint", path("a.txt").string()});
  EXPECT_EQ(older.exit_code, 4) << older.out;
  const auto prefix = Evidence("other", "not-a-prefix");
  ASSERT_EQ(prefix.size(), 1U);
  ExpectConvicts(prefix[0]);
  // Where only the longer checkpoint is at hand and the server proves nothing, there is a complaint.
  ASSERT_EQ(at_other({"inspect", "checkpoint", "--out", path("c.txt").string()}).exit_code, 0);
  const Finished longer = Run({"inspect", "compare", "--checkpoint", path("c.txt").string()});
  EXPECT_EQ(longer.exit_code, 4) << longer.out;
  const auto complaints = Evidence("county", "complaint");
  ASSERT_EQ(complaints.size(), 1U);
  ExpectComplaint(complaints[0]);
}

TEST_F(Faces, ReadersOfOneLogAgree) {
  Good({"inspect", "checkpoint", "--out", path("a.txt").string()});
  AddOrganization("north");
  Good({"inspect", "checkpoint", "--out", path("b.txt").string()});
  const auto json = Json(
      {"inspect", "compare", "--checkpoint", path("a.txt").string(), "--checkpoint", path("b.txt").string()});
  ASSERT_EQ(json["faces"].size(), 2U);
  for (const auto& face : json["faces"]) EXPECT_TRUE(face["ok"].get<bool>()) << face;
  // A checkpoint of another log says nothing of this one.
  WriteAll(path("else.txt"),
           "else.example\n1\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=\n\n— else.example "
           "1FXFIQghEbt48JV0nbbvyoj51oOGWi8PWVu51z3js1zWy2qLhh2zcvy6M2X+e8pEVRpGR/"
           "9z7MVVru29jIzLkdPuEwg=\n");
  EXPECT_EQ(Run({"inspect", "compare", "--checkpoint", path("else.txt").string()}).exit_code, 3);
  EXPECT_EQ(Run({"inspect", "compare"}).exit_code, 2);
}

class Restored : public Faces {
 protected:
  // Two records and their receipts; then the ledger of before is put back, anchor and all.
  Restored() {
    StopServer();
    fs::copy(path("county/ledger"), path("backup"), fs::copy_options::recursive);
    StartServer();
    AddOrganization("north");
    AddOrganization("south");
    lost_ = Size() - 1;
    StopServer();
    fs::remove_all(path("county/ledger"));
    fs::copy(path("backup"), path("county/ledger"), fs::copy_options::recursive);
    StartServer();
  }
  std::string Receipt() { return path("county/receipts/" + std::to_string(lost_) + ".receipt").string(); }
  // As on a machine that has the receipt and saw nothing since.
  void Forget() { fs::remove(path("county/client.seen")); }

  uint64_t lost_ = 0;
};

TEST_F(Restored, TheNextClientThatComesBackNotices) {
  const Finished back = Run({"inspect", "checkpoint"});
  EXPECT_EQ(back.exit_code, 4);
  EXPECT_THAT(back.err, HasSubstr("LOG_SHRANK"));
  const auto complaints = Evidence("county", "complaint");
  ASSERT_EQ(complaints.size(), 1U);
  ExpectComplaint(complaints[0]);
}

TEST_F(Restored, AReceiptOfARecordThatIsGoneIsAComplaint) {
  Forget();
  const Finished upgraded = Run({"receipt", "upgrade", Receipt()});
  EXPECT_EQ(upgraded.exit_code, 4);
  EXPECT_THAT(upgraded.err, HasSubstr("RECEIPT_CONTRADICTED"));
  for (const std::string& complaint : Evidence("county", "complaint")) ExpectComplaint(complaint);
  EXPECT_FALSE(Evidence("county", "complaint").empty());
  const Finished checked =
      RunWith(path("none.toml"), {"receipt", "check", Receipt(), "--verifier-key", VerifierKey()});
  EXPECT_EQ(checked.exit_code, 0) << checked.out << "the receipt is as good as ever";
  Good({"evidence", "complain", "--say", "record " + std::to_string(lost_) + " is gone", "--receipt",
        Receipt(), "--out", path("complaint.txt").string()});
  ExpectComplaint(path("complaint.txt").string());
  EXPECT_THAT(CheckAlone(path("complaint.txt").string()).out,
              HasSubstr("a proof that the log signed a tree of"));
}

TEST_F(Restored, AReceiptConvictsALogThatWentAnotherWay) {
  Forget();
  // Others submit to the log that was put back, until it has another record at the receipt's place.
  for (const char* id : {"one", "two", "three"}) AddOrganization(id);
  const Finished upgraded = Run({"receipt", "upgrade", Receipt()});
  EXPECT_EQ(upgraded.exit_code, 4) << upgraded.out << upgraded.err;
  EXPECT_THAT(upgraded.err, HasSubstr("RECEIPT_CONTRADICTED"));
  const auto convicting = Evidence("county", "two-leaves");
  ASSERT_EQ(convicting.size(), 1U) << upgraded.err;
  ExpectConvicts(convicting[0]);
}

}  // namespace
}  // namespace fundledger::clients_testing
