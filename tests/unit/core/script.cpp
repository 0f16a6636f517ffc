/* SPDX-License-Identifier: GPL-2.0-only */
/* The harness behind script.h. It knows the core's contract (core.h), not its insides. */
#include "script.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sstream>

#include "both_ways.h"
#include "core/constants.h"

namespace script
{

u32 base_iss = 100000, base_irs = 700000;

namespace
{

/* Whatever the core leaves unset must not look like an answer. */
constexpr int POISON = 0xa5;

template <typename T>
void poison(T &t)
{
	memset(static_cast<void *>(&t), POISON, sizeof(t));
}

void fail(where loc, const std::string &what)
{
	ADD_FAILURE_AT(loc.file_name(), static_cast<int>(loc.line())) << what;
}

std::string pace(ns t)
{
	char text[32];

	snprintf(text, sizeof(text), "%.9gs", static_cast<double>(t.count()) / 1e9);
	return text;
}

[[noreturn]] void bad_schedule(std::string_view word)
{
	fprintf(stderr, "script: bad word in a schedule: %s\n", std::string(word).c_str());
	::abort();
}

u64 duration(std::string_view text)
{
	static constexpr struct {
		std::string_view unit;
		double ns;
	} units[] = {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"m", 60e9}, {"h", 3600e9}};
	const std::string s(text);
	char *end;
	const double number = strtod(s.c_str(), &end);

	for (const auto &u : units) {
		if (end != s.c_str() && u.unit == end)
			return static_cast<u64>(number * u.ns + 0.5);
	}
	bad_schedule(text);
}

bool same(const rub_tx &a, const rub_tx &b)
{
	return a.seq == b.seq && a.ack == b.ack && a.len == b.len && a.wnd == b.wnd &&
	       a.mss == b.mss && a.cut == b.cut && a.flags == b.flags && a.unit == b.unit &&
	       a.clock == b.clock && a.again == b.again && a.probe == b.probe && a.tries == b.tries && a.opts == b.opts &&
	       a.wscale == b.wscale && a.tsval == b.tsval && a.tsecr == b.tsecr &&
	       a.n_sack == b.n_sack && a.ecn == b.ecn && a.urg == b.urg &&
	       a.not_before == b.not_before &&
	       memcmp(a.sack, b.sack, a.n_sack * sizeof(a.sack[0])) == 0;
}

} // namespace

rubato_schedule schedule(std::string_view text)
{
	rubato_schedule s{};
	size_t pos = 0;

	while (pos < text.size()) {
		const size_t end = std::min(text.find(' ', pos), text.size());
		const std::string_view word = text.substr(pos, end - pos);

		pos = end + 1;
		if (word == "rto") {
			s.flags |= RUBATO_SCHED_RTO;
		} else if (word[0] == 'x') {
			s.flags |= RUBATO_SCHED_FACTOR;
			s.factor = static_cast<u32>(
				strtod(std::string(word.substr(1)).c_str(), nullptr) *
					RUBATO_FACTOR_ONE +
				0.5);
		} else if (word.starts_with("max=")) {
			s.flags |= RUBATO_SCHED_MAX;
			s.max = duration(word.substr(4));
		} else if (word.starts_with("tries=")) {
			s.flags |= RUBATO_SCHED_TRIES;
			s.tries = static_cast<u32>(
				strtoul(std::string(word.substr(6)).c_str(), nullptr, 10));
		} else if (word.starts_with("give-up=")) {
			s.flags |= RUBATO_SCHED_GIVE_UP;
			s.give_up = duration(word.substr(8));
		} else if (s.n_gaps < RUBATO_GAPS_MAX) {
			s.gap[s.n_gaps++] = duration(word);
		} else {
			bad_schedule(word);
		}
	}
	return s;
}

std::string state_name(int state)
{
	static const char *const names[] = {"state 0",	  "ESTABLISHED", "SYN_SENT",  "SYN_RCVD",
					    "FIN_WAIT_1", "FIN_WAIT_2",	 "TIME_WAIT", "CLOSED",
					    "CLOSE_WAIT", "LAST_ACK",	 "LISTEN",    "CLOSING"};

	if (state < 0 || state > RUBATO_STATE_MAX)
		return "state " + std::to_string(state);
	return names[state];
}

