// Tables for people, aligned by the columns a terminal gives to the text, Chinese included.
#pragma once

#include <ostream>
#include <string>
#include <vector>

namespace fundledger::cli {

class Table {
 public:
  enum class Align { kLeft, kRight };
  struct Column {
    std::string title;
    Align align = Align::kLeft;
  };

  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  // As many cells as there are columns. A cell may have several lines.
  void Add(std::vector<std::string> cells);
  // A rule, then what is added after it: totals.
  void AddRule() { rules_.push_back(rows_.size()); }
  size_t size() const { return rows_.size(); }
  // Header, rule, rows; nothing behind the last cell of a line.
  void Print(std::ostream& out) const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
  std::vector<size_t> rules_;  // before the row of that index
};

// Spaces that bring `text` to `width` columns, after it or before it.
std::string Padded(const std::string& text, size_t width, Table::Align align);

}  // namespace fundledger::cli
