#include "services/web/health.h"

#include "ledger/base/status.h"

#include "absl/time/time.h"
#include <nlohmann/json.hpp>

namespace fundledger::web {
namespace {

namespace v1 = ::fundledger::v1;
using Json = nlohmann::ordered_json;
using http::ErrorResponse;

Json Time(int64_t us) {
  if (us == 0) return nullptr;
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", absl::FromUnixMicros(us), absl::UTCTimeZone());
}

Json Witnessed(const v1::GetLedgerResponse& facts) {
  if (!facts.has_witnessing()) return nullptr;
  Json json = {{"size", facts.witnessing().size()},
               {"since", Time(facts.witnessing().since_us())},
               {"quorum", facts.witnessing().quorum()},
               {"witnesses", Json::array()}};
  for (const v1::WitnessState& witness : facts.witnessing().witnesses()) {
    json["witnesses"].push_back({{"name", witness.name()},
                                 {"size", witness.size()},
                                 {"cosigned_at", Time(witness.cosigned_at_us())},
                                 {"error", witness.error()}});
  }
  return json;
}

Json Mirror(const v1::GetLedgerResponse& facts) {
  if (!facts.has_mirror()) return nullptr;
  return {{"origin_address", facts.mirror().origin_address()},
          {"origin_size", facts.mirror().origin_size()},
          {"state", facts.mirror().state()},
          {"error", facts.mirror().error()}};
}

}  // namespace

Response HealthAnswer(const Request& request, uint64_t size, const v1::GetLedgerResponse& facts,
                      const absl::Status& write_status) {
  if (request.target != "/health") {
    return ErrorResponse(
        Refuse(absl::StatusCode::kNotFound, "HTTP_NOT_FOUND", "nothing stands there; ask for /health"));
  }
  Json json = {{"writable", write_status.ok()}, {"size", size}};
  if (!write_status.ok()) {
    json["reason"] = ReasonOf(write_status);
    json["message"] = std::string(write_status.message());
  }
  json["witnessed"] = Witnessed(facts);
  json["mirror"] = Mirror(facts);
  // A mirror never writes; it is well as long as nothing was found against its ledger.
  const bool is_well = facts.has_mirror() ? facts.mirror().state() != "alarmed" : write_status.ok();
  return {.status = is_well ? 200 : 503,
          .content_type = "application/json",
          .cache_control = "no-store",
          .body = json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n"};
}

}  // namespace fundledger::web
