// Receipts as files, checked without a server: as the client keeps them (protobuf bytes of
// fundledger.v1.Receipt with its envelope), or as a C2SP tlog-proof with the record in `extra`.
//
//   auto receipt = ReadReceipt(bytes);
//   auto checkpoint = CheckKept(*receipt, keys, ledger);
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fundledger/v1/actions.pb.h"
#include "fundledger/v1/resources.pb.h"
#include "ledger/audit/log_keys.h"
#include "ledger/base/hash256.h"
#include "ledger/log/note.h"
#include "ledger/log/proof_file.h"
#include "ledger/log/record.h"

#include "absl/status/statusor.h"

namespace fundledger::sdk {

class Client;

struct KeptReceipt {
  log::ProofFile proof;  // the record in `extra`
  log::RecordHeader header;
  Hash256 leaf;
  v1::Submission submission;

  const std::string& record() const { return *proof.extra; }
};

// Reads form alone. INVALID_ARGUMENT, reason RECEIPT_MALFORMED.
absl::StatusOr<KeptReceipt> ReadReceipt(std::string_view bytes);
// As the client keeps it. INVALID_ARGUMENT, reason RECEIPT_MALFORMED, of one that ReadReceipt did not give.
absl::StatusOr<std::string> FormatReceipt(const KeptReceipt& receipt);

// That the log signed a tree with this record at its place: the key that it had at the checkpoint's size
// signed that, the proof leads to it, and the record's submission is for `ledger`, if that is known. It does
// not show whose signature the submission bears. Evidence, reason RECEIPT_INVALID, with what is wrong.
absl::StatusOr<log::Checkpoint> CheckKept(const KeptReceipt& receipt, const audit::LogKeys& keys,
                                          const std::optional<Hash256>& ledger);

// That the log shown still begins with the tree that the receipt is under. Where it does not, that is kept as
// evidence or as a complaint. Evidence, reason RECEIPT_CONTRADICTED.
absl::Status CheckStillThere(Client* client, const KeptReceipt& receipt);
// The receipt under the checkpoint of a note, which is believed first: asks the server for the proof. Where
// the server shows another record at its place, or none, that is kept as evidence or as a complaint.
// Evidence, reasons RECEIPT_CONTRADICTED, and those of Client::Believe.
absl::StatusOr<KeptReceipt> ProveUnder(Client* client, const KeptReceipt& receipt, const std::string& note);

}  // namespace fundledger::sdk
