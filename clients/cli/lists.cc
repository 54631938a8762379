// Statements, funds, payments and projects: what the services compute, shown.
#include <iostream>
#include <memory>

#include "clients/cli/commands.h"
#include "clients/cli/describe.h"
#include "clients/cli/json.h"
#include "clients/cli/language.h"
#include "clients/cli/signed_answers.h"
#include "clients/cli/table.h"
#include "ledger/base/fen.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace fundledger::cli {
namespace {

using Align = Table::Align;

// Everything one list command may be asked.
struct Filter {
  AsOfOptions as_of;
  std::string fund;
  std::string project;
  std::string organization;
  std::string programme;
  std::string category;
  std::string state;
  int32_t year = 0;
  bool awaiting_approval = false;
  SignedAnswers answers;
};

// Rows as JSON and as a table, and the state they were answered on.
struct Listing {
  explicit Listing(Table t) : table(std::move(t)) {}
  Table table;
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  nlohmann::ordered_json total;
  v1::Basis basis;
};

absl::StatusOr<int> PrintListing(Context& context, sdk::Client* client, const char* name,
                                 const Listing& listing) {
  ASSIGN_OR_RETURN(const log::Checkpoint checkpoint, client->BelieveBasis(listing.basis));
  RETURN_IF_ERROR(context.CheckWitnessed(listing.basis));
  if (context.json()) {
    nlohmann::ordered_json json;
    json[name] = listing.rows;
    if (!listing.total.is_null()) json["total"] = listing.total;
    json["basis"] = ToJson(listing.basis);
    json["witnessed"] = context.WitnessedJson();
    PrintJson(json);
    return kExitOk;
  }
  listing.table.Print(std::cout);
  std::cout << '\n'
            << T("Amounts in yuan. ", "金额单位：元。") << BasisLine(listing.basis, checkpoint) << '\n'
            << context.WitnessedLine();
  return kExitOk;
}

std::vector<std::string> AmountCells(const v1::Amounts& a) {
  return {FormatYuan(a.planned_initially_fen()),
          FormatYuan(a.planned_fen()),
          FormatYuan(a.allocated_fen()),
          FormatYuan(a.available_fen()),
          FormatYuan(a.reserved_fen()),
          FormatYuan(a.held_fen()),
          FormatYuan(a.paid_fen()),
          FormatYuan(a.disbursed_fen()),
          FormatPercent(a.disbursed_fen(), a.planned_initially_fen(), 1)};
}

std::vector<Table::Column> AmountColumns() {
  return {{T("planned initially", "年初计划"), Align::kRight},
          {T("planned", "计划"), Align::kRight},
          {T("allocated", "分配"), Align::kRight},
          {T("available", "可用"), Align::kRight},
          {T("reserved", "冻结"), Align::kRight},
          {T("held", "在单位"), Align::kRight},
          {T("paid", "已支付"), Align::kRight},
          {T("disbursed", "拨付"), Align::kRight},
          {T("disbursed %", "拨付率%"), Align::kRight}};
}

template <typename T1>
std::vector<T1> Joined(std::vector<T1> first, const std::vector<T1>& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

absl::StatusOr<int> RunStatement(Context& context, Filter& filter) {
  ASSIGN_OR_RETURN(sdk::Client * client, context.client());
  v1::GetStatementRequest request;
  if (filter.as_of.given()) RETURN_IF_ERROR(filter.as_of.Fill(request.mutable_as_of()));
  request.set_fund(filter.fund);
  request.set_project(filter.project);
  request.set_organization(filter.organization);
  request.set_programme(filter.programme);
  request.set_category(filter.category);
  request.set_fiscal_year(filter.year);
  Listing listing{
      Table(Joined<Table::Column>({{T("project", "项目")}, {T("fund", "资金")}}, AmountColumns()))};
  v1::Amounts total;
  RETURN_IF_ERROR(EachSignedPage(
      context, filter.answers, client->funds(), &v1::FundService::Stub::GetStatement, request,
      [&](const v1::GetStatementResponse& page) {
        for (const auto& line : page.lines()) {
          listing.rows.push_back(ToJson(line));
          listing.table.Add(Joined<std::string>({line.project(), line.fund()}, AmountCells(line.amounts())));
        }
        total = page.total();
        listing.basis = page.basis();
        return absl::OkStatus();
      }));
  listing.total = ToJson(total);
  listing.table.AddRule();
  listing.table.Add(Joined<std::string>({T("total", "合计"), ""}, AmountCells(total)));
  return PrintListing(context, client, "lines", listing);
}

absl::StatusOr<int> RunFunds(Context& context, Filter& filter) {
  ASSIGN_OR_RETURN(sdk::Client * client, context.client());
  v1::ListFundsRequest request;
  if (filter.as_of.given()) RETURN_IF_ERROR(filter.as_of.Fill(request.mutable_as_of()));
  request.set_fiscal_year(filter.year);
  request.set_category(filter.category);
  request.set_page_size(1000);
  Listing listing{Table({{T("fund", "资金")},
                         {T("name", "名称")},
                         {T("document", "指标文号")},
                         {T("year", "年度")},
                         {T("level", "级次")},
                         {T("nature", "性质")},
                         {T("received", "接收"), Align::kRight},
                         {T("unallocated", "未分配"), Align::kRight},
                         {T("allocated", "分配"), Align::kRight},
                         {T("disbursed", "拨付"), Align::kRight},
                         {T("paid by others", "外部支付"), Align::kRight},
                         {T("loans granted", "发放贷款"), Align::kRight}})};
  RETURN_IF_ERROR(EachSignedPage(
      context, filter.answers, client->funds(), &v1::FundService::Stub::ListFunds, request,
      [&](const v1::ListFundsResponse& page) {
        for (const auto& state : page.funds()) {
          const auto& f = state.fund();
          const auto& a = state.amounts();
          listing.rows.push_back(ToJson(state));
          listing.table.Add({f.id(), f.name(), f.document_number(), absl::StrCat(f.fiscal_year()),
                             ShownWord(kSourceTierWords, f.source_tier()),
                             ShownWord(kNatureWords, f.nature()), FormatYuan(a.received_fen()),
                             FormatYuan(a.unallocated_fen()), FormatYuan(a.allocated_fen()),
                             FormatYuan(a.disbursed_fen()), FormatYuan(a.outside_paid_fen()),
                             FormatYuan(a.loans_granted_fen())});
        }
        listing.basis = page.basis();
        return absl::OkStatus();
      }));
  return PrintListing(context, client, "funds", listing);
}

std::string PaidTo(const v1::PaymentView& payment) {
  if (!payment.payee().empty()) return payment.payee();
  return absl::StrCat(payment.batch().subsidy(), " ", payment.batch().period(), " ", payment.batch().count(),
                      T(" people", "人"));
}

std::string VoucherText(const v1::Voucher& voucher) {
  if (voucher.number().empty()) return "";
  return absl::StrCat(voucher.issuer(), "/", voucher.type(), "/", voucher.year(), "/", voucher.number());
}

absl::StatusOr<int> RunPayments(Context& context, Filter& filter) {
  ASSIGN_OR_RETURN(sdk::Client * client, context.client());
  v1::ListPaymentsRequest request;
  request.set_project(filter.project);
  request.set_organization(filter.organization);
  request.set_state(filter.state);
  request.set_page_size(1000);
  Listing listing{Table({{T("payment", "支付")},
                         {T("reference", "业务编号")},
                         {T("organization", "单位")},
                         {T("kind", "类型")},
                         {T("paid to", "收款人")},
                         {T("amount", "金额"), Align::kRight},
                         {T("state", "状态")},
                         {T("held", "在单位"), Align::kRight},
                         {T("paid", "已支付"), Align::kRight},
                         {T("voucher", "凭证")}})};
  RETURN_IF_ERROR(EachSignedPage(
      context, filter.answers, client->funds(), &v1::FundService::Stub::ListPayments, request,
      [&](const v1::ListPaymentsResponse& page) {
        for (const auto& p : page.payments()) {
          listing.rows.push_back(ToJson(p));
          listing.table.Add({FormatActionRef(p.request()), p.reference(), p.organization(),
                             ShownWord(kPaymentKindWords, p.kind()), PaidTo(p), FormatYuan(p.amount_fen()),
                             ShownWord(kPaymentStateWords, p.state()), FormatYuan(p.held_fen()),
                             FormatYuan(p.paid_fen()), VoucherText(p.voucher())});
        }
        listing.basis = page.basis();
        return absl::OkStatus();
      }));
  return PrintListing(context, client, "payments", listing);
}

std::string ProgressText(const v1::ProjectState& state) {
  return absl::StrCat(FormatDecimal(state.progress_basis_points(), 2), "%");
}

absl::StatusOr<int> RunProjects(Context& context, Filter& filter) {
  ASSIGN_OR_RETURN(sdk::Client * client, context.client());
  v1::ListProjectsRequest request;
  if (filter.as_of.given()) RETURN_IF_ERROR(filter.as_of.Fill(request.mutable_as_of()));
  request.set_organization(filter.organization);
  request.set_programme(filter.programme);
  request.set_plan_year(filter.year);
  request.set_status(filter.state);
  request.set_awaiting_approval(filter.awaiting_approval);
  request.set_page_size(1000);
  Listing listing{Table({{T("project", "项目")},
                         {T("name", "名称")},
                         {T("organization", "单位")},
                         {T("programme", "专项")},
                         {T("kind", "类型")},
                         {T("status", "状态")},
                         {T("progress", "形象进度"), Align::kRight},
                         {T("plan lists", "计划年度")},
                         {T("planned", "计划"), Align::kRight},
                         {T("disbursed", "拨付"), Align::kRight}})};
  RETURN_IF_ERROR(EachSignedPage(
      context, filter.answers, client->projects(), &v1::ProjectService::Stub::ListProjects, request,
      [&](const v1::ListProjectsResponse& page) {
        for (const auto& state : page.projects()) {
          const auto& p = state.project();
          listing.rows.push_back(ToJson(state));
          listing.table.Add(
              {p.id(), p.name(), p.organization(), p.programme(), ShownWord(kProjectKindWords, p.kind()),
               ShownWord(kProjectStatusWords, state.status()), ProgressText(state),
               absl::StrJoin(state.plan_years(), ","), FormatYuan(state.amounts().planned_fen()),
               FormatYuan(state.amounts().disbursed_fen())});
        }
        listing.basis = page.basis();
        return absl::OkStatus();
      }));
  return PrintListing(context, client, "projects", listing);
}

void PrintProject(Context& context, const v1::ProjectState& state) {
  v1::Action declared;
  *declared.mutable_declare_project() = state.project();
  std::cout << ActionText(declared, context.scale_of()) << '\n'
            << T("status ", "状态 ") << ShownWord(kProjectStatusWords, state.status())
            << T(", progress ", "，形象进度 ") << ProgressText(state) << "\n\n";
  Table events({{T("date", "日期")},
                {T("event", "节点")},
                {T("value", "值"), Align::kRight},
                {T("record", "记录"), Align::kRight}});
  for (const auto& event : state.events()) {
    const std::string value = event.kind() == "progress" ? absl::StrCat(FormatDecimal(event.value(), 2), "%")
                              : event.value() == 0       ? ""
                                                         : absl::StrCat(event.value());
    events.Add({FormatDate(event.date()), ShownWord(kProjectStatusWords, event.kind()), value,
                absl::StrCat(event.sequence())});
  }
  events.Print(std::cout);
  std::cout << '\n';
}

absl::StatusOr<int> RunProject(Context& context, Filter& filter) {
  ASSIGN_OR_RETURN(sdk::Client * client, context.client());
  v1::GetProjectRequest request;
  request.set_project(filter.project);
  if (filter.as_of.given()) RETURN_IF_ERROR(filter.as_of.Fill(request.mutable_as_of()));
  AskSigned(filter.answers, &request);
  ASSIGN_OR_RETURN(const v1::GetProjectResponse response,
                   client->Call(client->projects(), &v1::ProjectService::Stub::GetProject, request));
  ASSIGN_OR_RETURN(const log::Checkpoint checkpoint, client->BelieveBasis(response.basis()));
  RETURN_IF_ERROR(context.CheckWitnessed(response.basis()));
  if (filter.answers.is_wanted()) RETURN_IF_ERROR(filter.answers.Take(context, request, response));
  if (context.json()) {
    nlohmann::ordered_json json = ToJson(response);
    json["witnessed"] = context.WitnessedJson();
    PrintJson(json);
    return kExitOk;
  }
  PrintProject(context, response.project());
  Table lines(Joined<Table::Column>({{T("fund", "资金")}}, AmountColumns()));
  for (const auto& line : response.project().lines()) {
    lines.Add(Joined<std::string>({line.fund()}, AmountCells(line.amounts())));
  }
  lines.AddRule();
  lines.Add(Joined<std::string>({T("total", "合计")}, AmountCells(response.project().amounts())));
  lines.Print(std::cout);
  std::cout << '\n'
            << T("Amounts in yuan. ", "金额单位：元。") << BasisLine(response.basis(), checkpoint) << '\n'
            << context.WitnessedLine();
  return kExitOk;
}

using Run = absl::StatusOr<int> (*)(Context&, Filter&);

CLI::App* AddList(Program* program, const std::string& path, const std::string& help,
                  const std::shared_ptr<Filter>& filter, Run run) {
  CLI::App* app = AddCommand(program, path, help);
  filter->answers.AddTo(app);
  OnCall(program, app, [filter, run](Context& context) { return run(context, *filter); });
  return app;
}

void AddPaymentsTo(Program* program, const std::string& path) {
  const auto filter = std::make_shared<Filter>();
  CLI::App* app = AddList(program, path, T("list payments", "列出支付"), filter, RunPayments);
  app->add_option("--project", filter->project, T("only of this project", "仅此项目"));
  app->add_option("--organization", filter->organization,
                  T("only requested by this organization", "仅此单位申请的"));
  app->add_option("--state", filter->state,
                  T("only in this state: requested, approved, rejected, withdrawn, "
                    "instructed, confirmed, failed, reversed, expired",
                    "仅此状态"));
}

}  // namespace

void AddListCommands(Program* program) {
  const auto statement = std::make_shared<Filter>();
  CLI::App* app = AddList(program, "finance statement",
                          T("statement of budget lines, with totals", "预算明细账"), statement, RunStatement);
  statement->as_of.AddTo(app);
  app->add_option("--fund", statement->fund, T("only this fund", "仅此资金"));
  app->add_option("--project", statement->project, T("only this project", "仅此项目"));
  app->add_option("--organization", statement->organization,
                  T("only this organization and those below", "仅此单位及下级"));
  app->add_option("--programme", statement->programme,
                  T("only this programme and those below", "仅此专项及下级"));
  app->add_option("--category", statement->category, T("only funds of this category", "仅此资金类别"));
  app->add_option("--year", statement->year, T("only funds of this fiscal year", "仅此预算年度"));

  const auto funds = std::make_shared<Filter>();
  app = AddList(program, "finance funds", T("list funds with their money", "列出资金"), funds, RunFunds);
  funds->as_of.AddTo(app);
  app->add_option("--category", funds->category, T("only funds of this category", "仅此资金类别"));
  app->add_option("--year", funds->year, T("only funds of this fiscal year", "仅此预算年度"));

  for (const char* path : {"finance payments", "township payments"}) AddPaymentsTo(program, path);

  const auto projects = std::make_shared<Filter>();
  app = AddList(program, "township projects", T("list projects", "列出项目"), projects, RunProjects);
  projects->as_of.AddTo(app);
  app->add_option("--organization", projects->organization,
                  T("only this organization and those below", "仅此单位及下级"));
  app->add_option("--programme", projects->programme,
                  T("only this programme and those below", "仅此专项及下级"));
  app->add_option("--year", projects->year, T("only on this year's plan list", "仅此年度计划内"));
  app->add_option("--status", projects->state,
                  T("only in this status: declared, approved, started, completed, "
                    "suspended, terminated",
                    "仅此状态"));
  app->add_flag("--awaiting-approval", projects->awaiting_approval,
                T("only those not approved yet, whatever was reported of them", "仅待立项"));

  const auto project = std::make_shared<Filter>();
  app = AddList(program, "township project show", T("show a project", "查看项目"), project, RunProject);
  app->add_option("PROJECT", project->project, T("project id", "项目编号"))->required();
  project->as_of.AddTo(app);
}

}  // namespace fundledger::cli
