// Officers' keys as records name them.
#pragma once

#include <string>
#include <vector>

#include "fundledger/v1/actions.pb.h"

namespace fundledger::bundle {

struct NamedKey {
  std::string officer;  // id
  ::fundledger::v1::PublicKey key;
};

// Keys that a submission registers, rotates to, recovers or, as a genesis, begins with. Whether they came to
// count is not its to say: it may have waited for approval.
std::vector<NamedKey> KeysNamedIn(const ::fundledger::v1::Submission& submission);

}  // namespace fundledger::bundle
