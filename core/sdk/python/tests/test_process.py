"""The process of a plugin: its arguments, its streams and its log."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import unittest
from pathlib import Path

from assay_sdk._log import _Lines

FAULTY = Path(__file__).with_name("assay-plugin-faulty")


def started(*args: str, **env: str) -> subprocess.CompletedProcess[str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("ASSAY_PLUGIN_") and k != "PYTHONUNBUFFERED"}  # as a host does
    kept["PYTHONPATH"] = str(FAULTY.parents[1])  # the package of this folder, installed or not
    return subprocess.run(
        [sys.executable, str(FAULTY), *args], env={**kept, **env}, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)


class Process(unittest.TestCase):
    def test_describe_prints_nothing_but_the_description(self) -> None:
        p = started("describe", ASSAY_FAULT="print at import")
        said = json.loads(p.stdout)
        self.assertEqual((p.returncode, said["name"], said["phases"][0]["unit"]), (0, "faulty", "call"))
        self.assertEqual(p.stderr, "loading\n")

    def test_by_hand(self) -> None:
        p = started()
        self.assertEqual((p.returncode, p.stdout), (1, ""))
        self.assertIn("faulty 0.1.0 is a plugin of assay", p.stderr)

    def test_a_host_without_a_folder_for_the_socket(self) -> None:
        p = started(ASSAY_PLUGIN_COOKIE="fineness-is-found-by-fire")
        self.assertEqual((p.returncode, p.stdout), (1, ""))
        self.assertIn("PLUGIN_UNIX_SOCKET_DIR", p.stderr)

    def test_tools(self) -> None:
        for args, status, out, err in (
            (("tool", "sum", "1", "2"), 0, "3\n", ""),
            (("tool", "sum", "x"), 1, "", "error: x is no number\n"),
            (("tool", "nothing"), 1, "", "error: plugin faulty has these commands:\n  assay faulty sum  adds numbers: sum N …\n"),
        ):
            p = started(*args)
            self.assertEqual((p.returncode, p.stdout, p.stderr), (status, out, err))

    def test_log_lines_are_those_that_the_host_reads(self) -> None:
        for level, name in ((5, "trace"), (logging.DEBUG, "debug"), (logging.INFO, "info"), (logging.WARNING, "warn"), (logging.CRITICAL, "error")):
            line = _Lines().format(logging.LogRecord("plugin", level, "f", 1, "%d\nlines", (2,), None))
            self.assertEqual(json.loads(line), {"@level": name, "@message": "2\nlines", "@module": "plugin"})
            self.assertNotIn("\n", line)


if __name__ == "__main__":
    unittest.main()
