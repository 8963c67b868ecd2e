// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tokens that stand for data of a device as it is now ("point in time copy - change
 * vulnerable", SPC-4 5.17.6.2.3.3). Nothing is copied when a token is made: a command that
 * changes the data ends the token, before it is executed. A device without tokens pays for
 * that with a look at an empty list.
 */
#include <linux/random.h>
#include <linux/slab.h>

#include "copy.h"

#define TOKENS_MAX	4096	/* of all devices, those that are only remembered too */
#define TOKENS_OF_DEV	256	/* that are valid */

/* What becomes of a token besides being valid (SPC-4 5.17.6.5.2.3) */
struct scst_token {
	refcount_t refs;
	u32 id;
	struct list_head entry;		/* dev->tokens or dev->dead_tokens */
	struct list_head all_entry;
	struct scst_device *dev;	/* NULL: it has gone; under scst_tokens_lock */
	enum sl_sense state;		/* SL_OK: valid; under dev->tokens_lock */
	u32 timeout;			/* seconds */
	u32 users;			/* like the following under scst_tokens_lock */
	time64_t made, used;
	u8 block_shift;
	u64 first, last;		/* the blocks lie between them */
	u8 bytes[SL_ROD_TOKEN_LEN];
	u64 len;
	u16 nr;
	struct sl_rod_range range[];
};

/* Only tokens themselves are looked up under it; dev->tokens_lock nests in it. */
static DEFINE_SPINLOCK(scst_tokens_lock);
static LIST_HEAD(scst_tokens);		/* oldest first */
static DEFINE_XARRAY_ALLOC1(scst_token_ids);
static u32 scst_token_next_id;
static unsigned int scst_nr_tokens;

void scst_token_init_dev(struct scst_device *dev)
{
	INIT_LIST_HEAD(&dev->tokens);
	INIT_LIST_HEAD(&dev->dead_tokens);
	spin_lock_init(&dev->tokens_lock);
}

void scst_token_put(struct scst_token *token)
{
	if (refcount_dec_and_test(&token->refs))
		kfree(token);
}

const u8 *scst_token_bytes(const struct scst_token *token)
{
	return token->bytes;
}

u64 scst_token_len(const struct scst_token *token)
{
	return token->len;
}

enum sl_sense scst_token_state(const struct scst_token *token)
{
	return READ_ONCE(token->state);
}

/* --- the end of a token --- */

static void scst_token_kill(struct scst_token *token, enum sl_sense why)
{
	lockdep_assert_held(&token->dev->tokens_lock);
	if (token->state)
		return;
	WRITE_ONCE(token->state, why);
	list_move(&token->entry, &token->dev->dead_tokens);
}

static void scst_token_kill_one(struct scst_token *token, enum sl_sense why)
{
	lockdep_assert_held(&scst_tokens_lock);
	if (!token->dev)
		return;
	spin_lock(&token->dev->tokens_lock);
	scst_token_kill(token, why);
	spin_unlock(&token->dev->tokens_lock);
}

static void scst_token_check_age(struct scst_token *token)
{
	time64_t now = ktime_get_seconds();

	if (now - token->made >= SL_ROD_LIFETIME ||
	    (!token->users && now - token->used >= token->timeout))
		scst_token_kill_one(token, SL_TOKEN_EXPIRED);
}

/* Nothing is remembered of it. */
static void scst_token_forget(struct scst_token *token)
{
	lockdep_assert_held(&scst_tokens_lock);
	if (token->dev) {
		spin_lock(&token->dev->tokens_lock);
		if (!token->state)
			WRITE_ONCE(token->state, SL_TOKEN_CANCELLED);
		list_del(&token->entry);
		spin_unlock(&token->dev->tokens_lock);
		token->dev = NULL;
	}
	list_del(&token->all_entry);
	xa_erase(&scst_token_ids, token->id);
	scst_nr_tokens--;
	scst_token_put(token);
}

