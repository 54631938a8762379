// What every action must look like, whatever it says.
#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "ledger/base/text.h"
#include "ledger/books/rules.h"

#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace fundledger::books {
namespace {

namespace v1 = ::fundledger::v1;
namespace pb = ::google::protobuf;
using pb::FieldDescriptor;
using pb::Message;

constexpr size_t kMaxTextCharacters = 500;

absl::Status Malformed(std::string_view reason, std::string_view message) {
  return Refuse(absl::StatusCode::kInvalidArgument, reason, message);
}

// Numbers of documents and bodies may look like a person's. Only a bare number may: with a space or a
// character outside ASCII the field holds words, and what looks personal in them is.
bool HoldsNumbers(const FieldDescriptor& field) {
  static const auto& kFields = *new std::set<std::string>{"credit_code",     "account_number", "number",
                                                          "document_number", "invoice",        "reference"};
  return kFields.contains(field.name());
}
bool IsBareNumber(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

absl::Status CheckWords(std::string_view name, std::string_view text) {
  return text.empty() ? absl::OkStatus() : CheckText(name, text, kMaxTextCharacters);
}
absl::Status CheckNumberOrWords(std::string_view name, std::string_view text) {
  return IsBareNumber(text) ? CheckPlainText(name, text, kMaxTextCharacters) : CheckWords(name, text);
}

// Where the strings of a type of message are, at any depth: found out once, since asking every message's
// reflection for its fields costs more than looking at their text.
class StringWalk {
 public:
  // Types do not nest in themselves. `type` lives as long as this.
  explicit StringWalk(const pb::Descriptor& type);

  // Every string is text that may stand in a ledger for ever; if not, what is wrong with the first, in the
  // order of field numbers.
  absl::Status Check(const Message& message) const;

 private:
  struct Field {
    const FieldDescriptor* field = nullptr;
    std::unique_ptr<const StringWalk> below;  // null: it is a string itself
    bool holds_numbers = false;
  };
  static absl::Status CheckField(const Message& message, const Field& field);
  static absl::Status CheckString(const Field& field, const std::string& text);

  std::vector<Field> fields_;  // in the order of their numbers
};

StringWalk::StringWalk(const pb::Descriptor& type) {
  std::map<int, const FieldDescriptor*> by_number;
  for (int i = 0; i < type.field_count(); ++i) by_number[type.field(i)->number()] = type.field(i);
  for (const auto& [number, field] : by_number) {
    if (field->type() == FieldDescriptor::TYPE_STRING)
      fields_.push_back({field, nullptr, HoldsNumbers(*field)});
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
    auto below = std::make_unique<const StringWalk>(*field->message_type());
    if (!below->fields_.empty()) fields_.push_back({field, std::move(below), false});
  }
}

absl::Status StringWalk::CheckString(const Field& field, const std::string& text) {
  return field.holds_numbers ? CheckNumberOrWords(field.field->name(), text)
                             : CheckWords(field.field->name(), text);
}

absl::Status StringWalk::CheckField(const Message& message, const Field& field) {
  const pb::Reflection& reflection = *message.GetReflection();
  const FieldDescriptor* descriptor = field.field;
  const bool is_string = field.below == nullptr;
  std::string scratch;
  if (!descriptor->is_repeated()) {
    if (is_string) {
      return CheckString(field, reflection.GetStringReference(message, descriptor, &scratch));
    }
    if (!reflection.HasField(message, descriptor)) return absl::OkStatus();
    return field.below->Check(reflection.GetMessage(message, descriptor));
  }
  const int count = reflection.FieldSize(message, descriptor);
  for (int i = 0; i < count; ++i) {
    RETURN_IF_ERROR(is_string ? CheckString(field, reflection.GetRepeatedStringReference(message, descriptor,
                                                                                         i, &scratch))
                              : field.below->Check(reflection.GetRepeatedMessage(message, descriptor, i)));
  }
  return absl::OkStatus();
}

absl::Status StringWalk::Check(const Message& message) const {
  for (const Field& field : fields_) RETURN_IF_ERROR(CheckField(message, field));
  return absl::OkStatus();
}

absl::Status CheckSourceAndDocuments(const v1::Action& action) {
  if (action.has_source()) {
    if (action.reference().empty()) {
      return Malformed("REFERENCE_MISSING", "what comes from a row of something needs a reference");
    }
    if (action.source().file_hash().size() != 32 || action.source().row() == 0) {
      return Malformed("SOURCE_MALFORMED", "a source is a file's SHA-256 and a row from 1");
    }
  }
  for (const v1::Document& document : action.documents()) {
    if (document.id().size() != kDocumentIdBytes)
      return Malformed("DOCUMENT_MALFORMED", "a document's id is 32 bytes");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckForm(const v1::Action& action) {
  RETURN_IF_ERROR(CheckSourceAndDocuments(action));
  static const auto& walk = *new StringWalk(*v1::Action::descriptor());
  return walk.Check(action);
}

TextCheck TextCheckOf(const FieldDescriptor& field) {
  if (HoldsNumbers(field)) return [](std::string_view text) { return CheckNumberOrWords("", text).ok(); };
  return [](std::string_view text) { return CheckWords("", text).ok(); };
}

Form FormOf(const v1::Submission& submission, bool has_good_text) {
  const bool is_good = has_good_text && std::all_of(submission.actions().begin(), submission.actions().end(),
                                                    [](const v1::Action& action) {
                                                      return CheckSourceAndDocuments(action).ok();
                                                    });
  return is_good ? Form::kGood : Form::kUnknown;
}

}  // namespace fundledger::books
