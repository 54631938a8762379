#include "clients/cli/confirm.h"

#include <string_view>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pty.h>
#include <unistd.h>

#include "clients/cli/language.h"
#include "ledger/base/status.h"

namespace fundledger::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

// Standard input is something else for as long as a test runs.
class ConfirmTest : public testing::Test {
 protected:
  ConfirmTest() : kept_(::dup(STDIN_FILENO)) {}
  ~ConfirmTest() override {
    ::dup2(kept_, STDIN_FILENO);
    ::close(kept_);
    SetLanguage(Language::kEnglish);
  }
  // Asks a person at a terminal who has typed `typed`.
  absl::Status AskPersonWhoTypes(std::string_view typed, bool was_shown = true) {
    int person = -1;
    int program = -1;
    EXPECT_EQ(::openpty(&person, &program, nullptr, nullptr, nullptr), 0);
    EXPECT_EQ(::write(person, typed.data(), typed.size()), static_cast<ssize_t>(typed.size()));
    ::dup2(program, STDIN_FILENO);
    const absl::Status answer = Confirm("Approve these 2?", "nothing was approved", was_shown);
    ::close(program);
    ::close(person);
    return answer;
  }
  static absl::Status AskNobody() {
    const int nothing = ::open("/dev/null", O_RDONLY);
    ::dup2(nothing, STDIN_FILENO);
    ::close(nothing);
    return Confirm("Approve these 2?", "nothing was approved", true);
  }

 private:
  int kept_;
};

TEST_F(ConfirmTest, TakesAPlainYesAtATerminal) {
  EXPECT_TRUE(AskPersonWhoTypes("y\n").ok());
  EXPECT_TRUE(AskPersonWhoTypes("yes\n").ok());
  EXPECT_TRUE(AskPersonWhoTypes("是\n").ok());
}

TEST_F(ConfirmTest, TakesNothingElseForAYes) {
  for (const char* typed : {"n\n", "\n", "maybe\n", "yy\n"}) {
    const absl::Status answer = AskPersonWhoTypes(typed);
    EXPECT_EQ(ReasonOf(answer), "NOT_CONFIRMED") << typed;
    EXPECT_THAT(std::string(answer.message()), HasSubstr("nothing was approved: say y, or give --yes"));
  }
}

// What goes to standard output may be read by a program.
TEST_F(ConfirmTest, AsksOnStandardError) {
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  EXPECT_TRUE(AskPersonWhoTypes("y\n").ok());
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "Approve these 2? [y/N] ");
}

TEST_F(ConfirmTest, AsksNobodyForAYesToWhatWasNotShown) {
  testing::internal::CaptureStderr();
  const absl::Status answer = AskPersonWhoTypes("y\n", false);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  EXPECT_EQ(ReasonOf(answer), "NOT_CONFIRMED");
  EXPECT_THAT(
      std::string(answer.message()),
      HasSubstr("nothing was approved: with --json nothing is shown and nobody is asked; give --yes"));
}

TEST_F(ConfirmTest, AdvisesOnlyTheFlagWhereNoAnswerIsRead) {
  const absl::Status answer = AskNobody();
  EXPECT_EQ(ReasonOf(answer), "NOT_CONFIRMED");
  EXPECT_THAT(std::string(answer.message()),
              testing::AllOf(HasSubstr("give --yes"), Not(HasSubstr("say y"))));
  SetLanguage(Language::kChinese);
  EXPECT_THAT(std::string(AskNobody().message()),
              testing::AllOf(HasSubstr("请加 --yes"), Not(HasSubstr("请回答"))));
}

}  // namespace
}  // namespace fundledger::cli
