// kill -9 of the server in the middle of an import: nothing acknowledged is lost, nothing is recorded twice.
#include <csignal>
#include <fstream>

#include <gmock/gmock.h>

#include "clients/sdk/receipt.h"
#include "fundledger/v1/resources.pb.h"
#include "ledger/log/record.h"
#include "tests/integration/clients/cut_line.h"
#include "tests/integration/clients/world.h"

namespace fundledger::clients_testing {
namespace {

// So many that a kill comes before the last of them, however fast the server is.
constexpr int kRows = 1600;
constexpr std::chrono::seconds kLimit{60};

class Crash : public World {
 protected:
  Crash() {
    StartServer();
    std::string text = "kind,reference,id,name,parent,tier\n";
    for (int i = 1; i <= kRows; ++i) {
      const std::string n = std::to_string(i);
      text += "register_organization,O-" + n + ",v-" + n + ",村" + n + ",city,village\n";
    }
    file_ = Csv("villages.csv", text);
    // Kept as the first receipt is; made here so that it can be watched.
    std::filesystem::create_directories(path("county/receipts"));
  }

  std::filesystem::path ReceiptPath(uint64_t sequence) {
    return path("county/receipts/" + std::to_string(sequence) + ".receipt");
  }
  // Every receipt the client believed is of the record that now stands there.
  void ExpectReceiptsHold() {
    size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(path("county/receipts"))) {
      // A killed client leaves what it was writing, under another name.
      if (entry.path().extension() != ".receipt") continue;
      v1::Receipt receipt;
      ASSERT_TRUE(receipt.ParseFromString(ReadAll(entry.path())));
      const std::string record = receipt.header() + receipt.envelope();
      leaves_[std::stoull(entry.path().stem().string())] = log::LeafHash(record);
      ++count;
    }
    EXPECT_EQ(count, static_cast<size_t>(kRows));
    const auto trail = Json({"inspect", "trail", "--action", "register_organization"});
    for (const auto& record : trail["records"]) {
      const auto found = leaves_.find(record["sequence"].get<uint64_t>());
      ASSERT_NE(found, leaves_.end());
      EXPECT_EQ(record["leaf_hash"], Hex(found->second));
    }
  }
  static std::string Hex(const Hash256& hash) {
    std::string hex;
    for (const uint8_t byte : hash.bytes) {
      constexpr char kDigits[] = "0123456789abcdef";
      hex += {kDigits[byte / 16], kDigits[byte % 16]};
    }
    return hex;
  }

