// Programs that a test runs, and waits for without sleeping.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include <sys/types.h>

namespace fundledger::clients_testing {

struct Finished {
  int exit_code = -1;  // -1: ended by a signal
  std::string out;
  std::string err;
};

// A program that runs; killed, if it still does, at the end of its life.
class Process {
 public:
  // `arguments` begins with the program's path. Output goes to the two files.
  Process(std::vector<std::string> arguments, const std::vector<std::string>& environment,
          const std::filesystem::path& out, const std::filesystem::path& err);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  bool running();
  void Kill(int signal);
  // Waits for the end. What was written, and the exit code.
  Finished Wait();

 private:
  pid_t pid_ = -1;
  int status_ = 0;
  std::filesystem::path out_;
  std::filesystem::path err_;
};

// Waits until a file exists, woken by changes of its directory, which exists. False if `limit` passes first,
// or if `process` ends, which would have made it.
bool WaitForFile(const std::filesystem::path& file, Process* process, std::chrono::seconds limit);

std::string ReadAll(const std::filesystem::path& file);
void WriteAll(const std::filesystem::path& file, const std::string& text);

}  // namespace fundledger::clients_testing
