#include "tests/support/paths.h"

namespace fundledger::test_support {

std::string SourceDir() {
  return FUNDLEDGER_SOURCE_DIR;
}

std::string BinDir() {
  return FUNDLEDGER_BIN_DIR;
}

}  // namespace fundledger::test_support
