// Cells to actions and back, by the paths in the forms.
#include <algorithm>
#include <charconv>
#include <functional>
#include <set>
#include <utility>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include "clients/cli/csv.h"
#include "clients/cli/forms.h"
#include "clients/cli/language.h"
#include "ledger/base/bytes.h"
#include "ledger/base/decimal.h"
#include "ledger/base/fen.h"
#include "ledger/base/number_text.h"
#include "ledger/base/status.h"
#include "ledger/base/text.h"
#include "ledger/books/books.h"

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"

namespace fundledger::cli {
namespace {

// As the books have it: of any text, and of a name.
constexpr size_t kTextCharactersMax = 500;
constexpr size_t kNameCharactersMax = 200;

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

absl::Status Wrong(std::string_view reason, std::string_view message) {
  return Refuse(absl::StatusCode::kInvalidArgument, reason, message);
}

// The message that holds the last part of `path`, and that field. Repeated messages on the way are entered at
// `line`; with `make`, what is missing is made, else null is returned for it.
struct Place {
  const FieldDescriptor* field = nullptr;
  Message* message = nullptr;
};

Place Walk(Message* message, const std::string& path, int line, bool make) {
  const std::vector<std::string> parts = absl::StrSplit(path, '.');
  for (size_t i = 0;; ++i) {
    const FieldDescriptor* field = message->GetDescriptor()->FindFieldByName(parts[i]);
    if (i + 1 == parts.size()) return {field, message};
    const Reflection* reflection = message->GetReflection();
    if (!field->is_repeated()) {
      if (!make && !reflection->HasField(*message, field)) return {field, nullptr};
      message = reflection->MutableMessage(message, field);
      continue;
    }
    while (make && reflection->FieldSize(*message, field) <= line) reflection->AddMessage(message, field);
    if (reflection->FieldSize(*message, field) <= line) return {field, nullptr};
    message = reflection->MutableRepeatedMessage(message, field, line);
  }
}

absl::StatusOr<int64_t> ReadAmount(const std::string& text, bool is_signed) {
  ASSIGN_OR_RETURN(const int64_t fen, is_signed ? ParseSignedFen(text) : ParseFen(text));
  if (fen != 0) return fen;
  return Wrong("AMOUNT_ZERO", absl::StrCat(T("amount \"", "金额 \""), text,
                                           T("\" is zero: leave the row out, or write what it is",
                                             "\" 为零：请删去该行，或填实际金额")));
}

// With `grouped`, thousands may stand in groups.
absl::StatusOr<int64_t> ReadNumber(const std::string& text, int64_t low, int64_t high, std::string_view what,
                                   bool grouped = false) {
  const std::string plain = HalfWidth(text);
  std::string digits;
  int64_t value = 0;
  const bool well_formed = TakeGroups(plain, &digits) && (grouped || digits == plain) &&
                           std::all_of(digits.begin(), digits.end(), absl::ascii_isdigit);
  if (well_formed && absl::SimpleAtoi(digits, &value) && value >= low && value <= high) return value;
  return Wrong("NUMBER_INVALID", absl::StrCat("\"", text, "\" is not ", ToAbsl(what)));
}

absl::StatusOr<int64_t> ReadYear(const std::string& text, bool zero) {
  if (zero && HalfWidth(text) == "0") return 0;
  return ReadNumber(text, 1900, 9999,
                    zero ? "a year: write it as 2020, or 0 for no plan list" : "a year: write it as 2020");
}

absl::StatusOr<int64_t> ReadProgress(const std::string& text) {
  std::string body = HalfWidth(text);
  const bool is_percent = body.ends_with('%');
  if (is_percent) body.pop_back();
  const auto value = ParseDecimal(body, 2);
  if (!is_percent && value.ok() && *value > 0 && *value < 100) {
    // A spreadsheet keeps 35% as 0.35.
    return Wrong("PROGRESS_INVALID", absl::StrCat("\"", text, T("\" may be ", "\" 可能是 "), HalfWidth(text),
                                                  T("%, or a share of the whole: write it with its %",
                                                    "%，也可能是占比：请写上 %")));
  }
  if (value.ok() && *value >= 0 && *value <= 10000) return value;
  return Wrong("PROGRESS_INVALID", absl::StrCat("\"", text,
                                                "\" is not a progress: write 0 to 100 with at most two "
                                                "decimals, such as 67.5%"));
}

}  // namespace

absl::StatusOr<Date> ReadDate(const std::string& text) {
  std::string plain = HalfWidth(text);
  for (const char* midnight : {" 00:00:00", " 0:00:00", " 00:00", " 0:00", "T00:00:00"}) {
    if (plain.ends_with(midnight)) plain.resize(plain.size() - std::string_view(midnight).size());
  }
  auto date = Date::Parse(plain);
  int32_t days = 0;
  const bool is_count = plain.size() == 5 && std::all_of(plain.begin(), plain.end(), absl::ascii_isdigit) &&
                        absl::SimpleAtoi(plain, &days);
  if (date.ok()) return date;
  if (is_count) {
    constexpr int32_t kDaysTo1970 = 25'569;  // from 1899-12-30, where spreadsheets begin
    return Wrong(
        "DATE_INVALID",
        absl::StrCat(
            "\"", text, T("\" is a spreadsheet's number for ", "\" 像是电子表格中的日期序号，即 "),
            Date(days - kDaysTo1970).ToString(),
            T(": format the column as dates, and save it again", "：请将该列设为日期格式后重新另存")));
  }
  if (CurrentLanguage() == Language::kEnglish) return date.status();
  return Wrong("DATE_INVALID", absl::StrCat("请核对“", text, "”：年在前，例如 2020-06-16 或 2020年6月16日"));
}

namespace {

std::vector<std::string> SplitList(const std::string& text) {
  std::vector<std::string> parts;
  // Input methods for Chinese write the full-width one.
  for (absl::string_view part : absl::StrSplit(text, absl::ByAnyChar(";"))) {
    for (absl::string_view piece : absl::StrSplit(part, "；")) {
      const std::string trimmed(absl::StripAsciiWhitespace(piece));
      if (!trimmed.empty()) parts.push_back(trimmed);
    }
  }
  return parts;
}

// What a cell is put with.
struct Pen {
  const Column& column;
  const Cells& shared;  // what all lines share, for the indicator of a value
  Resolver* resolver;
};

absl::Status PutTargets(const std::string& text, const Pen& pen, const Place& place) {
  for (const std::string& part : SplitList(text)) {
    const std::vector<std::string> pair = absl::StrSplit(part, '=');
    if (pair.size() != 2) {
      return Wrong("TARGET_INVALID",
                   absl::StrCat("\"", part, "\" is not a target: write indicator=value, joined by ;"));
    }
    const std::string indicator = TrimCell(pair[0]);
    RETURN_IF_ERROR(CheckId("indicator", indicator));
    ASSIGN_OR_RETURN(const uint32_t scale, pen.resolver->Scale(indicator));
    ASSIGN_OR_RETURN(const int64_t value, ParseDecimal(TrimCell(pair[1]), scale));
    auto* target = static_cast<v1::IndicatorValue*>(
        place.message->GetReflection()->AddMessage(place.message, place.field));
    target->set_indicator(indicator);
    target->set_value(value);
  }
  return absl::OkStatus();
}

absl::Status PutInteger(const Place& place, absl::StatusOr<int64_t> value) {
  if (!value.ok()) return value.status();
  const Reflection* reflection = place.message->GetReflection();
  switch (place.field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT64:
      reflection->SetInt64(place.message, place.field, *value);
      break;
    case FieldDescriptor::CPPTYPE_UINT32:
      reflection->SetUInt32(place.message, place.field, static_cast<uint32_t>(*value));
      break;
    default:
      reflection->SetInt32(place.message, place.field, static_cast<int32_t>(*value));
  }
  return absl::OkStatus();
}

absl::Status PutMessage(const Place& place, const Message& value) {
  place.message->GetReflection()->MutableMessage(place.message, place.field)->CopyFrom(value);
  return absl::OkStatus();
}

// What a spreadsheet makes of what was typed where it takes it for a number, a formula or what it cannot
// show. Recorded, two numbers could have become one.
bool IsSpoilt(std::string_view text) {
  for (const char* error : {"#REF!", "#NAME?", "#VALUE!", "#N/A", "#DIV/0!", "#NUM!", "#NULL!"}) {
    if (text == error) return true;
  }
  if (text.starts_with("=\"")) return true;
  if (text.size() >= 3 && text.find_first_not_of('#') == std::string_view::npos) return true;
  const size_t exponent = text.find_first_of("Ee");  // 2.02611E+14
  if (exponent == std::string_view::npos || exponent == 0 || exponent + 2 >= text.size()) return false;
  const std::string_view power = text.substr(exponent + 2);
  return text.substr(0, exponent).find_first_not_of("0123456789.") == std::string_view::npos &&
         (text[exponent + 1] == '+' || text[exponent + 1] == '-') &&
         std::all_of(power.begin(), power.end(), absl::ascii_isdigit);
}

// 3月1日, which a spreadsheet makes of 3-1.
bool IsDayOfMonth(std::string_view text) {
  const size_t month = text.find("月");
  if (month == std::string_view::npos || !text.ends_with("日")) return false;
  const std::string_view day = text.substr(month + 3, text.size() - month - 6);
  const auto is_number = [](std::string_view part) {
    return !part.empty() && part.size() <= 2 && std::all_of(part.begin(), part.end(), absl::ascii_isdigit);
  };
  return is_number(text.substr(0, month)) && is_number(day);
}

absl::Status Spoilt() {
  return Wrong(
      "CELL_SPOILT",
      T("is what a spreadsheet makes of a long number, a date or a formula: format the column as text, "
        "and enter it anew",
        "像是电子表格改写后的内容（长数字、日期或公式）：请将该列设为文本格式后重新录入"));
}

// Numbers of papers and accounts may look like a person's: what the books take there is taken.
absl::Status CheckTextOf(const FieldDescriptor& field, std::string_view name, const std::string& text,
                         size_t max_characters) {
  if (IsSpoilt(text)) return Spoilt();
  const absl::Status status = CheckText(name, text, max_characters);
  const bool looks_personal = ReasonOf(status) == "PERSONAL_DATA";
  return looks_personal && books::TextCheckOf(field)(text) ? absl::OkStatus() : status;
}

absl::Status PutText(const std::string& text, const Pen& pen, const Place& place) {
  if (pen.column.kind == CellKind::kId) {
    RETURN_IF_ERROR(CheckId(pen.column.name, text));
  } else {
    const bool is_name = std::string_view(pen.column.name) == "name";
    RETURN_IF_ERROR(
        CheckTextOf(*place.field, pen.column.name, text, is_name ? kNameCharactersMax : kTextCharactersMax));
  }
  place.message->GetReflection()->SetString(place.message, place.field, text);
  return absl::OkStatus();
}

absl::Status PutList(const std::string& text, const Pen& pen, const Place& place) {
  // People part names by their own commas too.
  const std::string parted = absl::StrReplaceAll(text, {{"、", ";"}, {"，", ";"}});
  for (const std::string& part : SplitList(parted)) {
    if (pen.column.kind == CellKind::kIdList) {
      RETURN_IF_ERROR(CheckId(pen.column.name, part));
    } else {
      RETURN_IF_ERROR(CheckTextOf(*place.field, pen.column.name, part, kTextCharactersMax));
    }
    place.message->GetReflection()->AddString(place.message, place.field, part);
  }
  return absl::OkStatus();
}

absl::Status PutDate(const std::string& text, const Place& place) {
  ASSIGN_OR_RETURN(const Date date, ReadDate(text));
  v1::Date value;
  SetDate(date, &value);
  return PutMessage(place, value);
}

absl::Status PutWord(const std::string& text, const Pen& pen, const Place& place) {
  const auto number = NumberOf(*pen.column.words, text);
  if (!number.has_value()) {
    return Wrong("WORD_UNKNOWN",
                 absl::StrCat("\"", text, T("\" is not known here: write ", "\" 不在可选之列：请写 "),
                              ListWords(*pen.column.words)));
  }
  place.message->GetReflection()->SetEnumValue(place.message, place.field, *number);
  return absl::OkStatus();
}

absl::Status PutDecimal(const std::string& text, const Pen& pen, const Place& place) {
  const auto indicator = pen.shared.find("indicator");
  ASSIGN_OR_RETURN(const uint32_t scale,
                   pen.resolver->Scale(indicator == pen.shared.end() ? std::string() : indicator->second));
  return PutInteger(place, ParseDecimal(text, scale));
}

absl::Status PutRef(const Place& place, const absl::StatusOr<v1::ActionRef>& ref) {
  return ref.ok() ? PutMessage(place, *ref) : ref.status();
}

absl::Status PutKey(const std::string& text, const Place& place) {
  const size_t colon = text.find(':');
  const auto bytes = colon == std::string::npos ? std::nullopt : HexDecode(text.substr(colon + 1));
  v1::PublicKey key;
  if (text.starts_with("ed25519:")) key.set_algorithm(v1::KEY_ALGORITHM_ED25519);
  if (text.starts_with("sm2:")) key.set_algorithm(v1::KEY_ALGORITHM_SM2);
  if (!bytes.has_value() || key.algorithm() == v1::KEY_ALGORITHM_UNSPECIFIED) {
    return Wrong("KEY_MALFORMED", absl::StrCat("\"", text, "\" is no key: write ed25519:HEX or sm2:HEX"));
  }
  key.set_key(*bytes);
  return PutMessage(place, key);
}

std::string KeyText(const v1::PublicKey& key) {
  const char* algorithm = key.algorithm() == v1::KEY_ALGORITHM_SM2 ? "sm2:" : "ed25519:";
  return absl::StrCat(algorithm, HexEncode(key.key()));
}

absl::Status PutCode(const std::string& text, const Place& place) {
  const auto bytes = HexDecode(text);
  if (!bytes.has_value()) {
    return Wrong("PERSON_CODE_MALFORMED", absl::StrCat("\"", text, "\" is no code: write it in hex"));
  }
  place.message->GetReflection()->SetString(place.message, place.field, *bytes);
  return absl::OkStatus();
}

absl::Status PutDocument(const std::string& text, const Place& place) {
  const auto bytes = HexDecode(text);
  if (!bytes.has_value() || bytes->size() != 32) {
    return Wrong("DOCUMENT_MALFORMED", absl::StrCat("\"", text,
                                                    T("\" is no document's id: write its 64 hex digits",
                                                      "\" 不是文件标识：请写 64 位十六进制")));
  }
  place.message->GetReflection()->SetString(place.message, place.field, *bytes);
  return absl::OkStatus();
}

absl::Status PutYes(const std::string& text, const Place& place) {
  const bool yes = text == "yes" || text == "是";
  if (!yes && text != "no" && text != "否") {
    return Wrong("WORD_UNKNOWN",
                 absl::StrCat("\"", text,
                              T("\" is not known here: write yes or no", "\" 不在可选之列：请写 是 或 否")));
  }
  if (yes) place.message->GetReflection()->SetBool(place.message, place.field, true);
  return absl::OkStatus();
}

absl::Status FurtherWrong(const std::string& text) {
  return Wrong(
      "FURTHER_APPROVALS_INVALID",
      absl::StrCat("\"", text, "\" is not understood: write ACTION:ROLE@any, @own or @other, such as ",
                   "allocate>=100万:finance_reviewer@other+inspector@any"));
}

absl::Status ReadFurther(const std::string& text, v1::FurtherApprovals* further) {
  const std::vector<std::string> sides = absl::StrSplit(text, ':');
  if (sides.size() != 2) return FurtherWrong(text);
  const size_t from = sides[0].find(">=");
  further->set_action(TrimCell(sides[0].substr(0, from)));
  if (from != std::string::npos) {
    ASSIGN_OR_RETURN(const int64_t fen, ReadAmount(TrimCell(sides[0].substr(from + 2)), false));
    further->set_from_amount_fen(fen);
  }
  const std::vector<std::string> approvals = absl::StrSplit(sides[1], '+');
  for (const std::string& part : approvals) {
    const std::vector<std::string> pair = absl::StrSplit(part, '@');
    if (pair.size() != 2) return FurtherWrong(text);
    const auto role = NumberOf(kRoleWords, TrimCell(pair[0]));
    const auto place = NumberOf(kApproverPlaceWords, TrimCell(pair[1]));
    if (!role.has_value() || !place.has_value()) return FurtherWrong(text);
    v1::FurtherApproval* approval = further->add_approvals();
    approval->set_role(static_cast<v1::Role>(*role));
    approval->set_place(static_cast<v1::ApproverPlace>(*place));
  }
  return absl::OkStatus();
}

absl::Status PutFurther(const std::string& text, const Place& place) {
  for (const std::string& part : SplitList(text)) {
    RETURN_IF_ERROR(
        ReadFurther(part, static_cast<v1::FurtherApprovals*>(
                              place.message->GetReflection()->AddMessage(place.message, place.field))));
  }
  return absl::OkStatus();
}

absl::Status Put(const std::string& text, const Pen& pen, const Place& place) {
  switch (pen.column.kind) {
    case CellKind::kId:
    case CellKind::kText:
      return PutText(text, pen, place);
    case CellKind::kAmount:
      return PutInteger(place, ReadAmount(text, false));
    case CellKind::kSignedAmount:
      return PutInteger(place, ReadAmount(text, true));
    case CellKind::kYear:
      return PutInteger(place, ReadYear(text, false));
    case CellKind::kPlanYear:
      return PutInteger(place, ReadYear(text, true));
    case CellKind::kNumber:
      return PutInteger(place, ReadNumber(text, 0, 2'000'000'000, "a whole number: write digits only", true));
    case CellKind::kProgress:
      return PutInteger(place, ReadProgress(text));
    case CellKind::kDate:
      return PutDate(text, place);
    case CellKind::kWord:
      return PutWord(text, pen, place);
    case CellKind::kIdList:
    case CellKind::kTextList:
      return PutList(text, pen, place);
    case CellKind::kTargets:
      return PutTargets(text, pen, place);
    case CellKind::kDecimal:
      return PutDecimal(text, pen, place);
    case CellKind::kPayment:
      return PutRef(place, pen.resolver->Payment(text));
    case CellKind::kAction:
      return PutRef(place, pen.resolver->Action(text));
    case CellKind::kKey:
      return PutKey(text, place);
    case CellKind::kCode:
      return PutCode(text, place);
    case CellKind::kDocument:
      return PutDocument(text, place);
    case CellKind::kYes:
      return PutYes(text, place);
    case CellKind::kFurther:
      return PutFurther(text, place);
  }
  return absl::InternalError("a cell of no kind");
}

// What single cells cannot say: which go together.
void CheckWhole(const Form& form, const Cells& shared, const Message& body, std::vector<CellError>* errors) {
  const auto given = [&shared](const char* column) { return shared.count(column) != 0; };
  const auto wrong = [&](const char* column, const char* message) {
    errors->push_back(
        {0, column, given(column) ? shared.at(column) : "", Wrong("COLUMNS_DISAGREE", message)});
  };
  if (form.kind == "request_payment") {
    const int batch = given("subsidy") + given("period") + given("count");
    if (!given("payee") && batch == 0)
      wrong("payee", T("who is paid: give a payee, or subsidy, period, count and roster",
                       "付给谁？请填收款人，或补贴名称、所属期、人数和发放名册"));
    if (given("payee") && (batch > 0 || given("roster")))
      wrong("payee",
            T("a payee and a batch of people exclude each other: give one", "收款人与补贴批次只能填一种"));
    if (!given("payee") && batch > 0 && batch < 3)
      wrong("subsidy", T("a batch needs subsidy, period and count", "批次须填补贴名称、所属期和人数"));
  } else if (form.kind == "report_indicator" && given("project") == given("programme")) {
    wrong("project", T("give a project or a programme, and not both", "项目与专项须填且只填一项"));
  } else if (form.kind == "register_payee" && given("bank") != given("account")) {
    wrong("account", T("an account needs its bank and its number", "开户行与账号须一并填写"));
  } else if (form.kind == "register_fund") {
    const auto& fund = static_cast<const v1::RegisterFund&>(body);
    if (fund.origin_year() > fund.fiscal_year())
      wrong("origin_year", T("it is after the fiscal year", "晚于预算年度"));
  }
}

// The kind's message in an action, made if need be.
Message* BodyOf(const Form& form, v1::Action* action) {
  const FieldDescriptor* field = v1::Action::descriptor()->FindFieldByName(form.kind);
  return action->GetReflection()->MutableMessage(action, field);
}

void FillCommon(const Cells& shared, v1::Action* action, std::vector<CellError>* errors) {
  for (const auto& [name, value] : shared) {
    absl::Status status = absl::OkStatus();
    if (name == "reference" && HoldsUnseen(value)) {
      // With and without it, it would be two numbers, and importing again would record again.
      status = Wrong("REFERENCE_UNSEEN",
                     T("holds a space that is none, or a character that does not show: type it anew",
                       "含特殊空格或不可见字符：请重新键入"));
    } else if (name == "reference" && IsDayOfMonth(value)) {
      status = Spoilt();
    } else if (name == "reference" || name == "note") {
      status = CheckTextOf(*v1::Action::descriptor()->FindFieldByName(name), name, value,
                           name == "note" ? kTextCharactersMax : 64);
      (name == "note" ? action->mutable_note() : action->mutable_reference())->assign(value);
    } else if (name == "date") {
      const auto date = ReadDate(value);
      if (date.ok()) {
        SetDate(*date, action->mutable_date());
      } else {
        status = date.status();
      }
    }
    if (!status.ok()) errors->push_back({0, name, value, status});
  }
}

// What the rows say outside their lines: from the first row that says it; later ones agree or are silent.
Cells SharedCells(const Form& form, const std::vector<Cells>& rows, std::vector<CellError>* errors) {
  Cells shared;
  for (size_t row = 0; row < rows.size(); ++row) {
    for (const auto& [name, raw] : rows[row]) {
      const std::string value = TrimCell(raw);
      const Column* column = form.Find(name);
      if (value.empty() || (column != nullptr && column->per_line)) continue;
      const bool common = std::any_of(CommonColumns().begin(), CommonColumns().end(),
                                      [&name = name](const Column& c) { return c.name == name; });
      if (column == nullptr && !common) {
        errors->push_back({row, name, value,
                           Wrong("COLUMN_NOT_OF_KIND",
                                 absl::StrCat(T("is no column of ", "此列不属于 "), form.kind, T(" (", "（"),
                                              form.chinese, T("): leave the cell empty", "）：请留空")))});
        continue;
      }
      const auto [at, added] = shared.emplace(name, value);
      if (!added && at->second != value) {
        errors->push_back(
            {row, name, value,
             Wrong("ROWS_DISAGREE",
                   absl::StrCat(T("the first row of this reference says \"", "该业务编号首行写的是 \""),
                                at->second, T("\": write the same or nothing", "\"：请写得一致或留空")))});
      }
    }
  }
  return shared;
}

std::string AmountText(int64_t fen) {
  return FormatYuan(fen);
}

std::string TargetsText(const Message& message, const FieldDescriptor* field, const ScaleOf& scale_of) {
  std::string text;
  for (int i = 0; i < message.GetReflection()->FieldSize(message, field); ++i) {
    const auto& target = static_cast<const v1::IndicatorValue&>(
        message.GetReflection()->GetRepeatedMessage(message, field, i));
    absl::StrAppend(&text, i == 0 ? "" : ";", target.indicator(), "=",
                    FormatDecimal(target.value(), scale_of(target.indicator()).value_or(0)));
  }
  return text;
}

int64_t IntegerOf(const Message& message, const FieldDescriptor* field) {
  const Reflection* reflection = message.GetReflection();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT64:
      return reflection->GetInt64(message, field);
    case FieldDescriptor::CPPTYPE_UINT32:
      return reflection->GetUInt32(message, field);
    default:
      return reflection->GetInt32(message, field);
  }
}

std::string ListText(const Message& message, const FieldDescriptor* field) {
  std::string text;
  for (int i = 0; i < message.GetReflection()->FieldSize(message, field); ++i) {
    absl::StrAppend(&text, i == 0 ? "" : ";", message.GetReflection()->GetRepeatedString(message, field, i));
  }
  return text;
}

std::string FurtherText(const Message& message, const FieldDescriptor* field) {
  std::string text;
  for (int i = 0; i < message.GetReflection()->FieldSize(message, field); ++i) {
    const auto& further = static_cast<const v1::FurtherApprovals&>(
        message.GetReflection()->GetRepeatedMessage(message, field, i));
    absl::StrAppend(&text, i == 0 ? "" : ";", further.action());
    if (further.from_amount_fen() > 0) absl::StrAppend(&text, ">=", AmountText(further.from_amount_fen()));
    for (int n = 0; n < further.approvals_size(); ++n) {
      const v1::FurtherApproval& approval = further.approvals(n);
      absl::StrAppend(&text, n == 0 ? ":" : "+", NameOf(kRoleWords, approval.role()), "@",
                      NameOf(kApproverPlaceWords, approval.place()));
    }
  }
  return text;
}

// What would be written in the cell; empty for what is not set.
std::string CellText(const Column& column, const Place& place, const std::string& indicator,
                     const ScaleOf& scale_of) {
  const Message& message = *place.message;
  const FieldDescriptor* field = place.field;
  const Reflection* reflection = message.GetReflection();
  if (!field->is_repeated() && field->has_presence() && !reflection->HasField(message, field)) return "";
  switch (column.kind) {
    case CellKind::kId:
    case CellKind::kText:
      return reflection->GetString(message, field);
    case CellKind::kAmount:
    case CellKind::kSignedAmount:
      return AmountText(IntegerOf(message, field));
    case CellKind::kYear:
      return IntegerOf(message, field) == 0 ? "" : absl::StrCat(IntegerOf(message, field));
    case CellKind::kPlanYear:
    case CellKind::kNumber:
      return absl::StrCat(IntegerOf(message, field));
    case CellKind::kProgress:
      return absl::StrCat(FormatDecimal(IntegerOf(message, field), 2), "%");
    case CellKind::kDate:
      return FormatDate(static_cast<const v1::Date&>(reflection->GetMessage(message, field)));
    case CellKind::kWord:
      return NameOf(*column.words, reflection->GetEnumValue(message, field));
    case CellKind::kIdList:
    case CellKind::kTextList:
      return ListText(message, field);
    case CellKind::kTargets:
      return TargetsText(message, field, scale_of);
    case CellKind::kDecimal:
      return FormatDecimal(IntegerOf(message, field), scale_of(indicator).value_or(0));
    case CellKind::kPayment:
    case CellKind::kAction:
      return FormatActionRef(static_cast<const v1::ActionRef&>(reflection->GetMessage(message, field)));
    case CellKind::kKey:
      return KeyText(static_cast<const v1::PublicKey&>(reflection->GetMessage(message, field)));
    case CellKind::kCode:
    case CellKind::kDocument:
      return HexEncode(reflection->GetString(message, field));
    case CellKind::kYes:
      return reflection->GetBool(message, field) ? "yes" : "no";
    case CellKind::kFurther:
      return FurtherText(message, field);
  }
  return "";
}

}  // namespace

absl::StatusOr<v1::ActionRef> ParseActionRef(std::string_view text) {
  const size_t point = text.find('.');
  const std::string sequence(text.substr(0, point));
  const std::string index(point == std::string_view::npos ? std::string_view("0") : text.substr(point + 1));
  const auto digits = [](const std::string& part) {
    return !part.empty() && std::all_of(part.begin(), part.end(), absl::ascii_isdigit);
  };
  v1::ActionRef ref;
  uint64_t sequence_value = 0;
  uint32_t index_value = 0;
  if (!digits(sequence) || !digits(index) || !absl::SimpleAtoi(sequence, &sequence_value) ||
      !absl::SimpleAtoi(index, &index_value)) {
    return Wrong("ACTION_REF_INVALID",
                 absl::StrCat("\"", ToAbsl(text), "\" names no action: write SEQUENCE.ACTION, such as 17.0"));
  }
  ref.set_sequence(sequence_value);
  ref.set_action(index_value);
  return ref;
}

std::string FormatActionRef(const v1::ActionRef& ref) {
  return absl::StrCat(ref.sequence(), ".", ref.action());
}

absl::StatusOr<int64_t> ParseDecimal(std::string_view text, uint32_t scale) {
  const std::string plain = HalfWidth(text);
  std::string_view body = plain;
  const bool negative = body.starts_with("-");
  if (negative) body.remove_prefix(1);
  const size_t point = std::min(body.find('.'), body.size());
  std::string fraction(point < body.size() ? body.substr(point + 1) : std::string_view());
  std::string digits;
  const bool well_formed = TakeGroups(body.substr(0, point), &digits) && !digits.empty() &&
                           (point == body.size() || !fraction.empty()) &&
                           std::all_of(digits.begin(), digits.end(), absl::ascii_isdigit) &&
                           std::all_of(fraction.begin(), fraction.end(), absl::ascii_isdigit);
  if (!well_formed) {
    return Wrong("VALUE_INVALID",
                 absl::StrCat("\"", ToAbsl(text), "\" is not a number: write it as 29.0835"));
  }
  while (fraction.ends_with('0')) fraction.pop_back();
  if (fraction.size() > scale) {
    return Wrong("VALUE_TOO_PRECISE",
                 absl::StrCat("\"", ToAbsl(text), "\" has more decimals than the indicator's ", scale));
  }
  digits += fraction + std::string(scale - fraction.size(), '0');
  int64_t value = 0;
  if (!absl::SimpleAtoi(digits, &value)) {
    return Wrong("VALUE_OUT_OF_RANGE",
                 absl::StrCat("\"", ToAbsl(text), "\" is more than the ledger can hold"));
  }
  return negative ? -value : value;
}

std::string FormatDecimal(int64_t value, uint32_t scale) {
  return fundledger::FormatDecimal(value, scale);
}

void SetDate(Date date, v1::Date* out) {
  out->set_year(date.year());
  out->set_month(date.month());
  out->set_day(date.day());
}

std::string FormatDate(const v1::Date& date) {
  const auto day = Date::FromCivil(date.year(), date.month(), date.day());
  return day.ok() ? day->ToString() : absl::StrCat(date.year(), "-", date.month(), "-", date.day(), "?");
}

absl::StatusOr<v1::ActionRef> SyntaxResolver::Payment(const std::string& text) {
  const size_t slash = text.find('/');
  if (slash == std::string::npos) return Action(text);
  const absl::Status organization = CheckId("organization", text.substr(0, slash));
  if (organization.ok() && slash + 1 < text.size()) return v1::ActionRef();
  return Wrong("PAYMENT_REF_INVALID", absl::StrCat("\"", text,
                                                   "\" names no payment: write ORGANIZATION/REFERENCE of "
                                                   "its request, or SEQUENCE.ACTION"));
}

absl::StatusOr<v1::ActionRef> SyntaxResolver::Action(const std::string& text) {
  return ParseActionRef(text);
}

absl::StatusOr<uint32_t> SyntaxResolver::Scale(const std::string&) {
  return 9;
}

std::vector<CellError> FillAction(const Form& form, const std::vector<Cells>& rows, Resolver* resolver,
                                  v1::Action* action) {
  std::vector<CellError> errors;
  action->Clear();
  Message* body = BodyOf(form, action);
  const Cells shared = SharedCells(form, rows, &errors);
  FillCommon(shared, action, &errors);
  const auto put = [&](const Column& column, const Cells& cells, size_t row) {
    const auto cell = cells.find(column.name);
    const std::string value = cell == cells.end() ? std::string() : TrimCell(cell->second);
    absl::Status status = absl::OkStatus();
    if (!value.empty()) {
      status = Put(value, {column, shared, resolver}, Walk(body, column.path, static_cast<int>(row), true));
    } else if (column.required) {
      status =
          Wrong("CELL_MISSING", absl::StrCat(T("is empty: ", "未填："), T(column.help, column.help_chinese)));
    }
    if (!status.ok()) errors.push_back({row, column.name, value, status});
  };
  for (const Column& column : form.columns) {
    if (!column.per_line) {
      put(column, shared, 0);
      continue;
    }
    for (size_t row = 0; row < rows.size(); ++row) put(column, rows[row], row);
  }
  if (auto* fund = dynamic_cast<v1::RegisterFund*>(body); fund != nullptr && fund->origin_year() == 0) {
    fund->set_origin_year(fund->fiscal_year());
  }
  CheckWhole(form, shared, *body, &errors);
  std::stable_sort(errors.begin(), errors.end(), [](const auto& a, const auto& b) { return a.row < b.row; });
  return errors;
}

std::vector<Cells> DescribeAction(const Form& form, const v1::Action& action, const ScaleOf& scale_of) {
  v1::Action copy = action;
  Message* body = BodyOf(form, &copy);
  std::vector<Cells> rows(1);
  if (!action.reference().empty()) rows[0]["reference"] = action.reference();
  if (action.has_date()) rows[0]["date"] = FormatDate(action.date());
  if (!action.note().empty()) rows[0]["note"] = action.note();
  for (const Column& column : form.columns) {
    for (int line = 0;; ++line) {
      const Place place = Walk(body, column.path, line, false);
      if (place.message == nullptr) break;
      if (rows.size() <= static_cast<size_t>(line)) rows.emplace_back();
      const auto indicator = rows[0].find("indicator");
      std::string text =
          CellText(column, place, indicator == rows[0].end() ? std::string() : indicator->second, scale_of);
      if (!text.empty()) rows[static_cast<size_t>(line)][column.name] = std::move(text);
      if (!column.per_line) break;
    }
  }
  return rows;
}

namespace {

// Takes out messages that say nothing, from the inside out.
void Prune(Message* message) {
  const Reflection* reflection = message->GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection->ListFields(*message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
    if (!field->is_repeated()) {
      Message* inner = reflection->MutableMessage(message, field);
      Prune(inner);
      if (inner->ByteSizeLong() == 0) reflection->ClearField(message, field);
      continue;
    }
    bool says = false;
    for (int i = 0; i < reflection->FieldSize(*message, field); ++i) {
      Message* inner = reflection->MutableRepeatedMessage(message, field, i);
      Prune(inner);
      says = says || inner->ByteSizeLong() != 0;
    }
    if (!says) reflection->ClearField(message, field);
  }
}

}  // namespace

v1::Action WithoutCells(const Form& form, const v1::Action& action) {
  v1::Action rest = action;
  rest.clear_reference();
  rest.clear_date();
  rest.clear_note();
  rest.clear_source();
  Message* body = BodyOf(form, &rest);
  for (const Column& column : form.columns) {
    for (int line = 0;; ++line) {
      const Place place = Walk(body, column.path, line, false);
      if (place.message == nullptr) break;
      place.message->GetReflection()->ClearField(place.message, place.field);
      if (!column.per_line) break;
    }
  }
  // A key's proof says nothing but that the key is its officer's, which the ledger checked.
  const FieldDescriptor* proof = body->GetDescriptor()->FindFieldByName("key_proof");
  if (proof != nullptr) body->GetReflection()->ClearField(body, proof);
  Prune(&rest);
  return rest;
}

}  // namespace fundledger::cli
