#include "clients/verify/evidence_files.h"

#include "clients/evidence/check.h"
#include "clients/verify/language.h"
#include "ledger/base/status.h"
#include "ledger/log/evidence.h"

#include "absl/strings/str_cat.h"

namespace fundledger::verify {
namespace {

std::string Shows(const evidence::CheckedEvidence& checked) {
  if (checked.contradiction.has_value()) return log::Describe(*checked.contradiction);
  if (checked.answer.has_value()) {
    std::string text =
        absl::StrCat(T("an answer to ", "对 "), checked.answer->opened.answer.method(),
                     T(" was signed that the records do not give:", " 所签的答复与记录不符："));
    for (const std::string& line : checked.answer->differences) absl::StrAppend(&text, "\n    ", line);
    return text;
  }
  std::string text = T("parts of a complaint, each worth by itself:", "投诉材料，各项分别判断：");
  for (const std::string& part : checked.parts) absl::StrAppend(&text, "\n    ", part);
  return text;
}

}  // namespace

void JudgeEvidence(const Reader& reader, const Options& options, const Trust& trust, Findings* findings,
                   Report* report) {
  evidence::EachRecord records;
  if (reader.manifest().kind == bundle::Kind::kWhole) {
    records = [&reader](const std::function<absl::Status(std::string_view)>& take) {
      absl::Status taken;
      const absl::Status read = reader.ForEachRecord([&](Sequence, std::string_view record) {
        taken = take(record);
        return taken.ok();
      });
      return taken.ok() ? read : taken;
    };
  }
  const evidence::Trust known{trust.key_at()(0), report->ledger, trust.key_records(),
                              trust.key_records().empty() ? 0 : reader.checkpoint().size};
  for (const NamedText& each : options.evidence) {
    const auto file = log::ParseEvidence(each.text);
    const auto checked = file.ok() ? evidence::CheckEvidence(*file, known, records) : file.status();
    if (!checked.ok()) {
      findings->Add(std::nullopt, ReasonOf(checked.status()),
                    absl::StrCat(each.name, " does not hold: ", checked.status().message()));
      continue;
    }
    report->evidence.push_back({each.name, checked->convicts ? checked->key : "", Shows(*checked)});
  }
}

}  // namespace fundledger::verify
