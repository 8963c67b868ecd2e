// SPDX-License-Identifier: GPL-2.0-only
/* Persistent reservations (SPC-4 5.13): the rules, as a function from one state to the next. */
#include "pr.h"

#define LIST_LEN	24	/* the basic parameter list (SPC-4 table 173) */
#define ACTION_KEY_AT	8	/* in it, the service action reservation key */
#define MOVE_ID_LEN_AT	20	/* REGISTER AND MOVE: length of the TransportID (table 175) */
#define SPEC_I_PT	0x08
#define ALL_TG_PT	0x04
#define APTPL		0x01
#define MOVE_UNREG	0x02

/* --- TransportIDs --- */

#define PROTOCOL_MASK	0x0f
#define FORMAT_MASK	0xc0
#define PROTOCOL_ISCSI	0x05
#define PROTOCOL_SAS	0x06
#define FIXED_ID_LEN	24	/* every protocol but iSCSI */

u32 sl_transport_id_len(const u8 *id, size_t room)
{
	u32 len;

	if (room < FIXED_ID_LEN)
		return 0;
	if ((id[0] & PROTOCOL_MASK) != PROTOCOL_ISCSI)
		return FIXED_ID_LEN;
	/* SPC-4 7.6.4.6: at least 20 bytes of name, a multiple of four, with a NUL at the end */
	len = sl_get_be16(id + 2);
	if (len < 20 || len % 4 || len + 4 > room || len + 4 > SL_TRANSPORT_ID_MAX)
		return 0;
	return id[3 + len] ? 0 : len + 4;
}

static char hex_digit(unsigned int n)
{
	return (char)(n < 10 ? '0' + n : 'a' + n - 10);
}

u16 sl_transport_id_iscsi(const char *name, const u8 *isid, u8 *id)
{
	size_t len = strlen(name), at = 4, i;

	memset(id, 0, SL_TRANSPORT_ID_MAX);
	if (len > 223)
		len = 223;
	id[0] = 0x40 | PROTOCOL_ISCSI;
	memcpy(id + at, name, len);
	at += len;
	memcpy(id + at, ",i,0x", 5);
	at += 5;
	for (i = 0; i < 6; i++) {
		id[at++] = (u8)hex_digit(isid[i] >> 4);
		id[at++] = (u8)hex_digit(isid[i] & 15);
	}
	at = (at + 1 + 3) & ~(size_t)3;		/* the NUL, then to a multiple of four: 24 at least */
	sl_put_be16((u16)(at - 4), id + 2);
	return (u16)at;
}


u16 sl_transport_id_sas(u64 address, u8 *id)
{
	memset(id, 0, FIXED_ID_LEN);
	id[0] = PROTOCOL_SAS;
	sl_put_be64(address, id + 4);
	return FIXED_ID_LEN;
}

static bool same_initiator(const struct sl_pr_nexus *a, const struct sl_pr_nexus *b)
{
	return a->id_len == b->id_len && !memcmp(a->id, b->id, a->id_len);
}

static bool same_nexus(const struct sl_pr_nexus *a, const struct sl_pr_nexus *b)
{
	return a->rel_tgt_id == b->rel_tgt_id && same_initiator(a, b);
}

/* --- the state --- */

static bool is_registrants_only(u8 type)
{
	return type == SL_PR_WRITE_EXCLUSIVE_RO || type == SL_PR_EXCLUSIVE_ACCESS_RO;
}

static bool is_all_registrants(u8 type)
{
	return type == SL_PR_WRITE_EXCLUSIVE_AR || type == SL_PR_EXCLUSIVE_ACCESS_AR;
}

static bool is_write_exclusive(u8 type)
{
	return type == SL_PR_WRITE_EXCLUSIVE || type == SL_PR_WRITE_EXCLUSIVE_RO ||
	       type == SL_PR_WRITE_EXCLUSIVE_AR;
}

static bool is_type(u8 type)
{
	return is_write_exclusive(type) || type == SL_PR_EXCLUSIVE_ACCESS ||
	       type == SL_PR_EXCLUSIVE_ACCESS_RO || type == SL_PR_EXCLUSIVE_ACCESS_AR;
}

u32 sl_pr_find(const struct sl_pr *state, const struct sl_pr_nexus *nexus)
{
	u32 i;

	for (i = 0; i < state->nr; i++)
		if (same_nexus(&state->regs[i].nexus, nexus))
			break;
	return i;
}

