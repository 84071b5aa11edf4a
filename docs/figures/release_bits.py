#!/usr/bin/env python3
"""What release bits alone would tell a site that owns many columns: python3 docs/figures/release_bits.py

A site has random columns of its own, another site one column. For each pair of them the first learns whether all four
counts are at least 10, and nothing else. It takes for carriers those people who are carriers in its own columns more often
where the bit is set. Prints how many of those it names are carriers. In vertical queries these bits are opened to
recipients only (docs/decisions/0024-owners-do-not-receive.md).
"""

import random

PEOPLE, CARRIERS, LEAST, TRIALS = 1_000, 100, 10, 5


def named_rightly(columns, numbers):
    carriers = set(numbers.sample(range(PEOPLE), CARRIERS))
    score = [0] * PEOPLE
    for _ in range(columns):
        own = set(numbers.sample(range(PEOPLE), CARRIERS))
        both = len(own & carriers)
        cells = [both, len(own) - both, CARRIERS - both, PEOPLE - len(own) - CARRIERS + both]
        sign = 1 if min(cells) >= LEAST else -1
        for person in own:
            score[person] += sign
    named = sorted(range(PEOPLE), key=lambda person: -score[person])[:CARRIERS]
    return len(carriers.intersection(named))


def main():
    numbers = random.Random(1)
    print(f"{PEOPLE} people, {CARRIERS} of them carriers, counts of at least {LEAST}; mean of {TRIALS} trials")
    print("own columns   carriers among the 100 people named")
    for columns in (0, 100, 300, 1_000, 3_000):
        found = sum(named_rightly(columns, numbers) for _ in range(TRIALS)) / TRIALS
        print(f"{columns:11}   {found:.0f}")


if __name__ == "__main__":
    main()