std::string flag_names(u8 flags)
{
	static const char *const names[] = {"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"};
	std::string s;

	for (unsigned i = 0; i < 8; i++) {
		if (flags & (1u << i))
			s += (s.empty() ? "" : "|") + std::string(names[i]);
	}
	return s.empty() ? "no flags" : s;
}

namespace
{

std::string describe(const Seg &want)
{
	std::ostringstream o;

	o << "<" << flag_names(want.flags) << " seq=" << want.seq << " ack=" << want.ack;
	if (want.any_len)
		o << " any len";
	else
		o << " len=" << want.len;
	if (want.wnd)
		o << " wnd=" << *want.wnd;
	if (want.mss)
		o << " mss=" << *want.mss;
	if (want.urg)
		o << " urg=" << *want.urg;
	if (want.ts)
		o << " ts=" << want.ts->val << "," << want.ts->ecr;
	if (want.scale)
		o << " scale=" << int(*want.scale);
	for (const Range &r : want.blocks)
		o << " sack=" << r.from << "-" << r.to;
	if (want.mark)
		o << " ecn=" << int(want.mark);
	o << ">";
	return o.str();
}

} // namespace

std::string describe(const Sent &sent, const Script &s)
{
	const rub_tx &tx = sent.tx;
	std::ostringstream o;

	o << "<" << flag_names(tx.flags) << " seq=" << tx.seq - s.iss
	  << " ack=" << (tx.flags & ACK ? tx.ack - s.irs : tx.ack) << " len=" << tx.len
	  << " wnd=" << tx.wnd << " mss=" << tx.mss << " unit=" << int(tx.unit)
	  << " clock=" << int(tx.clock) << " again=" << tx.again << " tries=" << tx.tries;
	if (tx.flags & URG)
		o << " urg=" << tx.urg;
	if (tx.opts & RUB_OPT_TS)
		o << " ts=" << tx.tsval << "," << tx.tsecr;
	if (tx.opts & RUB_OPT_WSCALE)
		o << " scale=" << int(tx.wscale);
	if (tx.opts & RUB_OPT_SACK)
		o << " sack-permitted";
	for (unsigned i = 0; i < tx.n_sack; i++)
		o << " sack=" << tx.sack[i].from - s.irs << "-" << tx.sack[i].to - s.irs;
	if (tx.ecn)
		o << " ecn=" << int(tx.ecn);
	o << ">";
	return o.str();
}

Script::Script(const Tweak &tweak) : config(rub_config_builtin), iss(base_iss), irs(base_irs)
{
	poison(env);
	poison(tcb);
	poison(half);
	poison(tw);
	env.now = 1'000'000'000'000'000;
	env.policy = &policy;
	env.path_mss = MSS;
	env.adv_mss = MSS;
	env.gso_max = MSS;
	env.isn_hash = 0;
	env.cookie_key[0] = 0x0123456789abcdef;
	env.cookie_key[1] = 0xfedcba9876543210;
	env.ts_offset = 0;
	env.rnd = RUB_CHALLENGE_MAX - RUB_CHALLENGE_MIN; /* the largest allowance */
	env.rcv_max = 0;
	env.reincarnates = false;
	env.edt = true; /* a script about pacing says otherwise */
	config.knobs = {};
	config.knobs.congestion = RUBATO_CONGESTION_NEWRENO;
	config.delack = 0;
	env.rcv_free = env.rcv_buf = buffer;
	zero = env.now;
	read_pos = irs + 1;
	rub_init(&tcb);
	poison(policy);
	tune(tweak);
}

Script::~Script()
{
	silence();
}

void Script::tune(const Tweak &tweak, u32 tempo, where loc)
{
	rubato_clock culprit = RUBATO_CLOCK_NONE;

	step(loc);
	if (tweak)
		tweak(config);
	if (rub_flaw flaw = rub_config_check(&config, &culprit); flaw != RUB_FLAW_NONE)
		fail(loc, "the script's own configuration is bad: clock " +
				  std::to_string(culprit) + ", " + rub_flaw_text(flaw));
	rub_policy_compile(&config, tempo, &policy);
	room();
}

