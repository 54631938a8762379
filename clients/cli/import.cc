#include "clients/cli/import.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "clients/cli/language.h"
#include "clients/cli/suggest.h"
#include "ledger/base/status.h"
#include "ledger/base/text.h"
#include "ledger/books/keys.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace fundledger::cli {
namespace {

absl::Status Wrong(std::string_view reason, std::string_view message) {
  return Refuse(absl::StatusCode::kInvalidArgument, reason, message);
}

// What people write below a column of amounts, before them in any column.
bool IsTotal(std::string_view column, std::string_view cell) {
  const std::string word = books::Fold(cell);  // 合 计
  for (const char* total : {"合计", "小计", "总计", "共计"}) {
    if (word == total) return true;
  }
  return (column == "kind" || column == "reference") && word == books::Fold("total");
}

absl::Status TotalRow() {
  return Wrong("KIND_UNKNOWN", T("is a row of totals: take it out", "是合计行：请删去"));
}

std::string UnknownColumn(const std::string& title) {
  // What it is like is in yuan: renamed, all its amounts would be too small.
  if (title.find("万") != std::string::npos || title.find("亿") != std::string::npos) {
    return T("is no column, and none has a unit: amounts are in yuan, or each says its unit, as in 120.5万",
             "没有此列，列名也不带单位：金额以元计，或逐格写明单位，如 120.5万");
  }
  const std::string like = absl::StrJoin(WordsLike(title, ColumnTitles()), T(" or ", " 或 "));
  if (!like.empty())
    return absl::StrCat(T("is no column; did you mean ", "没有此列，是否指 "), like, T("?", "？"));
  return T("is no column of any kind: see import --template KIND for their names",
           "任何事项都没有此列：列名见 import --template 打印的模板");
}

// One file's rows being read.
class Reader {
 public:
  Reader(std::string file, const ImportOptions& options, Import* import)
      : file_(std::move(file)), options_(options), import_(import) {}

  void Read(std::string_view bytes) {
    const auto text = DecodeText(bytes);
    if (!text.ok()) {
      Add(0, "", "", text.status());
      return;
    }
    const CsvTable table = ParseCsv(*text);
    for (const CsvError& error : table.errors) AddCsvError(table, error);
    if (!table.errors.empty() || !ReadHeader(table.header)) return;
    if (table.rows.empty()) {
      Add(1, "", "",
          Wrong("ROWS_MISSING",
                T("no row follows the names of the columns, so there is nothing to import: is it "
                  "the right sheet, and was it saved?",
                  "列名之下没有数据行，没有可导入的内容：请确认工作表无误并已保存")));
    }
    for (const CsvRow& row : table.rows) AddRow(row);
    for (size_t i = first_action_; i < import_->actions.size(); ++i) CheckAction(import_->actions[i]);
  }

 private:
  void Add(size_t row, const std::string& column, const std::string& value, const absl::Status& status) {
    import_->errors.push_back({file_, row, column, value, ReasonOf(status), std::string(status.message())});
  }

  void AddCsvError(const CsvTable& table, const CsvError& error) {
    const bool named = error.column > 0 && error.row > 1 && error.column <= table.header.cells.size();
    const std::string column = named ? TrimCell(table.header.cells[error.column - 1])
                                     : (error.column > 0 ? absl::StrCat("#", error.column) : "");
    Add(error.row, column, "", Wrong("CSV_INVALID", error.message));
  }

  bool ReadHeader(const CsvRow& header) {
    bool good = true;
    for (const std::string& cell : header.cells) {
      const std::string title = TrimCell(cell);
      const auto name = ColumnNamed(title);
      titles_.push_back(title);
      columns_.push_back(name.value_or(""));
      if (title.empty() || name.has_value()) continue;
      good = false;
      Add(1, title, "", Wrong("COLUMN_UNKNOWN", UnknownColumn(title)));
    }
    for (size_t i = 0; i < columns_.size(); ++i) {
      const auto first = std::find(columns_.begin(), columns_.end(), columns_[i]);
      if (columns_[i].empty() || first == columns_.begin() + static_cast<ptrdiff_t>(i)) continue;
      good = false;
      Add(1, titles_[i], "",
          Wrong("COLUMN_REPEATED",
                absl::StrCat(T("stands twice, as columns ", "同一列出现两次：第 "),
                             first - columns_.begin() + 1, T(" and ", " 列和第 "), i + 1, T("", " 列"))));
    }
    if (options_.kind.empty() && std::find(columns_.begin(), columns_.end(), "kind") == columns_.end()) {
      good = false;
      Add(1, TitleOf("kind"), "",
          Wrong("COLUMN_MISSING", T("there is no column kind: add it, or give --kind. The first row holds "
                                    "the names of the columns, "
                                    "no heading above them",
                                    "没有“事项”列：请加上，或用 --kind 指定。首行须为列名，其上不要有表名")));
    }
    if (std::find(columns_.begin(), columns_.end(), "reference") == columns_.end()) {
      good = false;
      Add(1, TitleOf("reference"), "",
          Wrong("COLUMN_MISSING", T("there is no column reference: it is what makes importing again safe",
                                    "没有“业务编号”列：重复导入不重复入账全靠它")));
    }
    return good && CheckColumns();
  }

