// SPDX-License-Identifier: GPL-2.0-only
#include "connection.h"

#include <stdexcept>

namespace bench
{

namespace
{

constexpr u32 peer_iss = 700000;

rub_policy builtin()
{
	rub_policy policy;

	rub_policy_compile(&rub_config_builtin, RUBATO_TEMPO_ONE, &policy);
	return policy;
}

} // namespace

Connection::Connection() : policy_(builtin()), peer_nxt_(peer_iss)
{
	env.now = 3600 * 1'000'000'000ull;
	env.policy = &policy_;
	env.rcv_free = env.rcv_buf = env.rcv_max = buffer;
	env.path_mss = env.adv_mss = path_mss;
	env.gso_max = 65536;
	rub_init(&tcb);
	if (rub_call(&tcb, RUB_CALL_OPEN, 0, &env, &rx) != 0 || drain() != 1)
		throw std::runtime_error("bench: no SYN left");

	rub_seg answer = from_peer(RUB_SYN | RUB_ACK, 0);
	answer.mss = path_mss;
	answer.opts = tx.opts; /* agreed to whatever was offered */
	answer.wscale = 7;
	answer.ack = tx.seq + 1;
	arrives(answer);
	drain();
	if (rub_state(&tcb) != RUBATO_ESTABLISHED)
		throw std::runtime_error("bench: the handshake did not succeed");
}

rub_seg Connection::from_peer(u8 flags, u32 len)
{
	rub_seg seg = {};

	seg.seq = peer_nxt_;
	seg.ack = tx.seq + tx.len;
	seg.len = len;
	seg.wnd = 65535;
	seg.flags = flags;
	if (tcb.opts & RUB_OPT_TS) {
		seg.opts = RUB_OPT_TS;
		seg.tsval = peer_clock_++;
		seg.tsecr = tx.tsval;
	}
	peer_nxt_ += len + !!(flags & RUB_SYN) + !!(flags & RUB_FIN);
	return seg;
}

void Connection::arrives(const rub_seg &seg)
{
	env.now += spacing;
	rub_segment(&tcb, &seg, &env, &rx);
}

unsigned Connection::drain()
{
	rub_tx proposal;
	unsigned units = 0;

	while (rub_transmit(&tcb, &env, &proposal)) {
		rub_sent(&tcb, &proposal, proposal.len, &env);
		tx = proposal;
		units++;
	}
	return units;
}

} // namespace bench
