#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What is sent is cut at the peer's MSS (RFC 9293 section 3.7.1, MUST-16), and IP options that fill
# the smallest MTU (68) neither stop a connection nor the kernel.
. "$(dirname "$0")/lib.sh"

A=mss-a-$$ B=mss-b-$$
WORK=$(mktemp -d)
# A server that nobody reached would keep the namespace, and the runner waiting for our output.
trap 'kill $(jobs -p) 2>/dev/null; ip netns del $A 2>/dev/null; ip netns del $B 2>/dev/null; rm -rf "$WORK"' EXIT

command -v socat >/dev/null || skip_all "socat is missing"
command -v rubatoctl >/dev/null || skip_all "rubatoctl is missing"

listens() { rubatoctl --netns "$1" sockets --state listen | grep -q ":$2 "; }
same() { cmp -s "$1" "$2"; }
# Segments that $A has sent.
sent() { rubatoctl --netns "$A" stats | awk '$1 == "segments-out" { print $2 }'; }

connect_namespaces() {
	ip netns add "$A" && ip netns add "$B" &&
		ip link add v0 netns "$A" type veth peer name v0 netns "$B" &&
		ip -n "$A" addr add 10.9.0.1/24 dev v0 && ip -n "$B" addr add 10.9.0.2/24 dev v0 &&
		ip -n "$A" link set v0 up && ip -n "$B" link set v0 up
}

# $B announces 400 bytes; 40000 bytes are at least 100 segments.
cut_at_the_peers_mss() {
	local before server
	ip -n "$B" route replace 10.9.0.1/32 dev v0 advmss 400 || return
	before=$(sent)
	ip netns exec "$A" rubatoctl run -- socat -u "OPEN:$WORK/file" TCP-LISTEN:7000 &
	server=$!
	becomes listens "$A" 7000 || return
	ip netns exec "$B" rubatoctl run -- socat -u TCP:10.9.0.1:7000 "CREATE:$WORK/got" || return
	wait "$server"
	same "$WORK/file" "$WORK/got" && [ $(($(sent) - before)) -ge 100 ]
}

OPTIONS='
import socket
for nops in (28, 40):
    l, c = (socket.socket(socket.AF_INET, socket.SOCK_STREAM, 253) for _ in range(2))
    l.bind(("127.0.0.1", 0))
    l.listen()
    c.setsockopt(socket.IPPROTO_IP, 10, 0)
    c.setsockopt(socket.IPPROTO_IP, socket.IP_OPTIONS, bytes([1]) * nops)
    c.connect(l.getsockname())
    a, _ = l.accept()
    c.sendall(b"x" * 300)
    got = b""
    while len(got) < 300:
        got += a.recv(300)
    c.close()
    assert a.recv(1) == b""'

options_fill_the_mtu() {
	ip -n "$A" link set lo up mtu 68 && timeout 60 ip netns exec "$A" python3 -c "$OPTIONS"
}

plan 3
head -c 40000 /dev/urandom >"$WORK/file"
check "two namespaces are joined" connect_namespaces
check "segments are cut at the peer's MSS" cut_at_the_peers_mss
check "IP options that fill the MTU" options_fill_the_mtu
finish
