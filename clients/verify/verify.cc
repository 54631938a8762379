#include "clients/verify/verify.h"

#include "clients/verify/core/reader.h"
#include "clients/verify/evidence_files.h"
#include "clients/verify/language.h"
#include "clients/verify/part_check.h"
#include "clients/verify/report_check.h"
#include "clients/verify/trust.h"
#include "clients/verify/whole_check.h"
#include "ledger/base/bytes.h"
#include "ledger/base/status.h"

#include "absl/strings/str_cat.h"

namespace fundledger::verify {
namespace {

// The manifest is nobody's word: what it says of the ledger is what the records say.
void CheckManifest(const bundle::Manifest& manifest, const Options& options, Findings* findings,
                   Report* report) {
  if (options.ledger.has_value() && report->ledger != *options.ledger) {
    findings->Add(0, "WRONG_LEDGER",
                  absl::StrCat("record 0 makes this the ledger ", HexEncode(report->ledger.view()),
                               ", the one asked for is ", HexEncode(options.ledger->view())));
  }
  const bool agrees = manifest.ledger == report->ledger && manifest.origin == report->origin &&
                      manifest.verifier_key == report->verifier_key && manifest.size == report->size;
  if (agrees) return;
  findings->Add(
      std::nullopt, "MANIFEST_WRONG",
      "ledger.json does not say of ledger, origin, key and size what the records and the checkpoint say");
}

// What lies in the bundle and no check reads.
void NoteStrays(const Strays& strays, Report* report) {
  for (const std::string& name : strays.names) {
    report->notes.push_back(absl::StrCat(
        name, T(" is no file of such a bundle, and was not looked into", "：不属于此类数据包，未查看")));
  }
  if (const uint64_t more = strays.count - strays.names.size(); more > 0) {
    report->notes.push_back(absl::StrCat(
        T("files besides that are no part of such a bundle: ", "另有不属于此类数据包的文件数："), more));
  }
  if (strays.for_whole > 0) {
    report->notes.push_back(
        absl::StrCat(T("other checkpoints and their stamps, which only a whole ledger is compared with: ",
                       "其他检查点及其时间戳须与完整账本核对，此处未查看的文件数："),
                     strays.for_whole));
  }
}

}  // namespace

absl::StatusOr<Report> Verify(const Options& options) {
  ASSIGN_OR_RETURN(const Reader reader, Reader::Open(options.bundle));
  Report report;
  const bundle::Manifest& manifest = reader.manifest();
  report.kind = manifest.kind;
  report.about = manifest.about;
  report.size = reader.checkpoint().size;
  report.root = reader.checkpoint().root;
  report.note = reader.note();
  NoteStrays(reader.strays(), &report);
  const bool is_whole = manifest.kind == bundle::Kind::kWhole;
  if (!is_whole && (options.figures.has_value() || options.briefing.has_value())) {
    return Refuse(
        absl::StatusCode::kInvalidArgument, "BUNDLE_OF_ANOTHER_KIND",
        "figures are computed from a whole ledger, and this bundle holds some records only: export one with "
        "\"fundledger inspect export\", without naming a project or the like");
  }
  ASSIGN_OR_RETURN(Trust trust, Trust::Load(options, reader, &report));
  Findings findings;
  if (is_whole) {
    RETURN_IF_ERROR(CheckWhole(reader, options, &trust, &findings, &report));
  } else {
    const ProvenRecords proven = CheckPart(reader, options, &trust, &findings, &report);
    if (manifest.kind == bundle::Kind::kReport) CheckReport(reader, proven, &findings, &report);
  }
  if (trust.has_keys()) JudgeEvidence(reader, options, trust, &findings, &report);
  CheckManifest(manifest, options, &findings, &report);
  report.findings = findings.list();
  return report;
}

}  // namespace fundledger::verify