  // With one kind for all rows, a column that it needs can be missed once and not row by row.
  bool CheckColumns() {
    const Form* form = options_.kind.empty() ? nullptr : FindForm(options_.kind);
    if (form == nullptr) return true;
    bool good = true;
    for (const Column& column : form->columns) {
      if (!column.required || std::find(columns_.begin(), columns_.end(), column.name) != columns_.end())
        continue;
      good = false;
      Add(1, TitleOf(column.name), "",
          Wrong("COLUMN_MISSING",
                CurrentLanguage() == Language::kChinese
                    ? absl::StrCat("没有“", column.chinese, "”列（", column.help_chinese, "）")
                    : absl::StrCat("there is no column ", column.name, " (", column.chinese,
                                   "): ", column.help)));
    }
    return good;
  }

  void AddRow(const CsvRow& row) {
    Cells cells;
    for (size_t i = 0; i < row.cells.size(); ++i) {
      std::string value = TrimCell(row.cells[i]);
      if (value.empty()) continue;
      if (columns_[i].empty()) {
        Add(row.number, absl::StrCat("#", i + 1), value,
            Wrong("COLUMN_UNNAMED", T("the column has no name: name it, or empty its cells",
                                      "该列没有列名：请补列名，或清空该列")));
      } else {
        cells[columns_[i]] = std::move(value);
      }
    }
    if (cells.empty()) return;
    for (const auto& [column, value] : cells) {
      if (!IsTotal(column, value)) continue;
      return Add(row.number, TitleOf(column), value, TotalRow());
    }
    const std::string kind = Take(&cells, "kind", options_.kind);
    if (kind.empty()) {
      return Add(row.number, TitleOf("kind"), "",
                 Wrong("CELL_MISSING", T("is empty: write the kind of action, or give --kind",
                                         "请写事项，或用 --kind 指定")));
    }
    std::string officer = Take(&cells, "officer", options_.officer);
    const Form* form = FindForm(kind);
    if (form == nullptr || !form->importable) {
      Add(row.number, TitleOf("kind"), kind, KindUnknown(kind));
      return;
    }
    const auto reference = cells.find("reference");
    if (reference == cells.end()) {
      Add(row.number, TitleOf("reference"), "",
          Wrong("CELL_MISSING",
                T("is empty: write your own number for it; it is what makes importing again safe",
                  "请写本单位自编号：重复导入不重复入账全靠它")));
      return;
    }
    AppendRow(row.number, form, std::move(officer), std::move(cells));
  }

  static std::string Take(Cells* cells, const std::string& column, const std::string& otherwise) {
    const auto found = cells->find(column);
    if (found == cells->end()) return otherwise;
    std::string value = found->second;
    cells->erase(found);
    return value;
  }

  void AppendRow(size_t number, const Form* form, std::string officer, Cells cells) {
    const std::string reference = cells.at("reference");
    auto& actions = import_->actions;
    const bool goes_on = actions.size() > first_action_ && actions.back().form == form &&
                         actions.back().reference == reference && form->has_lines();
    if (!goes_on) {
      if (officer.empty()) {
        Add(number, TitleOf("officer"), "",
            Wrong("CELL_MISSING", T("is empty: who signs? fill it in, or give --as OFFICER",
                                    "由谁签名？请填写，或用 --as 指定经办人")));
      }
      actions.push_back({file_, {}, form, std::move(officer), reference, {}});
    } else if (!officer.empty() && officer != actions.back().officer) {
      Add(number, TitleOf("officer"), officer,
          Wrong("ROWS_DISAGREE",
                T("is another than in the first row of this reference", "与该业务编号首行的经办人不同")));
    }
    actions.back().rows.push_back(number);
    actions.back().cells.push_back(std::move(cells));
  }

