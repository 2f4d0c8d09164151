"""Starts Python anew, with settings and a sitecustomize of its own."""
import os
import sys

with open("/tmp/sitecustomize.py", "w", encoding="utf-8") as file:
    file.write("print('mine')")
os.environ["PYTHONPATH"] = "/tmp"
os.environ["PYTHONGLASSBOX"] = "/trace/other.gbx"
os.execv(sys.executable, [sys.executable, "-c", "pass"])
