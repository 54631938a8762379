#include "ledger/crypto/secret.h"

namespace fundledger::crypto {

Secret PassphraseOf(const Secret& text) {
  std::string_view line = text.view().substr(0, text.view().find('\n')).substr(0, kPassphraseBytesMax);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return Secret(std::string(line));
}

}  // namespace fundledger::crypto
