/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * iSCSI text (RFC 7143 6.1), the table of negotiation keys (RFC 7143 13) with
 * the rules that settle them (6.2), and iSCSI names (4.2.7). It keeps no text:
 * all strings belong to the caller.
 */
#ifndef SL_ISCSI_TEXT_H
#define SL_ISCSI_TEXT_H

#include "port.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SL_TEXT_KEY_MAX		63	/* bytes of a key name, 6.1 */
#define SL_TEXT_VALUE_MAX	255	/* bytes of one simple value, 6.1 */
#define SL_ISCSI_NAME_MAX	223	/* bytes of an iSCSI name, 4.2.7.1 */

/* Received text: pairs "key=value", each ended by a NUL. */
struct sl_text_in {
	char *pos;
	char *end;
};

/* @buf is cut into strings while it is read. */
void sl_text_init(struct sl_text_in *t, char *buf, size_t len);

/*
 * The next pair: 1 one was read, 0 at the end, -EINVAL malformed (no '=', key
 * too long or with a character that 6.1 does not allow, last pair without its
 * NUL). Empty pairs are skipped: some initiators count padding as text.
 */
int sl_text_next(struct sl_text_in *t, const char **key, const char **value);

/* Text to send. @len never exceeds @cap and holds whole pairs only. */
struct sl_text_out {
	char *buf;
	size_t len;
	size_t cap;
};

/* Adds "key=value" and its NUL. -ENOSPC: no room, nothing was added. */
int sl_text_add(struct sl_text_out *t, const char *key, const char *value);
int sl_text_add_u32(struct sl_text_out *t, const char *key, u32 value);

enum sl_key {
	SL_KEY_AUTH_METHOD,
	SL_KEY_HEADER_DIGEST,
	SL_KEY_DATA_DIGEST,
	SL_KEY_MAX_CONNECTIONS,
	SL_KEY_SEND_TARGETS,
	SL_KEY_TARGET_NAME,
	SL_KEY_INITIATOR_NAME,
	SL_KEY_TARGET_ALIAS,
	SL_KEY_INITIATOR_ALIAS,
	SL_KEY_TARGET_ADDRESS,
	SL_KEY_PORTAL_GROUP,
	SL_KEY_INITIAL_R2T,
	SL_KEY_IMMEDIATE_DATA,
	SL_KEY_MAX_RECV_DSL,
	SL_KEY_MAX_BURST,
	SL_KEY_FIRST_BURST,
	SL_KEY_TIME2WAIT,
	SL_KEY_TIME2RETAIN,
	SL_KEY_MAX_OUTSTANDING_R2T,
	SL_KEY_PDU_IN_ORDER,
	SL_KEY_SEQUENCE_IN_ORDER,
	SL_KEY_ERROR_RECOVERY_LEVEL,
	SL_KEY_SESSION_TYPE,
	SL_KEY_TASK_REPORTING,
	SL_KEY_PROTOCOL_LEVEL,
	SL_KEY_IF_MARKER,
	SL_KEY_OF_MARKER,
	SL_KEY_IF_MARK_INT,
	SL_KEY_OF_MARK_INT,
	SL_KEY_COUNT	/* also: no such key */
};

/* Lists are bit masks; bit N is word N of the key's list. */
#define SL_DIGEST_NONE		1u
#define SL_DIGEST_CRC32C	2u
#define SL_AUTH_NONE		1u
#define SL_AUTH_CHAP		2u
#define SL_TASK_RFC3720		1u

enum sl_key sl_key_find(const char *name);
const char *sl_key_name(enum sl_key key);

enum sl_neg_stage {
	SL_STAGE_SECURITY,
	SL_STAGE_OPERATIONAL,
	SL_STAGE_FULL_FEATURE,
};

/* What became of a key so far. */
enum sl_neg_state {
	SL_NEG_UNSEEN,
	SL_NEG_OFFERED,		/* by us; the answer is still to come */
	SL_NEG_DONE,		/* another one is a protocol error (6.2) */
};

/*
 * One negotiation, seen from the target. Numbers are bytes, seconds or counts
 * as in chapter 13, booleans 0/1, lists bit masks (an outcome has one bit).
 */
struct sl_neg {
	enum sl_neg_stage stage;	/* set by the caller as the login goes on */
	bool discovery;			/* SessionType=Discovery */
	bool joining;			/* a further connection of a session that is there */
	bool declared;			/* our MaxRecvDataSegmentLength was sent */
	u32 offer[SL_KEY_COUNT];	/* what the target agrees to at most */
	u32 value[SL_KEY_COUNT];	/* the outcome; before that, the default */
	u8 state[SL_KEY_COUNT];		/* enum sl_neg_state */
};

/*
 * Sets the defaults of chapter 13 as outcome, and as offer what this project's
 * target can do at all; the caller may lower offers then. For
 * MaxRecvDataSegmentLength the offer is what we receive and the outcome what
 * the initiator receives.
 */
void sl_neg_init(struct sl_neg *n);

/*
 * Takes one received pair and adds the answer, if one is due, to @answer.
 * Texts (names, aliases, SessionType, SendTargets) are checked only; it is the
 * caller who keeps them.
 * -EPROTO: key given twice, in the wrong stage, by the wrong side or on another
 *          connection than the leading one, or an answer that is none to what
 *          we offered.
 * -EINVAL: a declaration that cannot be understood, or a value too long.
 * -ENOSPC: the answer does not fit.
 */
int sl_neg_receive(struct sl_neg *n, const char *key, const char *value,
		   struct sl_text_out *answer);

/* Declares our MaxRecvDataSegmentLength, once. */
int sl_neg_declare(struct sl_neg *n, struct sl_text_out *out);

/*
 * Offers the keys that the initiator left out and whose default the target
 * cannot take. Returns how many offers await an answer; the login must not
 * enter full feature phase before that is 0.
 * -ENOSPC: no room for the offers.
 * -EPROTO: a key was settled at a default that the target cannot take.
 */
int sl_neg_offer_missing(struct sl_neg *n, struct sl_text_out *out);

/* Bytes per PDU that the target may receive by what was declared. */
u32 sl_neg_recv_dsl(const struct sl_neg *n);

/* Outcome of FirstBurstLength, which MaxBurstLength limits (13.14). */
u32 sl_neg_first_burst(const struct sl_neg *n);

/*
 * Checks an iSCSI name (iqn., eui., naa.; RFC 7143 4.2.7, RFC 3722) and
 * writes it with ASCII letters in lower case to @out, which takes
 * SL_ISCSI_NAME_MAX + 1 bytes. -EINVAL: no such name; @out is then undefined.
 */
int sl_iscsi_name_check(const char *name, char *out);

#ifdef __cplusplus
}
#endif

#endif
