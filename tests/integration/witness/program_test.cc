// The program fundledger-witness: init, serving with and without TLS, stopping, exit codes.
#include "services/witness/program.h"

#include <csignal>
#include <cstdlib>
#include <utility>

#include <gmock/gmock.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/integration/clients/process.h"
#include "tests/integration/witness/witness_testing.h"

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include <nlohmann/json.hpp>

namespace fundledger::witness {
namespace {

using clients_testing::Finished;
using clients_testing::Process;
using clients_testing::ReadAll;
using clients_testing::WriteAll;
using testing::HasSubstr;

class WitnessProgram : public testing::Test {
 protected:
  std::unique_ptr<Process> Begin(std::vector<std::string> args) {
    args.insert(args.begin(), test_support::BinDir() + "/fundledger-witness");
    return std::make_unique<Process>(args, std::vector<std::string>{}, directory_ / "out",
                                     directory_ / "err");
  }
  Finished Run(std::vector<std::string> args) { return Begin(std::move(args))->Wait(); }
  Finished Init(const std::vector<std::string>& more) {
    std::vector<std::string> args = {"init",       directory_ / "w", "--name",
                                     kWitnessName, "--log",          log_.verifier_key()};
    args.insert(args.end(), more.begin(), more.end());
    return Run(args);
  }
  // Serving, at the address.
  std::string Serve(const std::vector<std::string>& more) {
    std::filesystem::remove(directory_ / "endpoints.json");
    std::vector<std::string> args = {"--config",         directory_ / "w/witness.toml",
                                     "--listen",         "127.0.0.1:0",
                                     "--endpoints-file", directory_ / "endpoints.json"};
    args.insert(args.end(), more.begin(), more.end());
    server_ = Begin(args);
    const bool is_up =
        clients_testing::WaitForFile(directory_ / "endpoints.json", server_.get(), std::chrono::seconds(30));
    EXPECT_TRUE(is_up) << ReadAll(directory_ / "err");
    return is_up ? nlohmann::json::parse(ReadAll(directory_ / "endpoints.json")).at("http").get<std::string>()
                 : "";
  }
  // The server, within half a minute.
  bool HasLogged(const std::string& text) const {
    const absl::Time end = absl::Now() + absl::Seconds(30);
    while (ReadAll(directory_ / "err").find(text) == std::string::npos) {
      if (absl::Now() > end) return false;
      absl::SleepFor(absl::Milliseconds(10));
    }
    return true;
  }
  static void MakeCertificate(const std::string& certificate, const std::string& key) {
    ASSERT_EQ(std::system(("openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext "
                           "subjectAltName=IP:127.0.0.1 -keyout " +
                           key + " -out " + certificate + " 2>/dev/null")
                              .c_str()),
              0);
  }
  Finished Stop(int signal) {
    server_->Kill(signal);
    return server_->Wait();
  }

