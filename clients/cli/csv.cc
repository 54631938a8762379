#include "clients/cli/csv.h"

#include <algorithm>
#include <cerrno>
#include <optional>

#include <iconv.h>

#include "clients/cli/language.h"
#include "ledger/base/status.h"
#include "ledger/base/text.h"
#include "ledger/base/utf8.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace fundledger::cli {
namespace {

absl::Status Undecodable(std::string_view what) {
  return Refuse(absl::StatusCode::kInvalidArgument, "CSV_INVALID", what);
}

size_t LineAt(std::string_view bytes, size_t at) {
  return 1 + static_cast<size_t>(std::count(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(at), '\n'));
}

absl::Status DamagedUtf8(std::string_view bytes) {
  std::string_view rest = bytes;
  while (TakeCodePoint(&rest).has_value()) {
  }
  const size_t at = bytes.size() - rest.size();
  return Undecodable(
      absl::StrCat(T("line ", "文件第 "), LineAt(bytes, at), T(", byte ", " 行（第 "), at,
                   T(" of the text, is no UTF-8, and what is before it is: the file was damaged, or "
                     "cut off inside a character; save it anew as CSV UTF-8",
                     " 字节）不是 UTF-8，而此前内容是：文件已损坏或截断，请重新另存为“CSV "
                     "UTF-8”")));
}

// Whether a Chinese character in UTF-8 comes before the first byte that is none. In GB18030 that would take a
// rare one, behind which another begins just so.
bool BeginsAsUtf8(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::optional<char32_t> code = TakeCodePoint(&bytes);
    if (!code.has_value()) return false;
    if (*code >= 0x4e00 && *code <= 0x9fff) return true;
  }
  return false;
}

absl::StatusOr<std::string> FromGb18030(std::string_view bytes) {
  iconv_t converter = ::iconv_open("UTF-8", "GB18030");
  if (converter == reinterpret_cast<iconv_t>(-1)) {
    return Undecodable(
        T("this system cannot read GB18030: save the file as UTF-8", "本机不能读 GB18030：请另存为 UTF-8"));
  }
  std::string text;
  std::string input(bytes);
  char* in = input.data();
  size_t in_left = input.size();
  char buffer[4096];
  bool good = true;
  while (in_left > 0 && good) {
    char* out = buffer;
    size_t out_left = sizeof buffer;
    const size_t result = ::iconv(converter, &in, &in_left, &out, &out_left);
    text.append(buffer, sizeof buffer - out_left);
    good = result != static_cast<size_t>(-1) || errno == E2BIG;
  }
  (void)::iconv_close(converter);
  if (good) return text;
  const size_t at = bytes.size() - in_left;
  return Undecodable(absl::StrCat(T("line ", "文件第 "), LineAt(bytes, at), T(", byte ", " 行（第 "), at,
                                  T(" of the file, is neither UTF-8 nor GB18030: save the file as CSV UTF-8",
                                    " 字节）既非 UTF-8 也非 GB18030：请另存为“CSV UTF-8”")));
}

// Reads one row after the other off a text.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  bool done() const { return rest_.empty(); }

  CsvRow NextRow(std::vector<CsvError>* errors) {
    CsvRow row;
    row.number = ++row_;
    do {
      row.cells.emplace_back();
      column_ = row.cells.size();
      NextCell(&row.cells.back(), errors);
    } while (Take(","));
    if (!Take("\r\n")) (void)Take("\n");
    return row;
  }

 private:
  bool Take(std::string_view what) {
    if (!rest_.starts_with(what)) return false;
    rest_.remove_prefix(what.size());
    return true;
  }

  bool AtCellEnd() const {
    return rest_.empty() || rest_[0] == ',' || rest_[0] == '\n' || rest_.starts_with("\r\n");
  }

  void NextCell(std::string* cell, std::vector<CsvError>* errors) {
    if (Take("\"")) {
      Quoted(cell, errors);
      return;
    }
    bool stray = false;
    while (!AtCellEnd()) {
      stray = stray || rest_[0] == '"';
      cell->push_back(rest_[0]);
      rest_.remove_prefix(1);
    }
    if (stray) {
      errors->push_back({row_, column_,
                         T("stray quote: put the whole cell in quotes, and write a quote in it as \"\"",
                           "引号位置不对：整格加引号，格内引号写作 \"\"")});
    }
  }

  void Quoted(std::string* cell, std::vector<CsvError>* errors) {
    for (;;) {
      const size_t quote = rest_.find('"');
      cell->append(rest_.substr(0, quote));
      if (quote == std::string_view::npos) {
        rest_ = {};
        errors->push_back({row_, column_,
                           T("unclosed quote: the cell begins with a quote that nothing closes",
                             "引号未闭合：该格以引号开头而无结尾引号")});
        return;
      }
      rest_.remove_prefix(quote + 1);
      if (!Take("\"")) break;
      cell->push_back('"');
    }
    if (AtCellEnd()) return;
    errors->push_back({row_, column_,
                       T("stray quote: text goes on behind the closing quote; write a quote as \"\"",
                         "结尾引号之后还有文字：格内引号写作 \"\"")});
    while (!AtCellEnd()) {
      cell->push_back(rest_[0]);
      rest_.remove_prefix(1);
    }
  }

  std::string_view rest_;
  size_t row_ = 0;
  size_t column_ = 0;
};

