#include "clients/cli/csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ledger/base/status.h"

namespace fundledger::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(Csv, ReadsRowsInEitherLineEnd) {
  for (const char* text : {"a,b\n1,2\n3,4\n", "a,b\r\n1,2\r\n3,4\r\n", "a,b\n1,2\n3,4"}) {
    const CsvTable table = ParseCsv(text);
    EXPECT_TRUE(table.errors.empty());
    EXPECT_THAT(table.header.cells, ElementsAre("a", "b"));
    ASSERT_EQ(table.rows.size(), 2U);
    EXPECT_EQ(table.rows[0].number, 2U);
    EXPECT_THAT(table.rows[1].cells, ElementsAre("3", "4"));
  }
}

TEST(Csv, ReadsQuotedCells) {
  const CsvTable table = ParseCsv("a,b,c\n\"1,234.5\",\"say \"\"yes\"\"\",\"two\nlines\"\n\"\",x,\"\"\n");
  EXPECT_TRUE(table.errors.empty());
  EXPECT_THAT(table.rows[0].cells, ElementsAre("1,234.5", "say \"yes\"", "two\nlines"));
  EXPECT_THAT(table.rows[1].cells, ElementsAre("", "x", ""));
  EXPECT_EQ(table.rows[1].number, 3U) << "a row with a line end in it is one row";
}

TEST(Csv, SkipsEmptyRowsAndCountsThem) {
  const CsvTable table = ParseCsv("a,b\n,\n  , \n\n1,2\n");
  EXPECT_TRUE(table.errors.empty());
  ASSERT_EQ(table.rows.size(), 1U);
  EXPECT_EQ(table.rows[0].number, 5U);
}

TEST(Csv, NamesRowAndColumnOfAStrayQuote) {
  CsvTable table = ParseCsv("a,b\n1,2\"x\n");
  ASSERT_EQ(table.errors.size(), 1U);
  EXPECT_EQ(table.errors[0].row, 2U);
  EXPECT_EQ(table.errors[0].column, 2U);
  EXPECT_THAT(table.errors[0].message, HasSubstr("stray quote"));
  table = ParseCsv("a,b\n1,2\n\"x\"y,2\n");
  ASSERT_EQ(table.errors.size(), 1U);
  EXPECT_EQ(table.errors[0].row, 3U);
  EXPECT_EQ(table.errors[0].column, 1U);
}

TEST(Csv, NamesRowAndColumnOfAnUnclosedQuote) {
  const CsvTable table = ParseCsv("a,b\n1,2\n3,\"4\n5,6\n");
  ASSERT_FALSE(table.errors.empty());
  EXPECT_EQ(table.errors[0].row, 3U);
  EXPECT_EQ(table.errors[0].column, 2U);
  EXPECT_THAT(table.errors[0].message, HasSubstr("unclosed quote"));
}

TEST(Csv, DoesNotReadDamagedUtf8AsGb18030WhereItIsMarked) {
  EXPECT_EQ(*DecodeText("\xef\xbb\xbf"
                        "资金"),
            "资金");
  const auto cut = DecodeText(
      "\xef\xbb\xbf"
      "a\n资金\xe8\xb5");
  EXPECT_EQ(ReasonOf(cut.status()), "CSV_INVALID");
  EXPECT_THAT(std::string(cut.status().message()), HasSubstr("line 2, byte 8 of the text, is no UTF-8"));
}

TEST(Csv, NamesRowsOfAnotherNumberOfCells) {
  const CsvTable table = ParseCsv("a,b\n1\n1,2,3\n");
  ASSERT_EQ(table.errors.size(), 2U);
  EXPECT_EQ(table.errors[0].row, 2U);
  EXPECT_THAT(table.errors[0].message, HasSubstr("has 1 cells, the header has 2: cells are missing"));
  EXPECT_EQ(table.errors[0].column, 2U);
  EXPECT_EQ(table.errors[1].row, 3U);
  EXPECT_EQ(table.errors[1].column, 3U);
}

TEST(Csv, SaysThatOtherSeparatorsAreNone) {
  for (const char* text : {"a;b\n1;2\n", "a\tb\n1\t2\n"}) {
    const CsvTable table = ParseCsv(text);
    ASSERT_EQ(table.errors.size(), 1U);
    EXPECT_THAT(table.errors[0].message, HasSubstr("commas"));
  }
  EXPECT_THAT(ParseCsv("").errors[0].message, HasSubstr("empty"));
}

TEST(Csv, DecodesWhatSpreadsheetsSave) {
  const std::string text = "资金,金额\n";
  EXPECT_EQ(*DecodeText(text), text);
  EXPECT_EQ(*DecodeText("\xef\xbb\xbf" + text), text);
  EXPECT_EQ(*DecodeText("\xd7\xca\xbd\xf0,\xbd\xf0\xb6\xee\n"), text) << "GB18030";
  // Four bytes a character, which GBK does not have.
  EXPECT_EQ(*DecodeText("\x95\x32\x82\x36\n"), "\xf0\xa0\x80\x80\n");
}

TEST(Csv, SaysWhatItCannotDecode) {
  const auto utf16 =
      DecodeText(std::string("\xff\xfe"
                             "a\0",
                             4));
  EXPECT_THAT(std::string(utf16.status().message()), HasSubstr("UTF-16"));
  // A byte of 村委会来 was lost: as GB18030 it would be four other characters.
  const auto damaged = DecodeText("id,name\np-1,\xe6\x9d\x91\xe5\xa7\x94\xe4\xbc\x9a\xe6\x9d\xe5\n");
  EXPECT_THAT(std::string(damaged.status().message()), HasSubstr("is no UTF-8"));
  const auto neither = DecodeText("ab\nc\xff\xff\n");
  EXPECT_EQ(ReasonOf(neither.status()), "CSV_INVALID");
  EXPECT_THAT(std::string(neither.status().message()), HasSubstr("line 2"));
  EXPECT_THAT(std::string(DecodeText("PK\x03\x04 xlsx").status().message()), HasSubstr("workbook"));
}

TEST(Csv, WritesWhatItReads) {
  const std::vector<std::string> cells = {"a", "", "x,y", "say \"yes\"", "two\nlines", "金额"};
  const CsvTable table = ParseCsv("1,2,3,4,5,6\r\n" + FormatCsv(cells) + "\r\n");
  EXPECT_TRUE(table.errors.empty());
  EXPECT_EQ(table.rows[0].cells, cells);
}

}  // namespace
}  // namespace fundledger::cli