u32 Script::unread() const
{
	if (phase != Phase::CONNECTION || !rub_synchronized(&tcb))
		return 0;
	return tcb.rcv_nxt - (fin_seen ? 1 : 0) - read_pos;
}

void Script::room()
{
	env.rcv_free = buffer - unread();
	env.rcv_buf = buffer;
}

void Script::step(where loc)
{
	silence(loc);
	happened = Happened();
	verdict_reason = 0;
}

void Script::collect(const rub_rx &rx)
{
	happened.mask |= rx.mask;
	if (rx.reason)
		happened.reasons.push_back(rx.reason);
	ASSERT_LE(rx.n_steps, RUB_RX_STEPS_MAX);
	for (unsigned i = 0; i < rx.n_steps; i++)
		happened.steps.push_back(rx.step[i]);
	if (rx.mask & RUB_RX_KEEP)
		happened.keep.push_back({rx.keep.from - irs, rx.keep.to - irs});
	if (rx.mask & RUB_RX_ACKED)
		happened.acked += rx.acked;
	if (rx.mask & RUB_RX_PEER_FIN)
		fin_seen = true;
	if (rx.mask & RUB_RX_DEAD)
		happened.error = rx.error;
	if (rx.mask & RUB_RX_GAVE_UP) {
		happened.clock = rx.clock;
		happened.tries = rx.tries;
		happened.elapsed = rx.elapsed;
	}
	if (rx.mask & RUB_RX_CAUSE) {
		happened.cause_seq = rx.cause_seq - iss;
		happened.cause_ack = rx.cause_flags & ACK ? rx.cause_ack - irs : rx.cause_ack;
		happened.cause_flags = rx.cause_flags;
		happened.cause_wnd = rx.cause_wnd;
	}
	room();
}

void Script::timestamps_hold(const rub_tx &tx)
{
	const bool has = tx.opts & RUB_OPT_TS;

	if (phase != Phase::CONNECTION)
		return;
	/* Section 5.2: an RST echoes what asked for it, agreed on or not. */
	if (tx.flags & RST && has && !tx.tsval) {
		if (ts_heard.empty() || tx.tsecr != ts_heard.back())
			ADD_FAILURE() << "TSecr " << tx.tsecr << " is not of what is answered";
		return;
	}
	if (tx.flags & SYN)
		ts_offered = has;
	else if (has != ts_agreed && (has || !(tx.flags & RST)))
		ADD_FAILURE() << (has ? "a timestamp that was not agreed on"
				      : "no timestamp, though both SYNs had one");
	if (!has)
		return;
	if (tx.tsval != static_cast<u32>(env.now / 1'000'000) + env.ts_offset)
		ADD_FAILURE() << "TSval " << tx.tsval << " is not the clock's";
	if (!(tx.flags & ACK) && tx.tsecr)
		ADD_FAILURE() << "TSecr without an ACK";
	if (tx.flags & ACK && std::ranges::find(ts_heard, tx.tsecr) == ts_heard.end())
		ADD_FAILURE() << "TSecr " << tx.tsecr << " was never heard";
}

void Script::emit(const rub_tx &tx)
{
	u32 done = 0;

	timestamps_hold(tx);
	units.push_back(tx);
	do {
		rub_tx piece = tx;

		piece.seq = tx.seq + done;
		if (done)
			piece.flags &= static_cast<u8>(~CWR); /* RFC 3168: once */
		piece.len = tx.len - done;
		if (piece.len > tx.cut) {
			piece.len = tx.cut;
			piece.flags &= static_cast<u8>(~(FIN | PSH));
		}
		if (tx.len && !tx.cut) {
			ADD_FAILURE() << "payload without a size to cut it at";
			return;
		}
		out.push_back({piece, env.now});
		done += piece.len;
	} while (done < tx.len);
}

