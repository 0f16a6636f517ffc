/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A segment as the core sees it (RFC 9293 section 3.1), its options parsed. The one type that
 * the core shares with the test oracle.
 */
#ifndef RUBATO_CORE_SEGMENT_H
#define RUBATO_CORE_SEGMENT_H

#include "core/shim.h"

/* TCP's flag byte (RFC 9293 section 3.1; ECE and CWR: RFC 3168). */
#define RUB_FIN 0x01u
#define RUB_SYN 0x02u
#define RUB_RST 0x04u
#define RUB_PSH 0x08u
#define RUB_ACK 0x10u
#define RUB_URG 0x20u
#define RUB_ECE 0x40u
#define RUB_CWR 0x80u

/* Which options a segment carries; of a connection, which both sides agreed on. */
#define RUB_OPT_TS	0x01u	/* timestamps (RFC 7323 section 3) */
#define RUB_OPT_SACK	0x02u	/* SACK-permitted (RFC 2018 section 2) */
#define RUB_OPT_WSCALE	0x04u	/* window scale (RFC 7323 section 2) */
#define RUB_OPT_ECN	0x08u	/* of a connection only: RFC 3168 section 6.1.1 */

/* IP's ECN field (RFC 3168 section 5). */
#define RUB_NOT_ECT	0u
#define RUB_ECT1	1u
#define RUB_ECT0	2u
#define RUB_CE		3u

#define RUB_SACK_MAX	4	/* blocks that fit an option (RFC 2018 section 3) */

struct rub_range {
	u32 from, to; /* [from, to) in sequence space */
};

/**
 * struct rub_seg - a parsed segment
 * @seq: SEG.SEQ
 * @ack: SEG.ACK; meaningful with RUB_ACK
 * @len: payload bytes, without SYN and FIN
 * @tsval: with RUB_OPT_TS
 * @tsecr: with RUB_OPT_TS
 * @wnd: SEG.WND as it stands in the header, unscaled
 * @mss: the MSS option's value, 0 if absent
 * @urg: the urgent pointer; meaningful with RUB_URG
 * @flags: RUB_FIN ...
 * @opts: RUB_OPT_*
 * @wscale: shift count, with RUB_OPT_WSCALE
 * @ecn: IP's ECN field
 * @n_sack: blocks in @sack
 * @sack: SACK blocks in the option's order (RFC 2018 section 3)
 */
struct rub_seg {
	u32 seq, ack, len;
	u32 tsval, tsecr;
	u16 wnd, mss, urg;
	u8 flags, opts;
	u8 wscale, ecn, n_sack;
	struct rub_range sack[RUB_SACK_MAX];
};

#endif
