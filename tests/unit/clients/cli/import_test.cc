#include "clients/cli/import.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "clients/cli/language.h"

namespace fundledger::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Import Read(const std::string& bytes, const ImportOptions& options = {"", "clerk-1"}) {
  Import import;
  ReadImport("x.csv", bytes, options, &import);
  FindRepeatedReferences(&import);
  return import;
}

// "row column reason" of each error.
std::vector<std::string> Errors(const Import& import) {
  std::vector<std::string> errors;
  for (const RowError& error : import.errors) {
    errors.push_back(std::to_string(error.row) + " " + error.column + " " + error.reason);
    EXPECT_FALSE(error.message.empty());
  }
  return errors;
}

constexpr char kHeader[] = "kind,reference,date,fund,amount\n";

TEST(Import, ReadsRowsInAnyOrderOfColumns) {
  const Import import = Read(
      "amount,officer,kind,fund,reference,date\n"
      "120.5万,clerk-2,receive,f-1,R-1,2020-03-01\n"
      ",,,,,\n"
      "3,,指标接收,f-2,R-2,2020年3月2日\n");
  EXPECT_THAT(Errors(import), ElementsAre());
  ASSERT_EQ(import.actions.size(), 2U);
  EXPECT_EQ(import.actions[0].officer, "clerk-2");
  EXPECT_EQ(import.actions[1].officer, "clerk-1");
  EXPECT_EQ(import.actions[1].form->kind, "receive");
  EXPECT_THAT(import.actions[1].rows, ElementsAre(4U));
}

TEST(Import, ReadsChineseHeadersBomCrlfAndGb18030Alike) {
  const std::string utf8 = "事项,业务编号,业务日期,资金,金额\r\n指标接收,R-1,2020-03-01,f-1,120.5万\r\n";
  const std::string gb18030 =
      "\xca\xc2\xcf\xee,\xd2\xb5\xce\xf1\xb1\xe0\xba\xc5,\xd2\xb5\xce\xf1\xc8\xd5\xc6\xda,\xd7\xca\xbd\xf0,"
      "\xbd\xf0\xb6\xee\r\n\xd6\xb8\xb1\xea\xbd\xd3\xca\xd5,R-1,2020-03-01,f-1,120.5\xcd\xf2\r\n";
  for (const std::string& bytes : {utf8, "\xef\xbb\xbf" + utf8, gb18030}) {
    const Import import = Read(bytes);
    EXPECT_THAT(Errors(import), ElementsAre());
    ASSERT_EQ(import.actions.size(), 1U);
    EXPECT_EQ(import.actions[0].cells[0].at("amount"), "120.5万");
  }
}

TEST(Import, JoinsConsecutiveRowsOfOneReference) {
  const Import import = Read(
      "kind,reference,date,project,fund,amount\n"
      "plan,P-1,2020-01-10,p-1,f-1,1万\n"
      "plan,P-1,,p-2,f-1,2万\n"
      "plan,P-2,2020-01-10,p-3,f-1,3万\n"
      "allocate,P-2,2020-01-10,p-3,f-1,3万\n");
  EXPECT_THAT(Errors(import), ElementsAre());
  ASSERT_EQ(import.actions.size(), 3U);
  EXPECT_THAT(import.actions[0].rows, ElementsAre(2U, 3U));
}

TEST(Import, ReportsEveryErrorWithRowAndColumn) {
  const Import import = Read(std::string(kHeader) +
                             "receive,R-1,2020-02-30,f-1,1e9\n"
                             "receive,R-2,2020-03-01,f-1,-5\n"
                             "receive,R-3,2020-03-01,f-1,\"12,34\"\n"
                             "receive,R-4,2020-03-01,f-1,0.001元\n"
                             "receive,R-5,,f-1,1\n"
                             "receive,,2020-03-01,f-1,1\n"
                             "refuse,R-7,2020-03-01,f-1,1\n"
                             "receive,R-8,2020-03-01,,1\n");
  EXPECT_THAT(Errors(import),
              testing::UnorderedElementsAre(
                  "2 date DATE_INVALID", "2 amount AMOUNT_MALFORMED", "3 amount AMOUNT_NEGATIVE",
                  "4 amount AMOUNT_MALFORMED", "5 amount AMOUNT_TOO_PRECISE", "6 date CELL_MISSING",
                  "7 reference CELL_MISSING", "8 kind KIND_UNKNOWN", "9 fund CELL_MISSING"));
  const auto date = std::find_if(import.errors.begin(), import.errors.end(),
                                 [](const RowError& e) { return e.reason == "DATE_INVALID"; });
  EXPECT_EQ(date->value, "2020-02-30");
}

