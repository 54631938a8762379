#include "clients/cli/suggest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace fundledger::cli {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(WordsLike, FindsWhatHoldsTheWordOrIsAFewLettersOff) {
  const std::vector<std::string> kinds = {"receive", "plan", "record_outside_payment", "request_payment"};
  EXPECT_THAT(WordsLike("payment", kinds), ElementsAre("request_payment", "record_outside_payment"));
  EXPECT_THAT(WordsLike("request-payment", kinds), testing::Contains("request_payment"));
  EXPECT_THAT(WordsLike("Recieve", kinds), ElementsAre("receive"));
  EXPECT_THAT(WordsLike("plans", kinds), ElementsAre("plan"));
}

TEST(WordsLike, CountsChineseByCharacter) {
  const std::vector<std::string> titles = {"金额", "业务编号", "业务日期", "用款申请"};
  EXPECT_THAT(WordsLike("金额（元）", titles), ElementsAre("金额"));
  EXPECT_THAT(WordsLike("申请", titles), ElementsAre("用款申请"));
  EXPECT_THAT(WordsLike("业务编码", titles), ElementsAre("业务编号"));
}

TEST(WordsLike, FindsNothingFarOff) {
  EXPECT_THAT(WordsLike("xyz", {"receive", "plan"}), IsEmpty());
  EXPECT_THAT(WordsLike("", {"receive", "plan"}), IsEmpty());
  EXPECT_THAT(WordsLike("\xff\xfe", {"plan"}), IsEmpty()) << "not text at all";
  EXPECT_THAT(WordsLike(std::string(10'000, 'a'), {"plan"}), IsEmpty());
}

}  // namespace
}  // namespace fundledger::cli
