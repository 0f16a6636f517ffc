/* SPDX-License-Identifier: GPL-2.0-only */
/* Which mechanisms a segment set going, seen by what it changed in the connection. */
#ifndef RUBATO_SIM_OBSERVE_H
#define RUBATO_SIM_OBSERVE_H

#include "stage.h"

#include "core/core.h"

namespace sim
{

class Observer
{
public:
	/* @seg is there, and the core has not been told. */
	Observer(const rub_tcb &tcb, const rub_seg &seg, Stage &stage);
	/* Now it has. */
	void look(const rub_tcb &tcb, const rub_rx &rx, const rub_env &env) const;

private:
	void recovery(const rub_tcb &tcb, const rub_env &env) const;
	void congestion(const rub_tcb &tcb, const rub_env &env) const;
	void cubic(const rub_tcb &tcb, const rub_env &env) const;

	Stage &stage;
	const rub_seg &seg;
	const u32 lost, acked, snd_una;
	const rub_loss loss;
	const rub_cc cc;
};

} // namespace sim

#endif
