#include "clients/cli/suggest.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"

namespace fundledger::cli {
namespace {

constexpr size_t kSuggestionsMax = 3;
constexpr size_t kLengthMax = 64;

// The characters of a UTF-8 text, folded.
std::vector<std::string> Characters(std::string_view text) {
  std::vector<std::string> characters;
  for (const char c : text) {
    const bool goes_on = (static_cast<unsigned char>(c) & 0xc0U) == 0x80U;
    if (goes_on && !characters.empty()) {
      characters.back().push_back(c);
    } else {
      const char folded = c == '-' || c == ' ' ? '_' : absl::ascii_tolower(static_cast<unsigned char>(c));
      characters.emplace_back(1, folded);
    }
  }
  return characters;
}

// Levenshtein's: letters put in, left out or exchanged.
size_t Distance(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i);
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t exchanged = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, exchanged});
    }
  }
  return row.back();
}

bool Holds(const std::vector<std::string>& whole, const std::vector<std::string>& part) {
  return part.size() >= 2 && std::search(whole.begin(), whole.end(), part.begin(), part.end()) != whole.end();
}

}  // namespace

std::vector<std::string> WordsLike(std::string_view text, const std::vector<std::string>& known) {
  const std::vector<std::string> written = Characters(text.substr(0, kLengthMax));
  std::vector<std::pair<size_t, std::string>> found;
  for (const std::string& word : known) {
    const std::vector<std::string> letters = Characters(word);
    const size_t distance = Distance(written, letters);
    const bool near = distance <= std::max(written.size(), letters.size()) / 3;
    if (near || Holds(letters, written) || Holds(written, letters)) found.emplace_back(distance, word);
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::string> words;
  for (size_t i = 0; i < std::min(found.size(), kSuggestionsMax); ++i) words.push_back(found[i].second);
  return words;
}

}  // namespace fundledger::cli
