// What the verifier says to those who read Chinese: no line is left in English alone.
#include "clients/verify/language.h"

#include <algorithm>
#include <sstream>

#include <gmock/gmock.h>

#include "clients/bundle/json.h"
#include "clients/verify/print.h"
#include "tests/attack/offline/county.h"

#include "absl/strings/str_split.h"

namespace fundledger::attack {
namespace {

using test_support::TemporaryDirectory;
using testing::HasSubstr;
using verify::Options;

class OfflineLanguage : public testing::Test {
 protected:
  void SetUp() override { verify::is_chinese = true; }
  void TearDown() override { verify::is_chinese = false; }

  static bool HasChinese(std::string_view line) {
    // The blocks of ideographs and of their punctuation begin with these bytes in UTF-8.
    return std::any_of(line.begin(), line.end(), [](char c) {
      const auto byte = static_cast<unsigned char>(c);
      return byte == 0xe3 || (byte >= 0xe4 && byte <= 0xe9) || byte == 0xef;
    });
  }
  // All that is printed, each line of which is to have Chinese in it.
  static std::string Printed(const verify::Report& report) {
    std::ostringstream out;
    verify::PrintReport(report, out);
    for (const absl::string_view line : absl::StrSplit(out.str(), '\n', absl::SkipEmpty()))
      EXPECT_TRUE(HasChinese({line.data(), line.size()})) << line;
    return out.str();
  }

  TemporaryDirectory directory_;
  const std::string bundle_ = directory_.Sub("bundle");
  County county_;
};

TEST_F(OfflineLanguage, OfAWholeLedgerWithNotes) {
  county_.Cosign(county_.world.clock.now_us());
  county_.Export(bundle_);
  nlohmann::json briefing = BriefingOf(bundle_);
  briefing["witnessed"] = 3;
  WriteAll(bundle_ + "/remark.txt", "by hand");
  const auto report = Check(bundle_, [&](Options& options) {
    options.figures = briefing;
    options.receipts = {{"receipt", county_.receipt}};
  });
  EXPECT_TRUE(report.ok());
  EXPECT_THAT(Printed(report), HasSubstr("witnessed：所给报表中的此项不是数字项，未核对"));
}

TEST_F(OfflineLanguage, OfALedgerOfChainOnlyWhoseKeyIsItsOwn) {
  county_.Export(bundle_);
  const nlohmann::json briefing = BriefingOf(bundle_);
  const std::string printed = Printed(Check(bundle_, [&](Options& options) {
    options.chain_only = true;
    options.figures = briefing;
    options.verifier_key.clear();
  }));
  EXPECT_THAT(printed, HasSubstr("未计算任何数字"));
}

TEST_F(OfflineLanguage, OfSomeRecordsWithoutTheirOfficersKeys) {
  county_.Cosign(county_.world.clock.now_us());
  county_.Export(bundle_, "p-1");
  std::filesystem::remove_all(bundle_ + "/officers");
  county_.Grow("late");
  const std::string later = county_.engine().view()->signed_checkpoint();
  const std::string printed = Printed(Check(bundle_, [&](Options& options) {
    options.checkpoints = {{"later", later}};
  }));
  EXPECT_THAT(printed, HasSubstr("的签名未核对"));
  EXPECT_THAT(printed, HasSubstr("其他检查点及其时间戳"));
  EXPECT_THAT(printed, HasSubstr("仅凭部分记录无法判断"));
}

TEST_F(OfflineLanguage, OfWhatDoesNotVerify) {
  county_.Export(bundle_);
  nlohmann::json briefing = BriefingOf(bundle_);
  briefing["planned_fen"] = 1;
  const std::string printed = Printed(Check(bundle_, [&](Options& options) {
    options.figures = briefing;
    options.ledger = Hash256();
    options.checkpoints = {{"torn", "x"}};
  }));
  EXPECT_THAT(printed, HasSubstr("FIGURE_DIFFERS（数字与记录不符）: "));
}

}  // namespace
}  // namespace fundledger::attack