/* As the shell does: twice as many as before, up to its bound. */
bool Script::lend()
{
	const size_t n = std::min<size_t>(nodes.empty() ? 16 : 2 * nodes.size(), nodes_max);

	if (n <= nodes.size())
		return false;
	std::vector<rub_node> more(n);
	rub_node *before = rub_lend(&tcb, more.data(), static_cast<u16>(n));

	EXPECT_EQ(before, nodes.empty() ? nullptr : nodes.data());
	nodes = std::move(more);
	return true;
}

void Script::drain()
{
	if (phase != Phase::CONNECTION)
		return;
	for (int i = 0;; i++) {
		rub_tx tx, twice;
		s64 result;

		ASSERT_LT(i, 1000) << "rub_transmit() never says that there is nothing to send";
		poison(tx);
		poison(twice);
		if (!rub_transmit(&tcb, &env, &tx)) {
			if (tx.hold == RUB_HOLD_NODES && lend())
				continue;
			break;
		}
		ASSERT_TRUE(rub_transmit(&tcb, &env, &twice) && same(tx, twice))
			<< "rub_transmit() changed something";
		if (drops) {
			drops--;
			n_dropped++;
			result = -drop_error;
		} else {
			if (tx.len > build_limit) {
				tx.len = build_limit;
				tx.flags &= static_cast<u8>(~(FIN | PSH));
			}
			result = tx.len;
			emit(tx);
		}
		/* What was proposed goes back, not what was made of it. */
		rub_sent(&tcb, &twice, result, &env);
	}
	if (happened.mask & RUB_RX_DEAD) {
		phase = Phase::GONE;
	} else if (happened.mask & RUB_RX_TIME_WAIT) {
		rub_tw_init(&tw, &tcb, &env);
		phase = Phase::TIME_WAIT;
	}
}

void Script::answer(rub_verdict v, rub_tx &tx)
{
	verdict = v;
	verdict_reason = 0;
	switch (v) {
	case RUB_DROP:
		verdict_reason = tx.reason;
		break;
	case RUB_ANSWER:
	case RUB_CREATE:
	case RUB_REMOVE_ANSWER:
		verdict_reason = tx.reason;
		if (drops) {
			drops--;
			n_dropped++;
			if (tx.unit == RUB_UNIT_SYNACK)
				rub_half_sent(&half, &tx, -ENOBUFS, &env);
			break;
		}
		emit(tx);
		if (tx.unit == RUB_UNIT_SYNACK)
			rub_half_sent(&half, &tx, 0, &env);
		break;
	default:
		break;
	}
}

void Script::become_child(const rub_seg &seg)
{
	rub_rx rx;

	poison(rx);
	rub_init(&tcb);
	rub_from_half(&tcb, &half, &seg, &env, &rx);
	phase = Phase::CONNECTION;
	collect(rx);
}

void Script::listener_gets(const rub_seg &seg)
{
	rub_tx tx;

	poison(tx);
	env.isn_hash = iss - env.now / 4000;
	answer(rub_listen_segment(&seg, &env, &half, &tx), tx);
	if (verdict == RUB_CREATE)
		phase = Phase::HALF;
}

/* False: what a listener does with any such segment. The ISS of a cookie is learned from it. */
bool Script::cookie_listener_gets(const rub_seg &seg)
{
	rub_tx tx;

	poison(tx);
	if ((seg.flags & (SYN | ACK | RST)) == SYN) {
		rub_cookie_answer(&seg, &env, &tx);
		iss = tx.seq;
		emit(tx);
		return true;
	}
	if ((seg.flags & (SYN | ACK | RST)) != ACK)
		return false;
	poison(half);
	verdict_reason = rub_cookie_accept(&seg, &env, &half);
	if (verdict_reason != RUBATO_REASON_NONE)
		return false;
	become_child(seg);
	return true;
}