static bool holds(const struct sl_pr *s, u32 reg)
{
	if (!s->type || reg >= s->nr)
		return false;
	return is_all_registrants(s->type) || s->holder == reg;
}

u8 sl_pr_denied(const struct sl_pr *state, const struct sl_pr_nexus *nexus)
{
	u32 reg;

	if (!state->type)
		return 0;
	reg = sl_pr_find(state, nexus);
	if (holds(state, reg) || (reg < state->nr && is_registrants_only(state->type)))
		return 0;
	return is_write_exclusive(state->type) ? SL_PR_DENY_WRITE :
	       SL_PR_DENY_WRITE | SL_PR_DENY_READ;
}

bool sl_pr_conflicts(u8 denied, const struct sl_op *op, const u8 *cdb)
{
	/* PREVENT 0 gives way, START 1 without a power condition does no harm. */
	bool harmless = (op->opcode == 0x1e && !(cdb[4] & 0x03)) ||
			(op->opcode == 0x1b && (cdb[4] & 0x01) && !(cdb[4] & 0xf0));

	if (denied & SL_PR_DENY_R6)
		return !(op->flags & SL_OPF_R6_FREE) && !(op->opcode == 0x1e && harmless);
	if (harmless || (op->flags & SL_OPF_PR_FREE))
		return false;
	return denied & (op->flags & SL_OPF_PR_READ ? SL_PR_DENY_READ : SL_PR_DENY_WRITE);
}

/* --- PERSISTENT RESERVE OUT --- */

/* A command under way. */
struct work {
	const struct sl_pr_request *req;
	struct sl_pr *s;
	u8 *effects;
	u32 self;		/* index, s->nr: not registered */
	u64 key;		/* RESERVATION KEY */
	u64 action_key;		/* SERVICE ACTION RESERVATION KEY */
	u8 type;
	u8 bits;		/* SPEC_I_PT, ALL_TG_PT, APTPL */
	enum sl_sense *sense;
	struct sl_sense_info *more;
};

static enum sl_pr_status fail(struct work *w, enum sl_sense sense)
{
	*w->sense = sense;
	return SL_PR_SENSE;
}

/* The service action is wrong as things are. */
static enum sl_pr_status fail_action(struct work *w)
{
	return fail(w, sl_bad_cdb_bit(w->more, 1, 4));
}

static enum sl_pr_status fail_param(struct work *w, size_t byte)
{
	return fail(w, sl_bad_param(w->more, byte));
}

static bool registered(const struct work *w)
{
	return w->self < w->s->nr;
}

static bool key_matches(const struct work *w)
{
	return registered(w) && w->s->regs[w->self].key == w->key;
}

static void release(struct sl_pr *s)
{
	s->type = SL_PR_NONE;
	s->holder = 0;
}

/* All other registrations learn of it; they still have the indexes of the old state. */
static void announce(struct work *w, enum sl_pr_effect effect)
{
	u32 i;

	for (i = 0; i < w->s->nr; i++)
		if (i != w->self && !w->effects[i])
			w->effects[i] = (u8)effect;
}

/* Removes one registration and keeps holder and self pointing at what they did. */
static void drop(struct work *w, u32 at)
{
	struct sl_pr *s = w->s;

	memmove(&s->regs[at], &s->regs[at + 1], (s->nr - at - 1) * sizeof(s->regs[0]));
	s->nr--;
	if (s->holder > at)
		s->holder--;
	if (w->self == at)
		w->self = s->nr;
	else if (w->self > at)
		w->self--;
}

/* The reservation goes with the registration that held it (SPC-4 5.13.11.2.1). */
static void unregister_self(struct work *w)
{
	struct sl_pr *s = w->s;
	bool gone = s->type && (is_all_registrants(s->type) ? s->nr == 1 : s->holder == w->self);

	if (gone) {
		if (is_registrants_only(s->type))
			announce(w, SL_PR_RESERVATIONS_RELEASED);
		release(s);
	}
	drop(w, w->self);
}

/* False: there is no room. An existing registration gets the key. */
static bool enroll(struct sl_pr *s, const struct sl_pr_nexus *nexus, u64 key)
{
	u32 at = sl_pr_find(s, nexus);

	if (at == s->nr) {
		if (s->nr == s->room || s->nr == SL_PR_MAX_REGS)
			return false;
		s->regs[at].nexus = *nexus;
		s->nr++;
	}
	s->regs[at].key = key;
	return true;
}

