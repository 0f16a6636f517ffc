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
/* RFC 7323 section 5.5: after 24 days TS.Recent says nothing. */
#define RUB_PAWS_IDLE		(24 * 86400 * RUB_NS_PER_S)
/* RFC 9293 section 3.8.6.3 (MUST-40): the delay of an ACK is less than 0.5 s. */
#define RUB_DELACK_MAX		(499 * RUB_NS_PER_MS)
/*
 * RFC 9293 section 3.8.6.2.1: after 0.1 to 1 s a silly segment leaves after all. Who corks expects
 * Linux's ceiling, 200 ms.
 */
#define RUB_OVERRIDE		(200 * RUB_NS_PER_MS)
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
/* RFC 5681 section 3.2. */
#define RUB_DUPTHRESH		3U
/*
 * Acknowledgements that are not delayed at the start and after a pause: the peer's window doubles
 * a round trip then (RFC 5681 section 3.1), and 16 of them outlast an initial window of 10.
 */
#define RUB_QUICK_ACKS		16U
/* How far beyond the old SND.NXT a reincarnation's ISS starts: no old window reaches it. */
#define RUB_ISS_STEP		65537U

#endif
