#include "clients/cli/advice.h"

#include "clients/cli/language.h"
#include "clients/cli/words.h"
#include "ledger/base/clock.h"
#include "ledger/base/time_text.h"

#include "absl/strings/str_cat.h"

namespace fundledger::cli {
namespace {

// What can follow a payment's state, by the word that the ledger uses for it.
struct Step {
  std::string_view state;
  const char* english;
  const char* chinese;
};

constexpr Step kSteps[] = {
    {"requested", "next: its approval, with finance approve or township approve",
     "下一步：审批（finance approve 或 township approve）"},
    {"approved", "next: finance pay instruct", "下一步：签发支付令（finance pay instruct）"},
    {"instructed", "next: finance pay confirm, or finance pay fail",
     "下一步：确认支付（finance pay confirm）或登记失败（finance pay fail）"},
    {"confirmed", "it is paid: what comes back is a finance refund, a mistake a finance reverse",
     "已支付完毕：退款用 finance refund，登记有误用 finance reverse"},
};

std::string PaymentAdvice(std::string_view message) {
  for (const Word& word : kPaymentStateWords) {
    if (message.find(absl::StrCat(" is ", word.name, ";")) == std::string_view::npos) continue;
    const std::string stands =
        CurrentLanguage() == Language::kChinese ? absl::StrCat("该支付现为“", word.chinese, "”，") : "";
    for (const Step& step : kSteps) {
      if (step.state == word.name) return absl::StrCat(stands, T(step.english, step.chinese));
    }
    return absl::StrCat(stands,
                        T("it is closed: ask anew, with finance pay request or township pay request",
                          "已办结：如仍需支付请重新申请（finance pay request 或 township pay request）"));
  }
  return T("see finance payments for where it stands", "请用 finance payments 查看其所处环节");
}

}  // namespace

std::string AdviceOn(std::string_view reason, std::string_view message) {
  if (reason == "PAYMENT_STATE_WRONG") return PaymentAdvice(message);
  if (reason == "SERVER_UNREACHABLE" && message.find("certificate verify failed") != std::string_view::npos) {
    return absl::StrCat(
        T("a certificate holds between its dates only, and this machine's clock says ",
          "证书只在有效期内有效，本机时钟为 "),
        TimeText(SystemClockMicros(), 0),
        T(" UTC: set it if that is wrong; if it is right, the server's certificate has expired, is not for "
          "this address, or is not by the authority that [tls] ca in client.toml names",
          " UTC：如不正确，请校准时钟；如正确，则服务器证书已过期、与所连地址不符，或并非 client.toml 中 "
          "[tls] "
          "ca 所指机构签发"));
  }
  if (reason == "SERVER_UNREACHABLE") {
    return T(
        "check the address (--server, or server in client.toml), that fundledgerd runs there, the network, "
        "and the certificate of this officer (admin certificate list)",
        "请检查：服务器地址（--server 或 client.toml 中的 server）、fundledgerd "
        "是否在运行、网络是否通畅、本人证书是否有效（admin certificate list）");
  }
  if (reason == "SERVER_TIMED_OUT") {
    return T("check the network, and how busy the server is; repeating is safe",
             "请检查网络及服务器负荷；可放心重试，不会重复入账");
  }
  return "";
}

}  // namespace fundledger::cli
