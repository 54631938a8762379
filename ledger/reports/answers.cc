#include "ledger/reports/answers.h"

#include <algorithm>
#include <climits>
#include <utility>

#include <google/protobuf/text_format.h>
#include <google/protobuf/util/message_differencer.h>

#include "ledger/base/status.h"

#include "absl/strings/str_cat.h"

namespace fundledger::reports {
namespace {

using google::protobuf::Message;
using google::protobuf::util::MessageDifferencer;

absl::Status Malformed(std::string_view what) {
  return Refuse(absl::StatusCode::kInvalidArgument, "ANSWER_MALFORMED",
                absl::StrCat("the signed answer holds ", ToAbsl(what)));
}

// Whether a message, or one in it, has a field that this program does not know.
bool HasUnknown(const Message& message) {
  const auto* reflection = message.GetReflection();
  if (!reflection->GetUnknownFields(message).empty()) return true;
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  reflection->ListFields(message, &fields);
  for (const auto* field : fields) {
    if (field->cpp_type() != google::protobuf::FieldDescriptor::CPPTYPE_MESSAGE) continue;
    if (!field->is_repeated()) {
      if (HasUnknown(reflection->GetMessage(message, field))) return true;
      continue;
    }
    for (int i = 0; i < reflection->FieldSize(message, field); ++i) {
      if (HasUnknown(reflection->GetRepeatedMessage(message, field, i))) return true;
    }
  }
  return false;
}

template <typename MessageType>
absl::Status Read(std::string_view bytes, std::string_view what, MessageType* message) {
  if (bytes.size() > INT_MAX || !message->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return Malformed(absl::StrCat("bytes that are no ", ToAbsl(what)));
  }
  if (HasUnknown(*message)) {
    return Malformed(
        absl::StrCat("a ", ToAbsl(what), " with a field that this program does not know: use a newer one"));
  }
  return absl::OkStatus();
}

// One figure's request and response.
struct Method {
  std::string_view name;
  absl::StatusOr<std::unique_ptr<Message>> (*answer)(const Source& source, std::string_view request);
  absl::StatusOr<std::unique_ptr<Message>> (*read)(std::string_view response);
};

template <typename Request, typename Response,
          absl::StatusOr<Response> (*report)(const Source&, const Request&)>
Method MethodOf(std::string_view name) {
  return {name,
          [](const Source& source, std::string_view bytes) -> absl::StatusOr<std::unique_ptr<Message>> {
            Request request;
            RETURN_IF_ERROR(Read(bytes, "request", &request));
            ASSIGN_OR_RETURN(Response response, report(source, request));
            return std::make_unique<Response>(std::move(response));
          },
          [](std::string_view bytes) -> absl::StatusOr<std::unique_ptr<Message>> {
            auto response = std::make_unique<Response>();
            RETURN_IF_ERROR(Read(bytes, "response", response.get()));
            // The caller knows the checkpoint; only what was computed is compared.
            response->mutable_basis()->clear_checkpoint();
            response->mutable_basis()->clear_witnessed_checkpoint();
            response->mutable_basis()->clear_signed_answer();
            return response;
          }};
}

absl::StatusOr<Method> FindMethod(std::string_view name) {
  namespace v1 = ::fundledger::v1;
  static const std::vector<Method> methods = {
      MethodOf<v1::ListFundsRequest, v1::ListFundsResponse, Funds>("fundledger.v1.FundService/ListFunds"),
      MethodOf<v1::GetStatementRequest, v1::GetStatementResponse, Statement>(
          "fundledger.v1.FundService/GetStatement"),
      MethodOf<v1::ListPaymentsRequest, v1::ListPaymentsResponse, Payments>(
          "fundledger.v1.FundService/ListPayments"),
      MethodOf<v1::ListProjectsRequest, v1::ListProjectsResponse, Projects>(
          "fundledger.v1.ProjectService/ListProjects"),
      MethodOf<v1::GetProjectRequest, v1::GetProjectResponse, Project>(
          "fundledger.v1.ProjectService/GetProject"),
      MethodOf<v1::GetBriefingRequest, v1::GetBriefingResponse, Briefing>(
          "fundledger.v1.ReportService/GetBriefing"),
  };
  for (const Method& method : methods) {
    if (method.name == name) return method;
  }
  return Refuse(absl::StatusCode::kInvalidArgument, "ANSWER_METHOD_UNKNOWN",
                absl::StrCat("no figures are computed by ", ToAbsl(name)));
}

// One field's value for people.
std::string ShowField(const Message& message, const google::protobuf::FieldDescriptor* field, int index) {
  std::string text;
  google::protobuf::TextFormat::Printer printer;
  printer.SetSingleLineMode(true);
  printer.SetUseUtf8StringEscaping(true);
  printer.PrintFieldValueToString(message, field, field->is_repeated() ? index : -1, &text);
  return text;
}

// Collects differences, first message stated, second computed; each call has the messages around the field.
class Differences : public MessageDifferencer::Reporter {
 public:
  using Path = std::vector<MessageDifferencer::SpecificField>;
  std::vector<std::string> lines;