static void scst_tokens_disown(struct list_head *tokens)
{
	struct scst_token *token, *next;

	list_for_each_entry_safe(token, next, tokens, entry) {
		if (!token->state)
			WRITE_ONCE(token->state, SL_TOKEN_REVOKED);
		list_del_init(&token->entry);
		token->dev = NULL;
	}
}

void scst_dev_revoke_tokens(struct scst_device *dev)
{
	spin_lock(&scst_tokens_lock);
	spin_lock(&dev->tokens_lock);
	scst_tokens_disown(&dev->tokens);
	scst_tokens_disown(&dev->dead_tokens);
	spin_unlock(&dev->tokens_lock);
	spin_unlock(&scst_tokens_lock);
}
EXPORT_SYMBOL_GPL(scst_dev_revoke_tokens);

void scst_token_exit(void)
{
	struct scst_token *token, *next;

	spin_lock(&scst_tokens_lock);
	list_for_each_entry_safe(token, next, &scst_tokens, all_entry)
		scst_token_forget(token);
	spin_unlock(&scst_tokens_lock);
	xa_destroy(&scst_token_ids);
}

/* --- writes --- */

static bool scst_token_covers(const struct scst_token *token, u64 lba, u64 blocks)
{
	u16 i;

	if (!blocks || lba > token->last || token->first >= lba + blocks)
		return false;
	for (i = 0; i < token->nr; i++) {
		const struct sl_rod_range *r = &token->range[i];

		if (lba < r->lba + r->blocks && r->lba < lba + blocks)
			return true;
	}
	return false;
}

static bool scst_unmap_touches(const struct scst_token *token, struct scst_cmd *cmd)
{
	u8 d[16];
	u32 at;

	/* The list as it came: an UNMAP that is refused for it ends tokens too, no harm done. */
	for (at = 8; scst_cmd_copy_out(cmd, at, d, sizeof(d)); at += sizeof(d))
		if (scst_token_covers(token, sl_get_be64(d), sl_get_be32(d + 8)))
			return true;
	return false;
}

/* Does the command, which writes, change what the token stands for? */
static bool scst_token_touched(const struct scst_token *token, struct scst_cmd *cmd)
{
	const struct sl_cdb *cdb = &cmd->cdb;

	switch (cdb->id) {
	case SL_OP_WRITE_USING_TOKEN:
		return false;		/* its WRITEs come one by one */
	case SL_OP_UNMAP:
		return scst_unmap_touches(token, cmd);
	case SL_OP_WRITE_SAME_10:
	case SL_OP_WRITE_SAME_16:
	case SL_OP_WRITE_SAME_32:
		/* 0 blocks: all to the end of the disk */
		if (!cdb->blocks)
			return cdb->lba <= token->last;
		break;
	default:
		if (!(cdb->op->flags & SL_OPF_MEDIUM))
			return true;
	}
	return scst_token_covers(token, cdb->lba, cdb->blocks);
}

void scst_token_write_begins(struct scst_cmd *cmd)
{
	struct scst_device *dev = cmd->dev;
	struct scst_token *token, *next;
	bool killed = false;

	spin_lock(&dev->tokens_lock);
	list_for_each_entry_safe(token, next, &dev->tokens, entry) {
		if (!scst_token_touched(token, cmd))
			continue;
		scst_token_kill(token, SL_TOKEN_CANCELLED);
		killed = true;
	}
	spin_unlock(&dev->tokens_lock);
	if (killed)
		wake_up_all(&dev->tm_wait);
}

static bool scst_writes_in(const struct scst_token *token, struct scst_tgt_dev *td)
{
	struct scst_cmd *cmd;
	bool found = false;

	spin_lock(&td->tasks->lock);
	list_for_each_entry(cmd, &td->tasks->cmds, tgt_dev_entry)
		found = found || (READ_ONCE(cmd->state) == SCST_CMD_EXEC &&
				  !test_bit(SCST_CMD_HELD, &cmd->flags) &&
				  (cmd->cdb.op->flags & SL_OPF_WRITES) &&
				  scst_token_touched(token, cmd));
	spin_unlock(&td->tasks->lock);
	return found;
}

