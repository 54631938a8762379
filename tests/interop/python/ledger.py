"""A ledger made by `fundledger init`, served by fundledgerd, and written to over gRPC by a client made of Debian's
packages and the published .proto files alone. The tests of this folder's neighbours use it too."""
import importlib
import json
import pathlib
import re
import signal
import subprocess
import sys
import time
import uuid

import google
import grpc
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

import tlog

SUBMISSION_TYPE = b"application/vnd.fundledger.submission.v1+protobuf"
DAY_US = 86_400_000_000


def load_messages(folder):
    """Makes the generated modules importable; `google` is Debian's package and takes `google.rpc` besides."""
    sys.path.insert(0, folder)
    google.__path__.append(folder + "/google")
    names = ["actions", "audit_service", "envelope", "fund_service", "ledger_service", "types"]
    loaded = {name: importlib.import_module(f"fundledger.v1.{name}_pb2") for name in names}
    loaded["status"] = importlib.import_module("google.rpc.status_pb2")
    loaded["error_details"] = importlib.import_module("google.rpc.error_details_pb2")
    return loaded


class Daemon:
    """fundledgerd on a fresh ledger and free ports, checkpoint and tiles over HTTP included."""

    def __init__(self, programs, folder):
        self.programs = programs
        self.folder = pathlib.Path(folder)
        made = subprocess.run([f"{programs}/fundledger", "init", str(self.folder), "--origin",
                               "interop.example/funds", "--no-passphrase"],
                              capture_output=True, text=True, check=False)
        if made.returncode != 0:
            raise RuntimeError(f"fundledger init: {made.stdout}{made.stderr}")
        endpoints = self.folder / "endpoints.json"
        self.process = subprocess.Popen(
            [f"{programs}/fundledgerd", "--config", str(self.folder / "server.toml"), "--listen", "127.0.0.1:0",
             "--http-listen", "127.0.0.1:0", "--endpoints-file", str(endpoints)], stderr=subprocess.PIPE, text=True)
        log = []
        for line in self.process.stderr:  # ends when the server does
            log.append(line)
            if "event=serving" in line:
                break
        else:
            raise RuntimeError("fundledgerd: " + "".join(log))
        addresses = json.loads(endpoints.read_text())
        self.address, self.http_address = addresses["grpc"], addresses["http"]

    def register_inspector(self):
        """Who sees everything; an administrator sees no money."""
        for command in (["officer", "add", "--as", "admin-1", "--id", "inspector-1", "--organization", "supervision",
                         "--role", "inspector", "--no-passphrase"], ["approve", "--as", "admin-2", "--all", "--yes"]):
            done = subprocess.run([f"{self.programs}/fundledger", "--config", str(self.folder / "client.toml"),
                                   "--server", self.address, "admin", *command],
                                  capture_output=True, text=True, check=False)
            if done.returncode != 0:
                raise RuntimeError(f"fundledger admin: {done.stdout}{done.stderr}")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.stderr.read()
        self.process.stderr.close()
        return self.process.wait()

    def client_setting(self, key):
        return re.search(rf'^{key} = "(.*)"', (self.folder / "client.toml").read_text(), re.MULTILINE).group(1)

    def credentials(self, officer):
        """What opens an officer's connection, for mutual TLS."""
        read = [(self.folder / name).read_bytes() for name in
                ("ca.pem", f"certificates/{officer}.key", f"certificates/{officer}.pem")]
        return grpc.ssl_channel_credentials(root_certificates=read[0], private_key=read[1], certificate_chain=read[2])

    def key(self, officer):
        pem = (self.folder / "keys" / f"{officer}.key").read_bytes()
        key = serialization.load_pem_private_key(pem, password=None)
        if not isinstance(key, Ed25519PrivateKey):
            raise TypeError(f"{officer}: not an Ed25519 key")
        return key


class Client:
    """An officer's connection."""

    def __init__(self, messages, daemon, officer):
        self.pb = messages
        self.daemon = daemon
        self.verifier_key = daemon.client_setting("verifier_key")
        self.channel = grpc.secure_channel(daemon.address, daemon.credentials(officer))

    def call(self, service, method, request, answer):
        return self.channel.unary_unary(f"/fundledger.v1.{service}/{method}",
                                        request_serializer=lambda message: message.SerializeToString(),
                                        response_deserializer=answer.FromString)(request, timeout=30)

    def ledger(self):
        return self.call("LedgerService", "GetLedger", self.pb["ledger_service"].GetLedgerRequest(),
                         self.pb["ledger_service"].GetLedgerResponse)

    def submission(self, organization):
        facts = self.ledger()
        _, size, root = tlog.open_checkpoint(facts.checkpoint, self.verifier_key)
        now_us = time.time_ns() // 1000
        submission = self.pb["actions"].Submission(
            ledger=bytes.fromhex(self.daemon.client_setting("ledger")), officer="admin-1",
            request_id=uuid.uuid4().bytes, not_after_us=now_us + 30 * DAY_US, signed_at_us=now_us)
        submission.seen.size = size
        submission.seen.root = root
        action = submission.actions.add().register_organization
        action.id, action.name, action.parent = organization, "石桥村", "city"
        action.tier = self.pb["types"].TIER_VILLAGE
        return submission

    def seal(self, submission, key=None):
        payload = submission.SerializeToString()
        key = key or self.daemon.key(submission.officer)
        envelope = self.pb["envelope"].Envelope(payload=payload, payload_type=SUBMISSION_TYPE.decode())
        envelope.signatures.add(sig=key.sign(tlog.pre_auth_encoding(SUBMISSION_TYPE, payload)))
        return envelope.SerializeToString()

    def submit(self, envelope):
        return self.call("LedgerService", "Submit", self.pb["ledger_service"].SubmitRequest(envelope=envelope),
                         self.pb["ledger_service"].SubmitResponse).receipt

    def inclusion(self, index, size):
        return list(self.call("AuditService", "GetInclusionProof",
                              self.pb["audit_service"].GetInclusionProofRequest(sequence=index, tree_size=size),
                              self.pb["audit_service"].GetInclusionProofResponse).inclusion)

    def consistency(self, old_size, size):
        return list(self.call("AuditService", "GetConsistencyProof",
                              self.pb["audit_service"].GetConsistencyProofRequest(old_size=old_size, new_size=size),
                              self.pb["audit_service"].GetConsistencyProofResponse).consistency)

    def records(self):
        """Bytes of all records, in order."""
        request = self.pb["audit_service"].ListTrailRequest(page_size=1000)
        found = []
        while True:
            answer = self.call("AuditService", "ListTrail", request, self.pb["audit_service"].ListTrailResponse)
            found += [view.record for view in answer.records]
            if not answer.next_page_token:
                return found
            request.page_token = answer.next_page_token

    def reason_of(self, error):
        """What a client reads out of a refusal."""
        trailer = dict(error.trailing_metadata())["grpc-status-details-bin"]
        status = self.pb["status"].Status.FromString(trailer)
        info = self.pb["error_details"].ErrorInfo()
        if status.code != error.code().value[0] or not status.details[0].Unpack(info) or info.domain != "fundledger":
            raise AssertionError(f"not a refusal of ours: {status}")
        return info.reason
