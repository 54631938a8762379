#include "services/server/log.h"

#include <gtest/gtest.h>

namespace fundledger::server {
namespace {

TEST(Log, WritesKeyValueLines) {
  EXPECT_EQ(
      FormatLogText("serving", {{"pid", "12"}, {"address", "127.0.0.1:7411"}, {"origin", "县.example/账"}}),
      "event=serving pid=12 address=127.0.0.1:7411 origin=县.example/账");
  EXPECT_EQ(FormatLogText("fault", {{"message", "a \"b\"\nc=d"}, {"empty", ""}}),
            "event=fault message=\"a \\\"b\\\"\\nc=d\" empty=\"\"");
}

TEST(Log, WritesJsonMembers) {
  EXPECT_EQ(FormatLogJson("fault", {{"message", "a \"b\"\nc"}, {"pid", "12"}}),
            R"("event":"fault","message":"a \"b\"\nc","pid":"12")");
}

TEST(Log, SurvivesBytesThatAreNoText) {
  EXPECT_EQ(FormatLogJson("fault", {{"message", "\xff{}"}}),
            "\"event\":\"fault\",\"message\":\"\xEF\xBF\xBD{}\"");
}

}  // namespace
}  // namespace fundledger::server
