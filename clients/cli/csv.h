// CSV as RFC 4180 says, with errors that name row and column. UTF-8 with or without a byte order mark, or
// GB18030 as Chinese Excel saves it; CRLF or LF.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace fundledger::cli {

struct CsvRow {
  size_t number = 0;  // from 1, the header included: the number a spreadsheet shows beside it
  std::vector<std::string> cells;
  bool empty() const;
};

// What is wrong, and where; column is from 1, 0 for the whole row.
struct CsvError {
  size_t row = 0;
  size_t column = 0;
  std::string message;
};

struct CsvTable {
  CsvRow header;
  std::vector<CsvRow> rows;  // rows whose cells are all empty are left out
  std::vector<CsvError> errors;
};

// A cell without what does not show at its ends: spaces of any width, and marks of none.
std::string TrimCell(std::string_view cell);
// Whether such a character stands anywhere in it, other than the space that everybody types.
bool HoldsUnseen(std::string_view cell);

// `bytes` as UTF-8 without a byte order mark. INVALID_ARGUMENT, reason CSV_INVALID, for what is neither UTF-8
// nor GB18030, or has the mark and is no UTF-8; UTF-16 is named.
absl::StatusOr<std::string> DecodeText(std::string_view bytes);

// Reads `utf8`: a header and rows of as many cells as it has. Errors are collected; what could be read is
// there all the same. A quote that is not closed ends the reading.
CsvTable ParseCsv(std::string_view utf8);

// One line of CSV, quoted where it must be, without a line end.
std::string FormatCsv(const std::vector<std::string>& cells);

}  // namespace fundledger::cli
