// SPDX-License-Identifier: GPL-2.0-only
/*
 * TIME_WAIT equivalence: the small entry answers any segments at any times exactly as the naive
 * model of conformance.md section 1 does, and ends exactly 2 MSL after the last restart.
 *
 * Input: what was agreed on and the policy, then events: a segment relative to the entry's own
 * numbers, time, or other clocks.
 */
#include <algorithm>
#include <cstring>

#include "clocks.h"
#include "core/constants.h"
#include "core/core.h"
#include "fuzz.h"
#include "sequence.h"
#include "time_wait_model.h"

namespace
{

using fuzz::Input;
using fuzz::TimeWait;

constexpr rub_ns MSEC = 1'000'000, SEC = 1000 * MSEC;

/* RFC 5961 section 7, from outside: how many leave in a period is drawn, within its bounds. */
class Limit
{
public:
	void judge(bool answered, rub_ns now)
	{
		if (!begun_ || now - start_ >= RUB_CHALLENGE_PERIOD) {
			begun_ = true;
			start_ = now;
			left_ = 0;
			over_ = false;
		}
		if (!answered) {
			EXPECT(left_ >= RUB_CHALLENGE_MIN);
			over_ = true;
			return;
		}
		EXPECT(!over_);
		EXPECT(++left_ <= RUB_CHALLENGE_MAX);
	}

private:
	bool begun_ = false, over_ = false;
	rub_ns start_ = 0;
	u32 left_ = 0;
};

/* A connection that has just reached TIME_WAIT. */
rub_tcb finished(u32 snd_nxt, u32 rcv_nxt, bool timestamps, u32 ts_recent, rub_ns now)
{
	rub_tcb tcb;

	rub_init(&tcb);
	tcb.state = RUBATO_TIME_WAIT;
	tcb.snd_una = tcb.snd_nxt = tcb.snd_max = snd_nxt;
	tcb.rcv_nxt = tcb.rcv_edge = rcv_nxt;
	tcb.opts = timestamps ? RUB_OPT_TS : 0;
	tcb.ts_recent = ts_recent;
	tcb.ts_recent_at = now;
	return tcb;
}

class Program
{
public:
	Program(Input &input, u8 how)
		: in(input), config(rub_config_builtin),
		  model(how & 2 ? 0xffffff00 : 77777, how & 4 ? 0xfffffffe : 123456, how & 1,
			how & 8 ? 0xfffffff0 : 5000, now)
	{
		config.knobs.timestamps = !(how & 0x10);
		config.knobs.time_wait_rst = static_cast<u8>((how >> 5) % 3);
		rub_policy_compile(&config, RUBATO_TEMPO_ONE, &policy);
		env.policy = &policy;
		env.now = now;
		env.ts_offset = 99;
		env.isn_hash = 0xfedcba9876543210;
		env.rcv_free = env.rcv_buf = 65536;
		env.path_mss = env.adv_mss = 1460;
		const rub_tcb tcb = finished(model.snd_nxt(), model.rcv_nxt(), model.timestamps(),
					     model.ts_recent(), now);

		memset(&tw, 0, sizeof(tw));
		rub_tw_init(&tw, &tcb, &env);
	}

	void run()
	{
		while (!in.empty() && !over) {
			EXPECT(rub_tw_due(&tw, &env) == model.ends(policy));
			event();
			env.rnd = env.rnd * 1664525 + 1013904223;
		}
	}

private:
	void event();
	rub_seg segment(u8 what);
	void arrives(const rub_seg &seg);
	void compare(const rub_seg &seg, TimeWait::Verdict want, rub_verdict got, const rub_tx &tx);
	void acknowledged(const rub_tx &tx) const;
	void reincarnate(const rub_seg &syn);
	void wait(rub_ns span);
	void retune();

