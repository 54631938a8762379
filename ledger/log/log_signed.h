// What is time-stamped of a checkpoint: its note as the log alone signed it, whatever cosignatures came
// later.
#pragma once

#include <string_view>

namespace fundledger::log {

// `note` up to the end of its first signature line, which is the log's: cosignatures follow it. Points into
// `note`. Verifies nothing; all of it where there is no signature.
inline std::string_view LogSigned(std::string_view note) {
  const size_t signatures = note.rfind("\n\n");
  const size_t end = signatures == std::string_view::npos ? signatures : note.find('\n', signatures + 2);
  return end == std::string_view::npos ? note : note.substr(0, end + 1);
}

}  // namespace fundledger::log
