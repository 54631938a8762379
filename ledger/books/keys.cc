#include "ledger/books/keys.h"

#include "ledger/base/bytes.h"
#include "ledger/base/utf8.h"

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

// Hyphens, dashes, bars and minus signs: whatever a keyboard gave for '-'. Full-width forms aside.
bool IsDash(char32_t code) {
  return (code >= 0x2010 && code <= 0x2015) || code == 0x2212 || code == 0xfe58 || code == 0xfe63;
}

}  // namespace

std::string Fold(std::string_view text) {
  std::string folded;
  folded.reserve(text.size());
  while (!text.empty()) {
    if (const char c = text.front(); c > 0x20 && c < 0x7f) {
      folded.push_back(c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c);
      text.remove_prefix(1);
      continue;
    }
    std::string_view rest = text;
    std::optional<char32_t> code = TakeCodePoint(&rest);
    const size_t size = code.has_value() ? text.size() - rest.size() : 1;
    if (code.has_value() && *code >= 0xff01 && *code <= 0xff5e) *code -= 0xfee0;
    if (code.has_value() && IsDash(*code)) *code = '-';
    if (code.has_value() && *code >= 'a' && *code <= 'z') *code -= 'a' - 'A';
    if (code.has_value() && *code < 0x80) {
      if (!IsUnseen(*code)) folded.push_back(static_cast<char>(*code));
    } else if (!code.has_value() || !IsUnseen(*code)) {
      folded.append(text.substr(0, size));
    }
    text.remove_prefix(size);
  }
  return folded;
}

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
  return Join(Join(Fold(issuer), Fold(type)), Join(std::to_string(year), Fold(number)));
}

std::string VoucherTrailId(std::string_view voucher) {
  return Fold(voucher);
}

std::string ReferenceId(std::string_view organization, int action_kind, std::string_view reference) {
  return Join(Join(organization, std::to_string(action_kind)), Fold(reference));
}

}  // namespace fundledger::books
