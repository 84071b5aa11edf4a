#!/usr/bin/env python3
"""Counts one pair of an example in the clear, at each site and pooled, to compare with a result.

    python3 examples/count.py genomes rs75752157 rs185483606

Standard library only. Carrier encoding, missing as noncarrier.
"""

import csv
import sys
from pathlib import Path


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__.strip())
    folder, *markers = sys.argv[1:]
    pooled = [0, 0, 0, 0]
    print(f"{'':12}    n11    n10    n01    n00")
    for path in sorted((Path(__file__).resolve().parent / folder).glob("hospital-*.csv")):
        cells = [0, 0, 0, 0]
        with open(path, newline="", encoding="utf-8") as file:
            for person in csv.DictReader(file):
                a, b = (person[marker] in {"1", "2"} for marker in markers)
                cells[{(True, True): 0, (True, False): 1, (False, True): 2, (False, False): 3}[a, b]] += 1
        pooled = [total + cell for total, cell in zip(pooled, cells)]
        print(f"{path.stem:12}" + "".join(f"{cell:7}" for cell in cells))
    print(f"{'pooled':12}" + "".join(f"{cell:7}" for cell in pooled))


if __name__ == "__main__":
    main()
