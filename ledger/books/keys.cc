#include "ledger/books/keys.h"

#include "ledger/base/bytes.h"

namespace fundledger::books {
namespace {

// Parts never contain a zero byte: ids by their alphabet, text because control characters are refused.
std::string Join(std::string_view a, std::string_view b) {
  std::string id;
  id.reserve(a.size() + 1 + b.size());
  id.append(a).push_back('\0');
  id.append(b);
  return id;
}

}  // namespace

std::string LineId(std::string_view project, std::string_view fund) {
  return Join(project, fund);
}

std::string OutsideId(std::string_view fund, std::string_view programme) {
  return Join(fund, programme);
}

std::string ActionId(Sequence sequence, uint32_t action) {
  std::string id;
  AppendBigEndian64(sequence, &id);
  AppendBigEndian32(action, &id);
  return id;
}

std::string VoucherId(std::string_view issuer, std::string_view type, int32_t year, std::string_view number) {
  return Join(Join(issuer, type), Join(std::to_string(year), number));
}

std::string ReferenceId(std::string_view organization, int action_kind, std::string_view reference) {
  return Join(Join(organization, std::to_string(action_kind)), reference);
}

}  // namespace fundledger::books
