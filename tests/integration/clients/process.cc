#include "tests/integration/clients/process.h"

#include <csignal>
#include <fstream>
#include <iterator>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <spawn.h>
#include <sys/inotify.h>
#include <sys/wait.h>
#include <unistd.h>

namespace fundledger::clients_testing {
namespace {

std::vector<char*> Pointers(std::vector<std::string>* texts) {
  std::vector<char*> pointers;
  for (std::string& text : *texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

Process::Process(std::vector<std::string> arguments, const std::vector<std::string>& environment,
                 const std::filesystem::path& out, const std::filesystem::path& err)
    : out_(out), err_(err) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  constexpr int kFlags = O_WRONLY | O_CREAT | O_TRUNC;
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, out.c_str(), kFlags, 0600);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, err.c_str(), kFlags, 0600);
  std::vector<std::string> variables = environment;
  // Without a terminal, whoever runs the tests: nobody is there to be asked.
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
  const int failed = posix_spawn(&pid_, arguments[0].c_str(), &actions, &attributes,
                                 Pointers(&arguments).data(), Pointers(&variables).data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  EXPECT_EQ(failed, 0) << arguments[0];
  if (failed != 0) pid_ = -1;
}

Process::~Process() {
  if (!running()) return;
  Kill(SIGKILL);
  (void)Wait();
}

bool Process::running() {
  if (pid_ > 0 && ::waitpid(pid_, &status_, WNOHANG) == pid_) pid_ = -1;
  return pid_ > 0;
}

void Process::Kill(int signal) {
  if (pid_ > 0) (void)::kill(pid_, signal);
}

Finished Process::Wait() {
  if (pid_ > 0) {
    EXPECT_EQ(::waitpid(pid_, &status_, 0), pid_);
  }
  pid_ = -1;
  return {WIFEXITED(status_) ? WEXITSTATUS(status_) : -1, ReadAll(out_), ReadAll(err_)};
}

bool WaitForFile(const std::filesystem::path& file, Process* process, std::chrono::seconds limit) {
  const int watch = ::inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  (void)::inotify_add_watch(watch, file.parent_path().c_str(), IN_CREATE | IN_MOVED_TO | IN_CLOSE_WRITE);
  const auto end = std::chrono::steady_clock::now() + limit;
  bool found = false;
  // Looked for after the watch began, so that no change between the two is missed.
  while (!(found = std::filesystem::exists(file)) && process->running() &&
         std::chrono::steady_clock::now() < end) {
    pollfd change{watch, POLLIN, 0};
    constexpr int kWakeMs = 200;  // to see whether the process ended
    if (::poll(&change, 1, kWakeMs) <= 0) continue;
    char buffer[4096];
    while (::read(watch, buffer, sizeof buffer) > 0) continue;
  }
  (void)::close(watch);
  return found;
}

std::string ReadAll(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>());
}

void WriteAll(const std::filesystem::path& file, const std::string& text) {
  std::ofstream stream(file, std::ios::binary);
  stream << text;
}

}  // namespace fundledger::clients_testing
