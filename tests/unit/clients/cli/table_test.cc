#include "clients/cli/table.h"

#include <sstream>

#include <gtest/gtest.h>

#include "ledger/base/text.h"

namespace fundledger::cli {
namespace {

TEST(Table, AlignsByTheColumnsATerminalGives) {
  Table table({{"项目"}, {"amount", Table::Align::kRight}, {"state"}});
  table.Add({"p-1", "1.00", "已批准"});
  table.Add({"农村道路", "12,345.67", ""});
  table.AddRule();
  table.Add({"合计", "12,346.67", "ok"});
  std::ostringstream out;
  table.Print(out);
  EXPECT_EQ(out.str(),
            "项目         amount  state\n"
            "--------  ---------  ------\n"
            "p-1            1.00  已批准\n"
            "农村道路  12,345.67\n"
            "--------  ---------  ------\n"
            "合计      12,346.67  ok\n");
}

TEST(Table, LetsNoCellSpeakToTheTerminal) {
  Table table({{"value"}});
  table.Add({"\x1b[31mred\r\x07\nnext"});
  std::ostringstream out;
  table.Print(out);
  EXPECT_EQ(out.str(),
            "value\n"
            "-------------------\n"
            "\\x1B[31mred\\x0D\\x07\n"
            "next\n");
}

TEST(Table, PrintsCellsOfSeveralLinesBelowEachOther) {
  Table table({{"n", Table::Align::kRight}, {"what"}, {"who"}});
  table.Add({"1", "计划\n  一行\n  两行", "clerk"});
  table.Add({"2", "x", "y"});
  std::ostringstream out;
  table.Print(out);
  EXPECT_EQ(out.str(),
            "n  what    who\n"
            "-  ------  -----\n"
            "1  计划    clerk\n"
            "     一行\n"
            "     两行\n"
            "2  x       y\n");
}

TEST(Table, PadsOnEitherSide) {
  EXPECT_EQ(Padded("资金", 6, Table::Align::kLeft), "资金  ");
  EXPECT_EQ(Padded("资金", 6, Table::Align::kRight), "  资金");
  EXPECT_EQ(Padded("too long", 3, Table::Align::kLeft), "too long");
}

}  // namespace
}  // namespace fundledger::cli
