// Digests, by OpenSSL.
#pragma once

#include <initializer_list>
#include <string_view>

#include "ledger/base/hash256.h"

namespace fundledger::crypto {

// SHA-256 over the concatenation of `parts`.
Hash256 Sha256(std::initializer_list<std::string_view> parts);
inline Hash256 Sha256(std::string_view bytes) {
  return Sha256({bytes});
}
// SM3 (GB/T 32905-2016) over `bytes`.
Hash256 Sm3(std::string_view bytes);
// `count` bytes from the system's random generator. Aborts if there is none.
std::string RandomBytes(size_t count);

}  // namespace fundledger::crypto
