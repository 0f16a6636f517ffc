/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * TIME_WAIT as conformance.md has it, sections 1 and 2, row by row; written from those tables
 * alone. The core is compared with it.
 */
#ifndef RUBATO_FUZZ_TIME_WAIT_MODEL_H
#define RUBATO_FUZZ_TIME_WAIT_MODEL_H

#include "core/policy.h"
#include "core/segment.h"

namespace fuzz
{

class TimeWait
{
public:
	enum class Verdict {
		DROP,
		ACK,	     /* always */
		LIMITED_ACK, /* unless too many left lately; then answered() is told */
		END,
		NEW_INCARNATION,
	};

	TimeWait(u32 snd_nxt, u32 rcv_nxt, bool timestamps, u32 ts_recent, rub_ns now)
		: snd_nxt_(snd_nxt), rcv_nxt_(rcv_nxt), ts_recent_(ts_recent),
		  timestamps_(timestamps), since_(now)
	{
	}

	Verdict arrives(const rub_seg &seg, const rub_policy &policy, rub_ns now);
	/* A challenge ACK left in answer to @seg. */
	void answered(const rub_seg &seg, rub_ns now);
	rub_ns ends(const rub_policy &policy) const { return since_ + 2 * policy.msl; }
	/* Section 2: may connect() have the tuple? @picked: its port was not bound by the process.
	 */
	bool may_reuse(const rub_policy &policy, rub_ns now, bool picked) const;

	u32 snd_nxt() const { return snd_nxt_; }
	u32 rcv_nxt() const { return rcv_nxt_; }
	bool timestamps() const { return timestamps_; }
	u32 ts_recent() const { return ts_recent_; }

private:
	Verdict reset(const rub_seg &seg, const rub_policy &policy, rub_ns now) const;
	Verdict syn(const rub_seg &seg, const rub_policy &policy) const;

	u32 snd_nxt_, rcv_nxt_, ts_recent_;
	bool timestamps_;
	rub_ns since_;
	rub_ns challenged_ = 0; /* when a bare SYN was answered last, 0 for never */
};

} // namespace fuzz

#endif
