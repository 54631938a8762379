"""The two servers that are measured, each started for the run, on files of its own, and gone with it."""

import contextlib
import json
import os
import pathlib
import pwd
import shutil
import signal
import statistics
import subprocess
import tempfile
import time

POSTGRES_BIN = pathlib.Path("/usr/lib/postgresql/15/bin")
# As the county that fundledger-bench makes has them; connections are theirs.
CLERKS = [f"clerk-{number}" for number in range(1, 9)]
PEERS = pathlib.Path(__file__).resolve().parent.parent / "peers"


def stop(process, seconds=30):
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def make_certificate(directory, name, *more):
    """NAME.pem and NAME.key; signed by itself, if no authority is named in `more`."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", f"/CN={name}", "-keyout", str(directory / f"{name}.key"), "-out", str(directory / f"{name}.pem"),
         *map(str, more)], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def make_certificates(directory):
    """server.pem for 127.0.0.1, signed by itself; the clients' authority ca.pem; a certificate for each clerk."""
    make_certificate(directory, "server", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost")
    make_certificate(directory, "ca")
    for clerk in CLERKS:
        make_certificate(directory, clerk, "-addext", f"subjectAltName=URI:urn:fundledger:officer:{clerk}", "-addext",
                         "basicConstraints=critical,CA:FALSE", "-CA", directory / "ca.pem", "-CAkey", directory / "ca.key")


@contextlib.contextmanager
def daemon(binaries, made, tls):
    """fundledgerd with its default settings on the ledger of `made`, over mutual TLS. Gives HOST:PORT."""
    endpoints = made / "endpoints.json"
    endpoints.unlink(missing_ok=True)
    log = open(made / "fundledgerd.log", "ab")
    process = subprocess.Popen(
        [str(binaries / "fundledgerd"), "--ledger", str(made / "ledger"), "--log-key", str(made / "log.key"),
         "--listen", "127.0.0.1:0", "--endpoints-file", str(endpoints),
         "--tls-certificate", str(tls / "server.pem"), "--tls-key", str(tls / "server.key"),
         "--tls-client-ca", str(tls / "ca.pem")],
        stderr=log, stdout=log)
    try:
        for _ in range(1200):
            if endpoints.exists():
                break
            if process.poll() is not None:
                raise RuntimeError(f"fundledgerd did not start: see {made / 'fundledgerd.log'}")
            time.sleep(0.05)
        yield json.loads(endpoints.read_text())["grpc"]
    finally:
        stop(process)
        log.close()


class Postgres:
    """A scratch cluster with PostgreSQL's defaults, on a Unix socket. It refuses root, so root lends it a user."""

    def __init__(self, directory):
        self.directory = directory
        self.user = "postgres" if os.geteuid() == 0 else None

    def _as_user(self, arguments, **more):
        done = subprocess.run([*self._prefix(), *map(str, arguments)], text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, cwd=self.directory, **more)
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(map(str, arguments))}: {done.stdout}")
        return done.stdout

    def _prefix(self):
        return ["/usr/sbin/runuser", "-u", self.user, "--"] if self.user else []

    def __enter__(self):
        if self.user:
            owner = pwd.getpwnam(self.user)
            os.chown(self.directory, owner.pw_uid, owner.pw_gid)
        self._as_user([POSTGRES_BIN / "initdb", "-D", self.directory / "data", "-A", "trust", "-U", "bench"])
        self.process = subprocess.Popen(
            [*self._prefix(), str(POSTGRES_BIN / "postgres"), "-D", str(self.directory / "data"), "-k",
             str(self.directory), "-c", "listen_addresses="], cwd=self.directory,
            stdout=open(self.directory / "postgres.log", "ab"), stderr=subprocess.STDOUT)
        try:
            self._load()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _load(self):
        for _ in range(600):
            ready = subprocess.run([POSTGRES_BIN / "pg_isready", "-q", "-h", str(self.directory), "-U", "bench"])
            if ready.returncode == 0:
                break
            time.sleep(0.05)
        self.sql("create database chain", "postgres")
        self._as_user([POSTGRES_BIN / "psql", "-q", "-v", "ON_ERROR_STOP=1", "-h", self.directory, "-U", "bench", "-d",
                       "chain", "-f", "-"], input=(PEERS / "postgres_chain.sql").read_text())

    def __exit__(self, *_):
        # The server itself, not runuser, which would leave it running; if Ctrl-C has not reached it before.
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            os.kill(int((self.directory / "data" / "postmaster.pid").read_text().split()[0]), signal.SIGINT)
        self.process.wait(30)

    def sql(self, statement, database="chain"):
        return self._as_user([POSTGRES_BIN / "psql", "-q", "-h", self.directory, "-U", "bench", "-d", database, "-Atc",
                              statement])

    def pgbench(self, script, clients, seconds, entries):
        """Entries a second, and with one client the latency of a transaction."""
        for old in self.directory.glob("pgbench_log*"):
            old.unlink()
        text = self._as_user(
            [POSTGRES_BIN / "pgbench", "-n", "-M", "prepared", "-T", max(1, round(seconds)), "-c", clients, "-j",
             min(2, clients), "-f", "-", "-h", self.directory, "-U", "bench", *(["-l"] if clients == 1 else []),
             "chain"], input=(PEERS / script).read_text())
        line = next(line for line in text.splitlines() if line.startswith("tps ="))
        out = {"per_s": float(line.split()[2]) * entries}
        if clients == 1:
            took = sorted(int(row.split()[2]) / 1000 for log in self.directory.glob("pgbench_log*")
                          for row in log.read_text().splitlines())
            out["p50_ms"] = statistics.median(took)
            out["p99_ms"] = took[int(len(took) * 0.99)]
        return out


@contextlib.contextmanager
def postgres():
    """A running scratch cluster in a directory of its own, both gone at the end."""
    directory = pathlib.Path(tempfile.mkdtemp(prefix="fundledger-postgres-"))
    try:
        with Postgres(directory) as running:
            yield running
    finally:
        shutil.rmtree(directory, ignore_errors=True)
