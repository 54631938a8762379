// JSON from strangers.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include <nlohmann/json.hpp>

namespace fundledger::bundle {

// What the text holds; deeper than anything this project writes it is refused, since whoever walks JSON
// recurses, and so is a key that stands twice in one object. INVALID_ARGUMENT, reason JSON_MALFORMED.
absl::StatusOr<nlohmann::json> ParseJson(std::string_view text);

// A text that an object holds; empty if it does not.
std::string TextAt(const nlohmann::json& object, const char* key);

}  // namespace fundledger::bundle
