#include "clients/verify/print.h"

#include "clients/verify/language.h"
#include "clients/verify/reasons.h"
#include "ledger/base/bytes.h"
#include "ledger/base/fen.h"
#include "ledger/base/one_line.h"
#include "ledger/base/time_text.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace fundledger::verify {
namespace {

using Json = nlohmann::ordered_json;

// 2020-06-16 01:30:15 UTC.
std::string TimeText(uint64_t time_s) {
  const int64_t bounded = time_s > 253'402'300'799 ? 253'402'300'799 : static_cast<int64_t>(time_s);
  return absl::StrCat(fundledger::TimeText(bounded * 1'000'000, 0), " UTC");
}

const char* KindName(bundle::Kind kind) {
  if (kind == bundle::Kind::kWhole) return "whole";
  return kind == bundle::Kind::kRecords ? "records" : "report";
}

void PrintRecords(const Report& report, std::ostream& out) {
  if (report.kind == bundle::Kind::kWhole) {
    out << T("records        ", "记录           ") << report.records << " / " << report.size
        << T(": each link, leaf and tile, up to root ", "：逐条核对链接、叶与瓦片，根 ")
        << HexEncode(report.root.view()) << '\n';
    if (report.replayed) {
      out << T("rules          ", "规则           ") << report.signatures
          << T(" signatures and every rule of the books verified again\n",
               " 个签名及全部账簿规则已重新验证\n");
    }
    return;
  }
  out << T("records        ", "记录           ") << report.records
      << T(", each with its proof under the checkpoint of ", " 条，各附证明；检查点规模 ") << report.size
      << T(" records\n", " 条\n");
  if (!report.about.empty()) {
    out << T("about          ", "范围           ") << OneLine(report.about)
        << T(" (so says whoever made the bundle)\n", "（数据包制作者自述）\n");
  }
}

void PrintWitnessed(const Report& report, std::ostream& out) {
  out << T("witnessed      ", "见证           ");
  if (report.witnessed.has_value()) {
    const Witnessed& witnessed = *report.witnessed;
    out << T("up to record ", "至记录 ") << witnessed.size - 1 << T(", since ", "，自 ")
        << TimeText(witnessed.since_s) << T(", by ", "，见证方 ") << absl::StrJoin(witnessed.by, ", ");
    if (witnessed.size < report.size) {
      out << T("; for records behind it nobody but the operator vouches", "；其后的记录仅有运营方担保");
    }
  } else {
    out << T("no: nobody but the operator vouches for these records", "无：这些记录仅有运营方担保");
  }
  if (!report.policy_was_given && !report.witnesses.empty())
    out << T(" (policy of the bundle itself: give --policy)",
             "（策略取自数据包自身：请以 --policy 另行给出）");
  out << '\n' << T("times          ", "时间           ");
  if (report.attested_times == 0) {
    out << T("no attested checkpoint bounds the records' times", "无外部见证的时间可供核对")
        << (report.policy_was_given || report.witnesses.empty()
                ? ""
                : T("; give --policy to compare them with cosignatures",
                    "；请以 --policy 给出策略，以便与见证时间核对"))
        << '\n';
  } else {
    out << T("the records' times were compared with ", "已与 ") << report.attested_times
        << T(" attested times, five minutes allowed\n", " 个外部见证时间核对，容差五分钟\n");
  }
}

// The briefing that was asked for, as far as a page of it goes.
void PrintBriefing(const Json& b, std::ostream& out) {
  const auto money = [&](const Json& of, const char* key) {
    const auto fen = of.at(key).get<int64_t>();
    return is_chinese ? absl::StrCat(FormatWan(fen), "万元") : absl::StrCat(FormatYuan(fen), " yuan");
  };
  const auto rate = [&](const char* key) {
    return b.at(key).is_null() ? std::string("n/a") : absl::StrCat(b.at(key).get<std::string>(), "%");
  };
  const auto count = [&](const char* key) { return b.at(key).get<int64_t>(); };
  constexpr char kIndent[] = "               ";
  out << T("briefing       ", "报表           ") << count("year") << T(", as of ", " 年，截至 ")
      << b.at("as_of").get<std::string>()
      << T(", computed from these records (every figure: --json)\n", "，按记录计算（全部数字见 --json）\n")
      << kIndent << T("planned ", "年初计划 ") << money(b, "planned_fen") << T(", disbursed ", "，已拨付 ")
      << money(b, "disbursed_fen") << T(" (", "（") << rate("disbursement_rate_percent") << T(")\n", "）\n")
      << kIndent << T("projects ", "项目 ") << count("projects") << T(", of townships ", "，其中乡镇 ")
      << count("township_projects") << T(": started ", "：已开工 ") << count("township_started")
      << T(" (", "（") << rate("township_start_rate_percent") << T("), completed ", "），已完工 ")
      << count("township_completed") << T(" (", "（") << rate("township_completion_rate_percent")
      << T(")\n", "）\n");
  for (const Json& programme : b.at("programmes")) {
    out << kIndent << OneLine(programme.at("name").get<std::string>()) << T(": planned ", "：当年计划 ")
        << money(programme, "planned_fen") << T(", disbursed ", "，当年拨付 ")
        << money(programme, "disbursed_fen") << '\n';
  }
}

void PrintLimits(const Report& report, std::ostream& out) {
  if (!report.key_was_given) {
    out << T("The log's key was taken from the bundle itself: give --verifier-key, got by another way.\n",
             "账本公钥取自数据包自身：请以 --verifier-key 给出另行取得的公钥。\n");
  }
  if (report.kind != bundle::Kind::kWhole) {
    out << T(
        "Included, not complete: these records are in the log as they were logged; whether there are others "
        "about "
        "the same, only the whole ledger shows.\n",
        "已收录，不代表完整：这些记录确在账本中且未被改动；是否还有其他相关记录，须以完整账本核对。\n");
    out << report.signatures << T(" of ", " / ") << report.records
        << T(" are signed by a key that a record in the log names for their officer; whether it was "
             "approved, or "
             "revoked before, only the whole ledger shows. The rules were not checked here.\n",
             " 条记录由账本所载该经办人公钥签名；该公钥是否经批准、此前是否已撤销，须以完整账本核对。"
             "此处未验证规则。\n");
    return;
  }
  if (!report.replayed) {
    out << T("NOT checked: the officers' signatures, the rules, the books.\n",
             "未验证：经办人签名、规则、账簿。\n");
  }
  out << T("This tells nothing of records behind ", "此结果不涉及记录 ") << report.size - 1
      << T(": compare with a receipt or checkpoint kept elsewhere (--receipt, --checkpoint).\n",
           " 之后的内容：请与他处保存的回执或检查点核对（--receipt、--checkpoint）。\n");
}

}  // namespace

