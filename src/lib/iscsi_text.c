// SPDX-License-Identifier: GPL-2.0-only
/*
 * iSCSI text and key negotiation of the target side. A new key is a new line
 * in the table; nothing else decides by the name of a key.
 */
#include "iscsi_text.h"

enum key_kind {
	KEY_LIST,	/* first of the offered words that we take too */
	KEY_AND,
	KEY_OR,
	KEY_MIN,
	KEY_MAX,
	KEY_NUMBER,	/* declared, no answer */
	KEY_TEXT,	/* declared, no answer */
	KEY_OBSOLETE,	/* 13.25: always Reject */
};

#define USE_SECURITY	0x01	/* allowed in SecurityNegotiation (12) */
#define USE_OPERATIONAL	0x02
#define USE_FULL	0x04	/* allowed in full feature phase */
#define USE_LOGIN	(USE_SECURITY | USE_OPERATIONAL)
#define BY_TARGET	0x08	/* only the target sends it */
#define NO_DISCOVERY	0x10	/* irrelevant in a discovery session */
#define INSIST		0x20	/* to be offered if left out, when it matters */
#define LEADING		0x40	/* settled on a session's first connection, for all of them */

struct key_rule {
	const char *name;
	enum key_kind kind;
	u8 flags;
	u32 min;	/* lists: unused */
	u32 max;	/* lists: all bits; texts: bytes */
	u32 def;
	u32 offer;	/* what the target can do at most */
	const char *const *words;
};

static const char *const auth_words[] = { "None", "CHAP", NULL };
static const char *const digest_words[] = { "None", "CRC32C", NULL };
static const char *const report_words[] = { "RFC3720", "ResponseFence", "FastAbort", NULL };

#define DSL_MAX		0xffffffu	/* 2^24 - 1 */
#define NORMAL		(USE_OPERATIONAL | NO_DISCOVERY | LEADING)

#define LIST(n, flags, words, offer) { n, KEY_LIST, flags, 0, 7, 1, offer, words }
#define BOOL(n, kind, flags, def, offer) { n, kind, flags, 0, 1, def, offer, NULL }
#define NUMBER(n, kind, flags, min, max, def, offer) \
	{ n, kind, flags, min, max, def, offer, NULL }
#define TEXT(n, flags, max) { n, KEY_TEXT, flags, 0, max, 0, 0, NULL }
#define OBSOLETE(n) { n, KEY_OBSOLETE, USE_OPERATIONAL, 0, 0, 0, 0, NULL }

