#include "clients/verify/reasons.h"

#include <algorithm>
#include <iterator>

#include "clients/verify/language.h"
#include "ledger/base/status.h"

#include "absl/strings/str_cat.h"

namespace fundledger::verify {
namespace {

struct Gloss {
  std::string_view reason;
  std::string_view chinese;
};

constexpr Gloss kGlosses[] = {
    {"BASIS_INVALID", "报表所依据的记录超出其检查点"},
    {"BRIEFING_MALFORMED", "报表文件格式有误"},
    {"BUNDLE_INCOMPLETE", "数据包不完整，请重新导出"},
    {"BUNDLE_MALFORMED", "数据包中有文件格式不符"},
    {"BUNDLE_MISSING", "没有这个目录"},
    {"BUNDLE_OF_ANOTHER_KIND", "该数据包仅含部分记录，不能计算报表"},
    {"CERTIFICATE_MALFORMED", "证书格式有误"},
    {"CHECKPOINT_MALFORMED", "检查点格式有误"},
    {"CHECKPOINT_MIXED", "混有另一检查点的证明"},
    {"CHECKPOINT_UNVERIFIED", "检查点签名无效，不可采信"},
    {"DATE_INVALID", "日期不存在或写法不对，例如 2020-06-16"},
    {"ENTRY_TILE_MALFORMED", "记录瓦片格式有误"},
    {"EVIDENCE_MALFORMED", "不是证据文件，或已损坏"},
    {"EVIDENCE_RECORDS_MISSING", "缺少全部记录，无法重算"},
    {"EVIDENCE_RECORDS_WRONG", "所给记录与检查点不符"},
    {"EVIDENCE_SHOWS_NOTHING", "不构成矛盾，不能定责"},
    {"EVIDENCE_UNVERIFIED", "并非同一账本密钥所签，不能定责"},
    {"FIGURES_BEYOND_BUNDLE", "报表所计记录超出数据包，请导出较新的数据包"},
    {"FIGURE_DIFFERS", "数字与记录不符"},
    {"FIGURE_UNPROVEN", "数字没有记录证明"},
    {"FILE_MISSING", "缺少文件"},
    {"FILE_TOO_LARGE", "文件过大"},
    {"FILE_UNREADABLE", "文件无法读取"},
    {"JSON_MALFORMED", "不是 JSON"},
    {"KEY_RECORD_INVALID", "账本密钥的记录无效"},
    {"LEDGER_MALFORMED", "账本编号写法不对，应为 64 位十六进制"},
    {"LINK_BROKEN", "记录与前一条不相衔接"},
    {"LOG_FORKED", "同一规模有两个不同的根，或记录与回执不符：可定责"},
    {"LOG_KEY_INVALID", "账本公钥无效"},
    {"LOG_KEY_MISMATCH", "账本密钥与所给的不符"},
    {"LOG_KEY_ROTATION_INVALID", "账本密钥的更换无效"},
    {"MANIFEST_WRONG", "数据包自述与记录不符"},
    {"NOTE_MALFORMED", "检查点格式有误"},
    {"NOTE_UNVERIFIED", "签名无效"},
    {"NOT_WITNESSED", "没有策略所要求的见证签名"},
    {"POLICY_MALFORMED", "见证策略文件格式有误"},
    {"PROOF_FILE_MALFORMED", "证明文件格式有误"},
    {"PROOF_INVALID", "证明不成立"},
    {"PROOF_OUT_OF_RANGE", "证明超出范围"},
    {"PROOF_WITHOUT_RECORD", "证明文件不含记录"},
    {"RECEIPT_INVALID", "回执的证明不成立"},
    {"RECEIPT_MALFORMED", "不是回执文件，或已损坏"},
    {"RECORDS_MISSING", "缺少记录"},
    {"RECORD_ALTERED", "记录被改动"},
    {"RECORD_BACKDATED", "记录时间早于其前已被外部见证的时间"},
    {"RECORD_MALFORMED", "记录格式有误"},
    {"RECORD_POSTDATED", "记录时间晚于其已被外部见证的时间"},
    {"SEQUENCE_WRONG", "记录的序号与位置不符"},
    {"SIGNATURE_INVALID", "经办人签名无效"},
    {"TAIL_MISSING", "数据包之后另有已签署的记录"},
    {"TILE_MISSING", "缺少瓦片"},
    {"TILE_WRONG", "哈希瓦片与记录不符"},
    {"TIME_STAMP_MALFORMED", "时间戳格式有误"},
    {"TIME_STAMP_OF_OTHER_BYTES", "时间戳不是针对该检查点的"},
    {"TIME_STAMP_REJECTED", "时间戳请求被拒"},
    {"TIME_STAMP_UNVERIFIED", "时间戳签名无效"},
    {"TIME_WENT_BACK", "记录时间早于前一条"},
    {"VERIFIER_KEY_MALFORMED", "账本公钥写法不对"},
    {"WRONG_LEDGER", "属于另一账本"},
};

}  // namespace

std::string ReasonGloss(std::string_view reason) {
  const auto* found = std::find_if(std::begin(kGlosses), std::end(kGlosses),
                                   [reason](const Gloss& gloss) { return gloss.reason == reason; });
  if (!is_chinese || found == std::end(kGlosses)) return "";
  return absl::StrCat("（", ToAbsl(found->chinese), "）");
}

}  // namespace fundledger::verify
