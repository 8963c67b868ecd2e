// SPDX-License-Identifier: GPL-2.0-only
/* Asymmetric logical unit access: the rules, without any device. */
#include "alua.h"

#define REPORT_HEADER	4
#define EXTENDED_HEADER	8
#define GROUP_LEN	8
#define PORT_LEN	4
#define LIST_HEADER	4
#define WISH_LEN	4

/* T_SUP, O_SUP, U_SUP, S_SUP, AN_SUP, AO_SUP (SPC-4 table 305) */
#define STATES_SUPPORTED	0xcf

static const struct {
	u8 state;
	const char *name;
} states[] = {
	{ SL_ALUA_ACTIVE, "active" },
	{ SL_ALUA_NONOPTIMIZED, "nonoptimized" },
	{ SL_ALUA_STANDBY, "standby" },
	{ SL_ALUA_UNAVAILABLE, "unavailable" },
	{ SL_ALUA_OFFLINE, "offline" },
	{ SL_ALUA_TRANSITIONING, "transitioning" },
};

const char *sl_alua_name(u8 state)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(states); i++)
		if (states[i].state == state)
			return states[i].name;
	return NULL;
}

bool sl_alua_from_name(const char *name, u8 *state)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(states); i++) {
		if (!strcmp(states[i].name, name)) {
			*state = states[i].state;
			return true;
		}
	}
	return false;
}

enum sl_sense sl_alua_gate(u8 state, const struct sl_op *op)
{
	switch (state) {
	case SL_ALUA_ACTIVE:
	case SL_ALUA_NONOPTIMIZED:
		return SL_OK;
	case SL_ALUA_STANDBY:
		return op->flags & (SL_OPF_ALWAYS | SL_OPF_UNAVAILABLE | SL_OPF_STANDBY) ?
		       SL_OK : SL_PORT_STANDBY;
	case SL_ALUA_UNAVAILABLE:
		return op->flags & (SL_OPF_ALWAYS | SL_OPF_UNAVAILABLE) ?
		       SL_OK : SL_PORT_UNAVAILABLE;
	case SL_ALUA_OFFLINE:
		return op->flags & SL_OPF_ALWAYS ? SL_OK : SL_PORT_OFFLINE;
	default:
		return op->flags & SL_OPF_ALWAYS ? SL_OK : SL_PORT_TRANSITIONING;
	}
}

/* Room for @n zeroed bytes at the end, NULL once the buffer is full. */
static u8 *extend(struct sl_alua_report *r, size_t n)
{
	u8 *p = r->len + n <= r->room ? r->buf + r->len : NULL;

	r->len += n;
	if (p)
		memset(p, 0, n);
	return p;
}

void sl_alua_report_begin(struct sl_alua_report *r, u8 *buf, size_t room, bool extended)
{
	u8 *p;

	memset(r, 0, sizeof(*r));
	r->buf = buf;
	r->room = room;
	p = extend(r, extended ? EXTENDED_HEADER : REPORT_HEADER);
	/* FORMAT TYPE 001b; an implicit change takes no time that could be named. */
	if (p && extended)
		p[4] = 0x10;
}

void sl_alua_report_group(struct sl_alua_report *r, const struct sl_alua_group *group)
{
	u8 *p;

	r->group_at = r->len;
	r->ports = 0;
	p = extend(r, GROUP_LEN);
	if (!p)
		return;
	p[0] = (u8)((group->preferred ? 0x80 : 0) | group->state);
	p[1] = STATES_SUPPORTED;
	sl_put_be16(group->id, p + 2);
	p[5] = group->cause;
}

/* The count of ports is a byte. */
void sl_alua_report_port(struct sl_alua_report *r, u16 rel_tgt_id)
{
	u8 *p;

	if (r->ports == 255)
		return;
	r->ports++;
	p = extend(r, PORT_LEN);
	if (!p)
		return;
	sl_put_be16(rel_tgt_id, p + 2);
	r->buf[r->group_at + 7] = (u8)r->ports;
}

size_t sl_alua_report_end(struct sl_alua_report *r)
{
	if (r->room >= REPORT_HEADER)
		sl_put_be32((u32)(r->len - 4), r->buf);
	return r->len;
}

/* Nobody can be put into transition, and a port that is offline could not be called back. */
static bool can_be_asked_for(u8 state)
{
	return state <= SL_ALUA_UNAVAILABLE;
}

int sl_alua_read_wish(const u8 *list, size_t len, u32 index, struct sl_alua_wish *wish)
{
	size_t at = LIST_HEADER + (size_t)index * WISH_LEN;

	wish->at = at;
	if (at >= len)
		return len < LIST_HEADER ? -EINVAL : 0;
	if (len - at < WISH_LEN)
		return -EINVAL;
	wish->state = list[at] & 0x0f;
	wish->id = sl_get_be16(list + at + 2);
	return can_be_asked_for(wish->state) ? 1 : -EINVAL;
}
