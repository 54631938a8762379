// The commands, by who uses them. Each function adds its own to the program; a command that is chosen stands
// in Program::chosen when the options have been read.
#pragma once

#include <string>

#include "clients/cli/context.h"

#include <CLI/CLI.hpp>

namespace fundledger::cli {

struct Program {
  CLI::App* app = nullptr;
  Command chosen;
};

// The command at `path` ("finance fund register"), groups on the way made if need be.
CLI::App* AddCommand(Program* program, const std::string& path, const std::string& help);
// Makes `command` what is done when `app` is called.
void OnCall(Program* program, CLI::App* app, Command command);

// Who and what makes a new ledger.
void AddInit(Program* program);
// Officers and their keys in the ledger: added, rotated, revoked, recovered.
void AddOfficerCommands(Program* program);
// The log's own key: replaced by signatures that are gathered in a file.
void AddLogKeyCommands(Program* program);
// Keys and certificates on this machine.
void AddKeyCommands(Program* program);
void AddCertificateCommands(Program* program);
void AddAgentCommand(Program* program);
// One command for each form that has one.
void AddFormCommands(Program* program);
// Officers, and lists of what is registered.
void AddRegistryCommands(Program* program);
// Proposals, approve, reject, withdraw.
void AddDecisionCommands(Program* program);
// What waits to be sent.
void AddOutboxCommands(Program* program);
// Statements, funds, payments, projects.
void AddListCommands(Program* program);
void AddInspectCommands(Program* program);
// inspect stamps.
void AddStampsCommand(Program* program);
void AddCompareCommand(Program* program);
void AddReceiptCommands(Program* program);
void AddEvidenceCommands(Program* program);
void AddReportCommands(Program* program);
void AddImportCommand(Program* program);
void AddPromoteCommand(Program* program);
void AddCompletionCommand(Program* program);

// --as-of and --as-of-sequence.
struct AsOfOptions {
  std::string date;
  std::string sequence;
  void AddTo(CLI::App* app);
  // Fills the request's as_of where anything was given.
  absl::Status Fill(v1::AsOf* as_of) const;
  bool given() const { return !date.empty() || !sequence.empty(); }
};

}  // namespace fundledger::cli
