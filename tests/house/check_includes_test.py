"""The include check finds what it is there to find: each planted include is reported, and a clean tree passes."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
CHECK = SOURCE / "scripts" / "check-includes"


def run_on(files):
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for name, text in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        done = subprocess.run([sys.executable, CHECK, root], capture_output=True, text=True, check=False)
        return done.returncode, done.stdout


class CheckIncludes(unittest.TestCase):
    def test_allowed_directions_pass(self):
        code, out = run_on({"ledger/log/a.cc": '#include "ledger/base/bytes.h"\n#include <vector>\n',
                            "ledger/store/b.cc": "#include <rocksdb/db.h>\n"})
        self.assertEqual(code, 0, out)

    def test_each_forbidden_include_is_named(self):
        planted = {
            "ledger/base/a.cc": '#include "ledger/log/record.h"\n',
            "ledger/log/b.cc": '#include "ledger/store/store.h"\n',
            "ledger/books/c.cc": '#include "ledger/log/record.h"\n',
            "ledger/engine/d.cc": "#include <grpcpp/grpcpp.h>\n",
            "ledger/engine/e.cc": '#include "rocksdb/db.h"\n',
            "ledger/store/f.h": "#include <rocksdb/db.h>\n",
            "ledger/log/g.cc": "#include <openssl/evp.h>\n",
            "ledger/store/h.cc": '#include "fundledger/v1/actions.pb.h"\n',
            "clients/sdk/i.cc": '#include "ledger/engine/engine.h"\n',
            "ledger/reports/j.cc": '#include "fundledger/v1/fund_service.grpc.pb.h"\n',
            "ledger/nowhere/k.cc": "\n",
        }
        code, out = run_on(planted)
        self.assertEqual(code, 1)
        for name in planted:
            self.assertIn(name, out)

    def test_an_empty_tree_does_not_pass(self):
        self.assertEqual(run_on({})[0], 1)


if __name__ == "__main__":
    unittest.main()
