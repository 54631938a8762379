// What the operator is told of calls. None of it is in the log, for it changed nothing.
#pragma once

#include <string>
#include <string_view>

#include "fundledger/v1/audit_service.pb.h"
#include "ledger/base/hash256.h"
#include "services/api/access.h"
#include "services/api/claims.h"

#include "absl/status/status.h"

namespace fundledger::api {

// A call, or one submission of a stream, that was refused.
struct Attempt {
  std::string_view method;  // SERVICE.METHOD; a literal
  std::string peer;         // address as gRPC writes it: ipv4:192.0.2.7:41234
  std::string officer;      // whose certificate the connection showed; empty: none that counts
  Claims claims;            // of a submission: who it says signed it, and its request id
  absl::Status status;
};

// Thread-safe; called on the sequencer's thread among others, so it must neither block nor fail.
class Watch {
 public:
  virtual ~Watch() = default;
  // Of queries: authentication, authority and limits. Of submissions: whatever the reason.
  virtual void OnRefused(const Attempt& attempt) = 0;
  // A submission got its receipt.
  virtual void OnRecorded() = 0;
  // Somebody who sees everything listed a trail; once for each page that was answered.
  virtual void OnTrailRead(const Caller& caller, std::string_view peer,
                           const ::fundledger::v1::ListTrailRequest& request) = 0;
  // Somebody who sees everything read `count` records from `first` on, in a tile.
  virtual void OnEntriesRead(const Caller& caller, std::string_view peer, Sequence first, uint64_t count) = 0;
  // A question over HTTP was answered, with an HTTP status: checkpoint, hashes, entries, other.
  virtual void OnHttpAnswered(std::string_view what, int status) = 0;
  // Somebody began to watch all records from one on; once for each call.
  virtual void OnRecordsWatched(const Caller& caller, std::string_view peer, Sequence from) = 0;
};

}  // namespace fundledger::api
