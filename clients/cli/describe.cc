#include "clients/cli/describe.h"

#include <algorithm>

#include "clients/cli/json.h"
#include "clients/cli/language.h"
#include "ledger/base/bytes.h"
#include "ledger/base/fen.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace fundledger::cli {
namespace {

bool InChinese() {
  return CurrentLanguage() == Language::kChinese;
}

std::string KindName(const Form& form) {
  return InChinese() ? form.chinese : form.kind;
}

// "项目 p-1"; empty for a cell that is.
std::string Part(const Column& column, const Cells& row) {
  const auto cell = row.find(column.name);
  if (cell == row.end()) return "";
  const std::string value =
      column.kind == CellKind::kWord ? ShownWord(*column.words, cell->second) : cell->second;
  return absl::StrCat(InChinese() ? column.chinese : column.name, " ", value);
}

void Append(const std::string& part, std::vector<std::string>* parts) {
  if (!part.empty()) parts->push_back(part);
}

// What all lines share, or what stands by line.
std::vector<std::string> Parts(const Form& form, const Cells& row, bool per_line) {
  std::vector<std::string> parts;
  for (const Column& column : form.columns) {
    if (column.per_line == per_line) Append(Part(column, row), &parts);
  }
  return parts;
}

bool LineNames(const Cells& row, const std::string& id) {
  for (const char* name : {"project", "fund"}) {
    const auto cell = row.find(name);
    if (cell != row.end() && cell->second == id) return true;
  }
  return false;
}

std::string LinesText(const Form& form, const std::vector<Cells>& rows, const std::string& only) {
  const bool some =
      std::any_of(rows.begin(), rows.end(), [&](const Cells& row) { return LineNames(row, only); });
  std::string text;
  int64_t total = 0;
  for (const Cells& row : rows) {
    int64_t amount = 0;
    if (const auto cell = row.find("amount"); cell != row.end())
      amount = ParseSignedFen(cell->second).value_or(0);
    if (!AddFen(total, amount, &total)) total = 0;
    if (some && !LineNames(row, only)) continue;
    absl::StrAppend(&text, "\n  ", absl::StrJoin(Parts(form, row, true), T(", ", "，")));
  }
  return absl::StrCat(text, "\n  ", T("lines ", "共 "), rows.size(), T(", total ", " 行，合计 "),
                      FormatYuan(total));
}

// What has no column: whoever signs it is to see it all the same.
std::string RestText(const Form& form, const v1::Action& action) {
  v1::Action rest = WithoutCells(form, action);
  std::string text;
  if (rest.historical()) text = T(", historical load", "，历史补录");
  rest.clear_historical();
  if (rest.ByteSizeLong() == 0) return text;
  return absl::StrCat(text, T("\n  besides: ", "\n  另含："), ToJson(rest).dump());
}

}  // namespace

std::string ActionText(const v1::Action& action, const ScaleOf& scale_of, const std::string& only) {
  const Form* form = FormOf(action);
  if (form == nullptr) return T("(an action this program does not know)", "（本程序不认识的事项）");
  const std::vector<Cells> rows = DescribeAction(*form, action, scale_of);
  std::vector<std::string> parts;
  if (rows.size() == 1) parts = Parts(*form, rows[0], true);
  const std::vector<std::string> shared = Parts(*form, rows[0], false);
  parts.insert(parts.end(), shared.begin(), shared.end());
  for (const Column& column : CommonColumns()) Append(Part(column, rows[0]), &parts);
  return absl::StrCat(KindName(*form), T(": ", "："), absl::StrJoin(parts, T(", ", "，")),
                      rows.size() == 1 ? "" : LinesText(*form, rows, only), RestText(*form, action));
}

std::string ActionTitle(const v1::Action& action) {
  const Form* form = FormOf(action);
  if (form == nullptr) return "";
  return action.reference().empty() ? KindName(*form)
                                    : absl::StrCat(KindName(*form), " ", action.reference());
}

const v1::ActionRef* AnsweredBy(const v1::Action& action) {
  switch (action.kind_case()) {
    case v1::Action::kApprove:
      return &action.approve().proposal();
    case v1::Action::kReject:
      return &action.reject().proposal();
    case v1::Action::kWithdraw:
      return &action.withdraw().proposal();
    case v1::Action::kExpireProposal:
      return &action.expire_proposal().proposal();
    case v1::Action::kReverse:
      return &action.reverse().action();
    case v1::Action::kInstruct:
      return &action.instruct().payment();
    case v1::Action::kConfirm:
      return &action.confirm().payment();
    case v1::Action::kFail:
      return &action.fail().payment();
    case v1::Action::kRefund:
      return &action.refund().payment();
    default:
      return nullptr;
  }
}

bool Mentions(const v1::Action& action, const std::string& id) {
  const bool holds_document =
      std::any_of(action.documents().begin(), action.documents().end(),
                  [&id](const v1::Document& document) { return HexEncode(document.id()) == id; });
  if (holds_document) return true;
  const Form* form = FormOf(action);
  if (form == nullptr) return false;
  const auto no_scale = [](const std::string&) { return std::optional<uint32_t>(); };
  for (const Cells& row : DescribeAction(*form, action, no_scale)) {
    for (const Column& column : form->columns) {
      const auto cell = row.find(column.name);
      if (cell == row.end() || (column.kind != CellKind::kId && column.kind != CellKind::kIdList)) continue;
      const std::vector<std::string> ids = absl::StrSplit(cell->second, ';');
      if (std::find(ids.begin(), ids.end(), id) != ids.end()) return true;
    }
    const auto part = [&row](const char* name) {
      const auto cell = row.find(name);
      return cell == row.end() ? std::string() : cell->second;
    };
    if (row.count("voucher_number") != 0 &&
        id == absl::StrCat(part("voucher_issuer"), "/", part("voucher_type"), "/", part("voucher_year"), "/",
                           part("voucher_number"))) {
      return true;
    }
  }
  return false;
}

}  // namespace fundledger::cli
