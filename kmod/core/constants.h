/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Constants that an RFC fixes and nobody tunes, each with its section. What is a clock stands
 * in the policy; no other file in core/ may hold a time.
 */
#ifndef RUBATO_CORE_CONSTANTS_H
#define RUBATO_CORE_CONSTANTS_H

#define RUB_NS_PER_MS		1000000ULL
#define RUB_NS_PER_S		1000000000ULL

/* RFC 9293 section 3.4.1: the ISN generator ticks every 4 us. */
#define RUB_ISN_TICK		4000U
/* RFC 6298 section 5.7: the RTO after a SYN that had to be sent again. */
#define RUB_RTO_AFTER_SYN_LOSS	(3 * RUB_NS_PER_S)
/* RFC 6298 section 2: the clock's granularity G. */
#define RUB_RTT_GRANULARITY	RUB_NS_PER_MS
/* RFC 5961 section 7: at most 10 challenge ACKs in 5 s, and how many nobody can foretell. */
#define RUB_CHALLENGE_PERIOD	(5 * RUB_NS_PER_S)
#define RUB_CHALLENGE_MIN	5U
#define RUB_CHALLENGE_MAX	10U
/* RFC 7323 section 5.4: the timestamp clock ticks between once in 1 ms and once a second. */
#define RUB_TS_TICK		((u32)RUB_NS_PER_MS)
/* RFC 9293 section 3.4.2: no segment lives longer than 2 minutes; an older echo is a lie. */
#define RUB_ECHO_MAX		(2 * 120 * RUB_NS_PER_S)
/* RFC 7323 section 5.5: after 24 days TS.Recent says nothing. */
#define RUB_PAWS_IDLE		(24 * 86400 * RUB_NS_PER_S)
/* RFC 9293 section 3.8.6.3 (MUST-40): the delay of an ACK is less than 0.5 s. */
#define RUB_DELACK_MAX		(499 * RUB_NS_PER_MS)
/*
 * RFC 9293 section 3.8.6.2.1: after 0.1 to 1 s a silly segment leaves after all. Who corks expects
 * Linux's ceiling, 200 ms.
 */
#define RUB_OVERRIDE		(200 * RUB_NS_PER_MS)
/*
 * How long an RST may be taken for the answer to a challenge ACK: within a round trip, and those
 * are taken to be shorter than RFC 1122 section 4.2.3.1's initial RTO.
 */
#define RUB_CHALLENGE_ECHO	(3 * RUB_NS_PER_S)
/*
 * RFC 4987 section 3.6, appendix A: a cookie counts time in periods of so many ticks; for how many
 * periods it is valid; and to which MSS the peer's is rounded down, exact for common links.
 */
#define RUB_COOKIE_TICK		((u32)RUB_NS_PER_S)
#define RUB_COOKIE_PERIOD	64U
#define RUB_COOKIE_PERIODS	2U
#define RUB_COOKIE_MSS		{ RUB_MSS_FLOOR, 128, 256, RUB_MSS_DEFAULT, 1024, 1220, 1300, \
				  1360, 1400, 1420, 1440, 1452, 1460, 4016, 8192, 8960 }
/* The least that tempo leaves of a duration that is not zero. */
#define RUB_TEMPO_FLOOR		RUB_NS_PER_MS

/* RFC 9293 section 3.7.1: the MSS of a peer that announces none. */
#define RUB_MSS_DEFAULT		536U
/* A peer's MSS is never taken below this (CVE-2019-11479). */
#define RUB_MSS_FLOOR		48U
/* RFC 9293 section 3.1: the largest window without scaling. */
#define RUB_WINDOW_MAX		65535U
/* RFC 9293 section 3.1: the farthest that an urgent pointer points. */
#define RUB_URGENT_MAX		65535U
/* RFC 7323 section 2.3: the largest shift. */
#define RUB_WSCALE_MAX		14U
/* RFC 7323 appendix A: the timestamps option with its padding. */
#define RUB_TS_SPACE		12U
/* RFC 6928 section 2: min(10 MSS, max(2 MSS, 14600)). */
#define RUB_IW_SEGMENTS		10U
#define RUB_IW_BYTES		14600U
/* RFC 7323 section 2.3: no window is larger, so no cwnd need be. */
#define RUB_CWND_MAX		(1U << 30)
/* RFC 5681 section 3.1: arbitrarily high. */
#define RUB_SSTHRESH_INFINITE	(~0U)
/* RFC 9406 section 4.3: L, segments an ACK of slow start counts for without pacing. */
#define RUB_SLOW_START_SEGMENTS	8U
/* RFC 7661 section 4.4: how long a window that is not used is kept. */
#define RUB_CWV_PERIOD		(300 * RUB_NS_PER_S)