TEST(Import, NamesTheColumnAsTheFileDoes) {
  const Import import = Read("事项,业务编号,业务日期,资金,金额\n指标接收,R-1,2020-03-01,f-1,很多\n");
  EXPECT_THAT(Errors(import), ElementsAre("2 金额 AMOUNT_MALFORMED"));
}

TEST(Import, NamesMissingUnknownAndRepeatedColumns) {
  EXPECT_THAT(Errors(Read("fund,amount\nf-1,1\n")),
              ElementsAre("1 kind COLUMN_MISSING", "1 reference COLUMN_MISSING"));
  EXPECT_THAT(Errors(Read("reference,date,fund\nR-1,2020-01-01,f-1\n", {"receive", "clerk-1"})),
              ElementsAre("1 amount COLUMN_MISSING"));
  EXPECT_THAT(Errors(Read("kind,reference,colour\n")), ElementsAre("1 colour COLUMN_UNKNOWN"));
  EXPECT_THAT(Errors(Read("kind,reference,事项\n")), ElementsAre("1 事项 COLUMN_REPEATED"));
}

// Else an export that lost its rows would look like one that was imported.
TEST(Import, NamesAFileWithoutRows) {
  EXPECT_THAT(Errors(Read(kHeader)), ElementsAre("1  ROWS_MISSING"));
  EXPECT_THAT(Errors(Read(absl::StrCat(kHeader, ",,,,\n,,,,\n"))), ElementsAre("1  ROWS_MISSING"));
}

// Saved once as UTF-8 and once as GBK, a sheet would else be recorded twice.
TEST(Import, AReferenceIsWhatShowsOfIt) {
  const std::string rows = "receive,H-3\u00a0,2020-03-01,f-1,1\nreceive,\u3000H-3,2020-03-01,f-1,1\n";
  EXPECT_THAT(Errors(Read(kHeader + rows)), ElementsAre("3 reference REFERENCE_REPEATED"));
  EXPECT_THAT(Errors(Read(absl::StrCat(kHeader, "receive,H\u200b-3,2020-03-01,f-1,1\n"))),
              ElementsAre("2 reference REFERENCE_UNSEEN"));
}

// By its check digit one in ten looks like a person's bank card.
TEST(Import, TakesNumbersOfPapersThatLookLikeAPersons) {
  const Import import = Read(
      "kind,reference,date,id,name,credit_code,bank,account\n"
      "register_payee,6222021234567890128,,b-1,某公司,91350211M000100Y43,建设银行,6222021234567890128\n");
  EXPECT_THAT(Errors(import), IsEmpty());
}

TEST(Import, NamesQuotesAndCountsThatAreWrong) {
  EXPECT_THAT(Errors(Read(std::string(kHeader) + "receive,R-1,2020-03-01,f\"1,1\n")),
              ElementsAre("2 fund CSV_INVALID"));
  EXPECT_THAT(Errors(Read(std::string(kHeader) + "receive,R-1,2020-03-01,f-1,\"1\n")),
              ElementsAre("2 amount CSV_INVALID"));
  EXPECT_THAT(Errors(Read(std::string(kHeader) + "receive,R-1,2020-03-01,f-1,1,234.00\n")),
              ElementsAre("2 #6 CSV_INVALID"));
}

TEST(Import, NeedsAnOfficer) {
  EXPECT_THAT(Errors(Read(std::string(kHeader) + "receive,R-1,2020-03-01,f-1,1\n", {})),
              ElementsAre("2 officer CELL_MISSING"));
}

TEST(Import, RefusesAReferenceUsedTwice) {
  const std::string rows = "receive,R-1,2020-03-01,f-1,1\nreceive,R-2,2020-03-01,f-1,1\n";
  const Import import = Read(std::string(kHeader) + rows + "receive,R-1,2020-03-01,f-1,1\n");
  EXPECT_THAT(Errors(import), ElementsAre("4 reference REFERENCE_REPEATED"));
  EXPECT_THAT(import.errors[0].message, HasSubstr("row 2"));
  EXPECT_THAT(
      Errors(Read(std::string(kHeader) + "receive,R-1,2020-03-01,f-1,1\nreceive,R-1,2020-03-01,f-1,1\n")),
      ElementsAre("3 reference REFERENCE_REPEATED"))
      << "a kind without lines has one row a reference";
}