	Input &in;
	rub_ns now = 1000 * SEC;
	rub_config config;
	rub_policy policy;
	rub_env env = {};
	TimeWait model;
	rub_tw tw;
	Limit limit;
	bool over = false;
};

/* Near the numbers that decide; any number, too. */
rub_seg Program::segment(u8 what)
{
	static constexpr u8 FLAGS[] = {RUB_ACK,
				       RUB_FIN | RUB_ACK,
				       RUB_SYN,
				       RUB_RST,
				       RUB_SYN | RUB_ACK,
				       RUB_RST | RUB_ACK,
				       RUB_SYN | RUB_ECE | RUB_CWR,
				       0,
				       RUB_FIN,
				       RUB_SYN | RUB_FIN,
				       RUB_PSH | RUB_URG | RUB_ACK};
	const u8 how = in.byte();
	rub_seg seg = {};

	seg.flags = (what & 15) < sizeof(FLAGS) ? FLAGS[what & 15] : in.byte();
	seg.len = how & 1 ? in.byte() : 0;
	seg.seq = model.rcv_nxt();
	if (how & 2)
		seg.seq += static_cast<u32>(in.small());
	else if (how & 4)
		seg.seq -= seg.len + !!(seg.flags & RUB_FIN);
	if (how & 8)
		seg.seq = in.number();
	seg.ack = model.snd_nxt() + (how & 0x10 ? static_cast<u32>(in.small()) : 0);
	if (how & 0x20) {
		seg.opts = RUB_OPT_TS;
		seg.tsval = model.ts_recent() + static_cast<u32>(in.small());
	}
	if (how & 0x40)
		seg.tsval = in.number();
	seg.wnd = how & 0x80 ? 0 : 1000;
	return seg;
}

/* The only answer is an ACK that says where both sides are. */
void Program::acknowledged(const rub_tx &tx) const
{
	EXPECT((tx.flags & ~RUB_PSH) == RUB_ACK && !tx.len);
	EXPECT(tx.seq == model.snd_nxt() && tx.ack == model.rcv_nxt());
	EXPECT(!(tx.opts & RUB_OPT_TS) == !model.timestamps());
	EXPECT(!(tx.opts & RUB_OPT_TS) || tx.tsecr == model.ts_recent());
	EXPECT(!(tx.opts & ~RUB_OPT_TS) && !tx.mss && !tx.n_sack);
}

void Program::compare(const rub_seg &seg, TimeWait::Verdict want, rub_verdict got, const rub_tx &tx)
{
	const bool refused = got == RUB_DROP && tx.reason == RUBATO_REASON_RATE_LIMIT;

	switch (want) {
	case TimeWait::Verdict::DROP:
		EXPECT(got == RUB_DROP && tx.reason && !refused);
		break;
	case TimeWait::Verdict::ACK:
		EXPECT(got == RUB_ANSWER);
		break;
	case TimeWait::Verdict::LIMITED_ACK:
		EXPECT(got == RUB_ANSWER || refused);
		limit.judge(!refused, now);
		if (!refused)
			model.answered(seg, now);
		break;
	case TimeWait::Verdict::END:
		EXPECT(got == RUB_REMOVE);
		over = true;
		break;
	case TimeWait::Verdict::NEW_INCARNATION:
		EXPECT(got == RUB_REINCARNATE);
		reincarnate(seg);
	}
	if (got == RUB_ANSWER)
		acknowledged(tx);
}

/* The listener's entry begins beyond what the old one sent. It ends, and this one goes on. */
void Program::reincarnate(const rub_seg &syn)
{
	rub_half half = {};
	rub_tx tx = {};

	if (in.flip()) {
		rub_env after = env;

		after.reincarnates = true;
		after.old_nxt = tw.snd_nxt;
		EXPECT(rub_listen_segment(&syn, &after, &half, &tx) == RUB_CREATE);
		EXPECT(fuzz::seq_lt(model.snd_nxt(), half.iss));
		return;
	}
	/* Nobody listens: "ACK, no restart". */
	compare(syn, TimeWait::Verdict::LIMITED_ACK, rub_tw_refuse(&tw, &env, &tx), tx);
}

void Program::arrives(const rub_seg &seg)
{
	const TimeWait::Verdict want = model.arrives(seg, policy, now);
	rub_tx tx = {};
	const rub_verdict got = rub_tw_segment(&tw, &seg, &env, &tx);

	TELL("flags %02x seq %+d len %u opts %x ts %+d: %d, reason %u; wanted %d\n", seg.flags,
	     static_cast<s32>(seg.seq - model.rcv_nxt()), seg.len, seg.opts,
	     static_cast<s32>(seg.tsval - model.ts_recent()), got, tx.reason,
	     static_cast<int>(want));
	compare(seg, want, got, tx);
}

void Program::wait(rub_ns span)
{
	const rub_ns end = model.ends(policy);

	now = std::min(now + span, std::max(now, end));
	env.now = now;
	over = now >= end;
}

void Program::retune()
{
	if (fuzz::change(in, config))
		rub_policy_compile(&config, RUBATO_TEMPO_ONE, &policy);
	wait(0);
}

void Program::event()
{
	static constexpr rub_ns STEPS[] = {1, MSEC, SEC, 5 * SEC, 59 * SEC};
	const u8 what = in.byte();

	switch (what >> 4) {
	case 0:
	case 1:
		wait(in.pick(STEPS) * (1 + in.byte() % 16));
		break;
	case 2: /* a moment before the end */
		if (model.ends(policy) > now)
			wait(model.ends(policy) - now - 1);
		break;
	case 3:
		retune();
		break;
	case 4: {
		const bool picked = what & 1;
		const int err = rub_tw_reuse(&tw, &env, picked);

		EXPECT(err == (model.may_reuse(policy, now, picked) ? 0 : -EADDRNOTAVAIL));
		break;
	}
	default:
		arrives(segment(what));
	}
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
	Input in(data, size);
	const u8 how = in.byte();

	Program(in, how).run();
	return 0;
}
