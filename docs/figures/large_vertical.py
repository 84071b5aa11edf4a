#!/usr/bin/env python3
"""Time, bytes and peak memory of a vertical query over two sites of many people, most of whom are at both.

    cargo build --release --locked -p mpc-party
    python3 docs/figures/large_vertical.py                                  the figure of docs/performance.md
    python3 docs/figures/large_vertical.py --people 20000 --markers 50      another size

The files, 400 MB for a million people, are made for the run and deleted. Times are wall-clock, from the start of
`mpc-party local` to its end, both sites on this machine. Standard library only.
"""

import argparse
import os
import random
import tempfile

from scale import run

SITES = ["hospital-a", "hospital-b"]
QUERY = """schema = 1
kind = "cooccurrence"
title = "Scale"
purpose = "Measurement on made-up data"
[population]
partition = "vertical"
people_bound = 10000000
sites = ["hospital-a", "hospital-b"]
[markers]
all = true
pairs = "across-sites"
[disclosure]
owners_may_receive = true
[result]
recipients = ["hospital-a"]
"""


def generate(path, site, people, markers):
    """A site's file: one in ten people is not at the other site, and three in ten carry a marker."""
    carriers = bytes(ord("1") if byte < 77 else ord("0") for byte in range(256))
    rng = random.Random(site)
    ids = list(range(site * people // 10, site * people // 10 + people))
    rng.shuffle(ids)
    with open(path, "w", encoding="ascii") as file:
        file.write(",".join(["person_id"] + [f"m{site}-{marker}" for marker in range(markers)]) + "\n")
        for person in ids:
            file.write(f"p{person:08}," + ",".join(rng.randbytes(markers).translate(carriers).decode()) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=1_000_000, help="at each site")
    parser.add_argument("--markers", type=int, default=100, help="of each site")
    parser.add_argument("--preprocessing", default="ot", choices=["ot", "helper"])
    parser.add_argument("--program", default="target/release/mpc-party")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        query = os.path.join(folder, "query.toml")
        with open(query, "w", encoding="ascii") as file:
            file.write(QUERY)
        files = {name: os.path.join(folder, f"{name}.csv") for name in SITES}
        for site, path in enumerate(files.values()):
            generate(path, site, arguments.people, arguments.markers)
        seconds, result = run(arguments.program, folder, query, arguments.preprocessing, files)
    cost = result["cost"]
    sent = sum(cost["bytes_sent"].values()) / 1e6
    peaks = ", ".join(f"{name} {size / 1e6:.0f} MB" for name, size in cost["peak_memory"].items())
    print(f"{arguments.people} people and {arguments.markers} markers a site, {arguments.preprocessing}: "
          f"{seconds:.1f} s, {sent:.0f} MB sent, peaks {peaks}")


if __name__ == "__main__":
    main()
