// Lists of what is registered.
#include <iostream>

#include "clients/cli/commands.h"
#include "clients/cli/json.h"
#include "clients/cli/language.h"
#include "clients/cli/table.h"
#include "ledger/base/bytes.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace fundledger::cli {
namespace {

// A list of one kind: its titles, and the cells of one thing registered.
struct Listing {
  const char* path;
  v1::RegistryKind kind;
  std::vector<Table::Column> (*columns)();
  std::vector<std::string> (*cells)(const v1::Registered&);
};

std::vector<Table::Column> Titles(std::initializer_list<const char*> names) {
  std::vector<Table::Column> columns;
  for (const char* name : names) columns.push_back({name});
  return columns;
}

std::string AccountsText(const v1::RegisterPayee& payee) {
  return absl::StrJoin(payee.accounts(), "; ", [](std::string* out, const v1::BankAccount& account) {
    absl::StrAppend(out, account.bank(), " ", account.account_number());
  });
}

const Listing kListings[] = {
    {"admin organization list", v1::REGISTRY_KIND_ORGANIZATION,
     [] {
       return Titles({T("id", "编号"), T("name", "名称"), T("parent", "上级"), T("tier", "层级")});
     },
     [](const v1::Registered& r) -> std::vector<std::string> {
       const auto& o = r.organization();
       return {o.id(), o.name(), o.parent(), ShownWord(kTierWords, o.tier())};
     }},
    {"admin officer list", v1::REGISTRY_KIND_OFFICER,
     [] {
       return Titles({T("id", "编号"), T("organization", "单位"), T("role", "角色"), T("key", "公钥"),
                      T("record", "记录")});
     },
     [](const v1::Registered& r) -> std::vector<std::string> {
       const auto& o = r.officer();
       return {o.id(), o.organization(), ShownWord(kRoleWords, o.role()), HexEncode(o.key().key()),
               absl::StrCat(r.sequence())};
     }},
    {"admin task-group list", v1::REGISTRY_KIND_TASK_GROUP,
     [] {
       return Titles({T("id", "编号"), T("name", "名称")});
     },
     [](const v1::Registered& r) -> std::vector<std::string> {
       return {r.task_group().id(), r.task_group().name()};
     }},
    {"admin programme list", v1::REGISTRY_KIND_PROGRAMME,
     [] {
       return Titles({T("id", "编号"), T("name", "名称"), T("parent", "上级"), T("task group", "工作专班")});
     },
     [](const v1::Registered& r) -> std::vector<std::string> {
       const auto& p = r.programme();
       return {p.id(), p.name(), p.parent(), p.task_group()};
     }},
    {"admin category list", v1::REGISTRY_KIND_CATEGORY,
     [] {
       return Titles({T("id", "编号"), T("name", "名称"), T("parent", "上级")});
     },
     [](const v1::Registered& r) -> std::vector<std::string> {
       return {r.category().id(), r.category().name(), r.category().parent()};
     }},
    {"finance payee list", v1::REGISTRY_KIND_PAYEE,
     [] {
       return Titles(
           {T("id", "编号"), T("name", "名称"), T("credit code", "统一社会信用代码"), T("accounts", "账户")});
     },
     [](const v1::Registered& r) -> std::vector<std::string> {
       return {r.payee().id(), r.payee().name(), r.payee().credit_code(), AccountsText(r.payee())};
     }},
    {"admin indicator list", v1::REGISTRY_KIND_INDICATOR,
     [] {
       return Titles({T("id", "编号"), T("name", "名称"), T("unit", "单位"), T("decimals", "小数位数"),
                      T("adds up", "汇总方式")});
     },
     [](const v1::Registered& r) -> std::vector<std::string> {
       const auto& i = r.indicator();
       return {i.id(), i.name(), i.unit(), absl::StrCat(i.scale()),
               ShownWord(kAggregationWords, i.aggregation())};
     }},
};

absl::StatusOr<int> RunListing(Context& context, const Listing& listing) {
  ASSIGN_OR_RETURN(sdk::Client * client, context.client());
  v1::ListRegisteredRequest request;
  request.set_kind(listing.kind);
  request.set_page_size(1000);
  Table table(listing.columns());
  auto json = nlohmann::ordered_json::array();
  RETURN_IF_ERROR(EachPage(client, client->registry(), &v1::RegistryService::Stub::ListRegistered, request,
                           [&](const v1::ListRegisteredResponse& page) {
                             for (const auto& one : page.registered()) {
                               table.Add(listing.cells(one));
                               json.push_back(ToJson(one));
                             }
                             return absl::OkStatus();
                           }));
  if (context.json()) {
    PrintJson(json);
  } else {
    table.Print(std::cout);
  }
  return kExitOk;
}

}  // namespace

void AddRegistryCommands(Program* program) {
  for (const Listing& listing : kListings) {
    CLI::App* app = AddCommand(program, listing.path, T("list what is registered", "列出已登记的内容"));
    OnCall(program, app, [&listing](Context& context) { return RunListing(context, listing); });
  }
}

}  // namespace fundledger::cli
