// Which actions an action names: a proposal that it approves, a payment that it confirms.
#pragma once

#include <vector>

#include "fundledger/v1/actions.pb.h"

namespace fundledger::bundle {

std::vector<::fundledger::v1::ActionRef> RefsOf(const ::fundledger::v1::Action& action);

}  // namespace fundledger::bundle
