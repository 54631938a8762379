// Answers for programs: messages as JSON with the protocol's field names. Amounts, sequences and counts are
// integers, dates 2020-06-16, hashes and other bytes lower-case hex, enum values their short lower-case
// names.
#pragma once

#include <google/protobuf/message.h>

#include <nlohmann/json.hpp>

namespace fundledger::cli {

nlohmann::ordered_json ToJson(const google::protobuf::Message& message);
// Prints with two spaces of indent and a final newline. Text that is not UTF-8 is shown with replacement
// characters.
void PrintJson(const nlohmann::ordered_json& json);

}  // namespace fundledger::cli
