#!/usr/bin/env python3
"""Two sites of many people, 100 markers each, most of the people in common: time, bytes and peak memory of a vertical query.

    python3 docs/figures/large_vertical.py [--people 1000000] [--markers 100] [--preprocessing helper]

Makes the files in target/large-vertical (400 MB for a million people), builds the program, and runs it from process start
to files. Python's standard library is all it needs.
"""

import argparse
import json
import pathlib
import random
import subprocess
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
FOLDER = TOP / "target" / "large-vertical"
SITES = ["hospital-a", "hospital-b"]

QUERY = """schema  = 1
kind    = "cooccurrence"
title   = "Markers of one site with those of another"
purpose = "Measurement"

[population]
partition    = "vertical"
people_bound = 10000000
sites        = ["hospital-a", "hospital-b"]

[markers]
all   = true
pairs = "across-sites"

[disclosure]
owners_may_receive = true

[result]
recipients = ["hospital-a"]
"""


def make(site, number, people, markers):
    """One in ten people of a site is not at the other; three in ten carry a marker."""
    carriers = bytes(ord("1") if byte < 77 else ord("0") for byte in range(256))
    rng = random.Random(number)
    ids = list(range(number * people // 10, number * people // 10 + people))
    rng.shuffle(ids)
    with open(FOLDER / f"{site}.csv", "w", encoding="ascii") as out:
        out.write(",".join(["person_id"] + [f"{site}-{marker}" for marker in range(markers)]) + "\n")
        for person in ids:
            out.write(f"p{person:08}," + ",".join(rng.randbytes(markers).translate(carriers).decode()) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--markers", type=int, default=100)
    parser.add_argument("--preprocessing", choices=["ot", "helper"], default="ot")
    args = parser.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / "query.toml").write_text(QUERY)
    for number, site in enumerate(SITES):
        make(site, number, args.people, args.markers)
    subprocess.run(["cargo", "build", "--release", "--locked", "-p", "mpc-party"], cwd=TOP, check=True)
    metadata = subprocess.run(["cargo", "metadata", "--format-version", "1", "--no-deps", "--locked"],
                              cwd=TOP, check=True, stdout=subprocess.PIPE)
    program = pathlib.Path(json.loads(metadata.stdout)["target_directory"]) / "release" / "mpc-party"
    command = [program, "local", FOLDER / "query.toml", "--quiet", "--out", FOLDER / "out",
               "--preprocessing", args.preprocessing]
    for site in SITES:
        command += ["--site", f"{site}={FOLDER / site}.csv"]
    start = time.monotonic()
    subprocess.run(command, check=True)
    seconds = time.monotonic() - start
    cost = json.loads((FOLDER / "out" / "result.json").read_text())["cost"]
    sent = sum(cost["bytes_sent"].values()) / 1e6
    peaks = ", ".join(f"{site} {size / 1e6:.0f} MB" for site, size in cost["peak_memory"].items())
    print(f"{args.people} people, {args.markers} markers a site, {args.preprocessing}: "
          f"{seconds:.1f} s, {sent:.0f} MB sent, peaks {peaks}")


if __name__ == "__main__":
    main()