  std::string file_;
  std::map<uint64_t, Hash256> leaves_;
};

TEST_F(Crash, RepeatedImportRecordsTheRestAndNothingTwice) {
  const uint64_t before = Size();
  uint64_t recorded = 0;
  // Killed at three places; each time the import gives up, and is repeated as it was.
  for (const uint64_t at : {40, 400, 800}) {
    const auto import = Start({"import", file_, "--as", "admin-1", "--patience", "0"});
    ASSERT_TRUE(WaitForFile(ReceiptPath(before + at), import.get(), kLimit));
    KillServer();
    const Finished stopped = import->Wait();
    EXPECT_TRUE(stopped.exit_code == 3 || stopped.exit_code == 5) << stopped.exit_code << stopped.err;
    EXPECT_THAT(stopped.err, testing::HasSubstr("stopped at row"));
    StartServer();
    const uint64_t now = Size() - before;
    EXPECT_GT(now, at) << "what had a receipt is there";
    EXPECT_LT(now, static_cast<uint64_t>(kRows));
    EXPECT_GT(now, recorded);
    recorded = now;
  }
  const auto rest = Json({"import", file_, "--as", "admin-1"});
  EXPECT_EQ(rest["recorded"].get<uint64_t>(), kRows - recorded);
  EXPECT_EQ(rest["already"].get<uint64_t>(), recorded);
  EXPECT_EQ(Size(), before + kRows);
  EXPECT_EQ(Json({"import", file_, "--as", "admin-1"})["already"], kRows);
  EXPECT_EQ(Size(), before + kRows);
  ExpectReceiptsHold();
  StopServer();
  EXPECT_TRUE(Json({"inspect", "verify", "--data", path("county/ledger").string()})["ok"].get<bool>());
}

TEST_F(Crash, AnImportThatWasKilledItselfIsRepeatedAsItWas) {
  const uint64_t before = Size();
  for (const uint64_t at : {40, 400, 800}) {
    const auto import = Start({"import", file_, "--as", "admin-1"});
    ASSERT_TRUE(WaitForFile(ReceiptPath(before + at), import.get(), kLimit));
    import->Kill(SIGKILL);
    EXPECT_EQ(import->Wait().exit_code, -1);
  }
  const auto rest = Json({"import", file_, "--as", "admin-1"});
  EXPECT_EQ(rest["recorded"].get<int>() + rest["already"].get<int>(), kRows);
  EXPECT_EQ(Size(), before + kRows);
  // Also of rows that were recorded and whose receipts never came to be kept.
  ExpectReceiptsHold();
}

TEST_F(Crash, ImportOutlivesARestartOfTheServer) {
  const uint64_t before = Size();
  const auto import = Start({"import", file_, "--as", "admin-1", "--json"});
  ASSERT_TRUE(WaitForFile(ReceiptPath(before + 200), import.get(), kLimit));
  KillServer();
  StartServer();
  const Finished finished = import->Wait();
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  const auto summary = nlohmann::json::parse(finished.out, nullptr, false);
  ASSERT_FALSE(summary.is_discarded()) << finished.out;
  // Those in flight may have been recorded before the server died: by this import, and no earlier one.
  EXPECT_EQ(summary["recorded"].get<int>(), kRows);
  EXPECT_EQ(summary["already"].get<int>(), 0);
  EXPECT_EQ(Size(), before + kRows);
  ExpectReceiptsHold();
}

TEST_F(Crash, AnImportThatIsCutOffSaysWhatMayBeRecorded) {
  std::string text = "kind,reference,id,name,parent,tier\n";
  for (int i = 1; i <= 4; ++i) {
    const std::string n = std::to_string(i);
    text += "register_organization,O-" + n + ",v-" + n + ",村" + n + ",city,village\n";
  }
  const std::string few = Csv("few.csv", text);
  const uint64_t before = Size();
  CutLine line(path("county"), address(), "admin-1");
  const std::vector<std::string> import = {"import", few, "--as", "admin-1", "--patience", "0", "--json"};
  line.CutAt("SubmitStream", true, 2);
  const Finished cut = RunAt(line.address(), path("county/client.toml"), import);
  EXPECT_EQ(cut.exit_code, 5) << cut.err;
  const auto summary = nlohmann::json::parse(cut.out, nullptr, false);
  ASSERT_FALSE(summary.is_discarded()) << cut.out;
  EXPECT_EQ(summary["recorded"], 2);
  EXPECT_GE(summary["unanswered"].get<int>(), 1);
  EXPECT_LE(summary["unanswered"].get<int>(), 2);
  EXPECT_EQ(Size(), before + 3) << "the third was taken, and its answer lost";
  // What was recorded is so whether or not the growth of the log is proven.
  line.CutAt("GetConsistencyProof", false);
  const Finished rest = RunAt(line.address(), path("county/client.toml"), import);
  EXPECT_EQ(rest.exit_code, 8) << rest.out << rest.err;
  EXPECT_THAT(rest.err, testing::HasSubstr("NOT_SETTLED"));
  EXPECT_EQ(nlohmann::json::parse(rest.out)["recorded"], 1);
  EXPECT_EQ(nlohmann::json::parse(rest.out)["already"], 3);
  EXPECT_EQ(Size(), before + 4);
}

}  // namespace
}  // namespace fundledger::clients_testing
