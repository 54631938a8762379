#include "ledger/audit/known_fields.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/message.h>
#include <google/protobuf/unknown_field_set.h>
#include <google/protobuf/wire_format_lite.h>

#include "ledger/base/status.h"
#include "ledger/books/books.h"

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"

namespace fundledger::audit {
namespace {

namespace pb = ::google::protobuf;
namespace v1 = ::fundledger::v1;
using pb::internal::WireFormatLite;

absl::Status Bad(std::string_view reason, std::string_view message) {
  return Refuse(absl::StatusCode::kInvalidArgument, reason, message);
}

// Where in a message: written out only for an error.
struct Place {
  const Place* above = nullptr;                // null at the top
  const pb::FieldDescriptor* field = nullptr;  // of `above`
  int index = -1;                              // in a repeated field
  std::string ToString() const {
    if (above == nullptr) return "submission";
    std::string name = absl::StrCat(above->ToString(), ".", field->name());
    if (index >= 0) absl::StrAppend(&name, "[", index, "]");
    return name;
  }
};

absl::Status CheckEnum(const Place& place, int value) {
  const pb::EnumDescriptor& type = *place.field->enum_type();
  if (type.FindValueByNumber(value) != nullptr) return absl::OkStatus();
  return Bad("UNKNOWN_ENUM_VALUE",
             absl::StrCat(place.ToString(), " has the value ", value, ", which ", type.full_name(),
                          " does not know: send it to a ledger of a newer edition"));
}

// What of a type of message may hold something unknown: its messages and enums, in the order of their
// numbers. Found out once a type: it is asked for before a signature is paid for.
using Plan = std::vector<const pb::FieldDescriptor*>;

Plan MakePlan(const pb::Descriptor& type) {
  Plan plan;
  for (int i = 0; i < type.field_count(); ++i) {
    const auto cpp_type = type.field(i)->cpp_type();
    const bool is_message = cpp_type == pb::FieldDescriptor::CPPTYPE_MESSAGE;
    if (is_message || cpp_type == pb::FieldDescriptor::CPPTYPE_ENUM) plan.push_back(type.field(i));
  }
  std::sort(plan.begin(), plan.end(), [](const auto* a, const auto* b) { return a->number() < b->number(); });
  return plan;
}

void AddPlans(const pb::Descriptor& type, absl::flat_hash_map<const pb::Descriptor*, Plan>* plans) {
  if (plans->contains(&type)) return;
  const Plan plan = MakePlan(type);
  plans->emplace(&type, plan);
  for (const pb::FieldDescriptor* field : plan) {
    if (field->message_type() != nullptr) AddPlans(*field->message_type(), plans);
  }
}

// Of a type that stands somewhere in a submission.
const Plan& PlanOf(const pb::Descriptor& type) {
  static const auto& plans = *[] {
    auto* all = new absl::flat_hash_map<const pb::Descriptor*, Plan>();
    AddPlans(*v1::Submission::descriptor(), all);
    return all;
  }();
  return plans.find(&type)->second;
}

absl::Status CheckKnown(const pb::Message& message, const Place& place);

absl::Status CheckFieldKnown(const pb::Message& message, const pb::FieldDescriptor& field,
                             const Place& above) {
  const pb::Reflection& reflection = *message.GetReflection();
  const bool is_message = field.cpp_type() == pb::FieldDescriptor::CPPTYPE_MESSAGE;
  Place place{&above, &field};
  if (!field.is_repeated()) {
    if (!reflection.HasField(message, &field)) return absl::OkStatus();
    return is_message ? CheckKnown(reflection.GetMessage(message, &field), place)
                      : CheckEnum(place, reflection.GetEnumValue(message, &field));
  }
  for (int i = 0; i < reflection.FieldSize(message, &field); ++i) {
    place.index = i;
    RETURN_IF_ERROR(is_message ? CheckKnown(reflection.GetRepeatedMessage(message, &field, i), place)
                               : CheckEnum(place, reflection.GetRepeatedEnumValue(message, &field, i)));
  }
  return absl::OkStatus();
}

// Nothing unknown in `message` or below it. The messages do not nest in themselves, so the depth is bounded.
absl::Status CheckKnown(const pb::Message& message, const Place& place) {
  const pb::Reflection& reflection = *message.GetReflection();
  const pb::UnknownFieldSet& unknown = reflection.GetUnknownFields(message);
  if (!unknown.empty()) {
    return Bad("UNKNOWN_FIELD",
               absl::StrCat(place.ToString(), " has the field ", unknown.field(0).number(), ", which ",
                            message.GetDescriptor()->full_name(), " does not know"));
  }
  for (const pb::FieldDescriptor* field : PlanOf(*message.GetDescriptor())) {
    RETURN_IF_ERROR(CheckFieldKnown(message, *field, place));
  }
  return absl::OkStatus();
}

// How a type of message looks as bytes. Found out once: asking reflection at every message costs more than
// looking.
class Shape {
 public:
  // Types do not nest in themselves. Repeated enums, of which there are none, are not known to it.
  explicit Shape(const pb::Descriptor& type);

