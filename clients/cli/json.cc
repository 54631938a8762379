#include "clients/cli/json.h"

#include <iostream>
#include <string>

#include <google/protobuf/descriptor.h>

#include "clients/cli/forms.h"
#include "fundledger/v1/types.pb.h"
#include "ledger/base/bytes.h"

#include "absl/strings/ascii.h"

namespace fundledger::cli {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using Json = nlohmann::ordered_json;

// KEY_ALGORITHM_ED25519 of KeyAlgorithm is ed25519.
std::string ShortName(const google::protobuf::EnumValueDescriptor& value) {
  std::string prefix;
  for (const char c : value.type()->name()) {
    if (absl::ascii_isupper(c) && !prefix.empty()) prefix += '_';
    prefix += absl::ascii_toupper(c);
  }
  prefix += '_';
  const std::string& name = value.name();
  return absl::AsciiStrToLower(name.starts_with(prefix) ? name.substr(prefix.size()) : name);
}

std::string TextOf(const FieldDescriptor& field, const std::string& value) {
  return field.type() == FieldDescriptor::TYPE_BYTES ? HexEncode(value) : value;
}

Json Element(const Message& message, const FieldDescriptor& field, int i) {
  const auto* reflection = message.GetReflection();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      return TextOf(field, reflection->GetRepeatedString(message, &field, i));
    case FieldDescriptor::CPPTYPE_INT32:
      return reflection->GetRepeatedInt32(message, &field, i);
    default:
      return ToJson(reflection->GetRepeatedMessage(message, &field, i));
  }
}

Json Single(const Message& message, const FieldDescriptor& field) {
  const auto* reflection = message.GetReflection();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      return TextOf(field, reflection->GetString(message, &field));
    case FieldDescriptor::CPPTYPE_INT32:
      return reflection->GetInt32(message, &field);
    case FieldDescriptor::CPPTYPE_INT64:
      return reflection->GetInt64(message, &field);
    case FieldDescriptor::CPPTYPE_UINT32:
      return reflection->GetUInt32(message, &field);
    case FieldDescriptor::CPPTYPE_UINT64:
      return reflection->GetUInt64(message, &field);
    case FieldDescriptor::CPPTYPE_BOOL:
      return reflection->GetBool(message, &field);
    case FieldDescriptor::CPPTYPE_ENUM:
      return ShortName(*reflection->GetEnum(message, &field));
    default:
      return ToJson(reflection->GetMessage(message, &field));
  }
}

}  // namespace

Json ToJson(const Message& message) {
  if (const auto* date = dynamic_cast<const v1::Date*>(&message)) return FormatDate(*date);
  Json json = Json::object();
  const auto* descriptor = message.GetDescriptor();
  const auto* reflection = message.GetReflection();
  for (int i = 0; i < descriptor->field_count(); ++i) {
    const FieldDescriptor& field = *descriptor->field(i);
    if (field.is_repeated()) {
      Json list = Json::array();
      for (int n = 0; n < reflection->FieldSize(message, &field); ++n)
        list.push_back(Element(message, field, n));
      json[field.name()] = std::move(list);
    } else if (!field.has_presence() || reflection->HasField(message, &field)) {
      json[field.name()] = Single(message, field);
    }
  }
  return json;
}

void PrintJson(const Json& json) {
  std::cout << json.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
}

}  // namespace fundledger::cli
