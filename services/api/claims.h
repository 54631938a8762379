// What a submission says of itself before anything of it is verified, for the operator's eyes only.
#pragma once

#include <string>
#include <string_view>

namespace fundledger::api {

struct Claims {
  std::string officer;     // as written; at most 64 bytes of it
  std::string request_id;  // as written; at most 16 bytes of it
};

// Reads only as far as it must: takes about a microsecond, whatever the submission's size. What is not there
// stays empty.
Claims ClaimsOf(std::string_view envelope);

}  // namespace fundledger::api
