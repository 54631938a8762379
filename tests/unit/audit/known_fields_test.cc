// The look at the bytes says no wherever the look at the parsed message does: in every kind of action, at
// every depth.
#include "ledger/audit/known_fields.h"

#include <functional>
#include <string>
#include <vector>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include "ledger/base/status.h"

#include "gtest/gtest.h"

namespace fundledger::audit {
namespace {

namespace pb = ::google::protobuf;
namespace v1 = ::fundledger::v1;
using pb::FieldDescriptor;
using pb::Message;

// Sets every field, of each oneof the `variant`-th where it has so many.
void Fill(Message* message, int variant);

void FillField(Message* message, const FieldDescriptor* field, int variant) {
  const pb::Reflection& reflection = *message->GetReflection();
  const bool repeated = field->is_repeated();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_MESSAGE:
      Fill(repeated ? reflection.AddMessage(message, field) : reflection.MutableMessage(message, field),
           variant);
      return;
    case FieldDescriptor::CPPTYPE_STRING:
      repeated ? reflection.AddString(message, field, "words")
               : reflection.SetString(message, field, "words");
      return;
    case FieldDescriptor::CPPTYPE_ENUM:
      ASSERT_FALSE(repeated) << field->full_name() << " is not looked at as bytes";
      reflection.SetEnumValue(message, field, 1);
      return;
    case FieldDescriptor::CPPTYPE_BOOL:
      reflection.SetBool(message, field, true);
      return;
    case FieldDescriptor::CPPTYPE_INT32:
      repeated ? reflection.AddInt32(message, field, -3) : reflection.SetInt32(message, field, -3);
      return;
    case FieldDescriptor::CPPTYPE_INT64:
      reflection.SetInt64(message, field, 1'000'000'000'000);
      return;
    case FieldDescriptor::CPPTYPE_UINT32:
      repeated ? reflection.AddUInt32(message, field, 300) : reflection.SetUInt32(message, field, 300);
      return;
    case FieldDescriptor::CPPTYPE_UINT64:
      reflection.SetUInt64(message, field, 300);
      return;
    default:
      FAIL() << field->full_name() << " is of a type that this test does not know";
  }
}

void Fill(Message* message, int variant) {
  const pb::Descriptor& type = *message->GetDescriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor* field = type.field(i);
    const pb::OneofDescriptor* oneof = field->real_containing_oneof();
    // The kind of an action is chosen by the caller.
    if (oneof != nullptr && oneof->containing_type() == v1::Action::descriptor()) continue;
    if (oneof != nullptr && field != oneof->field(variant % oneof->field_count())) continue;
    FillField(message, field, variant);
  }
}

// One submission for each kind of action and variant.
std::vector<v1::Submission> All() {
  std::vector<v1::Submission> all;
  const pb::OneofDescriptor& kinds = *v1::Action::descriptor()->FindOneofByName("kind");
  for (int kind = 0; kind < kinds.field_count(); ++kind) {
    for (int variant = 0; variant < 2; ++variant) {
      v1::Submission& submission = all.emplace_back();
      Fill(&submission, variant);
      FillField(submission.mutable_actions(0), kinds.field(kind), variant);
    }
  }
  return all;
}

// Calls `visit` with `message` and each one below it.
void ForEach(Message* message, const std::function<void(Message*)>& visit) {
  visit(message);
  const pb::Reflection& reflection = *message->GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(*message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
    if (!field->is_repeated()) {
      ForEach(reflection.MutableMessage(message, field), visit);
      continue;
    }
    for (int i = 0; i < reflection.FieldSize(*message, field); ++i)
      ForEach(reflection.MutableRepeatedMessage(message, field, i), visit);
  }
}

void ForEachField(Message* message, const std::function<void(Message*, const FieldDescriptor*)>& visit) {
  ForEach(message, [&](Message* below) {
    std::vector<const FieldDescriptor*> fields;
    below->GetReflection()->ListFields(*below, &fields);
    for (const FieldDescriptor* field : fields) visit(below, field);
  });
}

TEST(KnownFields, TakesWhatIsKnown) {
  ASSERT_GT(All().size(), 60u);
  for (const v1::Submission& submission : All()) {
    const Look look = LookAt(submission.SerializeAsString());
    EXPECT_TRUE(look.has_only_known) << submission.DebugString();
    EXPECT_TRUE(look.has_good_text) << submission.DebugString();
    EXPECT_TRUE(CheckKnown(submission).ok());
  }
}

TEST(KnownFields, SeesUnknownFieldsEverywhere) {
  for (v1::Submission submission : All()) {
    ForEach(&submission, [&](Message* message) {
      for (const int number : {999, 70'000}) {
        pb::UnknownFieldSet& unknown = *message->GetReflection()->MutableUnknownFields(message);
        unknown.AddVarint(number, 1);
        EXPECT_FALSE(LookAt(submission.SerializeAsString()).has_only_known) << submission.DebugString();
        EXPECT_EQ(ReasonOf(CheckKnown(submission)), "UNKNOWN_FIELD");
        unknown.Clear();
      }
      // Known by number, and sent as something else.
      const FieldDescriptor* field = message->GetDescriptor()->field(0);
      message->GetReflection()->MutableUnknownFields(message)->AddFixed32(field->number(), 1);
      EXPECT_FALSE(LookAt(submission.SerializeAsString()).has_only_known) << field->full_name();
      message->GetReflection()->MutableUnknownFields(message)->Clear();
    });
  }
}

TEST(KnownFields, SeesUnknownEnumValuesEverywhere) {
  for (v1::Submission submission : All()) {
    ForEachField(&submission, [&](Message* message, const FieldDescriptor* field) {
      if (field->cpp_type() != FieldDescriptor::CPPTYPE_ENUM) return;
      for (const int value : {-1, 77, 1 << 30}) {
        message->GetReflection()->SetEnumValue(message, field, value);
        EXPECT_FALSE(LookAt(submission.SerializeAsString()).has_only_known) << field->full_name();
        EXPECT_EQ(ReasonOf(CheckKnown(submission)), "UNKNOWN_ENUM_VALUE");
      }
      message->GetReflection()->SetEnumValue(message, field, 1);
    });
  }
}

TEST(KnownFields, SeesBadTextEverywhere) {
  for (v1::Submission submission : All()) {
    ForEachField(&submission, [&](Message* message, const FieldDescriptor* field) {
      if (field->type() != FieldDescriptor::TYPE_STRING) return;
      const auto set = [&](const std::string& text) {
        field->is_repeated() ? message->GetReflection()->SetRepeatedString(message, field, 0, text)
                             : message->GetReflection()->SetString(message, field, text);
      };
      for (const std::string& bad :
           {std::string("two\nlines"), std::string(501, 'x'), std::string("13800138000 call")}) {
        set(bad);
        const Look look = LookAt(submission.SerializeAsString());
        EXPECT_TRUE(look.has_only_known);
        EXPECT_FALSE(look.has_good_text) << field->full_name() << ": " << bad;
      }
      set("words");
    });
  }
}

TEST(KnownFields, SeesBytesThatEndTooEarly) {
  for (const v1::Submission& submission : All()) {
    const std::string payload = submission.SerializeAsString();
    for (size_t size = 0; size < payload.size(); ++size) {
      // What is cut between two fields is whole again.
      v1::Submission parsed;
      if (parsed.ParseFromString(payload.substr(0, size))) continue;
      EXPECT_FALSE(LookAt(payload.substr(0, size)).has_only_known);
    }
  }
}

}  // namespace
}  // namespace fundledger::audit
