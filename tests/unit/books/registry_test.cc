#include "tests/unit/books/world.h"

#include "gtest/gtest.h"

namespace fundledger::books::testing {
namespace {

TEST(Registry, AnIdIsTakenOnce) {
  World w;
  EXPECT_EQ(Why(w.Admin(RegisterOrganization("town-a", "city"))), "ALREADY_REGISTERED");
  EXPECT_EQ(Why(w.Admin(RegisterOfficer("clerk-1", "finance", v1::ROLE_FINANCE_CLERK))),
            "ALREADY_REGISTERED");
  EXPECT_EQ(Why(w.Admin(RegisterProgramme("housing"))), "ALREADY_REGISTERED");
  EXPECT_EQ(Why(w.Admin(RegisterCategory("poverty"))), "ALREADY_REGISTERED");
  EXPECT_EQ(Why(w.Admin(RegisterIndicator("households"))), "ALREADY_REGISTERED");
  EXPECT_EQ(Why(w.Clerk(RegisterPayee("payee-1", CreditCode("91420000MA0000009")))), "ALREADY_REGISTERED");
  w.Must(w.Admin(RegisterTaskGroup("group")));
  EXPECT_EQ(Why(w.Admin(RegisterTaskGroup("group"))), "ALREADY_REGISTERED");
}

TEST(Registry, IdsHaveOneAlphabet) {
  World w;
  for (const char* id : {"", "a b", "a/b", "村", ".a", "-a", "_a"}) {
    EXPECT_EQ(Why(w.Admin(RegisterProgramme(id))), "ID_MALFORMED") << id;
  }
  EXPECT_EQ(Why(w.Admin(RegisterProgramme(std::string(65, 'a')))), "ID_MALFORMED");
  EXPECT_EQ(Why(w.Admin(RegisterProgramme(std::string(64, 'a')))), "OK");
}

TEST(Registry, NamesWhatExists) {
  World w;
  EXPECT_EQ(Why(w.Admin(RegisterOrganization("x", "nowhere"))), "ORGANIZATION_NOT_FOUND");
  EXPECT_EQ(Why(w.Admin(RegisterOrganization("x", ""))), "PARENT_MISSING");
  EXPECT_EQ(Why(w.Admin(RegisterOrganization("x", "x"))), "ORGANIZATION_NOT_FOUND");
  EXPECT_EQ(Why(w.Admin(RegisterOfficer("x", "nowhere", v1::ROLE_TOWNSHIP))), "ORGANIZATION_NOT_FOUND");
  EXPECT_EQ(Why(w.Admin(RegisterProgramme("x", "nothing"))), "PROGRAMME_NOT_FOUND");
  EXPECT_EQ(Why(w.Admin(RegisterProgramme("x", "", "nobody"))), "TASK_GROUP_NOT_FOUND");
  EXPECT_EQ(Why(w.Admin(RegisterCategory("x", "nothing"))), "CATEGORY_NOT_FOUND");
  w.Must(w.Admin(RegisterTaskGroup("group")));
  EXPECT_EQ(Why(w.Admin(RegisterProgramme("x", "housing", "group"))), "OK");
  EXPECT_EQ(Why(w.Admin(RegisterCategory("x", "poverty"))), "OK");
}

TEST(Registry, SaysWhatItIs) {
  World w;
  v1::Action organization = RegisterOrganization("x", "city");
  organization.mutable_register_organization()->clear_tier();
  EXPECT_EQ(Why(w.Admin(organization)), "TIER_MISSING");
  for (const char* blank : {"", "　 "}) {
    v1::Action programme = RegisterProgramme("x");
    programme.mutable_register_programme()->set_name(blank);
    EXPECT_EQ(Why(w.Admin(programme)), "NAME_MISSING");
    v1::Action unnamed = RegisterOrganization("x", "city");
    unnamed.mutable_register_organization()->set_name(blank);
    EXPECT_EQ(Why(w.Admin(unnamed)), "NAME_MISSING");
    v1::Action group = RegisterTaskGroup("x");
    group.mutable_register_task_group()->set_name(blank);
    EXPECT_EQ(Why(w.Admin(group)), "NAME_MISSING");
    v1::Action category = RegisterCategory("x");
    category.mutable_register_category()->set_name(blank);
    EXPECT_EQ(Why(w.Admin(category)), "NAME_MISSING");
    v1::Action indicator = RegisterIndicator("x");
    indicator.mutable_register_indicator()->set_name(blank);
    EXPECT_EQ(Why(w.Admin(indicator)), "NAME_MISSING");
    v1::Action payee = RegisterPayee("x", CreditCode("91420000MA0000007"));
    payee.mutable_register_payee()->set_name(blank);
    EXPECT_EQ(Why(w.Clerk(payee)), "NAME_MISSING");
  }
  v1::Action named = RegisterProgramme("x");
  named.mutable_register_programme()->set_name(std::string(201, 'n'));
  EXPECT_EQ(Why(w.Admin(named)), "TEXT_TOO_LONG");
  const auto indicator = [&w](auto change) {
    v1::Action action = RegisterIndicator("x");
    change(action.mutable_register_indicator());
    return Why(w.Admin(action));
  };
  EXPECT_EQ(indicator([](auto* i) { i->clear_unit(); }), "UNIT_MISSING");
  EXPECT_EQ(indicator([](auto* i) { i->set_scale(10); }), "SCALE_INVALID");
  EXPECT_EQ(indicator([](auto* i) { i->clear_aggregation(); }), "AGGREGATION_MISSING");
  EXPECT_EQ(indicator([](auto* i) { i->set_scale(9); }), "OK");
}

TEST(Registry, AKeyBelongsToOneOfficerForEver) {
  World w;
  v1::Action action = RegisterOfficer("second", "town-a", v1::ROLE_TOWNSHIP);
  const auto key = action.register_officer().key();
  const auto first = w.Must(w.Admin(action));
  action.mutable_register_officer()->set_id("third");
  const auto second = w.Must(w.Admin(action));
  w.Must(w.OtherAdmin(Approve(first)));
  EXPECT_EQ(Why(w.OtherAdmin(Approve(second))), "KEY_IN_USE");
  EXPECT_EQ(Why(w.Admin(action)), "KEY_IN_USE");
  v1::Action clerk = RegisterOfficer("fourth", "town-a", v1::ROLE_TOWNSHIP);
  *clerk.mutable_register_officer()->mutable_key() = key;
  EXPECT_EQ(Why(w.Admin(clerk)), "KEY_IN_USE");
}

TEST(Registry, AnOfficerHasARoleAKeyAndPerhapsAPerson) {
  World w;
  const auto officer = [&w](auto change) {
    v1::Action action = RegisterOfficer("x", "town-a", v1::ROLE_TOWNSHIP);
    change(action.mutable_register_officer());
    return Why(w.Admin(action));
  };
  EXPECT_EQ(officer([](auto* o) { o->clear_role(); }), "ROLE_MISSING");
  EXPECT_EQ(officer([](auto* o) { o->set_person_code("张三"); }), "PERSON_CODE_MALFORMED");
  EXPECT_EQ(officer([](auto* o) { o->clear_key(); }), "KEY_MALFORMED");
  EXPECT_EQ(officer([](auto* o) { o->mutable_key()->set_key(std::string(31, 'k')); }), "KEY_MALFORMED");
  EXPECT_EQ(officer([](auto* o) { o->mutable_key()->set_algorithm(v1::KEY_ALGORITHM_SM2); }),
            "KEY_MALFORMED");
  EXPECT_EQ(officer([](auto* o) {
              o->mutable_key()->set_algorithm(v1::KEY_ALGORITHM_SM2);
              o->mutable_key()->set_key("\x04" + std::string(64, 'k'));
            }),
            "OK");
}

TEST(Registry, APayeeIsABodyWithACreditCode) {
  World w;
  std::string code = CreditCode("91420000MA0000002");
  EXPECT_EQ(Why(w.Clerk(RegisterPayee("x", code))), "OK");
  code.back() = code.back() == '0' ? '1' : '0';
  EXPECT_EQ(Why(w.Clerk(RegisterPayee("x", code))), "CREDIT_CODE_INVALID");
  EXPECT_EQ(Why(w.Clerk(RegisterPayee("x", ""))), "CREDIT_CODE_INVALID");
  EXPECT_EQ(Why(w.Clerk(RegisterPayee("x", "11010519491231002X"))), "CREDIT_CODE_INVALID");
  EXPECT_EQ(CreditCode("91350100M000100Y4"), "91350100M000100Y43");  // the standard's own example
}

TEST(Registry, AnAccountIsABankAndANumber) {
  World w;
  const auto account = [&w](const char* bank, std::string number) {
    v1::Action action = RegisterPayee("x", CreditCode("91420000MA0000002"));
    v1::BankAccount* added = action.mutable_register_payee()->add_accounts();
    added->set_bank(bank);
    added->set_account_number(std::move(number));
    return Why(w.Clerk(action));
  };
  EXPECT_EQ(account("工商银行", "1813020309200012345"), "OK");
  EXPECT_EQ(account("工商银行", "NRA18-130203"), "OK");
  EXPECT_EQ(account("", "1813020309200012345"), "ACCOUNT_MALFORMED");
  EXPECT_EQ(account("工商银行", ""), "ACCOUNT_MALFORMED");
  EXPECT_EQ(account("工商银行", std::string(41, '1')), "ACCOUNT_MALFORMED");
  EXPECT_EQ(account("工商银行", "张三的账户"), "ACCOUNT_MALFORMED");
}

TEST(Registry, ARegistrationThatTakesApprovalIsNothingBefore) {
  World w;
  w.Must(w.Clerk(RegisterFund("fund-x", 2020)));
  EXPECT_EQ(Why(w.Clerk(Receive("fund-x", 1_yuan, "2020-03-01"))), "FUND_NOT_FOUND");
  w.Must(w.Admin(RegisterOfficer("new", "finance", v1::ROLE_FINANCE_CLERK)));
  EXPECT_EQ(Why(w.By("new", Receive("fund-1", 1_yuan, "2020-03-01"))), "OFFICER_UNKNOWN");
}

}  // namespace
}  // namespace fundledger::books::testing
