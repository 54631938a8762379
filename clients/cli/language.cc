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
    {"ACCOUNT_MALFORMED", "银行账号写法不对"},
    {"ACTION_NOT_FOUND", "该记录中没有这个事项，事项从 0 数起"},
    {"ACTION_REF_INVALID", "事项写法不对，应为 序号.事项，例如 17.0"},
    {"ACTION_REF_MISMATCH", "所指事项与记录不符"},
    {"ACTION_UNKNOWN", "账本不认识这种事项，请更新程序"},
    {"ADMINISTRATORS_TOO_FEW", "一名管理员不能单独吊销：除您之外须仍有两个单位的管理员，可由两名管理员办理"},
    {"AGENT_FAILED", "密钥代理出错"},
    {"AGENT_MISSING", "密钥代理未运行"},
    {"AGENT_RUNNING", "密钥代理已在运行"},
    {"AGGREGATION_MISSING", "须填汇总方式"},
    {"ALREADY_APPROVED", "本人已批准过"},
    {"ALREADY_PLANNED", "该明细已有计划，请用项目调整"},
    {"ALREADY_REGISTERED", "编号已登记"},
    {"ALREADY_REVERSED", "已冲销过"},
    {"AMOUNT_MALFORMED",
     "金额写法不对：只写半角或全角数字，可带千分位及单位，例如 "
     "12,345.67、120.5万；不可用公式、科学计数法或汉字数字"},
    {"AMOUNT_NEGATIVE", "此处金额不能为负，请去掉负号"},
    {"AMOUNT_NOT_POSITIVE", "金额须大于零"},
    {"AMOUNT_OUT_OF_RANGE", "金额过大，请核对单位"},
    {"AMOUNT_TOO_PRECISE", "金额比分（0.01元）还细：元至多两位小数，万元至多六位"},
    {"AMOUNT_ZERO", "金额不能为零：请填实际金额，或删去该行"},
    {"ANSWER_MISMATCH", "服务器答非所问，不可据此签名"},
    {"ANSWER_NOT_SIGNED", "此处不持有账本密钥，不能签署答复"},
    {"ANSWER_OUTDATED", "答复早于本机已见的账本，不可采信，请重新查询"},
    {"ANSWER_SIGNATURE_INVALID", "答复签名无效，不可采信"},
    {"ANSWER_UNVERIFIED", "答复非本账本密钥所签"},
    {"ANSWER_WRONG", "所签答复与记录不符，证据已留存"},
    {"APPROVAL_NOT_ALLOWED", "本人不能批准此提议"},
    {"APPROVER_NOT_IN_STANDING", "批准人已离任、调动或密钥已吊销，须撤回后重新提议"},
    {"AUTHORITY_MISSING", "找不到签发证书的机构密钥"},
    {"BASIS_INVALID", "答复所依据的检查点有误，不可采信"},
    {"BATCH_MALFORMED", "批次须有补贴名称、所属期和人数"},
    {"CATEGORY_NOT_FOUND", "没有这个资金类别"},
    {"CATEGORY_REPEATED", "资金类别重复"},
    {"CELL_MISSING", "必填项为空"},
    {"CELL_SPOILT", "内容像是被电子表格改写过"},
    {"CERTIFICATE_EXPIRED", "证书已过期，请换发"},
    {"CERTIFICATE_MISSING", "找不到该经办人的连接证书"},
    {"CERTIFICATE_OF_OTHER_HOLDER", "证书的持有人不符"},
    {"CHECKPOINT_UNVERIFIED", "检查点签名无效，不要相信该服务器"},
    {"COLUMNS_DISAGREE", "各列之间矛盾或缺一不可"},
    {"COLUMN_MISSING", "缺少列"},
    {"COLUMN_NOT_OF_KIND", "此事项没有这一列"},
    {"COLUMN_REPEATED", "列名重复"},
    {"COLUMN_UNKNOWN", "没有这个列名"},
    {"COLUMN_UNNAMED", "该列没有列名"},
    {"CONFIG_INVALID", "客户端配置有误"},
    {"CONFIG_MISSING", "找不到客户端配置 client.toml"},
    {"CONFIRM_MODE_MISSING", "须填拨付方式：直接支付或拨付到单位"},
    {"CONNECTION_NEEDED", "此命令须联网"},
    {"CREDIT_CODE_INVALID", "统一社会信用代码有误"},
    {"CSV_INVALID", "表格文件有误，未发送任何内容"},
    {"DATES_REVERSED", "起止日期颠倒"},
    {"DATE_BEFORE_DECLARATION", "业务日期早于项目申报"},
    {"DATE_BEFORE_ORIGINAL", "业务日期早于所冲销的事项"},
    {"DATE_BEFORE_REQUEST", "业务日期早于用款申请"},
    {"DATE_INVALID", "日期不存在或写法不对，例如 2020-06-16"},
    {"DATE_IN_FUTURE", "业务日期晚于入账当日"},
    {"DATE_MISSING", "须填业务日期"},
    {"DATE_NOT_ALLOWED", "此事项不填业务日期"},
    {"DATE_TOO_EARLY_FOR_YEAR", "业务日期早于该年度允许的日期"},
    {"DIRECTORY_NOT_EMPTY", "目录不为空"},
    {"DOCUMENT_MALFORMED", "所附文件的登记有误"},
    {"DOCUMENT_NUMBER_MISSING", "须填指标文号"},
    {"EVIDENCE_MALFORMED", "不是证据文件，或已损坏"},
    {"EVIDENCE_RECORDS_MISSING", "缺少全部记录，无法重算"},
    {"EVIDENCE_RECORDS_WRONG", "所给记录与检查点不符"},
    {"EVIDENCE_SHOWS_NOTHING", "不构成矛盾，不能定责"},
    {"EVIDENCE_UNVERIFIED", "并非同一账本密钥所签，不能定责"},
    {"EXPIRED", "报送已过有效期，请重新签署"},
    {"FACTS_MISSING", "本机尚无此账本的基本信息，请先联网执行一次任意命令"},
    {"FIGURE_DIFFERS", "服务器的数字与记录重算不一致"},
    {"FILES_MISSING", "未指明要导入的文件"},
    {"FILE_EXISTS", "文件已存在，未覆盖"},
    {"FILE_MISSING", "找不到文件"},
    {"FILE_UNREADABLE", "文件无法读取"},
    {"FILE_UNWRITABLE", "文件无法写入"},
    {"FILTERS_EXCLUDE", "筛选条件互相排斥"},
    {"FLAGS_DISAGREE", "各选项之间矛盾"},
    {"FUND_NOT_FOUND", "没有这笔资金"},
    {"FURTHER_APPROVALS_INVALID", "追加审批写法不对"},
    {"GENESIS_INVALID", "创世记录有误"},
    {"GENESIS_MISSING", "账本缺少创世记录"},
    {"HISTORICAL_MARK_WRONG", "历史补录标记与业务日期不符"},
    {"ID_MALFORMED", "编号写法不对：以字母或数字开头，只含半角字母、数字和 . _ -，至多 64 个字符"},
    {"INDICATOR_MISNAMED", "服务器所示绩效指标与记录不符，不可据此签名"},
    {"INDICATOR_NOT_FOUND", "没有这个绩效指标"},
    {"KEY_ALREADY_REVOKED", "该密钥已吊销"},
    {"KEY_CANNOT_SIGN", "该密钥不能签名"},
    {"KEY_FILE_EXISTS", "密钥文件已存在，未覆盖"},
    {"KEY_FILE_EXPOSED", "密钥文件他人可读，请 chmod 600"},
    {"KEY_FILE_MISSING", "找不到经办人的密钥文件"},
    {"KEY_IN_USE", "该密钥已为他人所用"},
    {"KEY_MALFORMED", "公钥写法不对，应为 ed25519:十六进制 或 sm2:十六进制"},
    {"KEY_ON_TOKEN", "密钥在 UKey 中，须写明新密钥存于何处"},
    {"KEY_REPLACED", "该密钥已更换"},
    {"KEY_REQUEST_INVALID", "密钥申请文件有误"},
    {"KEY_REVOKED", "该密钥已吊销，不能再签名"},
    {"KEY_UNCHANGED", "新密钥与原密钥相同"},
    {"KEY_UNKNOWN", "不是所需的密钥"},
    {"KIND_UNKNOWN", "没有这种事项"},
    {"LAST_GUARDIAN", "不能使账本失去最后的管理员或监察人员"},
    {"LEDGER_MALFORMED", "账本标识写法不对"},
    {"LEDGER_READ_ONLY", "账本已停止写入，请联系运维"},
    {"LINES_MISSING", "至少须有一条明细"},
    {"LINE_NOT_FOUND", "没有这条预算明细"},
    {"LINE_REPEATED", "明细重复"},
    {"LOG_FORKED", "账本被分叉或改写：请停止报送并报告纪检监察机关"},
    {"LOG_KEYS_MALFORMED", "账本密钥更换记录文件无法读取"},
    {"LOG_KEY_INVALID", "账本密钥更换有误"},
    {"LOG_KEY_UNPROVEN", "服务器未能证明账本密钥的更换，不可采信"},
    {"LOG_SHRANK", "账本被截断：请停止报送并报告纪检监察机关"},
    {"MIRROR_READ_ONLY", "镜像只供查询，不收报送，请连接账本本身"},
    {"MORE_APPROVALS_NEEDED", "现行规则要求更多审批，请重新提议"},
    {"NAME_MISSING", "须填名称"},
    {"NATURE_DIFFERS", "两笔资金性质不同"},
    {"NATURE_MISSING", "须填资金性质"},
    {"NATURE_NOT_ALLOWED", "此性质的资金不能办理此事项"},
    {"NOTE_UNVERIFIED", "检查点签名未通过验证"},
    {"NOTHING_TO_COMPARE", "未指明与谁核对"},
    {"NOTICE_PERIOD", "唯一监察人员仍可驳回，须待所示日期之后批准"},
    {"NOT_CONFIRMED", "未经确认"},
    {"NOT_EXPIRED", "提议尚未过期"},
    {"NOT_IN_EFFECT", "该事项未生效，不能冲销"},
    {"NOT_REVERSIBLE", "此类事项不能冲销"},
    {"NOT_SETTLED", "已入账，回执已保存，请勿重复报送；账本是否只增不改尚待核实，再执行任一命令即会核实"},
    {"NOT_THE_REQUESTER", "只有提议人可以撤回"},
    {"NOT_WITNESSED", "要求见证而见证不足，请待下次见证后再查"},
    {"NO_ANSWER", "未获账本答复"},
    {"NUMBER_INVALID", "数字写法不对"},
    {"OFFICER_DISMISSED", "该经办人已离任"},
    {"OFFICER_MISSING", "未指明经办人"},
    {"OFFICER_MOVED", "该经办人已调动"},
    {"OFFICER_NOT_FOUND", "没有这个经办人"},
    {"OFFICER_UNKNOWN", "没有这个经办人，或尚未批准"},
    {"OFFLINE_UNRESOLVED", "离线时无法查到所指内容"},
    {"ORGANIZATION_NOT_FOUND", "没有这个单位"},
    {"ORGANIZATION_UNCHANGED", "新单位与原单位相同"},
    {"ORIGIN_MALFORMED", "账本名称写法不对，例如 city.example/funds"},
    {"OUTBOX_AMBIGUOUS", "请求号对应多份报送，请写全"},
    {"OUTBOX_DAMAGED", "发件箱中的文件已损坏"},
    {"OUTBOX_NOT_FOUND", "发件箱中没有这个请求号"},
    {"OUTBOX_UNANSWERED", "已发送未获答复，可能已入账，不能删除"},
    {"OUTCOME_UNKNOWN", "结果未知，请用同一请求号重试"},
    {"OUTSIDE_KIND_MISSING", "须填外部支付类型"},
    {"OUT_OF_SCOPE", "超出本单位及下级的范围"},
    {"OVER_PLAN", "超过计划，请先调整计划"},
    {"OWN_CASE", "不能审批涉及本人的事项"},
    {"PARENT_MISSING", "须填上级单位"},
    {"PASSPHRASES_DIFFER", "两次输入的口令不同"},
    {"PASSPHRASE_NEEDED", "密钥有口令，须输入或用 --passphrase-file 给出"},
    {"PASSPHRASE_TOO_SHORT", "口令太短，至少 8 个字节"},
    {"PASSPHRASE_UNCHANGED", "新口令与原口令相同"},
    {"PASSPHRASE_WRONG", "口令不对"},
    {"PAYEE_NOT_FOUND", "没有这个收款人"},
    {"PAYMENT_KIND_MISSING", "须填支付类型"},
    {"PAYMENT_MISNAMED", "服务器所示支付与记录不符，不可据此签名"},
    {"PAYMENT_NOT_FOUND", "没有这笔支付"},
    {"PAYMENT_REF_INVALID", "支付写法不对，应为 单位/业务编号 或 序号.事项"},
    {"PAYMENT_STATE_WRONG", "该支付所处环节不允许此操作"},
    {"PERSONAL_DATA", "内容含个人信息（身份证号、手机号或银行卡号）"},
    {"PERSON_CODE_MALFORMED", "人员代码写法不对，应为十六进制"},
    {"PERSON_CODE_MISSING", "须填人员代码"},
    {"POLICY_CHANGED", "提议之后规则又有变更，请据此重新提议"},
    {"POLICY_INVALID", "规则有误"},
    {"POLICY_MISSING", "要求见证，却未指明见证策略"},
    {"PROGRAMME_NOT_FOUND", "没有这个专项"},
    {"PROGRESS_INVALID", "形象进度写法不对，应为 0 至 100，至多两位小数，例如 67.5%"},
    {"PROGRESS_WENT_DOWN", "进度下调须填更正原因"},
    {"PROJECT_ALREADY_APPROVED", "该项目已列入该年度计划"},
    {"PROJECT_ALREADY_COMPLETED", "该项目已登记完工"},
    {"PROJECT_ALREADY_STARTED", "该项目已登记开工"},
    {"PROJECT_KIND_MISSING", "须填项目类型"},
    {"PROJECT_NOT_APPROVED", "项目尚未立项批复"},
    {"PROJECT_NOT_FOUND", "没有这个项目"},
    {"PROJECT_NOT_SUSPENDED", "该项目当日未停工"},
    {"PROJECT_SUSPENDED", "项目停工中"},
    {"PROJECT_TERMINATED", "项目已终止"},
    {"PROOF_INVALID", "证明不成立"},
    {"PROOF_MALFORMED", "证明格式有误"},
    {"PROPOSALS_MISSING", "未指明提议：写 序号.事项，或加 --all"},
    {"PROPOSAL_EXPIRED", "提议已过有效期"},
    {"PROPOSAL_MISNAMED", "服务器所示提议与记录不符，不可据此批准"},
    {"PROPOSAL_NOT_FOUND", "没有这个提议"},
    {"PROPOSAL_NOT_OPEN", "该提议已办结"},
    {"PROPOSER_NOT_IN_STANDING", "提议人已离任、调动或密钥已吊销，须撤回后重新提议"},
    {"QUEUE_FULL", "服务器忙，请稍后重试"},
    {"READ_QUEUE_FULL", "服务器忙，请稍后重试"},
    {"REASON_MISSING", "须填原因"},
    {"RECEIPTS_CONTRADICT", "两份回执的同一序号下记录不同：请都保存，另行提交"},
    {"RECEIPT_CONTRADICTED", "账本中没有回执所载记录"},
    {"RECEIPT_INVALID", "回执无效，不能证明已入账"},
    {"RECEIPT_MALFORMED", "不是回执文件"},
    {"RECIPIENT_MISMATCH", "补贴批次须付给批次人员，其他支付须付给收款人"},
    {"RECIPIENT_MISSING", "须填收款人或批次"},
    {"RECORD_INVALID", "服务器所示记录有误，不可采信"},
    {"RECORD_MISSING", "缺少记录"},
    {"RECORD_NOT_FOUND", "没有这条记录"},
    {"RECORD_NOT_INCLUDED", "服务器所示记录不在账本中，不可采信"},
    {"REFERENCE_MISSING", "须填业务编号"},
    {"REFERENCE_REPEATED", "业务编号在文件中重复"},
    {"REFERENCE_TOO_LONG", "业务编号过长"},
    {"REFERENCE_UNSEEN", "业务编号含不可见字符"},
    {"REFERENCE_USED", "该业务编号已用过"},
    {"REFUND_LINE_UNKNOWN", "退回的明细不在该支付中"},
    {"REQUEST_ID_REUSED", "同一请求号内容不同：该行入账后被改过"},
    {"REVERSAL_OF_REVERSAL", "冲销本身不能再冲销"},
    {"ROLE_MISSING", "须填角色"},
    {"ROLE_NOT_ALLOWED", "该角色无权办理此事项"},
    {"ROSTER_MISSING", "批次须有发放名册"},
    {"ROTATION_FILE_INVALID", "密钥更换文件有误"},
    {"ROWS_DISAGREE", "同一业务编号的各行不一致"},
    {"ROWS_MISSING", "没有数据行"},
    {"SAME_ORGANIZATION", "须由其他单位办理"},
    {"SCALE_INVALID", "小数位数须为 0 至 9"},
    {"SECOND_OFFICER_WRONG", "第二签名人不符合要求"},
    {"SEEN_DAMAGED", "本机保存的检查点文件已损坏或被改"},
    {"SEEN_NOT_A_PREFIX", "服务器的账本与本机见过的不一致：请报告纪检监察机关"},
    {"SELF_APPROVAL", "不能批准自己的提议"},
    {"SEQUENCE_INVALID", "序号写法不对，只写数字"},
    {"SEQUENCE_NOT_RECORDED", "尚无此序号的记录"},
    {"SERVER_TIMED_OUT", "服务器未在时限内答复"},
    {"SERVER_UNREACHABLE", "连不上服务器"},
    {"SIGNATURE_INVALID", "签名无效，请检查密钥"},
    {"SIGNATURE_MISSING", "尚缺签名"},
    {"SIGNER_NOT_ASKED", "无须此经办人签名"},
    {"SOURCE_MALFORMED", "来源登记有误"},
    {"STORE_STOPPED", "账本存储已停止写入，须由运维人员重启"},
    {"STORE_UNREADABLE", "服务器暂时读不出账本，请稍后重发，并告知运维人员"},
    {"STREAMS_FULL", "服务器忙，请稍后重试"},
    {"STREAM_IDLE", "长时间没有提交，连接已结束，请重试"},
    {"SUBJECT_MISSING", "须指明项目或专项"},
    {"TARGET_INVALID", "目标写法不对，应为 指标=数值，多个以 ; 分隔"},
    {"TASK_GROUP_NOT_FOUND", "没有这个工作专班"},
    {"TEXT_CONTROL_CHARACTER", "文字中含控制字符或换行，请删去"},
    {"TEXT_NOT_UTF8", "文字编码不是 UTF-8"},
    {"TEXT_TOO_LONG", "文字过长"},
    {"TIER_MISSING", "须填层级"},
    {"TIME_STAMP_MALFORMED", "时间戳文件有误"},
    {"TLS_NEEDED", "非本机服务器必须使用 TLS"},
    {"TOKEN_CANNOT", "UKey 不支持 Ed25519 签名，请换用其他 UKey 或密钥文件"},
    {"TOKEN_PIN_LOCKED", "UKey 的 PIN 已锁定"},
    {"TOO_MANY_KEYS", "该经办人的密钥已达 100 个，请另行登记"},
    {"UNIT_MISSING", "须填计量单位"},
    {"UTC_OFFSET_INVALID", "时区写法不对，例如 +08:00"},
    {"VALUE_INVALID", "数值写法不对，例如 29.0835"},
    {"VALUE_NEGATIVE", "数值不能为负"},
    {"VALUE_OUT_OF_RANGE", "数值过大，请核对单位"},
    {"VALUE_TOO_PRECISE", "数值的小数位多于该指标的规定"},
    {"VOUCHER_MALFORMED", "凭证须有签发单位、类型、年度和凭证号"},
    {"VOUCHER_USED", "该凭证已用过"},
    {"WITNESSED_CONTRADICTS", "服务器所示见证检查点与账本矛盾"},
    {"WITNESSED_UNVERIFIED", "服务器所示见证检查点未通过验证"},
    {"WITNESS_UNKNOWN", "策略中没有这个见证人"},
    {"WITNESS_UNREACHABLE", "见证人未给出检查点"},
    {"WORD_UNKNOWN", "没有这个选项"},
    {"WRONG_LEDGER", "服务器上的不是配置中的账本"},
    {"YEAR_INVALID", "年度有误：不在允许范围，或来源年度晚于预算年度"},
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

bool GlossSaysItAll(std::string_view reason) {
  constexpr std::string_view kOfOneCell[] = {"AMOUNT_MALFORMED",   "AMOUNT_NEGATIVE", "AMOUNT_OUT_OF_RANGE",
                                             "AMOUNT_TOO_PRECISE", "AMOUNT_ZERO",     "ID_MALFORMED"};
  return CurrentLanguage() == Language::kChinese &&
         std::find(std::begin(kOfOneCell), std::end(kOfOneCell), reason) != std::end(kOfOneCell);
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
