// The small files around a server, under the names this folder has for them.
#pragma once

#include "services/process/files.h"

namespace fundledger::server {

using process::ReadFile;
using process::ReadSecretFile;
using process::ReplaceFile;

}  // namespace fundledger::server
