// Where a question ends, by its head as it was sent (RFC 9112, sections 5.1 and 6.3). cpp-httplib passes over
// lines that it cannot read and unescapes values: whoever stands between it and the client may have read
// another length, and what one takes for a body is the next question for the other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "absl/status/statusor.h"

namespace fundledger::http {

struct Framing {
  bool has_transfer_encoding = false;
  size_t lengths = 0;              // lines of Content-Length
  std::optional<uint64_t> length;  // of the last one, if it is digits alone and fits

  // Whether there is only one way to read it.
  bool is_clear() const {
    return lengths == 0 || (lengths == 1 && length.has_value() && !has_transfer_encoding);
  }
  // Whether bytes that belong to the question follow its head.
  bool has_body() const { return has_transfer_encoding || length.value_or(0) > 0; }
};

// `head`: request line, headers and the empty line. INVALID_ARGUMENT, reason HTTP_MALFORMED: a line that does
// not end in CRLF, that continues another or has no name right before its colon, or a control character.
absl::StatusOr<Framing> ReadFraming(std::string_view head);

}  // namespace fundledger::http
