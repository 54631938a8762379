#include "clients/cli/language.h"

#include <algorithm>
#include <cstdlib>
#include <iterator>

#include "clients/cli/advice.h"
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
    {"ACTION_REF_MISMATCH", "所指事项与记录不符"},
    {"ALREADY_APPROVED", "本人已批准过"},
    {"ALREADY_PLANNED", "该明细已有计划，请用项目调整"},
    {"ALREADY_REGISTERED", "编号已登记"},
    {"ALREADY_REVERSED", "已冲销过"},
    {"AMOUNT_MALFORMED", "金额写法不对，例如 12,345.67 或 120.5万"},
    {"AMOUNT_NEGATIVE", "此处金额不能为负"},
    {"AMOUNT_OUT_OF_RANGE", "金额过大"},
    {"AMOUNT_TOO_PRECISE", "金额比分还细"},
    {"AMOUNT_ZERO", "金额不能为零"},
    {"ANSWER_NOT_SIGNED", "此处不持有账本密钥，不能签署答复"},
    {"ANSWER_SIGNATURE_INVALID", "答复签名无效，不可采信"},
    {"ANSWER_UNVERIFIED", "答复非本账本密钥所签"},
    {"ANSWER_WRONG", "所签答复与记录不符，证据已留存"},
    {"APPROVAL_NOT_ALLOWED", "本人不能批准此提议"},
    {"CATEGORY_NOT_FOUND", "没有这个资金类别"},
    {"CELL_MISSING", "必填项为空"},
    {"CHECKPOINT_UNVERIFIED", "检查点签名无效，不要相信该服务器"},
    {"COLUMN_MISSING", "缺少列"},
    {"COLUMN_UNKNOWN", "没有这个列名"},
    {"CONFIG_INVALID", "客户端配置有误"},
    {"CONFIG_MISSING", "找不到客户端配置 client.toml"},
    {"CONNECTION_NEEDED", "此命令须联网"},
    {"CREDIT_CODE_INVALID", "统一社会信用代码有误"},
    {"CSV_INVALID", "表格文件有误，未发送任何内容"},
    {"DATE_INVALID", "日期不存在或写法不对，例如 2020-06-16"},
    {"DATE_IN_FUTURE", "业务日期晚于入账当日"},
    {"DATE_TOO_EARLY_FOR_YEAR", "业务日期早于该年度允许的日期"},
    {"DIRECTORY_NOT_EMPTY", "目录不为空"},
    {"EVIDENCE_MALFORMED", "不是证据文件，或已损坏"},
    {"EVIDENCE_RECORDS_MISSING", "缺少全部记录，无法重算"},
    {"EVIDENCE_RECORDS_WRONG", "所给记录与检查点不符"},
    {"EVIDENCE_SHOWS_NOTHING", "不构成矛盾，不能定责"},
    {"EVIDENCE_UNVERIFIED", "并非同一账本密钥所签，不能定责"},
    {"EXPIRED", "报送已过有效期，请重新签署"},
    {"FACTS_MISSING", "本机尚无此账本的基本信息，请先联网执行一次任意命令"},
    {"FILE_EXISTS", "文件已存在，未覆盖"},
    {"FUND_NOT_FOUND", "没有这笔资金"},
    {"ID_MALFORMED", "编号写法不对"},
    {"INDICATOR_NOT_FOUND", "没有这个绩效指标"},
    {"KEY_FILE_EXPOSED", "密钥文件他人可读，请 chmod 600"},
    {"KEY_FILE_MISSING", "找不到经办人的密钥文件"},
    {"KIND_UNKNOWN", "没有这种事项"},
    {"LEDGER_READ_ONLY", "账本已停止写入，请联系运维"},
    {"LINE_NOT_FOUND", "没有这条预算明细"},
    {"LOG_FORKED", "账本被分叉或改写：请停止报送并报告纪检监察机关"},
    {"LOG_KEYS_MALFORMED", "账本密钥更换记录文件无法读取"},
    {"LOG_SHRANK", "账本被截断：请停止报送并报告纪检监察机关"},
    {"NO_ANSWER", "未获账本答复"},
    {"NOTHING_TO_COMPARE", "未指明与谁核对"},
    {"NOT_CONFIRMED", "未经确认"},
    {"NOT_THE_REQUESTER", "只有提议人可以撤回"},
    {"NOT_WITNESSED", "要求见证而见证不足，请待下次见证后再查"},
    {"OFFICER_MISSING", "未指明经办人"},
    {"OFFICER_NOT_FOUND", "没有这个经办人"},
    {"OFFICER_UNKNOWN", "没有这个经办人，或尚未批准"},
    {"OFFLINE_UNRESOLVED", "离线时无法查到所指内容"},
    {"ORGANIZATION_NOT_FOUND", "没有这个单位"},
    {"OUTBOX_DAMAGED", "发件箱中的文件已损坏"},
    {"OUTBOX_NOT_FOUND", "发件箱中没有这个请求号"},
    {"OUTBOX_UNANSWERED", "已发送未获答复，可能已入账，不能删除"},
    {"OUTCOME_UNKNOWN", "结果未知，请用同一请求号重试"},
    {"OUT_OF_SCOPE", "超出本单位及下级的范围"},
    {"OVER_PLAN", "超过计划，请先调整计划"},
    {"PAYEE_NOT_FOUND", "没有这个收款人"},
    {"PAYMENT_NOT_FOUND", "没有这笔支付"},
    {"PAYMENT_STATE_WRONG", "该支付所处环节不允许此操作"},
    {"PERSONAL_DATA", "内容含个人信息（身份证号、手机号或银行卡号）"},
    {"POLICY_MISSING", "要求见证，却未指明见证策略"},
    {"PROGRAMME_NOT_FOUND", "没有这个专项"},
    {"PROGRESS_WENT_DOWN", "进度下调须填更正原因"},
    {"PROJECT_NOT_APPROVED", "项目尚未立项批复"},
    {"PROJECT_NOT_FOUND", "没有这个项目"},
    {"PROJECT_SUSPENDED", "项目停工中"},
    {"PROJECT_TERMINATED", "项目已终止"},
    {"PROPOSAL_EXPIRED", "提议已过有效期"},
    {"PROPOSAL_NOT_FOUND", "没有这个提议"},
    {"PROPOSAL_NOT_OPEN", "该提议已办结"},
    {"QUEUE_FULL", "服务器忙，请稍后重试"},
    {"READ_QUEUE_FULL", "服务器忙，请稍后重试"},
    {"REASON_MISSING", "须填原因"},
    {"RECEIPT_CONTRADICTED", "账本中没有回执所载记录"},
    {"RECEIPT_INVALID", "回执无效，不能证明已入账"},
    {"RECEIPT_MALFORMED", "不是回执文件"},
    {"RECORD_NOT_FOUND", "没有这条记录"},
    {"REFERENCE_REPEATED", "业务编号在文件中重复"},
    {"REFERENCE_USED", "该业务编号已用过"},
    {"REQUEST_ID_REUSED", "同一请求号内容不同：该行入账后被改过"},
    {"ROLE_NOT_ALLOWED", "该角色无权办理此事项"},
    {"ROWS_DISAGREE", "同一业务编号的各行不一致"},
    {"SAME_ORGANIZATION", "须由其他单位办理"},
    {"SEEN_DAMAGED", "本机保存的检查点文件已损坏或被改"},
    {"SEEN_NOT_A_PREFIX", "服务器的账本与本机见过的不一致：请报告纪检监察机关"},
    {"SELF_APPROVAL", "不能批准自己的提议"},
    {"SEQUENCE_NOT_RECORDED", "尚无此序号的记录"},
    {"SERVER_TIMED_OUT", "服务器未在时限内答复"},
    {"SERVER_UNREACHABLE", "连不上服务器"},
    {"SIGNATURE_INVALID", "签名无效，请检查密钥"},
    {"STREAMS_FULL", "服务器忙，请稍后重试"},
    {"TLS_NEEDED", "非本机服务器必须使用 TLS"},
    {"VOUCHER_USED", "该凭证已用过"},
    {"WITNESS_UNREACHABLE", "见证人未给出检查点"},
    {"WORD_UNKNOWN", "没有这个选项"},
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

std::string GlossOf(std::string_view reason, std::string_view message) {
  const std::string advice = AdviceOn(reason, message);
  if (CurrentLanguage() == Language::kEnglish) return advice;
  const std::string_view gloss = ReasonInChinese(reason);
  return absl::StrCat(ToAbsl(gloss), gloss.empty() || advice.empty() ? "" : "。", advice);
}

std::string ErrorLine(const absl::Status& status) {
  const std::string reason = ReasonOf(status);
  const std::string gloss = GlossOf(reason, ToStd(status.message()));
  if (CurrentLanguage() == Language::kChinese) {
    return absl::StrCat("错误 ", reason, gloss.empty() ? "" : absl::StrCat("（", gloss, "）"), ": ",
                        status.message());
  }
  return absl::StrCat("error ", reason, ": ", status.message(), gloss.empty() ? "" : "; ", gloss);
}

}  // namespace fundledger::cli
