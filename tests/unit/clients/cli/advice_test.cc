#include "clients/cli/advice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "clients/cli/language.h"
#include "clients/cli/words.h"
#include "ledger/base/status.h"

#include "absl/strings/str_cat.h"

namespace fundledger::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class Advice : public testing::Test {
 protected:
  ~Advice() override { SetLanguage(Language::kEnglish); }
  // The error as a person reads it, in either language.
  static std::string Line(Language language, std::string_view reason, std::string_view message) {
    SetLanguage(language);
    return ErrorLine(Refuse(absl::StatusCode::kUnavailable, reason, message));
  }
};

// A slow clock looks like a wrong certificate.
TEST_F(Advice, NamesTheClockWhereACertificateIsNotBelieved) {
  const std::string_view message = "Ssl handshake failed: SSL routines::certificate verify failed";
  EXPECT_THAT(Line(Language::kEnglish, "SERVER_UNREACHABLE", message),
              AllOf(testing::ContainsRegex("clock says [0-9]+-[0-9]+-[0-9]+ [0-9:]+ UTC"),
                    HasSubstr("[tls] ca"), Not(HasSubstr("--server"))));
  EXPECT_THAT(Line(Language::kChinese, "SERVER_UNREACHABLE", message),
              testing::ContainsRegex("本机时钟为 [0-9]+-[0-9]+-[0-9]+ [0-9:]+ UTC"));
}

TEST_F(Advice, SaysWhatToCheckWhereNoServerIsReached) {
  const std::string_view message = "server 127.0.0.1:1: Connection refused";
  const std::string english = Line(Language::kEnglish, "SERVER_UNREACHABLE", message);
  for (const char* what : {"--server", "client.toml", "fundledgerd runs", "admin certificate list"}) {
    EXPECT_THAT(english, HasSubstr(what));
  }
  EXPECT_THAT(english,
              testing::StartsWith("error SERVER_UNREACHABLE: server 127.0.0.1:1: Connection refused; "));
  const std::string chinese = Line(Language::kChinese, "SERVER_UNREACHABLE", message);
  for (const char* what : {"连不上服务器", "服务器地址", "fundledgerd", "证书", "Connection refused"}) {
    EXPECT_THAT(chinese, HasSubstr(what));
  }
}

TEST_F(Advice, NamesTheCommandThatAPaymentWaitsFor) {
  const auto stands = [](Language language, const std::string& state) {
    return Line(language, "PAYMENT_STATE_WRONG",
                absl::StrCat("payment 7.0 (PAY-1) is ", state, "; it cannot be refunded now: it waits"));
  };
  EXPECT_THAT(stands(Language::kEnglish, "requested"), HasSubstr("finance approve"));
  EXPECT_THAT(stands(Language::kEnglish, "approved"), HasSubstr("next: finance pay instruct"));
  EXPECT_THAT(stands(Language::kEnglish, "instructed"),
              AllOf(HasSubstr("finance pay confirm"), HasSubstr("finance pay fail")));
  EXPECT_THAT(stands(Language::kEnglish, "confirmed"), HasSubstr("finance refund"));
  for (const char* closed : {"rejected", "withdrawn", "failed", "reversed", "expired"}) {
    EXPECT_THAT(stands(Language::kEnglish, closed), HasSubstr("finance pay request")) << closed;
  }
  EXPECT_THAT(
      stands(Language::kChinese, "approved"),
      AllOf(HasSubstr("该支付现为“已批准”"), HasSubstr("下一步：签发支付令（finance pay instruct）")));
  for (const Word& word : kPaymentStateWords) {
    EXPECT_THAT(stands(Language::kChinese, word.name), HasSubstr(absl::StrCat("“", word.chinese, "”")));
  }
  EXPECT_THAT(Line(Language::kEnglish, "PAYMENT_STATE_WRONG", "said by a ledger of tomorrow"),
              HasSubstr("finance payments"));
}

TEST_F(Advice, AddsNothingToWhatSaysItAll) {
  EXPECT_EQ(Line(Language::kEnglish, "FUND_NOT_FOUND", "there is no fund 'f'"),
            "error FUND_NOT_FOUND: there is no fund 'f'");
  EXPECT_EQ(Line(Language::kChinese, "FUND_NOT_FOUND", "there is no fund 'f'"),
            "错误 FUND_NOT_FOUND（没有这笔资金）: there is no fund 'f'");
}

}  // namespace
}  // namespace fundledger::cli
