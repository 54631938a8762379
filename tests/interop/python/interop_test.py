"""fundledger from Python: a ledger made by `fundledger init`, served by fundledgerd, written to and read over gRPC by a
client made of Debian's packages and the published .proto files.

    interop_test.py --bin DIR --messages DIR     DIR of the programs; DIR of the messages made by protoc --python_out
"""
import argparse
import json
import pathlib
import ssl
import sys
import tempfile
import unittest
import urllib.error
import urllib.request

import grpc
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

import ledger
import tlog

ARGS = None


class Interop(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.pb = ledger.load_messages(ARGS.messages)
        cls.scratch = tempfile.TemporaryDirectory(prefix="fundledger-interop-")
        cls.daemon = ledger.Daemon(ARGS.bin, pathlib.Path(cls.scratch.name) / "demo")
        cls.daemon.register_inspector()
        cls.client = ledger.Client(cls.pb, cls.daemon, "inspector-1")
        cls.verifier_key = cls.client.verifier_key

    @classmethod
    def tearDownClass(cls):
        cls.client.channel.close()
        code = cls.daemon.stop()
        cls.scratch.cleanup()
        if code != 0:
            raise RuntimeError(f"fundledgerd ended with {code}")

    def http(self, path, officer=None):
        """What stands at a path, for an officer or for anybody."""
        context = ssl.create_default_context(cafile=self.daemon.folder / "ca.pem")
        if officer:
            certificates = self.daemon.folder / "certificates"
            context.load_cert_chain(certificates / f"{officer}.pem", certificates / f"{officer}.key")
        with urllib.request.urlopen(f"https://{self.daemon.http_address}{path}", context=context, timeout=30) as answer:
            return answer.read()

    def test_the_ledger_is_the_one_we_were_told_of(self):
        facts = self.client.ledger()
        self.assertEqual(facts.ledger.hex(), self.daemon.client_setting("ledger"))
        self.assertEqual(facts.verifier_key, self.verifier_key)
        self.assertEqual(facts.origin, "interop.example/funds")
        self.assertTrue(facts.writable)

    def test_a_receipt_proves_what_was_submitted(self):
        envelope = self.client.seal(self.client.submission("village-1"))
        receipt = self.client.submit(envelope)
        sequence = tlog.check_receipt(receipt, envelope, self.verifier_key)
        self.assertGreaterEqual(sequence, 1)

        again = self.client.submit(envelope)
        self.assertTrue(again.repeated_request)
        self.assertEqual(again.header, receipt.header)
        self.assertEqual(tlog.check_receipt(again, envelope, self.verifier_key), sequence)

    def test_a_spoilt_receipt_proves_nothing(self):
        envelopes = [self.client.seal(self.client.submission(f"spoilt-{n}")) for n in range(3)]
        receipt = [self.client.submit(envelope) for envelope in envelopes][-1]
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
        self.client.submit(self.client.seal(self.client.submission("chained")))
        answer = self.client.call("AuditService", "ListTrail", self.pb["audit_service"].ListTrailRequest(),
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

    def test_tiles_give_the_root_that_is_signed(self):
        for number in range(3):
            self.client.submit(self.client.seal(self.client.submission(f"tiled-{number}")))
        _, size, root = tlog.open_checkpoint(self.http("/checkpoint").decode(), self.verifier_key)
        self.assertLess(size, 256)
        hashes = self.http(f"/tile/0/000.p/{size}")
        self.assertEqual(len(hashes), 32 * size)
        leaves = [hashes[32 * i:32 * i + 32] for i in range(size)]
        self.assertEqual(tlog.root_of(leaves), root)
        for part in range(1, size + 1):
            self.assertEqual(self.http(f"/tile/0/000.p/{part}"), hashes[:32 * part])
        spoilt = [*leaves[:-1], bytes(32)]
        self.assertNotEqual(tlog.root_of(spoilt), root)

    def test_entry_tiles_hold_the_records_for_who_may_read_them(self):
        self.client.submit(self.client.seal(self.client.submission("entered")))
        _, size, _ = tlog.open_checkpoint(self.http("/checkpoint").decode(), self.verifier_key)
        records = tlog.read_entries(self.http(f"/tile/entries/000.p/{size}", "inspector-1"))
        self.assertEqual(records, self.client.records()[:size])
        hashes = self.http(f"/tile/0/000.p/{size}")
        self.assertEqual(b"".join(map(tlog.leaf_hash, records)), hashes)
        for officer, reason in ((None, "CERTIFICATE_NEEDED"), ("admin-1", "QUERY_NOT_ALLOWED")):
            with self.assertRaises(urllib.error.HTTPError) as refused:
                self.http("/tile/entries/000.p/1", officer)
            self.assertEqual(refused.exception.code, 403)
            self.assertEqual(json.loads(refused.exception.read())["reason"], reason)
            refused.exception.close()

    def test_a_statement_names_the_state_it_is_of(self):
        answer = self.client.call("FundService", "GetStatement", self.pb["fund_service"].GetStatementRequest(),
                           self.pb["fund_service"].GetStatementResponse)
        self.assertEqual(len(answer.lines), 0)
        self.assertEqual(answer.total.allocated_fen, 0)
        _, size, _ = tlog.open_checkpoint(answer.basis.checkpoint, self.verifier_key)
        self.assertEqual(answer.basis.sequence, size - 1)

    def test_refusals_carry_a_reason(self):
        other = Ed25519PrivateKey.generate()
        wrong_ledger = self.client.submission("village-2")
        wrong_ledger.ledger = bytes(32)
        cases = [(self.client.seal(self.client.submission("village-2"), key=other), "SIGNATURE_INVALID"),
                 (self.client.seal(wrong_ledger), "WRONG_LEDGER"),
                 (b"nothing of the kind", "ENVELOPE_MALFORMED")]
        for envelope, reason in cases:
            with self.assertRaises(grpc.RpcError) as refused:
                self.client.submit(envelope)
            self.assertEqual(self.client.reason_of(refused.exception), reason)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", required=True)
    parser.add_argument("--messages", required=True)
    ARGS, rest = parser.parse_known_args()
    unittest.main(argv=[sys.argv[0], *rest], verbosity=2)