Json ReportJson(const Report& report) {
  Json json;
  json["ok"] = report.ok();
  json["kind"] = KindName(report.kind);
  json["complete"] = report.kind == bundle::Kind::kWhole;
  if (report.kind != bundle::Kind::kWhole) json["claim"] = "included, not complete";
  json["ledger"] = HexEncode(report.ledger.view());
  json["origin"] = report.origin;
  json["verifier_key"] = report.verifier_key;
  json["key_was_given"] = report.key_was_given;
  json["policy_was_given"] = report.policy_was_given;
  json["size"] = report.size;
  json["root"] = HexEncode(report.root.view());
  json["checkpoint"] = report.note;
  json["records"] = report.records;
  json["replayed"] = report.replayed;
  json["signatures"] = report.signatures;
  json["checkpoints"] = report.checkpoints;
  json["witnessed"] = nullptr;
  if (report.witnessed.has_value()) {
    json["witnessed"] = {{"size", report.witnessed->size},
                         {"since_s", report.witnessed->since_s},
                         {"by", report.witnessed->by}};
  }
  json["attested_times"] = report.attested_times;
  json["receipts"] = report.receipts;
  json["evidence"] = Json::array();
  for (const JudgedFile& each : report.evidence) {
    json["evidence"].push_back({{"file", each.name},
                                {"convicts", each.convicts.empty() ? Json(nullptr) : Json(each.convicts)},
                                {"shows", each.shows}});
  }
  json["figures"] = report.figures;
  if (report.briefing.has_value()) json["briefing"] = *report.briefing;
  json["notes"] = report.notes;
  json["findings"] = Json::array();
  for (const Finding& finding : report.findings) {
    json["findings"].push_back(
        {{"record", finding.record.has_value() ? Json(*finding.record) : Json(nullptr)},
         {"reason", finding.reason},
         {"message", finding.message}});
  }
  return json;
}

void PrintReport(const Report& report, std::ostream& out) {
  for (const Finding& finding : report.findings) {
    out << finding.reason << ReasonGloss(finding.reason)
        << (finding.record.has_value() ? absl::StrCat(" @", *finding.record) : "") << ": "
        << OneLine(finding.message) << '\n';
  }
  out << T("ledger         ", "账本           ") << OneLine(report.origin) << ", "
      << HexEncode(report.ledger.view()) << '\n';
  PrintRecords(report, out);
  out << T("checkpoints    ", "检查点         ") << report.checkpoints
      << T(" signed by the log, and of these records\n", " 个，由账本签署且与记录一致\n");
  PrintWitnessed(report, out);
  if (report.receipts > 0) {
    out << T("receipts       ", "回执           ") << report.receipts
        << T(" are for records of this log\n", " 份与本账本记录一致\n");
  }
  if (report.figures > 0) {
    out << T("figures        ", "数字           ") << report.figures
        << (report.kind == bundle::Kind::kReport
                ? T(" are what their records add up to\n", " 项与其所列记录之和一致\n")
                : T(" of the briefing given are what the records give\n", " 项与记录重新计算的结果一致\n"));
  }
  if (report.kind == bundle::Kind::kWhole && report.briefing.has_value())
    PrintBriefing(*report.briefing, out);
  for (const JudgedFile& each : report.evidence) {
    const std::vector<std::string> shows = absl::StrSplit(each.shows, '\n');
    out << T("evidence       ", "证据           ") << OneLine(each.name) << ": "
        << absl::StrJoin(shows, "\n",
                         [](std::string* line, const std::string& text) { *line += OneLine(text); })
        << '\n'
        << (each.convicts.empty()
                ? T("    A COMPLAINT: it convicts nobody, and is to be looked into.",
                    "    投诉材料：不足以定责，应予核查。")
                : T("    It CONVICTS whoever held the log's key ", "    可定责：该账本密钥的持有人 "))
        << each.convicts << '\n';
  }
  for (const std::string& note : report.notes)
    out << T("note           ", "说明           ") << OneLine(note) << '\n';
  PrintLimits(report, out);
  out << (report.ok() ? T("the bundle verifies\n", "数据包验证通过\n")
                      : T("THE BUNDLE DOES NOT VERIFY\n", "数据包验证不通过\n"));
}

}  // namespace fundledger::verify
