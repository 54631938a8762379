// Import: files of rows to actions, all checked before anything is sent.
#pragma once

#include <string>
#include <vector>

#include "clients/cli/csv.h"
#include "clients/cli/forms.h"

#include "absl/status/statusor.h"

namespace fundledger::cli {

// One action, from one row or several.
struct ImportAction {
  std::string file;
  std::vector<size_t> rows;  // numbers in the file, from 1, the header included
  const Form* form = nullptr;
  std::string officer;
  std::string reference;
  std::vector<Cells> cells;  // of each row, without kind and officer
};

// What is wrong, where, and what to write instead.
struct RowError {
  std::string file;
  size_t row = 0;
  std::string column;  // as the file's header says; empty for the whole row
  std::string value;
  std::string reason;  // stable code
  std::string message;
};

struct ImportOptions {
  std::string kind;     // for rows without one
  std::string officer;  // for rows without one
};

struct Import {
  std::vector<ImportAction> actions;
  std::vector<RowError> errors;
};

// Reads one file's bytes and adds what it holds. Rows are checked as far as they can be without a ledger.
void ReadImport(const std::string& file, std::string_view bytes, const ImportOptions& options,
                Import* import);

// References that one officer uses twice for a kind, in all files together.
void FindRepeatedReferences(Import* import);

// As a person goes through the files: one after the other, from the first row to the last.
void SortErrors(const std::vector<std::string>& files, Import* import);

// Names of the columns of a kind, ready to be filled in. INVALID_ARGUMENT, reason KIND_UNKNOWN.
absl::StatusOr<std::string> ImportTemplate(const std::string& kind, bool chinese);
// "receive, return_up, …"; in Chinese "指标接收 receive、…", for either name is read.
std::string ImportableKinds();
// A kind that cannot be imported: those like it, if any, and all there are. Reason KIND_UNKNOWN.
absl::Status KindUnknown(std::string_view kind);

}  // namespace fundledger::cli