static const struct key_rule rules[SL_KEY_COUNT] = {
	[SL_KEY_AUTH_METHOD] = LIST("AuthMethod", USE_SECURITY, auth_words, SL_AUTH_NONE),
	[SL_KEY_HEADER_DIGEST] =
		LIST("HeaderDigest", USE_OPERATIONAL | INSIST, digest_words, SL_DIGEST_NONE),
	[SL_KEY_DATA_DIGEST] =
		LIST("DataDigest", USE_OPERATIONAL | INSIST, digest_words, SL_DIGEST_NONE),
	[SL_KEY_MAX_CONNECTIONS] = NUMBER("MaxConnections", KEY_MIN, NORMAL, 1, 65535, 1, 1),
	[SL_KEY_SEND_TARGETS] = TEXT("SendTargets", USE_FULL, SL_ISCSI_NAME_MAX),
	[SL_KEY_TARGET_NAME] = TEXT("TargetName", USE_LOGIN, SL_ISCSI_NAME_MAX),
	[SL_KEY_INITIATOR_NAME] = TEXT("InitiatorName", USE_LOGIN, SL_ISCSI_NAME_MAX),
	[SL_KEY_TARGET_ALIAS] =
		TEXT("TargetAlias", USE_LOGIN | USE_FULL | BY_TARGET, SL_TEXT_VALUE_MAX),
	[SL_KEY_INITIATOR_ALIAS] =
		TEXT("InitiatorAlias", USE_LOGIN | USE_FULL, SL_TEXT_VALUE_MAX),
	[SL_KEY_TARGET_ADDRESS] =
		TEXT("TargetAddress", USE_LOGIN | USE_FULL | BY_TARGET, SL_TEXT_VALUE_MAX),
	[SL_KEY_PORTAL_GROUP] =
		NUMBER("TargetPortalGroupTag", KEY_NUMBER, USE_LOGIN | BY_TARGET, 0, 65535, 0, 0),
	[SL_KEY_INITIAL_R2T] = BOOL("InitialR2T", KEY_OR, NORMAL | INSIST, 1, 0),
	[SL_KEY_IMMEDIATE_DATA] = BOOL("ImmediateData", KEY_AND, NORMAL | INSIST, 1, 1),
	[SL_KEY_MAX_RECV_DSL] = NUMBER("MaxRecvDataSegmentLength", KEY_NUMBER,
				       USE_OPERATIONAL | USE_FULL, 512, DSL_MAX, 8192, 8192),
	[SL_KEY_MAX_BURST] = NUMBER("MaxBurstLength", KEY_MIN, NORMAL | INSIST,
				    512, DSL_MAX, 262144, DSL_MAX),
	[SL_KEY_FIRST_BURST] = NUMBER("FirstBurstLength", KEY_MIN, NORMAL | INSIST,
				      512, DSL_MAX, 65536, DSL_MAX),
	[SL_KEY_TIME2WAIT] = NUMBER("DefaultTime2Wait", KEY_MAX,
				     USE_OPERATIONAL | LEADING, 0, 3600, 2, 0),
	[SL_KEY_TIME2RETAIN] =
		NUMBER("DefaultTime2Retain", KEY_MIN, USE_OPERATIONAL | LEADING, 0, 3600, 20, 0),
	[SL_KEY_MAX_OUTSTANDING_R2T] =
		NUMBER("MaxOutstandingR2T", KEY_MIN, NORMAL, 1, 65535, 1, 65535),
	[SL_KEY_PDU_IN_ORDER] = BOOL("DataPDUInOrder", KEY_OR, NORMAL, 1, 1),
	[SL_KEY_SEQUENCE_IN_ORDER] = BOOL("DataSequenceInOrder", KEY_OR, NORMAL, 1, 1),
	[SL_KEY_ERROR_RECOVERY_LEVEL] =
		NUMBER("ErrorRecoveryLevel", KEY_MIN, USE_OPERATIONAL | LEADING, 0, 2, 0, 0),
	[SL_KEY_SESSION_TYPE] = TEXT("SessionType", USE_LOGIN, SL_TEXT_VALUE_MAX),
	[SL_KEY_TASK_REPORTING] = LIST("TaskReporting", NORMAL, report_words, SL_TASK_RFC3720),
	[SL_KEY_PROTOCOL_LEVEL] = NUMBER("iSCSIProtocolLevel", KEY_MIN, NORMAL, 0, 31, 1, 1),
	[SL_KEY_IF_MARKER] = OBSOLETE("IFMarker"),
	[SL_KEY_OF_MARKER] = OBSOLETE("OFMarker"),
	[SL_KEY_IF_MARK_INT] = OBSOLETE("IFMarkInt"),
	[SL_KEY_OF_MARK_INT] = OBSOLETE("OFMarkInt"),
};

static const char not_understood[] = "NotUnderstood";
static const char irrelevant[] = "Irrelevant";
static const char reject[] = "Reject";

static bool is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* 6.1: letters, digits and ".-+@_"; the first is a letter. */
static bool text_key_ok(const char *key, size_t len)
{
	size_t i;

	if (!len || len > SL_TEXT_KEY_MAX || !(is_upper(key[0]) || is_lower(key[0])))
		return false;
	for (i = 1; i < len; i++)
		if (!is_upper(key[i]) && !is_lower(key[i]) && !is_digit(key[i]) &&
		    !(key[i] && strchr(".-+@_", key[i])))
			return false;
	return true;
}

void sl_text_init(struct sl_text_in *t, char *buf, size_t len)
{
	t->pos = buf;
	t->end = buf + len;
}

