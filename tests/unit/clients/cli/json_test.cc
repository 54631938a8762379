#include "clients/cli/json.h"

#include <gtest/gtest.h>

#include "fundledger/v1/resources.pb.h"

namespace fundledger::cli {
namespace {

TEST(Json, WritesIntegersDatesHashesAndShortWords) {
  v1::PaymentView payment;
  payment.mutable_request()->set_sequence(17);
  payment.mutable_request()->set_leaf_hash(std::string("\x00\xff", 2));
  payment.set_kind(v1::PAYMENT_KIND_SUBSIDY_BATCH);
  payment.set_amount_fen(9'007'199'254'740'993);
  auto* event = payment.add_events();
  event->mutable_date()->set_year(2020);
  event->mutable_date()->set_month(6);
  event->mutable_date()->set_day(16);
  const auto json = ToJson(payment);
  EXPECT_EQ(json["request"]["sequence"], 17);
  EXPECT_EQ(json["request"]["leaf_hash"], "00ff");
  EXPECT_EQ(json["kind"], "subsidy_batch");
  EXPECT_EQ(json["amount_fen"].dump(), "9007199254740993");
  EXPECT_EQ(json["events"][0]["date"], "2020-06-16");
  EXPECT_FALSE(json.contains("voucher"));
  EXPECT_TRUE(json["lines"].is_array());
}

TEST(Json, NamesEnumsAsTheFormsDo) {
  v1::Genesis genesis;
  genesis.mutable_log_key()->set_algorithm(v1::KEY_ALGORITHM_ED25519);
  genesis.set_suite(v1::SUITE_SM);
  EXPECT_EQ(ToJson(genesis)["log_key"]["algorithm"], "ed25519");
  EXPECT_EQ(ToJson(genesis)["suite"], "sm");
}

}  // namespace
}  // namespace fundledger::cli
