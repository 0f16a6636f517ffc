// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an acknowledgement costs by the records that it touches, and by those that only exist.
 *
 * Each is measured alone, on a connection that is put back as it was in between; `nothing` is what
 * the measurement itself costs.
 */
#include <chrono>
#include <vector>

#include <benchmark/benchmark.h>

#include "connection.h"

namespace
{

constexpr u32 unit = 100; /* bytes of a record */

/* A connection with records in flight, and how to have it again. */
class InFlight
{
public:
	explicit InFlight(u32 records) : nodes_(records + 64), first_una_(0)
	{
		rub_lend(&c.tcb, nodes_.data(), static_cast<u16>(nodes_.size()));
		rub_set(&c.tcb, RUB_OPTION_NODELAY, true, &c.env);
		c.env.edt = true; /* not paced by waiting */
		c.arrives(c.from_peer(RUB_ACK, 0)); /* its window is scaled, the SYN's was not */
		for (u32 i = 0; i < records; i++) {
			c.tcb.cc.cwnd = 1u << 30;
			rub_call(&c.tcb, RUB_CALL_SEND, unit, &c.env, &c.rx);
			c.drain();
		}
		first_una_ = rub_first(&c.tcb);
		tcb_ = c.tcb;
		saved_ = nodes_;
	}

	void restore()
	{
		c.tcb = tcb_;
		std::copy(saved_.begin(), saved_.end(), nodes_.begin());
	}

	bool complete(u32 records) const { return c.tcb.out.n == records; }

	/* Behind record @i. */
	u32 behind(u32 i) const { return first_una_ + i * unit; }

	bench::Connection c;

private:
	std::vector<rub_node> nodes_, saved_;
	rub_tcb tcb_;
	u32 first_una_;
};

void measure(benchmark::State &state, InFlight &f, const rub_seg &seg)
{
	using clock = std::chrono::steady_clock;

	for (auto _ : state) {
		f.restore();
		const auto start = clock::now();

		rub_segment(&f.c.tcb, &seg, &f.c.env, &f.c.rx);
		state.SetIterationTime(std::chrono::duration<double>(clock::now() - start).count());
	}
}

void nothing(benchmark::State &state)
{
	using clock = std::chrono::steady_clock;

	for (auto _ : state) {
		const auto start = clock::now();

		state.SetIterationTime(std::chrono::duration<double>(clock::now() - start).count());
	}
}
BENCHMARK(nothing)->UseManualTime();

/* An ACK that frees the first of many. */
void ack(benchmark::State &state)
{
	const auto frees = static_cast<u32>(state.range(0)), exist = static_cast<u32>(state.range(1));
	InFlight f(exist);

	if (!f.complete(exist))
		return state.SkipWithError("fewer records than asked for");
	f.c.env.now += 10'000'000;
	rub_seg seg = f.c.from_peer(RUB_ACK, 0);

	seg.ack = f.behind(frees);
	measure(state, f, seg);
	if (!(f.c.rx.mask & RUB_RX_ACKED) || f.c.rx.acked != frees * unit)
		state.SkipWithError("the ACK did not count");
}
BENCHMARK(ack)
	->ArgNames({"frees", "exist"})
	->Args({1, 1})
	->Args({1, 10})
	->Args({1, 1000})
	->Args({1, 10000})
	->Args({10, 10})
	->Args({10, 10000})
	->Args({1000, 1000})
	->Args({1000, 10000})
	->UseManualTime();

/* Four blocks of one record each, spread over all there are: the first SACK of a loss. */
void sack(benchmark::State &state)
{
	const auto exist = static_cast<u32>(state.range(0));
	InFlight f(exist);

	if (!f.complete(exist))
		return state.SkipWithError("fewer records than asked for");
	f.c.env.now += 10'000'000;
	rub_seg seg = f.c.from_peer(RUB_ACK, 0);

	seg.ack = f.behind(0);
	seg.n_sack = 4;
	for (u32 i = 0; i < 4; i++) {
		const u32 at = (i + 1) * exist / 5;

		seg.sack[i] = {f.behind(at), f.behind(at + 1)};
	}
	measure(state, f, seg);
	if (f.c.tcb.out.sacked != 4 * unit)
		state.SkipWithError("the blocks did not count");
}
BENCHMARK(sack)->ArgName("exist")->Arg(10)->Arg(1000)->Arg(10000)->UseManualTime();

/* The same again: nothing in it is new. */
void sack_again(benchmark::State &state)
{
	const auto exist = static_cast<u32>(state.range(0));
	InFlight f(exist);
	rub_seg seg = f.c.from_peer(RUB_ACK, 0);

	seg.ack = f.behind(0);
	seg.n_sack = 4;
	for (u32 i = 0; i < 4; i++) {
		const u32 at = (i + 1) * exist / 5;

		seg.sack[i] = {f.behind(at), f.behind(at + 1)};
	}
	f.c.arrives(seg);
	for (auto _ : state)
		rub_segment(&f.c.tcb, &seg, &f.c.env, &f.c.rx);
}
BENCHMARK(sack_again)->ArgName("exist")->Arg(10)->Arg(1000)->Arg(10000);

} // namespace