  void CheckAction(const ImportAction& action) {
    SyntaxResolver resolver;
    v1::Action filled;
    for (const CellError& error : FillAction(*action.form, action.cells, &resolver, &filled)) {
      Add(action.rows[error.row], TitleOf(error.column), error.value, error.status);
    }
    // A default of today would be another action tomorrow, and importing again would no longer be the same.
    if (action.form->dated && action.cells[0].count("date") == 0) {
      Add(action.rows[0], TitleOf("date"), "",
          Wrong("CELL_MISSING",
                T("is empty: write the business date, as 2020-06-16", "请写业务日期，例如 2020-06-16")));
    }
    if (const absl::Status id = CheckId("officer", action.officer); !action.officer.empty() && !id.ok()) {
      Add(action.rows[0], TitleOf("officer"), action.officer, id);
    }
  }

  std::string TitleOf(const std::string& column) const {
    const auto at = std::find(columns_.begin(), columns_.end(), column);
    if (at != columns_.end()) return titles_[static_cast<size_t>(at - columns_.begin())];
    return CurrentLanguage() == Language::kChinese ? ChineseOf(column) : column;
  }

  std::string file_;
  const ImportOptions& options_;
  Import* import_;
  size_t first_action_ = import_->actions.size();
  std::vector<std::string> titles_;   // as in the file
  std::vector<std::string> columns_;  // their English names
};

}  // namespace

void ReadImport(const std::string& file, std::string_view bytes, const ImportOptions& options,
                Import* import) {
  Reader(file, options, import).Read(bytes);
}

void FindRepeatedReferences(Import* import) {
  std::map<std::tuple<std::string, std::string, std::string>, const ImportAction*> first;
  for (const ImportAction& action : import->actions) {
    const auto [at, added] =
        first.emplace(std::tuple(action.officer, action.form->kind, action.reference), &action);
    if (added) continue;
    import->errors.push_back(
        {action.file, action.rows[0], T("reference", "业务编号"), action.reference, "REFERENCE_REPEATED",
         absl::StrCat(T("stands in row ", "已在 "), T("", at->second->file.c_str()), T("", " 第 "),
                      at->second->rows[0], T(" of ", " 行"), T(at->second->file.c_str(), ""),
                      T(" already: rows of one reference follow each other, and only kinds with "
                        "lines have several",
                        "出现：同一业务编号的行须相连，且仅带明细的事项可有多行"))});
  }
}

void SortErrors(const std::vector<std::string>& files, Import* import) {
  const auto place = [&files](const RowError& error) {
    return std::pair(std::find(files.begin(), files.end(), error.file) - files.begin(), error.row);
  };
  std::stable_sort(import->errors.begin(), import->errors.end(),
                   [&place](const RowError& a, const RowError& b) { return place(a) < place(b); });
}

absl::StatusOr<std::string> ImportTemplate(const std::string& kind, bool chinese) {
  const Form* form = FindForm(kind);
  if (form == nullptr || !form->importable) {
    return KindUnknown(kind);
  }
  std::vector<std::string> titles;
  std::vector<std::string> example;
  for (const Column& column : CommonColumns()) {
    titles.push_back(chinese ? column.chinese : column.name);
    example.push_back(std::string_view(column.name) == "kind" ? (chinese ? form->chinese : form->kind) : "");
  }
  for (const Column& column : form->columns) {
    titles.push_back(chinese ? column.chinese : column.name);
    example.emplace_back();
  }
  return absl::StrCat(FormatCsv(titles), "\r\n", FormatCsv(example), "\r\n");
}

std::string ImportableKinds() {
  std::vector<std::string> kinds;
  for (const Form& form : Forms()) {
    if (form.importable) kinds.push_back(absl::StrCat(T("", form.chinese), T("", " "), form.kind));
  }
  return absl::StrJoin(kinds, T(", ", "、"));
}

absl::Status KindUnknown(std::string_view kind) {
  std::vector<std::string> names;
  for (const Form& form : Forms()) {
    if (!form.importable) continue;
    names.push_back(form.kind);
    names.emplace_back(form.chinese);
  }
  const std::string like =
      FindForm(kind) != nullptr ? "" : absl::StrJoin(WordsLike(kind, names), T(" or ", " 或 "));
  if (!like.empty()) {
    return Wrong("KIND_UNKNOWN",
                 absl::StrCat(T("is no kind; did you mean ", "没有此事项，是否指 "), like,
                              T("? All: fundledger import --help", "？全部事项见 fundledger import --help")));
  }
  return Wrong("KIND_UNKNOWN",
               absl::StrCat(FindForm(kind) != nullptr ? T("cannot be imported, and has a command of its own",
                                                          "不能导入，请用相应命令办理")
                                                      : T("is no kind", "没有此事项"),
                            T(". All: fundledger import --help", "。全部事项见 fundledger import --help")));
}

}  // namespace fundledger::cli
