#include "tests/bench/made.h"

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "ledger/base/status.h"
#include "tests/bench/fill.h"

#include "absl/strings/str_cat.h"
#include <nlohmann/json.hpp>

namespace fundledger::bench {
namespace {

absl::Status WriteFile(const std::filesystem::path& path, const std::string& text, bool secret) {
  std::ofstream file(path, std::ios::binary);
  if (secret) std::filesystem::permissions(path, std::filesystem::perms(0600));
  file << text;
  file.close();
  return file ? absl::OkStatus() : absl::UnavailableError(absl::StrCat("cannot write ", path.string()));
}

}  // namespace

std::string LedgerDirectory(const std::string& directory) {
  return directory + "/ledger";
}

absl::Status Make(const std::string& directory, const CountyOptions& options, uint64_t records) {
  std::filesystem::create_directories(directory);
  const County county(options);
  SimulatedClock clock(County::kSetUpUs);
  ASSIGN_OR_RETURN(auto engine, county.Create(LedgerDirectory(directory), &clock));
  FillOptions fill;
  fill.records = records;
  fill.progress = [records, said = uint64_t{0}](uint64_t done) mutable {
    if (done < said + records / 4 && done != records) return;
    said = done;
    (void)std::fprintf(stderr, "  %llu of %llu records\n", static_cast<unsigned long long>(done),
                       static_cast<unsigned long long>(records));
  };
  RETURN_IF_ERROR(Fill(county, engine.get(), &clock, fill));
  ASSIGN_OR_RETURN(const std::string pem, crypto::SignerToPem(*county.log_key()));
  RETURN_IF_ERROR(WriteFile(directory + "/log.key", pem, true));
  const nlohmann::ordered_json json = {{"seed", options.seed},     {"projects", options.projects},
                                       {"funds", options.funds},   {"payees", options.payees},
                                       {"clerks", options.clerks}, {"townships", options.townships}};
  return WriteFile(directory + "/county.json", json.dump(2) + "\n", false);
}

absl::StatusOr<CountyOptions> ReadOptions(const std::string& directory) {
  std::ifstream file(directory + "/county.json");
  const auto json = nlohmann::json::parse(file, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) {
    return absl::NotFoundError(absl::StrCat(directory, " holds no county.json: make it with fill"));
  }
  CountyOptions options;
  options.seed = json.value("seed", options.seed);
  options.projects = json.value("projects", options.projects);
  options.funds = json.value("funds", options.funds);
  options.payees = json.value("payees", options.payees);
  options.clerks = json.value("clerks", options.clerks);
  options.townships = json.value("townships", options.townships);
  return options;
}

}  // namespace fundledger::bench
