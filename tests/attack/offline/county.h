// A small county's ledger on disk – staff, a fund, two projects, money – exported as bundles, and the tools
// to spoil them.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "clients/export/export.h"
#include "clients/verify/verify.h"
#include "ledger/engine/engine.h"
#include "tests/support/world.h"

namespace fundledger::attack {

namespace v1 = ::fundledger::v1;

// Of 16 June 2020.
v1::Action Dated();
// Of project p-1 and fund f-1.
void AddLine(v1::LineAmount* line, int64_t amount_fen);

class County {
 public:
  // `allocated_fen` is proposed for project p-1; two counties of other amounts are two histories from the
  // same genesis on.
  explicit County(int64_t allocated_fen = 40'000);

  // Another record, by the first administrator. Gives its receipt, as `receipt`.
  std::string Grow(const std::string& organization);
  // What a witness says of the latest checkpoint at that time.
  void Cosign(int64_t time_us);
  void Keep(engine::Attestation attestation);
  // The whole ledger, or one project's records, as a bundle in `directory`.
  void Export(const std::filesystem::path& directory, const std::string& project = "");
  // The briefing of 2020 as of 16 June with the records its figures come from.
  void ExportReport(const std::filesystem::path& directory);
  engine::Engine& engine() { return *engine_; }
  v1::Receipt Submit(const std::string& officer, const v1::Action& action);
  // Gives the proposal's sequence.
  Sequence Approved(const std::string& officer, const v1::Action& action,
                    const std::vector<std::string>& approvers = {"reviewer"});

  test_support::World world;
  // A receipt in a submitter's hands, as the client keeps it: of the first allocation's proposal.
  std::string receipt;

  static std::string WitnessPolicy();
  static std::string VerifierKey();

 private:
  void RegisterOfficers();
  void RegisterWords();
  void Spend(int64_t allocated_fen);
  // What is on disk, while no engine runs on it: an inspector copies files, not a process.
  void AtRest(const std::function<void(exporting::Source*)>& use);

  test_support::TemporaryDirectory directory_;
  std::unique_ptr<engine::Engine> engine_;
};

// A bundle's entry tile of up to 256 records as a list, and back.
class Entries {
 public:
  explicit Entries(const std::filesystem::path& bundle);
  std::vector<std::string> records;
  void Write() const;

 private:
  std::filesystem::path file_;
};

std::string ReadAll(const std::filesystem::path& file);
void WriteAll(const std::filesystem::path& file, const std::string& bytes);

// Every regular file below, relative.
std::vector<std::string> FilesOf(const std::filesystem::path& bundle);

// The verification of a bundle that can be opened.
verify::Report Check(const std::filesystem::path& bundle,
                     const std::function<void(verify::Options&)>& more = {});
v1::GetBriefingRequest BriefingQuestion();
// "REASON@record" of each finding.
std::vector<std::string> Named(const verify::Report& report);

// The briefing of the bundle's whole ledger, 2020 as of 16 June, as the command line prints it.
nlohmann::json BriefingOf(const std::filesystem::path& bundle);

}  // namespace fundledger::attack
