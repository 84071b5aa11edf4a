#!/bin/sh
# Sets up a trial of the sample federation on one machine: makes four identities with openssl, fills the public keys in,
# and links the example data. Usage: sh configs/example-federation/prepare.sh FOLDER
# In a real federation each party makes its own key on its own machine and sends the others the public line only.
set -eu
umask 077
here=$(cd "$(dirname "$0")" && pwd)
data=$(cd "$here/../../examples/genomes" && pwd)
to=${1:?"usage: prepare.sh FOLDER"}
parties="hospital-a hospital-b hospital-c helper"

base32_line() { base32 | tr -d '=\n' | tr 'A-Z' 'a-z'; }

fill=""
for party in $parties; do
    mkdir -p "$to/$party"
    if [ -e "$to/$party/identity.key" ]; then
        echo "$to/$party/identity.key is there already: choose another folder" >&2
        exit 1
    fi
    # PKCS #8 and SubjectPublicKeyInfo of Ed25519 end with the 32 bytes of the seed and of the public key (RFC 8410).
    openssl genpkey -algorithm ed25519 -outform DER -out "$to/$party/identity.der"
    seed=$(tail -c 32 "$to/$party/identity.der" | base32_line)
    public=$(openssl pkey -inform DER -in "$to/$party/identity.der" -pubout -outform DER | tail -c 32 | base32_line)
    printf 'mpc-identity-v1 %s\n' "$seed" > "$to/$party/identity.key"
    rm "$to/$party/identity.der"
    fill="$fill;s/PUBLIC-KEY-OF-$party\"/$public\"/"
    echo "$party $public"
done
for party in $parties; do
    sed "$fill" "$here/$party.toml" > "$to/$party/site.toml"
    if [ "$party" != helper ]; then
        ln -s "$data/$party.csv" "$to/$party/data.csv"
    fi
done
cp "$data/query.toml" "$to/query.toml"
