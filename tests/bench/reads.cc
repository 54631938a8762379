#include <filesystem>
#include <fstream>
#include <functional>
#include <random>
#include <string>

#include "ledger/base/clock.h"
#include "ledger/base/status.h"
#include "ledger/reports/reports.h"
#include "tests/bench/desk.h"
#include "tests/bench/local.h"
#include "tests/bench/made.h"
#include "tests/bench/percentiles.h"

#include "absl/strings/str_cat.h"

namespace fundledger::bench {
namespace {

using Json = nlohmann::ordered_json;

double ResidentMiB() {
  std::ifstream status("/proc/self/status");
  std::string line;
  while (std::getline(status, line)) {
    if (line.starts_with("VmRSS:")) return std::stod(line.substr(6)) / 1024;
  }
  return 0;
}

// So that reads are timed, not the disk: a machine may have taken the cache of idle files back.
void ReadFiles(const std::string& directory) {
  std::string block(1 << 20, '\0');
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
    std::ifstream file(entry.path(), std::ios::binary);
    while (file.read(block.data(), static_cast<std::streamsize>(block.size()))) {
    }
  }
}

// Repeats `read` for `seconds`, at least thrice. The first error ends it.
absl::StatusOr<Json> Time(double seconds, const std::function<absl::Status()>& read) {
  RETURN_IF_ERROR(read());  // what is cached is cached
  Latencies latencies;
  const int64_t end_ns = NowNs() + static_cast<int64_t>(seconds * 1e9);
  while (NowNs() < end_ns || latencies.count() < 3) {
    const int64_t begun_ns = NowNs();
    RETURN_IF_ERROR(read());
    latencies.Add(NowNs() - begun_ns);
  }
  return latencies.Json();
}

class Reader {
 public:
  Reader(const County& county, std::shared_ptr<const engine::View> view, size_t trail_page)
      : county_(county), view_(std::move(view)), trail_page_(trail_page) {}

  // All lines, as of a day within the three years, a record of the later half, or both.
  absl::Status Statement(bool day, bool record) {
    v1::GetStatementRequest request;
    request.set_page_size(20'000);
    if (day) {
      const int32_t first = Date::FromUnixMicros(County::kSetUpUs, County::kUtcOffsetMinutes).days() + 210;
      SetDate(Date(first + Below(1000)), request.mutable_as_of()->mutable_date());
    }
    if (record) request.mutable_as_of()->set_sequence(view_->size() / 2 + Below64(view_->size() / 2));
    ASSIGN_OR_RETURN(const v1::GetStatementResponse response,
                     reports::Statement({*view_, *view_, view_->last_sequence()}, request));
    if (response.lines_size() == county_.lines()) return absl::OkStatus();
    return absl::InternalError(absl::StrCat("a statement of ", response.lines_size(), " lines"));
  }
  absl::Status Proof() { return view_->InclusionProof(Below64(view_->size()), view_->size()).status(); }
  // The first page of a project's trail, records and all, as AuditService.ListTrail answers.
  absl::Status Trail() {
    engine::TrailFilter filter;
    filter.key = {books::TrailDimension::kProject, county_.ProjectId(Below(county_.options().projects))};
    ASSIGN_OR_RETURN(const std::vector<Sequence> found, view_->Trail(filter, 0, trail_page_ + 1));
    for (const Sequence sequence : found) RETURN_IF_ERROR(view_->Record(sequence).status());
    return absl::OkStatus();
  }
  absl::Status Record() { return view_->Record(Below64(view_->size())).status(); }

 private:
  int Below(int limit) { return static_cast<int>(random_() % static_cast<uint64_t>(limit)); }
  uint64_t Below64(uint64_t limit) { return random_() % limit; }

  const County& county_;
  const std::shared_ptr<const engine::View> view_;
  const size_t trail_page_;
  std::mt19937_64 random_{1};
};

}  // namespace

absl::StatusOr<Json> RunReads(const std::string& directory, double seconds, size_t trail_page) {
  ASSIGN_OR_RETURN(const CountyOptions options, ReadOptions(directory));
  const County county(options);
  const double before_mib = ResidentMiB();
  ReadFiles(LedgerDirectory(directory));
  // Once to settle what its last writer left, once for the figure.
  ASSIGN_OR_RETURN(auto engine, county.Open(LedgerDirectory(directory), SystemClockMicros));
  engine.reset();
  const int64_t begun_ns = NowNs();
  ASSIGN_OR_RETURN(engine, county.Open(LedgerDirectory(directory), SystemClockMicros));
  const double open_ms = static_cast<double>(NowNs() - begun_ns) / 1e6;
  Json json = {{"records", engine->view()->size()},
               {"lines", county.lines()},
               {"open_ms", open_ms},
               {"resident_before_mib", before_mib},
               {"resident_open_mib", ResidentMiB()}};
  Reader reader(county, engine->view(), trail_page);
  ASSIGN_OR_RETURN(json["statement_date"], Time(seconds, [&] { return reader.Statement(true, false); }));
  ASSIGN_OR_RETURN(json["statement_sequence"], Time(seconds, [&] { return reader.Statement(false, true); }));
  ASSIGN_OR_RETURN(json["statement_both"], Time(seconds, [&] { return reader.Statement(true, true); }));
  ASSIGN_OR_RETURN(json["statement_latest"], Time(seconds, [&] { return reader.Statement(false, false); }));
  ASSIGN_OR_RETURN(json["proof"], Time(seconds, [&] { return reader.Proof(); }));
  ASSIGN_OR_RETURN(json["trail"], Time(seconds, [&] { return reader.Trail(); }));
  ASSIGN_OR_RETURN(json["record"], Time(seconds, [&] { return reader.Record(); }));
  json["resident_after_mib"] = ResidentMiB();
  return json;
}

}  // namespace fundledger::bench
