// fundledger inspect trail: the records of one organization, fund, project, officer … in the field's terms.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "clients/cli/commands.h"

#include <nlohmann/json.hpp>

namespace fundledger::cli {

void AddTrailCommand(Program* program);

// Which trail: --project ID and the like, of which at most one is given.
struct TrailFilter {
  std::map<v1::TrailDimension, std::string> ids;
  // This must outlive the parsing.
  void AddTo(CLI::App* app);
  // INVALID_ARGUMENT, reasons FILTERS_EXCLUDE, KIND_UNKNOWN, VOUCHER_MALFORMED. Without a filter the trail is
  // of all records.
  absl::Status Fill(v1::ListTrailRequest* request) const;
};

// A record with its submission, for programs.
nlohmann::ordered_json RecordJson(const sdk::VerifiedRecord& record);

// What of each record is told in a trail. A submission of a hundred approvals is in the trail of every
// project that one of them is about: only what is about it is shown, and what an approval approves is named.
class TrailStory {
 public:
  // `about`: the id of a fund, project, payee, voucher or document; empty in trails that are not about a
  // thing.
  explicit TrailStory(std::string about, ScaleOf scale_of)
      : about_(std::move(about)), scale_of_(std::move(scale_of)) {}

  // The texts of the next record, in the order of the log.
  std::vector<std::string> Tell(Sequence sequence, const v1::Submission& submission);

 private:
  using Place = std::pair<Sequence, uint32_t>;  // record and action

  bool IsAbout(const v1::Action& action) const;
  std::string Text(const v1::Action& action) const;

  std::string about_;
  ScaleOf scale_of_;
  std::set<Place> told_;
  std::map<Place, std::string> titles_;
};

}  // namespace fundledger::cli
