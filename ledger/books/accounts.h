// Accounts and what stands on them: postings summed by the line, fund or outside account they move.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fundledger/storage/v1/entities.pb.h"
#include "ledger/base/hash256.h"

#include "absl/status/statusor.h"

namespace fundledger::books {

// A budget line (project and fund), a fund itself (fund alone), or what other bodies paid out of a fund for a
// programme (fund and programme).
struct Account {
  std::string project;
  std::string fund;
  std::string programme;
  auto operator<=>(const Account&) const = default;
};

// The amounts of a Posting, in the order of its fields; numbers stand in the store's sheets.
enum Column : uint8_t {
  kSource,
  kUnallocated,
  kAvailable,
  kReserved,
  kHeld,
  kPaid,
  kOutside,
  kPlanned,
  kPlannedInitially,
  kLoansGranted,
  kLoansRepaid,
};
inline constexpr size_t kColumns = 11;

// By column, fen. Wide enough that no number of postings wraps it.
using Balance = std::array<__int128, kColumns>;

Account AccountOf(const ::fundledger::storage::v1::Posting& posting);
void AddPosting(const ::fundledger::storage::v1::Posting& posting, Balance* balance);

struct AccountBalance {
  const Account* account = nullptr;
  const Balance* balance = nullptr;
};

// Balances of all accounts on which anything was posted, even if it is zero by now.
struct Balances {
  std::vector<AccountBalance> rows;     // in the order of accounts, each once
  std::shared_ptr<const void> storage;  // keeps what the rows point to
};

class BalanceSource {
 public:
  virtual ~BalanceSource() = default;
  // Sums of the postings of records 0…`last` whose business day is not after `last_day` (days since
  // 1970-01-01; nothing: no limit). Thread-safe. DATA_LOSS if they cannot be read.
  virtual absl::StatusOr<Balances> SumPostings(Sequence last, std::optional<int32_t> last_day) const = 0;
};

}  // namespace fundledger::books
