// Working without a connection: what is known of the ledger on this machine, and what is said of what waits.
#pragma once

#include <string>

#include "clients/cli/context.h"

namespace fundledger::cli {

// Finds what cells name in what is kept: receipts of this machine, and indicators that were asked for before.
class LocalResolver : public Resolver {
 public:
  LocalResolver(const sdk::ClientConfig* config, const sdk::Facts* facts) : config_(config), facts_(facts) {}
  absl::StatusOr<v1::ActionRef> Payment(const std::string& text) override;
  absl::StatusOr<v1::ActionRef> Action(const std::string& text) override;
  absl::StatusOr<uint32_t> Scale(const std::string& indicator) override;

 private:
  const sdk::ClientConfig* config_;
  const sdk::Facts* facts_;
};

// That it is signed and waits, and until when.
void PrintKept(const Context& context, const sdk::Waiting& waiting, int32_t utc_offset_minutes);

}  // namespace fundledger::cli
