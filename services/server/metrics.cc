#include "services/server/metrics.h"

#include <exception>
#include <map>
#include <utility>

#include <prometheus/counter.h>
#include <prometheus/exposer.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include "ledger/base/status.h"

#include "absl/strings/str_cat.h"

namespace fundledger::server {
namespace {

using prometheus::Counter;
using prometheus::Family;
using prometheus::Gauge;

// One thread answers one scrape after the other.
constexpr size_t kThreads = 1;

class PrometheusMetrics final : public Metrics {
 public:
  absl::Status Serve(const std::string& address) {
    try {  // civetweb's wrapper speaks in exceptions; none leaves this function
      exposer_ = std::make_unique<prometheus::Exposer>(address, kThreads);
    } catch (const std::exception& error) {
      return Refuse(absl::StatusCode::kUnavailable, "METRICS_CANNOT_LISTEN",
                    absl::StrCat("cannot serve metrics at ", address, ": ", error.what(),
                                 "; another process may have the port"));
    }
    exposer_->RegisterCollectable(registry_);
    const std::vector<int> ports = exposer_->GetListeningPorts();
    address_ = absl::StrCat(address.substr(0, address.rfind(':') + 1), ports.empty() ? 0 : ports.front());
    return absl::OkStatus();
  }

  const std::string& address() const override { return address_; }
  void CountRecorded() override { recorded_.Increment(); }
  void CountRefusedSubmission(std::string_view reason) override { Of(submissions_refused_, reason); }
  void CountRefusedQuery(std::string_view reason) override { Of(queries_refused_, reason); }
  void CountFailedHandshake() override { handshakes_failed_.Increment(); }
  void CountHttpAnswer(std::string_view what, int status) override {
    http_answers_.Add({{"what", std::string(what)}, {"status", std::to_string(status)}}).Increment();
  }
  void CountTooManyConnections() override { connections_refused_.Increment(); }
  void CountReload(bool good) override {
    reloads_.Add({{"outcome", good ? "taken" : "refused"}}).Increment();
  }
  void SetTimeStamped(std::string_view authority, uint64_t size, int64_t time_s) override {
    const std::map<std::string, std::string> labels = {{"authority", std::string(authority)}};
    stamped_size_.Add(labels).Set(static_cast<double>(size));
    stamped_at_.Add(labels).Set(static_cast<double>(time_s));
  }
  void CountTimeStampFailure(std::string_view authority, std::string_view reason) override {
    stamp_failures_.Add({{"authority", std::string(authority)}, {"reason", std::string(reason)}}).Increment();
  }
  void CountWitnessFailure(std::string_view witness, std::string_view reason) override {
    witness_failures_.Add({{"witness", std::string(witness)}, {"reason", std::string(reason)}}).Increment();
  }
  void SetWitnessing(const ::fundledger::v1::Witnessing& witnessing) override {
    witnessed_.Add({}).Set(static_cast<double>(witnessing.size()));
    witnessed_since_.Add({}).Set(static_cast<double>(witnessing.since_us()) / 1e6);
    for (const auto& witness : witnessing.witnesses()) {
      witness_records_.Add({{"witness", witness.name()}}).Set(static_cast<double>(witness.size()));
      witness_good_.Add({{"witness", witness.name()}}).Set(witness.error().empty() ? 1 : 0);
      witness_contradicts_.Add({{"witness", witness.name()}})
          .Set(witness.error().starts_with("WITNESS_CONTRADICTS") ? 1 : 0);
    }
  }
  void Set(const Gauges& gauges) override {
    records_.Set(static_cast<double>(gauges.records));
    under_way_.Set(static_cast<double>(gauges.submissions_under_way));
    http_connections_.Set(static_cast<double>(gauges.http_connections));
    connections_.Set(static_cast<double>(gauges.connections));
    writable_.Set(gauges.writable ? 1 : 0);
    // A count that is kept elsewhere.
    audit_dropped_.Increment(static_cast<double>(gauges.audit_lines_dropped) - audit_dropped_.Value());
    if (gauges.mirror.has_value()) SetMirror(*gauges.mirror);
    if (gauges.certificate_ends_s == 0) return;
    ends_.Add({{"certificate", "server"}}).Set(static_cast<double>(gauges.certificate_ends_s));
    ends_.Add({{"certificate", "client_ca"}}).Set(static_cast<double>(gauges.client_ca_ends_s));
  }

