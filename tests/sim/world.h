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
	World(const Plan &plan, bool verbose);

	void play();
	const Totals &totals() const { return stage.totals; }
	u64 trace() const { return stage.trace.hash(); }

private:
	struct Tuple {
		History history;
		std::unique_ptr<Endpoint> end[2];
		rub_ns opens = RUB_NEVER; /* the next connect() */
		u32 left;		  /* incarnations still to come */
	};

	rub_ns next();
	void happen();
	void open(Tuple &tuple);
	void plan_next(Tuple &tuple);
	void tell();
	void check();
	void finish();
	bool over() const;

	Stage stage;
	rub_config config[2];
	std::vector<std::unique_ptr<Tuple>> tuples;
	rub_ns retune_at = RUB_NEVER, reboot_at = RUB_NEVER, mtu_at;
};

} // namespace sim

#endif
