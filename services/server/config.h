// What fundledgerd is told: a TOML file, and flags that win over it.
//
//   ledger = "ledger"              # directory
//   log_key = "log.key"            # PKCS#8 PEM
//   next_log_key = "next.key"      # while the log's key is being replaced
//   sm2_key = "log-sm2.key"        # of a ledger of suite sm: signs checkpoints too
//   listen = "127.0.0.1:7411"
//   [tls]
//   certificate = "server.pem"
//   key = "server-tls.key"
//   client_ca = "ca.pem"
//   [http]
//   listen = "127.0.0.1:7412"      # checkpoint and tiles
//   [time_stamps]
//   authorities = ["tsa-1 https://tsa.example.cn/tsr tsa-1.pem"]
//
// A client shows a certificate that names its officer; without [tls] nothing is served, but for the loopback
// development mode that insecure_loopback turns on, in which nobody is told from anybody.
//
// Relative paths in the file are relative to the file, on the command line to where it was called.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace fundledger::server {

// A time-stamping authority (RFC 3161).
struct StampingAuthority {
  std::string name;  // an id
  std::string url;
  std::string certificates;  // file with its root certificates, PEM
  bool operator==(const StampingAuthority&) const = default;
};
// Reads "NAME URL FILE". INVALID_ARGUMENT, reason TIME_STAMP_AUTHORITY_MALFORMED.
absl::StatusOr<StampingAuthority> ParseStampingAuthority(std::string_view text);

struct Config {
  std::string ledger;
  std::string log_key;
  std::string next_log_key;
  std::string sm2_key;
  // Where the passphrase of an encrypted log_key, and of next_log_key and sm2_key, is read: a file, or an
  // open descriptor (-1: none).
  std::string log_key_passphrase_file;
  int64_t log_key_passphrase_fd = -1;
  std::string listen = "127.0.0.1:7411";
  std::string endpoints_file;
  std::string audit_file;
  std::string metrics;
  std::string health;
  bool insecure_loopback = false;
  // The ledger that is followed, HOST:PORT; empty: this is a ledger of its own, and the rest means nothing.
  std::string mirror_of;
  std::string mirror_ledger;        // hex, leaf hash of record 0
  std::string mirror_verifier_key;  // of the genesis
  std::string mirror_ca;
  std::string mirror_certificate;
  std::string mirror_key;
  std::string mirror_evidence;  // empty: the ledger's directory with -evidence behind it
  int64_t mirror_compare_seconds = 300;

  bool is_mirror() const { return !mirror_of.empty(); }

  std::string tls_certificate;
  std::string tls_key;
  std::string tls_client_ca;
  int64_t tls_reload_seconds = 60;
  int64_t tls_warn_days = 30;

  int64_t queue = 64;
  int64_t stream_window = 64;
  int64_t streams = 64;
  int64_t stream_idle_seconds = 60;
  int64_t group = 512;
  int64_t officer_per_second = 2000;
  int64_t connections = 1024;
  int64_t handshake_seconds = 10;
  int64_t calls_per_connection = 1024;
  int64_t receive_bytes = 1 << 20;
  // A statement of 20,000 lines, a page of 3 MiB of records: both fit.
  int64_t send_bytes = 4 << 20;
  int64_t read_threads = 2;
  int64_t read_queue = 1024;
  int64_t check_queue = 8;
  int64_t watches = 8;
  int64_t stop_seconds = 10;

  // For connections behind which nobody may be any more, and clients that ping too eagerly.
  int64_t keepalive_seconds = 60;
  int64_t keepalive_timeout_seconds = 20;
  int64_t ping_interval_seconds_min = 10;
  // Open connections keep the certificates they began with, the server's and the client's.
  int64_t connection_age_seconds_max = 3600;
  // So long calls under way have, streams of submissions among them, when their connection's age is over.
  int64_t connection_grace_seconds = 300;

  std::string http_listen;  // empty: no checkpoint and tiles over HTTP
  bool http_officers_only = false;
  int64_t http_connections = 64;
  int64_t http_idle_seconds = 15;
  int64_t http_request_seconds = 10;
  int64_t http_answer_seconds = 60;
  int64_t http_requests = 1000;
  int64_t http_entry_tiles = 4;
  std::vector<StampingAuthority> stamping_authorities;
  int64_t stamping_interval_seconds = 3600;
  int64_t stamping_timeout_seconds = 10;
  std::string witness_policy;
  std::string witness_ca;  // empty: the system's authorities
  int64_t witness_interval_seconds = 60;
  int64_t witness_timeout_seconds = 10;

  std::string log_level = "info";
  std::string log_format = "text";
};

// One setting: its place in the file, its flag, its field, its limits.
struct Setting {
  std::string_view section;  // empty: top of the file
  std::string_view key;
  std::string_view flag;
  std::variant<std::string Config::*, int64_t Config::*, bool Config::*,
               std::vector<StampingAuthority> Config::*>
      field;
  std::string_view help;
  bool is_path = false;
  int64_t min = 0;
  int64_t max = 0;
};
std::span<const Setting> Settings();

// Sets in `config` what the file at `path` says. INVALID_ARGUMENT, naming file, key and line:
// CONFIG_UNKNOWN_KEY, CONFIG_WRONG_TYPE, CONFIG_OUT_OF_RANGE, CONFIG_MALFORMED; NOT_FOUND, reason
// CONFIG_MISSING.
absl::Status ReadConfigFile(const std::string& path, Config* config);

// INVALID_ARGUMENT: CONFIG_INCOMPLETE, CONFIG_OUT_OF_RANGE, LISTEN_MALFORMED; TIME_STAMP_AUTHORITY_REPEATED,
// of two with one name; TLS_REQUIRED, unless
// certificate, key and client_ca are all set; CONFIG_CONTRADICTORY, where insecure_loopback is set besides
// any of them, or a mirror has a log_key, or [mirror] is set without mirror_of; INSECURE_NOT_LOOPBACK,
// METRICS_NOT_LOOPBACK, HEALTH_NOT_LOOPBACK, for addresses that other machines can reach.
absl::Status CheckConfig(const Config& config);

struct CommandLine {
  Config config;
  std::string print;  // not empty: print it and be done (--help, --version)
};
// `args` without the program's name. Errors of the above; COMMAND_LINE_MALFORMED.
absl::StatusOr<CommandLine> ParseCommandLine(const std::vector<std::string>& args);

}  // namespace fundledger::server