static bool enroll_on_ports(struct work *w, const struct sl_pr_nexus *nexus)
{
	struct sl_pr_nexus n = *nexus;
	u32 i;

	if (!(w->bits & ALL_TG_PT))
		return enroll(w->s, nexus, w->action_key);
	for (i = 0; i < w->req->nr_ports; i++) {
		n.rel_tgt_id = w->req->ports[i];
		if (!enroll(w->s, &n, w->action_key))
			return false;
	}
	return enroll(w->s, nexus, w->action_key);
}

/* The TransportIDs after the basic list: their length, then one after the other. */
static enum sl_pr_status enroll_listed(struct work *w)
{
	const u8 *list = w->req->list;
	u32 len = w->req->list_len, at, end;

	if (len < LIST_LEN + 4)
		return fail(w, SL_PARAM_LIST_LENGTH);
	end = sl_get_be32(list + LIST_LEN);
	if (end > len - LIST_LEN - 4)
		return fail(w, SL_PARAM_LIST_LENGTH);
	end += LIST_LEN + 4;
	for (at = LIST_LEN + 4; at < end;) {
		struct sl_pr_nexus n = { .rel_tgt_id = w->req->self->rel_tgt_id };
		u32 id_len = sl_transport_id_len(list + at, end - at);

		if (!id_len)
			return fail_param(w, at);
		n.id_len = (u16)id_len;
		memcpy(n.id, list + at, id_len);
		if (!enroll_on_ports(w, &n))
			return fail(w, SL_NO_REGISTRATION_ROOM);
		at += id_len;
	}
	return SL_PR_GOOD;
}

static enum sl_pr_status out_register(struct work *w)
{
	bool ignore = w->req->op == SL_OP_PR_REGISTER_IGNORE;
	enum sl_pr_status status;

	if (w->bits & SPEC_I_PT) {
		if (ignore || registered(w))
			return fail_action(w);
	} else if (w->req->list_len != LIST_LEN) {
		return fail(w, SL_PARAM_LIST_LENGTH);
	}
	if (!ignore && (registered(w) ? !key_matches(w) : w->key != 0))
		return SL_PR_CONFLICT;
	w->s->aptpl = w->bits & APTPL;
	if (!w->action_key) {
		if (!registered(w))
			return SL_PR_GOOD;
		unregister_self(w);
		w->s->generation++;
		return SL_PR_GOOD;
	}
	if (!enroll_on_ports(w, w->req->self))
		return fail(w, SL_NO_REGISTRATION_ROOM);
	if (w->bits & SPEC_I_PT) {
		status = enroll_listed(w);
		if (status)
			return status;
	}
	w->s->generation++;
	return SL_PR_GOOD;
}

static enum sl_pr_status out_reserve(struct work *w)
{
	struct sl_pr *s = w->s;

	if (!key_matches(w))
		return SL_PR_CONFLICT;
	if (s->type)
		return holds(s, w->self) && s->type == w->type ? SL_PR_GOOD : SL_PR_CONFLICT;
	s->type = w->type;
	s->holder = w->self;
	return SL_PR_GOOD;
}

static enum sl_pr_status out_release(struct work *w)
{
	struct sl_pr *s = w->s;

	if (!key_matches(w))
		return SL_PR_CONFLICT;
	if (!holds(s, w->self))
		return SL_PR_GOOD;
	if (s->type != w->type)
		return fail(w, SL_INVALID_RELEASE);
	if (is_registrants_only(s->type) || is_all_registrants(s->type))
		announce(w, SL_PR_RESERVATIONS_RELEASED);
	release(s);
	return SL_PR_GOOD;
}

static enum sl_pr_status out_clear(struct work *w)
{
	if (!key_matches(w))
		return SL_PR_CONFLICT;
	announce(w, SL_PR_RESERVATIONS_PREEMPTED);
	release(w->s);
	w->s->nr = 0;
	w->s->generation++;
	return SL_PR_GOOD;
}

/* Whom PREEMPT removes: those with the key, or, of an all registrants type with key 0, all others. */
static bool is_victim(const struct work *w, u32 reg, bool spare_self)
{
	if (reg == w->self && spare_self)
		return false;
	return !w->action_key || w->s->regs[reg].key == w->action_key;
}