/* RFC 9406 section 4.3: MIN_RTT_THRESH, MAX_RTT_THRESH, MIN_RTT_DIVISOR, N_RTT_SAMPLE. */
#define RUB_HYSTART_THRESH_MIN	(4 * RUB_NS_PER_MS)
#define RUB_HYSTART_THRESH_MAX	(16 * RUB_NS_PER_MS)
#define RUB_HYSTART_DIVISOR	8U
#define RUB_HYSTART_SAMPLES	8U
/* CSS_GROWTH_DIVISOR, CSS_ROUNDS. */
#define RUB_HYSTART_GROWTH	4U
#define RUB_HYSTART_ROUNDS	5U

/* RFC 9438, counted in ms. Section 4.1: 1/C is 2.5 s^3 a segment; section 4.6: beta is 0.7. */
#define RUB_CUBIC_TICK		RUB_NS_PER_MS
#define RUB_CUBIC_INVERSE_C	2500000000ULL
#define RUB_CUBIC_BETA_NUM	7U
#define RUB_CUBIC_BETA_DEN	10U
/* Section 4.3: alpha = 3 (1 - beta) / (1 + beta). */
#define RUB_CUBIC_ALPHA_NUM	9U
#define RUB_CUBIC_ALPHA_DEN	17U
/* The same in two steps: a cube of ms, times MSS, fits 64 bits. */
#define RUB_CUBIC_CUBE	1000000U
#define RUB_CUBIC_STEPS		2500U
/* No more ms away from K than this: its cube fits 64 bits, the window is at its largest. */
#define RUB_CUBIC_MS_MAX	(1U << 20)

/* Below this round trip (a host, a rack) a timer costs more than a burst does. */
#define RUB_PACE_RTT_MIN	RUB_NS_PER_MS
/* Round trips count in steps of 256 ns, up to a minute: products with a window fit 64 bits. */
#define RUB_PACE_SHIFT		8U
#define RUB_PACE_RTT_MAX	(1ULL << 36)
/* What leaves at once, as time; and how late a timer is made up for. */
#define RUB_PACE_QUANTUM	RUB_NS_PER_MS
/* RFC 5681 section 3.2. */
#define RUB_DUPTHRESH		3U
/* RFC 5682 section 2.1 (3a): the most that cwnd is two round trips after a timeout. */
#define RUB_FRTO_SEGMENTS	3U
/*
 * Acknowledgements that are not delayed at the start and after a pause: the peer's window doubles
 * a round trip then (RFC 5681 section 3.1), and 16 of them outlast an initial window of 10.
 */
#define RUB_QUICK_ACKS		16U
/* RFC 8985 section 6.2: the reordering window is a quarter of the least RTT, times a factor ... */
#define RUB_REO_WND_SHIFT	2U
/* ... that a D-SACK raises for so many recoveries. */
#define RUB_REO_WND_PERSIST	16U
#define RUB_REO_WND_MULT_MAX	255U
/* RFC 8985 section 7.2: PTO without SRTT; TLP.max_ack_delay, Linux's longest. */
#define RUB_PTO_INITIAL		RUB_NS_PER_S
#define RUB_TLP_MAX_ACK_DELAY	(200 * RUB_NS_PER_MS)
/* RFC 9293 section 3.8.3: R1 SHOULD be at least 3 retransmissions. */
#define RUB_R1			3U
/*
 * RFC 4821 section 7.2: a size that works nearly everywhere, without headers and options: Linux's
 * tcp_base_mss. What is searched for is not worth a probe below RUB_PLPMTUD_STEP (section 7.3).
 */
#define RUB_BASE_PLPMTU		1024U
#define RUB_PLPMTUD_STEP	8U
/* RFC 4821 section 7.3, RFC 8899 section 5.1.1: PMTU_RAISE_TIMER. */
#define RUB_PMTU_RAISE		(600 * RUB_NS_PER_S)
/* RFC 4821 sections 7.6.2 and 7.6.3: windows between a probe that is lost and the next. */
#define RUB_PLPMTUD_HEADWAY	1U
#define RUB_PLPMTUD_HEADWAY_TIMEOUT 5U
/* How far beyond the old SND.NXT a reincarnation's ISS starts: no old window reaches it. */
#define RUB_ISS_STEP		65537U

#endif
