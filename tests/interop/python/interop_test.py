"""fundledger from Python: a ledger made by `fundledger init`, served by fundledgerd, written to and read over gRPC by a
client made of Debian's packages and the published .proto files.

    interop_test.py --bin DIR --messages DIR     DIR of the programs; DIR of the messages made by protoc --python_out
"""
import argparse
import importlib
import json
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import uuid

import google
import grpc
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

import tlog

ARGS = None
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
    """fundledgerd on a fresh ledger and a free port."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        made = subprocess.run([f"{ARGS.bin}/fundledger", "init", str(self.folder), "--origin", "interop.example/funds",
                               "--no-passphrase"],
                              capture_output=True, text=True, check=False)
        if made.returncode != 0:
            raise RuntimeError(f"fundledger init: {made.stdout}{made.stderr}")
        endpoints = self.folder / "endpoints.json"
        self.process = subprocess.Popen(
            [f"{ARGS.bin}/fundledgerd", "--config", str(self.folder / "server.toml"), "--listen", "127.0.0.1:0",
             "--endpoints-file", str(endpoints)], stderr=subprocess.PIPE, text=True)
        log = []
        for line in self.process.stderr:  # ends when the server does
            log.append(line)
            if "event=serving" in line:
                break
        else:
            raise RuntimeError("fundledgerd: " + "".join(log))
        self.address = json.loads(endpoints.read_text())["grpc"]
        self.register_inspector()

    def register_inspector(self):
        """Who sees everything; an administrator sees no money."""
        for command in (["officer", "add", "--as", "admin-1", "--id", "inspector-1", "--organization", "supervision",
                         "--role", "inspector", "--no-passphrase"], ["approve", "--as", "admin-2", "--all", "--yes"]):
            done = subprocess.run([f"{ARGS.bin}/fundledger", "--config", str(self.folder / "client.toml"), "--server",
                                   self.address, "admin", *command], capture_output=True, text=True, check=False)
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


class Interop(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.pb = load_messages(ARGS.messages)
        cls.scratch = tempfile.TemporaryDirectory(prefix="fundledger-interop-")
        cls.daemon = Daemon(pathlib.Path(cls.scratch.name) / "demo")
        cls.channel = grpc.secure_channel(cls.daemon.address, cls.daemon.credentials("inspector-1"))
        cls.verifier_key = cls.daemon.client_setting("verifier_key")

    @classmethod
    def tearDownClass(cls):
        cls.channel.close()
        code = cls.daemon.stop()
        cls.scratch.cleanup()
        if code != 0:
            raise RuntimeError(f"fundledgerd ended with {code}")

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

    def reason_of(self, error):
        """What a client reads out of a refusal."""
        trailer = dict(error.trailing_metadata())["grpc-status-details-bin"]
        status = self.pb["status"].Status.FromString(trailer)
        self.assertEqual(status.code, error.code().value[0])
        info = self.pb["error_details"].ErrorInfo()
        self.assertTrue(status.details[0].Unpack(info))
        self.assertEqual(info.domain, "fundledger")
        return info.reason

    def test_the_ledger_is_the_one_we_were_told_of(self):
        facts = self.ledger()
        self.assertEqual(facts.ledger.hex(), self.daemon.client_setting("ledger"))
        self.assertEqual(facts.verifier_key, self.verifier_key)
        self.assertEqual(facts.origin, "interop.example/funds")
        self.assertTrue(facts.writable)

    def test_a_receipt_proves_what_was_submitted(self):
        envelope = self.seal(self.submission("village-1"))
        receipt = self.submit(envelope)
        sequence = tlog.check_receipt(receipt, envelope, self.verifier_key)
        self.assertGreaterEqual(sequence, 1)

        again = self.submit(envelope)
        self.assertTrue(again.repeated_request)
        self.assertEqual(again.header, receipt.header)
        self.assertEqual(tlog.check_receipt(again, envelope, self.verifier_key), sequence)

    def test_a_spoilt_receipt_proves_nothing(self):
        envelopes = [self.seal(self.submission(f"spoilt-{n}")) for n in range(3)]
        receipt = [self.submit(envelope) for envelope in envelopes][-1]
        envelope = envelopes[-1]
        tlog.check_receipt(receipt, envelope, self.verifier_key)
        spoilt = [(receipt, envelope[:-1] + bytes([envelope[-1] ^ 1]))]
        for field in ("header", "checkpoint", "inclusion"):
            other = type(receipt).FromString(receipt.SerializeToString())
            if field == "header":
                other.header = bytes([*receipt.header[:19], receipt.header[19] ^ 1, *receipt.header[20:]])
            elif field == "checkpoint":
                other.checkpoint = receipt.checkpoint.replace("\n", "\n1", 1)
            else:
                other.inclusion[0] = bytes(32)
            spoilt.append((other, envelope))
        for other, sent in spoilt:
            with self.assertRaises(tlog.Refused):
                tlog.check_receipt(other, sent, self.verifier_key)

    def test_every_record_hangs_on_the_one_before(self):
        self.submit(self.seal(self.submission("chained")))
        answer = self.call("AuditService", "ListTrail", self.pb["audit_service"].ListTrailRequest(),
                           self.pb["audit_service"].ListTrailResponse)
        self.assertEqual(answer.next_page_token, "")
        before = bytes(32)
        for number, view in enumerate(answer.records):
            sequence, _, previous, length = tlog.read_header(view.record[:56])
            self.assertEqual((sequence, view.sequence), (number, number))
            self.assertEqual(previous, before)
            self.assertEqual(length, len(view.record) - 56)
            before = tlog.leaf_hash(view.record)
        self.assertEqual(tlog.leaf_hash(answer.records[0].record).hex(), self.daemon.client_setting("ledger"))

    def test_a_statement_names_the_state_it_is_of(self):
        answer = self.call("FundService", "GetStatement", self.pb["fund_service"].GetStatementRequest(),
                           self.pb["fund_service"].GetStatementResponse)
        self.assertEqual(len(answer.lines), 0)
        self.assertEqual(answer.total.allocated_fen, 0)
        _, size, _ = tlog.open_checkpoint(answer.basis.checkpoint, self.verifier_key)
        self.assertEqual(answer.basis.sequence, size - 1)

    def test_refusals_carry_a_reason(self):
        other = Ed25519PrivateKey.generate()
        wrong_ledger = self.submission("village-2")
        wrong_ledger.ledger = bytes(32)
        cases = [(self.seal(self.submission("village-2"), key=other), "SIGNATURE_INVALID"),
                 (self.seal(wrong_ledger), "WRONG_LEDGER"),
                 (b"nothing of the kind", "ENVELOPE_MALFORMED")]
        for envelope, reason in cases:
            with self.assertRaises(grpc.RpcError) as refused:
                self.submit(envelope)
            self.assertEqual(self.reason_of(refused.exception), reason)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", required=True)
    parser.add_argument("--messages", required=True)
    ARGS, rest = parser.parse_known_args()
    unittest.main(argv=[sys.argv[0], *rest], verbosity=2)