  void ReportAdded(const Message& stated, const Message& computed, const Path& path) override {
    const std::string told =
        HasDefault(path) ? absl::StrCat("stated ", Value(stated, path, false)) : "not stated";
    lines.push_back(absl::StrCat(Name(path), ": ", told, ", the records give ", Value(computed, path, true)));
  }
  void ReportDeleted(const Message& stated, const Message& computed, const Path& path) override {
    const std::string given = HasDefault(path) ? Value(computed, path, true) : "none";
    lines.push_back(
        absl::StrCat(Name(path), ": stated ", Value(stated, path, false), ", the records give ", given));
  }
  void ReportModified(const Message& stated, const Message& computed, const Path& path) override {
    // What differs inside a message was reported field by field.
    if (path.back().field->cpp_type() == google::protobuf::FieldDescriptor::CPPTYPE_MESSAGE) return;
    lines.push_back(absl::StrCat(Name(path), ": stated ", Value(stated, path, false), ", the records give ",
                                 Value(computed, path, true)));
  }

 private:
  // Whether the field, where it is absent, is simply zero or empty.
  static bool HasDefault(const Path& path) {
    return !path.back().field->is_repeated() && !path.back().field->has_presence();
  }
  static std::string Name(const Path& path) {
    std::string name;
    for (const auto& step : path) {
      absl::StrAppend(&name, name.empty() ? "" : ".", step.field->name());
      if (step.field->is_repeated()) absl::StrAppend(&name, "[", std::max(step.index, step.new_index), "]");
    }
    return name;
  }
  // `holder` has the last field of the path.
  static std::string Value(const Message& holder, const Path& path, bool is_computed) {
    return ShowField(holder, path.back().field, is_computed ? path.back().new_index : path.back().index);
  }
};

}  // namespace

absl::StatusOr<std::unique_ptr<Message>> Answer(const Source& source, std::string_view method,
                                                std::string_view request) {
  ASSIGN_OR_RETURN(const Method found, FindMethod(method));
  return found.answer(source, request);
}

absl::StatusOr<std::vector<std::string>> CompareAnswer(const Source& source,
                                                       const ::fundledger::v1::Answer& stated) {
  ASSIGN_OR_RETURN(const Method method, FindMethod(stated.method()));
  ASSIGN_OR_RETURN(const std::unique_ptr<Message> given, method.read(stated.response()));
  auto computed = method.answer(source, stated.request());
  if (absl::IsNotFound(computed.status())) {
    return std::vector<std::string>{
        absl::StrCat("the records have nothing to answer with: ", computed.status().message())};
  }
  if (!computed.ok()) return computed.status();
  MessageDifferencer differencer;
  Differences differences;
  differencer.ReportDifferencesTo(&differences);
  differencer.Compare(*given, **computed);
  return std::move(differences.lines);
}

}  // namespace fundledger::reports
