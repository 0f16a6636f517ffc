// SPDX-License-Identifier: GPL-2.0-only
/*
 * SYN cookies: the SYN+ACK says what a half-open connection would have said. Its answer is accepted
 * within its life and negotiates as that connection would have; whoever changes anything that the
 * cookie binds is refused. A cookie has 24 bits, of which an index of the MSS takes four: one guess
 * in 2^20 is right. What should be refused is therefore asked under several keys, and
 * fails only if it is accepted under each.
 *
 * Input: the host, the SYN, how much later its answer comes, and what is wrong with it.
 */
#include <algorithm>
#include <iterator>

#include "core/constants.h"
#include "core/core.h"
#include "fuzz.h"

namespace
{

using fuzz::Input;

constexpr u16 MSSES[] = RUB_COOKIE_MSS;
constexpr rub_ns SEC = 1'000'000'000, PERIOD = RUB_COOKIE_PERIOD * SEC;
constexpr u32 KEYS = 4;

/* What is wrong with the answer. */
enum class Flaw : u8 {
	NONE,
	KEY,	   /* of another secret, or of another tuple */
	PEER_ISN,  /* SEG.SEQ */
	NUMBER,	   /* SEG.ACK */
	OPTIONS,   /* the low bits of TSecr, which hold what was agreed on */
	TIMESTAMP, /* the option is there though it was not agreed on, or the other way round */
	BUFFER,	   /* the host's own window scale is another */
	FLAGS,	   /* no answer to a SYN+ACK */
	N
};

/* All that an input asks for. */
struct Case {
	rub_config config = rub_config_builtin;
	rub_seg syn = {};
	u64 key;
	rub_ns asked, answered;
	u32 buffer;
	u16 adv_mss;
	Flaw flaw;
	u8 how; /* which bit, mostly */
	u16 wnd;
};

Case case_of(Input &in)
{
	static constexpr u32 BUFFERS[] = {65535, 1000, 1 << 20, 1 << 30};
	const u8 knobs = in.byte(), options = in.byte(), when = in.byte();
	Case c;

	c.config.knobs.timestamps = !(knobs & 1);
	c.config.knobs.sack = !(knobs & 2);
	c.config.knobs.window_scale = !(knobs & 4);
	c.config.knobs.ecn = !(knobs & 8);
	c.buffer = BUFFERS[knobs >> 4 & 3];
	c.adv_mss = knobs & 0x80 ? 1460 : 536;
	c.syn.flags = RUB_SYN;
	c.syn.opts = options & (RUB_OPT_TS | RUB_OPT_SACK | RUB_OPT_WSCALE);
	if (options & 0x08)
		c.syn.flags |= RUB_ECE | RUB_CWR;
	c.syn.wscale = options >> 4;
	c.syn.seq = in.number();
	c.syn.mss = in.word();
	c.syn.wnd = in.word();
	c.syn.tsval = in.number();
	c.key = in.wide();
	c.asked = (1 + in.word()) * SEC;
	/* Mostly about as long as it may; also many times around the period's eight bits. */
	c.answered = c.asked + (when < 0xf0 ? when * SEC : static_cast<rub_ns>(in.word()) * PERIOD);
	c.flaw = static_cast<Flaw>(in.byte() % static_cast<u8>(Flaw::N));
	c.how = in.byte();
	c.wnd = in.word();
	return c;
}

rub_env env_of(const Case &c, const rub_policy &policy, rub_ns now, u64 key)
{
	rub_env env = {};

	env.now = now;
	env.policy = &policy;
	env.isn_hash = ~key;
	env.cookie_key[0] = key;
	env.cookie_key[1] = key * 0x9e3779b97f4a7c15;
	env.ts_offset = static_cast<u32>(key >> 7);
	env.rcv_free = env.rcv_buf = c.buffer;
	env.path_mss = 1460;
	env.adv_mss = c.adv_mss;
	env.gso_max = 65536;
	return env;
}

/* RFC 4987 appendix A: rounded down to one of the table. */
u16 rounded(u16 announced)
{
	const u16 mss = announced ? announced : RUB_MSS_DEFAULT;
	u16 best = MSSES[0];

	for (const u16 entry : MSSES)
		if (entry <= mss)
			best = std::max(best, entry);
	return best;
}

/* What the listener says is what a half-open connection says, but for the numbers. */
void judge_answer(const rub_seg &syn, const rub_tx &tx, const rub_tx &like)
{
	EXPECT(tx.unit == RUB_UNIT_SYNACK && tx.ack == syn.seq + 1 && !tx.len);
	EXPECT(tx.wnd == like.wnd && tx.mss == like.mss);
	if (!(like.opts & RUB_OPT_TS)) {
		/* Nothing but the MSS can be kept. */
		EXPECT(!tx.opts && tx.flags == (RUB_SYN | RUB_ACK));
		return;
	}
	EXPECT(tx.flags == like.flags && tx.opts == like.opts);
	EXPECT(tx.wscale == like.wscale && tx.tsecr == syn.tsval);
	/* Not ahead of the clock, and not more behind it than the bits take. */
	EXPECT(like.tsval - tx.tsval < 0x40 + 0x40);
}

rub_seg reply_to(const Case &c, const rub_tx &tx)
{
	rub_seg seg = {};

	seg.flags = RUB_ACK;
	seg.seq = tx.ack;
	seg.ack = tx.seq + 1;
	seg.wnd = c.wnd;
	seg.opts = tx.opts & RUB_OPT_TS;
	seg.tsval = c.syn.tsval + 1;
	seg.tsecr = tx.tsval;
	return seg;
}

/* How far the number is off: a wrong index of the MSS is within 15 of the right one. */
s32 offset_of(const Case &c)
{
	return c.how & 0x80 ? static_cast<s32>(c.how & 0x1f) - 16
			    : static_cast<s32>(1U << (c.how & 31));
}

bool only_mss(const Case &c)
{
	const s32 off = offset_of(c);

	return c.flaw == Flaw::NUMBER && off > -16 && off < 16;
}

/* RFC 7323 section 2.3: the smallest shift with which the largest buffer can be offered. */
u8 scale_of(const rub_env &env)
{
	const u32 most = std::max(env.rcv_free, env.rcv_max ? env.rcv_max : env.rcv_buf);
	u8 shift = 0;

	while (shift < RUB_WSCALE_MAX && (most >> shift) > RUB_WINDOW_MAX)
		shift++;
	return shift;
}

/* Does the flaw change anything that the cookie binds? */
bool spoil(const Case &c, const rub_tx &tx, rub_seg &seg, rub_env &env)
{
	static constexpr u8 FLAGS[] = {0, RUB_SYN, RUB_RST, RUB_SYN | RUB_ACK, RUB_RST | RUB_ACK};

	switch (c.flaw) {
	case Flaw::KEY:
		env.cookie_key[c.how >> 6 & 1] ^= 1ULL << (c.how & 63);
		return true;
	case Flaw::PEER_ISN:
		seg.seq ^= 1U << (c.how & 31);
		return true;
	case Flaw::NUMBER:
		seg.ack += static_cast<u32>(offset_of(c));
		return offset_of(c) != 0;
	case Flaw::OPTIONS:
		if (!(tx.opts & RUB_OPT_TS))
			return false;
		seg.tsecr ^= 1U << c.how % 6;
		return true;
	case Flaw::TIMESTAMP:
		seg.opts ^= RUB_OPT_TS;
		return true;
	case Flaw::BUFFER:
		env.rcv_max = 1U << (10 + c.how % 21);
		return tx.opts & RUB_OPT_WSCALE && scale_of(env) != tx.wscale;
	case Flaw::FLAGS:
		seg.flags = FLAGS[c.how % sizeof(FLAGS)];
		return true;
	default:
		return false;
	}
}

/* What was accepted is what the half-open connection would have been. */
void judge_half(const Case &c, const rub_half &half, const rub_half &like, const rub_tx &tx,
		const rub_seg &seg)
{
	const bool ts = like.opts & RUB_OPT_TS;

	EXPECT(half.irs == c.syn.seq && half.iss == seg.ack - 1);
	EXPECT(half.opts == (ts ? like.opts : 0));
	EXPECT(half.snd_scale == (ts ? like.snd_scale : 0));
	EXPECT(half.rcv_scale == (ts ? like.rcv_scale : 0));
	EXPECT(half.adv_mss == like.adv_mss && half.rcv_wnd == like.rcv_wnd);
	EXPECT(!ts || (half.ts_recent == seg.tsval && half.ts_offset == like.ts_offset));
	EXPECT(std::find(std::begin(MSSES), std::end(MSSES), half.peer_mss) != std::end(MSSES));
	if (seg.ack == tx.seq + 1)
		EXPECT(half.peer_mss == rounded(c.syn.mss));
}

/* The third ACK makes the same connection of both. */
void judge_child(const rub_half &half, const rub_half &like, const rub_seg &seg, const rub_env &env)
{
	rub_tcb child, twin;
	rub_seg its = seg;
	rub_rx rx;

	rub_init(&child);
	rub_from_half(&child, &half, &seg, &env, &rx);
	EXPECT(child.state == RUBATO_ESTABLISHED && rx.mask & RUB_RX_CONNECTED && !rx.reason);
	EXPECT(child.snd_una == seg.ack && child.rcv_nxt == seg.seq && !rub_queued(&child));
	EXPECT(child.snd_wnd == static_cast<u32>(seg.wnd) << half.snd_scale);
	if (!(like.opts & RUB_OPT_TS))
		return;
	its.ack = like.iss + 1;
	its.tsecr = seg.tsecr;
	rub_init(&twin);
	rub_from_half(&twin, &like, &its, &env, &rx);
	EXPECT(child.opts == twin.opts && child.snd_scale == twin.snd_scale);
	EXPECT(child.rcv_scale == twin.rcv_scale && child.snd_wnd == twin.snd_wnd);
	EXPECT(child.ts_recent == twin.ts_recent);
	if (half.peer_mss == rounded(like.peer_mss))
		EXPECT(child.snd_mss <= twin.snd_mss);
}

/* Return: whether what should be refused was accepted. */
bool ask(const Case &c, u64 key)
{
	rub_policy policy;
	rub_half like = {}, half = {};
	rub_tx tx = {}, said = {};

	rub_policy_compile(&c.config, RUBATO_TEMPO_ONE, &policy);
	rub_env env = env_of(c, policy, c.asked, key);

	EXPECT(rub_listen_segment(&c.syn, &env, &like, &said) == RUB_CREATE);
	rub_cookie_answer(&c.syn, &env, &tx);
	judge_answer(c.syn, tx, said);

	const bool alive = c.answered / PERIOD - c.asked / PERIOD < RUB_COOKIE_PERIODS;
	rub_seg seg = reply_to(c, tx);

	env = env_of(c, policy, c.answered, key);
	const bool spoiled = spoil(c, tx, seg, env);
	const rubato_reason reason = rub_cookie_accept(&seg, &env, &half);

	EXPECT(reason == RUBATO_REASON_NONE || reason == RUBATO_REASON_BAD_COOKIE);
	EXPECT(c.flaw != Flaw::FLAGS || reason);
	if (alive && !spoiled)
		EXPECT(!reason);
	if (reason)
		return false;
	if (!alive || (spoiled && !only_mss(c)))
		return true;
	judge_half(c, half, like, tx, seg);
	judge_child(half, like, seg, env);
	return false;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
	Input in(data, size);
	const Case c = case_of(in);
	u32 wrong = 0;

	/* One that is refused is enough, but the first is asked in any case. */
	while (wrong < KEYS && ask(c, c.key + wrong * 0x123456789abcdef))
		wrong++;
	EXPECT(wrong < KEYS);
	return 0;
}
