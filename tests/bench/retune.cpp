// SPDX-License-Identifier: GPL-2.0-only
/*
 * A change of policy reaches open connections: each is asked again when it is due, and what is due
 * then fires. Tables, locks and timers of the shell are not in it.
 */
#include <vector>

#include <benchmark/benchmark.h>

#include "connection.h"

namespace
{

/* 100,000 connections with data in flight; `data` becomes shorter, or so short that all fire. */
void retune(benchmark::State &state)
{
	const auto connections = static_cast<size_t>(state.range(0));
	const bool all_fire = state.range(1);
	bench::Connection c;
	rub_config config = rub_config_builtin;
	rub_policy policy;
	u64 fired = 0;

	rub_call(&c.tcb, RUB_CALL_SEND, bench::full, &c.env, &c.rx);
	c.drain();
	c.env.now += 100'000'000;
	config.rto_min = config.rto_max = all_fire ? 1'000'000 : 150'000'000;
	rub_policy_compile(&config, RUBATO_TEMPO_ONE, &policy);
	c.env.policy = &policy;
	std::vector<rub_tcb> tcbs;
	for (auto _ : state) {
		state.PauseTiming();
		tcbs.assign(connections, c.tcb);
		state.ResumeTiming();
		for (rub_tcb &tcb : tcbs) {
			if (rub_due(&tcb, &c.env) > c.env.now)
				continue;
			rub_expire(&tcb, &c.env, &c.rx);
			fired++;
		}
	}
	if (all_fire != (fired != 0))
		state.SkipWithError(all_fire ? "nothing fired" : "something fired");
	state.SetItemsProcessed(static_cast<int64_t>(state.iterations()) *
				static_cast<int64_t>(connections));
}
BENCHMARK(retune)
	->ArgNames({"connections", "fire"})
	->Args({100000, 0})
	->Args({100000, 1})
	->Unit(benchmark::kMillisecond);

} // namespace
