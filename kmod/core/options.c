// SPDX-License-Identifier: GPL-2.0-only
/*
 * The options of a TCP header: RFC 9293 section 3.2 (MSS), RFC 7323 sections 2.2 and 3.2 (window
 * scale, timestamps), RFC 2018 sections 2 and 3 (SACK).
 */
#include "core/tcb.h"

enum {
	KIND_END	= 0,
	KIND_NOP	= 1,
	KIND_MSS	= 2,
	KIND_WSCALE	= 3,
	KIND_SACK_OK	= 4,
	KIND_SACK	= 5,
	KIND_TS		= 8,
};

#define LEN_MSS		4U
#define LEN_WSCALE	3U
#define LEN_SACK_OK	2U
#define LEN_TS		10U
#define LEN_BLOCK	8U

#ifdef RUBATO_PLANT_BUG
/* The bug that the suites must catch: what belongs to a SYN counts on every segment. */
#define PLANTED_ANYWHERE true
#else
#define PLANTED_ANYWHERE false
#endif

static u16 get16(const u8 *p)
{
	return (u16)(p[0] << 8 | p[1]);
}

static u32 get32(const u8 *p)
{
	return (u32)get16(p) << 16 | get16(p + 2);
}

static u8 *put16(u8 *p, u16 v)
{
	p[0] = (u8)(v >> 8);
	p[1] = (u8)v;
	return p + 2;
}

static u8 *put32(u8 *p, u32 v)
{
	return put16(put16(p, (u16)(v >> 16)), (u16)v);
}

static void parse_sack(const u8 *value, u32 len, struct rub_seg *seg)
{
	u32 i, n = len / LEN_BLOCK;

	_Static_assert((RUB_OPTIONS_MAX - 2) / LEN_BLOCK == RUB_SACK_MAX, "more fit than are kept");
	if (!n || len % LEN_BLOCK)
		return;
	for (i = 0; i < n; i++) {
		seg->sack[i].from = get32(value + i * LEN_BLOCK);
		seg->sack[i].to = get32(value + i * LEN_BLOCK + 4);
	}
	seg->n_sack = (u8)n;
}

/* One option of @size bytes. Those of the handshake count on a SYN only. */
static void parse_one(const u8 *option, u32 size, struct rub_seg *seg)
{
	bool syn = seg->flags & RUB_SYN || PLANTED_ANYWHERE;

	switch (option[0]) {
	case KIND_MSS:
		if (syn && size == LEN_MSS)
			seg->mss = get16(option + 2);
		break;
	case KIND_WSCALE:
		if (syn && size == LEN_WSCALE) {
			seg->opts |= RUB_OPT_WSCALE;
			seg->wscale = option[2];
		}
		break;
	case KIND_SACK_OK:
		if (syn && size == LEN_SACK_OK)
			seg->opts |= RUB_OPT_SACK;
		break;
	case KIND_SACK:
		if (!syn)
			parse_sack(option + 2, size - 2, seg);
		break;
	case KIND_TS:
		if (size == LEN_TS) {
			seg->opts |= RUB_OPT_TS;
			seg->tsval = get32(option + 2);
			seg->tsecr = get32(option + 6);
		}
		break;
	default:
		break;
	}
}

bool rub_options_parse(const u8 *bytes, u32 len, struct rub_seg *seg)
{
	u32 size;

	seg->mss = 0;
	seg->opts = 0;
	seg->wscale = 0;
	seg->tsval = 0;
	seg->tsecr = 0;
	seg->n_sack = 0;
	for (; len; bytes += size, len -= size) {
		if (bytes[0] == KIND_END)
			return true;
		size = 1;
		if (bytes[0] == KIND_NOP)
			continue;
		if (len < 2)
			return false;
		size = bytes[1];
		if (size < 2 || size > len)
			return false;
		parse_one(bytes, size, seg);
	}
	return true;
}

u32 rub_options_len(const struct rub_tx *tx)
{
	u32 len = 0;

	if (tx->mss)
		len += LEN_MSS;
	if (tx->opts & RUB_OPT_WSCALE)
		len += 1 + LEN_WSCALE;
	if (tx->opts & RUB_OPT_SACK)
		len += LEN_SACK_OK + (tx->opts & RUB_OPT_TS ? 0 : 2);
	if (tx->opts & RUB_OPT_TS)
		len += LEN_TS + (tx->opts & RUB_OPT_SACK ? 0 : 2);
	if (tx->n_sack)
		len += 2 + 2 + tx->n_sack * LEN_BLOCK;
	return len;
}

/* Every option ends on a multiple of 4 (RFC 7323 appendix A); SACK-permitted pads timestamps. */
void rub_options_write(const struct rub_tx *tx, u8 *p)
{
	u32 i;

	if (tx->mss) {
		*p++ = KIND_MSS;
		*p++ = LEN_MSS;
		p = put16(p, tx->mss);
	}
	if (tx->opts & RUB_OPT_SACK) {
		*p++ = KIND_SACK_OK;
		*p++ = LEN_SACK_OK;
	}
	if (tx->opts & RUB_OPT_TS) {
		if (!(tx->opts & RUB_OPT_SACK)) {
			*p++ = KIND_NOP;
			*p++ = KIND_NOP;
		}
		*p++ = KIND_TS;
		*p++ = LEN_TS;
		p = put32(put32(p, tx->tsval), tx->tsecr);
	} else if (tx->opts & RUB_OPT_SACK) {
		*p++ = KIND_NOP;
		*p++ = KIND_NOP;
	}
	if (tx->opts & RUB_OPT_WSCALE) {
		*p++ = KIND_NOP;
		*p++ = KIND_WSCALE;
		*p++ = LEN_WSCALE;
		*p++ = tx->wscale;
	}
	if (!tx->n_sack)
		return;
	*p++ = KIND_NOP;
	*p++ = KIND_NOP;
	*p++ = KIND_SACK;
	*p++ = (u8)(2 + tx->n_sack * LEN_BLOCK);
	for (i = 0; i < tx->n_sack; i++)
		p = put32(put32(p, tx->sack[i].from), tx->sack[i].to);
}