int sl_text_next(struct sl_text_in *t, const char **key, const char **value)
{
	char *nul, *eq;

	while (t->pos < t->end && !*t->pos)
		t->pos++;
	if (t->pos == t->end)
		return 0;

	nul = (char *)memchr(t->pos, '\0', t->end - t->pos);
	if (!nul)
		return -EINVAL;
	eq = strchr(t->pos, '=');
	if (!eq || !text_key_ok(t->pos, eq - t->pos))
		return -EINVAL;

	*eq = '\0';
	*key = t->pos;
	*value = eq + 1;
	t->pos = nul + 1;
	return 1;
}

int sl_text_add(struct sl_text_out *t, const char *key, const char *value)
{
	size_t key_len = strlen(key);
	size_t value_len = strlen(value);
	char *p = t->buf + t->len;

	if (key_len + value_len + 2 > t->cap - t->len)
		return -ENOSPC;
	memcpy(p, key, key_len);
	p[key_len] = '=';
	memcpy(p + key_len + 1, value, value_len + 1);
	t->len += key_len + value_len + 2;
	return 0;
}

int sl_text_add_u32(struct sl_text_out *t, const char *key, u32 value)
{
	char digits[11];
	char *p = digits + sizeof(digits) - 1;

	*p = '\0';
	do {
		*--p = (char)('0' + value % 10);
		value /= 10;
	} while (value);
	return sl_text_add(t, key, p);
}

enum sl_key sl_key_find(const char *name)
{
	int i;

	for (i = 0; i < SL_KEY_COUNT; i++)
		if (!strcmp(rules[i].name, name))
			break;
	return (enum sl_key)i;
}

const char *sl_key_name(enum sl_key key)
{
	return rules[key].name;
}

/* A numerical value of 6.1: decimal or 0x hexadecimal, within @rule's range. */
static int neg_number(const struct key_rule *rule, const char *text, u32 *v)
{
	u32 base = 10;
	u64 sum = 0;

	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
		base = 16;
		text += 2;
	}
	if (!*text)
		return -EINVAL;
	for (; *text; text++) {
		if (is_digit(*text))
			sum = sum * base + (*text - '0');
		else if (base == 16 && (*text | 0x20) >= 'a' && (*text | 0x20) <= 'f')
			sum = sum * base + ((*text | 0x20) - 'a' + 10);
		else
			return -EINVAL;
		if (sum > rule->max)
			return -EINVAL;
	}
	if (sum < rule->min)
		return -EINVAL;
	*v = (u32)sum;
	return 0;
}

static int neg_bool(const char *text, u32 *v)
{
	if (strcmp(text, "Yes") && strcmp(text, "No"))
		return -EINVAL;
	*v = text[0] == 'Y';
	return 0;
}

/* Bit of the word of @len bytes at @text, or 0. */
static u32 neg_word(const struct key_rule *rule, const char *text, size_t len)
{
	u32 i;

	for (i = 0; rule->words[i]; i++)
		if (strlen(rule->words[i]) == len && !memcmp(rule->words[i], text, len))
			return 1u << i;
	return 0;
}

/* The first word of the list @text that is in @mask: 6.2.1. */
static int neg_pick(const struct key_rule *rule, const char *text, u32 mask, u32 *v)
{
	size_t len;

	for (;; text += len + 1) {
		len = strcspn(text, ",");
		*v = neg_word(rule, text, len) & mask;
		if (*v)
			return 0;
		if (!text[len])
			return -EINVAL;
	}
}

static u32 neg_combine(const struct key_rule *rule, u32 a, u32 b)
{
	switch (rule->kind) {
	case KEY_AND:
		return a & b;
	case KEY_OR:
		return a | b;
	case KEY_MAX:
		return a > b ? a : b;
	case KEY_LIST:
		return a & b;
	default:
		return a < b ? a : b;
	}
}

/* Reads an offer or answer and settles it with @offer. -EINVAL: inadmissible. */
static int neg_settle(const struct key_rule *rule, const char *text, u32 offer, u32 *v)
{
	u32 theirs;
	int err;

	if (rule->kind == KEY_LIST)
		return neg_pick(rule, text, offer, v);
	if (rule->kind == KEY_AND || rule->kind == KEY_OR)
		err = neg_bool(text, &theirs);
	else
		err = neg_number(rule, text, &theirs);
	if (!err)
		*v = neg_combine(rule, theirs, offer);
	return err;
}

