#include "services/api/page.h"

#include <gtest/gtest.h>

#include "ledger/base/bytes.h"
#include "ledger/base/status.h"

namespace fundledger::api {
namespace {

TEST(PageSize, ZeroIsTheDefaultAndTheRestHasLimits) {
  EXPECT_EQ(*PageSize(0, 100, 1000), 100u);
  EXPECT_EQ(*PageSize(1, 100, 1000), 1u);
  EXPECT_EQ(*PageSize(1000, 100, 1000), 1000u);
  for (const int32_t bad : {-1, 1001, INT32_MIN, INT32_MAX}) {
    EXPECT_EQ(ReasonOf(PageSize(bad, 100, 1000).status()), "PAGE_SIZE_INVALID") << bad;
  }
}

TEST(PageToken, ComesBackAsItWas) {
  const std::string text = EncodePageToken({.size = 7, .position = "org-1"}, "question");
  const auto token = DecodePageToken(text, "question", 7);
  ASSERT_TRUE(token.ok()) << token.status();
  EXPECT_EQ(token->size, 7u);
  EXPECT_EQ(token->position, "org-1");
}

TEST(PageToken, IsRefusedForAnotherQuestionAnotherStateOrOtherBytes) {
  const std::string text = EncodePageToken({.size = 7, .position = "org-1"}, "question");
  EXPECT_EQ(ReasonOf(DecodePageToken(text, "question?", 7).status()), "PAGE_TOKEN_INVALID");
  EXPECT_EQ(ReasonOf(DecodePageToken(text, "question", 6).status()), "PAGE_TOKEN_INVALID");
  for (const std::string& bad : {std::string("x"), std::string("AAAA"), text.substr(4),
                                 text + "AAAA=", EncodePageToken({.size = 0, .position = "a"}, "question"),
                                 EncodePageToken({.size = 7, .position = ""}, "question")}) {
    EXPECT_EQ(ReasonOf(DecodePageToken(bad, "question", 7).status()), "PAGE_TOKEN_INVALID") << bad;
  }
}

}  // namespace
}  // namespace fundledger::api
