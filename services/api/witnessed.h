// What a ledger's witnesses have cosigned, as answers name it.
#pragma once

#include <cstdint>
#include <string>

#include "fundledger/v1/ledger_service.pb.h"

namespace fundledger::api {

// Thread-safe, and quick: it is asked for every answer.
class Witnessed {
 public:
  virtual ~Witnessed() = default;
  // The note of the latest checkpoint of at most `size` records under which the quorum stands, with the
  // cosignatures; empty: there is none.
  virtual std::string NoteUpTo(uint64_t size) const = 0;
  virtual ::fundledger::v1::Witnessing State() const = 0;
};

}  // namespace fundledger::api