TEST(Import, GivesTemplatesThatItReads) {
  for (const Form& form : Forms()) {
    if (!form.importable) continue;
    for (const bool chinese : {false, true}) {
      const auto text = ImportTemplate(form.kind, chinese);
      ASSERT_TRUE(text.ok()) << form.kind;
      for (const RowError& error : Read(*text).errors) {
        EXPECT_NE(error.reason, "COLUMN_UNKNOWN") << form.kind << " " << error.column;
        EXPECT_NE(error.reason, "KIND_UNKNOWN") << form.kind;
      }
    }
  }
}

TEST(Import, ReadsDatesAsSpreadsheetsWriteThem) {
  std::string rows;
  int number = 0;
  for (const char* date : {"2020/6/16", "2020年6月16日", "2020.6.16", "20200616", "2020-06-16 00:00:00",
                           "2020/6/16 0:00", "２０２０－０６－１６", "２０２０年６月１６日"}) {
    rows += "receive,R-" + std::to_string(++number) + "," + date + ",f-1,1\n";
  }
  EXPECT_THAT(Errors(Read(std::string(kHeader) + rows)), ElementsAre());
  const Import serial =
      Read(std::string(kHeader) + "receive,R-1,43998,f-1,1\nreceive,R-2,2020-06-16 08:30,f-1,1\n");
  EXPECT_THAT(Errors(serial), ElementsAre("2 date DATE_INVALID", "3 date DATE_INVALID"));
  EXPECT_THAT(serial.errors[0].message, HasSubstr("a spreadsheet's number for 2020-06-16"));
}

TEST(Import, SuggestsTheColumnThatWasMeant) {
  const Import import = Read("事项,业务编号,日期,资金,金额（元）\n指标接收,R-1,2020-06-16,f-1,1\n");
  EXPECT_THAT(Errors(import), ElementsAre("1 日期 COLUMN_UNKNOWN", "1 金额（元） COLUMN_UNKNOWN"));
  EXPECT_THAT(import.errors[0].message, HasSubstr("did you mean 业务日期"));
  EXPECT_THAT(import.errors[1].message, HasSubstr("did you mean 金额?"));
}

// Renamed to 金额, 17340.46 would be recorded as yuan.
TEST(Import, SuggestsNoColumnOfAnotherUnit) {
  const Import import =
      Read("事项,业务编号,业务日期,资金,金额（万元）\n指标接收,R-1,2020-06-16,f-1,17340.46\n");
  EXPECT_THAT(Errors(import), ElementsAre("1 金额（万元） COLUMN_UNKNOWN"));
  EXPECT_THAT(import.errors[0].message,
              testing::AllOf(HasSubstr("120.5万"), testing::Not(HasSubstr("did you mean"))));
}

TEST(Import, RefusesWhatASpreadsheetMadeOfANumber) {
  for (const char* spoilt :
       {"2.02611E+14", "2E+14", "1.5e-7", "#REF!", "#NAME?", "#N/A", "#####", "3月1日"}) {
    const Import import = Read(absl::StrCat(kHeader, "receive,", spoilt, ",2020-06-16,f-1,1\n"));
    EXPECT_THAT(Errors(import), ElementsAre("2 reference CELL_SPOILT")) << spoilt;
  }
  EXPECT_THAT(Errors(Read("kind,reference,date,fund,amount,note\nreceive,R-1,2020-06-16,f-1,1,#REF!\n"
                          "receive,R-2,2020-06-16,f-1,1,\"=\"\"00123\"\"\"\n")),
              ElementsAre("2 note CELL_SPOILT", "3 note CELL_SPOILT"));
  // What people do write.
  for (const char* good :
       {"202006160000012", "2E14", "E+14", "2020E+A", "3月1日拨款", "#1", "PAY#REF", "1-E-5"}) {
    EXPECT_THAT(Errors(Read(absl::StrCat(kHeader, "receive,", good, ",2020-06-16,f-1,1\n"))), IsEmpty())
        << good;
  }
}

