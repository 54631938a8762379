#include "clients/cli/words.h"

#include "clients/cli/language.h"
#include "fundledger/v1/types.pb.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace fundledger::cli {

const Words kTierWords = {{v1::TIER_CITY, "city", "市直"},
                          {v1::TIER_DEPARTMENT, "department", "部门"},
                          {v1::TIER_TOWNSHIP, "township", "乡镇"},
                          {v1::TIER_VILLAGE, "village", "村"}};
const Words kRoleWords = {{v1::ROLE_FINANCE_CLERK, "finance_clerk", "财政经办"},
                          {v1::ROLE_FINANCE_REVIEWER, "finance_reviewer", "财政复核"},
                          {v1::ROLE_TREASURY, "treasury", "国库"},
                          {v1::ROLE_TOWNSHIP, "township", "乡镇"},
                          {v1::ROLE_DEPARTMENT, "department", "行业部门"},
                          {v1::ROLE_INSPECTOR, "inspector", "纪检监察"},
                          {v1::ROLE_AUDITOR, "auditor", "审计"},
                          {v1::ROLE_ADMIN, "admin", "管理员"}};
const Words kApproverPlaceWords = {{v1::APPROVER_PLACE_ANY, "any", "任何单位"},
                                   {v1::APPROVER_PLACE_OWN, "own", "本单位"},
                                   {v1::APPROVER_PLACE_OTHER, "other", "其他单位"}};
const Words kSourceTierWords = {{v1::SOURCE_TIER_CENTRAL, "central", "中央"},
                                {v1::SOURCE_TIER_PROVINCIAL, "provincial", "省级"},
                                {v1::SOURCE_TIER_PREFECTURE, "prefecture", "地市级"},
                                {v1::SOURCE_TIER_CITY, "city", "县市本级"},
                                {v1::SOURCE_TIER_OTHER, "other", "其他"}};
const Words kNatureWords = {{v1::NATURE_FISCAL, "fiscal", "财政资金"},
                            {v1::NATURE_BOND, "bond", "债券"},
                            {v1::NATURE_INSURANCE, "insurance", "保险基金"},
                            {v1::NATURE_LOAN, "loan", "贷款"},
                            {v1::NATURE_DONATION, "donation", "捐赠"},
                            {v1::NATURE_SELF_RAISED, "self_raised", "自筹"},
                            {v1::NATURE_ASSET_INCOME, "asset_income", "资产收益"}};
const Words kProjectKindWords = {{v1::PROJECT_KIND_WORKS, "works", "工程"},
                                 {v1::PROJECT_KIND_PURCHASE, "purchase", "采购"},
                                 {v1::PROJECT_KIND_SUBSIDY, "subsidy", "补贴"},
                                 {v1::PROJECT_KIND_AWARD, "award", "以奖代补"},
                                 {v1::PROJECT_KIND_INVESTMENT, "investment", "投资"},
                                 {v1::PROJECT_KIND_INTEREST_SUPPORT, "interest_support", "贴息"}};
const Words kPaymentKindWords = {{v1::PAYMENT_KIND_ADVANCE, "advance", "预付款"},
                                 {v1::PAYMENT_KIND_PROGRESS, "progress", "进度款"},
                                 {v1::PAYMENT_KIND_FINAL, "final", "尾款"},
                                 {v1::PAYMENT_KIND_RETENTION, "retention", "质保金"},
                                 {v1::PAYMENT_KIND_SUBSIDY_BATCH, "subsidy_batch", "补贴批次"},
                                 {v1::PAYMENT_KIND_TRANSFER, "transfer", "转移支付"}};
const Words kConfirmModeWords = {{v1::CONFIRM_MODE_DIRECT, "direct", "直接支付"},
                                 {v1::CONFIRM_MODE_TRANSFER, "transfer", "拨付到单位"}};
const Words kAggregationWords = {{v1::AGGREGATION_SUM, "sum", "累加"},
                                 {v1::AGGREGATION_LAST, "last", "取最新"},
                                 {v1::AGGREGATION_DISTINCT, "distinct", "去重"}};
const Words kOutsideKindWords = {{v1::OUTSIDE_KIND_PAID, "paid", "外部支付"},
                                 {v1::OUTSIDE_KIND_LOAN_GRANTED, "loan_granted", "发放贷款"},
                                 {v1::OUTSIDE_KIND_LOAN_REPAID, "loan_repaid", "归还贷款"}};
const Words kProjectStatusWords = {{1, "declared", "已申报"},  {2, "approved", "已立项"},
                                   {3, "started", "已开工"},   {4, "progress", "进度"},
                                   {5, "completed", "已完工"}, {6, "suspended", "停工"},
                                   {7, "resumed", "复工"},     {8, "terminated", "终止"}};
const Words kPaymentStateWords = {
    {1, "requested", "已申请"}, {2, "approved", "已批准"},   {3, "rejected", "已驳回"},
    {4, "withdrawn", "已撤回"}, {5, "instructed", "已签发"}, {6, "confirmed", "已支付"},
    {7, "failed", "支付失败"},  {8, "reversed", "已冲销"},   {9, "expired", "已过期"}};
const Words kProposalStateWords = {{1, "open", "待审批"},
                                   {2, "approved", "已批准"},
                                   {3, "rejected", "已驳回"},
                                   {4, "withdrawn", "已撤回"},
                                   {5, "expired", "已过期"}};

std::optional<int> NumberOf(const Words& words, std::string_view text) {
  const std::string name = absl::StrReplaceAll(absl::AsciiStrToLower(std::string(text)), {{"-", "_"}});
  for (const Word& word : words) {
    if (name == word.name || text == word.chinese) return word.number;
  }
  return std::nullopt;
}

std::string NameOf(const Words& words, int number) {
  for (const Word& word : words) {
    if (word.number == number) return word.name;
  }
  return absl::StrCat(number);
}

std::string ShownWord(const Words& words, int number) {
  for (const Word& word : words) {
    if (word.number == number) return T(word.name, word.chinese);
  }
  return absl::StrCat(number);
}

std::string ShownWord(const Words& words, std::string_view name) {
  const auto number = NumberOf(words, name);
  return number.has_value() ? ShownWord(words, *number) : std::string(name);
}

std::string ListWords(const Words& words) {
  std::string list;
  for (size_t i = 0; i < words.size(); ++i) {
    if (i > 0) list += i + 1 == words.size() ? T(" or ", " 或 ") : T(", ", "、");
    absl::StrAppend(&list, T(words[i].name, words[i].chinese), T("(", "（"),
                    T(words[i].chinese, words[i].name), T(")", "）"));
  }
  return list;
}

}  // namespace fundledger::cli