void Script::arrive(const Seg &s, where loc)
{
	rub_seg seg{};
	rub_tx tx;
	rub_rx rx;

	seg.seq = irs + s.seq;
	seg.ack = s.flags & ACK ? iss + s.ack : s.ack;
	seg.len = s.len;
	seg.wnd = s.wnd.value_or(PEER_WND);
	seg.mss = s.mss.value_or(s.flags & SYN ? MSS : 0);
	seg.flags = s.flags;
	seg.urg = s.urg.value_or(0);
	seg.ecn = s.mark;
	if (s.ts) {
		seg.opts |= RUB_OPT_TS;
		seg.tsval = s.ts->val;
		ts_heard.push_back(s.ts->val);
		seg.tsecr = s.ts->ecr;
	}
	if (s.scale) {
		seg.opts |= RUB_OPT_WSCALE;
		seg.wscale = *s.scale;
	}
	if (s.flags & SYN && phase == Phase::CONNECTION && !rub_synchronized(&tcb))
		ts_agreed = s.ts && ts_offered;
	if (s.flags & SYN && phase == Phase::LISTEN)
		ts_agreed = s.ts && policy.knobs.timestamps;
	if (s.sack_ok.value_or(false))
		seg.opts |= RUB_OPT_SACK;
	for (const Range &r : s.blocks)
		seg.sack[seg.n_sack++] = {iss + r.from, iss + r.to};
	poison(tx);
	poison(rx);
	room();
	switch (phase) {
	case Phase::CONNECTION:
		if (const char *differs = both_ways::segment(tcb, seg, env, rx))
			ADD_FAILURE() << differs;
		collect(rx);
		break;
	case Phase::LISTEN:
		if (!cookies || !cookie_listener_gets(seg))
			listener_gets(seg);
		break;
	case Phase::HALF:
		answer(rub_half_segment(&half, &seg, &env, &tx), tx);
		if (verdict == RUB_ESTABLISH) {
			become_child(seg);
		} else if (verdict == RUB_REMOVE || verdict == RUB_REMOVE_ANSWER) {
			phase = Phase::LISTEN;
		}
		break;
	case Phase::TIME_WAIT:
		answer(rub_tw_segment(&tw, &seg, &env, &tx), tx);
		if (verdict == RUB_REMOVE || verdict == RUB_REMOVE_ANSWER)
			phase = Phase::GONE;
		break;
	case Phase::GONE:
		if (rub_stray_segment(&seg, &tx))
			emit(tx);
		break;
	}
	(void)loc;
}

void Script::send(const Seg &s, where loc)
{
	step(loc);
	arrive(s, loc);
	drain();
}

void Script::deliver(const Seg &s, where loc)
{
	silence(loc);
	arrive(s, loc);
}

u16 Script::window_for(const rub_tx &tx)
{
	const u32 full = std::min<u32>(buffer, 65535);
	const u32 avail = read_pos + buffer;

	if (tx.flags & SYN) {
		model_edge = irs + 1 + full;
		return static_cast<u16>(full);
	}
	/* Section 3.8.6.2.2: the edge moves by min(Fr * RCV.BUFF, Eff.snd.MSS), or not at all. */
	if (avail - model_edge >= std::min<u32>(buffer / 2, tcb.snd_mss) &&
	    static_cast<s32>(avail - model_edge) > 0)
		model_edge = avail;
	return static_cast<u16>(std::min<u32>(model_edge - tx.ack, 65535));
}

void Script::options_match(const Sent &sent, const Seg &want, std::ostringstream &o) const
{
	const rub_tx &tx = sent.tx;
	std::vector<Range> blocks;

	if (tx.flags & URG ? tx.urg != want.urg.value_or(0) : want.urg.has_value())
		o << " urg";
	if (want.ts &&
	    (!(tx.opts & RUB_OPT_TS) || tx.tsval != want.ts->val || tx.tsecr != want.ts->ecr))
		o << " timestamps";
	if (want.scale && (!(tx.opts & RUB_OPT_WSCALE) || tx.wscale != *want.scale))
		o << " window scale";
	if (want.sack_ok && !!(tx.opts & RUB_OPT_SACK) != *want.sack_ok)
		o << " SACK-permitted";
	for (unsigned i = 0; i < tx.n_sack; i++)
		blocks.push_back({tx.sack[i].from - irs, tx.sack[i].to - irs});
	if (blocks != want.blocks)
		o << " SACK blocks";
	if (tx.ecn != want.mark)
		o << " ecn";
}