/* @effects is indexed by the old state, so everybody is marked before anybody goes. */
static u32 remove_victims(struct work *w, bool spare_self)
{
	u32 i, removed = 0;

	for (i = 0; i < w->s->nr; i++)
		if (i != w->self && is_victim(w, i, spare_self))
			w->effects[i] = SL_PR_REGISTRATIONS_PREEMPTED;
	for (i = w->s->nr; i-- > 0;) {
		if (!is_victim(w, i, spare_self))
			continue;
		drop(w, i);
		removed++;
	}
	return removed;
}

/* SPC-4 5.13.11.2.6: the reservation passes to the preempting nexus, with its type. */
static void take_over(struct work *w)
{
	struct sl_pr *s = w->s;
	bool others_held = is_registrants_only(s->type) || is_all_registrants(s->type);
	u32 i;

	if (others_held && s->type != w->type)
		for (i = 0; i < s->nr; i++)
			if (i != w->self && !is_victim(w, i, true))
				w->effects[i] = SL_PR_RESERVATIONS_RELEASED;
	remove_victims(w, true);
	s->type = w->type;
	s->holder = w->self;
}

static enum sl_pr_status out_preempt(struct work *w)
{
	struct sl_pr *s = w->s;
	bool all = is_all_registrants(s->type);
	bool takes_over;

	if (!key_matches(w))
		return SL_PR_CONFLICT;
	if (!w->action_key && !all)
		return fail_param(w, ACTION_KEY_AT);
	takes_over = all ? !w->action_key : s->type && s->regs[s->holder].key == w->action_key;
	if (takes_over) {
		take_over(w);
	} else {
		if (!remove_victims(w, false))
			return SL_PR_CONFLICT;
		if (!s->nr)
			release(s);
	}
	s->generation++;
	return SL_PR_GOOD;
}

static enum sl_pr_status move_to(struct work *w, const struct sl_pr_nexus *to, bool unregister)
{
	struct sl_pr *s = w->s;

	if (!enroll(s, to, w->action_key))
		return fail(w, SL_NO_REGISTRATION_ROOM);
	s->holder = sl_pr_find(s, to);
	if (unregister)
		drop(w, w->self);
	s->generation++;
	return SL_PR_GOOD;
}

/* SPC-4 5.13.8, parameter list table 175 */
static enum sl_pr_status out_move(struct work *w)
{
	const u8 *list = w->req->list;
	struct sl_pr_nexus to = { 0 };
	u32 id_len;

	id_len = sl_get_be32(list + MOVE_ID_LEN_AT);
	if (id_len > w->req->list_len - LIST_LEN)
		return fail(w, SL_PARAM_LIST_LENGTH);
	if (!key_matches(w))
		return SL_PR_CONFLICT;
	if (!w->s->type)
		return fail_action(w);
	if (is_all_registrants(w->s->type) || !holds(w->s, w->self))
		return SL_PR_CONFLICT;
	if (!w->action_key)
		return fail_param(w, ACTION_KEY_AT);
	to.rel_tgt_id = sl_get_be16(list + 18);
	to.id_len = (u16)sl_transport_id_len(list + LIST_LEN, id_len);
	if (!to.id_len)		/* the identifier is wrong, or too short to be one */
		return fail_param(w, id_len ? LIST_LEN : MOVE_ID_LEN_AT);
	memcpy(to.id, list + LIST_LEN, to.id_len);
	if (same_nexus(&to, w->req->self))
		return fail_param(w, LIST_LEN);
	w->s->aptpl = list[17] & APTPL;
	return move_to(w, &to, list[17] & MOVE_UNREG);
}

/* The scope must be the logical unit; the type counts where a reservation is made or ended. */
static bool scope_and_type_fit(const struct sl_pr_request *req)
{
	switch (req->op) {
	case SL_OP_PR_RESERVE:
	case SL_OP_PR_RELEASE:
	case SL_OP_PR_PREEMPT:
	case SL_OP_PR_PREEMPT_ABORT:
		return !(req->scope_type >> 4) && is_type(req->scope_type & 0x0f);
	default:
		return true;
	}
}

u32 sl_pr_growth(const struct sl_pr_request *req)
{
	u32 ids = 1 + (req->list_len > LIST_LEN ? (req->list_len - LIST_LEN) / FIXED_ID_LEN : 0);
	bool all = req->list_len >= LIST_LEN && (req->list[20] & ALL_TG_PT);
	u64 most = (u64)ids * (1 + (all ? req->nr_ports : 0));

	return most > SL_PR_MAX_REGS ? SL_PR_MAX_REGS : (u32)most;
}