/* The words of list @rule in @mask, in table order, comma-separated. */
static void neg_print_list(const struct key_rule *rule, u32 mask, char *buf)
{
	u32 i;

	*buf = '\0';
	for (i = 0; rule->words[i]; i++) {
		if (!(mask & (1u << i)))
			continue;
		if (*buf)
			*buf++ = ',';
		memcpy(buf, rule->words[i], strlen(rule->words[i]) + 1);
		buf += strlen(buf);
	}
}

static int neg_add(const struct key_rule *rule, u32 v, struct sl_text_out *out)
{
	char list[64];

	switch (rule->kind) {
	case KEY_LIST:
		neg_print_list(rule, v, list);
		return sl_text_add(out, rule->name, list);
	case KEY_AND:
	case KEY_OR:
		return sl_text_add(out, rule->name, v ? "Yes" : "No");
	default:
		return sl_text_add_u32(out, rule->name, v);
	}
}

void sl_neg_init(struct sl_neg *n)
{
	int i;

	memset(n, 0, sizeof(*n));
	for (i = 0; i < SL_KEY_COUNT; i++) {
		n->offer[i] = rules[i].offer;
		n->value[i] = rules[i].def;
	}
}

static bool neg_is_irrelevant(const struct sl_neg *n, enum sl_key key)
{
	if (n->discovery && (rules[key].flags & NO_DISCOVERY))
		return true;
	/* 13.14: without unsolicited data there is no first burst. */
	return key == SL_KEY_FIRST_BURST &&
	       n->state[SL_KEY_INITIAL_R2T] == SL_NEG_DONE &&
	       n->state[SL_KEY_IMMEDIATE_DATA] == SL_NEG_DONE &&
	       n->value[SL_KEY_INITIAL_R2T] && !n->value[SL_KEY_IMMEDIATE_DATA];
}

static bool neg_stage_ok(const struct sl_neg *n, const struct key_rule *rule)
{
	static const u8 use[] = { USE_SECURITY, USE_OPERATIONAL, USE_FULL };

	return rule->flags & use[n->stage];
}

static bool neg_is_refusal(const char *value)
{
	return !strcmp(value, reject) || !strcmp(value, irrelevant) ||
	       !strcmp(value, not_understood);
}

/* No simple value is longer than 255 bytes; a list may be, its words not. */
static bool neg_length_ok(const struct key_rule *rule, const char *value)
{
	if (rule->kind == KEY_TEXT)
		return strlen(value) <= rule->max;
	for (;; value++) {
		size_t len = strcspn(value, ",");

		if (len > SL_TEXT_VALUE_MAX)
			return false;
		value += len;
		if (!*value)
			return true;
	}
}

/* What the initiator says to a key that we offered. */
static int neg_take_answer(struct sl_neg *n, enum sl_key key, const char *value)
{
	const struct key_rule *rule = &rules[key];
	u32 v;

	/* The default was not acceptable, else there had been no offer. */
	if (neg_is_refusal(value) && !(key == SL_KEY_FIRST_BURST && neg_is_irrelevant(n, key)))
		return -EPROTO;
	if (!neg_is_refusal(value)) {
		if (neg_settle(rule, value, n->offer[key], &v))
			return -EPROTO;
		n->value[key] = v;
	}
	n->state[key] = SL_NEG_DONE;
	return 0;
}

static int neg_take_declaration(struct sl_neg *n, enum sl_key key, const char *value)
{
	u32 v = 0;

	if (rules[key].kind == KEY_NUMBER && neg_number(&rules[key], value, &v))
		return -EINVAL;
	n->value[key] = v;
	n->state[key] = SL_NEG_DONE;
	return 0;
}

static int neg_take_offer(struct sl_neg *n, enum sl_key key, const char *value,
			  struct sl_text_out *answer)
{
	const struct key_rule *rule = &rules[key];
	u32 v;