bool Script::matches(const Sent &sent, const Seg &want, std::string &why)
{
	const rub_tx &tx = sent.tx;
	const u8 may = want.may;
	std::ostringstream o;

	if ((tx.flags | may) != (want.flags | may))
		o << " flags";
	if (tx.seq != iss + want.seq)
		o << " seq";
	if (tx.flags & ACK ? tx.ack != irs + want.ack : tx.ack != 0)
		o << " ack";
	if (!want.any_len && tx.len != want.len)
		o << " len";
	/* What a reset or a TIME_WAIT's answer offers means nothing (conformance.md section 1). */
	if (want.wnd || (!(tx.flags & RST) && phase != Phase::TIME_WAIT)) {
		const u16 wnd = want.wnd ? *want.wnd : window_for(tx);

		if (tx.wnd != wnd)
			o << " wnd (expected " << wnd << ")";
	}
	if (tx.mss != want.mss.value_or(want.flags & SYN ? env.adv_mss : 0))
		o << " mss";
	options_match(sent, want, o);
	if (want.unit && tx.unit != *want.unit)
		o << " unit (expected " << *want.unit << ")";
	if (want.clock && tx.clock != *want.clock)
		o << " clock (expected " << *want.clock << ")";
	if (want.again && tx.again != *want.again)
		o << " again (expected " << *want.again << ")";
	if (want.tries && tx.tries != *want.tries)
		o << " tries (expected " << *want.tries << ")";
	why = o.str();
	return why.empty();
}

void Script::expect(const Seg &want, where loc)
{
	std::string why;

	if (out.empty()) {
		fail(loc, "expected " + describe(want) + ", got silence");
		return;
	}
	if (!matches(out.front(), want, why))
		fail(loc, "expected " + describe(want) + "\n     got " +
				  script::describe(out.front(), *this) + "\n  differs:" + why);
	out.pop_front();
}

void Script::maybe(const Seg &want, where loc)
{
	if (!out.empty())
		expect(want, loc);
}

void Script::silence(where loc)
{
	for (const Sent &s : out)
		fail(loc, "expected silence, got " + script::describe(s, *this));
	out.clear();
}

std::vector<Sent> Script::take()
{
	std::vector<Sent> v(out.begin(), out.end());

	out.clear();
	return v;
}

void Script::succeeds(u32 old_nxt)
{
	env.reincarnates = true;
	env.old_nxt = old_nxt;
}

int Script::call(enum rub_call which, u32 arg, bool drained, where loc)
{
	rub_rx rx;
	int err;

	if (drained)
		step(loc);
	poison(rx);
	room();
	err = rub_call(&tcb, which, arg, &env, &rx);
	if (err)
		return err;
	collect(rx);
	if (drained)
		drain();
	return 0;
}

void Script::refuses(enum rub_call which, u32 arg, where loc)
{
	const rub_tcb before = tcb;
	rub_rx rx;

	step(loc);
	poison(rx);
	if (rub_call(&tcb, which, arg, &env, &rx) >= 0)
		fail(loc, "the call was not refused");
	if (memcmp(&before, &tcb, sizeof(tcb)) != 0)
		fail(loc, "a refused call changed the connection");
	drain();
	silence(loc);
}

void Script::open(where loc)
{
	env.isn_hash = iss - env.now / 4000;
	if (int err = call(RUB_CALL_OPEN, 0, true, loc))
		fail(loc, "OPEN refused: " + std::to_string(err));
}

void Script::write(u32 bytes, where loc)
{
	if (int err = call(RUB_CALL_SEND, bytes, true, loc))
		fail(loc, "SEND refused: " + std::to_string(err));
}

void Script::read(u32 bytes, where loc)
{
	if (bytes > unread())
		fail(loc, "the script reads more than there is");
	read_pos += bytes;
	if (int err = call(RUB_CALL_RECEIVE, 0, true, loc))
		fail(loc, "RECEIVE refused: " + std::to_string(err));
}

