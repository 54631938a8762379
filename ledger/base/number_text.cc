#include "ledger/base/number_text.h"

#include <algorithm>

#include "ledger/base/status.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_replace.h"

namespace fundledger {

std::string HalfWidth(std::string_view text) {
  const std::string plain = absl::StrReplaceAll(
      ToAbsl(text),
      {{"０", "0"}, {"１", "1"}, {"２", "2"}, {"３", "3"}, {"４", "4"}, {"５", "5"},    {"６", "6"},
       {"７", "7"}, {"８", "8"}, {"９", "9"}, {"，", ","}, {"．", "."}, {"－", "-"},    {"−", "-"},
       {"＋", "+"}, {"／", "/"}, {"％", "%"}, {"　", " "}, {"\t", " "}, {"\u00a0", " "}});
  return std::string(absl::StripAsciiWhitespace(plain));
}

bool TakeGroups(std::string_view whole, std::string* digits) {
  if (whole.find(',') == std::string_view::npos) {
    digits->append(whole);
    return true;
  }
  bool regular = true;
  for (size_t start = 0; start <= whole.size();) {
    const size_t comma = std::min(whole.find(',', start), whole.size());
    const size_t width = comma - start;
    regular = regular && (start == 0 ? width >= 1 && width <= 3 : width == 3);
    digits->append(whole.substr(start, width));
    start = comma + 1;
  }
  return regular;
}

}  // namespace fundledger