  TestDirectory directory_;
  const TestLog log_;
  std::unique_ptr<Process> server_;
};

TEST_F(WitnessProgram, IsMadeServesRemembersAndStops) {
  const Finished made = Init({"--plain-key", "--url", "http://w.example"});
  ASSERT_EQ(made.exit_code, kExitClean) << made.err;
  EXPECT_THAT(made.out, HasSubstr("verifier key: example.com/witness+"));
  EXPECT_THAT(made.out, HasSubstr("policy line:  witness example.com/witness example.com/witness+"));
  const std::string key = made.out.substr(14, made.out.find('\n') - 14);
  const auto witness = log::WitnessVerifier::Parse(key);
  ASSERT_TRUE(witness.ok()) << witness.status();

  size_t from = 0;
  for (const int signal : {SIGTERM, SIGINT, SIGKILL, SIGTERM}) {
    const std::string address = Serve({});
    const auto answer = httplib::Client("http://" + address)
                            .Post("/add-checkpoint", log_.Request(from, from + 5), "text/plain");
    ASSERT_TRUE(answer);
    ASSERT_EQ(answer->status, 200) << answer->body;
    const auto note = log::ParseNote(log_.Note(from + 5) + answer->body);
    ASSERT_TRUE(note.ok());
    EXPECT_EQ(log::OpenCosignatures(*note, {*witness})->size(), 1u);
    from += 5;
    const Finished finished = Stop(signal);
    EXPECT_EQ(finished.exit_code, signal == SIGKILL ? -1 : kExitClean) << finished.err;
    EXPECT_EQ(std::filesystem::exists(directory_ / "endpoints.json"), signal == SIGKILL);
    EXPECT_EQ(finished.err.find("event=stopped") != std::string::npos, signal != SIGKILL);
    EXPECT_THAT(finished.err,
                HasSubstr("event=cosigned origin=example.com/log size=" + std::to_string(from)));
  }
}

TEST_F(WitnessProgram, EncryptsItsKey) {
  WriteAll(directory_ / "pass", "correct horse battery\n");
  std::filesystem::permissions(directory_ / "pass", std::filesystem::perms(0600));
  ASSERT_EQ(Init({"--passphrase-file", directory_ / "pass"}).exit_code, kExitClean);
  EXPECT_THAT(ReadAll(directory_ / "w/witness.key"), HasSubstr("BEGIN ENCRYPTED PRIVATE KEY"));
  EXPECT_EQ(std::filesystem::status(directory_ / "w/witness.key").permissions(),
            std::filesystem::perms(0600));
  const Finished without = Run({"--config", directory_ / "w/witness.toml"});
  EXPECT_EQ(without.exit_code, kExitBadConfiguration);
  EXPECT_THAT(without.err, HasSubstr("reason=PASSPHRASE_NEEDED"));
  EXPECT_NE(Serve({"--key-passphrase-file", directory_ / "pass"}), "");
  EXPECT_EQ(Stop(SIGTERM).exit_code, kExitClean);
}

// As other programs do: the first line, of a file or of a descriptor that nobody has closed yet.
TEST_F(WitnessProgram, TakesThePassphrasesFirstLine) {
  WriteAll(directory_ / "pass", "correct horse battery\r\nnot read\r\n");
  std::filesystem::permissions(directory_ / "pass", std::filesystem::perms(0600));
  ASSERT_EQ(Init({"--passphrase-file", directory_ / "pass"}).exit_code, kExitClean);
  EXPECT_NE(Serve({"--key-passphrase-file", directory_ / "pass"}), "");
  EXPECT_EQ(Stop(SIGTERM).exit_code, kExitClean);
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const std::string text = "correct horse battery\nnot read";
  ASSERT_EQ(::write(ends[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
  EXPECT_NE(Serve({"--key-passphrase-fd", std::to_string(ends[0])}), "");
  EXPECT_EQ(Stop(SIGTERM).exit_code, kExitClean);
  ::close(ends[0]);
  ::close(ends[1]);
}

// At a terminal it asks twice, in the language of whoever sits there, and shows nothing of what is typed.
TEST_F(WitnessProgram, AsksForAPassphraseAtATerminal) {
  const auto at_terminal = [&](const std::string& directory, const std::string& second) {
    int terminal = -1;
    const pid_t child = ::forkpty(&terminal, nullptr, nullptr, nullptr);
    if (child == 0) {
      ::setenv("LC_ALL", "zh_CN.UTF-8", 1);
      const std::string program = test_support::BinDir() + "/fundledger-witness";
      const std::string key = log_.verifier_key();
      ::execl(program.c_str(), program.c_str(), "init", directory.c_str(), "--name", kWitnessName, "--log",
              key.c_str(), nullptr);
      ::_exit(127);
    }
    std::string said;
    const auto answer = [&](const std::string& prompt, const std::string& line) {
      char c = 0;
      while (said.find(prompt) == std::string::npos && ::read(terminal, &c, 1) == 1) said += c;
      EXPECT_EQ(::write(terminal, line.data(), line.size()), static_cast<ssize_t>(line.size()));
    };
    answer("新口令", "correct horse battery\n");
    answer("再次输入", second + "\n");
    char c = 0;
    while (::read(terminal, &c, 1) == 1) said += c;
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    ::close(terminal);
    EXPECT_THAT(said, testing::Not(HasSubstr("horse")));
    return std::pair(WEXITSTATUS(status), said);
  };
  const auto differ = at_terminal(directory_ / "w", "correct horse buttery");
  EXPECT_EQ(differ.first, kExitBadConfiguration);
  EXPECT_THAT(differ.second, HasSubstr("PASSPHRASES_DIFFER"));
  EXPECT_FALSE(std::filesystem::exists(directory_ / "w"));
  const auto made = at_terminal(directory_ / "w", "correct horse battery");
  EXPECT_EQ(made.first, kExitClean) << made.second;
  WriteAll(directory_ / "pass", "correct horse battery\n");
  std::filesystem::permissions(directory_ / "pass", std::filesystem::perms(0600));
  EXPECT_NE(Serve({"--key-passphrase-file", directory_ / "pass"}), "");
}

TEST_F(WitnessProgram, InitRefusesWhatItShould) {
  const auto refused = [&](const std::vector<std::string>& more, const std::string& reason) {
    const Finished finished = Init(more);
    EXPECT_EQ(finished.exit_code, kExitBadConfiguration);
    EXPECT_THAT(finished.err, HasSubstr("reason=" + reason));
  };
  refused({}, "PASSPHRASE_NEEDED");
  refused({"--plain-key", "--passphrase-file", "x"}, "PASSPHRASE_NEEDED");
  refused({"--plain-key", "--log", "x"}, "VERIFIER_KEY_MALFORMED");
  WriteAll(directory_ / "pass", "short\n");
  std::filesystem::permissions(directory_ / "pass", std::filesystem::perms(0600));
  refused({"--passphrase-file", directory_ / "pass"}, "PASSPHRASE_TOO_SHORT");
  std::filesystem::permissions(directory_ / "pass", std::filesystem::perms(0644));
  refused({"--passphrase-file", directory_ / "pass"}, "KEY_FILE_EXPOSED");
  EXPECT_FALSE(std::filesystem::exists(directory_ / "w")) << "nothing is half made";
  ASSERT_EQ(Init({"--plain-key"}).exit_code, kExitClean);
  refused({"--plain-key"}, "DIRECTORY_NOT_EMPTY");
}

TEST_F(WitnessProgram, SaysWhyItCannotStart) {
  EXPECT_EQ(Run({"--nonsense"}).exit_code, kExitBadConfiguration);
  ASSERT_EQ(Init({"--plain-key"}).exit_code, kExitClean);
  const std::string config = directory_ / "w/witness.toml";
  const std::string address = Serve({});
  const Finished second = Run({"--config", config});
  EXPECT_EQ(second.exit_code, kExitStateRefused);
  EXPECT_THAT(second.err, HasSubstr("reason=WITNESS_STATE_LOCKED"));
  ASSERT_EQ(std::system(("cp -r " + (directory_ / "w") + " " + (directory_ / "w2")).c_str()), 0);
  const Finished taken = Run({"--config", directory_ / "w2/witness.toml", "--listen", address});
  EXPECT_EQ(taken.exit_code, kExitCannotListen);
  EXPECT_THAT(taken.err, HasSubstr("reason=CANNOT_LISTEN"));
  EXPECT_EQ(Stop(SIGTERM).exit_code, kExitClean);
  const Finished no_tls = Run({"--config", config, "--tls-certificate", config, "--tls-key", config});
  EXPECT_EQ(no_tls.exit_code, kExitBadConfiguration);
  EXPECT_THAT(no_tls.err, HasSubstr("reason=TLS_CERTIFICATE_MALFORMED"));
}

TEST_F(WitnessProgram, ServesOverTls) {
  ASSERT_EQ(Init({"--plain-key"}).exit_code, kExitClean);
  const std::string certificate = directory_ / "tls.pem";
  const std::string key = directory_ / "tls.key";
  MakeCertificate(certificate, key);
  const std::string address = Serve({"--tls-certificate", certificate, "--tls-key", key});
  httplib::Client client("https://" + address);
  client.set_ca_cert_path(certificate.c_str());
  const auto answer = client.Post("/add-checkpoint", log_.Request(0, 5), "text/plain");
  ASSERT_TRUE(answer) << httplib::to_string(answer.error());
  EXPECT_EQ(answer->status, 200) << answer->body;
  EXPECT_FALSE(httplib::Client("http://" + address).Get("/"));

  // Renewed: at SIGHUP it is taken, and one that is spoiled is not.
  MakeCertificate(certificate, key);
  server_->Kill(SIGHUP);
  ASSERT_TRUE(HasLogged("event=tls_reloaded"));
  httplib::Client renewed("https://" + address);
  renewed.set_ca_cert_path(certificate.c_str());
  EXPECT_TRUE(renewed.Get("/"));
  const std::string good = ReadAll(certificate);
  WriteAll(certificate, "spoiled");
  server_->Kill(SIGHUP);
  ASSERT_TRUE(HasLogged("event=tls_refused"));
  WriteAll(directory_ / "good.pem", good);
  httplib::Client as_before("https://" + address);
  as_before.set_ca_cert_path((directory_ / "good.pem").c_str());
  EXPECT_TRUE(as_before.Get("/"));
  EXPECT_EQ(Stop(SIGTERM).exit_code, kExitClean);
}

}  // namespace
}  // namespace fundledger::witness