bool NeedsQuotes(std::string_view cell) {
  return cell.find_first_of(",\"\r\n") != std::string_view::npos;
}

}  // namespace

bool CsvRow::empty() const {
  return std::all_of(cells.begin(), cells.end(),
                     [](const std::string& cell) { return absl::StripAsciiWhitespace(cell).empty(); });
}

absl::StatusOr<std::string> DecodeText(std::string_view bytes) {
  if (bytes.starts_with("\xff\xfe") || bytes.starts_with("\xfe\xff")) {
    return Undecodable(T("the file is UTF-16: save it as CSV UTF-8", "文件为 UTF-16：请另存为“CSV UTF-8”"));
  }
  if (bytes.starts_with("PK\x03\x04") || bytes.starts_with("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")) {
    return Undecodable(T("the file is a workbook: save the sheet as CSV UTF-8",
                         "文件是 Excel 工作簿：请将工作表另存为“CSV UTF-8”"));
  }
  const bool is_marked = bytes.starts_with("\xef\xbb\xbf");
  if (is_marked) bytes.remove_prefix(3);
  if (IsValidUtf8(bytes)) return std::string(bytes);
  // Read as GB18030 it would be other characters, recorded for ever.
  return is_marked || BeginsAsUtf8(bytes) ? DamagedUtf8(bytes) : FromGb18030(bytes);
}

std::string TrimCell(std::string_view cell) {
  size_t begin = cell.size();
  size_t end = 0;
  for (std::string_view rest = cell; !rest.empty();) {
    const size_t at = cell.size() - rest.size();
    const std::optional<char32_t> code = TakeCodePoint(&rest);
    if (!code.has_value()) rest.remove_prefix(1);
    const bool is_space = absl::ascii_isspace(static_cast<unsigned char>(cell[at]));
    if (is_space || (code.has_value() && IsUnseen(*code))) continue;
    begin = std::min(begin, at);
    end = cell.size() - rest.size();
  }
  return begin < end ? std::string(cell.substr(begin, end - begin)) : "";
}

bool HoldsUnseen(std::string_view cell) {
  while (!cell.empty()) {
    const std::optional<char32_t> code = TakeCodePoint(&cell);
    if (!code.has_value()) cell.remove_prefix(1);
    if (code.has_value() && *code != ' ' && IsUnseen(*code)) return true;
  }
  return false;
}

CsvTable ParseCsv(std::string_view utf8) {
  CsvTable table;
  Scanner scanner(utf8);
  if (scanner.done()) {
    table.errors.push_back(
        {1, 0,
         T("the file is empty: its first row holds the names of the columns", "文件为空：首行须为列名")});
    return table;
  }
  table.header = scanner.NextRow(&table.errors);
  const size_t columns = table.header.cells.size();
  const auto holds = [&table](const char* what) { return absl::StrContains(table.header.cells[0], what); };
  if (columns == 1 && (holds(";") || holds("\t") || holds("，") || holds("；") || holds("、"))) {
    table.errors.push_back({1, 0,
                            T("the columns are not separated by commas (,): save the file as CSV with commas",
                              "各列之间不是半角逗号（,）：请另存为逗号分隔的 CSV")});
    return table;
  }
  while (!scanner.done()) {
    CsvRow row = scanner.NextRow(&table.errors);
    if (row.empty()) continue;
    if (row.cells.size() != columns) {
      // The first cell too many, or the first that is not there.
      const char* const advice =
          row.cells.size() > columns
              ? T(": an amount or text with a comma must stand in quotes", " 格：含逗号的金额或文字须加引号")
              : T(": cells are missing from here on; an empty one still takes its comma",
                  " 格：自此列起缺格，空格也须保留逗号");
      table.errors.push_back({row.number, std::min(row.cells.size(), columns) + 1,
                              absl::StrCat(T("has ", "本行 "), row.cells.size(),
                                           T(" cells, the header has ", " 格，首行 "), columns, advice)});
    }
    row.cells.resize(columns);
    table.rows.push_back(std::move(row));
  }
  return table;
}

std::string FormatCsv(const std::vector<std::string>& cells) {
  std::string line;
  for (size_t i = 0; i < cells.size(); ++i) {
    if (i > 0) line += ",";
    if (!NeedsQuotes(cells[i])) {
      line += cells[i];
      continue;
    }
    line += '"';
    for (const char c : cells[i]) line += c == '"' ? std::string("\"\"") : std::string(1, c);
    line += '"';
  }
  return line;
}

}  // namespace fundledger::cli
