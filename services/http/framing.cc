#include "services/http/framing.h"

#include <algorithm>

#include "ledger/base/status.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"

namespace fundledger::http {
namespace {

absl::Status Malformed(std::string_view what) {
  return Refuse(absl::StatusCode::kInvalidArgument, "HTTP_MALFORMED", what);
}

bool IsControl(char c) {
  return (absl::ascii_iscntrl(static_cast<unsigned char>(c)) && c != '\t');
}

// What is before the next CRLF; takes both from `rest`. Nothing: there is no such end, or more than a line.
std::optional<std::string_view> TakeLine(std::string_view* rest) {
  const size_t end = rest->find("\r\n");
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view line = rest->substr(0, end);
  rest->remove_prefix(end + 2);
  if (std::any_of(line.begin(), line.end(), IsControl)) return std::nullopt;
  return line;
}

void TakeLength(std::string_view value, Framing* framing) {
  const absl::string_view text = absl::StripAsciiWhitespace(ToAbsl(value));
  uint64_t length = 0;
  const bool is_digits = !text.empty() && std::all_of(text.begin(), text.end(), absl::ascii_isdigit);
  ++framing->lengths;
  framing->length.reset();
  if (is_digits && absl::SimpleAtoi(text, &length)) framing->length = length;
}

}  // namespace

absl::StatusOr<Framing> ReadFraming(std::string_view head) {
  Framing framing;
  std::optional<std::string_view> line = TakeLine(&head);  // the request line
  while (line.has_value()) {
    line = TakeLine(&head);
    if (!line.has_value()) break;
    if (line->empty()) return framing;
    const std::string_view name = line->substr(0, line->find(':'));
    const bool has_name = !name.empty() && name.size() < line->size() &&
                          std::none_of(name.begin(), name.end(), absl::ascii_isspace);
    if (!has_name) return Malformed("a header has no name right before its colon");
    if (absl::EqualsIgnoreCase(ToAbsl(name), "Content-Length")) {
      TakeLength(line->substr(name.size() + 1), &framing);
    } else if (absl::EqualsIgnoreCase(ToAbsl(name), "Transfer-Encoding")) {
      framing.has_transfer_encoding = true;
    }
  }
  return Malformed("a line of the head does not end in CRLF, or holds a control character");
}

}  // namespace fundledger::http