/* Is there a write under way that began before the token was there? */
static bool scst_token_unsettled(const struct scst_token *token, struct scst_device *dev)
{
	struct scst_tgt_dev *td;
	bool found = false;

	if (scst_token_state(token))
		return false;
	spin_lock(&dev->tgt_devs_lock);
	list_for_each_entry(td, &dev->tgt_devs, dev_entry)
		found = found || scst_writes_in(token, td);
	spin_unlock(&dev->tgt_devs_lock);
	return found;
}

void scst_token_settle(struct scst_token *token, struct scst_copy_op *op)
{
	struct scst_device *dev = op->dev;

	/* A write has either seen the token, or is seen now (scst_cmd_begin()). */
	synchronize_rcu();
	wait_event(dev->tm_wait, !scst_token_unsettled(token, dev) || scst_op_stopped(op));
}

/* --- the beginning of a token --- */

static struct scst_token *scst_token_alloc(struct scst_device *dev, const struct sl_unit *unit,
					   const struct sl_rod_ranges *ranges, u32 timeout)
{
	struct scst_token *token = kzalloc(struct_size(token, range, ranges->nr), GFP_KERNEL);
	u16 i;

	if (!token)
		return NULL;
	refcount_set(&token->refs, 1);
	token->dev = dev;
	token->timeout = timeout;
	token->made = ktime_get_seconds();
	token->used = token->made;
	token->block_shift = unit->block_shift;
	token->len = ranges->blocks << unit->block_shift;
	token->nr = ranges->nr;
	memcpy(token->range, ranges->range, ranges->nr * sizeof(*ranges->range));
	token->first = U64_MAX;
	for (i = 0; i < ranges->nr; i++) {
		const struct sl_rod_range *r = &ranges->range[i];

		token->first = min(token->first, r->lba);
		token->last = max(token->last, r->lba + r->blocks - 1);
	}
	return token;
}

static enum sl_sense scst_token_make_bytes(struct scst_token *token, struct scst_device *dev,
					   const struct sl_unit *unit)
{
	u8 *page = kmalloc(SL_INQUIRY_MAX, GFP_KERNEL);
	size_t len;

	if (!page)
		return SL_INSUFFICIENT_RESOURCES;
	len = scst_identification(dev, page);
	sl_rod_build(token->bytes, token->id, unit, sl_xcopy_name(page, len), token->len);
	kfree(page);
	/* Whoever has it may read by it: it must not be guessed (SPC-4 5.17.6.5.1). */
	get_random_bytes(token->bytes + SL_ROD_TOKEN_LEN - SL_ROD_SECRET_LEN, SL_ROD_SECRET_LEN);
	return SL_OK;
}

static unsigned int scst_tokens_of(struct scst_device *dev)
{
	struct scst_token *token;
	unsigned int n = 0;

	spin_lock(&dev->tokens_lock);
	list_for_each_entry(token, &dev->tokens, entry)
		n++;
	spin_unlock(&dev->tokens_lock);
	return n;
}

/* Room for one more of @dev, by forgetting the oldest that is valid no more. */
static bool scst_token_make_room(struct scst_device *dev)
{
	struct scst_token *token, *dead = NULL;

	if (scst_nr_tokens < TOKENS_MAX / 2 && scst_tokens_of(dev) < TOKENS_OF_DEV)
		return true;
	list_for_each_entry(token, &scst_tokens, all_entry) {
		scst_token_check_age(token);
		if (token->state && !token->users && !dead)
			dead = token;
	}
	if (dead && scst_nr_tokens >= TOKENS_MAX)
		scst_token_forget(dead);
	return scst_nr_tokens < TOKENS_MAX && scst_tokens_of(dev) < TOKENS_OF_DEV;
}

static enum sl_sense scst_token_publish(struct scst_token *token, struct scst_device *dev)
{
	enum sl_sense sense = SL_NO_TOKEN_ROOM;