void Script::shutdown(where loc)
{
	if (int err = call(RUB_CALL_SHUTDOWN, 0, true, loc))
		fail(loc, "SHUTDOWN refused: " + std::to_string(err));
}

void Script::close(where loc)
{
	if (int err = call(RUB_CALL_CLOSE, unread(), true, loc))
		fail(loc, "CLOSE refused: " + std::to_string(err));
}

void Script::abort(int error, where loc)
{
	if (int err = call(RUB_CALL_ABORT, static_cast<u32>(error), true, loc))
		fail(loc, "ABORT refused: " + std::to_string(err));
}

rub_ns Script::deadline()
{
	switch (phase) {
	case Phase::CONNECTION:
		return rub_due(&tcb, &env);
	case Phase::HALF:
		return rub_half_due(&half, &env);
	case Phase::TIME_WAIT:
		return rub_tw_due(&tw, &env);
	default:
		return RUB_NEVER;
	}
}

void Script::expire()
{
	rub_tx tx;
	rub_rx rx;

	poison(tx);
	poison(rx);
	room();
	switch (phase) {
	case Phase::CONNECTION:
		rub_expire(&tcb, &env, &rx);
		collect(rx);
		drain();
		break;
	case Phase::HALF:
		answer(rub_half_expire(&half, &env, &tx), tx);
		if (verdict == RUB_REMOVE)
			phase = Phase::LISTEN;
		break;
	case Phase::TIME_WAIT:
		phase = Phase::GONE;
		break;
	default:
		break;
	}
}

void Script::run(rub_ns t, where loc)
{
	for (int i = 0;; i++) {
		const rub_ns next = deadline();

		if (next > t)
			break;
		if (i == 10000) {
			fail(loc, "a deadline comes again and again and nothing comes of it");
			break;
		}
		env.now = std::max(env.now, next);
		expire();
	}
	env.now = std::max(env.now, t);
}

void Script::at(ns t, where loc)
{
	step(loc);
	run(zero + static_cast<rub_ns>(t.count()), loc);
}

void Script::late(ns t, where loc)
{
	step(loc);
	env.now = zero + static_cast<rub_ns>(t.count());
	if (deadline() > env.now)
		fail(loc, "nothing was due by then");
	else
		expire();
}

void Script::expect_at(ns t, const Seg &want, where loc)
{
	const rub_ns when = zero + static_cast<rub_ns>(t.count());

	step(loc);
	if (when > env.now) {
		run(when - 1, loc);
		if (!out.empty())
			fail(loc, "early: " + pace(ns(out.front().at - zero)) + " instead of " +
					  pace(t));
	}
	run(when, loc);
	expect(want, loc);
}

void Script::dies_at(ns t, int error, where loc)
{
	const rub_ns when = zero + static_cast<rub_ns>(t.count());

	step(loc);
	if (when > env.now) {
		run(when - 1, loc);
		if (phase == Phase::GONE)
			fail(loc, "dead before " + pace(t));
	}
	run(when, loc);
	if (phase != Phase::GONE)
		fail(loc, "still alive at " + pace(t));
	else
		died(error, loc);
}

ns Script::due(where loc)
{
	const rub_ns d = deadline();

	if (d == RUB_NEVER) {
		fail(loc, "nothing is due, ever");
		return ns(0);
	}
	return ns(d - zero);
}

bool Script::never_due()
{
	return deadline() == RUB_NEVER;
}

void Script::state_is(rubato_state state, where loc)
{
	int is = tcb.state;

	if (phase == Phase::TIME_WAIT)
		is = RUBATO_TIME_WAIT;
	else if (phase == Phase::LISTEN)
		is = RUBATO_LISTEN;
	else if (phase == Phase::HALF)
		is = RUBATO_SYN_RCVD;
	else if (phase == Phase::GONE)
		is = RUBATO_CLOSED;
	if (is != state)
		fail(loc, "in state " + state_name(is) + " instead of " + state_name(state));
}

