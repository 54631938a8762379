#include "services/process/log.h"

#include <atomic>
#include <memory>

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "ledger/base/status.h"

#include <nlohmann/json.hpp>

namespace fundledger::process {
namespace {

std::atomic<bool> log_json{false};

// JSON text; bytes that are not UTF-8 are replaced instead of thrown over.
std::string Quoted(std::string_view value) {
  return nlohmann::json(value).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

bool NeedsQuotes(std::string_view value) {
  if (value.empty()) return true;
  for (const char c : value) {
    if (static_cast<unsigned char>(c) <= ' ' || c == '"' || c == '=' || c == '\\' || c == '\x7f') return true;
  }
  return false;
}

spdlog::level::level_enum LevelOf(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarn:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

}  // namespace

std::string FormatLogText(std::string_view event, const LogFields& fields) {
  std::string line = "event=" + std::string(event);
  for (const auto& [key, value] : fields) {
    line.append(" ").append(key).append("=").append(NeedsQuotes(value) ? Quoted(value) : value);
  }
  return line;
}

std::string FormatLogJson(std::string_view event, const LogFields& fields) {
  std::string line = "\"event\":" + Quoted(event);
  for (const auto& [key, value] : fields)
    line.append(",").append(Quoted(key)).append(":").append(Quoted(value));
  return line;
}

void SetUpLog(std::string_view level, std::string_view format) {
  log_json = format == "json";
  auto logger =
      std::make_shared<spdlog::logger>("fundledger", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  const char* pattern = log_json ? R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})"
                                 : "time=%Y-%m-%dT%H:%M:%S.%eZ level=%l %v";
  logger->set_formatter(
      std::make_unique<spdlog::pattern_formatter>(pattern, spdlog::pattern_time_type::utc, "\n"));
  logger->set_level(spdlog::level::from_str(std::string(level)));
  logger->flush_on(spdlog::level::debug);
  spdlog::set_default_logger(std::move(logger));
}

void Log(LogLevel level, std::string_view event, const LogFields& fields) {
  spdlog::logger* logger = spdlog::default_logger_raw();
  if (!logger->should_log(LevelOf(level))) return;
  // As a string, never as a format: values may hold braces.
  logger->log(LevelOf(level),
              spdlog::string_view_t(log_json ? FormatLogJson(event, fields) : FormatLogText(event, fields)));
}

void LogStatus(LogLevel level, std::string_view event, const absl::Status& status) {
  Log(level, event, {{"reason", ReasonOf(status)}, {"message", std::string(status.message())}});
}

}  // namespace fundledger::process
