#!/bin/sh
# Sets up a trial federation on one machine, three sites and a helper, as their administrators would: an identity each,
# the lines of the others, the example data. Usage: sh configs/example-federation/prepare.sh FOLDER
# In a real federation each party does its part on its own machine (docs/deployment.md).
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
to=${1:?"usage: prepare.sh FOLDER"}
program=${MPC_PARTY:-$top/target/release/mpc-party}
parties="hospital-a hospital-b hospital-c helper"

mkdir -p "$to"
port=7001
for party in $parties; do
    "$program" init --id "$party" --listen "127.0.0.1:$port" --dir "$to/$party" > "$to/$party.line"
    port=$((port + 1))
    if [ "$party" != helper ]; then
        ln -s "$top/examples/genomes/$party.csv" "$to/$party/data.csv"
    fi
done
for party in $parties; do
    for other in $parties; do
        if [ "$other" != "$party" ]; then
            "$program" peer add --config "$to/$party/site.toml" "$(cat "$to/$other.line")"
        fi
    done
done
cp "$top/examples/genomes/query.toml" "$to/query.toml"