	if (neg_is_refusal(value))
		return -EPROTO;
	if (neg_is_irrelevant(n, key)) {
		n->state[key] = SL_NEG_DONE;
		return sl_text_add(answer, rule->name, irrelevant);
	}
	n->state[key] = SL_NEG_DONE;
	if (rule->kind == KEY_OBSOLETE || neg_settle(rule, value, n->offer[key], &v))
		return sl_text_add(answer, rule->name, reject);
	n->value[key] = v;
	return neg_add(rule, v, answer);
}

int sl_neg_receive(struct sl_neg *n, const char *key, const char *value,
		   struct sl_text_out *answer)
{
	enum sl_key id = sl_key_find(key);
	const struct key_rule *rule;

	if (id == SL_KEY_COUNT)
		return neg_is_refusal(value) ? 0 : sl_text_add(answer, key, not_understood);
	rule = &rules[id];
	/* Our own declarations need no answer, yet some initiators give one. */
	if (rule->flags & BY_TARGET)
		return neg_is_refusal(value) ? 0 : -EPROTO;
	if (!neg_stage_ok(n, rule))
		return n->stage == SL_STAGE_FULL_FEATURE ? sl_text_add(answer, key, reject) :
							   -EPROTO;
	if (n->joining && (rule->flags & LEADING))
		return -EPROTO;
	if (!neg_length_ok(rule, value))
		return -EINVAL;
	/* In full feature phase a declaration may come again (13.12). */
	if (n->state[id] == SL_NEG_DONE && n->stage != SL_STAGE_FULL_FEATURE)
		return -EPROTO;
	if (n->state[id] == SL_NEG_OFFERED)
		return neg_take_answer(n, id, value);
	if (rule->kind == KEY_NUMBER || rule->kind == KEY_TEXT)
		return neg_take_declaration(n, id, value);
	return neg_take_offer(n, id, value, answer);
}

int sl_neg_declare(struct sl_neg *n, struct sl_text_out *out)
{
	int err;

	if (n->declared)
		return 0;
	err = neg_add(&rules[SL_KEY_MAX_RECV_DSL], n->offer[SL_KEY_MAX_RECV_DSL], out);
	n->declared = !err;
	return err;
}

/* Does the outcome of this key have to suit the target, in this login? */
static bool neg_insists(const struct sl_neg *n, const struct key_rule *rule)
{
	return (rule->flags & INSIST) && !(n->joining && (rule->flags & LEADING));
}

static bool neg_must_offer(const struct sl_neg *n, enum sl_key key)
{
	const struct key_rule *rule = &rules[key];

	return neg_insists(n, rule) && n->state[key] == SL_NEG_UNSEEN &&
	       !neg_is_irrelevant(n, key) &&
	       neg_combine(rule, rule->def, n->offer[key]) != rule->def;
}

/* Did a rejected offer leave a default that the target cannot take? */
static bool neg_is_unacceptable(const struct sl_neg *n, enum sl_key key)
{
	const struct key_rule *rule = &rules[key];

	return neg_insists(n, rule) && n->state[key] == SL_NEG_DONE &&
	       !neg_is_irrelevant(n, key) &&
	       neg_combine(rule, n->value[key], n->offer[key]) != n->value[key];
}

int sl_neg_offer_missing(struct sl_neg *n, struct sl_text_out *out)
{
	int open = 0;
	int i;

	for (i = 0; i < SL_KEY_COUNT; i++) {
		enum sl_key key = (enum sl_key)i;

		if (neg_is_unacceptable(n, key))
			return -EPROTO;
		if (neg_must_offer(n, key)) {
			if (neg_add(&rules[i], n->offer[i], out))
				return -ENOSPC;
			n->state[i] = SL_NEG_OFFERED;
		}
		open += n->state[i] == SL_NEG_OFFERED;
	}
	return open;
}

u32 sl_neg_recv_dsl(const struct sl_neg *n)
{
	return n->declared ? n->offer[SL_KEY_MAX_RECV_DSL] : rules[SL_KEY_MAX_RECV_DSL].def;
}

u32 sl_neg_first_burst(const struct sl_neg *n)
{
	u32 burst = n->value[SL_KEY_MAX_BURST];
	u32 first = n->value[SL_KEY_FIRST_BURST];

	return first < burst ? first : burst;
}
