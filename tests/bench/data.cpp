// SPDX-License-Identifier: GPL-2.0-only
/* What a data segment costs: taken in order, with its share of the batch that it comes in. */
#include <benchmark/benchmark.h>

#include "connection.h"

namespace
{

/* Segments in order, a batch at a time, each batch ended as the shell ends it. */
void in_order(benchmark::State &state)
{
	bench::Connection c;
	const auto batch = static_cast<u64>(state.range(0));
	const u32 start = rub_rcv_nxt(&c.tcb);
	u64 arrived = 0;

	for (auto _ : state) {
		for (u64 i = 0; i < batch; i++)
			c.arrives(c.from_peer(RUB_ACK, bench::full));
		c.drain();
		benchmark::DoNotOptimize(rub_due(&c.tcb, &c.env));
		arrived += batch;
	}
	if (rub_rcv_nxt(&c.tcb) - start != static_cast<u32>(arrived * bench::full))
		state.SkipWithError("not every segment was taken");
	state.counters["segment"] =
		benchmark::Counter(static_cast<double>(arrived),
				   benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK(in_order)->ArgName("batch")->Arg(1)->Arg(2)->Arg(16);

} // namespace
