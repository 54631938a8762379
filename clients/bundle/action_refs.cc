#include "clients/bundle/action_refs.h"

#include <google/protobuf/message.h>

namespace fundledger::bundle {
namespace {

namespace v1 = ::fundledger::v1;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

void Collect(const Message& message, std::vector<v1::ActionRef>* refs) {
  if (message.GetDescriptor() == v1::ActionRef::descriptor()) {
    refs->push_back(static_cast<const v1::ActionRef&>(message));
    return;
  }
  const auto* reflection = message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection->ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
    if (!field->is_repeated()) {
      Collect(reflection->GetMessage(message, field), refs);
      continue;
    }
    for (int i = 0; i < reflection->FieldSize(message, field); ++i)
      Collect(reflection->GetRepeatedMessage(message, field, i), refs);
  }
}

}  // namespace

std::vector<v1::ActionRef> RefsOf(const v1::Action& action) {
  std::vector<v1::ActionRef> refs;
  Collect(action, &refs);
  return refs;
}

}  // namespace fundledger::bundle