void Script::entered(std::vector<int> steps, where loc)
{
	auto names = [](const std::vector<int> &v) {
		std::string s;

		for (int state : v)
			s += " " + state_name(state);
		return s.empty() ? std::string(" nothing") : s;
	};

	if (happened.steps != steps)
		fail(loc, "entered" + names(happened.steps) + " instead of" + names(steps));
}

void Script::kept(std::vector<Range> ranges, where loc)
{
	auto text = [](const std::vector<Range> &v) {
		std::string s;

		for (const Range &r : v)
			s += " [" + std::to_string(r.from) + "," + std::to_string(r.to) + ")";
		return s.empty() ? std::string(" nothing") : s;
	};

	if (happened.keep != ranges)
		fail(loc, "kept" + text(happened.keep) + " instead of" + text(ranges));
}

void Script::dropped_for(rubato_reason reason, where loc)
{
	const bool in_tcb = phase == Phase::CONNECTION || !happened.reasons.empty();
	const int got = !in_tcb			   ? verdict_reason
			: happened.reasons.empty() ? 0
						   : happened.reasons.front();

	if (got != reason)
		fail(loc, "dropped for reason " + std::to_string(got) + " instead of " +
				  std::to_string(reason));
}

void Script::died(int error, where loc)
{
	if (!saw(RUB_RX_DEAD)) {
		fail(loc, "not dead");
		return;
	}
	if (happened.error != error)
		fail(loc, std::string("died of ") + strerror(happened.error) + " instead of " +
				  strerror(error));
	if (!rub_is_dead(&tcb) || tcb.state != RUBATO_CLOSED)
		fail(loc, "dead, but in state " + state_name(tcb.state));
	if (rub_due(&tcb, &env) != RUB_NEVER)
		fail(loc, "dead, but with a deadline");
}

void Script::connect(u16 peer_wnd, where loc)
{
	mark();
	open(loc);
	expect(seg(SYN), loc);
	at(RTT, loc);
	send(seg(SYN | ACK, 0, 1).window(peer_wnd), loc);
	expect(seg(ACK, 1, 1), loc);
	state_is(RUBATO_ESTABLISHED, loc);
	mark();
}

void Script::listen()
{
	phase = Phase::LISTEN;
}

void Script::accept(where loc)
{
	mark();
	listen();
	send(seg(SYN), loc);
	expect(seg(SYN | ACK, 0, 1), loc);
	at(RTT, loc);
	send(seg(ACK, 1, 1), loc);
	silence(loc);
	state_is(RUBATO_ESTABLISHED, loc);
	mark();
}

void Script::to_fin_wait_1(where loc)
{
	connect(PEER_WND, loc);
	shutdown(loc);
	expect(seg(FIN | ACK, 1, 1), loc);
	state_is(RUBATO_FIN_WAIT_1, loc);
}

void Script::to_fin_wait_2(where loc)
{
	to_fin_wait_1(loc);
	send(seg(ACK, 1, 2), loc);
	silence(loc);
	state_is(RUBATO_FIN_WAIT_2, loc);
}

void Script::to_closing(where loc)
{
	to_fin_wait_1(loc);
	send(seg(FIN | ACK, 1, 1), loc);
	expect(seg(ACK, 2, 2), loc);
	state_is(RUBATO_CLOSING, loc);
}

void Script::to_close_wait(where loc)
{
	connect(PEER_WND, loc);
	send(seg(FIN | ACK, 1, 1), loc);
	expect(seg(ACK, 1, 2), loc);
	state_is(RUBATO_CLOSE_WAIT, loc);
}

void Script::to_last_ack(where loc)
{
	to_close_wait(loc);
	shutdown(loc);
	expect(seg(FIN | ACK, 1, 2), loc);
	state_is(RUBATO_LAST_ACK, loc);
}

void Script::to_time_wait(where loc)
{
	to_fin_wait_2(loc);
	send(seg(FIN | ACK, 1, 2), loc);
	expect(seg(ACK, 2, 2), loc);
	state_is(RUBATO_TIME_WAIT, loc);
	mark();
}

} // namespace script
