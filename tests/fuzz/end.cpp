// SPDX-License-Identifier: GPL-2.0-only
/* How a shell drives the core. What is judged: judge.cpp. */
#include "end.h"

#include <cstring>

#include "fuzz.h"
#include "sequence.h"

namespace fuzz
{

namespace
{

/* Neither a deadline nor a proposal may come again and again. */
constexpr u32 AGAIN_MAX = 16;

template <typename T>
bool same_bytes(const T &a, const T &b)
{
	return !memcmp(&a, &b, sizeof(T));
}

rub_seg segment_of(const rub_tx &tx, u32 done, u32 len)
{
	rub_seg seg = {};

	seg.seq = tx.seq + done;
	seg.ack = tx.ack;
	seg.len = len;
	seg.tsval = tx.tsval;
	seg.tsecr = tx.tsecr;
	seg.wnd = tx.wnd;
	seg.mss = tx.mss;
	seg.urg = tx.urg;
	seg.flags = tx.flags;
	seg.opts = tx.opts;
	seg.wscale = tx.wscale;
	seg.ecn = tx.ecn;
	seg.n_sack = tx.n_sack;
	std::copy(tx.sack, tx.sack + tx.n_sack, seg.sack);
	return seg;
}

} // namespace

End::End(const Host &host, const rub_config &config, const rub_ns &clock)
	: host_(host), now_(clock), phase_(host.listens ? Phase::LISTEN : Phase::CLOSED),
	  tcb_(std::make_unique<rub_tcb>())
{
	rub_policy_compile(&config, RUBATO_TEMPO_ONE, &policy_);
	memset(tcb_.get(), 0, sizeof(*tcb_));
	rub_init(tcb_.get());
	env_.policy = &policy_;
	env_.isn_hash = host.isn_hash;
	env_.cookie_key[0] = host.isn_hash + 1;
	env_.cookie_key[1] = host.isn_hash + 2;
	env_.ts_offset = static_cast<u32>(host.isn_hash);
	was_ = tcb_->state;
}

rub_env &End::world()
{
	const u64 unread = phase_ == Phase::CONNECTION && !orphan_ ? in_order_ - read_ : 0;

	random_ = random_ * 1664525 + 1013904223;
	env_.now = now_;
	env_.rnd = random_;
	env_.rcv_free = unread < host_.buffer ? host_.buffer - static_cast<u32>(unread) : 0;
	env_.rcv_buf = host_.buffer;
	env_.rcv_max = host_.buffer_max;
	env_.path_mss = host_.path_mss;
	env_.adv_mss = host_.adv_mss;
	env_.gso_max = host_.gso_max;
	env_.edt = host_.edt;
	env_.reincarnates = false;
	return env_;
}

/* The same for what takes the place of a TIME_WAIT. */
rub_env &End::succeeds(u32 old_nxt)
{
	world();
	env_.reincarnates = true;
	env_.old_nxt = old_nxt;
	return env_;
}

u8 End::state() const
{
	switch (phase_) {
	case Phase::LISTEN:
		return RUBATO_LISTEN;
	case Phase::HALF:
		return RUBATO_SYN_RCVD;
	case Phase::TIME_WAIT:
		return RUBATO_TIME_WAIT;
	case Phase::CONNECTION:
		return rub_state(tcb_.get());
	default:
		return RUBATO_CLOSED;
	}
}

/* A new connection in the place of tcb_. */
void End::begin(u32 first)
{
	phase_ = Phase::CONNECTION;
	streams_.emplace_back();
	received_ = Received();
	first_ = first;
	known_ = false;
	in_order_ = read_ = acked_ = 0;
	peer_fin_ = orphan_ = dead_ = time_wait_ = false;
	limited_from_ = 0;
	limited_ = 0;
}

/* The connection is no more; what was lent to it comes back. */
void End::end()
{
	const rub_node *lent = rub_unlend(tcb_.get());

	EXPECT(lent == (lent_.empty() ? nullptr : lent_.data()));
	EXPECT(rub_lent(tcb_.get()) == 0);
	lent_.clear();
	rub_renew(tcb_.get());
	was_ = tcb_->state;
	phase_ = host_.listens ? Phase::LISTEN : Phase::CLOSED;
}

/* Calls. */

void End::open(bool picked)
{
	std::optional<u32> old;
	rub_rx rx;

	if (phase_ == Phase::TIME_WAIT) {
		if (rub_tw_reuse(&tw_, &world(), picked))
			return;
		old = tw_.snd_nxt;
		phase_ = Phase::CLOSED;
	}
	if (phase_ != Phase::CLOSED)
		return;
	begin(0);
	EXPECT(!rub_call(tcb_.get(), RUB_CALL_OPEN, 0, old ? &succeeds(*old) : &world(), &rx));
	EXPECT(!old || seq_lt(*old, tcb_->iss));
	collect(rx, nullptr);
	settle();
}

void End::call(enum rub_call which, u32 arg)
{
	const rub_tcb before = *tcb_;
	rub_rx rx;
	int err;

	EXPECT(which != RUB_CALL_OPEN || phase_ == Phase::CONNECTION);
	err = rub_call(tcb_.get(), which, arg, &world(), &rx);
	TELL(" call %u, %u: %d\n", which, arg, err);
	if (err) {
		EXPECT(err < 0 && same_bytes(before, *tcb_));
		return;
	}
	EXPECT(phase_ == Phase::CONNECTION);
	if (which == RUB_CALL_SEND || which == RUB_CALL_SEND_URGENT)
		streams_.back().written += arg;
	if (which == RUB_CALL_SHUTDOWN || which == RUB_CALL_CLOSE)
		streams_.back().finished = true;
	if (which == RUB_CALL_CLOSE)
		orphan_ = true;
	collect(rx, nullptr);
	settle();
}

void End::write(u32 bytes, bool urgent)
{
	call(urgent ? RUB_CALL_SEND_URGENT : RUB_CALL_SEND, bytes);
}

void End::read(u32 bytes)
{
	read_ += std::min<u64>(bytes, unread());
	call(RUB_CALL_RECEIVE, 0);
}

void End::close()
{
	call(RUB_CALL_CLOSE, static_cast<u32>(unread()));
}

void End::set(rub_option option, bool on)
{
	rub_set(tcb_.get(), option, on, &world());
	EXPECT(rub_is_set(tcb_.get(), option) == on);
	if (phase_ == Phase::CONNECTION)
		settle();
}

/* Other clocks: one retune, one try at most. */
void End::retune(const rub_config &config, u32 tempo)
{
	const u32 tries = tcb_->run.life, born_before = born();
	const bool quiet = phase_ == Phase::CONNECTION && !batched_ && due() > now_;

	rub_policy_compile(&config, tempo, &policy_);
	if (phase_ != Phase::CONNECTION)
		return;
	fire();
	if (quiet && phase_ == Phase::CONNECTION && born() == born_before)
		EXPECT(tcb_->run.life <= tries + 1);
}

/* The timer. */

rub_ns End::due()
{
	const rub_env &env = world();
	rub_ns at = RUB_NEVER;

	switch (phase_) {
	case Phase::CONNECTION:
		return rub_due(tcb_.get(), &env);
	case Phase::HALF:
		at = rub_half_due(&half_, &env);
		return waits_ ? std::min(at, rub_tw_due(&tw_, &env)) : at;
	case Phase::TIME_WAIT:
		return rub_tw_due(&tw_, &env);
	default:
		return RUB_NEVER;
	}
}

void End::fire_half()
{
	for (u32 i = 0; phase_ == Phase::HALF && rub_half_due(&half_, &world()) <= now_; i++) {
		rub_tx tx = {};
		const rub_verdict verdict = rub_half_expire(&half_, &world(), &tx);

		EXPECT(i < AGAIN_MAX);
		EXPECT(verdict == RUB_ANSWER || verdict == RUB_REMOVE);
		if (verdict == RUB_REMOVE)
			half_ends();
		else
			answer({}, verdict, tx);
	}
}

void End::fire()
{
	rub_rx rx;

	if (waits_ && rub_tw_due(&tw_, &world()) <= now_)
		waits_ = false;
	if (phase_ == Phase::HALF)
		fire_half();
	if (phase_ == Phase::TIME_WAIT && rub_tw_due(&tw_, &world()) <= now_)
		phase_ = host_.listens ? Phase::LISTEN : Phase::CLOSED;
	if (phase_ != Phase::CONNECTION)
		return;
	if (due() > now_) {
		/* Too early: nothing happens. */
		const rub_tcb before = *tcb_;

		rub_expire(tcb_.get(), &world(), &rx);
		EXPECT(!rx.mask && !rx.n_steps && same_bytes(before, *tcb_));
		return;
	}
	for (u32 i = 0; phase_ == Phase::CONNECTION && due() <= now_; i++) {
		EXPECT(i < AGAIN_MAX);
		rub_expire(tcb_.get(), &world(), &rx);
		collect(rx, nullptr);
		drain();
	}
}

/* What the core says. */

void End::collect(const rub_rx &rx, const Packet *packet)
{
	if (rub_synchronized(tcb_.get()) && !known_)
		first_ = rub_rcv_first(tcb_.get());
	judge_steps(rx);
	if (rx.mask & RUB_RX_KEEP)
		judge_keep(rx, *packet);
	judge_delivery(rx, packet);
	if (rx.mask & RUB_RX_ACKED)
		acked_ += rx.acked;
	dead_ |= (rx.mask & RUB_RX_DEAD) != 0;
	time_wait_ |= (rx.mask & RUB_RX_TIME_WAIT) != 0;
	judge();
}

/* The end of an event. */
void End::settle()
{
	acks_ = resets_ = 0;
	if (!batched_ || dead_ || time_wait_)
		drain();
}

/* Sending. */

bool End::propose(rub_tx &tx)
{
	const rub_tcb before = *tcb_;
	const rub_env &env = world();
	rub_tx again;
	bool any;

	memset(&tx, 0, sizeof(tx));
	memset(&again, 0, sizeof(again));
	any = rub_transmit(tcb_.get(), &env, &tx);
	EXPECT(any == rub_transmit(tcb_.get(), &env, &again) && same_bytes(tx, again));
	EXPECT(same_bytes(before, *tcb_));
	return any;
}

bool End::lend()
{
	const u16 had = rub_lent(tcb_.get());
	const u16 more = std::min<u16>(host_.most_lent, static_cast<u16>(had ? 2 * had : 3));

	if (more <= had)
		return false;
	std::vector<rub_node> nodes(more);
	const rub_node *before = rub_lend(tcb_.get(), nodes.data(), more);

	EXPECT(before == (lent_.empty() ? nullptr : lent_.data()));
	lent_ = std::move(nodes);
	return true;
}

s64 End::fate(u32 len)
{
	const Fate now = static_cast<Fate>(fates_ >> next_fate_ & 3);

	next_fate_ = (next_fate_ + 2) % 8;
	switch (now) {
	case Fate::HALF:
		return len > 1 ? len / 2 : len;
	case Fate::DROPPED:
		return len ? 0 : -ENOBUFS;
	case Fate::REFUSED:
		return -ENOBUFS;
	default:
		return len;
	}
}

void End::emit(const rub_tx &tx, u32 len)
{
	u32 done = 0;

	last_ = tx;
	do {
		const u32 n = tx.cut ? std::min<u32>(tx.cut, len - done) : len - done;
		Packet p = {};

		p.seg = segment_of(tx, done, n);
		if (done + n < tx.len)
			p.seg.flags &= static_cast<u8>(~(RUB_FIN | RUB_PSH));
		p.genuine = true;
		p.stream = born() ? born() - 1 : 0;
		p.offset = p.seg.seq - (tcb_->iss + 1);
		p.born = now_;
		out.push_back(p);
		done += n;
	} while (done < len);
}

void End::drain()
{
	u32 left = AGAIN_MAX + rub_queued(tcb_.get());

	if (phase_ != Phase::CONNECTION)
		return;
	acks_ = resets_ = 0;
	for (;; left--) {
		rub_tx tx;

		EXPECT(left);
		if (!propose(tx)) {
			EXPECT(tx.hold != RUB_HOLD_PACED || due() != RUB_NEVER);
			if (tx.hold != RUB_HOLD_NODES || !lend())
				break;
			continue;
		}
		judge_unit(tx);
		acks_ += tx.unit == RUB_UNIT_ACK;
		resets_ += tx.unit == RUB_UNIT_RST;
		const s64 result = fate(tx.len);

		TELL(" -> unit %u flags %02x seq %u ack %u len %u wnd %u tries %u%s: %lld\n",
		     tx.unit, tx.flags, tx.seq - tcb_->iss, tx.ack - first_, tx.len, tx.wnd,
		     tx.tries, tx.again ? " again" : "", result);
		rub_sent(tcb_.get(), &tx, result, &world());
		if (result >= 0 && (result || !tx.len)) {
			judge_edge(tx);
			emit(tx, static_cast<u32>(result));
		}
		judge_unit_left();
	}
	judge();
	EXPECT(acks_ <= 1);
	EXPECT(resets_ <= 1);
	if (dead_) {
		end();
	} else if (time_wait_) {
		rub_tw_init(&tw_, tcb_.get(), &world());
		EXPECT(tw_.rcv_nxt == tcb_->rcv_nxt && tw_.snd_nxt == tcb_->snd_max);
		end();
		phase_ = Phase::TIME_WAIT;
	}
}

/* An entry's answer. Return: whether there was one. */
bool End::answer(const Packet &packet, rub_verdict verdict, const rub_tx &tx)
{
	if (verdict != RUB_ANSWER && verdict != RUB_CREATE && verdict != RUB_REMOVE_ANSWER) {
		EXPECT(verdict != RUB_DROP || tx.reason <= RUBATO_REASON_MAX);
		return false;
	}
	EXPECT(!(packet.seg.flags & RUB_RST) || tx.unit != RUB_UNIT_RST);
	EXPECT(!tx.len && rub_options_len(&tx) <= RUB_OPTIONS_MAX);
	const bool left = fate(0) >= 0;

	if (phase_ == Phase::HALF)
		rub_half_sent(&half_, &tx, left ? 0 : -ENOBUFS, &world());
	if (left)
		emit(tx, 0);
	return true;
}

/* Receiving. */

void End::arrive(const Packet &packet)
{
	const rub_seg &seg = packet.seg;
	rub_tx tx = {};

	TELL(" <- flags %02x seq %u ack %u len %u wnd %u opts %x ts %u %u sacks %u\n", seg.flags,
	     seg.seq - first_, seg.ack - tcb_->iss, seg.len, seg.wnd, seg.opts, seg.tsval,
	     seg.tsecr, seg.n_sack);
	switch (phase_) {
	case Phase::CONNECTION:
		arrive_open(packet);
		break;
	case Phase::HALF:
		arrive_half(packet);
		break;
	case Phase::TIME_WAIT:
		arrive_time_wait(packet);
		break;
	case Phase::LISTEN:
		arrive_listen(packet, 0);
		break;
	case Phase::CLOSED:
		if (rub_stray_segment(&packet.seg, &tx)) {
			EXPECT(!(packet.seg.flags & RUB_RST));
			emit(tx, 0);
		}
	}
}

void End::arrive_open(const Packet &packet)
{
	const u32 before = born();
	rub_rx rx;

	rub_segment(tcb_.get(), &packet.seg, &world(), &rx);
	collect(rx, &packet);
	settle();
	if (!batched_ && born() == before)
		judge_answer(packet, rx);
}

void End::arrive_listen(const Packet &packet, std::optional<u32> old)
{
	const u8 kind = packet.seg.flags & (RUB_SYN | RUB_ACK | RUB_RST);
	rub_half fresh = {};
	rub_tx tx = {};

	if (kind == RUB_ACK && host_.cookies && !old) {
		const rubato_reason reason = rub_cookie_accept(&packet.seg, &world(), &fresh);

		if (reason == RUBATO_REASON_NONE) {
			establish(fresh, packet);
			return;
		}
		EXPECT(reason == RUBATO_REASON_BAD_COOKIE);
	}
	if (kind == RUB_SYN && host_.cookies && !old) {
		rub_cookie_answer(&packet.seg, &world(), &tx);
		EXPECT(tx.flags & RUB_SYN && tx.flags & RUB_ACK && tx.ack == packet.seg.seq + 1);
		answer(packet, RUB_ANSWER, tx);
		return;
	}
	const rub_env &env = old ? succeeds(*old) : world();
	const rub_verdict verdict = rub_listen_segment(&packet.seg, &env, &fresh, &tx);

	EXPECT((verdict == RUB_CREATE) == (kind == RUB_SYN));
	EXPECT(verdict != RUB_DROP || tx.reason);
	if (verdict == RUB_CREATE) {
		EXPECT(!old || seq_lt(*old, fresh.iss));
		half_ = fresh;
		phase_ = Phase::HALF;
	}
	answer(packet, verdict, tx);
}

/* The TIME_WAIT that it would have succeeded is found again. */
void End::half_ends()
{
	phase_ = waits_ ? Phase::TIME_WAIT : Phase::LISTEN;
	waits_ = false;
}

void End::arrive_half(const Packet &packet)
{
	rub_tx tx = {};
	const rub_verdict verdict = rub_half_segment(&half_, &packet.seg, &world(), &tx);

	EXPECT(verdict != RUB_CREATE && verdict != RUB_REINCARNATE);
	EXPECT(verdict != RUB_DROP || tx.reason);
	answer(packet, verdict, tx);
	if (verdict == RUB_ESTABLISH) {
		waits_ = false;
		establish(half_, packet);
	} else if (verdict == RUB_REMOVE || verdict == RUB_REMOVE_ANSWER) {
		half_ends();
	}
}

void End::establish(const rub_half &from, const Packet &packet)
{
	const rub_half half = from;
	rub_rx rx;

	begin(half.irs + 1);
	was_ = RUBATO_SYN_RCVD;
	rub_from_half(tcb_.get(), &half, &packet.seg, &world(), &rx);
	collect(rx, &packet);
	settle();
}

void End::arrive_time_wait(const Packet &packet)
{
	rub_tx tx = {};
	rub_verdict verdict = rub_tw_segment(&tw_, &packet.seg, &world(), &tx);

	if (verdict == RUB_REINCARNATE && host_.listens) {
		waits_ = true;
		arrive_listen(packet, tw_.snd_nxt);
		EXPECT(phase_ == Phase::HALF);
		return;
	}
	if (verdict == RUB_REINCARNATE)
		verdict = rub_tw_refuse(&tw_, &world(), &tx);
	EXPECT(verdict == RUB_DROP || verdict == RUB_ANSWER || verdict == RUB_REMOVE);
	EXPECT(verdict != RUB_DROP || tx.reason);
	answer(packet, verdict, tx);
	if (verdict == RUB_REMOVE)
		phase_ = host_.listens ? Phase::LISTEN : Phase::CLOSED;
}

} // namespace fuzz
