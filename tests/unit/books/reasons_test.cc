// What the documents promise against what the source says: every action and every reason is written down.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <string>

#include "ledger/books/authority.h"
#include "tests/support/paths.h"

#include "gtest/gtest.h"

namespace fundledger::books {
namespace {

namespace fs = std::filesystem;

std::string Read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::string Document(const char* name) {
  return Read(fs::path(test_support::SourceDir()) / "docs" / name);
}

// Constants in upper case that are no reasons: names of the environment.
bool IsReason(const std::string& word) {
  return !word.starts_with("LC_") && !word.starts_with("FUNDLEDGER_");
}

// Reasons in the source below `folder`, and a file that has each: string literals in upper case with an
// underscore, and EXPIRED, the one word that stands alone.
std::map<std::string, std::string> ReasonsBelow(const std::string& folder) {
  static const std::regex kReason("\"([A-Z][A-Z0-9]*(_[A-Z0-9]+)+|EXPIRED)\"");
  std::map<std::string, std::string> reasons;
  for (const auto& entry : fs::recursive_directory_iterator(fs::path(test_support::SourceDir()) / folder)) {
    const std::string extension = entry.path().extension().string();
    if (extension != ".cc" && extension != ".h") continue;
    const std::string text = Read(entry.path());
    for (std::sregex_iterator it(text.begin(), text.end(), kReason), end; it != end; ++it) {
      if (IsReason((*it)[1])) reasons.emplace((*it)[1], entry.path().string());
    }
  }
  return reasons;
}

std::set<std::string> ReasonsListed() {
  static const std::regex kRow("\\n\\| `([A-Z0-9_]+)` \\|");
  const std::string text = Document("errors.md");
  std::set<std::string> listed;
  for (std::sregex_iterator it(text.begin(), text.end(), kRow), end; it != end; ++it) {
    EXPECT_TRUE(listed.insert((*it)[1]).second) << (*it)[1] << " is listed twice in docs/errors.md";
  }
  return listed;
}

TEST(Reasons, EveryReasonOfLibraryAndServicesIsInErrorsMd) {
  const std::set<std::string> listed = ReasonsListed();
  auto reasons = ReasonsBelow("ledger");
  reasons.merge(ReasonsBelow("services"));
  EXPECT_GT(reasons.size(), 100u);
  for (const auto& [reason, file] : reasons) {
    EXPECT_TRUE(listed.contains(reason)) << reason << " of " << file << " is missing in docs/errors.md";
  }
}

TEST(Reasons, ErrorsMdListsNothingThatIsGone) {
  std::set<std::string> known;
  for (const char* folder : {"ledger", "services", "clients"}) {
    for (const auto& [reason, file] : ReasonsBelow(folder)) known.insert(reason);
  }
  for (const std::string& listed : ReasonsListed()) {
    EXPECT_TRUE(known.contains(listed)) << listed << " of docs/errors.md is in no source";
  }
}

TEST(Reasons, EveryReasonOfTheBooksIsInRulesMd) {
  const std::string rules = Document("rules.md");
  for (const auto& [reason, file] : ReasonsBelow("ledger/books")) {
    EXPECT_NE(rules.find("`" + reason + "`"), std::string::npos)
        << reason << " of " << file << " is missing in docs/rules.md";
  }
}

TEST(Reasons, EveryActionHasItsRowInRulesMd) {
  const std::string rules = Document("rules.md");
  for (const ActionRule& rule : ActionRules()) {
    const std::string row = "\n| `" + std::string(rule.name) + "` | ";
    const size_t at = rules.find(row);
    ASSERT_NE(at, std::string::npos) << rule.name << " has no row in docs/rules.md";
    const std::string line = rules.substr(at + 1, rules.find('\n', at + 1) - at - 1);
    const char* date = rule.date == DateRule::kNone       ? "| none |"
                       : rule.date == DateRule::kOptional ? "| optional"
                                                          : "| required";
    EXPECT_NE(line.find(date), std::string::npos) << line;
    EXPECT_EQ(line.find("| – | ") == std::string::npos, rule.approval != ApprovalRule::kNone) << line;
  }
}

}  // namespace
}  // namespace fundledger::books
