/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Congestion control alone: a sender that always has data, on a path that takes them. No
 * segment, no timer; only what congestion.c is told of them.
 */
#ifndef RUBATO_TESTS_CC_PATH_H
#define RUBATO_TESTS_CC_PATH_H

#include <gtest/gtest.h>

extern "C" {
#include "core/tcb.h"
}

struct Path {
	rub_config config = rub_config_builtin;
	rub_policy policy{};
	rub_env env{};
	rub_tcb tcb{};
	rub_ns rtt;

	Path(u8 algorithm, u16 mss, rub_ns round_trip) : rtt(round_trip)
	{
		config.knobs.congestion = algorithm;
		rub_policy_compile(&config, RUBATO_TEMPO_ONE, &policy);
		env.policy = &policy;
		env.now = 1'000'000'000'000;
		rub_init(&tcb);
		tcb.state = RUBATO_ESTABLISHED;
		tcb.snd_mss = mss;
		tcb.iss = tcb.snd_una = tcb.snd_nxt = tcb.snd_max = 0xfffff000;
		tcb.srtt = rtt;
		rub_cc_init(&tcb);
	}

	u32 flight() const { return tcb.snd_max - tcb.snd_una; }

	/* All that the window takes, or less. */
	void send(u32 most = ~0u)
	{
		const u32 cwnd = rub_cc_window(&tcb, &env);
		const u32 room = cwnd > flight() ? cwnd - flight() : 0;
		const u32 len = std::min(room - room % tcb.snd_mss, most);

		if (!len)
			return;
		rub_cc_sent(&tcb, len, &env);
		tcb.snd_max += len;
	}

	void ack(u32 bytes)
	{
		tcb.snd_una += bytes;
		rub_cc_acked(&tcb, bytes, &env);
	}

	/* A window of data, acknowledged evenly over a round trip, two segments an ACK. */
	void round(const std::function<void(u32 acked)> &before_ack = nullptr)
	{
		send();
		const u32 window = flight(), step = 2u * tcb.snd_mss;
		const rub_ns start = env.now;

		for (u32 done = 0; done < window;) {
			const u32 acked = std::min(step, window - done);

			done += acked;
			env.now = start + rtt * done / window;
			if (before_ack)
				before_ack(acked);
			ack(acked);
			send();
		}
	}

	/* Lost and repaired, the whole window in flight. */
	void lose()
	{
		send();
		rub_cc_congestion(&tcb, flight(), &env);
		rub_cc_recovered(&tcb, flight());
	}
};

#endif