TEST(Import, FindsRowsOfTotalsByAnyCell) {
  for (const char* row :
       {"合计,,,,1", ",合 计,,,1", ",,,小计,1", ",total,,,1", "receive,总计,2020-06-16,f-1,1"}) {
    const Import import = Read(absl::StrCat(kHeader, row, "\n"));
    ASSERT_EQ(import.errors.size(), 1u) << row;
    EXPECT_THAT(import.errors[0].message, HasSubstr("a row of totals")) << row;
  }
  EXPECT_THAT(Errors(Read(absl::StrCat(kHeader, ",R-1,2020-06-16,f-1,1\n"))),
              ElementsAre("2 kind CELL_MISSING"));
  // A row of spaces that do not show is empty.
  EXPECT_THAT(Errors(Read(absl::StrCat(kHeader, "receive,R-1,2020-06-16,f-1,1\n\u3000,\u00a0,,,\n"))),
              IsEmpty());
}

TEST(Import, SaysWhatIsWrongWithTheFileAsAWhole) {
  const auto first = [](const std::string& bytes) {
    const Import import = Read(bytes);
    return import.errors.empty() ? std::string() : import.errors[0].message;
  };
  EXPECT_THAT(first("事项，业务编号，金额\n指标接收，R-1，1\n"), HasSubstr("not separated by commas"));
  EXPECT_THAT(first("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 and so on"), HasSubstr("is a workbook"));
  const Import headed = Read("指标接收表,,,,\n" + std::string(kHeader) + "receive,R-1,2020-06-16,f-1,1\n");
  EXPECT_THAT(headed.errors[1].message, HasSubstr("The first row holds the names"));
  const Import total = Read(std::string(kHeader) + "合计,,,,1\n");
  EXPECT_THAT(total.errors[0].message, HasSubstr("a row of totals"));
}

TEST(Import, TellsAChineseClerkInChinese) {
  SetLanguage(Language::kChinese);
  const Import import =
      Read("事项,业务编号,业务日期,资金\n指标接收,,2020-06-16,f-1\n指标接收,R-2,,f-1\n", {"", ""});
  const Import missing = Read("业务日期,资金\n");
  SetLanguage(Language::kEnglish);
  EXPECT_THAT(Errors(import),
              testing::UnorderedElementsAre("2 业务编号 CELL_MISSING", "3 经办人 CELL_MISSING",
                                            "3 业务日期 CELL_MISSING", "3 金额 CELL_MISSING"));
  EXPECT_THAT(Errors(missing), ElementsAre("1 事项 COLUMN_MISSING", "1 业务编号 COLUMN_MISSING"));
  for (const auto* read : {&import, &missing}) {
    for (const RowError& error : read->errors) {
      EXPECT_THAT(error.message, testing::Not(testing::ContainsRegex("[a-z]+ [a-z]+"))) << error.message;
    }
  }
}

TEST(Import, ListsErrorsFromTheFirstRowToTheLast) {
  Import import = Read(std::string(kHeader) + "receive,R-1,2020-06-16,f-1,x\nreceive,,2020-06-16,f-1,1\n" +
                       "receive,R-3,2020-06-16,f-1,1\nreceive,R-3,2020-06-16,f-1,1\nreceive,R-5,no,f-1,1\n");
  SortErrors({"x.csv"}, &import);
  EXPECT_THAT(Errors(import), ElementsAre("2 amount AMOUNT_MALFORMED", "3 reference CELL_MISSING",
                                          "5 reference REFERENCE_REPEATED", "6 date DATE_INVALID"));
}

TEST(Import, SuggestsTheKindThatWasMeant) {
  const auto said = [](const std::string& kind) {
    return std::string(ImportTemplate(kind, false).status().message());
  };
  EXPECT_THAT(said("payment"), HasSubstr("did you mean request_payment or record_outside_payment?"));
  EXPECT_THAT(said("alocate"), HasSubstr("did you mean allocate?"));
  EXPECT_THAT(said("xyz"),
              testing::AllOf(testing::Not(HasSubstr("did you mean")), HasSubstr("import --help")));
  EXPECT_THAT(said("approve"), HasSubstr("a command of its own"));
  const Import import = Read(std::string(kHeader) + "payment,R-1,2020-03-01,f-1,1\n");
  ASSERT_EQ(import.errors.size(), 1U);
  EXPECT_THAT(import.errors[0].message, HasSubstr("did you mean request_payment"));
  SetLanguage(Language::kChinese);
  EXPECT_THAT(said("付款申请"), HasSubstr("是否指 用款申请？"));
  EXPECT_THAT(said("xyz"), HasSubstr("全部事项见 fundledger import --help"));
  SetLanguage(Language::kEnglish);
}

}  // namespace
}  // namespace fundledger::cli
