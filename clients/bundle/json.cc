#include "clients/bundle/json.h"

#include <optional>
#include <set>
#include <vector>

#include "ledger/base/status.h"
#include "ledger/base/utf8.h"

#include "absl/strings/str_cat.h"

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

// The keys of the objects that are open, so that one that stands twice is seen. A parser keeps the last, a
// person may read the first.
class OpenKeys {
 public:
  bool Take(nlohmann::json::parse_event_t event, const nlohmann::json& parsed) {
    using Event = nlohmann::json::parse_event_t;
    if (event == Event::object_start) objects_.emplace_back();
    if (event == Event::object_end) objects_.pop_back();
    if (event == Event::key && !objects_.back().insert(parsed.get<std::string>()).second) {
      twice_ = parsed.get<std::string>();
    }
    return true;
  }
  const std::optional<std::string>& twice() const { return twice_; }

 private:
  std::vector<std::set<std::string>> objects_;
  std::optional<std::string> twice_;
};

}  // namespace

absl::StatusOr<nlohmann::json> ParseJson(std::string_view text) {
  if (!IsTooDeep(text)) {
    OpenKeys keys;
    nlohmann::json json = nlohmann::json::parse(
        text,
        [&keys](int, nlohmann::json::parse_event_t event, nlohmann::json& parsed) {
          return keys.Take(event, parsed);
        },
        /*allow_exceptions=*/false);
    if (keys.twice().has_value()) {
      return Refuse(
          absl::StatusCode::kInvalidArgument, "JSON_MALFORMED",
          absl::StrCat(Quote(*keys.twice()), " stands twice in one object: which counts is not said"));
    }
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
