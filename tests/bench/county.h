// A county as the benchmarks need it: as many budget lines as wanted, with money planned and allocated on
// each, officers with keys of their own. All of it goes through the engine's own door, signed; nothing is put
// into the store behind its back.
//
//   const County county({.projects = 1000});
//   SimulatedClock clock(County::kSetUpUs);
//   auto engine = county.Create(directory, &clock);
//
// Keys and names come from the seed.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "fundledger/v1/actions.pb.h"
#include "ledger/base/clock.h"
#include "ledger/crypto/signature.h"
#include "ledger/engine/engine.h"

#include "absl/status/statusor.h"

namespace fundledger::bench {

// Time that stands still until it is set. Any thread.
class SimulatedClock {
 public:
  explicit SimulatedClock(int64_t now_us) : now_us_(now_us) {}
  int64_t now_us() const { return now_us_; }
  void Set(int64_t now_us) { now_us_ = now_us; }
  void Advance(int64_t us) { now_us_ += us; }
  Clock clock() {
    return [this] { return now_us(); };
  }

 private:
  std::atomic<int64_t> now_us_;
};

struct CountyOptions {
  uint64_t seed = 1;
  // Every project has a line on every fund.
  int projects = 1000;
  int funds = 10;
  int payees = 100;
  // Of the finance bureau.
  int clerks = 8;
  // Each with two officers. Projects are shared out among them.
  int townships = 4;
};

struct Officer {
  std::string id;
  std::string organization;
  v1::Role role = v1::ROLE_UNSPECIFIED;
  std::shared_ptr<const crypto::Signer> key;
};

// Immutable; any thread.
class County {
 public:
  explicit County(const CountyOptions& options);

  static constexpr int32_t kUtcOffsetMinutes = 480;
  // 2020-10-08 08:00 in the county: when it is set up.
  static constexpr int64_t kSetUpUs = 1'602'115'200'000'000;

  const CountyOptions& options() const { return options_; }
  std::shared_ptr<const crypto::Signer> log_key() const { return log_key_; }
  // NAME+HEX+BASE64 of the log's key.
  std::string verifier_key() const;

  std::string ProjectId(int project) const;
  std::string FundId(int fund) const;
  std::string PayeeId(int payee) const;
  std::string TownshipId(int township) const;
  // Index of the township that carries out a project.
  int TownshipOf(int project) const { return project % options_.townships; }
  int lines() const { return options_.projects * options_.funds; }

  // Who ask for payments: clerks first, then the townships' officers, two of each.
  const std::vector<Officer>& requesters() const { return requesters_; }
  const std::vector<Officer>& reviewers() const { return reviewers_; }
  const std::vector<Officer>& treasury() const { return treasury_; }
  // Index in requesters() of the other officer of a township.
  size_t CounterpartOf(size_t requester) const;
  int TownshipOfRequester(size_t requester) const {
    return (static_cast<int>(requester) - options_.clerks) / 2;
  }
  bool IsClerk(size_t requester) const { return static_cast<int>(requester) < options_.clerks; }

  // Makes the ledger in an empty directory and opens it: organizations, officers, funds with money received,
  // projects approved, plans and allocations on every line, payees. The clock moves on by itself for it.
  absl::StatusOr<std::unique_ptr<engine::Engine>> Create(const std::string& directory,
                                                         SimulatedClock* clock) const;
  // Opens what Create made; both clocks are `clock`.
  absl::StatusOr<std::unique_ptr<engine::Engine>> Open(const std::string& directory,
                                                       const Clock& clock) const;

 private:
  friend class SetUp;
  std::shared_ptr<const crypto::Signer> KeyOf(std::string_view name) const;
  Officer MakeOfficer(std::string id, std::string organization, v1::Role role) const;

  const CountyOptions options_;
  std::shared_ptr<const crypto::Signer> log_key_;
  std::vector<Officer> requesters_, reviewers_, treasury_, administrators_, departments_, inspectors_;
};

}  // namespace fundledger::bench