  // Whether `input`, up to its limit, is a message of the type with nothing unknown in it. `has_good_text`
  // becomes false if one of its strings is not.
  bool Fits(pb::io::CodedInputStream* input, bool* has_good_text) const;

 private:
  struct Field {
    uint32_t tag = 0;                    // 0: there is none of this number
    std::unique_ptr<const Shape> below;  // of a message
    std::vector<bool> enum_values;       // of an enum, by number: whether there is such a value
    books::TextCheck is_good = nullptr;  // of a string
  };

  static bool FieldFits(const Field& field, pb::io::CodedInputStream* input, bool* has_good_text);

  std::vector<Field> by_number_;
};

Shape::Shape(const pb::Descriptor& type) {
  for (int i = 0; i < type.field_count(); ++i) {
    const pb::FieldDescriptor& descriptor = *type.field(i);
    const auto number = static_cast<size_t>(descriptor.number());
    if (by_number_.size() <= number) by_number_.resize(number + 1);
    Field& field = by_number_[number];
    const bool is_enum = descriptor.cpp_type() == pb::FieldDescriptor::CPPTYPE_ENUM;
    if (is_enum && descriptor.is_repeated()) continue;
    const auto wire_type =
        descriptor.is_packed()
            ? WireFormatLite::WIRETYPE_LENGTH_DELIMITED
            : WireFormatLite::WireTypeForFieldType(static_cast<WireFormatLite::FieldType>(descriptor.type()));
    field.tag = WireFormatLite::MakeTag(descriptor.number(), wire_type);
    if (descriptor.type() == pb::FieldDescriptor::TYPE_STRING) field.is_good = books::TextCheckOf(descriptor);
    if (descriptor.message_type() != nullptr)
      field.below = std::make_unique<Shape>(*descriptor.message_type());
    for (int value = 0; is_enum && value < descriptor.enum_type()->value_count(); ++value) {
      const auto known = static_cast<size_t>(descriptor.enum_type()->value(value)->number());
      if (field.enum_values.size() <= known) field.enum_values.resize(known + 1);
      field.enum_values[known] = true;
    }
  }
}

bool Shape::FieldFits(const Field& field, pb::io::CodedInputStream* input, bool* has_good_text) {
  if (!field.enum_values.empty()) {
    uint64_t value = 0;
    return input->ReadVarint64(&value) && value < field.enum_values.size() && field.enum_values[value];
  }
  if (field.below == nullptr && field.is_good == nullptr) return WireFormatLite::SkipField(input, field.tag);
  int length = 0;
  if (!input->ReadVarintSizeAsInt(&length) || length > input->BytesUntilLimit()) return false;
  if (field.below == nullptr) {
    const void* text = nullptr;
    int readable = 0;
    input->GetDirectBufferPointerInline(&text, &readable);
    if (readable < length) return false;
    *has_good_text =
        *has_good_text && field.is_good({static_cast<const char*>(text), static_cast<size_t>(length)});
    return input->Skip(length);
  }
  const pb::io::CodedInputStream::Limit limit = input->PushLimit(length);
  const bool fits = field.below->Fits(input, has_good_text);
  input->PopLimit(limit);
  return fits;
}

bool Shape::Fits(pb::io::CodedInputStream* input, bool* has_good_text) const {
  while (input->BytesUntilLimit() > 0) {
    const uint32_t tag = input->ReadTagNoLastTag();
    const size_t number = tag >> WireFormatLite::kTagTypeBits;
    if (tag == 0 || number >= by_number_.size() || by_number_[number].tag != tag) return false;
    if (!FieldFits(by_number_[number], input, has_good_text)) return false;
  }
  return true;
}

}  // namespace

Look LookAt(std::string_view payload) {
  static const auto& shape = *new Shape(*v1::Submission::descriptor());
  pb::io::CodedInputStream input(reinterpret_cast<const uint8_t*>(payload.data()),
                                 static_cast<int>(payload.size()));
  input.PushLimit(static_cast<int>(payload.size()));
  Look look{.has_only_known = false, .has_good_text = true};
  look.has_only_known = shape.Fits(&input, &look.has_good_text);
  look.has_good_text = look.has_good_text && look.has_only_known;
  return look;
}

absl::Status CheckKnown(const v1::Submission& submission) {
  return CheckKnown(submission, Place());
}

}  // namespace fundledger::audit
