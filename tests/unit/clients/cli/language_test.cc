#include "clients/cli/language.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "tests/support/paths.h"

namespace fundledger::cli {
namespace {

namespace fs = std::filesystem;

std::string Read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// Reasons in the sources of `folder`: the literals that stand in docs/errors.md.
std::set<std::string> ReasonsOf(const std::string& folder) {
  static const std::regex kReason("\"([A-Z][A-Z0-9]*(_[A-Z0-9]+)+)\"");
  const fs::path source(test_support::SourceDir());
  const std::string listed = Read(source / "docs/errors.md");
  std::set<std::string> reasons;
  for (const auto& entry : fs::directory_iterator(source / folder)) {
    if (entry.path().extension() != ".cc") continue;
    const std::string text = Read(entry.path());
    for (std::sregex_iterator it(text.begin(), text.end(), kReason), end; it != end; ++it) {
      if (listed.find("\n| `" + it->str(1) + "` |") != std::string::npos) reasons.insert(it->str(1));
    }
  }
  return reasons;
}

TEST(Language, EveryReasonThatAClerkMeetsIsExplainedInChinese) {
  for (const char* folder : {"clients/cli", "clients/sdk", "ledger/books", "ledger/base"}) {
    const std::set<std::string> reasons = ReasonsOf(folder);
    EXPECT_GT(reasons.size(), 5U) << folder;
    for (const std::string& reason : reasons) {
      EXPECT_FALSE(ReasonInChinese(reason).empty()) << reason << " of " << folder;
    }
  }
}

}  // namespace
}  // namespace fundledger::cli
