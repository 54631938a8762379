// What a submission may hold: a field or enum value that is unknown today must not gain a meaning tomorrow,
// in a record that is already signed. So both are refused, at every depth.
#pragma once

#include <string_view>

#include "fundledger/v1/actions.pb.h"

#include "absl/status/status.h"

namespace fundledger::audit {

// What the bytes of a Submission show without being parsed.
struct Look {
  // They hold nothing but fields and enum values that are known, each in the form in which serializers write
  // it. False for some that CheckKnown takes, and for what does not parse; never true for what it refuses.
  bool has_only_known = false;
  // Every string may stand in a ledger for ever (books::TextCheckOf). False where the above is.
  bool has_good_text = false;
};
// In a fifth of the time that CheckKnown takes.
Look LookAt(std::string_view payload);

// INVALID_ARGUMENT, reasons UNKNOWN_FIELD, UNKNOWN_ENUM_VALUE, naming the place.
absl::Status CheckKnown(const ::fundledger::v1::Submission& submission);

}  // namespace fundledger::audit
