// SPDX-License-Identifier: GPL-2.0-only
#include "time_wait_model.h"

#include "core/constants.h"
#include "sequence.h"

namespace fuzz
{

namespace
{

/* RFC 7323 section 5.2: "s is considered to be less than t if 0 < (t - s) < 2^31". */
constexpr bool ts_less(u32 s, u32 t)
{
	return t - s > 0 && t - s < 0x80000000;
}

} // namespace

TimeWait::Verdict TimeWait::reset(const rub_seg &seg, const rub_policy &policy, rub_ns now) const
{
	/* "RST, SEQ != RCV.NXT | drop silently" */
	if (seg.seq != rcv_nxt_)
		return Verdict::DROP;
	/* "RST, SEQ == RCV.NXT | by tw-rst" */
	switch (policy.knobs.time_wait_rst) {
	case RUBATO_TW_RST_EXACT:
		return Verdict::END;
	case RUBATO_TW_RST_IGNORE:
		return Verdict::DROP;
	default:
		/* "ends it only shortly after a challenge ACK that answered a bare SYN" */
		return challenged_ && now - challenged_ < RUB_CHALLENGE_ECHO ? Verdict::END
									     : Verdict::DROP;
	}
}

TimeWait::Verdict TimeWait::syn(const rub_seg &seg, const rub_policy &policy) const
{
	const bool later = seq_lt(rcv_nxt_, seg.seq);
	const bool stamped = seg.opts & RUB_OPT_TS && policy.knobs.timestamps;

	/* "SYN with timestamps, the old incarnation had none | new incarnation" */
	if (stamped && !timestamps_)
		return Verdict::NEW_INCARNATION;
	if (stamped) {
		/* "TSval > ts_recent | new incarnation" */
		if (ts_less(ts_recent_, seg.tsval))
			return Verdict::NEW_INCARNATION;
		/* "TSval == ts_recent, SEQ > RCV.NXT | new incarnation" */
		if (ts_recent_ == seg.tsval && later)
			return Verdict::NEW_INCARNATION;
		/* "refused with a rate-limited ACK, no restart" */
		return Verdict::LIMITED_ACK;
	}
	/* "SYN without timestamps | new incarnation only if SEQ > RCV.NXT, else ACK, no restart" */
	return later ? Verdict::NEW_INCARNATION : Verdict::LIMITED_ACK;
}

TimeWait::Verdict TimeWait::arrives(const rub_seg &seg, const rub_policy &policy, rub_ns now)
{
	const u32 len = seg.len + !!(seg.flags & RUB_SYN) + !!(seg.flags & RUB_FIN);
	const bool stamped = timestamps_ && seg.opts & RUB_OPT_TS;

	if (seg.flags & RUB_RST)
		return reset(seg, policy, now);
	/* "SYN+ACK | never reopens; challenge ACK" */
	if (seg.flags & RUB_SYN && seg.flags & RUB_ACK)
		return Verdict::LIMITED_ACK;
	if (seg.flags & RUB_SYN)
		return syn(seg, policy);
	/* "no ACK bit | drop" */
	if (!(seg.flags & RUB_ACK))
		return Verdict::DROP;
	/* "old by PAWS | rate-limited ACK, no restart" */
	if (stamped && ts_less(seg.tsval, ts_recent_))
		return Verdict::LIMITED_ACK;
	/* "retransmitted FIN (ends at RCV.NXT) | ACK, restart 2 MSL, update ts_recent" */
	if (seg.flags & RUB_FIN && seg.seq + len == rcv_nxt_) {
		since_ = now;
		if (stamped)
			ts_recent_ = seg.tsval;
		return Verdict::ACK;
	}
	/* "bare ACK at RCV.NXT | drop, no restart" */
	if (!len && seg.seq == rcv_nxt_)
		return Verdict::DROP;
	/* "data or other out-of-window | rate-limited ACK, no restart"; RCV.WND counts as 0 */
	return Verdict::LIMITED_ACK;
}

void TimeWait::answered(const rub_seg &seg, rub_ns now)
{
	if ((seg.flags & (RUB_SYN | RUB_ACK | RUB_RST)) == RUB_SYN)
		challenged_ = now;
}

bool TimeWait::may_reuse(const rub_policy &policy, rub_ns now, bool picked) const
{
	const bool on = timestamps_ && policy.knobs.timestamps;

	/* "explicit bind + connect | ok | EADDRNOTAVAIL" */
	if (!picked)
		return on;
	/* "ephemeral port, `tw-reuse` off | EADDRNOTAVAIL once all ports are taken" */
	if (!policy.knobs.time_wait_reuse)
		return false;
	/* "ephemeral, on, entry younger than `tw-reuse-delay` | not that tuple"; "older | ok" */
	return on && now - since_ >= policy.tw_reuse_delay;
}

} // namespace fuzz
