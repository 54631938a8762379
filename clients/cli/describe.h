// Actions in words, in the current language and the field's terms.
#pragma once

#include <string>

#include "clients/cli/forms.h"

namespace fundledger::cli {

// 分配：项目 p-1，资金 f-1，金额 1,205,000.00. An action of several lines is text of several lines, with
// their total; if `only` is given, of its lines those that name that project or fund, where any does.
std::string ActionText(const v1::Action& action, const ScaleOf& scale_of, const std::string& only = "");
// What it is, and the number its unit gave it: 用款申请 PAY-0079.
std::string ActionTitle(const v1::Action& action);

// The action that an action answers: the proposal approved, the payment confirmed. Null for none.
const v1::ActionRef* AnsweredBy(const v1::Action& action);
// Whether an action names a thing by this id, or a voucher as ISSUER/TYPE/YEAR/NUMBER.
bool Mentions(const v1::Action& action, const std::string& id);

}  // namespace fundledger::cli
