#include "clients/cli/table.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "ledger/base/one_line.h"
#include "ledger/base/text.h"

#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace fundledger::cli {
namespace {

std::vector<std::string> Lines(const std::string& cell) {
  return absl::StrSplit(cell, '\n');
}

}  // namespace

std::string Padded(const std::string& text, size_t width, Table::Align align) {
  const size_t own = DisplayWidth(text);
  const std::string space(own < width ? width - own : 0, ' ');
  return align == Table::Align::kLeft ? text + space : space + text;
}

void Table::Add(std::vector<std::string> cells) {
  if (cells.size() != columns_.size()) std::abort();  // a table's rows are written beside its header
  // Strangers' text is among them: it does not speak to the terminal.
  for (std::string& cell : cells) {
    std::vector<std::string> lines = Lines(cell);
    for (std::string& line : lines) line = OneLine(line);
    cell = absl::StrJoin(lines, "\n");
  }
  rows_.push_back(std::move(cells));
}

void Table::Print(std::ostream& out) const {
  std::vector<size_t> widths;
  for (size_t i = 0; i < columns_.size(); ++i) {
    size_t width = DisplayWidth(columns_[i].title);
    for (const auto& row : rows_) {
      for (const std::string& line : Lines(row[i])) width = std::max(width, DisplayWidth(line));
    }
    widths.push_back(width);
  }
  const auto print = [&](const auto& cell) {
    std::string text;
    for (size_t i = 0; i < columns_.size(); ++i) {
      text += (i == 0 ? "" : "  ") + Padded(cell(i), widths[i], columns_[i].align);
    }
    while (text.ends_with(' ')) text.pop_back();
    out << text << '\n';
  };
  const auto rule = [&] { print([&](size_t i) { return std::string(widths[i], '-'); }); };
  print([&](size_t i) { return columns_[i].title; });
  rule();
  for (size_t r = 0; r < rows_.size(); ++r) {
    if (std::find(rules_.begin(), rules_.end(), r) != rules_.end()) rule();
    std::vector<std::vector<std::string>> cells;
    size_t height = 1;
    for (const std::string& cell : rows_[r]) {
      cells.push_back(Lines(cell));
      height = std::max(height, cells.back().size());
    }
    for (size_t line = 0; line < height; ++line) {
      print([&](size_t i) { return line < cells[i].size() ? cells[i][line] : std::string(); });
    }
  }
}

}  // namespace fundledger::cli