enum sl_pr_status sl_pr_out(const struct sl_pr_request *req, struct sl_pr *state, u8 *effects,
			    enum sl_sense *sense, struct sl_sense_info *more)
{
	struct work w = {
		.req = req,
		.s = state,
		.effects = effects,
		.type = req->scope_type & 0x0f,
		.sense = sense,
		.more = more,
	};

	if (req->list_len < LIST_LEN)
		return fail(&w, SL_PARAM_LIST_LENGTH);
	if (!scope_and_type_fit(req))
		return fail(&w, sl_bad_cdb(more, 2));
	w.self = sl_pr_find(state, req->self);
	w.key = sl_get_be64(req->list);
	w.action_key = sl_get_be64(req->list + 8);
	if (req->op == SL_OP_PR_REGISTER_MOVE)
		return out_move(&w);
	w.bits = req->list[20];
	if (req->op == SL_OP_PR_REGISTER || req->op == SL_OP_PR_REGISTER_IGNORE)
		return out_register(&w);
	if (w.bits & SPEC_I_PT)
		return fail(&w, sl_bad_param_bit(more, 20, 3));
	if (req->list_len != LIST_LEN)
		return fail(&w, SL_PARAM_LIST_LENGTH);
	switch (req->op) {
	case SL_OP_PR_RESERVE:
		return out_reserve(&w);
	case SL_OP_PR_RELEASE:
		return out_release(&w);
	case SL_OP_PR_CLEAR:
		return out_clear(&w);
	case SL_OP_PR_PREEMPT:
	case SL_OP_PR_PREEMPT_ABORT:
		return out_preempt(&w);
	default:
		return fail_action(&w);
	}
}

/* --- PERSISTENT RESERVE IN --- */

/* Bytes that may or may not fit: counts all, writes what fits. */
struct out {
	u8 *buf;
	size_t size, len;
};

static void put(struct out *o, const void *bytes, size_t n)
{
	if (o->len < o->size)
		memcpy(o->buf + o->len, bytes, n < o->size - o->len ? n : o->size - o->len);
	o->len += n;
}

static void put_header(struct out *o, const struct sl_pr *s, size_t following)
{
	u8 head[8];

	sl_put_be32(s->generation, head);
	sl_put_be32((u32)following, head + 4);
	put(o, head, sizeof(head));
}

static void in_keys(struct out *o, const struct sl_pr *s)
{
	u32 i;

	put_header(o, s, (size_t)s->nr * 8);
	for (i = 0; i < s->nr; i++) {
		u8 key[8];

		sl_put_be64(s->regs[i].key, key);
		put(o, key, sizeof(key));
	}
}

/* With all registrants as holders the key is zero (SPC-4 6.15.3.2). */
static void in_reservation(struct out *o, const struct sl_pr *s)
{
	u8 d[16] = { 0 };

	put_header(o, s, s->type ? sizeof(d) : 0);
	if (!s->type)
		return;
	if (!is_all_registrants(s->type))
		sl_put_be64(s->regs[s->holder].key, d);
	d[13] = s->type;
	put(o, d, sizeof(d));
}

/* SPC-4 table 169 */
static void in_capabilities(struct out *o, const struct sl_pr *s)
{
	u8 d[8] = { 0 };

	sl_put_be16(sizeof(d), d);
	d[2] = 0x08 | 0x04 | 0x01;	/* SIP_C, ATP_C, PTPL_C */
	d[3] = 0x80 | (s->aptpl ? 0x01 : 0);	/* TMV, PTPL_A */
	d[4] = 0xea;			/* WR_EX_AR, EX_AC_RO, WR_EX_RO, EX_AC, WR_EX */
	d[5] = 0x01;			/* EX_AC_AR */
	put(o, d, sizeof(d));
}

static size_t full_status_len(const struct sl_pr *s)
{
	size_t n = 0;
	u32 i;

	for (i = 0; i < s->nr; i++)
		n += 24 + s->regs[i].nexus.id_len;
	return n;
}

static void in_full_status(struct out *o, const struct sl_pr *s)
{
	u32 i;

	put_header(o, s, full_status_len(s));
	for (i = 0; i < s->nr; i++) {
		const struct sl_pr_reg *r = &s->regs[i];
		u8 d[24] = { 0 };

		sl_put_be64(r->key, d);
		if (holds(s, i)) {
			d[12] = 0x01;		/* R_HOLDER */
			d[13] = s->type;
		}
		sl_put_be16(r->nexus.rel_tgt_id, d + 18);
		sl_put_be32(r->nexus.id_len, d + 20);
		put(o, d, sizeof(d));
		put(o, r->nexus.id, r->nexus.id_len);
	}
}

