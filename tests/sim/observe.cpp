/* SPDX-License-Identifier: GPL-2.0-only */
#include "observe.h"

#include "invariants.h"

extern "C" {
#include "core/tcb.h"
}

namespace sim
{

Observer::Observer(const rub_tcb &t, const rub_seg &s, Stage &where)
	: stage(where), seg(s), lost(t.out.lost), acked(s.ack - t.snd_una), snd_una(t.snd_una),
	  loss(t.loss), cc(t.cc)
{
}

void Observer::look(const rub_tcb &t, const rub_rx &rx, const rub_env &env) const
{
	if (rx.mask & RUB_RX_DEAD && seg.flags & RUB_RST)
		stage.did(Mechanism::RESET);
	if (rx.reason == RUBATO_REASON_PAWS)
		stage.did(Mechanism::PAWS);
	if (rx.reason == RUBATO_REASON_RATE_LIMIT)
		stage.did(Mechanism::LIMITED);
	if (rx.reason == RUBATO_REASON_OOO_FULL)
		stage.did(Mechanism::HOLES_FULL);
	if (!(seg.flags & RUB_SYN) && static_cast<u32>(seg.wnd) << t.snd_scale > 65535)
		stage.did(Mechanism::SCALED);
	if (!rub_synchronized(&t) || rub_is_dead(&t))
		return;
	recovery(t, env);
	congestion(t, env);
}

/* Lost, though RFC 8985 does not say so: then RFC 6675 did. */
bool by_count(const rub_tcb &t, rub_ns now)
{
	for (u16 i = rub_rec_head(&t.out); i != RUB_NO_NODE; i = rub_rec_next(&t.out, i)) {
		const rub_node &n = *rub_rec_at(&t.out, i);

		if (n.flags & RUB_N_LOST && (!rub_rack_sent_after(&t.loss.rack, &n) ||
					     n.sent + t.loss.rack.rtt + rub_rack_window(&t) > now))
			return true;
	}
	return false;
}

void Observer::recovery(const rub_tcb &t, const rub_env &env) const
{
	const rub_loss &now = t.loss;

	/* Nothing but an undo, or something new that may prove wrong, changes this. */
	if (loss.undo && !now.undo) {
		if (loss.frto == RUB_FRTO_NEW && now.frto == RUB_FRTO_OFF)
			stage.did(t.opts & RUB_OPT_SACK ? Mechanism::FRTO_SACK : Mechanism::FRTO);
		else
			stage.did(!now.again ? Mechanism::UNDO_DSACK : Mechanism::UNDO_TIMESTAMP);
	}
	if (t.opts & RUB_OPT_SACK && now.mode == RUB_LOSS_RECOVERY && now.prr_delivered)
		stage.did(Mechanism::PRR);
	if (now.rack.mult > loss.rack.mult && loss.rack.mult)
		stage.did(Mechanism::REORDERING_WIDER);
	if (now.rack.reordering && !loss.rack.reordering)
		stage.did(Mechanism::REORDERING);
	if (t.opts & RUB_OPT_SACK && t.out.lost > lost && loss.mode == RUB_LOSS_OPEN &&
	    by_count(t, env.now))
		stage.did(Mechanism::SACK_COUNT);
}

void Observer::congestion(const rub_tcb &t, const rub_env &env) const
{
	const rub_cc &now = t.cc;

	if (!cc.hystart.baseline && now.hystart.baseline)
		stage.did(Mechanism::HYSTART_CSS);
	if (cc.hystart.baseline && !now.hystart.baseline && now.ssthresh == cc.ssthresh)
		stage.did(Mechanism::HYSTART_RESUME);
	if (cc.hystart.baseline && cc.ssthresh == RUB_SSTHRESH_INFINITE &&
	    now.ssthresh == now.cwnd && loss.mode == RUB_LOSS_OPEN &&
	    t.loss.mode == RUB_LOSS_OPEN && now.hystart.rounds >= RUB_HYSTART_ROUNDS)
		stage.did(Mechanism::HYSTART_EXIT);
	if (now.algorithm == RUBATO_CONGESTION_CUBIC && now.cubic.runs && now.cwnd > cc.cwnd &&
	    cc.cwnd >= cc.ssthresh)
		cubic(t, env);
}

/* RFC 9438 sections 4.3 to 4.5: where on its curve did the window grow? */
void Observer::cubic(const rub_tcb &t, const rub_env &env) const
{
	const rub_cubic &c = t.cc.cubic;

	if (t.cc.cwnd == c.w_est)
		stage.did(Mechanism::CUBIC_FRIENDLY);
	else if ((env.now - c.epoch) / MSEC < c.k)
		stage.did(Mechanism::CUBIC_CONCAVE);
	else
		stage.did(Mechanism::CUBIC_CONVEX);
}

} // namespace sim
