// What somebody may have meant who wrote a word that is not known.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace fundledger::cli {

// Those of `known` that are like `text`, nearest first, at most three: one holds the other, or they differ by
// few letters. ASCII letters count without case, '-' and ' ' as '_'; Chinese by character. Empty: none is.
std::vector<std::string> WordsLike(std::string_view text, const std::vector<std::string>& known);

}  // namespace fundledger::cli
