// fundledger inspect export: a bundle, which fundledger-verify checks without a server.
#pragma once

#include <memory>
#include <string>

#include "clients/cli/commands.h"
#include "clients/export/export.h"

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace fundledger::cli {

// The server's records under the checkpoint of `note`, which is believed first; empty: under its latest.
absl::StatusOr<std::unique_ptr<exporting::Source>> SourceOfServer(sdk::Client* client, std::string note = "");
// The note of the same checkpoint with the cosignatures that came since; as it is, where the server shows
// none of that size. Believed by whoever uses it.
absl::StatusOr<std::string> Cosigned(sdk::Client* client, const log::Checkpoint& checkpoint,
                                     std::string note);
// What a server gave out that is not the log is evidence against it.
absl::Status AgainstServer(const absl::Status& status);

void AddExportCommand(Program* program);

}  // namespace fundledger::cli
