#!/bin/sh
# Puts load on the router of your own cluster: ModelInfer of the model `identity`, by h2load.
#
#   router.sh [-e HOST:PORT] [-t TOKEN_FILE] [-c CONNECTIONS] [-s STREAMS] [-d SECONDS] [-b BYTES] [-T]
#
# Without -e and -t it takes what `faraday up` wrote. -T speaks TLS. README.md beside this says more.
set -eu

connections=8 streams=8 seconds=10 bytes=1024 scheme=http
state=${FARADAY_STATE_DIR:-${XDG_STATE_HOME:-$HOME/.local/state}/faraday}
endpoint='' token_file=''

usage() {
    sed -n '2,6s/^# \{0,1\}//p' "$0" >&2
    exit 2
}

while getopts e:t:c:s:d:b:Th option; do
    case $option in
        e) endpoint=$OPTARG ;;
        t) token_file=$OPTARG ;;
        c) connections=$OPTARG ;;
        s) streams=$OPTARG ;;
        d) seconds=$OPTARG ;;
        b) bytes=$OPTARG ;;
        T) scheme=https ;;
        *) usage ;;
    esac
done
[ "$OPTIND" -gt $# ] || usage

command -v h2load >/dev/null || {
    echo "h2load is missing. On Debian and Ubuntu: sudo apt install nghttp2-client" >&2
    exit 1
}

# An endpoint of one's own needs its own token: the local one would be shown to a stranger.
if [ -z "$endpoint" ]; then
    [ -r "$state/client.json" ] || {
        echo "nothing runs here that \`faraday up\` started (no $state/client.json); name a cluster by -e and -t" >&2
        exit 1
    }
    said() { python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]] or "")' "$state/client.json" "$1"; }
    endpoint=$(said endpoint)
    [ -n "$token_file" ] || token_file=$(said token_file)
    [ -z "$(said ca_file)" ] || scheme=https
elif [ -z "$token_file" ]; then
    echo "-e needs -t, the file with a token for that cluster" >&2
    exit 2
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# A ModelInferRequest by hand, so that no package is needed, behind the five bytes that gRPC puts before a message.
python3 - "$bytes" >"$work/body" <<'EOF'
import sys


def varint(number):
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def field(number, value):
    return varint(number << 3 | 2) + varint(len(value)) + value


size = int(sys.argv[1])
tensor = field(1, b"data") + field(2, b"UINT8") + field(3, varint(size))
message = field(1, b"identity") + field(5, tensor) + field(7, bytes(size))
sys.stdout.buffer.write(b"\0" + len(message).to_bytes(4, "big") + message)
EOF

h2load --clients="$connections" --max-concurrent-streams="$streams" --duration="$seconds" --data="$work/body" \
    --log-file="$work/log" \
    --header="content-type: application/grpc" --header="te: trailers" \
    --header="authorization: Bearer $(cat "$token_file")" \
    "$scheme://$endpoint/inference.GRPCInferenceService/ModelInfer" >"$work/said" || {
    cat "$work/said" >&2
    exit 1
}

grep -E '^(finished|requests:|status codes:|traffic:)' "$work/said"

# h2load does not read gRPC's status: a refused call is an answer without a body.
python3 - "$bytes" "$work/said" "$work/log" <<'EOF'
import re
import sys

size, said = int(sys.argv[1]), open(sys.argv[2]).read()
succeeded = int(re.search(r"(\d+) succeeded", said)[1])
data = int(re.search(r"\((\d+)\) data", said)[1])
latencies = sorted(int(line.split("\t")[2]) for line in open(sys.argv[3]) if line.split("\t")[1] == "200")
if latencies:
    for percent in (50, 90, 99):
        print(f"p{percent} {latencies[min(len(latencies) - 1, len(latencies) * percent // 100)] / 1e3:.2f} ms")
if not succeeded:
    sys.exit("no call was answered")
if data < succeeded * size:
    refused = succeeded - data // size
    sys.exit(f"about {refused} of {succeeded} calls were refused (rate limit, token, load): a call by `faraday` says why")
EOF
