// Where a test finds the sources and the programs built from them.
#pragma once

#include <string>

namespace fundledger::test_support {

// Root of the source tree, without a slash at its end.
std::string SourceDir();
// Directory of the programs: fundledger, fundledgerd and the others.
std::string BinDir();

}  // namespace fundledger::test_support
