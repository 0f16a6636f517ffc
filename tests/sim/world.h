/* SPDX-License-Identifier: GPL-2.0-only */
/* One run: two hosts, their tuples, virtual time. Throws Violation. */
#ifndef RUBATO_SIM_WORLD_H
#define RUBATO_SIM_WORLD_H

#include <memory>

#include "endpoint.h"

namespace sim
{

class World
{
public:
	/* @picture: to be drawn on, or NULL. */
	World(const Plan &plan, bool verbose, Picture *picture);

	void play();
	const Totals &totals() const { return stage.totals; }
	u64 trace() const { return stage.trace.hash(); }
	rub_ns now() const { return stage.now; }
	/* The tuple that the last event was about. */
	u16 at() const { return touched; }

private:
	struct Tuple {
		History history;
		std::unique_ptr<Endpoint> end[2];
		rub_ns opens = RUB_NEVER; /* the next connect() */
		u32 left;		  /* incarnations still to come */
	};

	rub_ns next();
	void happen();
	void happen(Tuple &tuple);
	void open(Tuple &tuple);
	void plan_next(Tuple &tuple);
	void change_mtu();
	void tell();
	void forge();
	void reboot();
	void check();
	void finish();
	bool over() const;
	/* For the picture. */
	void event(u8 side, const char *what);

	Stage stage;
	std::vector<std::unique_ptr<Tuple>> tuples;
	rub_ns retune_at = RUB_NEVER, reboot_at = RUB_NEVER, mtu_at, forge_at = RUB_NEVER;
	u32 forgeries;
	u16 touched = 0;
};

} // namespace sim

#endif
