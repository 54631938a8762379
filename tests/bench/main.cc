// fundledger-bench: makes ledgers, loads a daemon, and measures in process. One JSON object on standard
// output.
#include <cstdio>
#include <functional>
#include <iostream>
#include <string>

#include "ledger/base/status.h"
#include "tests/bench/load.h"
#include "tests/bench/local.h"
#include "tests/bench/made.h"

#include "absl/synchronization/mutex.h"
#include <CLI/CLI.hpp>

namespace {

using fundledger::bench::County;
using fundledger::bench::CountyOptions;
using fundledger::bench::LoadOptions;
using Json = nlohmann::ordered_json;
using Answer = absl::StatusOr<Json>;

struct Arguments {
  std::string directory;
  CountyOptions county;
  uint64_t records = 0;
  LoadOptions load;
  std::string kind = "payments";
  int size = 200;
  double query_share = 0.7;
  bool chain_only = false;
  double times = 4;
  size_t trail_page = 100;
};

CLI::App* Add(CLI::App* app, const char* name, const char* help, Arguments* arguments,
              const std::function<Answer()>& run, std::function<Answer()>* chosen) {
  CLI::App* command = app->add_subcommand(name, help);
  command->add_option("--dir", arguments->directory, "Directory, as fill makes it")->required();
  command->callback([run, chosen] { *chosen = run; });
  return command;
}

void AddLoad(CLI::App* command, Arguments* arguments) {
  LoadOptions& load = arguments->load;
  command->add_option("--server", load.remote.server, "HOST:PORT")->required();
  command->add_option("--ca", load.remote.ca, "Authority of the server's certificate, PEM")->required();
  command
      ->add_option("--certificates", load.remote.certificates,
                   "Directory with OFFICER.pem and OFFICER.key of every clerk")
      ->required();
  command->add_option("--clients", load.clients, "In flight")->capture_default_str();
  command->add_option("--connections", load.remote.connections, "Connections for them all")
      ->capture_default_str();
  command->add_option("--seconds", load.seconds, "How long")->capture_default_str();
}

Answer WithCounty(const Arguments& arguments, const std::function<Answer(const County&)>& run) {
  ASSIGN_OR_RETURN(const CountyOptions options, fundledger::bench::ReadOptions(arguments.directory));
  return run(County(options));
}

}  // namespace

int main(int argc, char** argv) {
  using namespace fundledger::bench;
  // As fundledgerd does: the packaged absl takes every lock of gRPC's through one graph otherwise.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  CLI::App app("Measures fundledger; scripts/bench runs it all. Prints one JSON object.");
  app.require_subcommand(1);
  Arguments arguments;
  Arguments& a = arguments;
  std::function<Answer()> chosen;

  CLI::App* fill = Add(
      &app, "fill", "Make a county's ledger with so many records", &a,
      [&]() -> Answer {
        RETURN_IF_ERROR(Make(a.directory, a.county, a.records));
        return Json{{"directory", a.directory}, {"records", a.records}};
      },
      &chosen);
  fill->add_option("--records", a.records, "Records; 0: as it is set up")->capture_default_str();
  fill->add_option("--projects", a.county.projects, "Projects")->capture_default_str();
  fill->add_option("--funds", a.county.funds, "Funds; each project has a line on each")
      ->capture_default_str();
  fill->add_option("--seed", a.county.seed, "Where keys and content come from")->capture_default_str();

  AddLoad(Add(
              &app, "submit", "One action a submission, closed loop", &a,
              [&] { return WithCounty(a, [&](const County& county) { return RunSubmit(county, a.load); }); },
              &chosen),
          &a);
  CLI::App* bulk = Add(
      &app, "bulk", "Submissions of many actions", &a,
      [&] {
        return WithCounty(a, [&](const County& county) {
          return RunBulk(county, a.load, a.kind == "allocations", a.size);
        });
      },
      &chosen);
  AddLoad(bulk, &a);
  bulk->add_option("--kind", a.kind, "What of")->check(CLI::IsMember({"allocations", "payments"}));
  bulk->add_option("--size", a.size, "Actions a submission")->check(CLI::Range(1, 1000));
  CLI::App* mixed = Add(
      &app, "mixed", "Queries and submissions, closed loop", &a,
      [&] {
        return WithCounty(a, [&](const County& county) { return RunMixed(county, a.load, a.query_share); });
      },
      &chosen);
  AddLoad(mixed, &a);
  mixed->add_option("--query-share", a.query_share, "Of all calls")->check(CLI::Range(0.0, 1.0));
  CLI::App* overload = Add(
      &app, "overload", "What it can take, then more than that, whatever comes back", &a,
      [&] {
        return WithCounty(a, [&](const County& county) { return RunOverload(county, a.load, a.times); });
      },
      &chosen);
  AddLoad(overload, &a);
  overload->add_option("--times", a.times, "The capacity, measured before as submit does")
      ->capture_default_str();

  CLI::App* reads = Add(
      &app, "reads", "Opening, statements, proofs, trails and records, in process", &a,
      [&] { return RunReads(a.directory, a.load.seconds, a.trail_page); }, &chosen);
  reads->add_option("--seconds", a.load.seconds, "How long each");
  reads->add_option("--trail-page", a.trail_page, "Records of a trail's page")->check(CLI::PositiveNumber);
  Add(
      &app, "verify", "Verification from the files; in full, against the machine's signature bound", &a,
      [&] { return RunVerify(a.directory, a.chain_only); }, &chosen)
      ->add_flag("--chain-only", a.chain_only, "Chain and tree only");
  Add(
      &app, "disk", "Bytes on disk for each byte of record, after compaction", &a,
      [&] { return RunDisk(a.directory); }, &chosen);
  Add(
      &app, "sqlite", "The peer in process, in a new directory", &a,
      [&] { return RunSqlite(a.directory, a.load.seconds); }, &chosen)
      ->add_option("--seconds", a.load.seconds, "How long each");

  CLI11_PARSE(app, argc, argv);
  const Answer answer = chosen();
  if (!answer.ok()) {
    std::cerr << answer.status().ToString() << '\n';
    return 1;
  }
  std::cout << answer->dump(2) << '\n';
  return 0;
}