 private:
  void SetMirror(const engine::MirrorState& mirror) {
    using Phase = engine::MirrorState::Phase;
    mirror_origin_records_.Add({}).Set(static_cast<double>(mirror.origin_size));
    for (const Phase phase : {Phase::kFollowing, Phase::kDisconnected, Phase::kAlarmed}) {
      mirror_state_.Add({{"state", std::string(engine::PhaseName(phase))}})
          .Set(phase == mirror.phase ? 1 : 0);
    }
  }
  static void Of(Family<Counter>& family, std::string_view reason) {
    family.Add({{"reason", std::string(reason)}}).Increment();
  }
  Family<Counter>& Counters(const char* name, const char* help) {
    return prometheus::BuildCounter().Name(name).Help(help).Register(*registry_);
  }
  Family<Gauge>& GaugesOf(const char* name, const char* help) {
    return prometheus::BuildGauge().Name(name).Help(help).Register(*registry_);
  }

  const std::shared_ptr<prometheus::Registry> registry_ = std::make_shared<prometheus::Registry>();
  Counter& recorded_ = Counters("fundledger_submissions_recorded_total",
                                "Submissions answered with a receipt, repetitions included")
                           .Add({});
  Family<Counter>& submissions_refused_ =
      Counters("fundledger_submissions_refused_total", "Submissions refused, by reason");
  Family<Counter>& queries_refused_ = Counters(
      "fundledger_queries_refused_total", "Queries refused for who asked them, or for a limit, by reason");
  Counter& handshakes_failed_ =
      Counters("fundledger_handshakes_failed_total", "Connections that ended in the TLS handshake").Add({});
  Counter& connections_refused_ =
      Counters("fundledger_connections_refused_total", "Connections closed because there were too many")
          .Add({});
  Family<Counter>& reloads_ =
      Counters("fundledger_certificate_reloads_total", "Changed TLS files that were taken, or refused");
  Family<Counter>& http_answers_ =
      Counters("fundledger_http_answers_total",
               "Answers over HTTP, by what was asked for and the status of the answer");
  Counter& audit_dropped_ =
      Counters("fundledger_audit_lines_dropped_total", "Lines of the audit file that were not written")
          .Add({});
  Gauge& records_ = GaugesOf("fundledger_records", "Records of the ledger").Add({});
  Gauge& under_way_ =
      GaugesOf("fundledger_submissions_under_way", "Submissions taken and not yet answered").Add({});
  Gauge& http_connections_ =
      GaugesOf("fundledger_http_connections", "Connections open that read checkpoint and tiles").Add({});
  Gauge& connections_ = GaugesOf("fundledger_connections", "Open connections").Add({});
  Gauge& writable_ =
      GaugesOf("fundledger_writable", "1 while the ledger writes, 0 while it refuses to").Add({});
  Family<Gauge>& mirror_origin_records_ = GaugesOf(
      "fundledger_mirror_origin_records", "Records of the last checkpoint seen of the followed ledger");
  Family<Gauge>& mirror_state_ =
      GaugesOf("fundledger_mirror_state", "1 for the state that the mirror is in, 0 for the others");
  Family<Gauge>& witnessed_ =
      GaugesOf("fundledger_witnessed_records", "Records under cosignatures of enough witnesses; 0: none yet");
  Family<Gauge>& witnessed_since_ = GaugesOf("fundledger_witnessed_since_timestamp_seconds",
                                             "Since when, by the witnesses, seconds since 1970 UTC");
  Family<Gauge>& witness_records_ =
      GaugesOf("fundledger_witness_records", "Records under the last cosignature of a witness");
  Family<Gauge>& witness_good_ =
      GaugesOf("fundledger_witness_good", "1 unless the last request to a witness failed");
  Family<Gauge>& witness_contradicts_ =
      GaugesOf("fundledger_witness_contradicts", "1 while what a witness cosigned does not fit this ledger");
  Family<Counter>& witness_failures_ = Counters("fundledger_witness_failures_total",
                                                "Requests to witnesses after which none was kept, by reason");
  Family<Gauge>& ends_ = GaugesOf("fundledger_certificate_end_timestamp_seconds",
                                  "When the first certificate in the file ends, seconds since 1970 UTC");
  Family<Gauge>& stamped_size_ = GaugesOf("fundledger_time_stamped_records",
                                          "Records under the last checkpoint that an authority stamped");
  Family<Gauge>& stamped_at_ = GaugesOf("fundledger_time_stamp_timestamp_seconds",
                                        "When, as the authority says, seconds since 1970 UTC");
  Family<Counter>& stamp_failures_ =
      Counters("fundledger_time_stamp_failures_total", "Stamps that were asked for and not kept, by reason");
  std::unique_ptr<prometheus::Exposer> exposer_;
  std::string address_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Metrics>> Metrics::Make(const std::string& address) {
  auto metrics = std::make_unique<PrometheusMetrics>();
  if (!address.empty()) RETURN_IF_ERROR(metrics->Serve(address));
  return std::unique_ptr<Metrics>(std::move(metrics));
}

}  // namespace fundledger::server
