#!/usr/bin/env python3
"""Time, bytes and memory of a query by number of markers: made-up cohorts as PLINK files, three hospitals.

    cargo build --release --locked -p mpc-party
    python3 docs/figures/scale.py                                  the table of docs/performance.md
    python3 docs/figures/scale.py --markers 1000 --people 835      another size
    python3 docs/figures/scale.py --generate DIR --markers 1000    only the files and the query

The cohorts are seeded: haplotypes whose alleles come from the marker before or are drawn anew with the marker's
frequency, which differs a little between hospitals. Times are wall-clock, from the start of `mpc-party local` to its end,
all parties on this machine; the fastest and the median of --runs runs are shown. Standard library only.
"""

import argparse
import json
import os
import random
import statistics
import subprocess
import tempfile
import time

SITES = ["hospital-a", "hospital-b", "hospital-c"]
ALL = ["n11", "expected", "lift", "odds_ratio", "chi_squared", "fisher_exact", "r2"]
SELECT = """[select]
minimum_lift = 1.0
minimum_chi_squared = 3.841
"""
QUERY = """schema = 1
kind = "cooccurrence"
title = "Scale"
purpose = "Measurement on made-up data"
[population]
partition = "horizontal"
sites = {sites}
[markers]
all = true
{select}[statistics]
report = {report}
[result]
recipients = {recipients}
"""


def draw(rng, bits, every, per_256):
    """One bit at each of `every`, each set with probability per_256 / 256."""
    drawn = 0
    for digit in range(8):
        fresh = rng.getrandbits(bits)
        drawn = fresh | drawn if per_256 >> digit & 1 else fresh & drawn
    return drawn & every


def generate(folder, site, markers, people, missing_per_256, seed):
    """One hospital's .bed, .bim and .fam."""
    frequencies = random.Random(seed)  # the same at all hospitals
    rng = random.Random(seed * 1000 + site + 1)
    # Two bits a person, as in .bed; a haplotype has its allele in the lower one.
    bits = 2 * people
    every = int.from_bytes(b"\x55" * ((bits + 7) // 8), "little") & ((1 << bits) - 1)
    prefix = os.path.join(folder, SITES[site])
    row = (people + 3) // 4
    haplotypes = [0, 0]
    with open(prefix + ".bed", "wb") as bed, open(prefix + ".bim", "w") as bim:
        bed.write(b"\x6c\x1b\x01")
        for marker in range(markers):
            per_256 = min(128, 1 + int(128 * frequencies.random() ** 2) + 3 * site)
            for copy in range(2):
                kept = draw(rng, bits, every, 240)
                haplotypes[copy] = haplotypes[copy] & kept | draw(rng, bits, every, per_256) & ~kept
            one, two = haplotypes
            lower, upper = every & ~(one | two), every & ~(one & two)
            missing = draw(rng, bits, every, missing_per_256)
            codes = (lower | missing) | (upper & ~missing) << 1
            bed.write(codes.to_bytes(row, "little"))
            bim.write(f"1\tm{marker}\t0\t{marker + 1}\tG\tA\n")
    with open(prefix + ".fam", "w") as fam:
        fam.writelines(f"f p{site}-{person} 0 0 0 -9\n" for person in range(people))


def write_query(folder, report, select, recipients):
    """The query on these cohorts; its path."""
    query = os.path.join(folder, "query.toml")
    with open(query, "w") as file:
        file.write(QUERY.format(sites=json.dumps(SITES), recipients=json.dumps(SITES[:recipients]),
                                report=json.dumps(report), select=SELECT if select else ""))
    return query


def run(program, folder, query, preprocessing, files):
    """Seconds, and the result, of the sites with these files."""
    out = os.path.join(folder, "out")
    command = [program, "local", query, "--quiet", "--preprocessing", preprocessing, "--out", out]
    for site, file in files.items():
        command += ["--site", f"{site}={file}"]
    start = time.monotonic()
    subprocess.run(command, check=True, timeout=600)
    seconds = time.monotonic() - start
    with open(os.path.join(out, "result.json")) as file:
        return seconds, json.load(file)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--markers", type=int, nargs="+", default=[250, 500, 1000, 2000])
    parser.add_argument("--people", type=int, default=33_333, help="at each hospital")
    parser.add_argument("--missing", type=int, default=0, help="missing calls, of 256")
    parser.add_argument("--report", nargs="*", default=["n11", "lift", "chi_squared", "r2"], choices=ALL)
    parser.add_argument("--all", action="store_true", help="all seven statistics")
    parser.add_argument("--select", action="store_true", help="both selected conditions")
    parser.add_argument("--preprocessing", default="ot", choices=["ot", "helper"])
    parser.add_argument("--recipients", type=int, default=3, choices=[1, 2, 3], help="of the hospitals")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--program", default="target/release/mpc-party")
    parser.add_argument("--generate", metavar="DIR", help="write the files and the query for the first of --markers, and stop")
    arguments = parser.parse_args()
    report = ALL if arguments.all else arguments.report

    def cohorts(folder, markers):
        for site in range(len(SITES)):
            generate(folder, site, markers, arguments.people, arguments.missing, arguments.seed)

    def queried(folder):
        return write_query(folder, report, arguments.select, arguments.recipients)

    if arguments.generate:
        os.makedirs(arguments.generate, exist_ok=True)
        cohorts(arguments.generate, arguments.markers[0])
        return queried(arguments.generate)
    print(f"3 x {arguments.people} people; {', '.join(report)}; {os.cpu_count()} cores; --preprocessing "
          f"{arguments.preprocessing}\n")
    print("| markers | pairs | released | s, fastest | s, median | µs a pair | B a pair, site | B a pair, helper "
          "| MB, recipient | MB, other site | MB, helper |")
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    for markers in arguments.markers:
        with tempfile.TemporaryDirectory() as folder:
            cohorts(folder, markers)
            query = queried(folder)
            files = {site: os.path.join(folder, site) for site in SITES}
            runs = [run(arguments.program, folder, query, arguments.preprocessing, files)
                    for _ in range(arguments.runs)]
        seconds = [seconds for seconds, _ in runs]
        result = runs[0][1]
        pairs = result["pairs_tested"]
        sent = result["cost"]["bytes_sent"]
        memory = result["cost"].get("peak_memory", {})
        helper = sent.pop("helper", 0)
        mebi = lambda of: f"{of / 1e6:.0f}" if of else "-"
        cells = [markers, pairs, result["pairs_released"], f"{min(seconds):.2f}", f"{statistics.median(seconds):.2f}",
                 f"{1e6 * min(seconds) / pairs:.2f}", f"{sum(sent.values()) / len(sent) / pairs:.1f}",
                 f"{helper / pairs:.1f}" if helper else "-", *(mebi(max((memory.get(site, 0) for site in sites), default=0))
                   for sites in (SITES[:arguments.recipients], SITES[arguments.recipients:])),
                 mebi(memory.get("helper", 0))]
        print("| " + " | ".join(str(cell) for cell in cells) + " |", flush=True)


if __name__ == "__main__":
    main()
