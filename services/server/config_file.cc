// The file half of config.h. Its own file since toml++ takes long to compile.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <utility>

#include "ledger/base/status.h"
#include "services/server/config.h"

#include "absl/strings/str_cat.h"
#include <toml++/toml.h>

namespace fundledger::server {
namespace {

// One file being read into one configuration.
class FileReader {
 public:
  FileReader(std::string path, Config* config) : path_(std::move(path)), config_(config) {}

  absl::Status Read(const toml::table& file) const {
    for (const auto& [key, node] : file) {
      const std::string_view name = key.str();
      if (IsSection(name)) {
        const toml::table* section = node.as_table();
        if (section == nullptr) return Refused("CONFIG_WRONG_TYPE", name, node, "must be a section: [KEY]");
        for (const auto& [inner, value] : *section) RETURN_IF_ERROR(Set(name, inner.str(), value));
      } else {
        RETURN_IF_ERROR(Set("", name, node));
      }
    }
    return absl::OkStatus();
  }

 private:
  static bool IsSection(std::string_view name) {
    return std::any_of(Settings().begin(), Settings().end(),
                       [name](const Setting& setting) { return !name.empty() && setting.section == name; });
  }

  absl::Status Set(std::string_view section, std::string_view key, const toml::node& node) const {
    const std::string name =
        section.empty() ? std::string(key) : absl::StrCat(ToAbsl(section), ".", ToAbsl(key));
    const auto setting = std::find_if(Settings().begin(), Settings().end(), [&](const Setting& candidate) {
      return candidate.section == section && candidate.key == key;
    });
    if (setting == Settings().end()) {
      return Refused("CONFIG_UNKNOWN_KEY", name, node, "is not a setting; see fundledgerd --help");
    }
    if (const auto* field = std::get_if<std::string Config::*>(&setting->field)) {
      const std::optional<std::string> value = node.value_exact<std::string>();
      if (!value.has_value()) return Refused("CONFIG_WRONG_TYPE", name, node, "must be text in quotes");
      config_->*(*field) = setting->is_path ? Resolve(*value) : *value;
      return absl::OkStatus();
    }
    if (const auto* field = std::get_if<bool Config::*>(&setting->field)) {
      const std::optional<bool> value = node.value_exact<bool>();
      if (!value.has_value()) return Refused("CONFIG_WRONG_TYPE", name, node, "must be true or false");
      config_->*(*field) = *value;
      return absl::OkStatus();
    }
    if (const auto* field = std::get_if<std::vector<StampingAuthority> Config::*>(&setting->field)) {
      return SetAuthorities(name, node, &(config_->*(*field)));
    }
    const std::optional<int64_t> value = node.value_exact<int64_t>();
    if (!value.has_value()) return Refused("CONFIG_WRONG_TYPE", name, node, "must be a whole number");
    if (*value < setting->min || *value > setting->max) {
      return Refused("CONFIG_OUT_OF_RANGE", name, node,
                     absl::StrCat("is ", *value, "; it may be ", setting->min, " to ", setting->max));
    }
    config_->*std::get<int64_t Config::*>(setting->field) = *value;
    return absl::OkStatus();
  }

  absl::Status SetAuthorities(const std::string& name, const toml::node& node,
                              std::vector<StampingAuthority>* out) const {
    const toml::array* list = node.as_array();
    if (list == nullptr)
      return Refused("CONFIG_WRONG_TYPE", name, node, "must be a list: [\"NAME URL FILE\"]");
    out->clear();
    for (const toml::node& each : *list) {
      const std::optional<std::string> text = each.value_exact<std::string>();
      if (!text.has_value()) return Refused("CONFIG_WRONG_TYPE", name, each, "must hold texts in quotes");
      absl::StatusOr<StampingAuthority> authority = ParseStampingAuthority(*text);
      if (!authority.ok()) {
        return Annotate(authority.status(), absl::StrCat(path_, ":", each.source().begin.line, ": ", name));
      }
      authority->certificates = Resolve(authority->certificates);
      out->push_back(*std::move(authority));
    }
    return absl::OkStatus();
  }

  std::string Resolve(const std::string& value) const {
    if (value.empty()) return value;
    return (std::filesystem::path(path_).parent_path() / value).lexically_normal().string();
  }

  absl::Status Refused(std::string_view reason, std::string_view key, const toml::node& node,
                       absl::string_view what) const {
    return Refuse(absl::StatusCode::kInvalidArgument, reason,
                  absl::StrCat(path_, ":", node.source().begin.line, ": ", ToAbsl(key), " ", what));
  }

  const std::string path_;
  Config* const config_;
};

}  // namespace

absl::Status ReadConfigFile(const std::string& path, Config* config) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file || text.fail()) {
    return Refuse(
        absl::StatusCode::kNotFound, "CONFIG_MISSING",
        absl::StrCat(path,
                     ": cannot be read, or is empty; `fundledger init DIR` writes a configuration file"));
  }
  toml::table table;
  try {  // toml++ speaks in exceptions; none leaves this function
    table = toml::parse(text.str(), path);
  } catch (const toml::parse_error& error) {
    return Refuse(absl::StatusCode::kInvalidArgument, "CONFIG_MALFORMED",
                  absl::StrCat(path, ":", error.source().begin.line, ": ", ToAbsl(error.description())));
  }
  return FileReader(path, config).Read(table);
}

}  // namespace fundledger::server
