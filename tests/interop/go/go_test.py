"""A ledger as it grows to more than two full tiles, in the hands of Go's sumdb/note and sumdb/tlog (tlogcheck.go): they
take its checkpoints, tiles and proofs at every size, and no spoiled one.

    go_test.py --bin DIR --messages DIR --tlogcheck PROGRAM
"""
import argparse
import base64
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

import ledger
import tlog

ARGS = None
# Every size at first, those around full tiles, and some in between.
SIZES = [*range(6, 40), *range(45, 250, 17), *range(253, 260), *range(270, 505, 29), *range(509, 516), 560, 601]


class Checker:
    """tlogcheck, a question and an answer at a time."""

    def __init__(self, daemon):
        self.process = subprocess.Popen(
            [ARGS.tlogcheck, f"https://{daemon.http_address}", daemon.client_setting("verifier_key"),
             str(daemon.folder / "ca.pem")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, **question):
        for key in ("leaf", "proof"):
            if key in question:
                value = question[key]
                question[key] = ([base64.b64encode(each).decode() for each in value] if isinstance(value, list)
                                 else base64.b64encode(value).decode())
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError("tlogcheck ended")
        return json.loads(answer)

    def stop(self):
        self.process.stdin.close()
        self.process.stdout.close()
        return self.process.wait()


class GoTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        messages = ledger.load_messages(ARGS.messages)
        cls.scratch = tempfile.TemporaryDirectory(prefix="fundledger-interop-go-")
        cls.daemon = ledger.Daemon(ARGS.bin, pathlib.Path(cls.scratch.name) / "ledger")
        cls.checker = Checker(cls.daemon)
        cls.sizes = [cls.checker.ask(op="checkpoint")]  # of one record, before anybody wrote to it
        cls.daemon.register_inspector()
        cls.client = ledger.Client(messages, cls.daemon, "inspector-1")
        size = tlog.open_checkpoint(cls.client.ledger().checkpoint, cls.client.verifier_key)[1]
        for wanted in SIZES:
            for number in range(size, wanted):
                cls.client.submit(cls.client.seal(cls.client.submission(f"village-{number}")))
            size = max(size, wanted)
            cls.sizes.append(cls.checker.ask(op="checkpoint"))
        cls.size = size
        cls.leaves = [tlog.leaf_hash(record) for record in cls.client.records()]

    @classmethod
    def tearDownClass(cls):
        cls.client.channel.close()
        codes = cls.checker.stop(), cls.daemon.stop()
        cls.scratch.cleanup()
        if codes != (0, 0):
            raise RuntimeError(f"tlogcheck and fundledgerd ended with {codes}")

    def good(self, **question):
        answer = self.checker.ask(**question)
        self.assertEqual(answer.get("error", ""), "", msg=f"{question}"[:200])
        return answer

    def test_checkpoints_and_tiles_agree_as_the_log_grows(self):
        self.assertEqual([answer.get("error", "") for answer in self.sizes], [""] * len(self.sizes))
        self.assertEqual([answer["size"] for answer in self.sizes], [1, *SIZES])

    def test_inclusion_proofs_of_every_size(self):
        spoilt = 0
        for size in range(1, self.size + 1):
            for index in {0, size // 3, size - 1}:
                spoilt += self.good(op="inclusion", size=size, index=index, leaf=self.leaves[index],
                                    proof=self.client.inclusion(index, size))["spoiled"]
        self.assertGreater(spoilt, 20 * self.size)

    def test_consistency_proofs_of_every_size(self):
        spoilt = 0
        for size in range(2, self.size + 1):
            for old_size in {1, size // 2 + 1, size - 1, min(size, 256)}:
                spoilt += self.good(op="consistency", size=size, old_size=old_size,
                                    proof=self.client.consistency(old_size, size))["spoiled"]
        self.assertGreater(spoilt, 20 * self.size)

    def test_a_proof_of_another_record_or_size_is_refused(self):
        proof = self.client.inclusion(7, self.size)
        for index, size, leaf in ((8, self.size, 8), (7, self.size, 8), (7, self.size - 1, 7), (6, self.size, 7)):
            answer = self.checker.ask(op="inclusion", size=size, index=index, leaf=self.leaves[leaf], proof=proof)
            self.assertNotEqual(answer.get("error", ""), "")
        answer = self.checker.ask(op="consistency", size=self.size, old_size=255,
                                  proof=self.client.consistency(256, self.size))
        self.assertNotEqual(answer.get("error", ""), "")

    def test_no_spoilt_tile_is_taken(self):
        # Every hash of level 0 and of level 1, and both wrong lengths of each tile.
        tiles = -(-self.size // 256) + 1
        self.assertEqual(self.good(op="spoil_tiles")["spoiled"], self.size + self.size // 256 + 2 * tiles)

    def test_no_spoilt_checkpoint_is_taken(self):
        self.assertGreater(self.good(op="spoil_checkpoint")["spoiled"], 150)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    for name in ("bin", "messages", "tlogcheck"):
        parser.add_argument(f"--{name}", required=True)
    ARGS, rest = parser.parse_known_args()
    unittest.main(argv=[sys.argv[0], *rest], verbosity=2)
