// The forms: for each kind of action, its columns, what they are called in both languages, and which field of
// the action each fills. One table serves the command line's flags, the import of CSV and the showing of
// records.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "clients/cli/words.h"
#include "fundledger/v1/actions.pb.h"
#include "ledger/base/date.h"

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace fundledger::cli {

// How a cell is written.
enum class CellKind {
  kId,
  kText,
  kAmount,        // positive
  kSignedAmount,  // not zero
  kYear,
  kPlanYear,  // a year, or 0
  kNumber,
  kProgress,  // percent with up to two decimals
  kDate,
  kWord,
  kIdList,    // joined by ';'
  kTextList,  // joined by ';'
  kTargets,   // indicator=value;…
  kDecimal,   // a value of the indicator in column `indicator`
  kPayment,   // ORGANIZATION/REFERENCE or SEQUENCE.ACTION
  kAction,    // SEQUENCE.ACTION
  kKey,       // ed25519:HEX or sm2:HEX
  kCode,      // bytes in hex
  kDocument,  // a document's id, 32 bytes in hex
  kYes,       // yes or no
  kFurther,   // ACTION[>=AMOUNT]:ROLE@any|own|other[+ROLE@…];…
};

// A date as people and spreadsheets write it: in full width too, and with the midnight that a spreadsheet
// puts behind it. The bare number of days that one keeps for a date is refused: an amount would look the
// same. INVALID_ARGUMENT, reason DATE_INVALID.
absl::StatusOr<Date> ReadDate(const std::string& text);

struct Column {
  const char* name;     // as in the import's header; flags have '-' for '_'
  const char* chinese;  // as in the import's header
  CellKind kind;
  std::string path;  // of the field in the action's kind, parts joined by '.'
  bool required;
  bool per_line;       // one value a line of the action
  const Words* words;  // for kWord
  const char* help;
  const char* help_chinese;
};

struct Form {
  std::string kind;     // field of fundledger.v1.Action
  const char* chinese;  // what it is called
  // Groups and words of the command line, such as "finance fund register"; more than one where several users
  // have it. Empty: no command of its own.
  std::vector<std::string> commands;
  const char* help;
  const char* help_chinese;
  bool dated;  // has a business date of its own: needed in imports, today on the command line
  bool needs_approval;
  bool importable;
  std::vector<Column> columns;

  const Column* Find(std::string_view name) const;
  bool has_lines() const;
};

// All of them, in the order of the action's fields.
const std::vector<Form>& Forms();
// By its kind or Chinese name; null if there is none.
const Form* FindForm(std::string_view kind);
// The form of an action; null for one without.
const Form* FormOf(const v1::Action& action);

// The columns every kind has: kind, officer, reference, date, note.
const std::vector<Column>& CommonColumns();
// The English name of a column given in either language; nothing if no form has it.
std::optional<std::string> ColumnNamed(std::string_view title);
// The Chinese name of a column; the English one if no form has it.
std::string ChineseOf(const std::string& name);
// All names of columns, of both languages.
std::vector<std::string> ColumnTitles();

// By the columns' English names.
using Cells = std::map<std::string, std::string>;

// A cell that is wrong.
struct CellError {
  size_t row = 0;      // index into the rows of the action
  std::string column;  // English name
  std::string value;
  absl::Status status;  // says what to write instead
};

// What a cell may name that only a ledger knows.
class Resolver {
 public:
  virtual ~Resolver() = default;
  virtual absl::StatusOr<v1::ActionRef> Payment(const std::string& text) = 0;
  virtual absl::StatusOr<v1::ActionRef> Action(const std::string& text) = 0;
  // Decimal places of an indicator.
  virtual absl::StatusOr<uint32_t> Scale(const std::string& indicator) = 0;
};

// Checks only how references are written.
class SyntaxResolver : public Resolver {
 public:
  absl::StatusOr<v1::ActionRef> Payment(const std::string& text) override;
  absl::StatusOr<v1::ActionRef> Action(const std::string& text) override;
  absl::StatusOr<uint32_t> Scale(const std::string& indicator) override;
};

// SEQUENCE.ACTION, or SEQUENCE for its action 0; the leaf hash stays empty.
absl::StatusOr<v1::ActionRef> ParseActionRef(std::string_view text);
std::string FormatActionRef(const v1::ActionRef& ref);
// Value times 10^scale of a decimal such as 29.0835, -1.5 or 1,234.5, in full width too.
absl::StatusOr<int64_t> ParseDecimal(std::string_view text, uint32_t scale);
std::string FormatDecimal(int64_t value, uint32_t scale);
void SetDate(Date date, v1::Date* out);
std::string FormatDate(const v1::Date& date);

// Fills an action from the rows of one reference: a row for each line, one row where there are no lines.
// Cells of no column of the form are errors too. All errors are reported, none stops the others.
std::vector<CellError> FillAction(const Form& form, const std::vector<Cells>& rows, Resolver* resolver,
                                  v1::Action* action);

// Decimal places of an indicator, where known.
using ScaleOf = std::function<std::optional<uint32_t>(const std::string& indicator)>;
// The cells an action was filled from, as FillAction reads them; the first row holds what all lines share.
std::vector<Cells> DescribeAction(const Form& form, const v1::Action& action, const ScaleOf& scale_of);
// What an action says besides these cells, all else taken out; empty: nothing. Left out too are where a row
// came from and the proof of a key.
v1::Action WithoutCells(const Form& form, const v1::Action& action);
}  // namespace fundledger::cli
