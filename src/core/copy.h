/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the copy manager share: operations, moving of data, tokens. */
#ifndef SCST_COPY_H
#define SCST_COPY_H

#include <linux/completion.h>

#include "../lib/rod.h"
#include "../lib/xcopy.h"
#include "scst_priv.h"

#define COPY_CHUNK	(1u << 20)	/* bytes moved at once */

struct scst_token;

/* A copy operation, under way or ended: what RECEIVE COPY STATUS and the like tell of. */
struct scst_copy_op {
	struct list_head entry;		/* sess->copies, newest first; all under sess->copies_lock */
	struct scst_session *sess;
	struct scst_device *dev;	/* that the command was sent to, with a reference */
	struct scst_cmd *cmd;		/* NULL: ended, or in the background */
	struct scst_cmd *busy;		/* a READ or WRITE of it that is being executed */
	struct scst_token *token;	/* that it has made and that has not been told yet */
	u32 list_id;
	bool listed;			/* ... is known to the initiator */
	bool stop;			/* is to end now */
	bool told;			/* by RECEIVE COPY STATUS(LID1), at its end */
	struct sl_copy_status st;
};

/* copy_op.c; @list_id: NULL if the initiator gives none */
enum sl_sense scst_op_begin(struct scst_cmd *cmd, const u32 *list_id, u8 units,
			    struct scst_copy_op **op);
/* The command ends, the operation goes on. */
void scst_op_to_background(struct scst_copy_op *op);
bool scst_op_stopped(struct scst_copy_op *op);
void scst_op_advance(struct scst_copy_op *op, u16 segments, u64 count);
/* False: the operation was stopped, and @inner must not be executed. */
bool scst_op_enter(struct scst_copy_op *op, struct scst_cmd *inner);
void scst_op_leave(struct scst_copy_op *op, bool good);
/*
 * The end of it, and of its command. @token: what it has made, or NULL; the reference goes
 * to the operation. Its units must have been given back: the session may go away after this.
 */
void scst_op_end(struct scst_copy_op *op, enum sl_sense sense, struct scst_token *token);

/* CHECK CONDITION for a parameter list; @bad_at: the byte that is wrong, -1: no single one. */
void scst_fail_list(struct scst_cmd *cmd, enum sl_sense sense, s32 bad_at);
/* The parameter list, of @max bytes at most (kvfree() it), or NULL with *@sense set. */
u8 *scst_copy_list(struct scst_cmd *cmd, u32 max, enum sl_sense *sense);

/* copy_move.c: a chunk at a time, by a READ or more and one WRITE */
struct scst_mover {
	struct scst_copy_op *op;
	bool by_token;			/* what is read was granted by a token */
	struct scst_cmd read, write;
	u8 read_cdb[SL_CDB_MAX], write_cdb[SL_CDB_MAX];
	struct completion moved;
};

void scst_move_init(struct scst_mover *m, struct scst_copy_op *op);
/* Room for @len bytes that go to @lba; false: refused. In any case scst_move_end() follows. */
bool scst_move_begin(struct scst_mover *m, const struct scst_tgt_dev *to, u64 lba, u32 len);
/* @len bytes from byte @offset of @from to byte @at of the room. */
bool scst_move_fill(struct scst_mover *m, const struct scst_tgt_dev *from, u64 offset, u32 at,
		    u32 len);
void scst_move_zeros(struct scst_mover *m, u32 at, u32 len);
/* Writes what is in the room, unless @good is false; was it written? */
bool scst_move_end(struct scst_mover *m, const struct scst_tgt_dev *to, bool good);

/* token.c */
/* A token for @ranges of @dev, which nobody knows yet; SL_OK: *@token has a reference. */
enum sl_sense scst_token_create(struct scst_device *dev, const struct sl_rod_ranges *ranges,
				u32 timeout, struct scst_token **token);
/*
 * Waits for writes that were under way when the token was made, which could change what it
 * stands for unseen, or until @op is stopped.
 */
void scst_token_settle(struct scst_token *token, struct scst_copy_op *op);
void scst_token_put(struct scst_token *token);
const u8 *scst_token_bytes(const struct scst_token *token);
/* Keeps the token of an initiator from expiring; SL_OK: *@token has a reference. */
enum sl_sense scst_token_use(const u8 *bytes, struct scst_token **token);
void scst_token_unuse(struct scst_token *token, bool delete);
/* SL_OK, or why it is valid no more. */
enum sl_sense scst_token_state(const struct scst_token *token);
u64 scst_token_len(const struct scst_token *token);
/* The copy manager's way to what the token stands for, with a reference; NULL: none. */
struct scst_tgt_dev *scst_token_unit(struct scst_token *token);
/* Where byte @offset of it is on the device, and how many bytes follow there. */
u64 scst_token_where(const struct scst_token *token, u64 offset, u64 *left);
/* Management tokens of @dev, @max at most; how many. */
u32 scst_token_report(struct scst_device *dev, u8 *buf, u32 max);

#endif
