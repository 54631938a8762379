#include "clients/cli/language.h"

#include <algorithm>
#include <cstdlib>
#include <iterator>

#include "ledger/base/status.h"

#include "absl/strings/str_cat.h"

namespace fundledger::cli {
namespace {

Language current = Language::kEnglish;

struct Gloss {
  std::string_view reason;
  std::string_view chinese;
};

constexpr Gloss kGlosses[] = {
    {"ACCOUNT_BELOW_ZERO", "余额不足"},
    {"ALLOCATED_OVER_PLAN", "分配超过计划,请先调整计划"},
    {"AMOUNT_MALFORMED", "金额写法不对,例如 12,345.67 或 120.5万"},
    {"AMOUNT_NEGATIVE", "此处金额不能为负"},
    {"AMOUNT_OUT_OF_RANGE", "金额过大"},
    {"AMOUNT_TOO_PRECISE", "金额比分还细"},
    {"CHECKPOINT_UNVERIFIED", "检查点签名无效,不要相信该服务器"},
    {"CONFIG_INVALID", "客户端配置有误"},
    {"CONFIG_MISSING", "找不到客户端配置 client.toml"},
    {"CSV_INVALID", "表格文件有误,未发送任何内容"},
    {"DATE_INVALID", "日期不存在或写法不对,例如 2020-06-16"},
    {"EXPIRED", "报送已过有效期,请重新签署"},
    {"FUND_NOT_FOUND", "没有这笔资金"},
    {"ID_MALFORMED", "编号写法不对"},
    {"KEY_FILE_EXPOSED", "密钥文件他人可读,请 chmod 600"},
    {"KEY_FILE_MISSING", "找不到经办人的密钥文件"},
    {"LEDGER_READ_ONLY", "账本已停止写入,请联系运维"},
    {"LOG_FORKED", "账本被分叉或改写:请停止报送并报告纪检监察机关"},
    {"LOG_SHRANK", "账本被截断:请停止报送并报告纪检监察机关"},
    {"OFFICER_UNKNOWN", "没有这个经办人,或尚未批准"},
    {"OUTCOME_UNKNOWN", "结果未知,请用同一请求号重试"},
    {"PAYMENT_NOT_FOUND", "没有这笔支付"},
    {"PERSONAL_DATA", "内容含个人信息(身份证号、手机号或银行卡号)"},
    {"PROJECT_NOT_FOUND", "没有这个项目"},
    {"PROPOSAL_NOT_OPEN", "该事项已办结"},
    {"QUEUE_FULL", "服务器忙,请稍后重试"},
    {"RECEIPT_INVALID", "回执无效,不能证明已入账"},
    {"REFERENCE_USED", "该业务编号已用过"},
    {"REQUEST_ID_REUSED", "同一请求号内容不同:该行入账后被改过"},
    {"ROLE_NOT_ALLOWED", "该角色无权办理此事项"},
    {"SEEN_NOT_A_PREFIX", "客户端见过的账本与服务器不一致"},
    {"SERVER_TIMED_OUT", "服务器未在时限内答复"},
    {"SERVER_UNREACHABLE", "连不上服务器"},
    {"SIGNATURE_INVALID", "签名无效,请检查密钥"},
    {"TLS_NEEDED", "非本机服务器必须使用 TLS"},
    {"VOUCHER_USED", "该凭证已用过"},
    {"WRONG_LEDGER", "服务器上的不是配置中的账本"},
};

}  // namespace

Language ChooseLanguage(std::string_view given) {
  if (!given.empty()) return given == "zh" ? Language::kChinese : Language::kEnglish;
  // As gettext does: the first that is set decides.
  for (const char* name : {"LC_ALL", "LC_MESSAGES", "LANG"}) {
    const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): read at start, by one thread
    if (value != nullptr && *value != '\0') {
      return std::string_view(value).starts_with("zh") ? Language::kChinese : Language::kEnglish;
    }
  }
  return Language::kEnglish;
}

void SetLanguage(Language language) {
  current = language;
}

Language CurrentLanguage() {
  return current;
}

std::string_view ReasonInChinese(std::string_view reason) {
  const auto* found = std::find_if(std::begin(kGlosses), std::end(kGlosses),
                                   [reason](const Gloss& gloss) { return gloss.reason == reason; });
  return found == std::end(kGlosses) ? std::string_view() : found->chinese;
}

std::string ErrorLine(const absl::Status& status) {
  const std::string reason = ReasonOf(status);
  const std::string_view gloss =
      CurrentLanguage() == Language::kChinese ? ReasonInChinese(reason) : std::string_view();
  return absl::StrCat(T("error ", "错误 "), reason,
                      gloss.empty() ? "" : absl::StrCat("(", ToAbsl(gloss), ")"), ": ", status.message());
}

}  // namespace fundledger::cli
