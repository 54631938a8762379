// Who may ask what: the one table of role × RPC, and whose a connection is. Every handler asks here, through
// context.h; what an officer may do to the ledger is decided by the books, at the record.
//
//   ASSIGN_OR_RETURN(const Caller caller, access.Identify(*call->auth_context(), view));
//   ASSIGN_OR_RETURN(const Reach reach, CheckQuery(caller, RuleFor<v1::ListFundsRequest>()));
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include <google/protobuf/descriptor.h>
#include <grpcpp/security/auth_context.h>

#include "fundledger/v1/types.pb.h"
#include "ledger/base/clock.h"
#include "ledger/base/mutex.h"
#include "ledger/engine/engine.h"

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"

namespace fundledger::api {

// The officer behind a connection. In insecure loopback mode nobody is told from anybody: the officer is
// empty.
struct Caller {
  std::string officer;
  std::string organization;
  ::fundledger::v1::Role role = ::fundledger::v1::ROLE_UNSPECIFIED;
  // Whether a key of the officer counts. Where none does, somebody else may hold what was the officer's.
  bool has_key = true;

  bool is_known() const { return !officer.empty(); }
};

// How far an answer reaches.
enum class Reach {
  kNone,
  // Units: their own organization and those below, and what they may approve. Administrators: the registry,
  // and what they may approve. confine.h says what that is of each request.
  kOwn,
  kAll,
};

struct QueryRule {
  std::string_view method;  // SERVICE.METHOD of package fundledger.v1
  // SERVICE/METHOD with its package, as gRPC names it.
  std::string FullMethod() const;
  // By role, from ROLE_FINANCE_CLERK to ROLE_ADMIN.
  std::array<Reach, ::fundledger::v1::Role_ARRAYSIZE - 1> reach;
  // Also of an officer whose key was revoked: repeating what was submitted before, and facts of the log.
  bool without_key = false;
};

// One for each RPC of package fundledger.v1.
std::span<const QueryRule> QueryRules();
// Null for an RPC that has no rule, which nobody may call.
const QueryRule* FindQueryRule(std::string_view method);
// The rule of the RPC that takes this message; each RPC has a request of its own. Aborts if there is none.
const QueryRule& RuleOf(const google::protobuf::Descriptor* request);
template <typename Request>
const QueryRule& RuleFor() {
  static const QueryRule& rule = RuleOf(Request::descriptor());
  return rule;
}

// How far the caller may ask: kOwn or kAll; in insecure loopback mode always kAll. PERMISSION_DENIED, reason
// QUERY_NOT_ALLOWED; UNAUTHENTICATED, reason OFFICER_WITHOUT_KEY.
absl::StatusOr<Reach> CheckQuery(const Caller& caller, const QueryRule& rule);

// Whose connections are. Thread-safe.
class Access {
 public:
  // `engine` outlives it. `insecure`: insecure loopback mode. `clock` is monotonic.
  Access(const engine::Engine* engine, bool insecure, Clock clock);

  // The registered officer that the connection's certificate names, as of `view`. UNAUTHENTICATED: errors of
  // rpc::OfficerOfPeer; CERTIFICATE_OFFICER_UNKNOWN, CERTIFICATE_OFFICER_DISMISSED.
  absl::StatusOr<Caller> Identify(const grpc::AuthContext& peer, const engine::View& view) const;
  // The same of a connection that is not gRPC's: `officer` is whom its certificate names.
  absl::StatusOr<Caller> Identify(const absl::StatusOr<std::string>& officer, const engine::View& view) const;
  // The same, from memory, for what must cost next to nothing: what it says may be one second old.
  absl::StatusOr<Caller> IdentifyQuickly(const grpc::AuthContext& peer) const;

 private:
  struct Remembered {
    Caller caller;
    int64_t at_us = 0;
  };

  const engine::Engine* const engine_;
  const bool insecure_;
  const Clock clock_;
  mutable Mutex mutex_;
  // Registered officers only, so no more of them than there are.
  mutable std::map<std::string, Remembered, std::less<>> remembered_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace fundledger::api