	spin_lock(&scst_tokens_lock);
	/* A device that goes has ended its tokens, or will. */
	if (!READ_ONCE(dev->dead) && scst_token_make_room(dev)) {
		scst_nr_tokens++;
		list_add_tail(&token->all_entry, &scst_tokens);
		refcount_inc(&token->refs);
		spin_lock(&dev->tokens_lock);
		list_add(&token->entry, &dev->tokens);
		spin_unlock(&dev->tokens_lock);
		sense = SL_OK;
	}
	spin_unlock(&scst_tokens_lock);
	return sense;
}

enum sl_sense scst_token_create(struct scst_device *dev, const struct sl_rod_ranges *ranges,
				u32 timeout, struct scst_token **token)
{
	struct scst_token *new;
	enum sl_sense sense;
	struct sl_unit *unit;

	unit = kmalloc(sizeof(*unit), GFP_KERNEL);
	if (!unit)
		return SL_INSUFFICIENT_RESOURCES;
	spin_lock(&dev->lock);
	*unit = dev->unit;
	spin_unlock(&dev->lock);
	sense = SL_INSUFFICIENT_RESOURCES;
	new = scst_token_alloc(dev, unit, ranges, timeout);
	/* Reserved only: nobody finds it before it is ready. */
	if (new && xa_alloc_cyclic(&scst_token_ids, &new->id, NULL, xa_limit_32b,
				   &scst_token_next_id, GFP_KERNEL) < 0) {
		kfree(new);
		new = NULL;
	}
	if (new)
		sense = scst_token_make_bytes(new, dev, unit);
	if (!sense) {
		xa_store(&scst_token_ids, new->id, new, GFP_KERNEL);
		sense = scst_token_publish(new, dev);
	}
	if (sense && new) {
		xa_erase(&scst_token_ids, new->id);
		scst_token_put(new);
		new = NULL;
	}
	kfree(unit);
	*token = new;
	return sense;
}

/* --- use --- */

enum sl_sense scst_token_use(const u8 *bytes, struct scst_token **token)
{
	enum sl_sense sense = SL_TOKEN_UNKNOWN;
	u64 id = sl_rod_id(bytes);
	struct scst_token *t;

	spin_lock(&scst_tokens_lock);
	t = id <= U32_MAX ? xa_load(&scst_token_ids, id) : NULL;
	if (t && sl_rod_same(t->bytes, bytes)) {
		scst_token_check_age(t);
		sense = scst_token_state(t);
		if (!sense) {
			t->users++;
			refcount_inc(&t->refs);
			*token = t;
		}
	}
	spin_unlock(&scst_tokens_lock);
	return sense;
}

void scst_token_unuse(struct scst_token *token, bool delete)
{
	spin_lock(&scst_tokens_lock);
	token->users--;
	token->used = ktime_get_seconds();
	if (delete)
		scst_token_kill_one(token, SL_TOKEN_DELETED);
	spin_unlock(&scst_tokens_lock);
	scst_token_put(token);
}

struct scst_tgt_dev *scst_token_unit(struct scst_token *token)
{
	struct scst_tgt_dev *td = NULL;

	spin_lock(&scst_tokens_lock);
	if (token->dev)
		td = scst_copy_manager_unit(token->dev);
	spin_unlock(&scst_tokens_lock);
	return td;
}

u64 scst_token_where(const struct scst_token *token, u64 offset, u64 *left)
{
	u16 i;

	for (i = 0; i < token->nr; i++) {
		u64 len = (u64)token->range[i].blocks << token->block_shift;

		if (offset < len) {
			*left = len - offset;
			return (token->range[i].lba << token->block_shift) + offset;
		}
		offset -= len;
	}
	*left = 0;
	return 0;
}

u32 scst_token_report(struct scst_device *dev, u8 *buf, u32 max)
{
	struct scst_token *token;
	u32 n = 0;

	spin_lock(&scst_tokens_lock);
	list_for_each_entry(token, &scst_tokens, all_entry) {
		if (token->dev != dev || n == max)
			continue;
		scst_token_check_age(token);
		if (!scst_token_state(token))
			memcpy(buf + n++ * SL_ROD_MANAGEMENT_LEN, token->bytes,
			       SL_ROD_MANAGEMENT_LEN);
	}
	spin_unlock(&scst_tokens_lock);
	return n;
}
