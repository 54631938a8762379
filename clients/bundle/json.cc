#include "clients/bundle/json.h"

#include "ledger/base/status.h"

namespace fundledger::bundle {
namespace {

constexpr int kDepthMax = 16;

// Looks only at brackets outside of texts; whether the rest is JSON is the parser's to say.
bool IsTooDeep(std::string_view text) {
  int depth = 0;
  bool in_text = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_text && c == '\\') ++i;
    if (c == '"') in_text = !in_text;
    if (in_text) continue;
    if (c == '[' || c == '{') ++depth;
    if (c == ']' || c == '}') --depth;
    if (depth > kDepthMax) return true;
  }
  return false;
}

}  // namespace

absl::StatusOr<nlohmann::json> ParseJson(std::string_view text) {
  if (!IsTooDeep(text)) {
    nlohmann::json json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (!json.is_discarded()) return json;
  }
  return Refuse(absl::StatusCode::kInvalidArgument, "JSON_MALFORMED",
                "this is no JSON, or is nested too deep");
}

std::string TextAt(const nlohmann::json& object, const char* key) {
  if (!object.is_object()) return "";
  const auto it = object.find(key);
  return it != object.end() && it->is_string() ? it->get<std::string>() : std::string();
}

}  // namespace fundledger::bundle