size_t sl_pr_in(enum sl_op_id op, const struct sl_pr *state, u8 *buf, size_t size)
{
	struct out o = { .buf = buf, .size = size };

	switch (op) {
	case SL_OP_PR_READ_KEYS:
		in_keys(&o, state);
		break;
	case SL_OP_PR_READ_RESERVATION:
		in_reservation(&o, state);
		break;
	case SL_OP_PR_REPORT_CAPABILITIES:
		in_capabilities(&o, state);
		break;
	default:
		in_full_status(&o, state);
		break;
	}
	return o.len;
}

/* --- saved form: big-endian, a head of 20 bytes, then the registrations --- */

#define SAVED_HEAD	20
#define SAVED_REG	12	/* key, port, length of the TransportID that follows */

size_t sl_pr_saved_len(const struct sl_pr *state)
{
	size_t n = SAVED_HEAD;
	u32 i;

	for (i = 0; i < state->nr; i++)
		n += SAVED_REG + state->regs[i].nexus.id_len;
	return n;
}

void sl_pr_save(const struct sl_pr *state, u8 *buf)
{
	u32 i;

	sl_put_be32(state->generation, buf);
	sl_put_be32(state->nr, buf + 4);
	sl_put_be32(state->holder, buf + 8);
	sl_put_be32(state->type, buf + 12);
	sl_put_be32(state->aptpl, buf + 16);
	buf += SAVED_HEAD;
	for (i = 0; i < state->nr; i++) {
		const struct sl_pr_reg *r = &state->regs[i];

		sl_put_be64(r->key, buf);
		sl_put_be16(r->nexus.rel_tgt_id, buf + 8);
		sl_put_be16(r->nexus.id_len, buf + 10);
		memcpy(buf + SAVED_REG, r->nexus.id, r->nexus.id_len);
		buf += SAVED_REG + r->nexus.id_len;
	}
}

int sl_pr_saved_regs(const u8 *buf, size_t len)
{
	u32 nr;

	if (len < SAVED_HEAD)
		return -EINVAL;
	nr = sl_get_be32(buf + 4);
	return nr > SL_PR_MAX_REGS || nr > (len - SAVED_HEAD) / SAVED_REG ? -EINVAL : (int)nr;
}

static size_t restore_reg(const u8 *buf, size_t len, struct sl_pr_reg *r)
{
	if (len < SAVED_REG)
		return 0;
	memset(r, 0, sizeof(*r));
	r->key = sl_get_be64(buf);
	r->nexus.rel_tgt_id = sl_get_be16(buf + 8);
	r->nexus.id_len = sl_get_be16(buf + 10);
	if (r->nexus.id_len > len - SAVED_REG ||
	    sl_transport_id_len(buf + SAVED_REG, r->nexus.id_len) != r->nexus.id_len)
		return 0;
	memcpy(r->nexus.id, buf + SAVED_REG, r->nexus.id_len);
	return SAVED_REG + r->nexus.id_len;
}

/* Who holds it: all of those that are registered, or the one with this index. */
static bool is_held(u8 type, u32 holder, u32 nr)
{
	return is_all_registrants(type) ? nr > 0 : is_type(type) && holder < nr;
}

int sl_pr_restore(const u8 *buf, size_t len, struct sl_pr *state)
{
	int nr = sl_pr_saved_regs(buf, len);
	u32 type, holder, i;

	if (nr < 0 || (u32)nr > state->room)
		return -EINVAL;
	holder = sl_get_be32(buf + 8);
	type = sl_get_be32(buf + 12);
	if (type > 0xff || (type && !is_held((u8)type, holder, (u32)nr)))
		return -EINVAL;
	state->generation = sl_get_be32(buf);
	state->nr = (u32)nr;
	state->holder = holder;
	state->type = (u8)type;
	state->aptpl = sl_get_be32(buf + 16) & 1;
	buf += SAVED_HEAD;
	len -= SAVED_HEAD;
	for (i = 0; i < (u32)nr; i++) {
		size_t n = restore_reg(buf, len, &state->regs[i]);

		if (!n)
			return -EINVAL;
		buf += n;
		len -= n;
	}
	return len ? -EINVAL : 0;
}
